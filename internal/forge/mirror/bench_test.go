package mirror_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
	"github.com/reviewgate/reviewgate/internal/forge/mirror"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

var (
	history = flag.Int("history", 2000, "commits of the generated history that BenchmarkClone clones")
	source  = flag.String("source", "", "folder in which that is made, and found the next time")
)

// kernelPaths lists the files of a kernel.
func kernelPaths(b *testing.B) (paths []string) {
	b.Helper()
	f, err := os.Open("../../../../shared/data/kernel/tree-6.12.txt.gz")
	if err != nil {
		b.Skip("no list of a kernel's files: ", err)
	}
	defer f.Close()
	in, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		paths = append(paths, lines.Text())
	}
	return paths
}

// sizes are how many files the pull requests of the benchmark change.
var sizes = []int{10, 400, 10_000}

// writeHistory writes, for git fast-import, a tree of some paths, so many commits that each
// change one or two of them, and branches of pull requests.
func writeHistory(out io.Writer, paths []string, commits int) error {
	w := bufio.NewWriterSize(out, 1<<20)
	data := func(text string) { fmt.Fprintf(w, "data %d\n%s\n", len(text), text) }
	file := func(path string, n int) {
		fmt.Fprintf(w, "M 100644 inline %s\n", strconv.Quote(path))
		data(strings.Repeat("a line of "+path+"\n", 10) + fmt.Sprintln("version", n))
	}
	commit := func(branch string, n int) {
		fmt.Fprintf(w, "commit refs/heads/%s\nmark :%d\ncommitter Dave %d <dave%d@example.org> %d +0000\n", branch, n+1, n%900, n%900, 1_200_000_000+300*n)
		data(fmt.Sprintf("subsystem: change number %d\n\nIt says why, in a few lines, as the commits of a kernel do.\n\nSigned-off-by: Dave %d "+
			"<dave%d@example.org>\n", n, n%900, n%900))
	}
	commit("main", 0)
	for _, p := range paths {
		file(p, 0)
	}
	for n := range commits {
		commit("main", n+1)
		file(paths[n*7919%len(paths)], n+1)
	}
	for _, size := range sizes {
		commit(fmt.Sprintf("pull-%d", size), commits+1)
		fmt.Fprintf(w, "from :%d\n", max(1, commits-50))
		for i := range size {
			file(paths[i*7%len(paths)], -1)
		}
	}
	return w.Flush()
}

// kernelRepo makes the repository that is cloned.
func kernelRepo(b *testing.B) *gittest.Repo {
	b.Helper()
	paths, root := kernelPaths(b), *source
	if root == "" {
		root = b.TempDir()
	}
	dir := filepath.Join(root, fmt.Sprintf("linux-%d.git", *history))
	if _, err := os.Stat(filepath.Join(dir, ".git", "done")); err == nil {
		return gittest.OpenRepo(b, dir)
	}
	r := gittest.NewRepo(b, dir)
	in, out := io.Pipe()
	go func() {
		out.CloseWithError(writeHistory(out, paths, *history))
	}()
	cmd := exec.CommandContext(b.Context(), "git", "fast-import", "--quiet")
	cmd.Dir, cmd.Stdin, cmd.Env = dir, in, gitcmd.Environment(dir)
	if text, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, text)
	}
	r.Git("config", "uploadpack.allowFilter", "true")
	r.Git("config", "uploadpack.allowAnySHA1InWant", "true")
	r.Git("commit-graph", "write", "--reachable")
	r.Write(".git/done", "")
	return r
}

// BenchmarkClone measures, once for each filter, the first clone of a kernel and what pull
// requests cost after it: seconds, MB on disk, and MB of the client's processes at the most.
// -history 1000000 is as long as a kernel's.
func BenchmarkClone(b *testing.B) {
	if testing.Short() {
		b.Skip("takes minutes")
	}
	gittest.Need(b)
	r := kernelRepo(b)
	server := gittest.Serve(b, filepath.Dir(r.Dir))
	address := server.URL + "/" + filepath.Base(r.Dir) + "/.git"
	for _, filter := range []string{mirror.NoTrees, mirror.NoBlobs} {
		b.Run(filter, func(b *testing.B) {
			for b.Loop() {
				measureClone(b, r, filter, address)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
	b.Run("shallow", func(b *testing.B) {
		for b.Loop() {
			dir := b.TempDir()
			g := gittest.NewRepo(b, filepath.Join(dir, "shallow"))
			timed(b, dir, "clone", func() error {
				args := []string{"fetch", "--quiet", "--depth=1", "--filter=blob:none", address, "main"}
				cmd := exec.CommandContext(b.Context(), "git", args...) //nolint:gosec // a test
				cmd.Dir, cmd.Env = g.Dir, gitcmd.Environment(g.Dir)
				return cmd.Run()
			})
		}
		b.ReportMetric(0, "ns/op")
	})
}

func measureClone(b *testing.B, r *gittest.Repo, filter, address string) {
	dir := b.TempDir()
	m, err := mirror.New(mirror.Config{Dir: dir, Filter: filter, Now: time.Now, Log: quiet,
		Remote: func(context.Context, pull.Repo) (string, string, error) { return address, "", nil }})
	if err != nil {
		b.Fatal(err)
	}
	timed(b, dir, "clone", func() error {
		_, err := m.Entries(b.Context(), linux, r.ID("main"), []string{"MAINTAINERS"})
		return err
	})
	for _, size := range sizes {
		timed(b, dir, fmt.Sprintf("files=%d", size), func() error {
			c, err := m.Files(b.Context(), seam.Look{Request: pull.Request{Ref: pull.Ref{Repo: linux, Number: size}, BaseBranch: "main",
				BaseTip: r.ID("main"), Head: r.ID(fmt.Sprintf("pull-%d", size))}})
			if err == nil && len(c.Files) != size {
				err = fmt.Errorf("%d files, want %d", len(c.Files), size)
			}
			return err
		})
	}
	tip, head := r.ID("main"), r.ID("pull-10")
	defer r.Git("update-ref", "refs/heads/main", tip)
	defer r.Git("update-ref", "refs/heads/pull-10", head)
	main, topic := grow(r, "main", 100), grow(r, "pull-10", 1)
	timed(b, dir, "increment", func() error { // a push to the pull request after 100 commits to its base
		_, err := m.Files(b.Context(), seam.Look{Request: pull.Request{Ref: pull.Ref{Repo: linux, Number: 10}, BaseBranch: "main",
			BaseTip: main, Head: topic}})
		return err
	})
	if err := m.Close(); err != nil {
		b.Error(err)
	}
}

// grow adds commits to a branch, each of which adds a file at the top, and returns the last.
func grow(r *gittest.Repo, branch string, commits int) string {
	tip := r.ID(branch)
	for n := range commits {
		blob := r.Feed(fmt.Sprintln(branch, n), "hash-object", "-w", "--stdin")
		listed := r.Git("ls-tree", tip) + fmt.Sprintf("\n100644 blob %s\tgrown-%s-%d\n", blob, branch, n)
		tip = r.Git("commit-tree", "-p", tip, "-m", "grown", r.Feed(listed, "mktree"))
	}
	r.Git("update-ref", "refs/heads/"+branch, tip)
	return tip
}

// timed reports how long something takes, how much more disk, and how much memory.
func timed(b *testing.B, dir, name string, do func() error) {
	b.Helper()
	before := diskOf(dir)
	peak := watchMemory(dir)
	start := time.Now()
	err := do()
	took := time.Since(start)
	if err != nil {
		b.Fatal(name, ": ", err)
	}
	b.ReportMetric(took.Seconds(), name+"-s")
	b.ReportMetric(float64(diskOf(dir)-before)/1e6, name+"-MB")
	b.ReportMetric(peak(), name+"-peak-MB")
}

func diskOf(dir string) (size int64) {
	_ = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil {
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}

// watchMemory watches the groups of processes that work in a folder, and returns what gives
// the most that they had together, in MB.
func watchMemory(dir string) (stop func() float64) {
	done, most := make(chan struct{}), 0
	var group sync.WaitGroup
	group.Go(func() {
		for ticker := time.Tick(20 * time.Millisecond); ; {
			select {
			case <-done:
				return
			case <-ticker:
				most = max(most, memoryOf(dir))
			}
		}
	})
	return func() float64 { close(done); group.Wait(); return float64(most) / 1024 }
}

// memoryOf sums up what processes hold in kB of which one has a folder among its arguments.
func memoryOf(dir string) (sum int) {
	groups, of := map[string]bool{}, map[string]string{}
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range procs {
		stat, _ := os.ReadFile(filepath.Join(p, "stat"))
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 2 {
			of[p] = fields[2]
		}
		if line, _ := os.ReadFile(filepath.Join(p, "cmdline")); strings.Contains(string(line), dir) {
			groups[of[p]] = true
		}
	}
	for p, g := range of {
		if !groups[g] {
			continue
		}
		status, _ := os.ReadFile(filepath.Join(p, "status"))
		_, rest, _ := strings.Cut(string(status), "RssAnon:")
		var kb int
		if _, err := fmt.Sscan(rest, &kb); err == nil {
			sum += kb
		}
	}
	return sum
}
