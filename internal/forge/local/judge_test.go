package local

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// past is a history without one.
type past struct{}

func (past) Recall(context.Context, pull.Ref) (history.PullHistory, error) {
	return history.PullHistory{}, nil
}
func (past) At(context.Context, pull.Repo, string) (history.HeadHistory, error) {
	return history.HeadHistory{}, nil
}
func (past) Remember(context.Context, pull.Ref, history.Update) error          { return nil }
func (past) SaveRun(context.Context, history.RunRecord) (int64, error)         { return 0, nil }
func (past) Blob(context.Context, pull.Repo, string) ([]byte, bool, error)     { return nil, false, nil }
func (past) SaveBlob(_ context.Context, _ pull.Repo, _ string, _ []byte) error { return nil }

// judge returns the gate's verdict on a proposal.
func (r *repo) judge(p Change) policy.Verdict {
	r.t.Helper()
	opened := r.open(p)
	words, err := publish.NewMessages()
	if err != nil {
		r.t.Fatal(err)
	}
	g := gate.New(gate.Config{
		Trusts: func(string, string) bool { return true },
		Forge:  opened.Gate(), History: past{}, Blobs: past{}, Messages: words,
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	run, err := g.Judge(r.t.Context(), opened.Ref())
	if err != nil {
		r.t.Fatal(err)
	}
	if !run.Gated {
		r.t.Error("not gated")
	}
	return run.Verdict
}

// wantFiles judges topic with reviews and compares where its files stand.
func (r *repo) wantFiles(what string, want map[string]policy.State, reviews ...Review) {
	r.t.Helper()
	p := r.proposal()
	p.Reviews = reviews
	got := map[string]policy.State{}
	for _, f := range r.judge(p).Files {
		got[f.Path] = f.State
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("%s: %s", what, diff)
	}
}

func approve(who, revision string) Review {
	return Review{By: who, State: pull.Approved, Revision: revision}
}

// TestApprovals: an approval of an older revision counts for the files that are
// still as they were there, across a rebase too.
func TestApprovals(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("mm/a.c", lines("mm/a.c")+"one\n")
	r.write("mm/b.c", lines("mm/b.c")+"one\n")
	first := r.commit("change both")
	r.write("mm/b.c", lines("mm/b.c")+"two\n")
	r.commit("change one of them again")

	both := map[string]policy.State{"mm/a.c": policy.Reviewed, "mm/b.c": policy.Reviewed}
	one := map[string]policy.State{"mm/a.c": policy.Reviewed, "mm/b.c": policy.Unreviewed}
	none := map[string]policy.State{"mm/a.c": policy.Unreviewed, "mm/b.c": policy.Unreviewed}
	r.wantFiles("nobody", none)
	r.wantFiles("the head", both, approve("alice", ""))
	r.wantFiles("no maintainer", none, approve("bob", ""))
	r.wantFiles("the author", none, approve("dave", ""))
	r.wantFiles("an older revision", one, approve("alice", first))
	r.wantFiles("requested changes, then approved", both, Review{"alice", pull.ChangesRequested, ""}, approve("alice", ""))
	r.wantFiles("approved, then requested changes", none, approve("alice", ""), Review{"alice", pull.ChangesRequested, ""})

	r.git("checkout", "--quiet", "main")
	r.write("fs/c.c", "moved on\n")
	r.commit("main moves on")
	r.git("checkout", "--quiet", "topic")
	before := r.id("topic")
	r.git("rebase", "--quiet", "main")
	r.wantFiles("before a rebase", both, approve("alice", before))
	r.wantFiles("two pushes before a rebase", one, approve("alice", first))
}

func TestTeams(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("mm/a.c", "changed\n")
	r.commit("change")
	p := r.proposal()
	p.Reviews = []Review{approve("Erin", "")}
	if v := r.judge(p); v.Outcome != policy.Pending {
		t.Errorf("members unknown: %s", v.Outcome)
	}
	p.Teams = map[string][]string{"acme/mm": {"erin"}}
	if v := r.judge(p); v.Outcome != policy.Success {
		t.Errorf("members known: %s", v.Outcome)
	}
	team, err := r.open(p).Team(t.Context(), pull.Repo{}, "ACME/fs")
	if err != nil || !strings.Contains(team.Unread, "--team ACME/fs=LOGIN,LOGIN") {
		t.Errorf("unknown team: %+v, %v", team, err)
	}
}

// TestCrossed: with two merge bases no list is the whole, and none passes.
func TestCrossed(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("mm/a.c", "topic\n")
	left := r.commit("topic")
	r.git("checkout", "--quiet", "main")
	r.write("mm/b.c", "main\n")
	right := r.commit("main")
	r.git("merge", "--quiet", "--no-edit", left)
	r.git("checkout", "--quiet", "topic")
	r.git("merge", "--quiet", "--no-edit", right)
	r.write("fs/c.c", "more\n")
	r.commit("more")

	p := r.proposal()
	p.Reviews = []Review{approve("alice", ""), approve("carol", "")}
	if v := r.judge(p); v.Outcome != policy.Error {
		t.Errorf("outcome %s, want error", v.Outcome)
	}
	opened := r.open(p)
	look, err := opened.Look(t.Context(), opened.Ref(), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	bases, err := opened.MergeBases(t.Context(), pull.Repo{}, look.Request.BaseTip, look.Request.Head)
	if err != nil || len(bases) != 2 || bases[0] >= bases[1] || look.Request.MergeBase != "" {
		t.Errorf("merge bases %v (%v), look has %q", bases, err, look.Request.MergeBase)
	}
	if h, err := opened.HeadAt(t.Context(), look, look.Request.Head); err != nil || h.Complete {
		t.Errorf("head of several merge bases: complete %t (%v)", h.Complete, err)
	}
	if h, err := opened.HeadAt(t.Context(), look, strings.Repeat("1", 40)); err != nil || h.Complete {
		t.Errorf("head that is gone: complete %t (%v)", h.Complete, err)
	}
	if bases, err := opened.MergeBases(t.Context(), pull.Repo{}, left, right); err != nil || len(bases) != 1 {
		t.Errorf("merge bases of siblings: %v (%v)", bases, err)
	}
	for _, c := range look.Request.Commits {
		if merge := len(c.Parents) > 1; merge == c.PathsKnown {
			t.Errorf("commit %s of %d parents: paths known %t", c.ID, len(c.Parents), c.PathsKnown)
		}
	}
}

// TestPolicyPlaces: the policy is the base's, in the first place that has one.
func TestPolicyPlaces(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write(".github/review-gate.yml", "version: 1\nmode: off\n")
	r.commit("the topic turns the gate off")
	if v := r.judge(r.proposal()); v.Outcome != policy.Pending {
		t.Errorf("outcome %s, want pending", v.Outcome)
	}
	for _, place := range []string{".gitee/review-gate.yml", ".review-gate.yml"} {
		r.git("checkout", "--quiet", "main")
		now := r.open(r.proposal()).Gate().Traits.PolicyPath
		if err := r.move(now, place); err != nil {
			t.Fatal(err)
		}
		r.git("checkout", "--quiet", "-B", "topic", "main")
		r.write("mm/a.c", place)
		r.commit("topic")
		if v := r.judge(r.proposal()); v.Outcome != policy.Pending {
			t.Errorf("policy at %s: outcome %s, want pending", place, v.Outcome)
		}
	}
}
