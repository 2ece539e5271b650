package gate

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/share"
)

// waitingVerdict misses reviews of three files: by alice alone, by alice or bob, and once more
// by bob as a floor has it.
func waitingVerdict() *policy.Verdict {
	need := func(logins ...string) []policy.Need { return []policy.Need{{Missing: 1, Candidates: logins}} }
	return &policy.Verdict{Unwarned: policy.Pending, Files: []policy.FileVerdict{
		{Path: "mm/a.c", State: policy.Unreviewed, Needs: need("alice")},
		{Path: "mm/b.c", State: policy.Unreviewed, Needs: need("alice", "bob")},
		{Path: "fs/c.c", State: policy.Reviewed, OwnNeeds: need("bob")},
		{Path: "README", State: policy.Reviewed},
	}, Asked: []policy.RequestVerdict{{Who: "erin", State: policy.AskWaiting, Files: 2}, {Who: "ALICE", State: policy.AskWaiting, Files: 4},
		{Who: "@acme/fs", State: policy.AskWaiting}, {Who: "carol", State: policy.AskAnswered, Files: 2}}}
}

// TestWaits holds what people have to do with a pull request.
func TestWaits(t *testing.T) {
	t.Parallel()
	req := pull.Request{Author: pull.Person{Login: "dave"}, Open: true}
	people := []history.Wait{{Who: "alice", Turn: true, Files: 2, Alone: []string{"mm/a.c"}}, {Who: "bob", Turn: true, Files: 2,
		Alone: []string{"fs/c.c"}}, {Who: "erin", Turn: true}} // was asked for files that were reviewed since
	own := func(turn bool) history.Wait { return history.Wait{Who: "dave", Own: true, Turn: turn, Files: 3} }
	for name, c := range map[string]struct {
		change func(*policy.Verdict, *pull.Request)
		want   []history.Wait
	}{
		"reviews are missing": {func(*policy.Verdict, *pull.Request) {}, append(people[:3:3], own(false))},
		"somebody objects": {func(v *policy.Verdict, _ *pull.Request) { v.Blocks = []policy.Block{{Who: "bob"}} },
			append(people[:3:3], own(true))},
		"it fails":              {func(v *policy.Verdict, _ *pull.Request) { v.Unwarned = policy.Failure }, append(people[:3:3], own(true))},
		"the policy has errors": {func(v *policy.Verdict, _ *pull.Request) { v.Unwarned = policy.Error }, append(people[:3:3], own(true))},
		"a draft":               {func(_ *policy.Verdict, r *pull.Request) { r.Draft = true }, []history.Wait{own(true)}},
		"it only warns":         {func(v *policy.Verdict, _ *pull.Request) { v.Outcome = policy.Success }, append(people[:3:3], own(false))},
		"it passes":             {func(v *policy.Verdict, _ *pull.Request) { v.Unwarned = policy.Success }, nil},
		"it is closed":          {func(_ *policy.Verdict, r *pull.Request) { r.Open = false }, nil},
		"an author who is gone": {func(_ *policy.Verdict, r *pull.Request) { r.Author = pull.Person{} }, people},
	} {
		v, r := waitingVerdict(), req
		c.change(v, &r)
		if diff := cmp.Diff(c.want, waitsOf(v, &r, true)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := waitsOf(waitingVerdict(), &req, false); got != nil {
		t.Errorf("where nothing gates: %+v", got)
	}
}

// TestWaitsAreBounded holds that many people and many paths take a bounded number of rows.
func TestWaitsAreBounded(t *testing.T) {
	t.Parallel()
	v := &policy.Verdict{Unwarned: policy.Pending}
	for i := range maxWaits + 10 {
		f := policy.FileVerdict{Path: fmt.Sprint("f", i), Needs: []policy.Need{{Candidates: []string{fmt.Sprint("p", i), "alice"}}}}
		f.OwnNeeds = []policy.Need{{Candidates: []string{"alice"}}}
		v.Files = append(v.Files, f)
	}
	got := waitsOf(v, &pull.Request{Author: pull.Person{Login: "dave"}, Open: true}, true)
	if len(got) != maxWaits+1 || got[0].Who != "alice" || got[0].Files != maxWaits+10 || len(got[0].Alone) != maxAlone || !got[maxWaits].Own {
		t.Errorf("%d, the first %+v", len(got), got[0])
	}
}

// TestAreas holds which areas a pull request waits for, of those that have a time to answer in, and
// what is their first answer.
func TestAreas(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Unix(int64(hour)*3600, 0).UTC() }
	review := func(who string, hour int, state pull.ReviewState) policy.ReviewVerdict {
		return policy.ReviewVerdict{Who: who, At: at(hour), State: state}
	}
	make := func(change func(*Run)) *Run {
		run := &Run{At: at(9), Gated: true}
		s := &run.inputs.Snapshot
		s.Request = pull.Request{Open: true, Author: pull.Person{Login: "dave"}}
		s.Rules.Respond = time.Hour
		sub := func(name string, within *time.Duration) ownership.Subsystem {
			return ownership.Subsystem{Name: name, Respond: within, Maintainers: []ownership.Owner{{Login: "alice"}}}
		}
		var err error
		if s.Owners, err = ownership.New(ownership.Ruleset{Subsystems: []ownership.Subsystem{
			sub("mm", nil), sub("fs", new(2*time.Hour)), sub("net", new(time.Duration(0)))}}); err != nil {
			t.Fatal(err)
		}
		row := func(name string, candidates ...string) policy.SubsystemVerdict {
			return policy.SubsystemVerdict{Name: name, Candidates: candidates, Approvers: []string{"alice", "bob", "dave"}}
		}
		run.Verdict = policy.Verdict{Unwarned: policy.Pending, Subsystems: []policy.SubsystemVerdict{
			row("mm", "alice"), row("fs"), row("net", "alice")}}
		change(run)
		return run
	}
	seen := func(waits bool, first int, fs ...string) []response.Seen {
		out := []response.Seen{{Area: "mm", Within: time.Hour, Waits: waits, People: []string{"alice"}}, {Area: "fs", Within: 2 * time.Hour,
			Waits: len(fs) > 0, People: fs}}
		if first > 0 {
			out[0].First, out[1].First = at(first), at(first)
		}
		return out
	}
	for name, c := range map[string]struct {
		change func(*Run)
		want   []response.Seen
	}{
		"mm misses review":    {func(*Run) {}, seen(true, 0)},
		"both do":             {func(r *Run) { r.Verdict.Subsystems[1].Candidates = []string{"bob"} }, seen(true, 0, "bob")},
		"it only warns":       {func(r *Run) { r.Verdict.Outcome = policy.Success }, seen(true, 0)},
		"it passes":           {func(r *Run) { r.Verdict.Unwarned = policy.Success }, seen(false, 0)},
		"a draft":             {func(r *Run) { r.inputs.Snapshot.Request.Draft = true }, seen(false, 0)},
		"older than the gate": {func(r *Run) { r.inputs.Early = true }, seen(false, 0)},
		"closed":              {func(r *Run) { r.inputs.Snapshot.Request.Open = false }, nil},
		"not gated":           {func(r *Run) { r.Gated = false }, nil},
		"no map":              {func(r *Run) { r.inputs.Snapshot.Owners = nil }, nil},
		"reviewed": {func(r *Run) {
			r.Verdict.Reviews = []policy.ReviewVerdict{review("Bob", 5, pull.ChangesRequested), review("alice", 4, pull.Commented)}
		}, seen(true, 4)},
		"by others": {func(r *Run) {
			r.Verdict.Reviews = []policy.ReviewVerdict{review("dave", 1, pull.Commented), review("mallory", 1, pull.Approved),
				review("bob", 1, pull.Pending), review("bob", 1, pull.Withdrawn)}
		}, seen(true, 0)},
		"at a time that is not told": {func(r *Run) { r.Verdict.Reviews = []policy.ReviewVerdict{{Who: "bob", State: pull.Approved}} },
			seen(true, 9)},
	} {
		if diff := cmp.Diff(c.want, areasOf(make(c.change))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestSavedWhenClosed holds that what a closed pull request waited for ended when it was closed, not
// when that was noticed, and that an error leaves open what areas did.
func TestSavedWhenClosed(t *testing.T) {
	t.Parallel()
	run := &Run{At: time.Unix(100, 0)}
	run.inputs.Snapshot.Request = pull.Request{UpdatedAt: time.Unix(50, 0)}
	if got := saved(run, nil); !got.Seen.Equal(time.Unix(50, 0)) || got.Doubt {
		t.Errorf("closed: %+v", got)
	}
	run.inputs.Snapshot.Request.Open = true
	run.Verdict.Unwarned = policy.Error
	if got := saved(run, nil); !got.Seen.IsZero() || !got.Doubt {
		t.Errorf("open: %+v", got)
	}
}

// TestSavedShare holds what is noted of how much was reviewed, and that a pull request was merged.
func TestSavedShare(t *testing.T) {
	t.Parallel()
	run := &Run{Gated: true}
	run.Verdict = policy.Verdict{Outcome: policy.Success, Unwarned: policy.Pending, Ratio: share.Ratio{Reviewed: 1, Counted: 2}}
	run.inputs.Snapshot.Request.Open = true
	if diff := cmp.Diff(&history.Share{Reviewed: 1, Counted: 2}, saved(run, nil).Share); diff != "" {
		t.Errorf("it only warns (-want +got):\n%s", diff)
	}
	run.Verdict.Unwarned = policy.Success
	if !saved(run, nil).Share.Passed {
		t.Error("it passes")
	}
	run.Verdict.Unwarned = policy.Error
	if saved(run, nil).Share != nil {
		t.Error("an error has a share")
	}
	run.Verdict, run.inputs.Snapshot.Request = policy.Verdict{}, pull.Request{Merged: true}
	if got := saved(run, nil); got.Share != nil || !got.Merged {
		t.Errorf("merged: %+v", got)
	}
}
