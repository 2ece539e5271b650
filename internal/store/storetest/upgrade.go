package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// old names what the databases below the stores' testdata hold.
func old(number int) pull.Ref {
	return pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: number}
}

// oldFacts are what the older version was told of pull request 1, and so what
// must be recalled: every field that it stored is set. They stay as they are
// when more can be stored.
func oldFacts() history.Update {
	return history.Update{
		Known: &history.PullState{
			Ref: old(1), Head: "h1", BaseBranch: "main", BaseTip: "t1", MergeBase: "m1", Open: true, UpdatedAt: at(1),
			Check: "review-gate", Outcome: "pending", Sources: "p1,o1", DueAt: at(100),
		},
		Head: &pull.Head{
			ID: "h1", BaseBranch: "main", MergeBase: "m1", SeenAt: at(2), Complete: true,
			Files: []pull.Content{
				{Path: "mm/slab.c", Status: pull.Modified, OldMode: pull.Regular, Mode: pull.Executable, OldID: "a", ID: "b"},
				{Path: "mm/slub.c", OldPath: "mm/slob.c", Status: pull.Renamed, OldMode: pull.Symlink, Mode: pull.Submodule, OldID: "c", ID: "d"},
			},
			Commits: []pull.Commit{{
				ID: "c1", Parents: []string{"m1"}, People: []pull.Person{{Login: "Ann", ID: 7, Bot: true}},
				Unknown: []string{"x@y"}, Paths: []string{"mm/slab.c"}, PathsKnown: true,
			}},
			Count: 2, Moves: 3, MovesKnown: true, Past: true, Hidden: []string{"mm/slub.c"},
		},
		Check:   &history.CheckRecord{Head: "h1", Name: "review-gate", ID: "9", Outcome: "pending", Digest: "d1", Done: true},
		Comment: &history.CommentRecord{ID: "5", Digest: "d2", Done: true},
		Asked: []requests.Requested{
			{Head: "h1", Login: "Bob", At: at(3), Why: policy.RequestVerdict{Files: 2, Subsystems: []string{"mm"}, Load: 0.5, Knows: 0.25,
				Helper: true}},
			{Head: "h1", Login: "ann", Refused: true, At: at(4)},
		},
		Cancels:  []policy.Cancel{{Who: pull.Person{Login: "Ann", ID: 7}, At: at(5)}, {Who: pull.Person{Login: "Bob"}, At: at(6)}},
		Answered: []history.Answer{{Key: "comment 5"}, {Key: "review 6"}},
		Accounts: []history.Account{{Login: "Ann", ID: 7}, {Login: "bob", ID: 8}},
		Labels:   []history.LabelRecord{{Name: "fs", At: at(7), Done: true, Taken: true}, {Name: "mm", At: at(8)}},
		Activity: &history.Activity{
			Mark: "a", Open: true,
			Requests: []workload.Request{{Number: 1, Who: "Ann", At: at(1), Waiting: true, Subsystems: []string{"mm"}}},
			Reviews:  []workload.Review{{Number: 1, ID: 5, Who: "Ann", At: at(2), Subsystems: []string{"mm"}}},
		},
	}
}

// oldClosed is what it was told of pull request 2.
func oldClosed() history.Update {
	return history.Update{
		Known:   &history.PullState{Ref: old(2), Head: "h5", BaseBranch: "main", BaseTip: "t1", UpdatedAt: at(30)},
		Credits: &history.Credits{Paths: []string{"mm/a.c"}, Each: []history.Credit{{Login: "ann", Weight: 0.5, At: at(20)}}},
	}
}

// Upgraded holds that a store which was opened on the database of an older
// version recalls all of it, and that its run comes out again to the byte.
func Upgraded(t *testing.T, s Store) {
	t.Helper()
	repos, err := s.Repos(t.Context())
	check(t, err)
	same(t, "repositories", []pull.Repo{old(0).Repo}, repos)
	want := memory(oldFacts())
	want.Activity, want.Ungated = "a", false // it was gated before that was kept
	same(t, "memory", want, recall(t, s, old(1)))
	closed := history.PullHistory{Known: *oldClosed().Known, Accounts: want.Accounts, Credited: true}
	same(t, "memory of a closed one", closed, recall(t, s, old(2)))
	open, err := s.OpenKnown(t.Context(), old(0).Repo)
	check(t, err)
	same(t, "open", []history.PullState{want.Known}, open)
	requests, reviews, err := s.Activity(t.Context(), old(0).Repo)
	check(t, err)
	same(t, "requests", oldFacts().Activity.Requests, requests)
	same(t, "reviews", oldFacts().Activity.Reviews, reviews)
	knows, err := s.Known(t.Context(), old(0).Repo, []string{"mm/a.c"})
	check(t, err)
	same(t, "knowledge", []expertise.Record{{Place: "mm/a.c", Login: "ann", Faded: expertise.Faded{Weight: 0.5, At: at(20)}}}, knows)
	upgradedRun(t, s)
}

// upgradedRun replays the run that the older version stored.
func upgradedRun(t *testing.T, s Store) {
	t.Helper()
	run, ok, err := s.LastRun(t.Context(), old(1))
	check(t, err)
	same(t, "has a run", true, ok)
	body := run.Body
	run.Body = nil
	same(t, "run", history.RunRecord{ID: 1, Ref: old(1), Head: "h1", At: at(9), Outcome: "success"}, run)
	words, err := publish.NewMessages()
	check(t, err)
	again, before, err := gate.Replay(words, body, func(id string) ([]byte, error) {
		data, ok, err := s.Blob(t.Context(), old(1).Repo, id)
		if err == nil && !ok {
			err = fmt.Errorf("no blob %s", id)
		}
		return data, err
	})
	check(t, err)
	same(t, "outcome", policy.Success, before.Verdict.Outcome)
	want, err := json.Marshal(before.Verdict)
	check(t, err)
	got, err := json.Marshal(again.Verdict)
	check(t, err)
	same(t, "verdict", string(want), string(got))
}

// LaterHead holds that a head which a later version wrote is an error, and never
// a head that is not there. put puts a body in the place of all heads.
func LaterHead(t *testing.T, s Store, put func(body []byte) error) {
	t.Helper()
	body, err := store.Pack([]byte(`{"v":1000}`))
	check(t, err)
	check(t, put(body))
	if m, err := s.Recall(t.Context(), old(1)); err == nil || !strings.Contains(err.Error(), "a later version") {
		t.Errorf("recalled %+v: %v", m, err)
	}
}
