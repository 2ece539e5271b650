package maintainers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

const whole = `List of areas
=============

	M: *Mail* patches to: Name <address>
	F: files

TAB:	AND COLON
M:	Ann Example <ann@example.org>
# a comment
M:	"Bob B. Example" <Bob@Example.org> (only the core, mostly)

R:	carol@example.org, Dan Example <dan@example.org>
R:	Example, Eve <eve@example.org> [@eve]
R:	ANN Example <ANN@example.org>
R:	Team <team@example.org> [@acme/mm] and friends
L:	list@example.org (moderated for non-subscribers)
L:	closed@example.org (subscribers-only)
L:	Some List <some@example.org>
S:	Odd fixes
W:	https://example.org
F:	mm/
X:	mm/old/
N:	slab
K:	\b(kmalloc|kfree)\b

ONLY WORDS
S:	Orphan

ONLY CONTENT
K:	(?i)zstd

ORPHAN
L:	orphan@example.org
S:	Orphan
F:	fs/old/

THE REST
M:	Frank <frank@example.org>
F:	*
F:	*/
`

// show writes a ruleset in lines.
func show(set ownership.Ruleset) []string {
	var lines []string
	for _, s := range set.Subsystems {
		lines = append(lines, fmt.Sprintf("%q at %s, status %q, contact %q, fallback %v", s.Name, s.Pos, s.Status, s.Contact, s.Fallback))
		for _, r := range s.Include {
			lines = append(lines, fmt.Sprintf("  %d %s", r.Pos.Line, r.Pattern))
		}
		for _, r := range s.Exclude {
			lines = append(lines, fmt.Sprintf("  %d not %s", r.Pos.Line, r.Pattern))
		}
		for _, r := range s.Content {
			lines = append(lines, fmt.Sprintf("  %d content %s", r.Pos.Line, r.Source))
		}
		for _, o := range s.Maintainers {
			lines = append(lines, fmt.Sprintf("  M %q <%s> %s%s", o.Name, o.Email, o.Login, o.Team))
		}
		for _, o := range s.Reviewers {
			lines = append(lines, fmt.Sprintf("  R %q <%s> %s%s", o.Name, o.Email, o.Login, o.Team))
		}
	}
	return lines
}

func parse(t testing.TB, text, ignore string) (ownership.Ruleset, []string) {
	t.Helper()
	set, warnings, err := maintainers.Parse([]ownership.File{{Path: "M", Data: []byte(text)}}, []byte(ignore))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, w := range warnings {
		lines = append(lines, w.Pos.String()+": "+w.Text)
	}
	return set, lines
}

func TestParse(t *testing.T) {
	t.Parallel()
	want := []string{
		`"TAB:\tAND COLON" at M:7, status "Odd fixes", contact "list@example.org, some@example.org", fallback false`,
		"  21 mm/", "  23 slab", "  22 not mm/old/", `  24 content \b(kmalloc|kfree)\b`,
		`  M "Ann Example" <ann@example.org> `, `  M "Bob B. Example" <Bob@Example.org> `,
		`  R "" <carol@example.org> `, `  R "Example, Eve" <eve@example.org> eve`, `  R "Team" <team@example.org> acme/mm`,
		`"ONLY CONTENT" at M:29, status "", contact "", fallback false`, "  30 content (?i)zstd",
		`"ORPHAN" at M:32, status "Orphan", contact "orphan@example.org", fallback false`, "  35 fs/old/",
		`"THE REST" at M:37, status "", contact "", fallback true`, "  39 *", "  40 */", `  M "Frank" <frank@example.org> `,
	}
	for name, text := range map[string]string{"LF": whole, "CRLF": strings.ReplaceAll(whole, "\n", "\r\n"), "byte order mark": "\ufeff" +
		whole} {
		set, warnings := parse(t, text, "# never asked\n Dan Example <DAN@example.org> # gone\nzoe@example.org\n")
		if diff := cmp.Diff(want, show(set)); diff != "" || len(warnings) > 0 || set.Mode != ownership.All {
			t.Errorf("%s: %v (-want +got):\n%s", name, warnings, diff)
		}
	}
}

// TestTraps holds the reading to what is easily got wrong.
func TestTraps(t *testing.T) {
	t.Parallel()
	dirs := glob.Directories(func(name string) bool { return slices.Contains([]string{"lib", "lib/fonts", "a.d"}, name) })
	tests := map[string]struct{ lines, yes, no string }{
		"prefix":                 {"F: include/drm/drm", "include/drm/drm include/drm/drm_gem.h", "include/drm/drmx/y.h include/drm"},
		"directory":              {"F: lib/fonts", "lib/fonts/a.c lib/fonts/x/y.c lib/fonts", "lib/fonts.c"},
		"directory with a dot":   {"F: a.d", "a.d a.dx", "a.d/x"},
		"star before a slash":    {"F: arch/*/crypto/", "arch/x86/crypto/a.c arch/x86/y/crypto/z/a.c", "arch/crypto/a.c"},
		"star at the end":        {"F: net/*", "net/a.c net/a", "net/b/a.c"},
		"two stars":              {"F: fs/**/*foo*.c", "fs/a/b/xfoox.c fs/a/foo/b.c", "fs/foo.h"},
		"exclusion after":        {"F: mm/\nX: mm/old/", "mm/a.c", "mm/old/a.c"},
		"exclusion before":       {"X: mm/old/\nF: mm/", "mm/a.c", "mm/old/a.c"},
		"exclusion beats N":      {"N: slab\nX: mm/", "lib/slab.c", "mm/slab.c"},
		"class":                  {"F: drivers/scs[ch]*", "drivers/scsc.c drivers/scsh", "drivers/scsi.c"},
		"negated class":          {"F: a[^b-d]e", "aae afe", "ace"},
		"question mark":          {"F: drivers/clk-79??.c", "drivers/clk-7986.c", "drivers/clk-79.c drivers/clk-79/6.c"},
		"N with a star":          {"N: bcm283*$", "x/bcm28 bcm2833", "bcm2835"},
		"N anywhere":             {"N: [^a-z]tegra", "drivers/tegra/x x-tegra.c", "drivers/integra.c tegra"},
		"N with blanks":          {"N: foo bar[ #]ba z # words", "foobar#baz", "foo foobar"},
		"N without case":         {"N: (?i)imx", "a/IMX.c", "a/im"},
		"root files":             {"F: *", "Makefile .gitignore", "lib/Makefile"},
		"no root files":          {"F: */", "lib/Makefile lib/x/y", "Makefile"},
		"operators live":         {"F: lib/(a|b)+x", "lib/ax lib/abx", "lib/x lib/(a|b)+x"},
		"case":                   {"F: Lib/", "Lib/a", "lib/a"},
		"literal with a slash":   {"F: lib/", "lib/a lib/b/c", "lib library/a"},
		"dot is a dot":           {"F: a.c", "a.c a.cc", "axc"},
		"several lines add up":   {"F: a/\nF: b/", "a/x b/x", "c/x"},
		"X alone matches no one": {"X: a/\nM: a@example.org", "", "a/x b"},
	}
	for name, tt := range tests {
		set, warnings := parse(t, "A TITLE\n"+tt.lines+"\n", "")
		if len(warnings) > 0 {
			t.Errorf("%s: %v", name, warnings)
		}
		for _, path := range strings.Split(tt.yes, " ") {
			if path != "" && len(matching(set, dirs, path)) == 0 {
				t.Errorf("%s: %q does not match %q", name, tt.lines, path)
			}
		}
		for _, path := range strings.Split(tt.no, " ") {
			if len(matching(set, dirs, path)) > 0 {
				t.Errorf("%s: %q matches %q", name, tt.lines, path)
			}
		}
	}
}

// TestExtended holds N: and K: to Perl's modifier x.
func TestExtended(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`a b`: "ab", `a\ b`: `a\ b`, `[ #]x # y`: "[ #]x", `[]#] #`: "[]#]", `[^] ] x`: "[^] ]x", `[[:alpha:] ] b`: "[[:alpha:] ]b",
		`a(?# no ) b`: "ab", `\# b`: `\#b`, "a\tb": "ab", `[\] ] b`: `[\] ]b`, `\[ b`: `\[b`, `(?i) x`: "(?i)x",
	}
	for source, want := range tests {
		set, _ := parse(t, "T\nK: "+source+"\n", "")
		rule := set.Subsystems[0].Content[0]
		if rule.Pattern.String() != want || rule.Source != source {
			t.Errorf("%q: %q of %q, want %q", source, rule.Pattern, rule.Source, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	const top = "A\nF: a\n"
	tests := map[string]struct{ in, want string }{
		"no colon": {top + "F drivers/foo\nF: b\n", `M:3: "F drivers/foo" is read as the title of a new section; write F: and the value`},
		"no colon, tab": {top + "\nM\tann@example.org\n",
			`M:4: "M\tann@example.org" is read as the title of a new section; write M: and the value`},
		"indented": {top + " F:\tx\n", `M:3: "F:\tx" is read as the title of a new section; write F: at the start of the line`},
		"twice":    {top + "FF: x\n", `M:3: "FF: x" is read as the title of a new section; write F: and the value`},
		"small":    {top + "\nf: x\n", `M:4: "f: x" is read as the title of a new section; write F: and the value`},
		"a word": {top + "Files: x\n",
			`M:3: "Files: x" is read as the title of a new section; a type is one capital letter, such as F: or M:; before a title leave a blank line`},
		"a wide colon": {top + "\nF：x\n", `M:4: "F：x" is read as the title of a new section; write F: and the value`},
		"a far colon":  {top + "\nF : x\n", `M:4: "F : x" is read as the title of a new section; write F: and the value`},
		"going on": {top + "   and more\n",
			`M:3: "and more" is read as the title of a new section; no line goes on in the next one; before a title leave a blank line`},
		"real titles": {top + "\nHPET: x86\nF: b\n\nX WINDOW\nF: c\nB TITLE\n\n  indented title\n",
			`M:9: "B TITLE" is read as the title of a new section; write B: and the value`},
		"unknown letter": {top + "Z: x\n", "M:3: Z: is no type of line; known here: M R L S F X N K W Q B C P T"},
		"white at end":   {"A\nF: a \n", `M:2: F: "a " ends in white space, which no path has; remove it`},
		"slash": {"A\nF: /a/b\n",
			"M:2: F: /a/b matches nothing, because paths start at the root of the repository without a slash or dots; write a/b"},
		"dots": {"A\nX: ./../a\n",
			"M:2: X: ./../a matches nothing, because paths start at the root of the repository without a slash or dots; write a"},
		"slash alone": {"A\nF: /\n",
			"M:2: F: / matches nothing, because paths start at the root of the repository without a slash or dots; for everything write two " +
				"lines, F: * and F: */"},
		"no value": {top + "F:\nK: # no\nM: \n",
			"M:3: F: without a value is left out; the kernel's script takes it for every file of the root, which is F: *\nM:4: K: without a " +
				"value is left out; the kernel's script takes it for everything\nM:5: M: names nobody; write a name and an address, such as Ann " +
				"Example <ann@example.org>"},
		"no address": {top + "M: Ann at example dot org\n",
			`M:3: M: no address in "Ann at example dot org"; write a name and an address, such as Ann Example <ann@example.org>`},
		"no login": {top + "M: Ann <ann@example.org> [@-x]\n",
			`M:3: M: owner "@-x": want a login, such as alice, or a team in quotes, such as "@acme/mm"`},
		"no title":   {"# words\nF: a\nF: b\n", "M:2: typed lines before any title; write a title above them"},
		"same title": {top + "\nB\nF: b\n\nA\nF: c\n", `M:7: section "A" stands already at M:1; give it another title`},
		"latin": {"A\nM: J\xf6rg <j@example.org>\n\nB\nM: \xe9 <e@example.org>\n",
			"M:2: not UTF-8, on 2 line(s) from here on; save the file in that encoding, or names come out garbled"},
	}
	for name, tt := range tests {
		_, warnings := parse(t, tt.in, "")
		if diff := cmp.Diff(tt.want, strings.Join(warnings, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, warnings := parse(t, top+strings.Repeat("Z: x\n", 300), ""); len(warnings) != 101 || warnings[100] != "M:1: and 200 more warnings" {
		t.Errorf("%d warnings, the last %s", len(warnings), warnings[len(warnings)-1])
	}
}

// TestMalformedLinesKeepTheRest goes on after what it can't read as meant, as
// the script does.
func TestMalformedLinesKeepTheRest(t *testing.T) {
	t.Parallel()
	set, _ := parse(t, "A\nM: a@example.org\nF: a\nF drivers/foo\nF: b\n\nF: c\nB\nM: Nobody\nF: d\n", "")
	want := []string{
		`"A" at M:1, status "", contact "", fallback false`, "  3 a", `  M "" <a@example.org> `,
		`"F drivers/foo" at M:4, status "", contact "", fallback false`, "  5 b", "  7 c",
		`"B" at M:8, status "", contact "", fallback false`, "  10 d", `  M "Nobody" <> `,
	}
	if diff := cmp.Diff(want, show(set)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"M: a@example.org,b@example.org":                        `M "" <a@example.org> |M "" <b@example.org> `,
		"M: A <a@example.org> [@a], B <b@example.org> [@b] etc": `M "A" <a@example.org> a|M "B" <b@example.org> b`,
		"R: [@acme/mm]":                                `R "" <> acme/mm`,
		"M: Ann [@ann]":                                `M "Ann" <> ann`,
		"M: <a@example.org>":                           `M "" <a@example.org> `,
		"M: Ann a@example.org (work)":                  `M "Ann" <a@example.org> `,
		"M: A <a@example.org> (x, y)":                  `M "A" <a@example.org> `,
		`M: "Ex, A." <a@example.org>`:                  `M "Ex, A." <a@example.org> `,
		"M: A <a@b.org>\nM: a@B.org":                   `M "A" <a@b.org> `,
		"R: A <a@b.org>\nM: A <a@b.org>":               `M "A" <a@b.org> `,
		"M: A <a@b.org> [@a]\nR: B <b@b.org> [@A]":     `M "A" <a@b.org> a`,
		"M: Unclosed <a@example.org":                   `M "Unclosed" <a@example.org> `,
		"M: 张三 <zhang@example.org>":                    `M "张三" <zhang@example.org> `,
		"M: gone@example.org, Gone <GONE@example.org>": ``,
	}
	for in, want := range tests {
		set, _ := parse(t, "A\nF: a\n"+in+"\n", "gone@example.org")
		if diff := cmp.Diff(want, strings.ReplaceAll(strings.Join(show(set)[2:], "|"), "  ", "")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
}

func TestFallback(t *testing.T) {
	t.Parallel()
	set, _ := parse(t, "THE REST\nF: a\n\nThe rest\nF: b\n\nEVERYTHING\nF: */\nF: *\n\nROOT\nF: *\n", "")
	var got []bool
	for _, s := range set.Subsystems {
		got = append(got, s.Fallback)
	}
	if diff := cmp.Diff([]bool{true, false, true, false}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSeveralFiles(t *testing.T) {
	t.Parallel()
	set, warnings, err := maintainers.Parse([]ownership.File{
		{Path: "M/a", Data: []byte("A\nM: a@example.org\nF: a")}, {Path: "M/README", Data: []byte("words\n")},
		{Path: "M/b", Data: []byte("F: x\n\nA\nF: b\n")},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`"A" at M/a:1, status "", contact "", fallback false`, "  3 a", `  M "" <a@example.org> `,
		`"M/b" at M/b:1, status "", contact "", fallback false`, "  1 x", `"A" at M/b:3, status "", contact "", fallback false`, "  4 b",
	}
	if diff := cmp.Diff(want, show(set)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantWarnings := []ownership.Warning{
		{Pos: ownership.Pos{File: "M/README", Line: 1}, Text: "no section with people or patterns in this file"},
		{Pos: ownership.Pos{File: "M/b", Line: 1}, Text: "typed lines before any title; write a title above them"},
		{Pos: ownership.Pos{File: "M/b", Line: 3}, Text: `section "A" stands already at M/a:1; give it another title`},
	}
	if diff := cmp.Diff(wantWarnings, warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLookAround holds that N: and K: may have the look-around of Perl.
func TestLookAround(t *testing.T) {
	t.Parallel()
	set, warnings, err := maintainers.Parse(
		[]ownership.File{{Path: "M", Data: []byte("VERSAL\nM: Ann Ex <ann@example.org>\nN: (?<!uni)versal\nK: \\bfoo(?!bar)\n")}}, nil)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"drivers/versal.c": 1, "drivers/universal.c": 0, "a": 0} {
		if got := len(m.Match(path)); got != want {
			t.Errorf("%s: %d sections", path, got)
		}
	}
	for text, want := range map[string]int{"+foo\n": 1, "-x foo(\n": 1, "+foobar\n": 0, "+xfoo\n": 0, " foo\n": 0} {
		patch := maintainers.ReadPatch([]byte("--- a/x\n+++ b/x\n@@ -1 +1 @@\n" + text))
		if got := len(patch.Suggested(m.Subsystems())); got != want {
			t.Errorf("%q: %d sections", text, got)
		}
	}
}

// TestUnderlinedTitles holds that a drawn line below a title is none.
func TestUnderlinedTitles(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"------------------", "===", "  ~~~~~~", "***\t"} {
		set, warnings, err := maintainers.Parse(
			[]ownership.File{{Path: "M",
				Data: []byte("Words\n" + line + "\n\nNetworking Drivers\n" + line + "\nM: Ann Ex <ann@example.org>\nF: net/\n\nMemory\n" + line +
					"\n\nF: mm/\n")}}, nil)
		if err != nil || len(warnings) > 0 || len(set.Subsystems) != 2 || set.Subsystems[0].Name != "Networking Drivers" ||
			set.Subsystems[1].Name != "Memory" {
			t.Errorf("%s: %v, %v, %v", line, set.Subsystems, warnings, err)
		}
	}
	set, _, err := maintainers.Parse([]ownership.File{{Path: "M", Data: []byte("A\n--\nF: a/\nM: x@y.z\n----\nF: b/\nM: x@y.z\n")}}, nil)
	if err != nil || len(set.Subsystems) != 2 || set.Subsystems[0].Name != "--" || set.Subsystems[1].Name != "----" {
		t.Errorf("what underlines nothing is a title, as for the script: %v, %v", set.Subsystems, err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"empty": {"", "M: no section with people or patterns; write a title, and below it lines such as F:\tmm/"},
		"words": {"Words only\n\n# F: a\nS\n", "M: no section with people or patterns; write a title, and below it lines such as F:\tmm/"},
		"all at once": {"A\nF: a(\nF: b\nN: (x(?=y))+\nK: [\nX: a{2,1}\n",
			"M:2: F: pattern \"a(\": the kernel's script reads it as a regular expression, and missing closing ): ^a(; quote what is meant as " +
				"itself\nM:4: N: pattern \"(x(?=y))+\": look-around is read between the parts of an expression, and not inside of a group or with " +
				"a count; write it as alternatives\nM:5: K: pattern \"[\": error parsing regexp: missing closing ]: `[`; only RE2's syntax is " +
				"read, without back-references\nM:6: X: pattern \"a{2,1}\": the kernel's script reads it as a regular expression, and invalid " +
				"repeat count: {2,1}; quote what is meant as itself"},
		"long line": {"A\nM: " + strings.Repeat("a", 5000), "M:2: longer than 4096 bytes; write one value a line"},
		"large": {strings.Repeat("x", maintainers.MaxSize+1),
			"M: more than 8388608 bytes or 200000 lines in all; say it with fewer and broader patterns"},
		"lines": {strings.Repeat("\n", 200_001),
			"M: more than 8388608 bytes or 200000 lines in all; say it with fewer and broader patterns"},
		"expressions": {"A\n" + strings.Repeat("N: a\n", 1002),
			"M:1002: too many or too large regular expressions up to here; say it with F: lines without operators"},
		"operators": {"A\n" + strings.Repeat("F: (a)\n", 1002),
			"M:1002: too many or too large regular expressions up to here; say it with F: lines without operators"},
		"counts": {"A\n" + strings.Repeat("K: ((a{100}){10})\n", 50),
			"M:18: too many or too large regular expressions up to here; say it with F: lines without operators"},
		"a count": {"A\nF: ((a{100}){10})((a{100}){10})\n",
			"M:2: F: pattern \"((a{100}){10})((a{100}){10})\": as a regular expression it grows to 6043 instructions, more than 5000; count " +
				"less, or write several patterns"},
	}
	for name, tt := range tests {
		_, _, err := maintainers.Parse([]ownership.File{{Path: "M", Data: []byte(tt.in)}}, nil)
		if _, ok := err.(strictyaml.Faults); !ok { //nolint:errorlint // it is promised as it is
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, _, err := maintainers.Parse(nil, nil); err == nil {
		t.Error("no files are no fault")
	}
	_, _, err := maintainers.Parse([]ownership.File{{Path: "M", Data: []byte("A\n" + strings.Repeat("F: (\n", 80))}}, nil)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 51 || lines[50] != "M: and 30 more" {
		t.Errorf("%d lines, the last %s", len(lines), lines[len(lines)-1])
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{whole, "A\nF: a\n", "A\nF: a\nM: A <a@b>, (c, d@e\n", "A\nN: [ ] #\nK: (?#\n", "F drivers/x\nF: [",
		"A\r\nM:\xff@x [@y]\r\n"} {
		if len(seed) == 0 {
			f.Fatal("an empty seed")
		}
		f.Add([]byte(seed), []byte("a@b # c\n"))
	}
	f.Fuzz(func(t *testing.T, data, ignore []byte) {
		files := []ownership.File{{Path: "M", Data: data}}
		set, warnings, err := maintainers.Parse(files, ignore)
		again, warningsAgain, errAgain := maintainers.Parse(files, ignore)
		if diff := cmp.Diff(show(set), show(again)); diff != "" || !slices.Equal(warnings, warningsAgain) ||
			fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Fatalf("not the same twice: %s", diff)
		}
		for _, w := range warnings {
			if w.Pos.File != "M" || w.Pos.Line < 1 || w.Text == "" {
				t.Errorf("warning %+v", w)
			}
		}
		for _, fault := range strictyaml.AsFaults(err) {
			if fault.File != "M" || fault.Text == "" {
				t.Errorf("fault %+v", fault)
			}
		}
		if err == nil && len(set.Subsystems) == 0 {
			t.Error("neither sections nor an error")
		}
		for _, s := range set.Subsystems {
			for _, o := range slices.Concat(s.Maintainers, s.Reviewers) {
				if o == (ownership.Owner{}) {
					t.Errorf("%q: nobody as an owner", s.Name)
				}
			}
			matching(ownership.Ruleset{Subsystems: []ownership.Subsystem{s}}, nil, "mm/slab.c")
		}
	})
}
