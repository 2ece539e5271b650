package committers_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/committers"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

var gitee = ownership.Forge{Name: "gitee", Kind: "gitee"}

const whole = "# 内核 committer 列表\n\n" +
	"| 目录 | 维护者 | 邮箱 | 说明 |\n" +
	"| :--- | --- | :-: | ---: |\n" +
	"| mm | [@zhao](https://gitee.com/zhao) | zhao@corp.example | 内存 |\n" +
	"| `fs/`、include/linux/fs.h | Lin Hao <lin@corp.example>;@gu | | |\n" +
	"| drivers/net/\\*, \\*.md<br>net | @qiao @bai，wen@corp.example | |\n" +
	"| arch/{arm64,riscv}/kvm | [李四](https://gitee.com/lisi) (Corp) | | |\n" +
	"| / | \"@acme/core\" | | |\n" +
	"\n## Who is who\n\n" +
	"姓名 | gitee id | E-mail\n--- | --- | ---\n张三 | zhangsan | <zhangsan@corp.example>\n王五 | NA | wang@corp.example\n"

// show writes down what a file says, a line for each row and person.
func show(set ownership.Ruleset, found []committers.Person) []string {
	var lines []string
	people := func(list []ownership.Owner) string {
		var out []string
		for _, o := range list {
			text := o.Named()
			if o.Known() {
				text = strings.TrimSpace("@" + strings.TrimPrefix(o.String(), "@") + " " + text)
			}
			out = append(out, text)
		}
		return strings.Join(out, ", ")
	}
	for i := range set.Subsystems {
		s := &set.Subsystems[i]
		var patterns []string
		for _, r := range s.Include {
			patterns = append(patterns, r.Pattern.String())
		}
		line := fmt.Sprintf("%d %s: %s: %s", s.Pos.Line, s.Name, strings.Join(patterns, " "), people(s.Maintainers))
		if len(s.Reviewers) > 0 {
			line += "; " + people(s.Reviewers)
		}
		lines = append(lines, line)
	}
	for _, p := range found {
		lines = append(lines, fmt.Sprintf("%d %s = %s", p.Line, p.Email, p.Login))
	}
	return lines
}

func told(warnings []ownership.Warning) []string {
	var lines []string
	for _, w := range warnings {
		lines = append(lines, w.Pos.String()+": "+w.Text)
	}
	return lines
}

func parse(t *testing.T, text string, forge ownership.Forge) (lines, warnings []string, set ownership.Ruleset) {
	t.Helper()
	set, found, list, err := committers.Parse(ownership.File{Path: "c.md", Data: []byte(text)}, forge)
	if err != nil {
		t.Fatal(err)
	}
	return show(set, found), told(list), set
}

func TestParse(t *testing.T) {
	t.Parallel()
	lines, warnings, set := parse(t, whole, gitee)
	want := []string{
		"5 mm: mm mm: @zhao zhao@corp.example",
		"6 fs/: fs/ include/linux/fs.h include/linux/fs.h: Lin Hao <lin@corp.example>, @gu",
		"7 drivers/net/*: drivers/net/* *.md net net: @qiao, @bai, wen@corp.example",
		"8 arch/{arm64,riscv}/kvm: arch/{arm64,riscv}/kvm arch/{arm64,riscv}/kvm: @lisi 李四",
		"9 /: /: @acme/core",
		"5 zhao@corp.example = zhao",
		"15 zhangsan@corp.example = zhangsan",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantWarnings := []string{
		"c.md:7: drivers/net/* takes files of that directory only; write drivers/net/ for those below as well",
		"c.md:7: *.md takes files of that directory only; write **/*.md for those below as well",
	}
	if diff := cmp.Diff(wantWarnings, warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"mm/slab/a.c": "mm /", "mm": "mm /", "mmx/a.c": "/", "fs/ext4/a.c": "fs/ /", "drivers/net/a.c": "drivers/net/* /",
		"drivers/net/a/b.c": "/",
		"README.md":         "drivers/net/* /", "a/README.md": "/", "net/ipv4/a.c": "drivers/net/* /",
		"arch/arm64/kvm/a.c": "arch/{arm64,riscv}/kvm /",
		"include/linux/fs.h": "fs/ /",
	} {
		var names []string
		for _, s := range m.Match(path) {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// TestPeople holds what of a cell is one person.
func TestPeople(t *testing.T) {
	t.Parallel()
	for cells, want := range map[string]string{
		"@alice <a@x.example>":                                     "@alice a@x.example; a@x.example = alice",
		"Alice Li (@alice) ":                                       "@alice Alice Li",
		"Alice Li <a@x.example> (@alice)":                          "@alice Alice Li <a@x.example>; a@x.example = alice",
		"Alice <a@x.example> [@alice]":                             "@alice Alice <a@x.example>; a@x.example = alice",
		"Alice <a@x.example> @bob":                                 "Alice <a@x.example>, @bob",
		"@alice a@x.example":                                       "@alice, a@x.example",
		"alice[@alice](https://gitee.com/alice) email:a@x.example": "@alice alice, a@x.example",
		"[Alice](mailto:a@x.example)":                              "Alice <a@x.example>",
		"[a@x.example](mailto:a@x.example)":                        "a@x.example",
		"https://gitee.com/alice":                                  "@alice",
		"<https://gitee.com/alice>":                                "@alice",
		"@alice_b\\_c @ALICE_b_c":                                  "@alice_b_c",
		"![logo](https://gitee.com/logo) @alice":                   "@alice",
		"@alice（组长）、@bob(new)":                                     "@alice, @bob",
		"[alice](https://code.corp.example/alice)":                 "@alice",
		"[Blog](https://gitee.com/alice/blog)":                     "Blog",
		"[alice](https://github.com/alice)":                        "alice",
		"[Alice](https://corp.example/about)":                      "Alice",
		"alice":                                                    "alice",
		"无":                                                        "",
		"a@x.example|alice":                                        "@alice a@x.example; a@x.example = alice",
		"|alice":                                                   "@alice",
		"|alice|a@x.example":                                       "@alice a@x.example; a@x.example = alice",
		"Alice|alice|a@x.example":                                  "@alice Alice <a@x.example>; a@x.example = alice",
		"Alice、Bob|alice、bob|a@x.example":                          "@alice, @bob, a@x.example",
		"Alice、Bob|alice bob|":                                     "@alice, @bob",
		"Alice、Bob、Carol|alice|":                                   "Alice, Bob, Carol, @alice",
		"@alice|bob|b@x.example":                                   "@alice, @bob, b@x.example",
		"@acme/mm|mm|":                                             "@acme/mm, @mm",
		"Alice||":                                                  "Alice",
	} {
		text := "|path|committer|账号|邮箱|\n|-|-|-|-|\n|mm|" + cells + "|\n"
		lines, warnings, _ := parse(t, text, gitee)
		got := strings.TrimPrefix(lines[0], "3 mm: mm mm: ")
		for _, line := range lines[1:] {
			got += "; " + strings.TrimPrefix(line, "3 ")
		}
		if got = strings.TrimPrefix(got, "3 mm: mm mm:"); got != want {
			t.Errorf("%s: %s, want %s", cells, got, want)
		}
		joined := strings.Count(cells, "|") == 0 || strings.Contains(want, "=") || want == "@alice, @bob" || want == "@alice"
		if lost := !strings.Contains(want, "@") || !joined; lost && len(warnings) == 0 && !strings.Contains(want, "@acme") {
			t.Errorf("%s: no warning", cells)
		}
	}
}

// TestColumns holds which headings are known, and to whom columns belong.
func TestColumns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"|子系统|目录|负责人|\n|-|-|-|\n|内存|mm|@a|":                                                       "3 内存: mm mm: @a",
		"|Module|Owner|\n|-|-|\n|mm|@a|":                                                          "3 mm: mm mm: @a",
		"|Files|Maintainers|Reviewers|\n|-|-|-|\n|mm|@a|@b|":                                      "3 mm: mm mm: @a; @b",
		"|path|Maintainer|mail|Reviewer|mail|\n|-|-|-|-|-|\n|mm|@a|a@x|@b|b@x|":                   "3 mm: mm mm: @a a@x; @b b@x; 3 a@x = a; 3 b@x = b",
		"|Email|path|Maintainer|\n|-|-|-|\n|a@x|mm|@a|":                                           "3 mm: mm mm: @a a@x; 3 a@x = a",
		"|path|邮件列表|committer|\n|-|-|-|\n|mm|mm@x|@a|":                                            "3 mm: mm mm: @a",
		"|path|GitHub ID|Gitee ID|\n|-|-|-|\n|mm|h|a|":                                            "3 mm: mm mm: @a",
		"|path|name|login|\n|-|-|-|\n|mm|Ann|a|":                                                  "3 mm: mm mm: @a Ann",
		"|path|committer|\n|-|-|\n|mm|@a|\n|fs|@b|\n":                                             "3 mm: mm mm: @a; 4 fs: fs fs: @b",
		"path|committer\n-|-\nmm|@a\n\ntext\n":                                                    "3 mm: mm mm: @a",
		"```\n|path|committer|\n|-|-|\n|x|@x|\n```\n|dir|login|\n|-|-|\n|mm|a|":                   "8 mm: mm mm: @a",
		"<!--\n|path|committer|\n|-|-|\n|x|@x|\n-->\n|dir|login|\n|-|-|\n|mm|a|\n<!-- |fs|b| -->": "8 mm: mm mm: @a",
	} {
		lines, _, _ := parse(t, text, gitee)
		if got := strings.Join(lines, "; "); got != want {
			t.Errorf("%q:\n%s, want\n%s", text, got, want)
		}
	}
	const two = "|path|GitHub ID|Gitee ID|\n|-|-|-|\n|mm|h|a|"
	if lines, warnings, _ := parse(t, two, ownership.Forge{Name: ownership.NoForge}); lines[0] != "3 mm: mm mm: " || len(warnings) != 3 {
		t.Errorf("of no forge: %q %q", lines, warnings)
	}
	code := ownership.Forge{Name: "code", Kind: "gitcode"}
	if lines, _, _ := parse(t, "|path|AtomGit ID|\n|-|-|\n|mm|a|", code); lines[0] != "3 mm: mm mm: @a" {
		t.Errorf("by kind: %q", lines)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for rows, want := range map[string]string{
		"|mm|@a|\n\n|fs|@b|": "c.md:5: this row is of no table, and says nothing; put it below its table without an empty line, or give it " +
			"headings and a line of dashes",
		"|mm|@a|x|y|":    `c.md:3: more cells than the table has headings; what is beyond says nothing (a bar in a cell is written as \|)`,
		"||@a|\n":        "c.md:3: the row has no path, and owns nothing",
		"|内存(mm) mm|@a|": `c.md:3: "内存(mm)" is no path, and says nothing`,
		"|mm||":          "c.md:3: the row names nobody who can be read, so that nobody can approve for it; write @alice, or Alice <alice@example.org>",
		"|mm|@a @-|":     `c.md:3: owner "@-": want a login, such as alice, or a team in quotes, such as "@acme/mm"`,
		"|mm|Ann|":       `c.md:3: "Ann" is neither a login nor an address, and can't approve; write @alice, or Alice <alice@example.org>`,
		"|a//b mm|@a|":   "c.md:3: ",
	} {
		_, warnings, _ := parse(t, "|path|committer|\n|-|-|\n"+rows, gitee)
		if len(warnings) != 1 || !strings.HasPrefix(warnings[0], want) {
			t.Errorf("%q: %q, want %q", rows, warnings, want)
		}
	}
	_, warnings, _ := parse(t, "|path|Foo|committer|\n|-|-|-|\n|mm|x|@a|", gitee)
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], `c.md:1: the column "Foo" is not read`) {
		t.Errorf("%q", warnings)
	}
	_, warnings, _ = parse(t, "|path|committer|\n|-|-|\n|mm|"+strings.Repeat("Ann", 200)+"|", gitee)
	if len(warnings) != 1 || !strings.HasSuffix(warnings[0], "…") || len(warnings[0]) > 420 {
		t.Errorf("%q", warnings)
	}
	_, warnings, _ = parse(t, "|path|committer|\n|-|-|\n"+strings.Repeat("|mm|Ann|\n", 52), gitee)
	if last := warnings[len(warnings)-1]; len(warnings) != 51 || !strings.HasSuffix(last, "and 2 more warnings") {
		t.Errorf("%d: %s", len(warnings), last)
	}
}

// logins are so many, divided by commas.
func logins(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprint("x", i))
	}
	return strings.Join(list, ",")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	people := "a table without a column of people; name one of them maintainer, committer, login or email (维护者、账号、邮箱), or keep the table " +
		"in another file"
	for text, want := range map[string]string{
		"# nothing\n": "c.md: no table; want one with headings, such as | path | committer |",
		"|mm|@a|\n":   "c.md: no table; want one with headings, such as | path | committer |",
		"|path|login|\n|-|-|\n|mm|a @b,@c,@b," + logins(201): "c.md:3: 204 people in a row, and 200 are read; name a team",
		"|版本|日期|\n|-|-|\n|1|2|":                              "c.md:1: " + people,
		"|path|说明|\n|-|-|\n|mm|x|":                           "c.md:1: " + people,
		"<!-- |a|\n|path|committer|\n|-|-|\n|mm|@a|":         "c.md:1: a comment begins here and never ends; close it with -->",
		strings.Repeat(" ", committers.MaxSize+1): "c.md: 262145 bytes are more than the 262144 that are read; keep the table in a file " +
			"of its own",
	} {
		_, _, _, err := committers.Parse(ownership.File{Path: "c.md", Data: []byte(text)}, gitee)
		if err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
	_, _, _, err := committers.Parse(ownership.File{Path: "c.md", Data: []byte(strings.Repeat("|a|\n|-|\n\n", 52))}, gitee)
	if faults := strictyaml.AsFaults(err); len(faults) != 51 || faults[50].Text != "and 2 more" {
		t.Errorf("%d faults", len(faults))
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{whole, "|path|committer|\n|-|-|\n|mm|[@a](https://gitee.com/a) <a@x.example>|\n",
		"|目录|负责人|gitee id|邮箱|\n|-|-|-|-|\n|\\*.md|A、B|a|a@x|\n<!-- x -->\n", "```\n|a|\n"} {
		if len(seed) == 0 {
			f.Fatal("an empty seed")
		}
		f.Add([]byte(seed), "gitee")
	}
	f.Fuzz(func(t *testing.T, data []byte, forge string) {
		set, found, warnings, err := committers.Parse(ownership.File{Path: "c.md", Data: data}, ownership.Forge{Name: forge})
		for _, fault := range strictyaml.AsFaults(err) {
			if fault.File != "c.md" || fault.Text == "" {
				t.Errorf("fault %+v", fault)
			}
		}
		for _, w := range warnings {
			if w.Pos.File != "c.md" || w.Pos.Line < 1 || w.Text == "" {
				t.Errorf("warning %+v", w)
			}
		}
		for _, p := range found {
			if o, err := ownership.ParseOwner(p.Login); err != nil || o.Login != p.Login || p.Email == "" || p.Line < 1 {
				t.Errorf("person %+v", p)
			}
		}
		for i := range set.Subsystems {
			if s := &set.Subsystems[i]; len(s.Include) == 0 || s.Name == "" {
				t.Errorf("subsystem %+v", s)
			}
		}
	})
}
