package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// treePaths are paths in a tree like a kernel's: some forty files a directory,
// directories three deep.
func treePaths(n int) []string {
	paths := make([]string, n)
	tops := []string{"mm", "fs", "kernel", "drivers/net", "drivers/gpu", "arch/x86"}
	for i := range paths {
		dir := i / 40
		paths[i] = fmt.Sprintf("%s/d%d/e%d/f%d.c", tops[dir%len(tops)], dir/60, dir%60, i)
	}
	return paths
}

// TestMoreFilesThanListed holds that a list that the forge cuts is completed
// through the trees, and can be reviewed.
func TestMoreFilesThanListed(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	paths := treePaths(3100)
	for _, p := range paths {
		files[p] = "old\n"
	}
	w := newWorld(t, worldOptions{files: files, policy: "version: 1\nthreshold: 100%\nassign: off\ncomment: false\n",
		owners: "version: 1\nsubsystems:\n  - {name: all, paths: [\"**\"], maintainers: [alice]}\n"})
	w.swept()
	pr := w.open("topic", paths...)
	w.expect(pr, "in_progress", "0 of 3100")
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "3100 of 3100")
	w.later()
	w.push("topic", map[string]string{paths[3099]: "evil\n", paths[5]: "evil\n"})
	w.expect(pr, "in_progress", "3098 of 3100")
	w.quiet()
	w.ResetCalls()
	w.review(pr, "bob", fake.Commented)
	w.quiet()
	if got := w.charged(); got > 4 {
		t.Errorf("a review of a known head costs %d\n%s", got, tally(w.Calls()))
	}
}

// crossed makes a history with two merge bases: main and topic merged each
// other's first commits. In its merge topic undoes what main changed in fs/b.c,
// and what topic itself changed in mm/b.c before: a list against either merge
// base lacks one of them.
func (w *world) crossed() *fake.PullRequest {
	w.t.Helper()
	commit := func(c fake.Change) string {
		id, err := w.repo.Commit(c)
		check0(w.t, err)
		return id
	}
	text := func(s string) *fake.File { return &fake.File{Content: s} }
	start := w.repo.Tip("main")
	mains := commit(fake.Change{Author: "carol", Message: "main's", Files: map[string]*fake.File{"fs/b.c": text("main's\n")}})
	topics := commit(fake.Change{Branch: "topic", From: start, Author: "dave", Message: "topic's",
		Files: map[string]*fake.File{"mm/a.c": text("topic's\n"), "mm/b.c": text("topic's\n")}})
	commit(fake.Change{Author: "carol", Message: "main merges", Parents: []string{topics},
		Files: map[string]*fake.File{"mm/a.c": text("topic's\n"), "mm/b.c": text("topic's\n")}})
	commit(fake.Change{Branch: "topic", Author: "dave", Message: "topic merges", Parents: []string{mains},
		Files: map[string]*fake.File{"fs/a.c": text("new\n"), "mm/b.c": text(lines("mm/b.c", 20))}})
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic"})
	check0(w.t, err)
	return pr
}

// TestTwoMergeBases holds that two merge bases, which hide from every list what
// merging would change, are an error until the base is merged in.
func TestTwoMergeBases(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.crossed()
	w.expect(pr, "failure", "2 merge bases")
	for _, who := range []string{"alice", "bob", "carol"} {
		w.later()
		w.review(pr, who, fake.Approved)
		w.quiet()
		w.expect(pr, "failure", "2 merge bases")
	}
	_, err := w.repo.Commit(fake.Change{Branch: "topic", Author: "dave", Message: "merge main", Parents: []string{w.repo.Tip("main")},
		Files: map[string]*fake.File{"fs/b.c": {Content: "main's\n"}}})
	check0(t, err)
	w.expect(pr, "in_progress", "2 files")
	w.until("what topic undid is listed", func() bool { return strings.Contains(w.run(pr.Head()).Summary, "mm/b.c") })
}

// BenchmarkWholeLists tells what an evaluation of a pull request costs whose
// files the forge does not list whole, in a tree of 90,000 files: calls to the
// forge, and the most memory that the service's process took.
func BenchmarkWholeLists(b *testing.B) {
	program := builtProgram(b)
	const tree = 90_000
	for _, changed := range []int{3_000, 10_000, 50_000} {
		b.Run(fmt.Sprintf("files=%d", changed), func(b *testing.B) {
			paths := treePaths(tree)
			files := make(map[string]string, tree)
			for _, p := range paths {
				files[p] = "old\n"
			}
			w := newWorld(b, worldOptions{files: files, idle: true})
			texts := make(map[string]string, changed)
			for i := range changed {
				texts[paths[i*(tree/changed)]] = "new\n"
			}
			w.push("topic", texts)
			p := w.spawn(program)
			w.until("idle", p.idle)
			for b.Loop() {
				b.StopTimer()
				pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic"})
				check0(b, err)
				w.ResetCalls()
				b.StartTimer()
				postAll(b, p.public, []delivery{pullDelivery("opened", pr.Number())})
				w.expect(pr, "in_progress", fmt.Sprintf("0 of %d", changed))
				b.StopTimer()
				b.ReportMetric(float64(w.charged()), "calls/op")
				b.ReportMetric(float64(residentKB(b, p.cmd.Process.Pid, peakLine))/1024, "peak-MB")
				check0(b, pr.Close("dave"))
				b.StartTimer()
			}
		})
	}
}
