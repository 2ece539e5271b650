package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/store/storetest"
)

// TestOverwrittenStatusIsSetBack holds that a status of ours that somebody else
// wrote is written again, and logged.
func TestOverwrittenStatusIsSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{token: true})
	pr := w.open("topic", "mm/a.c")
	latest := func() fake.Status {
		if all := w.repo.Statuses(pr.Head()); len(all) > 0 {
			return all[len(all)-1]
		}
		return fake.Status{}
	}
	w.until("a pending status", func() bool { return latest().State == "pending" })
	w.quiet()
	check0(t, w.repo.SetStatus("bob", pr.Head(), fake.Status{Context: "review-gate", State: "success", Description: "trust me"}))
	w.until("the status set back", func() bool { return latest().State == "pending" && len(w.repo.Statuses(pr.Head())) >= 3 })
	w.quiet()
	if !strings.Contains(w.log.String(), "check rewritten") {
		t.Error("nothing was logged")
	}
	n := len(w.repo.Statuses(pr.Head()))
	check0(t, w.repo.SetStatus("bob", pr.Head(), fake.Status{Context: "build", State: "success"}))
	w.quiet()
	if got := len(w.repo.Statuses(pr.Head())); got != n+1 {
		t.Errorf("%d statuses after somebody's own, want %d", got, n+1)
	}
}

// TestMergeQueue holds that a group is judged afresh on its own commit.
func TestMergeQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.repo.Protect("main", "review-gate")
	w.repo.EnableQueue("main")
	pr := w.approved("topic")
	w.quiet()
	check0(t, pr.Enqueue("dave"))
	w.until("merged through the queue", func() bool { _, merged := pr.State(); return merged })
}

// TestMergeQueueRefusesWhatIsNoLongerReviewed holds that pending is a failure in
// a queue.
func TestMergeQueueRefusesWhatIsNoLongerReviewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.repo.EnableQueue("main")
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	check0(t, pr.Enqueue("dave"))
	head := pr.QueueHead()
	w.until("the group refused", func() bool { return head != "" && conclusion(w.run(head)) == "failure" })
}

// TestIdlePushesCostNothing holds that a push to the base that touches neither
// policy nor ownership asks the forge for nothing.
func TestIdlePushesCostNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	w.quiet()
	w.ResetCalls()
	w.pushAs("carol", "main", map[string]string{"README": "other\n", "fs/b.c": "other\n"})
	w.quiet()
	if calls := w.Calls(); len(calls) != 0 {
		t.Errorf("an idle push costs\n%s", tally(calls))
	}
	w.expect(pr, "success", "1 of 1")
}

// TestManyRequestsAreJudgedOneAfterTheOther holds that a change of ownership
// judges all open pull requests again, a few at once and the others spread out.
func TestManyRequestsAreJudgedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	const spreadFrom = 10 // pull requests that a sweep has judged at once, of those whose policy moved
	const many = spreadFrom + 5
	for i := range many {
		pr := w.open(fmt.Sprint("topic", i), "mm/a.c")
		w.expect(pr, "in_progress", "0 of 1")
	}
	w.quiet()
	putOff := 0
	for _, owner := range []string{"erin", "bob", "carol"} {
		w.pushAs("carol", "main", map[string]string{".github/subsystems.yml": strings.ReplaceAll(testMap, "alice", owner)})
		w.quiet()
		due, err := w.svc.Store().Due(t.Context(), w.clock().Add(time.Minute))
		check0(t, err)
		if putOff = len(due); putOff == many-spreadFrom {
			return
		}
		// On a slow machine the service may have judged some of them already, as
		// every half minute it does what is due.
	}
	t.Errorf("%d are put off, want %d", putOff, many-spreadFrom)
}

// TestOrganisationPolicy holds the order of package policy, §7: the repository's own policy,
// the organisation's, the service's.
func TestOrganisationPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "none", idle: true})
	w.defaults = map[string]string{"policy.yml": "version: 1\nthreshold: 10%\nassign: off\ncomment: false\n", "map.yml": testMap}
	org, err := w.AddRepo(fake.RepoOptions{Owner: "acme", Name: ".github"})
	check0(t, err)
	w.start(nil)
	pr := w.open("topic", "mm/a.c", "mm/b.c")
	w.expect(pr, "in_progress", "10% needed")
	_, err = org.Commit(fake.Change{Author: "carol", Message: "policy", Files: map[string]*fake.File{
		".github/review-gate.yml": {Content: "version: 1\nthreshold: 20%\nassign: off\ncomment: false\n"}}})
	check0(t, err)
	w.expect(pr, "in_progress", "20% needed")
	w.pushAs("carol", "main", map[string]string{".github/review-gate.yml": "version: 1\nthreshold: 30%\nassign: off\ncomment: false\n"})
	w.expect(pr, "in_progress", "30% needed")
}

// TestOwnershipInAnotherRepository holds that a map may stand elsewhere, and is
// watched there.
func TestOwnershipInAnotherRepository(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true,
		policy: "version: 1\nassign: off\ncomment: false\nownership:\n  - subsystems: {repo: acme/maintainers, ref: main, path: map.yml}\n"})
	people, err := w.AddRepo(fake.RepoOptions{Owner: "acme", Name: "maintainers"})
	check0(t, err)
	commit := func(text string) {
		_, err := people.Commit(fake.Change{Author: "carol", Message: "map", Files: map[string]*fake.File{"map.yml": {Content: text}}})
		check0(t, err)
	}
	commit(testMap)
	w.start(nil)
	pr := w.approved("topic")
	w.quiet()
	commit(strings.ReplaceAll(testMap, "alice", "erin"))
	w.expect(pr, "in_progress", "0 of 1")
}

// TestTeamOfAnotherOrganisation holds that a team elsewhere counts where the app
// is installed there, and approves nothing where it is not.
func TestTeamOfAnotherOrganisation(t *testing.T) {
	t.Parallel()
	for _, installed := range []bool{true, false} {
		t.Run(fmt.Sprint("installed=", installed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{idle: true,
				owners: "version: 1\nsubsystems:\n  - {name: mm, paths: [\"mm/**\"], maintainers: [\"@friends/mm\"]}\n  - {name: core, fallback: " +
					"true, maintainers: [carol]}\n"})
			check0(t, w.AddOrg("friends", []string{"bob"}, []string{"alice"}),
				w.AddTeam(fake.Team{Org: "friends", Slug: "mm", Name: "mm", Members: []string{"alice"}}))
			_, err := w.AddRepo(fake.RepoOptions{Owner: "friends", Name: "any"})
			check0(t, err)
			if installed {
				_, err := w.Install("friends")
				check0(t, err)
			}
			w.extra = "server:\n  trust: [{from: acme, to: friends}]\n"
			w.start(nil)
			pr := w.open("topic", "mm/a.c")
			w.expect(pr, "in_progress", "0 of 1")
			w.review(pr, "alice", fake.Approved)
			if installed {
				w.expect(pr, "success", "1 of 1")
				return
			}
			w.until("the reason", func() bool { return strings.Contains(w.run(pr.Head()).Summary, "the app is not installed in friends") })
			w.quiet()
			w.expect(pr, "in_progress", "0 of 1")
		})
	}
}

// TestServerMinimum holds that no policy weakens what the service asks for, and
// that its own people may mend a broken one.
func TestServerMinimum(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, policy: "version: 1\nmode: warn\nthreshold: 10%\nassign: off\ncomment: false\n"})
	w.extra = "server:\n  minimum: {mode: enforce, threshold: 90%, floors: {mm: 100%}}\n  override: {allowed: [erin]}\n"
	w.start(nil)
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "90% needed")
	w.pushAs("carol", "main", map[string]string{".github/review-gate.yml": "version: 1\ntreshold: 80%\n"})
	w.expect(pr, "failure", "unknown key")
	w.push("mend", map[string]string{".github/review-gate.yml": testPolicy})
	mend, err := w.repo.Open(fake.Opening{Author: "dave", Head: "mend"})
	check0(t, err)
	w.expect(mend, "failure", "unknown key")
	_, err = mend.Comment("erin", "/override "+mend.Head()+" mends the policy")
	check0(t, err)
	w.expect(mend, "success", "overridden by erin")
}

// TestReplay holds that each run that the service stored comes out again from
// what was stored with it, byte for byte.
func TestReplay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	w.review(pr, "bob", fake.ChangesRequested)
	w.push("topic", map[string]string{"fs/a.c": "pushed\n"})
	w.expect(pr, "failure", "1 of 2")
	w.pushAs("carol", "main", map[string]string{".github/subsystems.yml": strings.ReplaceAll(testMap, "alice", "erin")})
	w.expect(pr, "failure", "0 of 2")
	w.pushAs("carol", "main", map[string]string{".github/review-gate.yml": "nonsense"})
	w.expect(pr, "failure", "error")
	w.quiet()
	database := filepath.Join(w.dir, "gate.db")
	runs := 0
	for id := int64(1); ; id++ {
		_, ok, err := w.svc.Store().(storetest.Runs).Run(t.Context(), id)
		check0(t, err)
		if !ok {
			break
		}
		runs++
		var out, problems strings.Builder
		if code := run(t.Context(), []string{"replay", fmt.Sprint(id), "--database", "sqlite:" + database, "--format", "json"}, nil, &out,
			&problems); code != exitPass {
			t.Errorf("run %d: exit %d: %s", id, code, problems.String())
		}
		if !json.Valid([]byte(out.String())) {
			t.Errorf("run %d prints no JSON", id)
		}
	}
	if runs < 5 {
		t.Errorf("%d runs", runs)
	}
}

// TestReplayNoticesAChange holds that a record that does not fit is told of.
func TestReplayNoticesAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.approved("topic")
	w.quiet()
	record, ok, err := w.svc.Store().LastRun(t.Context(),
		pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: pr.Number()})
	check0(t, err)
	if !ok {
		t.Fatal("no run")
	}
	var r gate.Record
	check0(t, json.Unmarshal(record.Body, &r))
	r.Verdict.Ratio.Reviewed = 7
	r.Inputs.Files = map[string]string{}
	for _, k := range append(slices.Clone(r.Inputs.Sources), sources.KeptSource{Kept: r.Inputs.Policy}) {
		data, _, err := w.svc.Store().Blob(t.Context(), record.Ref.Repo, k.ID)
		check0(t, err)
		r.Inputs.Files[k.ID] = string(data)
	}
	body, err := json.Marshal(r)
	check0(t, err)
	file := filepath.Join(t.TempDir(), "run.json")
	check0(t, os.WriteFile(file, body, 0o600))
	var out, problems strings.Builder
	if code := run(t.Context(), []string{"replay", file}, nil, &out, &problems); code != exitFail {
		t.Errorf("exit %d: %s", code, problems.String())
	}
}

// TestDraftsAndForks holds that a fork's pull request and a draft are judged
// like any other, and that a draft asks nobody.
func TestDraftsAndForks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 80%\ncomment: false\n"})
	fork, err := w.repo.Fork("dave")
	check0(t, err)
	_, err = fork.Commit(fake.Change{Branch: "topic", Author: "dave", Message: "change",
		Files: map[string]*fake.File{"mm/a.c": {Content: "new\n"}}})
	check0(t, err)
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic", From: fork, Draft: true})
	check0(t, err)
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	if people, _ := pr.Requested(); len(people) != 0 {
		t.Errorf("a draft asks %v", people)
	}
	check0(t, pr.SetDraft("dave", false))
	w.until("alice asked", func() bool { people, _ := pr.Requested(); return slices.Contains(people, "alice") })
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
}
