package maintainers_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
)

// kernelMap compiles the map of Linux 6.12, and gives all paths of its tree.
func kernelMap(t testing.TB) (m *ownership.Map, paths []string) {
	t.Helper()
	set, dirs := kernel(t)
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	return m.In(dirs), strings.Split(strings.TrimSuffix(string(shared(t, "kernel/tree-6.12.txt.gz")), "\n"), "\n")
}

// TestKernelIndex holds the map's index to brute force on some of the tree, and
// to what the kernel's script says on all golden rows.
func TestKernelIndex(t *testing.T) {
	t.Parallel()
	set, dirs := kernel(t)
	m, paths := kernelMap(t)
	for i := 0; i < len(paths); i += 67 {
		if diff := cmp.Diff(titles(matching(set, dirs, paths[i])), titles(m.Matching(paths[i]))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", paths[i], diff)
		}
	}
	for line := range strings.Lines(string(shared(t, "kernel/golden_sections.tsv.gz"))) {
		path, want, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if diff := cmp.Diff(want, titles(m.Matching(path))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// BenchmarkCompile reads and compiles Linux 6.12's MAINTAINERS, and measures
// what the map holds in memory.
func BenchmarkCompile(b *testing.B) {
	files := []ownership.File{{Path: "MAINTAINERS", Data: shared(b, "kernel/MAINTAINERS-6.12.gz")}}
	compile := func() *ownership.Map {
		set, _, err := maintainers.Parse(files, nil)
		if err != nil {
			b.Fatal(err)
		}
		m, err := ownership.New(set)
		if err != nil {
			b.Fatal(err)
		}
		return m
	}
	before := heap()
	m := compile()
	held := heap() - before
	runtime.KeepAlive(m)
	b.ReportAllocs()
	for b.Loop() {
		compile()
	}
	b.ReportMetric(float64(held)/(1<<20), "MB-held")
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// BenchmarkMatchKernel matches real paths against Linux 6.12's MAINTAINERS.
func BenchmarkMatchKernel(b *testing.B) {
	m, all := kernelMap(b)
	var some []string
	for i := range 3000 {
		some = append(some, all[i*len(all)/3000])
	}
	for _, bb := range []struct {
		name  string
		paths []string
	}{{"3000", some}, {"all", all}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, path := range bb.paths {
					m.Match(path)
				}
			}
		})
	}
}

// BenchmarkAgainstDoublestar compares the index with asking doublestar for each
// pattern in turn, in one run: Linux 6.12's patterns, translated, and a hostile
// set that no directory tells apart.
func BenchmarkAgainstDoublestar(b *testing.B) {
	set, _ := kernel(b)
	_, all := kernelMap(b)
	var kernelPatterns, hostile []string
	for _, s := range set.Subsystems {
		for _, r := range s.Include {
			if text := r.Pattern.String(); doublestar.ValidatePattern(text) {
				if strings.HasSuffix(text, "/") {
					text += "**"
				}
				kernelPatterns = append(kernelPatterns, text)
			}
		}
	}
	for i := range 8000 {
		hostile = append(hostile, fmt.Sprintf("**/x_%d*.c", i))
	}
	var paths, hostilePaths []string
	for i := range 60 {
		paths = append(paths, all[i*len(all)/60])
		hostilePaths = append(hostilePaths, fmt.Sprintf("drivers/net/d%d/x_%d_core.c", i, i*131))
	}
	b.Run("kernel", func(b *testing.B) { compare(b, kernelPatterns, paths) })
	b.Run("hostile", func(b *testing.B) { compare(b, hostile, hostilePaths) })
}

// compare reports how many times faster the index is.
func compare(b *testing.B, texts, paths []string) {
	var patterns []glob.Pattern
	for _, text := range texts {
		p, err := glob.Compile(text)
		if err != nil {
			b.Fatal(err)
		}
		patterns = append(patterns, p)
	}
	index := glob.NewIndex(patterns)
	start := time.Now()
	want := 0
	for _, path := range paths {
		for _, text := range texts {
			if ok, err := doublestar.Match(text, path); ok && err == nil {
				want++
			}
		}
	}
	brute := time.Since(start)
	var ids []int32
	for b.Loop() {
		got := 0
		for _, path := range paths {
			ids = index.Match(path, nil, ids[:0])
			got += len(ids)
		}
		if got != want {
			b.Fatalf("the index finds %d, doublestar %d", got, want)
		}
	}
	perLoop := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(float64(brute)/float64(perLoop), "times-faster")
	b.ReportMetric(float64(perLoop.Nanoseconds())/float64(len(paths)), "ns/path")
}
