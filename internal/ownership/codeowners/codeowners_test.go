package codeowners_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/codeowners"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

func file(data string) ownership.File {
	return ownership.File{Path: "CODEOWNERS", Data: []byte(data)}
}

// parse gives the subsystems of a file that must have neither faults nor, if so
// wanted, warnings.
func parse(t *testing.T, d codeowners.Dialect, data string) ownership.Ruleset {
	t.Helper()
	set, warnings, err := codeowners.Parse(file(data), d)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%q: %v, warnings %v", data, err, warnings)
	}
	return set
}

// describe gives one line for each subsystem.
func describe(set ownership.Ruleset) []string {
	var out []string
	for _, s := range set.Subsystems {
		line := fmt.Sprintf("%d %s: %v", s.Pos.Line, s.Name, s.Maintainers)
		if len(s.Reviewers) > 0 {
			line += fmt.Sprintf(" ask %v", s.Reviewers)
		}
		if s.Section != "" {
			line += " in " + s.Section
		}
		if s.Optional {
			line += " optional"
		}
		if s.MinApprovals > 0 {
			line += fmt.Sprintf(" min %d", s.MinApprovals)
		}
		for _, r := range s.Exclude {
			line += " not " + r.Pattern.String()
		}
		out = append(out, line)
	}
	return out
}

// covers tells whether one of the rules matches.
func covers(s ownership.Subsystem, path string) bool {
	matches := func(r ownership.Rule) bool { return r.Pattern.Match(path) }
	return slices.ContainsFunc(s.Include, matches) && !slices.ContainsFunc(s.Exclude, matches)
}

const github = "\ufeff# Who owns what.\r\n" +
	"*       @global-owner1 @Acme/Core-Team\r\n" +
	"\r\n" +
	"*.js    @js-owner #This is an inline comment.\r\n" +
	"*.go docs@example.com\t@gopher\r\n" +
	"  /build/logs/ @doctocat\r\n" +
	"path\\ with\\ spaces/ @alice\r\n" +
	"a{b,c}# @bob\r\n" +
	"/apps/github # nobody's"

func TestGitHub(t *testing.T) {
	t.Parallel()
	set := parse(t, codeowners.GitHub, github)
	want := []string{
		"2 *: [global-owner1 @Acme/Core-Team]",
		"4 *.js: [js-owner]",
		"5 *.go: [docs@example.com gopher]",
		"6 /build/logs/: [doctocat]",
		"7 path with spaces/: [alice]",
		"8 a{b,c}#: [bob]",
		"9 /apps/github: []",
	}
	if diff := cmp.Diff(want, describe(set)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if set.Mode != ownership.Last {
		t.Errorf("mode %v", set.Mode)
	}
	if got := set.Subsystems[2].Maintainers[0]; got.Email != "docs@example.com" || got.Known() {
		t.Errorf("%+v", got)
	}
	for i, path := range []string{"x/y", "x/a.js", "a.go", "build/logs/x", "x/path with spaces/y", "x/a{b,c}#", "apps/github/x"} {
		if !covers(set.Subsystems[i], path) {
			t.Errorf("%s does not match %q", set.Subsystems[i].Name, path)
		}
	}
}

// TestGitHubPatterns holds the examples of GitHub's documentation and what
// gitignore says where that is silent.
func TestGitHubPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"*", []string{"a", "a/b", ".a/.b"}, nil},
		{"**", []string{"a", "a/b"}, nil},
		{"/*", []string{"a", ".a"}, []string{"a/b"}},
		{"*.js", []string{"a.js", "a/b.js", "a.js/b"}, []string{"a.jsx"}},
		{"/build/logs/", []string{"build/logs/a", "build/logs/a/b"}, []string{"build/logs", "x/build/logs/a"}},
		{"docs/*", []string{"docs/a.md"}, []string{"docs/a/b.md", "x/docs/a.md", "docs"}},
		{"docs/*.md", []string{"docs/a.md", "docs/a.md/b"}, []string{"docs/a/b.md"}},
		{"apps/", []string{"apps/a", "x/apps/a/b"}, []string{"apps", "x/apps"}},
		{"/docs/", []string{"docs/a"}, []string{"x/docs/a"}},
		{"apps", []string{"apps", "apps/a", "x/apps", "x/apps/a/b"}, []string{"appsx", "xapps/a"}},
		{"/apps/github", []string{"apps/github", "apps/github/a"}, []string{"x/apps/github"}},
		{"apps/github", []string{"apps/github", "apps/github/a"}, []string{"x/apps/github"}},
		{"**/logs", []string{"logs", "logs/a", "build/logs/a", "a/b/logs"}, []string{"logsx"}},
		{"logs/**", []string{"logs/a", "logs/a/b"}, []string{"logs", "x/logs/a"}},
		{"a/**/b", []string{"a/b", "a/x/b", "a/x/y/b/c"}, []string{"x/a/b"}},
		{"a/**/", []string{"a/x/y"}, []string{"a/x"}},
		{"**/", []string{"a/x"}, []string{"a"}},
		{"a**b", []string{"ab", "axxb", "y/axb"}, []string{"a/b"}},
		{"a?c", []string{"abc", "x/aéc"}, []string{"ac", "a/c"}},
		{`a\*b`, []string{"a*b"}, []string{"axb"}},
		{`\!a`, []string{"!a"}, []string{"a"}},
		{"{a,b}", []string{"{a,b}", "{a,b}/c"}, []string{"a", "b"}},
		{"/#a", []string{"#a"}, nil},
	}
	for _, tt := range tests {
		set := parse(t, codeowners.GitHub, tt.pattern+" @alice\n")
		for _, path := range tt.yes {
			if !covers(set.Subsystems[0], path) {
				t.Errorf("%q does not match %q", tt.pattern, path)
			}
		}
		for _, path := range tt.no {
			if covers(set.Subsystems[0], path) {
				t.Errorf("%q matches %q", tt.pattern, path)
			}
		}
	}
}

const gitlab = `* @default

[Documentation][2] @docs-team
docs/
README.md @alice @acme/writers # see the guide
!docs/generated/

^[Database]
model/db/ @dba

# back to the first one
[DOCUMENTATION][2] @others
*.txt
\#odd @carol
`

func TestGitLab(t *testing.T) {
	t.Parallel()
	set := parse(t, codeowners.GitLab, gitlab)
	want := []string{
		"1 *: [default]",
		"4 [Documentation] docs/: [docs-team] in Documentation min 2 not docs/generated/",
		"5 [Documentation] README.md: [alice @acme/writers] in Documentation min 2 not docs/generated/",
		"13 [Documentation] *.txt: [others] in Documentation min 2 not docs/generated/",
		"14 [Documentation] #odd: [carol] in Documentation min 2 not docs/generated/",
		"9 [Database] model/db/: [] ask [dba] in Database optional",
	}
	if diff := cmp.Diff(want, describe(set)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if set.Mode != ownership.Each {
		t.Errorf("mode %v", set.Mode)
	}
	if _, err := ownership.New(set); err != nil {
		t.Error(err)
	}
}

// TestGitLabPatterns holds what File.fnmatch makes of them.
func TestGitLabPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"*", []string{"a", "a/b", ".a/.b"}, nil},
		{"/*", []string{"a"}, []string{"a/b"}},
		{"docs", []string{"docs", "x/docs"}, []string{"docs/a"}},
		{"docs/", []string{"docs/a", "x/docs/a/b"}, []string{"docs"}},
		{"/docs/", []string{"docs/a"}, []string{"x/docs/a"}},
		{"ee/docs", []string{"ee/docs", "x/ee/docs"}, []string{"ee/docs/a"}},
		{"/docs/*", []string{"docs/a", "docs/.a"}, []string{"docs/a/b"}},
		{"/docs/**/*.md", []string{"docs/a.md", "docs/x/y/a.md"}, []string{"docs/a.txt"}},
		{"/docs/**", []string{"docs/a"}, []string{"docs/a/b"}},
		{"a**/b", []string{"axx/b"}, []string{"a/x/b"}},
		{"/a[b-d]e", []string{"ace"}, []string{"aae", "a/e"}},
		{"/a[^b]e", []string{"ace"}, []string{"abe", "a/e"}},
		{"/a[!-0]e", []string{"aae", "a!e"}, []string{"a-e", "a0e", "a/e"}},
		{"/a[+-0]e", []string{"a-e", "a0e"}, []string{"a/e", "a1e"}},
		{`/a[\]x]`, []string{"a]", "ax"}, []string{`a\`}},
		{"/a]b", []string{"a]b"}, nil},
		{"/a?c", []string{"abc"}, []string{"a/c", "ac"}},
		{`path\ with\ spaces/`, []string{"path with spaces/a"}, nil},
		{"/{a,b}", []string{"{a,b}"}, []string{"a"}},
	}
	for _, tt := range tests {
		set := parse(t, codeowners.GitLab, tt.pattern+" @alice\n")
		for _, path := range tt.yes {
			if !covers(set.Subsystems[0], path) {
				t.Errorf("%q does not match %q", tt.pattern, path)
			}
		}
		for _, path := range tt.no {
			if covers(set.Subsystems[0], path) {
				t.Errorf("%q matches %q", tt.pattern, path)
			}
		}
	}
}

// TestGitee holds the example of Gitee's help article.
func TestGitee(t *testing.T) {
	t.Parallel()
	set := parse(t, codeowners.Gitee, `filename @username1 @username2
docs/*  docs@example.com
\#odd @octocat
[Documentation]
ee/docs/    @docs
[Database]
README.md  @database
[DOCUMENTATION]
README.md  @docs
^[Config]
*.yml @liwen @normalcoder
`)
	want := []string{
		"1 filename: [username1 username2]",
		"2 docs/*: [docs@example.com]",
		"3 #odd: [octocat]",
		"5 [Documentation] ee/docs/: [docs] in Documentation",
		"9 [Documentation] README.md: [docs] in Documentation",
		"7 [Database] README.md: [database] in Database",
		"11 [Config] *.yml: [] ask [liwen normalcoder] in Config optional",
	}
	if diff := cmp.Diff(want, describe(set)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !covers(set.Subsystems[0], "x/filename/y") || set.Mode != ownership.Each {
		t.Errorf("%v", set)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const github, gitlab, gitee = codeowners.GitHub, codeowners.GitLab, codeowners.Gitee
	tests := map[string]struct {
		dialect  codeowners.Dialect
		in, want string
	}{
		"negation, Gitee": {gitee, "!docs/ @b\n",
			`CODEOWNERS:1: pattern "!docs/": Gitee reads no exclusions; write the pattern without ! and without owners, below the rules that it is taken from`},
		"a lone bracket": {github, "a]b @a\n",
			`CODEOWNERS:1: pattern "a]b": GitHub reads no classes of characters; write \] for the bracket itself, a rule for each character, or ? for any one`},
		"a class, Gitee": {gitee, "a[bc] @a\n",
			`CODEOWNERS:1: pattern "a[bc]": Gitee reads no classes of characters; write \[ for the bracket itself, a rule for each character, or ? for any one`},
		"a dotted login": {github, "* @a.b @c\n",
			`CODEOWNERS:1: owner "@a.b": want a person, such as @alice, a team, such as @acme/mm, or an e-mail address; what GitHub makes of it is not certain`},
		"a bare host": {github, "* root@localhost @c\n",
			`CODEOWNERS:1: owner "root@localhost": want a person, such as @alice, a team, such as @acme/mm, or an e-mail address; what GitHub makes of it is not certain`},
		"nested, GitHub": {github, "* @a/b/c\n",
			`CODEOWNERS:1: owner "@a/b/c": want a person, such as @alice, a team, such as @acme/mm, or an e-mail address; what GitHub makes of it is not certain`},
		"a word, Gitee": {gitee, "* bob @c\n",
			`CODEOWNERS:1: owner "bob": want a person, such as @alice, a team, such as @acme/mm, or an e-mail address; what Gitee makes of it is not certain`},
		"a number, Gitee": {gitee, "[Uri]\nsrc/a.cpp @ann @bob required_reviewers=2\n",
			`CODEOWNERS:2: owner "required_reviewers=2": want a person, such as @alice, a team, such as @acme/mm, or an e-mail address; what Gitee makes of it is not certain`},
		"a comma, GitLab": {gitlab, "* @a, @b\n",
			`CODEOWNERS:1: owner "@a,": owners are divided by spaces; remove the comma; what GitLab makes of it is not certain`},
		"a spaced number": {gitlab, "[Docs] [2] @a @b\n*.md\n",
			`CODEOWNERS:1: section "Docs": GitLab drops "[2] @a @b" and all behind it; write [Name][2] without a space before the number, and owners divided by spaces`},
		"commas behind": {gitlab, "[Docs] @a, @b\n*.md\n",
			`CODEOWNERS:1: section "Docs": GitLab drops ", @b" and all behind it; write [Name][2] without a space before the number, and owners divided by spaces`},
		"colons behind": {gitlab, "^[Docs][1] @a:b\n*.md\n",
			`CODEOWNERS:1: section "Docs": GitLab drops ":b" and all behind it; write [Name][2] without a space before the number, and owners divided by spaces`},
		"a C comment": {gitee, "/*\n * limitations under the License.\n */\na/ @ann\n",
			`CODEOWNERS:1: a block comment, of which Gitee reads each line as a pattern; write # at the start of each`},
		"a line of C": {gitlab, "a @b\n/* @bob and others */\n",
			`CODEOWNERS:2: a block comment, of which GitLab reads each line as a pattern; write # at the start of each`},
		"owners in C": {github, "/*\n * @carol\n */\n",
			`CODEOWNERS:2: GitHub gives files to the people of this line, which stands in a C comment and is meant for readers; write # at its start`},
		"two slashes": {github, "a//b @b", `CODEOWNERS:1: pattern "a//b": no path has an empty segment; write one slash`},
		"dots":        {github, "./a @b", `CODEOWNERS:1: pattern "./a": patterns start at the root of the repository; leave out the dots`},
		"a backslash": {github, `a\/b @b`,
			`CODEOWNERS:1: pattern "a\\/b": a backslash quotes nothing there; write \\ for the character itself, and a slash without one`},
		"an odd space":  {github, "a\u00a0@b", `CODEOWNERS:1: a control character or a space that is no plain one; write plain spaces`},
		"old line ends": {github, "a @b\rc @d", `CODEOWNERS:1: a control character or a space that is no plain one; write plain spaces`},
		"not UTF-8":     {github, "a @b\n\n\xff @b", `CODEOWNERS:3: not UTF-8; save the file in that encoding`},
		"too large": {github, strings.Repeat("x", 3<<20+1),
			`CODEOWNERS: 3145729 bytes are more than the 3145728 that are read; use wider patterns`},
		"a long pattern": {github, "# x\n" + strings.Repeat("x", 1<<20) + " @b", `CODEOWNERS:2: pattern "` + strings.Repeat("x", 80) +
			`…": longer than 4096 bytes`},
		"unclosed section": {gitlab, "[Docs @b", `CODEOWNERS:1: section "[Docs @b" is not closed; write [Name]`},
		"no name":          {gitlab, "^[ ] @b", `CODEOWNERS:1: a section needs a name; write [Name]`},
		"words as number":  {gitlab, "[Docs][two]", `CODEOWNERS:1: section "Docs": "two" is no number of approvals; write [Name][2]`},
		"unclosed number":  {gitlab, "[Docs][2", `CODEOWNERS:1: section "Docs": "2" is no number of approvals; write [Name][2]`},
		"class first": {gitlab, "[ab]*.c @b",
			`CODEOWNERS:1: GitLab reads this as the header of section "ab" and drops "*.c @b"; put a space before owners, and **/ or a slash before a pattern that starts with a bracket`},
		"unclosed class": {gitlab, "a[b/c] @b",
			`CODEOWNERS:1: pattern "a[b/c]": a class of characters is not closed before the next slash; write [ab], or \[ for the bracket itself`},
		"empty class": {gitlab, "a[] @b", `CODEOWNERS:1: pattern "a[]": a class without characters; write [ab]`},
		"backward range": {gitlab, "a[z-a] @b",
			`CODEOWNERS:1: pattern "a[z-a]": the range z-a goes backwards; write the smaller character first`},
		"people in words": {gitlab, "a # ask @b",
			`CODEOWNERS:1: GitLab reads the people in a comment as owners too; move the comment to a line of its own`},
		"only !": {gitlab, "! @b", `CODEOWNERS:1: pattern "": names no file; write * for everything`},
		"all at once": {github, "./a\nb//c\n",
			"CODEOWNERS:1: pattern \"./a\": patterns start at the root of the repository; leave out the dots\nCODEOWNERS:2: pattern \"b//c\": " +
				"no path has an empty segment; write one slash"},
		"too many": {github, strings.Repeat("// @b\n", 60), strings.TrimPrefix(manySlashes(), "\n") + "\nCODEOWNERS: and 10 more"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := codeowners.Parse(file(tt.in), tt.dialect)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func manySlashes() string {
	var b strings.Builder
	for line := range 50 {
		fmt.Fprintf(&b, "\nCODEOWNERS:%d: pattern \"//\": names no file; write * for everything", line+1)
	}
	return b.String()
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	const github, gitlab = codeowners.GitHub, codeowners.GitLab
	const want = ", such as @alice, a team, such as @acme/mm, or an e-mail address"
	tests := map[string]struct {
		dialect   codeowners.Dialect
		in        string
		want, set []string
	}{
		"no at": {gitlab, "* alice\n", []string{`1 owner "alice": want a person` + want}, []string{"1 *: [alice]"}},
		"a role": {gitlab, "* @@Developers\n", []string{`1 owner "@@Developers": a role can't approve; name people or a group`},
			[]string{"1 *: [@@Developers]"}},
		"nested": {gitlab, "* @a/b/c\n",
			[]string{`1 owner "@a/b/c": a group inside a subgroup can't approve; name people, or a group such as @acme/mm`},
			[]string{"1 *: [@a/b/c]"}},
		"again": {github, "*.c @a\n*.h @a\n*.c @b\n",
			[]string{`1 pattern "*.c" stands again in line 3, which replaces this one; remove one of both`}, []string{"2 *.h: [a]", "3 *.c: [b]"}},
		"again, kept": {gitlab, "*.c @a\n/a/ @a\n/**/*.c @b\n",
			[]string{`1 pattern "*.c" stands again in line 3, which replaces this one; remove one of both`},
			[]string{"3 /**/*.c: [b]", "2 /a/: [a]"}},
		"taken back": {gitlab, "* @a\n!*.c @b\n*.c @c\n", []string{`2 an exclusion has no owners; remove them from !*.c`,
			`2 pattern "*.c" stands again in line 3, which replaces this one; remove one of both`}, []string{"1 *: [a]", "3 *.c: [c]"}},
		"zero": {gitlab, "[A][0]\n* @a\n",
			[]string{`1 section "A" asks for 0 approvals, which is read as if it named no number; remove it`}, []string{"2 [A] *: [a] in A"}},
		"optional two": {gitlab, "^[A][2]\n* @a\n",
			[]string{`1 section "A" is optional, so its number of approvals says nothing; remove one of both`},
			[]string{"2 [A] *: [] ask [a] in A optional"}},
		"half": {gitlab, "[A]\n*.c @a\n^[a]\n*.h @b\n",
			[]string{`3 section "A" is optional in only one of the lines 1 and 3, so it is required; write both headers alike`},
			[]string{"2 [A] *.c: [a] in A", "4 [A] *.h: [b] in A"}},
		"numbers": {gitlab, "[A][2]\n*.c @a\n[a]\n*.h @b\n",
			[]string{`3 section "A" asks for another number of approvals in line 1; each holds for the rules below it; write both headers alike`},
			[]string{"2 [A] *.c: [a] in A min 2", "4 [A] *.h: [b] in A"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, warnings, err := codeowners.Parse(file(tt.in), tt.dialect)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range warnings {
				got = append(got, fmt.Sprintf("%d %s", w.Pos.Line, w.Text))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.set, describe(set)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, o := range set.Subsystems[0].Maintainers {
				if o.Known() && strings.ContainsAny(o.String(), ",/") {
					t.Errorf("%+v can approve", o)
				}
			}
		})
	}
}

func TestManyWarnings(t *testing.T) {
	t.Parallel()
	_, warnings, err := codeowners.Parse(file("*"+strings.Repeat(" x", 60)), codeowners.GitLab)
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 51 || warnings[50].Text != "and 10 more warnings" || warnings[50].Pos.Line != 1 {
		t.Errorf("%d warnings, the last %v", len(warnings), warnings[len(warnings)-1])
	}
}

func TestDialects(t *testing.T) {
	t.Parallel()
	for _, d := range []codeowners.Dialect{codeowners.GitHub, codeowners.GitLab, codeowners.Gitee, codeowners.GitCode, codeowners.Gitea} {
		if got, err := codeowners.ParseDialect(string(d)); err != nil || got != d {
			t.Errorf("%s: %v, %v", d, got, err)
		}
		if places := codeowners.Places(d); len(places) != 3 || !slices.Contains(places, "CODEOWNERS") {
			t.Errorf("%s: %v", d, places)
		}
	}
	if _, err := codeowners.ParseDialect("gogs"); err == nil || err.Error() != `dialect "gogs": write github, gitlab, gitee, gitcode or gitea` {
		t.Errorf("gogs: %v", err)
	}
	if got := codeowners.Places(codeowners.GitHub)[0]; got != ".github/CODEOWNERS" {
		t.Errorf("GitHub looks first at %s", got)
	}
}

// FuzzParse holds the parser to its promises: no panic, a position with every
// fault and warning, the same answer twice, and subsystems that make a map.
func FuzzParse(f *testing.F) {
	dialects := []codeowners.Dialect{codeowners.GitHub, codeowners.GitLab, codeowners.Gitee}
	seeds := []string{github, gitlab, "[A][2] @b\n* @@owner\n!x\n", "!a\n", `\#a @b`, "a[!b-d] @b", "[A]\n^[a]\n*.c\n*.c @x,\n", `a\ b\`,
		"\xff", "**/**/** @a", "a\u2028b"}
	for i, seed := range seeds {
		if seed == "" {
			f.Fatalf("seed %d is empty", i)
		}
		f.Add([]byte(seed), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		in, d := ownership.File{Path: "CODEOWNERS", Data: data}, dialects[int(which)%len(dialects)]
		set, warnings, err := codeowners.Parse(in, d)
		for _, fault := range strictyaml.AsFaults(err) {
			whole := strings.HasPrefix(fault.Text, "and ") || len(data) > codeowners.MaxSize
			if fault.File != "CODEOWNERS" || fault.Text == "" || fault.Line < 1 && !whole {
				t.Errorf("a fault without words or place: %+v", fault)
			}
		}
		for _, w := range warnings {
			if w.Pos.File != "CODEOWNERS" || w.Pos.Line < 1 || w.Text == "" {
				t.Errorf("a warning without words or place: %+v", w)
			}
		}
		again, warnings2, err2 := codeowners.Parse(in, d)
		if fmt.Sprint(set, warnings, err) != fmt.Sprint(again, warnings2, err2) {
			t.Error("a second reading gives something else")
		}
		m, err := ownership.New(set)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range set.Subsystems {
			if s.Name == "" || s.Pos.Line < 1 || len(s.Include) == 0 {
				t.Errorf("%+v", s)
			}
		}
		m.Match("mm/slab.c")
	})
}
