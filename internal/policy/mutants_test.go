package policy_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var mutants = flag.Bool("mutants", false, "hold that every seeded fault is noticed by a test; takes minutes")

// TestMutants seeds faults into the rule, one at a time, and holds that the
// tests notice each: go test ./internal/policy -run TestMutants -mutants.
func TestMutants(t *testing.T) {
	if !*mutants {
		t.Skip("give -mutants to run it")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range []struct{ file, old, new, tests string }{
		{"policy/survival.go", "return id == now.ID, nil", "return id != \"\", nil", "./internal/policy"},
		{"policy/survival.go", "if !ok || mode != now.Mode {", "if !ok || mode == \"\" {", "./internal/policy"},
		{"policy/survival.go", "lives = e.merges[*depends]", "lives = true", "./internal/policy"},
		{"policy/approvals.go", "case f.Hidden:\n\t\treturn false, NoteHidden", "case f.Hidden:", "./internal/policy"},
		{"policy/approvals.go", "return !t.Before(from) && !t.After(to)", "return false", "./internal/policy"},
		{"policy/approvals.go", "\tcase pull.Dismissed:\n\t\tst.approvals = nil", "\tcase pull.Dismissed:", "./internal/policy"},
		{"policy/roster.go", "return e.isAuthor(m.who) || e.s.Gone[m.login]", "return e.s.Gone[m.login]", "./internal/policy"},
		{"policy/command.go", "case found && edited:", "case found && !found:", "./internal/policy"},
		{"policy/override.go", "head.MergeBase == req.MergeBase && head.BaseBranch == req.BaseBranch", "head.BaseBranch != \"\"", "./internal/policy"},
		{"policy/override.go", "n.Code != NoteBlocked && n.Code != NoteMaybeBlocked", "n.Code != \"\"", "./internal/policy"},
		{"policy/evaluate.go", "if f.Protected && f.State != Reviewed {", "if false {", "./internal/policy"},
		{"policy/files.go", "len(need.Candidates) >= need.Missing", "true", "./internal/policy"},
		{"merge/merge.go", "left[0].a+left[0].n < right[0].a", "left[0].a+left[0].n <= right[0].a", "./internal/merge"},
		{"merge/merge.go", "case r == 0, l > 0 && slices.Equal(mine, other):", "case l > 0:", "./internal/merge"},
		{"gate/whole.go", "if len(bases) > 1 {", "if len(bases) > 2 {", "./cmd/reviewgate -run TestTwoMergeBases"},
		{"gate/explain.go", "return below, want.file() != merged.file(), nil", "return below, false, nil", "./cmd/reviewgate -run TestStories/maintainer-updates"},
		{"gate/contributors.go", "c.Paths, err = g.unexplained(ctx, repo, bases[0], first, second, c.ID)", "c.Paths, err = nil, nil", "./cmd/reviewgate -run TestStories/maintainer-updates"},
	} {
		t.Run(fmt.Sprint(i, " ", m.file), func(t *testing.T) {
			file := filepath.Join(root, "internal", filepath.FromSlash(m.file))
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(text), m.old) != 1 {
				t.Fatalf("%q stands %d times", m.old, strings.Count(string(text), m.old))
			}
			dir := t.TempDir()
			seeded := filepath.Join(dir, "seeded.go")
			if err := os.WriteFile(seeded, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{file: seeded}})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"test", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json")}, strings.Fields(m.tests)...)
			cmd := exec.CommandContext(t.Context(), "go", args...) //nolint:gosec // the table above
			cmd.Dir = root
			out, err := cmd.CombinedOutput()
			switch {
			case err == nil:
				t.Errorf("nobody notices %q instead of %q", m.new, m.old)
			case !strings.Contains(string(out), "--- FAIL"):
				t.Errorf("it does not run: %s", out)
			}
		})
	}
}
