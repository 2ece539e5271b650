package publish

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/share"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// TestText holds how a verdict and its plan read on a terminal.
func TestText(t *testing.T) {
	t.Parallel()
	v := sample(t, "en")
	v.Subsystems[1].Floor, v.Subsystems[1].Own = v.Threshold, share.Ratio{Reviewed: 1, Counted: 3}
	v.Subsystems = append(v.Subsystems, policy.SubsystemVerdict{Name: "net"})
	v.Files[2].OldPath, v.Files[2].Rules = "fs/old.c",
		[]policy.RuleVerdict{{Subsystem: "fs/erofs", Path: "fs/erofs/ok.c", Pattern: "fs/erofs/**"}, {Subsystem: "net", Path: "fs/old.c"}}
	v.Reviews = []policy.ReviewVerdict{{Who: "bob", Commit: "0123456789abcdef", State: "approved", Files: 1},
		{Who: "alice", Commit: "0123456789abcdef", State: "approved", Why: policy.NoteStale}}
	v.Asked = []policy.RequestVerdict{{Who: "alice", State: policy.AskWaiting, Files: 2, Subsystems: []string{"mm"}},
		{Who: "carol", State: policy.AskWaiting, Files: 1, Subsystems: []string{"net"}}}
	v.Warnings = []policy.Note{{Code: policy.NoteStale, Who: "alice", Commit: "0123456789abcdef"}}
	p := Plan{
		Reset: []Check{{Head: "fedcba9876543210", Name: "old", Outcome: policy.Pending, Title: "superseded"}},
		Check: &Check{Head: "0123456789abcdef", Name: "review-gate", Outcome: policy.Pending}, Ask: []string{"alice"}, Assign: []string{"dave"},
		Labels: Labels{Add: []string{"mm", "fs\n"}, Remove: []string{"net"}}, Comment: &Comment{},
	}
	w := newWords(t)
	got := w.Text(v, p)
	got += "\n" + w.Text(policy.Verdict{Outcome: policy.Error, Unwarned: policy.Error,
		Faults: []strictyaml.Fault{{File: "policy.yml", Line: 2, Text: "broken"}}}, Plan{})
	const file = "testdata/text.txt"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
