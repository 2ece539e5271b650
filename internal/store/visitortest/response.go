package visitortest

import (
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/store"
)

// judged saves a run at a second that saw some areas.
func judged(t *testing.T, s Store, number, second int, change func(*history.RunRecord)) {
	t.Helper()
	known := history.PullState{Ref: ref(number), Head: "h", BaseBranch: "main", Open: true, UpdatedAt: at(second), Outcome: "pending"}
	check(t, s.Remember(t.Context(), ref(number), history.Update{Known: &known}))
	run := history.RunRecord{Ref: ref(number), Head: "h", At: at(second), Body: []byte("{}"), Waits: []history.Wait{{Who: "Ann", Turn: true},
		{Who: "ann", Own: true}, {Who: "bob", Turn: true}}}
	change(&run)
	_, err := s.SaveRun(t.Context(), run)
	check(t, err)
}

// area is one that has a time of so many seconds, and the people that it waits for.
func area(name string, within int, people ...string) response.Seen {
	return response.Seen{Area: name, Within: time.Duration(within) * time.Second, Waits: len(people) > 0, People: people}
}

func answers(t *testing.T, s Store, since int) []response.Wait {
	t.Helper()
	list, err := s.Responses(t.Context(), repo(), at(since))
	check(t, err)
	return list
}

func responsesDue(t *testing.T, s Store) {
	judged(t, s, 1, 10, func(r *history.RunRecord) {
		r.Areas = []response.Seen{area("fs", 100, "ANN", "bob"), area("mm\u0000 \"x\"", 50, "ann"), area("net", 20)}
	})
	due := func(login string) (list []int) {
		all, err := s.Waiting(t.Context(), repo().Forge, login, 10)
		check(t, err)
		for _, w := range all {
			if w.Due.IsZero() != (w.Area == "") || w.Own && !w.Due.IsZero() {
				t.Errorf("%+v", w)
			}
			if !w.Due.IsZero() {
				list = append(list, int(w.Due.Sub(at(0)).Seconds()))
			}
		}
		return list
	}
	same(t, "ann's", []int{60}, due("ann"))
	same(t, "bob's", []int{110}, due("bob"))
	judged(t, s, 1, 30, func(r *history.RunRecord) {
		answered := area("mm\u0000 \"x\"", 50, "ann")
		answered.First = at(20)
		r.Areas = []response.Seen{area("fs", 100, "ann", "bob"), answered}
	})
	same(t, "ann's, when one has answered", []int{110}, due("ann"))
	judged(t, s, 1, 40, func(*history.RunRecord) {})
	same(t, "when nothing is waited for", 0, len(due("bob")))
}

func responsesKept(t *testing.T, s Store) {
	of := func(areas ...response.Seen) func(*history.RunRecord) {
		return func(r *history.RunRecord) { r.Areas = areas }
	}
	judged(t, s, 1, 10, of(area("fs", 100, "ann"), area("mm", 50, "ann")))
	judged(t, s, 2, 20, of(area("mm", 50, "ann")))
	answered := area("mm", 60, "ann")
	answered.First = at(15)
	judged(t, s, 1, 30, of(answered))
	judged(t, s, 2, 35, func(r *history.RunRecord) { r.Doubt = true })
	wait := func(number int, area string, since, within int) response.Wait {
		return response.Wait{Number: number, Area: area, Since: at(since), Within: time.Duration(within) * time.Second}
	}
	fs, mm, other := wait(1, "fs", 10, 100), wait(1, "mm", 10, 60), wait(2, "mm", 20, 50)
	fs.Ended, mm.Answered = at(30), at(15)
	same(t, "waits", []response.Wait{fs, mm, other}, answers(t, s, 0))
	closed := history.PullState{Ref: ref(2), Head: "h", BaseBranch: "main", UpdatedAt: at(40)}
	check(t, s.Remember(t.Context(), ref(2), history.Update{Known: &closed}))
	other.Ended = at(40)
	same(t, "closed", []response.Wait{fs, mm, other}, answers(t, s, 0))
	judged(t, s, 1, 200, func(r *history.RunRecord) {
		r.Seen, r.Areas = at(150), []response.Seen{area("net", 5, "ann")}
	})
	if list := answers(t, s, 0); len(list) != 4 || list[2].Area != "net" || !list[2].Since.Equal(at(150)) {
		t.Errorf("%+v", list)
	}
	elsewhere, err := s.Responses(t.Context(), pull.Repo{Forge: "github", Owner: "no", Name: "body"}, at(0))
	check(t, err)
	same(t, "elsewhere", 0, len(elsewhere))
}

func responsesSince(t *testing.T, s Store) {
	judged(t, s, 1, 10, func(r *history.RunRecord) { r.Areas = []response.Seen{area("fs", 100, "ann"), area("mm", 50, "ann")} })
	judged(t, s, 1, 30, func(r *history.RunRecord) { r.Areas = []response.Seen{area("fs", 100, "ann")} })
	names := func(since int) (list []string) {
		for _, w := range answers(t, s, since) {
			list = append(list, w.Area)
		}
		return list
	}
	same(t, "before the time of mm was over", []string{"fs", "mm"}, names(59))
	same(t, "after it", []string{"fs"}, names(60))
	same(t, "fs waits however long", []string{"fs"}, names(1000))
}

func responsesDropped(t *testing.T, s Store) {
	judged(t, s, 1, 10, func(r *history.RunRecord) { r.Areas = []response.Seen{area("fs", 100, "ann")} })
	closed := history.PullState{Ref: ref(1), Head: "h", BaseBranch: "main", UpdatedAt: at(20)}
	check(t, s.Remember(t.Context(), ref(1), history.Update{Known: &closed}))
	_, err := s.Prune(t.Context(), store.Keep{Closed: time.Hour}, at(100_000))
	check(t, err)
	judged(t, s, 1, 100_010, func(*history.RunRecord) {})
	same(t, "after it was dropped", 0, len(answers(t, s, 0)))
}
