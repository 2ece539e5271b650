package gate

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
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
	}, Asked: []policy.RequestVerdict{{Who: "erin", State: policy.AskWaiting, Files: 2}, {Who: "ALICE", State: policy.AskWaiting, Files: 1},
		{Who: "@acme/fs", State: policy.AskWaiting}, {Who: "carol", State: policy.AskAnswered, Files: 2}}}
}

// TestWaits holds what people have to do with a pull request.
func TestWaits(t *testing.T) {
	t.Parallel()
	req := pull.Request{Author: pull.Person{Login: "dave"}, Open: true}
	people := []history.Wait{{Who: "alice", Turn: true, Files: 2, Alone: []string{"mm/a.c"}}, {Who: "bob", Turn: true, Files: 2,
		Alone: []string{"fs/c.c"}}, {Who: "erin", Turn: true, Files: 2}}
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
