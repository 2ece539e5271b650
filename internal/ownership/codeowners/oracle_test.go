package codeowners_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/codeowners"
)

// owned is who owns a path by a map: a line for each subsystem that does.
func owned(t *testing.T, set ownership.Ruleset, path string) string {
	t.Helper()
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range m.Match(path) {
		var names []string
		for _, o := range s.Maintainers {
			names = append(names, o.String())
		}
		out = append(out, fmt.Sprintf("%s %d %v", strings.ToLower(s.Section), s.MinApprovals, names))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// githubOwns is GitHub's page "About code owners" read line by line: a line with
// invalid syntax is skipped, the last that matches counts.
func githubOwns(text, path string) string {
	valid := regexp.MustCompile(`^(@[a-z]+(/[a-z]+)?|[a-z]+@[a-z]+\.[a-z]+)$`)
	found := ""
	for line := range strings.SplitSeq(text, "\n") {
		code, _, _ := strings.Cut(line+" ", " #")
		words := strings.Fields(code)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		skip := strings.ContainsAny(words[0], "[!") || strings.HasPrefix(words[0], `\#`) || strings.Contains(words[0], "***") || words[0] == "/"
		for _, w := range words[1:] {
			skip = skip || !valid.MatchString(w)
		}
		if skip || !gitignored(words[0], path) {
			continue
		}
		if found = ""; len(words) > 1 {
			var names []string
			for _, w := range words[1:] {
				if !strings.Contains(w, "/") {
					w = strings.TrimPrefix(w, "@")
				}
				names = append(names, w)
			}
			found = fmt.Sprintf(" 0 %v", names)
		}
	}
	return found
}

// TestGitHubOracle holds random files to GitHub's own rules.
func TestGitHubOracle(t *testing.T) {
	t.Parallel()
	pattern := rapid.SampledFrom([]string{"*", "/a", "a", "a/", "/a/b", "*.c", "b/**", "**/b", "***/a", "/a/[bc]", "!a", `\#a`, "/", "****",
		"a/***/b", "/*"})
	word := rapid.SampledFrom([]string{"@a", "@b", "@b", "@o/t", "c@d.ee", "@a", "@b", "@o/t", "bob", "@a,", "docs@", "Author:", "@ｍ", "(c)"})
	path := rapid.SampledFrom([]string{"a", "a/b", "x/a", "b", "b/x.c", "x.c", "a/x/b", "#a", "a/[bc]", "a/c", "!a"})
	rapid.Check(t, func(rt *rapid.T) {
		var lines []string
		for range rapid.IntRange(1, 6).Draw(rt, "lines") {
			line := strings.Join(append([]string{pattern.Draw(rt, "pattern")}, rapid.SliceOfN(word, 0, 3).Draw(rt, "owners")...),
				rapid.SampledFrom([]string{" ", "\t", "  "}).Draw(rt, "space"))
			lines = append(lines, line+rapid.SampledFrom([]string{"", "", " # @m", " #x"}).Draw(rt, "comment"))
		}
		text := strings.Join(lines, "\n")
		set, _, err := codeowners.Parse(file(text), codeowners.GitHub)
		if err != nil {
			rt.Fatalf("%q: %v", text, err)
		}
		for range 4 {
			p := path.Draw(rt, "path")
			got := owned(t, set, p)
			got = regexp.MustCompile(`\[(.*)\]`).ReplaceAllString(got, "[$1]")
			if want := githubOwns(text, p); got != want {
				rt.Fatalf("%q on %q: %q, want %q", text, p, got, want)
			}
		}
	})
}

// gitlabHead and gitlabPerson are GitLab's own expressions (SectionParser,
// ReferenceExtractor), as far as RE2 has them.
var (
	gitlabHead   = regexp.MustCompile(`^(\^)?\[(.*?)\](?:\[(\d*?)\])?(\s+[@\w.\-/\s+]*)?`)
	gitlabPerson = regexp.MustCompile(`(?:^|[^\w@])@([\w.]\w*)`)
)

type gitlabSection struct {
	order    []string // patterns
	owners   map[string][]string
	minimum  map[string]int
	required map[string]bool
}

// gitlabOwns reads a file as GitLab's CodeOwners::File does. sure is false where
// it drops a part of what is written, or finds people in what is none.
func gitlabOwns(text, path string) (owned string, sure bool) {
	sections := map[string]*gitlabSection{}
	name, optional, minimum, defaults, sure := "", false, 0, []string(nil), true
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if m := gitlabHead.FindStringSubmatch(line); m != nil {
			sure = sure && m[0] == line
			name, optional, defaults = strings.ToLower(m[2]), m[1] != "", people(m[4])
			minimum, _ = strconv.Atoi(m[3]) // nothing is 0
			continue
		}
		pattern, rest, _ := strings.Cut(line, " ")
		s := sections[name]
		if s == nil {
			s = &gitlabSection{owners: map[string][]string{}, minimum: map[string]int{}, required: map[string]bool{}}
			sections[name] = s
		}
		if s.required[pattern] = !optional; !slices.Contains(s.order, pattern) {
			s.order = append(s.order, pattern)
		}
		sure = sure && !strings.Contains(rest, ",")
		if s.owners[pattern], s.minimum[pattern] = people(rest), minimum; strings.TrimSpace(rest) == "" {
			s.owners[pattern] = defaults
		}
	}
	var out []string
	for name, s := range sections {
		required := slices.ContainsFunc(s.order, func(pattern string) bool { return s.required[pattern] }) // optional_section?
		for _, pattern := range slices.Backward(s.order) {
			if fnmatched(pattern, path) {
				if required && len(s.owners[pattern]) > 0 {
					out = append(out, fmt.Sprintf("%s %d %v", name, s.minimum[pattern], s.owners[pattern]))
				}
				break
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n"), sure
}

func people(text string) []string {
	var names []string
	for _, m := range gitlabPerson.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

// TestGitLabOracle holds random files with sections to GitLab's own expressions:
// the same owners, or an error where GitLab drops something.
func TestGitLabOracle(t *testing.T) {
	t.Parallel()
	head := rapid.SampledFrom([]string{"[A]", "[B]", "[a][2]", "^[B]", "[C][3]", "[A] [2]", "^[C] [1]", "[B][2]"})
	pattern := rapid.SampledFrom([]string{"*", "/a", "a/", "*.c", "/a/**/b"})
	ownersOf := rapid.SampledFrom([]string{"", "@x", "@y @z", "@x @y", "@x, @y", "@x,@z"})
	path := rapid.SampledFrom([]string{"a", "a/b", "x.c", "a/x.c", "q"})
	rapid.Check(t, func(rt *rapid.T) {
		var lines []string
		for range rapid.IntRange(1, 7).Draw(rt, "lines") {
			first := pattern
			if rapid.IntRange(0, 2).Draw(rt, "kind") == 0 {
				first = head
			}
			lines = append(lines, strings.TrimSpace(first.Draw(rt, "first")+" "+ownersOf.Draw(rt, "owners")))
		}
		text := strings.Join(lines, "\n")
		set, _, err := codeowners.Parse(file(text), codeowners.GitLab)
		p := path.Draw(rt, "path")
		want, sure := gitlabOwns(text, p)
		if (err == nil) != sure {
			rt.Fatalf("%q: %v, but sure is %v", text, err, sure)
		}
		if err == nil {
			if got := owned(t, set, p); got != want {
				rt.Fatalf("%q on %q: %q, want %q", text, p, got, want)
			}
		}
	})
}
