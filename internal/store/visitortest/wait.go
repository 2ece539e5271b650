package visitortest

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// saved saves a run at a second, after which so much waits.
func saved(t *testing.T, s Store, number, second int, waits ...history.Wait) {
	t.Helper()
	known := history.PullState{Ref: ref(number), Head: "h", BaseBranch: "main", Open: true, UpdatedAt: at(second), Outcome: "pending"}
	check(t, s.Remember(t.Context(), ref(number), history.Update{Known: &known}))
	_, err := s.SaveRun(t.Context(), history.RunRecord{Ref: ref(number), Head: "h", At: at(second), Body: []byte("{}"), Title: "A <b>\u0000",
		Waits: waits})
	check(t, err)
}

// waiting lists what waits for somebody, as number and second.
func waiting(t *testing.T, s Store, login string, most int) (list [][2]int) {
	t.Helper()
	all, err := s.Waiting(t.Context(), repo().Forge, login, most)
	check(t, err)
	for _, w := range all {
		list = append(list, [2]int{w.Ref.Number, int(w.Since.Sub(at(0)).Seconds())})
	}
	return list
}

func waitsOrdered(t *testing.T, s Store) {
	saved(t, s, 2, 20, history.Wait{Who: "Ann", Turn: true, Files: 3, Alone: []string{"a\nb", "文"}})
	saved(t, s, 1, 30, history.Wait{Who: "ann", Own: true, Files: 1}, history.Wait{Who: "ann", Turn: true, Files: 1})
	saved(t, s, 3, 10, history.Wait{Who: "ANN", Turn: true, Files: 1})
	same(t, "waiting", [][2]int{{3, 10}, {2, 20}, {1, 30}, {1, 30}}, waiting(t, s, "aNN", 10))
	same(t, "so many at most", [][2]int{{3, 10}, {2, 20}}, waiting(t, s, "ann", 2))
	all, err := s.Waiting(t.Context(), repo().Forge, "ann", 10)
	check(t, err)
	got := all[1]
	if got.Title != "A <b>\u0000" {
		same(t, "title", "A <b>\uFFFD", got.Title)
	}
	got.Title = ""
	same(t, "one of them", history.Waiting{Ref: ref(2), BaseBranch: "main", Outcome: "pending", Since: at(20),
		Wait: history.Wait{Who: "ann", Turn: true, Files: 3, Alone: []string{"a\nb", "文"}}}, got)
	other, err := s.Waiting(t.Context(), "other", "ann", 10)
	check(t, err)
	same(t, "on another forge", 0, len(other))
}

func waitsSince(t *testing.T, s Store) {
	ann, bob := history.Wait{Who: "ann", Turn: true, Files: 1}, history.Wait{Who: "bob", Turn: true, Files: 1}
	saved(t, s, 1, 10, ann)
	saved(t, s, 1, 20, ann, bob)
	same(t, "ann", [][2]int{{1, 10}}, waiting(t, s, "ann", 10))
	same(t, "bob", [][2]int{{1, 20}}, waiting(t, s, "bob", 10))
	saved(t, s, 1, 30, bob)
	saved(t, s, 1, 40, ann, bob)
	same(t, "ann, after it did not wait", [][2]int{{1, 40}}, waiting(t, s, "ann", 10))
	saved(t, s, 1, 50)
	same(t, "bob, when nothing waits", 0, len(waiting(t, s, "bob", 10)))
}

func waitsClosed(t *testing.T, s Store) {
	saved(t, s, 1, 10, history.Wait{Who: "ann", Turn: true, Files: 1})
	known := history.PullState{Ref: ref(1), Head: "h", BaseBranch: "main", UpdatedAt: at(20)}
	check(t, s.Remember(t.Context(), ref(1), history.Update{Known: &known}))
	same(t, "waiting", 0, len(waiting(t, s, "ann", 10)))
}

func waitsApart(t *testing.T, s Store) {
	saved(t, s, 1, 10, history.Wait{Who: "ann", Turn: true, Files: 1})
	saved(t, s, 2, 20, history.Wait{Who: "bob", Turn: true, Files: 1})
	same(t, "ann", [][2]int{{1, 10}}, waiting(t, s, "ann", 10))
	check(t, s.Rename(t.Context(), repo(), pull.Repo{Forge: repo().Forge, Owner: "other", Name: "name"}))
	all, err := s.Waiting(t.Context(), repo().Forge, "bob", 10)
	check(t, err)
	same(t, "of a repository with another name", "other/name", all[0].Ref.Repo.Slug())
}
