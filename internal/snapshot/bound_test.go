package snapshot

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestUnboundReviews holds what a review is bound to where the forge names neither its
// commit nor its time.
func TestUnboundReviews(t *testing.T) {
	t.Parallel()
	g := New(Config{Traits: seam.Traits{ReviewsUnbound: true}, Log: slog.New(slog.DiscardHandler)}, nil, nil)
	if !g.seenOf(&history.PullHistory{}).CommitsStay {
		t.Error("the gate's own record is not believed")
	}
	given := func(id int64) pull.Review {
		return pull.Review{ID: id * history.Givings, State: pull.Approved, Author: pull.Person{Login: fmt.Sprint("reviewer", id)}}
	}
	m := &history.PullHistory{}
	look := func(hour int, head string, reviews ...pull.Review) *seam.Look {
		t.Helper()
		l := &seam.Look{At: time.Date(2026, 11, 2, hour, 0, 0, 0, time.UTC),
			Request: pull.Request{Head: head, BaseBranch: "main", BaseTip: "b", BaseMovesKnown: true, Reviews: reviews}}
		facts, err := g.newIn(t.Context(), l, m)
		if err != nil {
			t.Fatal(err)
		}
		if m.Sights = append(m.Sights, facts.Sights...); facts.Sighting != nil {
			m.Sightings = append(m.Sightings, *facts.Sighting)
		}
		return l
	}
	want := func(what string, l *seam.Look, number int, commit string, hour, begun int) {
		t.Helper()
		r := l.Request.Reviews[number]
		if r.Commit != commit || r.At.Hour() != hour || r.Begun.Hour() != begun {
			t.Errorf("%s: of %q at %d, begun at %d; want %q, %d, %d", what, r.Commit, r.At.Hour(), r.Begun.Hour(), commit, hour, begun)
		}
	}
	want("there at the first look", look(8, "h1", given(1)), 0, "", 8, 8)
	look(9, "h1", given(1))
	l := look(10, "h1", given(1), given(2))
	want("of the first look", l, 0, "", 8, 8)
	want("seen while the head stood", l, 1, "h1", 10, 8)
	l = look(11, "h2", given(2), given(3))
	want("of an earlier head", l, 0, "h1", 10, 8)
	want("come along with another head", l, 1, "", 11, 8)
	l = look(12, "h2", given(3), given(4))
	want("still of none", l, 0, "", 11, 8)
	want("seen while the second head stood", l, 1, "h2", 12, 11)
	look(13, "h2", given(4))
	l = look(14, "h2", given(3), given(4))
	want("given anew", l, 0, "h2", 14, 11)
	if again := l.Request.Reviews[0].ID; again == given(3).ID {
		t.Error("what is given anew is the review from before")
	}
	look(15, "h3")
	l = look(16, "h3", given(4))
	want("given anew for another head", l, 0, "h3", 16, 15)
	l = &seam.Look{At: time.Date(2026, 11, 2, 17, 0, 0, 0, time.UTC), Request: l.Request}
	l.Request.Comments = []pull.Comment{{ID: 7, Author: pull.Person{Login: "alice"}, Body: "/hold"}}
	facts, err := g.newIn(t.Context(), l, m)
	if err != nil || len(facts.Sights) != 1 || facts.Sights[0].State != pull.Spoken || !facts.Sights[0].At.Equal(l.At) {
		t.Errorf("when a comment was first seen is not remembered: %+v, %v", facts.Sights, err)
	}
}

// TestBehindAComment holds that a look which lacks a comment that an event told of is not judged
// by, and takes no success back: whoever writes can delete.
func TestBehindAComment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	g := New(Config{Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}, nil, nil)
	m := &history.PullHistory{Told: []pull.Told{{Review: 7, State: pull.Spoken, ReceivedAt: now.Add(-Patience - time.Second)}}}
	behind, ok := errors.AsType[*BehindError](g.behind(t.Context(), &seam.Look{}, m))
	if !ok || behind.Long {
		t.Errorf("%+v", behind)
	}
	if err := g.behind(t.Context(), &seam.Look{Request: pull.Request{Comments: []pull.Comment{{ID: 7}}}}, m); err != nil {
		t.Error(err)
	}
}
