package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// TestManyDirectories holds that files below many directories of a fork's own, in each of
// which one would be looked for that says something of them, are looked up to a bound, and
// that beyond it the check says so and the gate stays closed.
func TestManyDirectories(t *testing.T) {
	t.Parallel()
	const common = "version: 1\nthreshold: 0%\nassign: off\ncomment: false\n"
	for name, tt := range map[string]struct{ policy, says string }{
		"OWNERS":         {"ownership: [{owners: OWNERS}]\n", "files that say who owns them would be looked for at more than 10000 places"},
		".gitattributes": {"generated: ignore\n", "a .gitattributes would be looked for at more than 10000 places"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{policy: common + tt.policy, files: map[string]string{"OWNERS": "approvers: [carol]\n"}})
			w.expect(w.deep("few", "d", 30), "success", "0 of 100")
			many, long := w.deep("many", "d", 101), w.deep("long", strings.Repeat("d", 200), 60)
			for _, pr := range []*fake.PullRequest{many, long} {
				w.expect(pr, "failure", "changes files in so many directories")
				w.summarized(pr, tt.says)
			}
		})
	}
}

// deep opens a pull request of 100 new files, each below so many directories of its own.
func (w *world) deep(branch, name string, depth int) *fake.PullRequest {
	w.t.Helper()
	texts := map[string]string{}
	for i := range 100 {
		texts[fmt.Sprintf("%s%d/%sf.c", name, i, strings.Repeat("a/", depth-1))] = "text\n"
	}
	w.push(branch, texts)
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: branch})
	check0(w.t, err)
	return pr
}
