package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// summarized waits until the check on a pull request says something.
func (w *world) summarized(pr *fake.PullRequest, text string) {
	w.t.Helper()
	w.until(fmt.Sprintf("%q on #%d", text, pr.Number()), func() bool { return strings.Contains(w.run(pr.Head()).Summary, text) })
}

// TestProposalOfAnySize holds that what anybody proposes is read up to a bound, and that
// the check, which is written before, says so where it is more.
func TestProposalOfAnySize(t *testing.T) {
	t.Parallel()
	subsystems := func(n, more int) string {
		var b strings.Builder
		b.WriteString("version: 1\nsubsystems:\n")
		for i := range n {
			fmt.Fprintf(&b, "  - {name: s%d, maintainers: [alice], paths: [\"d%d/**\"]} # %s\n", i, i, strings.Repeat("x", more))
		}
		return b.String()
	}
	sources := func(n int) string {
		return "version: 1\nownership:\n" + strings.Repeat("  - subsystems: .github/subsystems.yml\n", n)
	}
	for name, tt := range map[string]struct {
		files map[string]string
		says  string
	}{
		"20 sources":    {map[string]string{".github/review-gate.yml": "version: 1\nownership:\n" + ownersTrees(20)}, "They are valid"},
		"21 sources":    {map[string]string{".github/review-gate.yml": sources(21)}, "ownership has 21 entries, and 20 are read"},
		"2,000 sources": {map[string]string{".github/review-gate.yml": sources(2000)}, "ownership has 2000 entries, and 20 are read"},
		"a large policy": {map[string]string{".github/review-gate.yml": "version: 1\n# " + strings.Repeat("x", 300<<10)},
			"more than the 262144 bytes that are read of a policy"},
		"a map of 700 KB": {map[string]string{".github/subsystems.yml": subsystems(700, 900)}, "They are valid"},
		"a map of 2 MB":   {map[string]string{".github/subsystems.yml": subsystems(2000, 1000)}, "check them with reviewgate validate"},
		"two maps of 500 KB": {map[string]string{
			".github/review-gate.yml": "version: 1\nownership: [{subsystems: a.yml}, {subsystems: b.yml}]\n",
			"a.yml":                   subsystems(500, 950), "b.yml": strings.ReplaceAll(subsystems(500, 950), "name: s", "name: t"),
		}, "check them with reviewgate validate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			w.open("other", "mm/a.c")
			pr := w.proposeFromFork(tt.files)
			w.expect(pr, "in_progress", "0 of")
			w.summarized(pr, tt.says)
			w.served()
			before := w.charged()
			w.comment(pr, "mallory", "/recheck")
			w.served()
			if calls := w.charged() - before; calls > 15 {
				t.Errorf("%d calls for one more event", calls)
			}
		})
	}
}

// ownersTrees names so many OWNERS trees, of which no file is there.
func ownersTrees(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  - owners: {path: OWNERS%d}\n", i)
	}
	return b.String()
}

// TestProposalAmongMany holds that a proposal is tried on all open pull requests, however
// many turns that takes, and that it ends.
func TestProposalAmongMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 80%\nassign: off\ncomment: off\n"})
	const others = 60
	for i := range others {
		w.open(fmt.Sprint("other", i), "mm/a.c")
	}
	w.served()
	pr := w.proposeFromFork(map[string]string{".github/review-gate.yml": "version: 1\nthreshold: 0%\nassign: off\n"})
	w.summarized(pr, fmt.Sprintf("%d of %d other open pull requests would change", others, others))
	w.served()
	evaluated := w.evaluations(pr)
	if evaluated > 8 {
		t.Errorf("%d evaluations", evaluated)
	}
}

// TestProposalOverWhatWasMerged holds that a proposal is told what it would have said of what
// was merged, and what was said then.
func TestProposalOverWhatWasMerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nmode: warn\nthreshold: 50%\nassign: off\ncomment: off\n"})
	merge := func(name string, approved bool, paths ...string) {
		pr := w.open(name, paths...)
		w.expect(pr, "success", "0 of")
		w.later()
		if approved {
			w.review(pr, "alice", fake.Approved)
			w.expect(pr, "success", "1 of")
		}
		_, err := pr.Merge("carol")
		check0(t, err)
		w.served()
	}
	merge("whole", true, "mm/a.c")
	merge("half", true, "mm/b.c", "fs/b.c")
	merge("none", false, "fs/c.c")
	for branch, tt := range map[string]struct{ policy, says string }{
		"stricter": {"threshold: 100%", "Of the last 3 pull requests merged into this branch 1 would have passed; 2 did."},
		"off":      {"mode: off", "Of the last 3 pull requests merged into this branch 3 would have passed; 2 did."},
	} {
		w.pushAs("dave", branch, map[string]string{".github/review-gate.yml": "version: 1\n" + tt.policy + "\n"})
		pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: branch})
		check0(t, err)
		w.summarized(pr, tt.says)
	}
}
