package storetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store"
)

func historyTests() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"nothing is remembered of a stranger":  once(stranger),
		"all facts come back":                  once(roundTrip),
		"since when it is gated":               once(gatedOnce),
		"each fact twice is once":              once(twice),
		"a head stays as it was seen":          once(firstSeen),
		"what heads change is kept once":       once(listsApart),
		"facts that are not set stay":          once(partial),
		"names compare without case":           once(spelling),
		"siblings are open and of that head":   once(siblings),
		"siblings are woken with what changed": once(woken),
		"of twins one is woken":                once(wokenOnce),
		"a twin is told while it stands":       once(twinTold),
		"checks of groups: the last ones":      once(groupChecks),
		"runs: the last twenty":                once(runs),
		"runs: few that are large":             once(largeRuns),
		"due and open lists":                   once(lists),
		"closed lists":                         once(closedLists),
		"runs that judged":                     once(judged),
		"postponed one after the other":        once(postponed),
		"blobs":                                once(blobs),
		"load and activity":                    once(loads),
		"what people know":                     once(knowledge),
		"the store is ready":                   once(ready),
	}
}

// facts are facts with every field set.
func facts(number int) history.Update {
	return history.Update{
		Known: &history.PullState{
			Ref: ref(number), Head: "h1", BaseBranch: "main", BaseTip: "t1", MergeBase: "m1", Open: true, UpdatedAt: at(1),
			Check: "review-gate", Outcome: "pending", Sources: "p1,o1", DueAt: at(100),
		},
		Head: &pull.Head{
			ID: "h1", BaseBranch: "main", MergeBase: "m1", SeenAt: at(2), Complete: true,
			Files: []pull.Content{{Path: "mm/slab.c", Status: pull.Modified, OldMode: pull.Regular, Mode: pull.Executable, OldID: "a", ID: "b"}},
			Commits: []pull.Commit{{
				ID: "c1", Parents: []string{"m1"}, People: []pull.Person{{Login: "Ann", ID: 7}},
				Unknown: []string{"x@y"}, Paths: []string{"mm/slab.c"}, PathsKnown: true,
			}},
		},
		Check:   &history.CheckRecord{Head: "h1", Name: "review-gate", ID: "9", Outcome: "pending", Digest: "d1", Done: true},
		Comment: &history.CommentRecord{ID: "5", Digest: "d2", Done: true},
		Asked: []requests.Requested{{Head: "h1", Login: "Bob", At: at(3), Why: policy.RequestVerdict{Files: 2, Subsystems: []string{"mm"},
			Load: 0.5, Knows: 0.25, Helper: true}}, {Head: "h1", Login: "ann", Refused: true, At: at(4)}},
		Cancels:  []policy.Cancel{{Who: pull.Person{Login: "Ann", ID: 7}, At: at(5)}, {Who: pull.Person{Login: "Bob"}, At: at(6)}},
		Answered: []history.Answer{{Key: "comment 5"}, {Key: "review 6"}},
		Accounts: []history.Account{{Login: "Ann", ID: 7}, {Login: "bob", ID: 8}},
		Gone:     []history.GoneAccount{{Login: "Zoe", At: at(9)}},
		Labels:   []history.LabelRecord{{Name: "fs", At: at(7), Done: true, Taken: true}, {Name: "mm", At: at(8)}},
		Objections: []pull.Objection{{Review: 5, Author: pull.Person{Login: "Ann", ID: 7}, Commit: "h1", At: at(9), Teams: []string{"acme/mm"},
			NoWrite: true},
			{Review: 12, Spoken: true, Author: pull.Person{Login: "Bob"}, At: at(9), Ended: true}},
	}
}

func memory(f history.Update) history.PullHistory {
	return history.PullHistory{
		Ungated: true,
		Known:   *f.Known, Heads: []pull.Head{*f.Head}, Checks: []history.CheckRecord{*f.Check},
		Comment: *f.Comment, Asked: f.Asked, Cancels: f.Cancels, Answered: f.Answered, Accounts: f.Accounts, Labels: f.Labels,
		Gone:       f.Gone,
		Objections: f.Objections,
	}
}

// recall returns what is remembered, with the lists of files that heads name.
func recall(t *testing.T, s Store, r pull.Ref) history.PullHistory {
	t.Helper()
	m, err := s.Recall(t.Context(), r)
	check(t, err)
	for i := range m.Heads {
		h := &m.Heads[i]
		if h.List == "" {
			continue
		}
		lists, err := s.Lists(t.Context(), r, []string{h.List})
		check(t, err)
		h.Files, h.Hidden, h.List = lists[h.List].Files, lists[h.List].Hidden, ""
	}
	return m
}

func stranger(t *testing.T, s Store) {
	same(t, "memory", history.PullHistory{Ungated: true}, recall(t, s, ref(1)))
	check(t, s.Remember(t.Context(), ref(2), facts(2)))
	ofRepository := history.PullHistory{Accounts: facts(2).Accounts, Gone: facts(2).Gone, Ungated: true}
	same(t, "memory", ofRepository, recall(t, s, ref(1)))
	_, ok, err := s.LastRun(t.Context(), ref(1))
	check(t, err)
	same(t, "has a run", false, ok)
}

// gatedOnce holds that since when a repository is gated is noted once, for all its pull
// requests and no other repository's.
func gatedOnce(t *testing.T, s Store) {
	for _, since := range []time.Time{at(5), at(9)} {
		check(t, s.Remember(t.Context(), ref(1), history.Update{GatedAt: since}))
	}
	m := recall(t, s, ref(2))
	same(t, "gated", history.PullHistory{GatedAt: at(5)}, m)
	elsewhere := pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "elsewhere"}, Number: 1}
	check(t, s.Remember(t.Context(), elsewhere, history.Update{Known: &history.PullState{Ref: elsewhere}}))
	same(t, "another repository is", true, recall(t, s, elsewhere).Ungated)
}

func roundTrip(t *testing.T, s Store) {
	f := facts(1)
	check(t, s.Remember(t.Context(), ref(1), f))
	same(t, "memory", memory(f), recall(t, s, ref(1)))
	zero := history.Update{Known: &history.PullState{Ref: ref(2)}, Head: &pull.Head{}, Check: &history.CheckRecord{},
		Comment: &history.CommentRecord{}, Asked: []requests.Requested{{}}}
	check(t, s.Remember(t.Context(), ref(2), zero))
	want := memory(zero)
	want.Accounts, want.Gone = f.Accounts, f.Gone
	same(t, "memory of nothing", want, recall(t, s, ref(2)))
	check(t, s.Remember(t.Context(), ref(2), history.Update{Accounts: []history.Account{{Login: "ANN", ID: 9}}}))
	same(t, "accounts stay as first seen", f.Accounts, recall(t, s, ref(1)).Accounts)
	check(t, s.Remember(t.Context(), ref(2), history.Update{Gone: []history.GoneAccount{{Login: "ZOE", Back: true}}}))
	same(t, "an account that is back", 0, len(recall(t, s, ref(1)).Gone))
}

func twice(t *testing.T, s Store) {
	f := facts(1)
	check(t, s.Remember(t.Context(), ref(1), f))
	check(t, s.Remember(t.Context(), ref(1), f))
	same(t, "memory", memory(f), recall(t, s, ref(1)))
	f.Asked[0].Refused = true
	f.Check.Digest, f.Check.Done = "d3", false
	f.Objections[1].Ended = false
	check(t, s.Remember(t.Context(), ref(1), history.Update{Asked: f.Asked[:1], Check: f.Check, Objections: f.Objections[1:]}))
	same(t, "memory after a change", memory(f), recall(t, s, ref(1)))
	check(t, s.Remember(t.Context(), ref(1), history.Update{Labels: []history.LabelRecord{{Name: "FS", Gone: true}}}))
	f.Labels = f.Labels[1:]
	same(t, "memory without a label", memory(f), recall(t, s, ref(1)))
}

func firstSeen(t *testing.T, s Store) {
	first := facts(1)
	again, moved, retargeted := *first.Head, *first.Head, *first.Head
	again.Files = nil // the same moment
	moved.MergeBase, moved.SeenAt = "m2", at(60)
	retargeted.BaseBranch, retargeted.SeenAt = "next", at(40)
	for _, h := range []*pull.Head{first.Head, &again, &moved, &retargeted, &again} {
		check(t, s.Remember(t.Context(), ref(1), history.Update{Head: h}))
	}
	same(t, "heads", []pull.Head{*first.Head, moved, retargeted}, recall(t, s, ref(1)).Heads)
}

func partial(t *testing.T, s Store) {
	f := facts(1)
	check(t, s.Remember(t.Context(), ref(1), f))
	check(t, s.Remember(t.Context(), ref(1), history.Update{}))
	intent := history.CheckRecord{Head: "h2", Name: "review-gate", Outcome: "success", Digest: "d9"}
	check(t, s.Remember(t.Context(), ref(1), history.Update{Check: &intent}))
	want := memory(f)
	want.Checks = append(want.Checks, intent)
	same(t, "memory", want, recall(t, s, ref(1)))
}

func spelling(t *testing.T, s Store) {
	f := facts(1)
	check(t, s.Remember(t.Context(), ref(1), f))
	loud := pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "CLOUD-kernel", Name: "LINUX"}, Number: 1}
	check(t, s.Remember(t.Context(), loud, history.Update{Comment: &history.CommentRecord{ID: "6"}}))
	want := memory(f)
	want.Comment = history.CommentRecord{ID: "6"}
	same(t, "memory", want, recall(t, s, loud))
	elsewhere := loud
	elsewhere.Repo.Forge = "gitee"
	same(t, "memory on another forge", history.PullHistory{Ungated: true}, recall(t, s, elsewhere))
	check(t, s.Raise(t.Context(), elsewhere))
	repos, err := s.Repos(t.Context())
	check(t, err)
	same(t, "repositories", []pull.Repo{elsewhere.Repo, repo()}, repos)
	if err := s.Remember(t.Context(), pull.Ref{Number: 1}, f); err == nil {
		t.Error("a repository without a name is remembered")
	}
}

func siblings(t *testing.T, s Store) {
	known := func(number int, head string, open bool) history.PullState {
		k := history.PullState{Ref: ref(number), Head: head, BaseBranch: "main", Open: open}
		check(t, s.Remember(t.Context(), k.Ref, history.Update{Known: &k}))
		return k
	}
	want := []history.PullState{known(2, "h", true), known(11, "h", true)}
	known(3, "h", false)
	known(4, "other", true)
	known(5, "h", true)
	known(5, "moved", true)
	foreign := history.PullState{Ref: pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "fork", Name: "linux"}, Number: 2}, Head: "h",
		Open: true}
	check(t, s.Remember(t.Context(), foreign.Ref, history.Update{Known: &foreign}))
	record := history.CheckRecord{Head: "h", Name: "review-gate", ID: "5", Outcome: "success", Digest: "d", Done: true}
	check(t, s.Remember(t.Context(), ref(2), history.Update{Check: &record}))
	record.Outcome = "pending" // another pull request of the head writes the same check
	check(t, s.Remember(t.Context(), ref(11), history.Update{Check: &record}))
	got, err := s.At(t.Context(), repo(), "h")
	check(t, err)
	same(t, "at the head", history.HeadHistory{Open: want, Checks: []history.CheckRecord{record}}, got)
	var ids []int64
	for range 2 {
		id, err := s.SaveRun(t.Context(), history.RunRecord{Ref: ref(11), Head: "h", At: at(1), Body: []byte("{}")})
		check(t, err)
		ids = append(ids, id)
	}
	got, err = s.At(t.Context(), repo(), "h")
	check(t, err)
	same(t, "judged", map[int]int64{11: ids[1]}, got.Judged)
	check(t, s.Remember(t.Context(), ref(2), history.Update{Head: &pull.Head{ID: "h", BaseBranch: "main"}}))
	m, err := s.Recall(t.Context(), ref(2))
	check(t, err)
	same(t, "checks of its head", []history.CheckRecord{record}, m.Checks)
	own := history.CheckRecord{Head: "h", Name: "review-gate", ID: "6", Outcome: "success", Of: 2}
	check(t, s.Remember(t.Context(), ref(2), history.Update{Check: &own}))
	other := own
	other.Of, other.Outcome = 11, "pending"
	check(t, s.Remember(t.Context(), ref(11), history.Update{Check: &other}))
	got, err = s.At(t.Context(), repo(), "h")
	check(t, err)
	same(t, "checks of one of the head", []history.CheckRecord{record, own}, got.For(2).Checks)
	same(t, "checks of the other one", []history.CheckRecord{record, other}, got.For(11).Checks)
}

func runs(t *testing.T, s Store) {
	var last history.RunRecord
	for i := range 25 {
		last = history.RunRecord{Ref: ref(1), Head: fmt.Sprint("h", i), At: at(i), Outcome: "pending",
			Body: bytes.Repeat([]byte(`{"a":1}`), 1000)}
		id, err := s.SaveRun(t.Context(), last)
		check(t, err)
		last.ID = id
		got, ok, err := s.Run(t.Context(), id)
		check(t, err)
		same(t, "is kept", true, ok)
		same(t, "run", last, got)
	}
	_, ok, err := s.Run(t.Context(), last.ID-20)
	check(t, err)
	same(t, "the oldest is kept", false, ok)
	got, ok, err := s.LastRun(t.Context(), ref(1))
	check(t, err)
	same(t, "has a run", true, ok)
	same(t, "last run", last, got)
	all, err := s.RunsOf(t.Context(), ref(1))
	check(t, err)
	same(t, "runs that are kept", 20, len(all))
	same(t, "the newest of them", history.RunSummary{ID: last.ID, Head: last.Head, At: last.At, Outcome: last.Outcome}, all[0])
	same(t, "the oldest of them", "h5", all[19].Head)
}

// largeRuns holds that runs are kept that take no more bytes together than runs may, and
// the last one whatever it takes.
func largeRuns(t *testing.T, s Store) {
	source := rand.NewChaCha8([32]byte{})
	save := func(number, size int) int64 {
		body := make([]byte, size)
		_, err := source.Read(body) // what is random can't be packed
		check(t, err)
		id, err := s.SaveRun(t.Context(), history.RunRecord{Ref: ref(number), At: at(1), Outcome: "pending", Body: body})
		check(t, err)
		return id
	}
	kept := func(id int64) bool {
		_, ok, err := s.Run(t.Context(), id)
		check(t, err)
		return ok
	}
	const half = store.KeepRunBytes/2 - 1<<12
	large := save(1, store.KeepRunBytes+1)
	same(t, "the last one is kept, however large", true, kept(large))
	small := save(1, 1)
	same(t, "the one before it is", false, kept(large))
	same(t, "the last one is", true, kept(small))
	for _, id := range []int64{save(2, half), save(2, half)} {
		same(t, "what fits is kept", true, kept(id))
	}
	same(t, "another pull request's is", true, kept(small))
}

func woken(t *testing.T, s Store) {
	for i, head := range []string{"h", "h", "other", "h", "old"} {
		k := history.PullState{Ref: ref(i + 1), Head: head, Open: i != 3}
		check(t, s.Remember(t.Context(), k.Ref, history.Update{Known: &k}))
	}
	same(t, "backlog", queue.Backlog{}, counts(t, s))
	k := history.PullState{Ref: ref(1), Head: "h", Open: true, Outcome: "success"}
	check(t, s.Remember(t.Context(), k.Ref, history.Update{Known: &k, Requeue: []string{"h", "old"}}))
	jobs, err := s.Jobs(t.Context())
	check(t, err)
	var refs []pull.Ref
	for _, j := range jobs {
		refs = append(refs, j.Ref)
	}
	same(t, "woken", []pull.Ref{ref(2), ref(5)}, refs)
	var c crew
	start(t, s, c.options())
	untilIdle(t, s)
	same(t, "served", []pull.Ref{ref(2), ref(5)}, c.served())
}

func wokenOnce(t *testing.T, s Store) {
	for i, base := range []string{"main", "main", "next", "next", "main", "old"} {
		k := history.PullState{Ref: ref(i + 1), Head: "h", BaseBranch: base, Open: true}
		if base == "old" {
			k.Head = "before"
		}
		check(t, s.Remember(t.Context(), k.Ref, history.Update{Known: &k}))
	}
	k := history.PullState{Ref: ref(1), Head: "h", BaseBranch: "main", Open: true, Outcome: "success"}
	check(t, s.Remember(t.Context(), k.Ref, history.Update{Known: &k, Requeue: []string{"h", "before"}, Spare: "main"}))
	var c crew
	start(t, s, c.options())
	untilIdle(t, s)
	same(t, "woken", []pull.Ref{ref(3), ref(6)}, c.served())
}

func twinTold(t *testing.T, s Store) {
	k := history.PullState{Ref: ref(1), Head: "h", BaseBranch: "main", BaseTip: "t", Open: true, UpdatedAt: at(5), DueAt: at(9),
		Outcome: "pending", Sources: "a"}
	check(t, s.Remember(t.Context(), ref(1), history.Update{Known: &k}))
	told := k
	told.Check, told.Outcome, told.Sources = "review-gate", "success", "b"
	for name, other := range map[string]func(*history.PullState){
		"head":         func(k *history.PullState) { k.Head = "other" },
		"base branch":  func(k *history.PullState) { k.BaseBranch = "next" },
		"time":         func(k *history.PullState) { k.UpdatedAt = at(4) },
		"pull request": func(k *history.PullState) { k.Ref = ref(2) },
	} {
		gone := told
		other(&gone)
		check(t, s.Remember(t.Context(), gone.Ref, history.Update{Twin: &gone}))
		same(t, "known by another "+name, k, recall(t, s, ref(1)).Known)
	}
	check(t, s.Remember(t.Context(), ref(1), history.Update{Twin: &told}))
	same(t, "known", told, recall(t, s, ref(1)).Known)
	same(t, "another pull request", history.PullState{}, recall(t, s, ref(2)).Known)
}

func groupChecks(t *testing.T, s Store) {
	groups := pull.Ref{Repo: ref(1).Repo}
	name := func(i int) string { return fmt.Sprint("group-", i) }
	first := history.CheckRecord{Head: "h", Name: "review-gate", ID: "1", Outcome: "success", Done: true}
	check(t, s.Remember(t.Context(), ref(1), history.Update{Check: &first}))
	const more = 3
	for i := range store.KeepGroups + more {
		c := history.CheckRecord{Head: name(i), Name: "review-gate", ID: fmt.Sprint(i + 2), Outcome: "success", Done: true}
		check(t, s.Remember(t.Context(), groups, history.Update{Check: &c}))
	}
	for head, want := range map[string]int{"h": 1, name(more - 1): 0, name(more): 1, name(store.KeepGroups + more - 1): 1} {
		at, err := s.At(t.Context(), groups.Repo, head)
		check(t, err)
		same(t, "checks on "+head, want, len(at.Checks))
		if want > 0 {
			same(t, "a group's check on "+head, head != "h", at.Checks[0].Group)
		}
	}
	check(t, s.Remember(t.Context(), groups, history.Update{Check: &first}))
	memory, err := s.Recall(t.Context(), groups)
	check(t, err)
	same(t, "checks of groups", []bool{true, true}, []bool{len(memory.Checks) == store.KeepGroups, memory.Checks[0].Group})
}

func postponed(t *testing.T, s Store) {
	for i, due := range []time.Time{{}, at(5), at(500), {}} {
		k := history.PullState{Ref: ref(i + 1), Head: "h", Open: i != 3, DueAt: due}
		check(t, s.Remember(t.Context(), k.Ref, history.Update{Known: &k}))
	}
	check(t, s.Postpone(t.Context(), []pull.Ref{ref(3), ref(2), ref(1), ref(4)}, at(100), 10*time.Second))
	for now, want := range map[int][]pull.Ref{99: {ref(2)}, 100: {ref(2), ref(3)}, 119: {ref(2), ref(3)}, 120: {ref(2), ref(3), ref(1)},
		1000: {ref(2), ref(3), ref(1)}} {
		due, err := s.Due(t.Context(), at(now))
		check(t, err)
		same(t, fmt.Sprint("due at ", now), want, due)
	}
}

func lists(t *testing.T, s Store) {
	known := func(number int, open bool, due time.Time) history.PullState {
		k := history.PullState{Ref: ref(number), Head: "h", Open: open, DueAt: due}
		check(t, s.Remember(t.Context(), k.Ref, history.Update{Known: &k}))
		return k
	}
	want := []history.PullState{known(1, true, at(20)), known(2, true, at(10)), known(4, true, at(31)), known(5, true, time.Time{})}
	known(3, false, at(10))
	open, err := s.OpenKnown(t.Context(), repo())
	check(t, err)
	same(t, "open", want, open)
	due, err := s.Due(t.Context(), at(30))
	check(t, err)
	same(t, "due", []pull.Ref{ref(2), ref(1)}, due)
}

// closedLists holds that closed pull requests are listed by when they changed, and those with
// one time by number.
func closedLists(t *testing.T, s Store) {
	want := []history.PullState{{Ref: ref(22), UpdatedAt: at(40)}, {Ref: ref(21), UpdatedAt: at(40)}, {Ref: ref(20), UpdatedAt: at(30)}}
	other := pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "other"}, Number: 20}
	for _, k := range slices.Concat(want, []history.PullState{{Ref: ref(23), UpdatedAt: at(29)}, {Ref: ref(24), UpdatedAt: at(50), Open: true},
		{Ref: other, UpdatedAt: at(50)}}) {
		check(t, s.Remember(t.Context(), k.Ref, history.Update{Known: &k}))
	}
	for most := range 5 {
		got, err := s.ClosedKnown(t.Context(), repo(), at(30), most)
		check(t, err)
		same(t, fmt.Sprint("closed, ", most, " at the most"), want[:min(most, 3)], append([]history.PullState{}, got...))
	}
}

// judged holds that what is told of a pull request after it was closed hides nothing of how it
// was judged.
func judged(t *testing.T, s Store) {
	save := func(outcome string) history.RunRecord {
		run := history.RunRecord{Ref: ref(2), Head: "h", At: at(1), Outcome: outcome, Body: []byte("{}")}
		var err error
		run.ID, err = s.SaveRun(t.Context(), run)
		check(t, err)
		return run
	}
	save("")
	_, ok, err := s.LastJudged(t.Context(), ref(2))
	check(t, err)
	same(t, "was judged", false, ok)
	save("pending")
	want := save("success")
	save("")
	got, ok, err := s.LastJudged(t.Context(), ref(2))
	check(t, err)
	same(t, "was judged", true, ok)
	same(t, "last run with an outcome", want, got)
}

func blobs(t *testing.T, s Store) {
	check(t, s.SaveBlob(t.Context(), repo(), "id", []byte("text")))
	check(t, s.SaveBlob(t.Context(), repo(), "id", []byte("text")))
	check(t, s.SaveBlob(t.Context(), repo(), "empty", nil))
	other := pull.Repo{Forge: "github", Owner: "private", Name: "linux"}
	for _, tt := range []struct {
		repo pull.Repo
		id   string
		want string
		ok   bool
	}{
		{repo(), "id", "text", true},
		{repo(), "empty", "", true},
		{repo(), "none", "", false},
		{other, "id", "", false},
	} {
		data, ok, err := s.Blob(t.Context(), tt.repo, tt.id)
		check(t, err)
		same(t, tt.id+" is kept", tt.ok, ok)
		same(t, tt.id, tt.want, string(data))
	}
}

func ready(t *testing.T, s Store) { check(t, s.Ready(t.Context())) }
