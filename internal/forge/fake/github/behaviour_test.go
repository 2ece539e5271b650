package github_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

const runs = "/repos/acme/app/check-runs"

// checked is a world with the App's token and an open pull request whose check
// is success.
func checked(t *testing.T, b github.Behaviour) (w *world, token string, p *fake.PullRequest, run string) {
	t.Helper()
	w = newWorld(t, github.Options{})
	w.SetBehaviour(b)
	check(t, second(w.Install("acme")))
	p = w.open(fake.Opening{Head: "feature", Author: "carol"})
	_, token = w.asApp()
	return w, token, p, w.check(token, p.Head(), "success")
}

// check makes a check run named gate, and gives its path.
func (w *world) check(token, head, conclusion string) string {
	w.t.Helper()
	body := obj{"name": "gate", "head_sha": head}
	if conclusion != "" {
		body["conclusion"] = conclusion
	}
	return fmt.Sprintf("%s/%.0f", runs, w.want(201, token, "POST", runs, body).object(w.t)["id"])
}

// passes holds whether the pull request has passed the check of a name.
func (w *world) passes(p *fake.PullRequest, want bool, c fake.RequiredCheck) {
	w.t.Helper()
	if got := must(p.Passes(c))(w.t); got != want {
		w.t.Errorf("passes %+v: %v, want %v", c, got, want)
	}
}

// TestConclusionSticks follows GitHub: a completed run that is said to be under
// way again keeps its conclusion, and only a new run takes it back.
func TestConclusionSticks(t *testing.T) {
	t.Parallel()
	w, token, p, run := checked(t, github.Behaviour{})
	gate := fake.RequiredCheck{Name: "Gate", App: "reviewgate"}
	got := w.want(200, token, "PATCH", run, obj{"status": "in_progress"}).object(t)
	equal(t, []any{"in_progress", "success"}, []any{got["status"], got["conclusion"]})
	if got["completed_at"] == nil {
		t.Error("no time of completion")
	}
	w.passes(p, true, gate)
	w.want(422, token, "PATCH", run, map[string]any{"status": "in_progress", "conclusion": nil})
	w.check(token, p.Head(), "")
	w.passes(p, false, gate)
	w.want(200, token, "PATCH", run, obj{"conclusion": "success"})
	w.passes(p, false, gate)
	w.check(token, p.Head(), "skipped")
	w.passes(p, true, gate)
	equal(t, "", must(p.Obstacle(gate))(t))
	w.passes(p, false, fake.RequiredCheck{Name: "gate", App: "other"})
}

// TestWhoMaySayYes holds expected sources, and that a status of the test merge
// decides over the head.
func TestWhoMaySayYes(t *testing.T) {
	t.Parallel()
	w, token, p, _ := checked(t, github.Behaviour{})
	anybody, ours := fake.RequiredCheck{Name: "gate"}, fake.RequiredCheck{Name: "gate", App: w.AppSlug()}
	w.check(token, p.Head(), "failure")
	check(t, second(w.repo.CheckByApp("forger", p.Head(), "GATE", "neutral")))
	w.passes(p, true, anybody)
	w.passes(p, false, ours)
	check(t, w.repo.SetStatus("carol", p.Head(), fake.Status{Context: "Gate", State: "pending"}))
	w.passes(p, false, anybody)
	merge := must(p.TestMerge())(t)
	check(t, w.repo.SetStatus("carol", merge, fake.Status{Context: "gate", State: "success"}))
	w.passes(p, true, anybody)
	w.passes(p, false, ours)
	w.check(token, p.Head(), "success")
	check(t, w.repo.SetStatus("carol", merge, fake.Status{Context: "gate", State: "failure"}))
	w.passes(p, false, anybody)
	w.passes(p, true, ours)
	check(t, p.SetDraft("carol", true))
	equal(t, "it is a draft", must(p.Obstacle(ours))(t))
}

// TestSuites holds that runs are listed per suite, that a suite comes with each
// push, and what a rerequest does.
func TestSuites(t *testing.T) {
	t.Parallel()
	w, token, p, _ := checked(t, github.Behaviour{SuitePerRun: true})
	w.check(token, p.Head(), "failure")
	list := func(filter string) []string {
		got := w.want(200, token, "GET", "/repos/acme/app/commits/feature/check-runs?filter="+filter, nil).object(t)
		var rows []map[string]any
		for _, row := range got["check_runs"].([]any) {
			rows = append(rows, row.(map[string]any))
		}
		return pluck(rows, "conclusion")
	}
	equal(t, []string{"success", "failure"}, list("latest"))
	w.SetBehaviour(github.Behaviour{})
	head := w.commit(fake.Change{Branch: "feature", Author: "carol", Files: text("src/b.go", "more\n")})
	suites := func() string {
		data, errors := w.ask("bob", `query($oid:GitObjectID!){repository(owner:"acme",name:"app"){object(oid:$oid){... on Commit{
			checkSuites(first:9,filterBy:{appId:1}){nodes{status conclusion createdAt app{slug}}} status{contexts{createdAt}}}}}}`, obj{"oid": head})
		equal(t, "", errors)
		return fmt.Sprint(pick(data, "repository", "object", "checkSuites", "nodes"), pick(data, "repository", "object", "status"))
	}
	equal(t, "[map[app:map[slug:reviewgate] conclusion:<nil> createdAt:2026-03-01T12:00:00Z status:QUEUED]] <nil>", suites())
	run := w.check(token, head, "success")
	check(t, w.repo.RerequestSuite("bob", head))
	if got := suites(); !strings.Contains(got, "conclusion:<nil>") || !strings.Contains(got, "QUEUED") {
		t.Error(got)
	}
	equal(t, any("success"), w.want(200, token, "GET", run, nil).object(t)["conclusion"])
	first := must(w.repo.CheckByApp("other", head, "gate", "success"))(t)
	for range 1000 {
		check(t, second(w.repo.CheckByApp("other", head, "gate", "failure")))
	}
	w.want(404, token, "GET", fmt.Sprintf("%s/%d", runs, first), nil)
	equal(t, 1001, len(w.repo.CheckRuns(head)))
}

// TestRunsTurnStale holds that a run that nobody completes turns stale, and stays
// so when it is said to be under way.
func TestRunsTurnStale(t *testing.T) {
	t.Parallel()
	w, token, p, _ := checked(t, github.Behaviour{})
	run := w.check(token, p.Head(), "")
	w.ticks.Add(15 * 24 * 3600)
	_, token = w.asApp()
	equal(t, any("stale"), w.want(200, token, "PATCH", run, obj{"status": "in_progress"}).object(t)["conclusion"])
	w.passes(p, false, fake.RequiredCheck{Name: "gate"})
	w.check(token, p.Head(), "")
	w.repo.TurnStale()
	all := w.repo.CheckRuns(p.Head())
	equal(t, []fake.Conclusion{fake.Success, fake.Stale, fake.Stale},
		[]fake.Conclusion{all[0].Conclusion, all[1].Conclusion, all[2].Conclusion})
}

// TestPlainOnly holds what is refused once a success stands.
func TestPlainOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	w.SetBehaviour(github.Behaviour{PlainOnly: true})
	check(t, second(w.Install("acme")))
	_, token := w.asApp()
	head := w.repo.Tip("feature")
	output := func(title string) obj {
		return obj{"name": "gate", "head_sha": head, "status": "in_progress", "output": obj{"title": title, "summary": "."}}
	}
	w.want(201, token, "POST", runs, output("等待"))
	run := w.check(token, head, "success")
	w.want(422, token, "POST", runs, output("等待"))
	w.want(422, token, "POST", runs, output(strings.Repeat("x", 100)))
	w.want(422, token, "PATCH", run, obj{"conclusion": "success"})
	w.want(201, token, "POST", runs, output("Review is missing."))
	status := "/repos/acme/app/statuses/" + head
	w.want(422, token, "POST", status, obj{"state": "pending", "description": strings.Repeat("x", 101)})
	w.want(201, token, "POST", status, obj{"state": "success", "description": strings.Repeat("x", 101)})
}

// TestReviewsAreRepointed holds which pushes move the commit of a review.
func TestReviewsAreRepointed(t *testing.T) {
	t.Parallel()
	const kept, moved = "kept", "moved"
	for _, c := range []struct {
		name                          string
		how                           fake.Repoint
		rebase, merge, forced, simple string
	}{
		{"same patch", fake.RepointSamePatch, moved, moved, kept, kept},
		{"never", fake.RepointNever, kept, kept, kept, kept},
		{"always", fake.RepointAlways, moved, moved, moved, kept},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, _, p, _ := checked(t, github.Behaviour{Behaviour: fake.Behaviour{Repoint: c.how}})
			w.commit(fake.Change{Author: "alice", Files: text("base", "b\n")})
			after := func(push fake.Change) string {
				id := must(p.Review(fake.Review{By: "alice", State: fake.Approved}))(t)
				push.Branch, push.Author = "feature", "carol"
				w.commit(push)
				got := w.want(200, "bob", "GET", fmt.Sprintf("/repos/acme/app/pulls/1/reviews/%d", id), nil).object(t)["commit_id"]
				return map[bool]string{true: moved, false: kept}[got == p.Head()]
			}
			equal(t, c.rebase, after(fake.Change{From: "main", Files: text("src/b.go", "b\n")}))
			w.commit(fake.Change{Author: "alice", Files: text("base", "c\n")})
			equal(t, c.merge, after(fake.Change{Parents: []string{"main"}, Files: text("base", "c\n")}))
			equal(t, c.forced, after(fake.Change{From: "main", Files: text("src/b.go", "other\n")}))
			equal(t, c.simple, after(fake.Change{Message: "Nothing"}))
		})
	}
}

// TestListsOfTheOldBase holds the knobs on lists and times.
func TestListsOfTheOldBase(t *testing.T) {
	t.Parallel()
	w, _, p, _ := checked(t, github.Behaviour{Behaviour: fake.Behaviour{StaleLists: true, QuietReviews: true}})
	id := must(p.Review(fake.Review{By: "alice", State: fake.Approved}))(t)
	pull := func(field string) any {
		return w.want(200, "bob", "GET", "/repos/acme/app/pulls/1", nil).object(t)[field]
	}
	before := pull("updated_at")
	w.tick()
	check(t, p.EditReview("alice", id, "x"), p.Dismiss("bob", id, "stale"))
	equal(t, before, pull("updated_at"))
	check(t, w.repo.SetBranch("release", "main", "alice"))
	w.commit(fake.Change{Author: "alice", Files: text("base", "b\n")})
	w.commit(fake.Change{Branch: "feature", Author: "carol", Parents: []string{"main"}, Files: text("base", "b\n")})
	equal(t, any(1.0), pull("changed_files"))
	check(t, p.Close("carol"), p.Retarget("carol", "release"), p.Reopen("carol"))
	equal(t, any(1.0), pull("changed_files"))
	check(t, p.Close("carol"), p.Reopen("carol"))
	equal(t, any(2.0), pull("changed_files"))
}

// TestReadsLag holds that reads are behind, and for how long.
func TestReadsLag(t *testing.T) {
	t.Parallel()
	w, _, p, _ := checked(t, github.Behaviour{Behaviour: fake.Behaviour{Lag: 3 * time.Second}})
	states := func() string {
		data, _ := w.ask("bob", `{repository(owner:"acme",name:"app"){pullRequest(number:1){headRefOid reviews(first:9){nodes{state}}}}}`, nil)
		rows := w.want(200, "bob", "GET", "/repos/acme/app/pulls/1/reviews", nil).list(t)
		return fmt.Sprint(pick(data, "repository", "pullRequest", "reviews", "nodes"), pluck(rows, "state"))
	}
	id := must(p.Review(fake.Review{By: "alice", State: fake.Approved}))(t)
	equal(t, "[] []", states())
	w.ticks.Add(2)
	check(t, p.Dismiss("bob", id, "stale"))
	w.tick()
	equal(t, "[map[state:APPROVED]] [APPROVED]", states())
	w.ticks.Add(3)
	equal(t, "[map[state:DISMISSED]] [DISMISSED]", states())
}

// TestForksAndBranchesGo holds what becomes of pull requests from and into what
// is deleted.
func TestForksAndBranchesGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	fork := must(w.repo.Fork("dave"))(t)
	must(fork.Commit(fake.Change{Branch: "topic", Author: "dave", Trailers: []string{"Fixes: x"}, Files: text("d", "d")}))(t)
	p := w.open(fake.Opening{Head: "topic", From: fork})
	fork.Delete()
	got := w.want(200, "bob", "GET", "/repos/acme/app/pulls/1", nil).object(t)
	equal(t, []any{"closed", nil, "dave:topic"}, []any{got["state"], pick(got, "head", "repo"), pick(got, "head", "label")})
	data, errors := w.ask("bob", `{repository(owner:"acme",name:"app"){pullRequest(number:1){headRepository{name} headRef{name}}}}`, nil)
	equal(t, "map[headRef:<nil> headRepository:<nil>]", fmt.Sprint(pick(data, "repository", "pullRequest"), errors))
	if p.Reopen("dave") == nil {
		t.Error("reopened without its repository")
	}
	first := w.open(fake.Opening{Head: "feature", Author: "carol"})
	w.commit(fake.Change{Branch: "second", From: "feature", Author: "carol", Files: text("e", "e")})
	stacked := w.open(fake.Opening{Head: "second", Base: "feature", Author: "carol"})
	if first.DeleteBranch("bob") == nil {
		t.Error("a button that is not there")
	}
	check(t, second(first.Merge("bob")), first.DeleteBranch("bob"))
	data, _ = w.ask("bob", `{repository(owner:"acme",name:"app"){pullRequest(number:3){state baseRefName timelineItems(first:9,
		itemTypes:[AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT]){nodes{... on AutomaticBaseChangeSucceededEvent{oldBase newBase}}}}}}`, nil)
	equal(t, "map[baseRefName:main state:OPEN timelineItems:map[nodes:[map[newBase:main oldBase:feature]]]]",
		fmt.Sprint(pick(data, "repository", "pullRequest")))
	equal(t, 3, stacked.Number())
}
