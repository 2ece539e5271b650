package glob

import (
	"strings"
	"testing"
)

// TestKernel holds what MAINTAINERS seldom has; package maintainers holds the
// rest to the kernel's own answers.
func TestKernel(t *testing.T) {
	t.Parallel()
	dirs := Directories(func(name string) bool { return name == "lib" || name == "a|b" })
	many := strings.Repeat("[ab]", 300)
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"lib", []string{"lib/a", "lib/a/b", "lib"}, []string{"library"}},
		{"libs", []string{"libs", "libsx", "libs/a"}, []string{"lib/s", "libsx/a"}},
		{"a|b", []string{"a", "b", "ax"}, []string{"c"}},
		{"(ab)+/x", []string{"ab/x", "abab/x"}, []string{"(ab)+/x"}},
		{"文档", []string{"文档", "文档/a"}, []string{"文"}},
		{"文?/*.c", []string{"文档/a.c"}, []string{"文/a.c", "文档案/a.c"}},
		{"a?", []string{"a文", "ab"}, []string{"a"}},
		{"a[^b]c", []string{"a文c"}, []string{"abc"}},
		{"*??", []string{"a文", "abc"}, []string{"文"}},
		{"*\xff", []string{"a\xff"}, []string{"a"}},
		{many, []string{strings.Repeat("ab", 150)}, []string{strings.Repeat("ab", 149)}},
	}
	for _, tt := range tests {
		p, err := CompileKernel(tt.pattern)
		if err != nil {
			t.Errorf("%q: %v", tt.pattern, err)
			continue
		}
		x := NewIndex([]Pattern{p})
		for want, paths := range map[bool][]string{true: tt.yes, false: tt.no} {
			for _, path := range paths {
				if p.MatchIn(path, dirs) != want || (len(x.Match(path, dirs, nil)) == 1) != want {
					t.Errorf("%q on %q: want %v", tt.pattern, path, want)
				}
			}
		}
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	small, err := Cost("imx")
	if large, err2 := Cost("(?:imx{10}){100}"); err != nil || err2 != nil || small > 10 || large < 3000 {
		t.Error(small, err, large, err2)
	}
	if _, err := Cost("("); err == nil {
		t.Error("no error")
	}
	if _, err := CompileKernel("((a{100}){10})((b{100}){10})"); err == nil || !strings.Contains(err.Error(), "more than 5000") {
		t.Error(err)
	}
}

// TestKernelDirectory holds by which directory a value is found in the index: the longest that
// every path it matches lies in.
func TestKernelDirectory(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"mm/slab*": "mm", "mm/": "mm", "drivers/net/*/a.c": "drivers/net", "mm": "", "*": "", "*/mm/a.c": "", "fs/ext?/x": "fs",
		"Documentation/mm/slab.rst": "Documentation/mm",
	} {
		k, err := newKernel(value)
		if err != nil {
			t.Fatal(err)
		}
		if got := value[:k.directory()]; got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}
