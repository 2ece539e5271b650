package glob

import (
	"strings"
	"testing"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"mm/**", []string{"mm/slab.c", "mm/kfence/core.c"}, []string{"mmx/slab.c", "arch/mm/slab.c"}},
		{"mm/", []string{"mm/slab.c", "mm/kfence/core.c"}, []string{"mm.c"}},
		{"/Makefile", []string{"Makefile"}, []string{"mm/Makefile"}},
		{"Makefile", []string{"Makefile"}, []string{"mm/Makefile"}},
		{"include/linux/mm*.h", []string{"include/linux/mm.h", "include/linux/mm_types.h"}, []string{"include/linux/mm/x.h"}},
		{"**/*.lock", []string{"a.lock", "x/y/a.lock", ".lock"}, []string{"a.lock.c"}},
		{"**/Kconfig", []string{"Kconfig", "mm/Kconfig"}, []string{"mm/Kconfig.debug"}},
		{"fs/{ext4,jbd2}/**", []string{"fs/ext4/inode.c", "fs/jbd2/journal.c"}, []string{"fs/ext2/inode.c"}},
		{"a/{b,c/{d,e}}/f", []string{"a/b/f", "a/c/d/f", "a/c/e/f"}, []string{"a/c/f"}},
		{`docs/a\{b\}.md`, []string{"docs/a{b}.md"}, []string{"docs/ab.md"}},
		{"x[{]y", []string{"x{y"}, []string{"xy"}},
		{"driver-[0-9]?", []string{"driver-1x"}, []string{"driver-x1"}},
		{"文档/**", []string{"文档/说明.md"}, []string{"文/说明.md"}},
		{"a,b.c", []string{"a,b.c"}, []string{"a"}},
		{".github/workflows/**", []string{".github/workflows/ci.yml"}, []string{".github/ci.yml"}},
	}
	for _, tt := range tests {
		p, err := Compile(tt.pattern)
		if err != nil {
			t.Errorf("Compile(%q): %v", tt.pattern, err)
			continue
		}
		for _, path := range tt.yes {
			if !p.Match(path) {
				t.Errorf("%q does not match %q", tt.pattern, path)
			}
		}
		for _, path := range tt.no {
			if p.Match(path) {
				t.Errorf("%q matches %q", tt.pattern, path)
			}
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "/", "./a", "../a", "a//b", "a[", "a{b", "a}b", `a\`, "a\nb", "{,a}/b", strings.Repeat("a", MaxLength+1),
		"[]a", strings.Repeat("a/", maxDepth+1) + "b"} {
		if p, err := Compile(in); err == nil {
			t.Errorf("Compile(%q) = %v, want an error", clip(in), p)
		}
	}
}

// TestBraceBombIsRefusedAtOnce holds the trap that a 161-byte pattern ran for
// ten seconds in a bare matcher.
func TestBraceBombIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for _, bomb := range []string{strings.Repeat("{a,a}", 32), strings.Repeat("{*,", 40) + strings.Repeat("}", 40),
		"{" + strings.Repeat(",", 4000) + "}", strings.Repeat("{", 2000) + strings.Repeat("}", 2000)} {
		done := make(chan error, 1)
		go func() { _, err := Compile(bomb); done <- err }()
		select {
		case err := <-done:
			if err == nil {
				t.Errorf("%.20q…: no error", bomb)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%.20q…: still compiling after 5 s", bomb)
		}
	}
}

var (
	drawSegment = rapid.SampledFrom([]string{"a", "b", "ab", "mm", "*", "a*", "*b", "a*b", "*a*", "*.c", "a*b*c", "?", "a?", "[ab]", "[^a]",
		"[!b]c", "[a-c]*", "{a,b}", "{a,b*}c", "**", "a**", "**b", "a***", `\*`, `\a*`, `\?b`, "x,y", ".a", ".*", "é", "é*", "a.c", "a/**/b",
		"**/a/**", `a\/b`, `*\/b`})
	drawName = rapid.SampledFrom([]string{"a", "b", "ab", "mm", "ac", "bc", "*", "x,y", ".a", "é", "éa", "a.c", "aab", "abc", "a.b.c",
		"z", "?b", "", "\xff", "a\xffb", "x\nb", `\`, `a\b`})
)

func draw(t *rapid.T, g *rapid.Generator[string], label string) string {
	return strings.Join(rapid.SliceOfN(g, 1, 5).Draw(t, label), "/")
}

// TestAgreesWithDoublestar holds compiled patterns, and the index over them, to
// the library on random patterns and paths.
func TestAgreesWithDoublestar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var patterns []Pattern
		for range rapid.IntRange(1, 12).Draw(t, "n") {
			p, err := Compile(draw(t, drawSegment, "pattern"))
			if err != nil {
				t.Fatal(err)
			}
			patterns = append(patterns, p)
		}
		index := NewIndex(patterns)
		for range 12 {
			path := draw(t, drawName, "path")
			var want []int32
			for id, p := range patterns {
				match, err := doublestar.Match(p.String(), path)
				if err != nil {
					t.Fatal(err)
				}
				if match != p.Match(path) {
					t.Fatalf("%q on %q: doublestar says %v", p, path, match)
				}
				if match {
					want = append(want, int32(id))
				}
			}
			if diff := cmp.Diff(want, index.Match(path, nil, nil)); diff != "" {
				t.Fatalf("index of %v on %q (-want +got):\n%s", patterns, path, diff)
			}
		}
	})
}

var (
	drawKernelSegment = rapid.SampledFrom([]string{"a", "b", "ab", "a.c", "*", "a*", "*b", "a*c", "?", "a?", "[ab]", "a[^b]", "[a-c]*", "a+",
		"(a|b)", "**", "a.b", "é", "*.c", `\?`, `\*b`})
	drawRegexp = rapid.SampledFrom([]string{"a", "ab", "^a", "[^a]b", "b$", "a.c", "a|b", "(?i)AB", "a*", "(ab|bc)c", "x?",
		"^.*/a[^/]*$", "é", "(?i)k", "(ab)+", "b{2}"})
)

// TestIndexOfAllDialects holds the index to asking each pattern, whatever the
// dialects, with and without knowledge of directories.
func TestIndexOfAllDialects(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var patterns []Pattern
		for range rapid.IntRange(1, 12).Draw(t, "n") {
			p, err := drawPattern(t)
			if err != nil {
				t.Fatal(err)
			}
			patterns = append(patterns, p)
		}
		known := rapid.MapOfN(rapid.Custom(func(t *rapid.T) string { return draw(t, drawName, "dir") }), rapid.Bool(), 0, 5).Draw(t, "dirs")
		dirs := Directories(func(path string) bool { return known[path] })
		index := NewIndex(patterns)
		for range 12 {
			path := draw(t, drawName, "path")
			var want []int32
			for id, p := range patterns {
				if p.MatchIn(path, dirs) {
					want = append(want, int32(id))
				}
			}
			if diff := cmp.Diff(want, index.Match(path, dirs, nil)); diff != "" {
				t.Fatalf("index of %v on %q (-want +got):\n%s", patterns, path, diff)
			}
		}
	})
}

func drawPattern(t *rapid.T) (Pattern, error) {
	switch rapid.IntRange(0, 2).Draw(t, "dialect") {
	case 0:
		return Compile(draw(t, drawSegment, "pattern"))
	case 1:
		end := rapid.SampledFrom([]string{"", "", "/"}).Draw(t, "end")
		return CompileKernel(draw(t, drawKernelSegment, "value") + end)
	}
	return CompileRegexp(drawRegexp.Draw(t, "expression"))
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"mm/**", "a/{b,c}/[d-f]?", `\{`, "[^]]", "{a,{b,c}}", "**/**/**", "a[", "{", "[{]}"} {
		f.Add(seed, "mm/slab.c")
	}
	for _, odd := range []string{"\x80", "mm/\x80", "mm/\x80/**"} {
		f.Add(odd, strings.TrimSuffix(odd, "/**"))
	}
	f.Fuzz(func(t *testing.T, pattern, path string) {
		p, err := Compile(pattern)
		if err != nil {
			return
		}
		if len(p.alts) == 0 || len(p.alts) > MaxAlternatives {
			t.Fatalf("%d alternatives", len(p.alts))
		}
		if got := len(NewIndex([]Pattern{p}).Match(path, nil, nil)) == 1; got != p.Match(path) {
			t.Errorf("the index says %v of %q on %q", got, pattern, path)
		}
	})
}

func BenchmarkIndexMatch(b *testing.B) {
	var patterns []Pattern
	for _, dir := range strings.Fields("mm fs net kernel block drivers/net drivers/gpu arch/x86 arch/arm64 include/linux") {
		for i := range 100 {
			p, err := Compile(dir + "/sub" + strings.Repeat("x", i%10) + "/**")
			if err != nil {
				b.Fatal(err)
			}
			patterns = append(patterns, p)
		}
	}
	index := NewIndex(patterns)
	ids := make([]int32, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		ids = index.Match("drivers/net/subxxx/ethernet/core.c", nil, ids[:0])
	}
}
