package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

func sightTests() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"sightings and sights come back":        seen,
		"a sighting's number is taken once":     once(numberTaken),
		"what was first seen of a review stays": once(firstSight),
		"few of many sightings are kept":        once(manySightings),
		"what deliveries told comes back":       once(told),
		"a turn ends before the next begins":    once(turns),
		"a turn that waits can be given up":     once(turnGivenUp),
	}
}

func sighting(number int) *pull.Sighting {
	return &pull.Sighting{Number: number, Head: "h", BaseBranch: "main", BaseTip: "t", At: at(number), Moves: 2, MovesKnown: true,
		HeadMoves: 1,
		Left:      []pull.Tip{{Branch: "next", Commit: "n"}}}
}

func seen(t *testing.T, open Open) {
	s := open(t)
	want := history.PullHistory{Ungated: true, Sightings: []pull.Sighting{*sighting(1), *sighting(2)}, Sights: []pull.Sight{
		{Review: 7, State: pull.Approved, Commit: "h", Body: "/approve mm/", Before: 1, In: 2, Since: 1, HeadMoves: 1}}}
	check(t, s.Remember(t.Context(), ref(1), history.Update{Sighting: sighting(1)}))
	check(t, s.Remember(t.Context(), ref(1), history.Update{Sighting: sighting(2), Sights: want.Sights}))
	check(t, s.Close())
	s = open(t)
	t.Cleanup(func() { check(t, s.Close()) })
	got, err := s.Recall(t.Context(), ref(1))
	check(t, err)
	same(t, "memory", want, got)
}

func numberTaken(t *testing.T, s Store) {
	check(t, s.Remember(t.Context(), ref(1), history.Update{Sighting: sighting(1)}))
	err := s.Remember(t.Context(), ref(1),
		history.Update{Sighting: sighting(1), Sights: []pull.Sight{{Review: 1, State: pull.Approved, In: 1}}})
	if err == nil {
		t.Error("two sightings of one number")
	}
	m, err := s.Recall(t.Context(), ref(1))
	check(t, err)
	same(t, "sights beside it", 0, len(m.Sights))
}

func firstSight(t *testing.T, s Store) {
	for _, commit := range []string{"first", "second"} {
		check(t, s.Remember(t.Context(), ref(1), history.Update{Sights: []pull.Sight{{Review: 1, State: pull.Approved, Commit: commit, In: 1}}}))
	}
	check(t, s.Remember(t.Context(), ref(1),
		history.Update{Sights: []pull.Sight{{Review: 1, State: pull.ChangesRequested, Commit: "other", In: 1}}}))
	m, err := s.Recall(t.Context(), ref(1))
	check(t, err)
	var commits []string
	for _, sight := range m.Sights {
		commits = append(commits, sight.Commit)
	}
	same(t, "commits", []string{"first", "other"}, commits)
}

// manySightings keeps the first, the latest, and those that a review needs.
func manySightings(t *testing.T, s Store) {
	const last = store.KeepSightings + 10
	for n := 1; n <= last; n++ {
		facts := history.Update{Sighting: sighting(n)}
		if n == 6 {
			facts.Sights = []pull.Sight{{Review: 1, State: pull.Approved, Since: 4, In: 6}}
		}
		check(t, s.Remember(t.Context(), ref(1), facts))
	}
	m, err := s.Recall(t.Context(), ref(1))
	check(t, err)
	var first []int
	for _, o := range m.Sightings[:5] {
		first = append(first, o.Number)
	}
	same(t, "oldest", []int{1, 4, 5, 6, 10}, first)
	same(t, "latest", last, m.Sightings[len(m.Sightings)-1].Number)
}

func told(t *testing.T, s Store) {
	hint := func(id string, updated int, told *pull.Told) {
		d := delivery(id, webhook.Hint{Repo: repo(), Number: 1, UpdatedAt: at(updated), Review: told})
		d.ReceivedAt = at(100 + updated)
		check(t, s.Accept(t.Context(), d))
	}
	approval := pull.Told{Review: 7, State: pull.Approved, Commit: "h", Body: "/approve mm/"}
	hint("1", 10, &approval)
	hint("2", 30, &pull.Told{Review: 7, State: pull.Dismissed, Dismissed: true})
	hint("3", 20, nil) // late
	hint("4", 5, &approval)
	m, err := s.Recall(t.Context(), ref(1))
	check(t, err)
	approval.Dismissed, approval.ReceivedAt = true, at(130)
	same(t, "told", []pull.Told{approval}, m.Told)
	same(t, "newest", at(30), m.ToldNew)
	same(t, "received", at(130), m.ToldAt)
}

func turns(t *testing.T, s Store) {
	done, err := s.Turn(t.Context(), repo(), "h", "review-gate")
	check(t, err)
	other, err := s.Turn(t.Context(), repo(), "h", "another")
	check(t, err)
	other()
	began := make(chan func())
	go func() {
		second, err := s.Turn(t.Context(), repo(), "h", "Review-Gate")
		if err != nil {
			t.Error(err)
		}
		began <- second
	}()
	select {
	case <-began:
		t.Error("two turns at once")
	case <-time.After(50 * time.Millisecond):
	}
	done()
	(<-began)()
}

func turnGivenUp(t *testing.T, s Store) {
	done, err := s.Turn(t.Context(), repo(), "h", "review-gate")
	check(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Turn(ctx, repo(), "h", "review-gate"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the end of its time", err)
	}
	done()
	done, err = s.Turn(t.Context(), repo(), "h", "review-gate")
	check(t, err)
	done()
}
