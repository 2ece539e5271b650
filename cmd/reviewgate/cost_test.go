package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store/sqlite"
)

// refOf names a world's pull request as the service does.
func refOf(pr *fake.PullRequest) pull.Ref {
	return pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: pr.Number()}
}

// pushed notes, as evaluations do, heads of a pull request that each changed many files,
// by so many new commits.
func (w *world) pushed(pr *fake.PullRequest, heads, files, commits int) {
	w.t.Helper()
	s, err := sqlite.Open(context.Background(), filepath.Join(w.dir, "gate.db"), slog.New(slog.DiscardHandler))
	check0(w.t, err)
	defer func() { check0(w.t, s.Close()) }()
	for h := range heads {
		id := func(kind string, n int) string { return fmt.Sprintf("%s%036x", kind, h*1_000_000+n) }
		head := pull.Head{ID: id("dead", 0), BaseBranch: "main", MergeBase: id("ba5e", 0), BaseTip: id("ba5e", 0),
			SeenAt: time.Unix(int64(h), 0), Complete: true, Count: files, MovesKnown: true}
		for i, p := range manyPaths(files) {
			head.Files = append(head.Files, pull.Content{Path: p, Status: pull.Modified, OldMode: pull.Regular, Mode: pull.Regular,
				OldID: id("01d0", i), ID: id("0e30", i)})
		}
		for i := range commits {
			person := pull.Signature{Part: pull.Author, Name: "Dave", Email: "dave@example.org", Account: pull.Person{Login: "dave", ID: 4}}
			head.Commits = append(head.Commits, pull.Commit{ID: id("c0de", i), Parents: []string{id("c0de", i+1)}, Signed: []pull.Signature{person}})
		}
		check0(w.t, s.Remember(context.Background(), refOf(pr), history.Update{Head: &head}))
	}
}

// peak measures what somebody's act costs a service in a process of its own: how long
// until it has no more work, and how much more memory than before it takes at the most.
func (p *process) peak(act func()) (took time.Duration, more float64) {
	p.t.Helper()
	before := residentKB(p.t, p.cmd.Process.Pid, residentLine)
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0o600); err != nil {
		p.t.Skipf("the peak of memory can't be set back here: %v", err)
	}
	start := time.Now()
	act()
	return time.Since(start), float64(residentKB(p.t, p.cmd.Process.Pid, peakLine)-before) / 1024
}

// TestPeakOfManyFiles holds what the first evaluation of a pull request takes that changes
// as many files as a forge lists.
func TestPeakOfManyFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	w := newWorld(t, worldOptions{idle: true, policy: commentPolicy, files: manyFiles(filesAtOnce)})
	first := w.open("first", "mm/a.c")
	p := w.spawn(builtProgram(t))
	w.expect(first, "in_progress", "0 of")
	w.until("idle", p.idle)
	pr := w.open("topic", manyPaths(filesAtOnce)...)
	took, more := p.peak(func() {
		postAll(t, p.public, []delivery{pullDelivery("opened", pr.Number())})
		w.expect(pr, "in_progress", "0 of")
		w.until("idle", p.idle)
	})
	t.Logf("%d files: %s, %.1f MB more than at rest", filesAtOnce, took.Round(time.Millisecond), more)
	if more > 60 {
		t.Errorf("%.1f MB more than at rest, want 60 at most", more)
	}
}

// BenchmarkStrangers measures what a stranger can cause: time, and memory over that of
// the service at rest.
func BenchmarkStrangers(b *testing.B) {
	if testing.Short() {
		b.Skip("takes minutes")
	}
	for _, bench := range []struct{ pushes, files, commits int }{{0, 2900, 0}, {400, 2900, 1}, {400, 10, 250}} {
		b.Run(fmt.Sprintf("recheck/pushes=%d/files=%d/commits=%d", bench.pushes, bench.files, bench.commits), func(b *testing.B) {
			w := newWorld(b, worldOptions{idle: true, files: manyFiles(bench.files)})
			pr := w.open("topic", manyPaths(bench.files)...)
			w.pushed(pr, bench.pushes, bench.files, bench.commits)
			p := w.spawn(builtProgram(b))
			w.expect(pr, "in_progress", "0 of")
			w.until("idle", p.idle)
			for b.Loop() {
				took, more := p.peak(func() {
					seen := len(p.log.lines("evaluated"))
					postAll(b, p.public, []delivery{pullDelivery(fmt.Sprint("again", time.Now().UnixNano()), pr.Number())})
					w.until("judged again", func() bool { return len(p.log.lines("evaluated")) > seen })
				})
				b.ReportMetric(took.Seconds(), "s/event")
				b.ReportMetric(more, "MB-more")
			}
		})
	}
}
