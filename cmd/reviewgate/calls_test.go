package main

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
)

// manyPaths are paths in mm, fs and kernel, by turns.
func manyPaths(n int) []string {
	paths := make([]string, n)
	for i := range paths {
		paths[i] = fmt.Sprintf("%s/d%d/f%d.c", []string{"mm", "fs", "kernel"}[i%3], i%40, i)
	}
	return paths
}

// manyFiles is a tree with such files, so that a pull request changes them.
func manyFiles(n int) map[string]string {
	files := map[string]string{}
	for _, p := range manyPaths(n) {
		files[p] = "int x;\n"
	}
	return files
}

var wide = flag.Bool("wide", false, "have TestChargedCalls play a pull request of 50,000 files, too")

// TestChargedCalls bounds what a pull request's life costs of the rate limit:
// opened, three reviews, a push, two reviews; the comment and the asking for
// review apart, to which the look at who is busy belongs, and the look at the commit
// beside the head, which only a slow machine takes, whose success is doubted before
// the new head is read. Where the base moved on, the merge base of each head costs one
// call more. Read from git, no number of files costs more than another: seven looks, eight
// writes of the check and the team.
func TestChargedCalls(t *testing.T) {
	t.Parallel()
	type life struct {
		content      string
		files, limit int
	}
	for _, l := range []life{{"api", 10, 20}, {"api", 300, 26}, {"api", 2999, 100}, {"git", 10, 16}, {"git", 300, 16}, {"git", 2999, 16},
		{"git", 50_000, 16}} {
		t.Run(fmt.Sprintf("%s/%d", l.content, l.files), func(t *testing.T) {
			t.Parallel()
			if l.content == config.ContentGit {
				gittest.Need(t)
			}
			files, limit := l.files, l.limit
			if files > filesAtOnce && !*wide {
				t.Skip("takes minutes; -wide plays it")
			}
			w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 100%\n", files: manyFiles(files), content: l.content})
			w.swept()
			w.ResetCalls()
			pr := w.open("topic", manyPaths(files)...)
			expect := func(want, title string) {
				t.Helper()
				what, holds := w.shows(pr, want, title)
				w.untilWithin(4*time.Minute, what, holds) // the sandbox takes long to write so many files as git
			}
			expect("in_progress", "0 of")
			w.review(pr, "alice", fake.Approved)
			expect("in_progress", fmt.Sprintf("%d of", (files+2)/3))
			w.review(pr, "bob", fake.Approved)
			expect("in_progress", fmt.Sprintf("%d of", (files+2)/3+(files+1)/3))
			w.review(pr, "carol", fake.Approved)
			expect("success", fmt.Sprintf("%d of", files))
			w.push("topic", map[string]string{manyPaths(2)[0]: "changed\n", manyPaths(2)[1]: "changed\n"})
			expect("in_progress", fmt.Sprintf("%d of", files-2))
			w.review(pr, "alice", fake.Approved)
			expect("in_progress", fmt.Sprintf("%d of", files-1))
			w.review(pr, "bob", fake.Approved)
			expect("success", fmt.Sprintf("%d of", files))
			w.quiet()
			got := w.charged("/issues/", "/requested_reviewers", "Busy", "Beside")
			t.Logf("%d files: %d charged calls\n%s", files, got, tally(w.Calls()))
			if got > limit {
				t.Errorf("%d charged calls, want %d or fewer", got, limit)
			}
		})
	}
}

// tally counts calls by endpoint.
func tally(calls []fakegithub.Call) string {
	counts := map[string]int{}
	var order []string
	for _, c := range calls {
		key := fmt.Sprintf("%s %s %d %s", c.Method, or(c.Pattern, c.Path), c.Status, c.Operation)
		if counts[key] == 0 {
			order = append(order, key)
		}
		counts[key] += c.Points
	}
	var b strings.Builder
	for _, key := range order {
		fmt.Fprintf(&b, "%4d %s\n", counts[key], key)
	}
	return b.String()
}

// BenchmarkWebhookToCheck times what a contributor waits for, on a forge that
// takes 50 ms for each call.
func BenchmarkWebhookToCheck(b *testing.B) {
	for _, files := range []int{10, 2999} {
		b.Run(fmt.Sprintf("files=%d", files), func(b *testing.B) {
			w := newWorld(b, worldOptions{latency: 50 * time.Millisecond, files: manyFiles(files)})
			w.swept()
			n := 0
			for b.Loop() {
				n++
				b.StopTimer()
				w.HoldWebhooks()
				pr := w.open(fmt.Sprint("topic", n), manyPaths(files)...)
				b.StartTimer()
				w.ReleaseWebhooks()
				w.expect(pr, "in_progress", "0 of")
			}
		})
	}
}
