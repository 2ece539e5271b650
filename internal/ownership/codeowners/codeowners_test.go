package codeowners_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/codeowners"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

func parse(t testing.TB, text string, d codeowners.Dialect) (*ownership.Map, []ownership.Warning) {
	t.Helper()
	set, warnings, err := codeowners.Parse(ownership.File{Path: "CODEOWNERS", Data: []byte(text)}, d)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	return m, warnings
}

// owners writes who owns a path: the owners of each subsystem, divided by |.
func owners(m *ownership.Map, path string) string {
	var list []string
	for _, s := range m.Match(path) {
		var names []string
		for _, o := range slices.Concat(s.Maintainers, s.Reviewers) {
			names = append(names, o.String())
		}
		list = append(list, strings.Join(names, " "))
	}
	return strings.Join(list, " | ")
}

// TestPatterns holds single patterns to what the forges document.
func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		dialects string
		pattern  string
		yes, no  string
	}{
		{"github gitlab gitee", "*", "a a/b .x/y", ""},
		{"github gitee", "*.js", "a.js a/b/c.js a.js/b", "a.jsx js"},
		{"gitlab", "*.js", "a.js a/b/c.js", "a.js/b a.jsx"},
		{"github gitlab gitee", "/build/logs/", "build/logs/a build/logs/a/b", "build/logs x/build/logs/a"},
		{"github gitlab gitee", "docs/*", "docs/a.md", "docs/a/b.md"},
		{"github gitee", "docs/*", "", "x/docs/a"},
		{"gitlab", "docs/*", "x/docs/a", ""},
		{"github gitlab gitee", "apps/", "apps/a x/apps/a/b", "apps x/apps"},
		{"github gitlab gitee", "/docs/", "docs/a docs/a/b", "x/docs/a docs"},
		{"github gitee", "/scripts", "scripts scripts/a scripts/a/b", "x/scripts scriptsx"},
		{"gitlab", "/scripts", "scripts", "scripts/a x/scripts"},
		{"github gitee", "docs", "docs docs/a x/docs/a", "xdocs"},
		{"gitlab", "docs", "docs x/docs", "docs/a xdocs"},
		{"github gitee", "**/logs", "logs logs/a x/y/logs/b", "xlogs"},
		{"github gitee", "/apps/**", "apps/a apps/a/b", "apps"},
		{"gitlab", "/apps/**", "apps/a", "apps/a/b"},
		{"github gitlab gitee", "/a/**/z.c", "a/z.c a/b/z.c a/b/c/z.c", "z.c a/z.cc"},
		{"github gitlab gitee", "/*", "a .a", "a/b"},
		{"github gitlab gitee", "/a?c", "abc", "ac abbc a/c"},
		{"gitlab gitee", "/a[bc]d", "abd acd", "add a/d"},
		{"gitlab gitee", "/a[!b]d", "acd", "abd a/d"},
		{"gitlab gitee", `\#a`, "#a x/#a", "a"},
		{"github gitlab gitee", "/{a,b}", "{a,b}", "a b"},
		{"github gitlab gitee", `/a\ b/`, "", "a/b"},
		{"github gitlab gitee", "/a,b", "a,b", "a b"},
		{"github gitlab gitee", "/über.c", "über.c", "uber.c"},
	} {
		for dialect := range strings.FieldsSeq(tt.dialects) {
			m, _ := parse(t, tt.pattern+" @x\n", codeowners.Dialect(dialect))
			for path := range strings.FieldsSeq(tt.yes) {
				if owners(m, path) != "@x" && owners(m, path) != "x" {
					t.Errorf("%s: %q does not match %q", dialect, tt.pattern, path)
				}
			}
			for path := range strings.FieldsSeq(tt.no) {
				if owners(m, path) != "" {
					t.Errorf("%s: %q matches %q", dialect, tt.pattern, path)
				}
			}
		}
	}
	m, _ := parse(t, `/a\ b/ @x`, codeowners.GitHub)
	if owners(m, "a b/c") != "x" || m.Subsystems()[0].Name != "/a b/" {
		t.Errorf("a quoted blank: %+v", m.Subsystems()[0])
	}
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	m, warnings := parse(t, "\ufeff# comment\r\n*\t@carol  a@example.org # the rest\r\n\r\n/mm/ @alice @acme/mm\n/mm/debug/\n/mm/x.c alice @a,@b @@dev @acme/x/y\n/long "+strings.Repeat("@someone ", 40_000)+"\n/last @end", codeowners.GitHub)
	for path, want := range map[string]string{
		"README": "carol a@example.org", "mm/a.c": "alice @acme/mm", "mm/debug/a.c": "", "mm/x.c": "alice @a,@b @@dev @acme/x/y", "last": "end",
	} {
		if diff := cmp.Diff(want, owners(m, path)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	for _, o := range m.Match("mm/x.c")[0].Maintainers {
		if o.Known() {
			t.Errorf("%v can approve", o)
		}
	}
	if got := len(m.Match("long")[0].Maintainers); got != 40_000 {
		t.Errorf("%d owners of a long line", got)
	}
	var got []string
	for _, w := range warnings {
		got = append(got, w.Pos.String()+": "+w.Text)
	}
	want := []string{
		`CODEOWNERS:6: "alice" is no owner: write @login, @organisation/team or an e-mail address, with spaces between them`,
		`CODEOWNERS:6: "@a,@b" is no owner: write @login, @organisation/team or an e-mail address, with spaces between them`,
		`CODEOWNERS:6: @@dev is a role, whose people are not read; name people or a team`,
		`CODEOWNERS:6: @acme/x/y is a group within groups, whose people are not read; name people`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	const text = `* @carol
!/vendor/

[Memory][2] @alice @erin
/mm/
/mm/a.c @bob
!/mm/doc/

^[Docs] @docs
*.rst

[memory] @frank
/mm/b.c
`
	for _, d := range []codeowners.Dialect{codeowners.GitLab, codeowners.Gitee} {
		m, warnings := parse(t, text, d)
		for path, want := range map[string]string{
			"README": "carol", "vendor/x": "", "mm/x.c": "carol | alice erin", "mm/a.c": "carol | bob", "mm/b.c": "carol | frank",
			"mm/doc/x": "carol", "README.rst": "carol",
		} {
			if diff := cmp.Diff(want, owners(m, path)); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", d, path, diff)
			}
		}
		mm := m.Match("mm/x.c")[1]
		if mm.Name != "[Memory] /mm/" || mm.MinApprovals != 2 || mm.Section != "Memory" || mm.Pos.Line != 5 {
			t.Errorf("%+v", mm)
		}
		if len(m.Groups(m.Match("mm/x.c"), false)) != 2 {
			t.Error("sections stand in for each other")
		}
		docs := m.Matching("README.rst")[1]
		if !docs.Optional || len(docs.Maintainers) > 0 || docs.Reviewers[0].Login != "docs" {
			t.Errorf("%+v", docs)
		}
		if len(warnings) != 1 || warnings[0].Pos.Line != 12 {
			t.Errorf("%v", warnings)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		dialect codeowners.Dialect
		text    string
		want    string
	}{
		{codeowners.GitHub, "* @a\n!/x @b", "CODEOWNERS:2: GitHub's CODEOWNERS has no ! and skips this line; write a line without owners instead: the last one that matches counts"},
		{codeowners.GitHub, "/[ab].c @b\n\\#x @b", "CODEOWNERS:1: GitHub's CODEOWNERS has no [ ] and skips this line; write one line for each character\nCODEOWNERS:2: GitHub's CODEOWNERS has no \\# and skips this line; write ? in place of the #"},
		{codeowners.GitHub, "a//b @b", `CODEOWNERS:1: the pattern "a//b" has an empty segment, which no path has; write one slash`},
		{codeowners.GitHub, "/ @b", `CODEOWNERS:1: the pattern "/" matches nothing; write * for everything`},
		{codeowners.GitHub, `a\`, `CODEOWNERS:1: the pattern "a\\" ends in a backslash that quotes nothing; remove it`},
		{codeowners.GitHub, "a \xff", "CODEOWNERS:1: not UTF-8; save it as UTF-8"},
		{codeowners.GitHub, "a\n\nb\xffc", "CODEOWNERS:3: not UTF-8; save it as UTF-8"},
		{codeowners.GitHub, strings.Repeat("#\n", 2<<20), "CODEOWNERS: larger than 3 MB, so the forge would not load it; divide it, or use wider patterns"},
		{codeowners.GitLab, "[Mem @a", "CODEOWNERS:1: this starts like a section and is none; write [Name], [Name][2] or ^[Name], with default owners after a space"},
		{codeowners.GitLab, "[ab]*.c @a", "CODEOWNERS:1: this starts like a section and is none; write [Name], [Name][2] or ^[Name], with default owners after a space"},
		{codeowners.GitLab, "[A][99999999999999999999]", "CODEOWNERS:1: [A] wants 99999999999999999999 approvals; write a number that people can give"},
		{codeowners.Gitee, "/a[b @a", `CODEOWNERS:1: pattern "/a[b": brackets, braces or a backslash at its end do not fit; quote one that is meant as itself with \`},
		{codeowners.GitLab, "! @a", `CODEOWNERS:1: the pattern "" matches nothing; write * for everything`},
	} {
		_, _, err := codeowners.Parse(ownership.File{Path: "CODEOWNERS", Data: []byte(tt.text)}, tt.dialect)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%.20q: got %v, want %s", tt.text, err, tt.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for d, want := range map[codeowners.Dialect]string{
		codeowners.GitHub: ".github/CODEOWNERS CODEOWNERS docs/CODEOWNERS",
		codeowners.GitLab: "CODEOWNERS docs/CODEOWNERS .gitlab/CODEOWNERS",
		codeowners.Gitee:  "CODEOWNERS .gitee/CODEOWNERS docs/CODEOWNERS",
	} {
		if got := strings.Join(codeowners.Places(d), " "); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}

var (
	drawSegment = rapid.SampledFrom([]string{"a", "b", "ab", "*", "a*", "*b", "?", "**", "{a}", ".a", "a.c"})
	drawName    = rapid.SampledFrom([]string{"a", "b", "ab", "aab", "{a}", ".a", "a.c", "x"})
)

// TestPatternsEqualRegexps holds the translation to regular expressions that are
// made of the words of the documentation.
func TestPatternsEqualRegexps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		pattern := rapid.SampledFrom([]string{"", "/"}).Draw(rt, "root") +
			strings.Join(rapid.SliceOfN(drawSegment, 1, 4).Draw(rt, "pattern"), "/") +
			rapid.SampledFrom([]string{"", "/"}).Draw(rt, "dir")
		d := rapid.SampledFrom([]codeowners.Dialect{codeowners.GitHub, codeowners.GitLab, codeowners.Gitee}).Draw(rt, "dialect")
		m, _ := parse(t, pattern+" @x\n", d)
		want := regexp.MustCompile(naive(pattern, d))
		for range 8 {
			path := strings.Join(rapid.SliceOfN(drawName, 1, 5).Draw(rt, "path"), "/")
			if got := owners(m, path) != ""; got != want.MatchString(path) {
				rt.Fatalf("%s: %q on %q: %v, %s says otherwise", d, pattern, path, got, want)
			}
		}
	})
}

// naive writes a pattern as a regular expression, segment by segment.
func naive(pattern string, d codeowners.Dialect) string {
	dir := strings.HasSuffix(pattern, "/")
	body := strings.TrimSuffix(pattern, "/")
	rooted := strings.Contains(body, "/")
	if d == codeowners.GitLab {
		rooted = strings.HasPrefix(pattern, "/")
	}
	parts := strings.Split(strings.TrimPrefix(body, "/"), "/")
	if pattern == "*" || d != codeowners.GitLab && pattern == "**" {
		return "."
	}
	var b strings.Builder
	b.WriteString("^")
	if !rooted {
		b.WriteString("(?:.*/)?")
	}
	for i, part := range parts {
		last := i == len(parts)-1
		switch {
		case part == "**" && !last:
			b.WriteString("(?:.*/)?")
			continue
		case part == "**" && (dir || d != codeowners.GitLab):
			part = ".+" // whatever is below
		default:
			part = regexp.QuoteMeta(part)
			part = strings.ReplaceAll(strings.ReplaceAll(part, `\*`, "[^/]*"), `\?`, "[^/]")
		}
		b.WriteString(part)
		if !last {
			b.WriteString("/")
		}
	}
	last := parts[len(parts)-1]
	switch {
	case dir && last == "**":
		b.WriteString("$")
	case dir:
		b.WriteString("/.+$")
	case d == codeowners.GitLab || last == "*":
		b.WriteString("$")
	default:
		b.WriteString("(?:/.*)?$")
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	seeds := []string{"* @a\n", "[S][2] @a\n!/x\n^[O]\n\\#a\\ b @x/y", "/a[b-c] a@b.c #x\r\n", "\ufeff**/x/** @@r", strings.Repeat("a", 300) + "\\"}
	for _, seed := range seeds {
		if seed == "" {
			f.Fatal("an empty seed")
		}
		for d := range 3 {
			f.Add([]byte(seed), d)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, d int) {
		dialect := []codeowners.Dialect{codeowners.GitHub, codeowners.GitLab, codeowners.Gitee}[uint(d)%3]
		file := ownership.File{Path: "CODEOWNERS", Data: data}
		set, warnings, err := codeowners.Parse(file, dialect)
		for _, w := range warnings {
			if w.Pos.File != "CODEOWNERS" || w.Pos.Line < 1 || w.Text == "" {
				t.Errorf("a warning without its place: %+v", w)
			}
		}
		for _, fault := range strictyaml.AsFaults(err) {
			if fault.File != "CODEOWNERS" || fault.Line < 1 && len(data) <= codeowners.MaxSize {
				t.Errorf("a fault without its place: %+v", fault)
			}
		}
		again, _, _ := codeowners.Parse(file, dialect)
		if fmt.Sprint(set) != fmt.Sprint(again) {
			t.Error("parsed twice it is not the same")
		}
		if err == nil {
			if _, err := ownership.New(set); err != nil {
				t.Error(err)
			}
		}
	})
}
