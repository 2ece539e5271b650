package codeowners_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/ownership/codeowners"
)

// wildcard matches one segment by trying every length of each star.
func wildcard(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	r, size := utf8.DecodeRuneInString(name)
	switch pattern[0] {
	case '*':
		return wildcard(pattern[1:], name) || name != "" && wildcard(pattern, name[size:])
	case '?':
		return name != "" && wildcard(pattern[1:], name[size:])
	case '[':
		end := 2 + strings.IndexByte(pattern[2:], ']')
		if name == "" {
			return false
		}
		inside, negated := strings.CutPrefix(pattern[1:end], "^")
		found := strings.ContainsRune(inside, r)
		if len(inside) == 3 && inside[1] == '-' {
			found = rune(inside[0]) <= r && r <= rune(inside[2])
		}
		return found != negated && wildcard(pattern[end+1:], name[size:])
	case '\\':
		pattern = pattern[1:]
	}
	p, psize := utf8.DecodeRuneInString(pattern)
	return name != "" && p == r && wildcard(pattern[psize:], name[size:])
}

// spans matches segments, ** standing for any number of them.
func spans(pattern, path []string) bool {
	switch {
	case len(pattern) == 0:
		return len(path) == 0
	case pattern[0] == "**":
		return spans(pattern[1:], path) || len(path) > 0 && spans(pattern, path[1:])
	}
	return len(path) > 0 && wildcard(pattern[0], path[0]) && spans(pattern[1:], path[1:])
}

// gitignored is gitignore's rule told by its manual: a pattern names a file or
// a directory, and a directory has all that is below it.
func gitignored(pattern, path string) bool {
	if pattern == "*" {
		return true
	}
	names := strings.Split(path, "/")
	body := strings.TrimSuffix(pattern, "/")
	directory := body != pattern
	segments := strings.Split(strings.TrimPrefix(body, "/"), "/")
	if !strings.Contains(body, "/") {
		segments = append([]string{"**"}, segments...)
	}
	last := len(segments) - 1
	if segments[last] == "**" {
		segments = append(segments, "*")
		last++
	}
	if !directory && spans(segments, names) {
		return true
	}
	if !directory && strings.Trim(segments[last], "*") == "" {
		return false
	}
	for n := 1; n < len(names); n++ {
		if spans(segments, names[:n]) {
			return true
		}
	}
	return false
}

// fnmatched is GitLab's completion of a pattern, and its matcher.
func fnmatched(pattern, path string) bool {
	switch {
	case pattern == "*":
		pattern = "/**/*"
	case pattern[0] != '/':
		pattern = "/**/" + pattern
	}
	if strings.HasSuffix(pattern, "/") {
		pattern += "**/*"
	}
	segments := strings.Split(pattern[1:], "/")
	if last := len(segments) - 1; segments[last] == "**" {
		segments[last] = "*"
	}
	return spans(segments, strings.Split(path, "/"))
}

// TestAgreesWithNaiveMatchers holds the translations to matchers that do the
// same the slow way, on random patterns and paths.
func TestAgreesWithNaiveMatchers(t *testing.T) {
	t.Parallel()
	plain := []string{"a", "b", "ab", "*", "**", "a*", "*b", "?", "a?", "a**b", `\*`, `a\?`, "{a,b}", "a#", ".a", "é", "a-b"}
	plainOrStars := append([]string{"***"}, plain...) // which GitHub calls invalid
	classes := append([]string{"[ab]", "[^a]", "a[^b]", "[a-c]", "[+-z]", "[^é]", "x]"}, plainOrStars...)
	names := rapid.SampledFrom([]string{"a", "b", "ab", "*", "a?", "{a,b}", "a#", ".a", "é", "a-b", "aab", "ax", "-", "x]", "x"})
	tests := []struct {
		dialect codeowners.Dialect
		segment *rapid.Generator[string]
		naive   func(pattern, path string) bool
	}{
		{codeowners.GitHub, rapid.SampledFrom(plain), gitignored},
		{codeowners.Gitee, rapid.SampledFrom(plainOrStars), gitignored},
		{codeowners.GitLab, rapid.SampledFrom(classes), fnmatched},
	}
	for _, tt := range tests {
		t.Run(string(tt.dialect), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				pattern := strings.Join(rapid.SliceOfN(tt.segment, 1, 4).Draw(rt, "pattern"), "/")
				pattern = rapid.SampledFrom([]string{"", "/"}).Draw(rt, "head") + pattern + rapid.SampledFrom([]string{"", "/"}).Draw(rt, "tail")
				if pattern[0] == '[' {
					pattern = "**/" + pattern
				}
				set := parse(t, tt.dialect, pattern+" @alice\n")
				for range 8 {
					path := strings.Join(rapid.SliceOfN(names, 1, 5).Draw(rt, "path"), "/")
					if got, want := covers(set.Subsystems[0], path), tt.naive(pattern, path); got != want {
						rt.Fatalf("%q on %q: %v, want %v", pattern, path, got, want)
					}
				}
			})
		})
	}
}
