package storetest

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

func inboxTests() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"a delivery twice is once":          once(deliveredTwice),
		"what each hint means":              hints,
		"a bad delivery is refused":         once(badDelivery),
		"one bad delivery among many":       once(badAmongMany),
		"all references or none":            once(raiseAll),
		"references compare caselessly":     once(oneSpelling),
		"a check asked for again is unsure": once(rerequested),
		"a repository with another name":    once(renamed),
		"another repository of that name":   once(recreated),
		"a repository out of reach is left": once(left),
	}
}

func deliveredTwice(t *testing.T, s Store) {
	var c crew
	start(t, s, c.options())
	for range 3 {
		check(t, s.Accept(t.Context(), delivery("d", webhook.Hint{Repo: repo(), Number: 1})))
		untilIdle(t, s)
	}
	same(t, "runs", 1, c.ran(ref(1)))
	other := delivery("d", webhook.Hint{Repo: repo(), Number: 1})
	other.Forge = "gitee"
	check(t, s.Accept(t.Context(), other))
	untilIdle(t, s)
	same(t, "runs after the id of another forge", 2, c.ran(ref(1)))
}

func hints(t *testing.T, open Open) {
	maintainers := pull.Repo{Forge: "github", Owner: repo().Owner, Name: "maintainers"}
	org := pull.Repo{Forge: "github", Owner: repo().Owner, Name: ".github"}
	other := pull.Repo{Forge: "github", Owner: "other", Name: "maintainers"}
	for name, tt := range map[string]struct {
		hint webhook.Hint
		want []pull.Ref
	}{
		"number":                     {webhook.Hint{Number: 9}, []pull.Ref{ref(9)}},
		"head":                       {webhook.Hint{Head: "h"}, []pull.Ref{ref(1), ref(3)}},
		"head of a closed one":       {webhook.Hint{Head: "closed"}, []pull.Ref{ref(0)}},
		"head that is not known":     {webhook.Hint{Head: "new"}, []pull.Ref{ref(0)}},
		"default branch":             {webhook.Hint{Branch: "main", Default: true}, []pull.Ref{ref(0)}},
		"unused default branch":      {webhook.Hint{Branch: "unused", Default: true}, []pull.Ref{ref(0)}},
		"base of an open one":        {webhook.Hint{Branch: "next"}, []pull.Ref{ref(0)}},
		"base of a closed one":       {webhook.Hint{Branch: "old"}, nil},
		"branch that nobody targets": {webhook.Hint{Branch: "topic"}, nil},
		"base that was rewritten":    {webhook.Hint{Branch: "next", Rewritten: true}, []pull.Ref{ref(0), ref(3)}},
		"none":                       {webhook.Hint{}, []pull.Ref{ref(0)}},
		"team":                       {webhook.Hint{Team: "Acme/MM"}, []pull.Ref{ref(0)}},
		"team that decides nothing":  {webhook.Hint{Team: "acme/m"}, nil},
		"teams of an organisation":   {webhook.Hint{Team: "acme/"}, []pull.Ref{ref(0)}},
		"teams of another one":       {webhook.Hint{Team: "acm/"}, nil},
		"group's head":               {webhook.Hint{Head: "g", Check: "review-gate"}, []pull.Ref{ref(0), ref(4)}},
		"group's head, none on it":   {webhook.Hint{Head: "g0"}, []pull.Ref{ref(0)}},
		"check of ours":              {webhook.Hint{Head: "h", Check: "review-gate"}, []pull.Ref{ref(1), ref(3)}},
		"check of somebody else":     {webhook.Hint{Head: "h", Check: "build"}, nil},
		"push to a source":           {webhook.Hint{Repo: maintainers, Branch: "main"}, []pull.Ref{ref(0)}},
		"push to another repository": {webhook.Hint{Repo: other, Branch: "main"}, nil},
		"push to the organisation":   {webhook.Hint{Repo: org, Branch: "main"}, []pull.Ref{ref(0)}},
	} {
		once(func(t *testing.T, s Store) {
			for _, k := range []history.PullState{
				{Ref: ref(1), Head: "h", BaseBranch: "main", Open: true, Sources: sources.TeamInput("acme/mm") + "1\n" +
					sources.SourceInput(maintainers) + "main:map.yml=2"},
				{Ref: ref(2), Head: "closed", BaseBranch: "old"},
				{Ref: ref(3), Head: "h", BaseBranch: "next", Open: true},
				{Ref: ref(4), Head: "g", BaseBranch: "third", Open: true},
			} {
				check(t, s.Remember(t.Context(), k.Ref, history.Update{Known: &k}))
			}
			record := history.CheckRecord{Head: "h", Name: "review-gate", Outcome: "success", Done: true}
			check(t, s.Remember(t.Context(), ref(1), history.Update{Check: &record}))
			for _, record.Head = range []string{"g", "g0"} {
				check(t, s.Remember(t.Context(), ref(0), history.Update{Check: &record}))
			}
			if tt.hint.Repo.Name == "" {
				tt.hint.Repo = repo()
			}
			check(t, s.Accept(t.Context(), delivery(name, tt.hint)))
			same(t, name, queue.Backlog{Waiting: len(tt.want)}, counts(t, s))
			var c crew
			start(t, s, c.options())
			untilIdle(t, s)
			same(t, name, tt.want, c.served())
			check(t, s.Close())
		})(t, open)
	}
}

func badDelivery(t *testing.T, s Store) {
	good := webhook.Hint{Repo: repo(), Number: 1}
	for name, d := range map[string]webhook.Delivery{
		"no id":      delivery("", good),
		"no name":    delivery("a", good, webhook.Hint{Repo: pull.Repo{Forge: "github", Owner: "o"}}),
		"a negative": delivery("b", good, webhook.Hint{Repo: repo(), Number: -1}),
	} {
		if err := s.Accept(t.Context(), d); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	same(t, "backlog", queue.Backlog{}, counts(t, s))
	check(t, s.Accept(t.Context(), delivery("a", good))) // the id was not taken
	same(t, "backlog", queue.Backlog{Waiting: 1}, counts(t, s))
}

func badAmongMany(t *testing.T, s Store) {
	const many = 60
	results := make(chan bool, many)
	for i := range many {
		go func() {
			number := i + 1
			if i%10 == 3 {
				number = -1
			}
			err := s.Accept(t.Context(), delivery(string(rune('A'+i)), webhook.Hint{Repo: repo(), Number: number}))
			results <- (err == nil) == (number > 0)
		}()
	}
	for range many {
		if !<-results {
			t.Error("a good delivery failed, or a bad one did not")
		}
	}
	same(t, "backlog", queue.Backlog{Waiting: many - many/10}, counts(t, s))
}

func raiseAll(t *testing.T, s Store) {
	check(t, s.Raise(t.Context()))
	if err := s.Raise(t.Context(), ref(1), ref(-1)); err == nil {
		t.Error("a negative number is raised")
	}
	same(t, "backlog", queue.Backlog{}, counts(t, s))
	check(t, s.Raise(t.Context(), ref(1), ref(2), ref(1)))
	same(t, "backlog", queue.Backlog{Waiting: 2}, counts(t, s))
}

func oneSpelling(t *testing.T, s Store) {
	loud := pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "CLOUD-KERNEL", Name: "Linux"}, Number: 1}
	check(t, s.Raise(t.Context(), ref(1), loud))
	var c crew
	start(t, s, c.options())
	untilIdle(t, s)
	same(t, "served", []pull.Ref{ref(1)}, c.inOrder())
}

// rerequested holds that a hint at a head makes what stands on it uncertain, and tells
// one that asks for it anew from one that somebody else wrote it; one at what decides
// beside it leaves it as it is.
func rerequested(t *testing.T, s Store) {
	record := history.CheckRecord{Head: "h", Name: "review-gate", ID: "5", Outcome: "success", Digest: "d", Done: true}
	check(t, s.Remember(t.Context(), ref(1), history.Update{Check: &record}))
	checks := func(id string, h webhook.Hint, want history.CheckRecord) {
		t.Helper()
		h.Repo, h.Head = repo(), "h"
		check(t, s.Accept(t.Context(), delivery(id, h)))
		at, err := s.At(t.Context(), repo(), "h")
		check(t, err)
		same(t, "checks after "+id, []history.CheckRecord{want}, at.Checks)
	}
	checks("beside", webhook.Hint{Check: "Review-Gate", Beside: true}, record)
	record.Done, record.Digest = false, history.WrittenOver
	checks("overwritten", webhook.Hint{Check: "Review-Gate"}, record)
	record.Digest = history.AskedAnew
	checks("asked anew", webhook.Hint{}, record)
}

// renamed holds that what is remembered goes with a repository.
func renamed(t *testing.T, s Store) {
	var c crew
	start(t, s, c.options())
	check(t, s.Remember(t.Context(), ref(1), facts(1)))
	check(t, s.Accept(t.Context(), delivery("a", webhook.Hint{Repo: repo(), RepoID: 7, Number: 1})))
	untilIdle(t, s)
	now := pull.Repo{Forge: "github", Owner: "cloud-kernel", Name: "kernel"}
	check(t, s.Accept(t.Context(), delivery("b", webhook.Hint{Repo: now, RepoID: 7, Number: 1})))
	untilIdle(t, s)
	at := pull.Ref{Repo: now, Number: 1}
	same(t, "runs under the new name", 1, c.ran(at))
	same(t, "comment", *facts(1).Comment, recall(t, s, at).Comment)
	same(t, "memory under the old name", history.PullHistory{Ungated: true}, recall(t, s, ref(1)))
	check(t, s.Rename(t.Context(), now, repo()))
	same(t, "comment under the first name again", *facts(1).Comment, recall(t, s, ref(1)).Comment)
}

// recreated holds that a new repository does not get the memory of the one that
// had its name.
func recreated(t *testing.T, s Store) {
	check(t, s.Accept(t.Context(), delivery("a", webhook.Hint{Repo: repo(), RepoID: 7, Number: 1})))
	check(t, s.Remember(t.Context(), ref(1), facts(1)))
	check(t, s.Accept(t.Context(), delivery("b", webhook.Hint{Repo: repo(), RepoID: 8, Number: 1})))
	same(t, "memory", history.PullHistory{Ungated: true}, recall(t, s, ref(1)))
	check(t, s.Remember(t.Context(), ref(1), facts(1)))
	check(t, s.Accept(t.Context(),
		delivery("c", webhook.Hint{Repo: repo(), RepoID: 8, Number: 2}, webhook.Hint{Repo: repo(), RepoID: 8, Branch: "main", Default: true})))
	same(t, "comment", *facts(1).Comment, recall(t, s, ref(1)).Comment)
}

func left(t *testing.T, s Store) {
	check(t, s.Remember(t.Context(), ref(1), facts(1)))
	other := pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: 1}
	check(t, s.Remember(t.Context(), other, facts(1)))
	check(t, s.Leave(t.Context(), repo()))
	same(t, "open", false, recall(t, s, ref(1)).Known.Open)
	same(t, "open elsewhere", true, recall(t, s, other).Known.Open)
}
