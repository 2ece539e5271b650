package ownersyaml_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/ownersyaml"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

const whole = `users:
  - &alice
    name: Alice Example
    email: alice@example.org
    gluser: alice_ex
  - &bob
    name: Bob Example
    email: bob@example.org
    gluser: bob
    restricted: true
external_tests:
  - &net_test {name: net, description: Network tests}
subsystems:
  - subsystem: MEMORY MANAGEMENT
    labels:
      name: mm
      readyForMergeDeps:
        - *net_test
      newLabels: [area::mm, kernel]
    status: Supported
    devel-sst: [rhel-sst-kernel-mm]
    jiraComponent: kernel / MM
    requiredApproval: true
    maintainers:
      - *alice
      - *bob
    reviewers:
      - {name: Carol Example, email: carol@example.org, gluser: carol}
    paths:
      includes:
        - mm/
        - include/linux/mm*.h
      includeRegexes:
        - '[^a-z]hugetlb'
      excludes:
        - mm/kasan/
    scm: git https://example.org/mm.git
    mailingList: mm@example.org
    testVariants: [kernel-rt]
  - subsystem: DOCUMENTATION
    labels: {name: docs, newLabels: text}
    requiredApproval: false
    reviewers:
    maintainers: [*alice]
    paths: {includes: [Documentation/]}
`

func parse(data string) (ownership.Ruleset, []ownership.Warning, error) {
	return ownersyaml.Parse(ownership.File{Path: "owners.yaml", Data: []byte(data)}, "gitlab")
}

func TestParse(t *testing.T) {
	t.Parallel()
	set, warnings, err := parse(whole)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	for i := range set.Subsystems {
		s := &set.Subsystems[i]
		for _, rules := range [][]ownership.Rule{s.Include, s.Exclude} {
			for j := range rules {
				s.Titles = map[string]string{"patterns": strings.TrimSpace(s.Titles["patterns"] +
					fmt.Sprintf(" %d:%s", rules[j].Pos.Line, rules[j].Pattern))}
			}
		}
		s.Include, s.Exclude = nil, nil
	}
	alice := ownership.Owner{Login: "alice_ex", Name: "Alice Example", Email: "alice@example.org"}
	want := ownership.Ruleset{Mode: ownership.All, Subsystems: []ownership.Subsystem{
		{
			Name: "MEMORY MANAGEMENT", Labels: []string{"Subsystem:mm", "area::mm", "kernel"}, Status: "Supported", Required: true,
			Section:     "Subsystem:mm",
			Maintainers: []ownership.Owner{alice},
			Reviewers: []ownership.Owner{
				{Name: "Bob Example", Email: "bob@example.org"},
				{Login: "carol", Name: "Carol Example", Email: "carol@example.org"},
			},
			Contact: "mm@example.org", Pos: ownership.Pos{File: "owners.yaml", Line: 14},
			Titles: map[string]string{"patterns": "31:mm/ 32:include/linux/mm*.h 34:[^a-z]hugetlb 36:mm/kasan/"},
		},
		{
			Name: "DOCUMENTATION", Maintainers: []ownership.Owner{alice}, Pos: ownership.Pos{File: "owners.yaml", Line: 40},
			Labels: []string{"Subsystem:docs", "text"},
			Titles: map[string]string{"patterns": "45:Documentation/"},
		},
	}}
	if diff := cmp.Diff(want, set); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLoginsAreGitLabs holds that a name on one forge gives nobody a right on
// another.
func TestLoginsAreGitLabs(t *testing.T) {
	t.Parallel()
	set, warnings, err := ownersyaml.Parse(ownership.File{Path: "owners.yaml", Data: []byte(whole)}, "github")
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	for _, s := range set.Subsystems {
		for _, o := range append(s.Maintainers, s.Reviewers...) {
			if o.Known() || o.Email == "" {
				t.Errorf("%+v", o)
			}
		}
	}
}

// TestOneLabelStandsTogether holds that of subsystems that insist on their own
// approval those with one label stand in for each other.
func TestOneLabelStandsTogether(t *testing.T) {
	t.Parallel()
	entry := "  - {subsystem: %s, labels: {name: %s}, requiredApproval: true, maintainers: [{name: x, email: x@example.org, gluser: x}], " +
		"paths: {includes: [redhat/]}}\n"
	set, _, err := parse("subsystems:\n" + fmt.Sprintf(entry, "A", "redhat") + fmt.Sprintf(entry, "B", "redhat") +
		fmt.Sprintf(entry, "C", "net"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	if groups := m.Groups(m.Match("redhat/a"), false); len(groups) != 2 || len(groups[0]) != 2 {
		t.Errorf("%v", groups)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	set, _, err := parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"mm/slab.c":                  "MEMORY MANAGEMENT",
		"mm/damon/core.c":            "MEMORY MANAGEMENT",
		"mm/kasan/report.c":          "",
		"include/linux/mm_types.h":   "MEMORY MANAGEMENT",
		"include/linux/sched/mm.h":   "",
		"fs/hugetlbfs/inode.c":       "MEMORY MANAGEMENT",
		"Documentation/mm/hugetlb.c": "MEMORY MANAGEMENT DOCUMENTATION",
	} {
		var got []string
		for _, s := range m.Match(path) {
			got = append(got, s.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", path, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const one = "subsystems:\n  - subsystem: A\n"
	tests := map[string]struct{ in, want string }{
		"empty":  {"# nothing\n", "owners.yaml: the file is empty; list at least one subsystem below subsystems"},
		"a list": {"- a\n", "owners.yaml:1: want keys and values, such as: subsystems: …"},
		"no YAML": {"a: b\nc: @d\n",
			"owners.yaml:2: found character that cannot start any token; write YAML, with names that start with @ or * in quotes"},
		"two documents": {one + "---\na: b\n", "owners.yaml:3: a second document; keep one in a file and remove the line with ---"},
		"too large": {strings.Repeat("#", strictyaml.MaxSize+1),
			"owners.yaml: 4194305 bytes are more than the 4194304 that are read; split the file"},
		"no subsystems":   {"users: []\n", "owners.yaml:1: no subsystems; list at least one below subsystems"},
		"one subsystem":   {"subsystems: {subsystem: A}\n", "owners.yaml:1: want a list for subsystems, with a dash before each entry"},
		"a word":          {"subsystems: [A]\n", "owners.yaml:1: want keys and values for a subsystem, such as subsystem: …"},
		"no name":         {"subsystems:\n  - status: Supported\n", "owners.yaml:2: a subsystem needs a name; write - subsystem: Name"},
		"two of one name": {one + "  - subsystem: A\n", `owners.yaml:3: subsystem "A" stands already in line 2; give it another name`},
		"a key twice":     {one + "    status: a\n    status: b\n", `owners.yaml:4: duplicate key "status" (first on line 3)`},
		"people twice": {one + "    maintainers: [{name: a, email: a@x}]\n    maintainers: [{name: a, email: b@x}]\n",
			`owners.yaml:4: duplicate key "maintainers" (first on line 3)`},
		"merged": {"users: [&u {name: a}]\nsubsystems:\n  - <<: *u\n    subsystem: A\n",
			"owners.yaml:3: want a word as a key of a subsystem, such as subsystem"},
		"approval": {one + "    requiredApproval: sometimes\n", "owners.yaml:3: requiredApproval: write true or false"},
		"unknown in paths": {one + "    paths: {include: [a]}\n",
			`owners.yaml:3: unknown key "include"; paths have includes, includeRegexes, excludes`},
		"one path": {one + "    paths: {includes: mm/}\n", "owners.yaml:3: want a list for includes, with a dash before each entry"},
		"an empty path": {one + "    paths: {includeRegexes: ['']}\n",
			"owners.yaml:3: an empty pattern would match every file; name a path in includeRegexes"},
		"a list as a path": {one + "    paths: {excludes: [[a]]}\n", "owners.yaml:3: want one value for excludes"},
		"no expression": {one + "    paths:\n      includeRegexes:\n        - '\\1'\n",
			"owners.yaml:5: pattern \"\\\\1\": error parsing regexp: invalid escape sequence: `\\1`; only RE2's syntax is read, without " +
				"back-references"},
		"an alias as a path": {"users: [&u {name: a}]\n" + one + "    paths: {includes: [*u]}\n",
			"owners.yaml:4: want one value for includes; an alias stands for a person only: write this one out"},
		"an alias of paths": {"x: &u {includes: [a]}\n" + one + "    paths: *u\n",
			"owners.yaml:4: want keys and values for paths, such as includes: …; an alias stands for a person only: write this one out"},
		"nobody":             {one + "    maintainers: [{name: ''}]\n", "owners.yaml:3: nobody stands here; write name, email and gluser"},
		"a word as a person": {one + "    maintainers: [alice]\n", "owners.yaml:3: want keys and values for a person, such as name: …"},
		"an alias in itself": {"subsystems: &a\n  - *a\n",
			"owners.yaml:2: want keys and values for a subsystem, such as subsystem: …; an alias stands for a person only: write this one out"},
		"too many": {"subsystems:" + strings.Repeat("\n  - x", 60), "owners.yaml: and more"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := parse(tt.in)
			if err == nil {
				t.Fatal("no error")
			}
			got := err.Error()
			if name == "too many" {
				got = got[strings.LastIndex(got, "\n")+1:]
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	const tail = "    paths: {includes: [a]}\n"
	tests := map[string]struct {
		in     string
		want   []string
		people string
	}{
		"no people": {"subsystems:\n  - subsystem: A\n" + tail, []string{`2 subsystem "A" has no maintainer who may approve`}, "[] []"},
		"no paths": {"subsystems:\n  - subsystem: A\n    maintainers: [{gluser: a}]\n",
			[]string{`2 subsystem "A" has no paths, so it owns nothing`}, "[a] []"},
		"unknown key": {"version: 1\nsubsystems:\n  - subsystem: A\n    color: red\n    maintainers: [{gluser: a, irc: a}]\n" + tail,
			[]string{`1 unknown key "version", which says nothing here`, `4 unknown key "color", which says nothing here`,
				`5 unknown key "irc", which says nothing here`}, "[a] []"},
		"twice": {"subsystems:\n  - subsystem: A\n    mailingList: l@x\n    mailingList: l@x\n    maintainers: [{gluser: a}]\n" + tail,
			[]string{`4 duplicate key "mailingList" (first on line 3, with the same value)`}, "[a] []"},
		"no gluser": {"subsystems:\n  - subsystem: A\n    maintainers: [{email: a@b}]\n" + tail,
			[]string{"3 a@b has no gluser, and can't approve"}, "[a@b] []"},
		"odd gluser": {"subsystems:\n  - subsystem: A\n    maintainers: [{name: Al, gluser: '@a/b'}]\n" + tail,
			[]string{`3 gluser "@a/b" is no login, such as alice; until it is, Al can't approve`}, "[Al] []"},
		"restricted": {"subsystems:\n  - subsystem: A\n    maintainers: [{gluser: a, restricted: yes}]\n" + tail,
			[]string{`2 subsystem "A" has no maintainer who may approve`}, "[] [a]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, warnings, err := parse(tt.in)
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
			s := set.Subsystems[0]
			if people := fmt.Sprint(s.Maintainers, s.Reviewers); people != tt.people {
				t.Errorf("people %s, want %s", people, tt.people)
			}
			for _, o := range s.Reviewers {
				if o.Known() {
					t.Errorf("%+v can approve", o)
				}
			}
		})
	}
}

// TestAliasesAreCheap holds that an alias costs no more than a line: expanded,
// this file would have gigabytes.
func TestAliasesAreCheap(t *testing.T) {
	t.Parallel()
	in := "users: [&u {name: " + strings.Repeat("x", 1<<18) +
		", gluser: u}]\nsubsystems: [{subsystem: A, paths: {includes: [a]}, maintainers: [" + strings.Repeat("*u ,", 1<<14) + "]}]\n"
	set, _, err := parse(in)
	if err != nil || len(set.Subsystems[0].Maintainers) != 1<<14 {
		t.Fatal(len(set.Subsystems), err)
	}
}

// FuzzParse holds the parser to its promises: no panic, a position with every
// fault and warning, the same answer twice, and subsystems that make a map.
func FuzzParse(f *testing.F) {
	seeds := []string{whole, "subsystems: [{subsystem: A}]\n", "a: &a [*a]",
		"users: [&u {gluser: u}]\nsubsystems: [{subsystem: A, maintainers: [*u], paths: {includeRegexes: [a]}}]\n", "---\n---\n",
		"subsystems:\n  - ? [a]\n    : b\n", "subsystems:\n  - <<: {subsystem: x}\n", "subsystems: ~\n"}
	for i, seed := range seeds {
		if seed == "" {
			f.Fatalf("seed %d is empty", i)
		}
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, warnings, err := parse(string(data))
		for _, fault := range strictyaml.AsFaults(err) {
			if fault.File != "owners.yaml" || fault.Text == "" || fault.Line < 0 {
				t.Errorf("a fault without words or place: %+v", fault)
			}
		}
		for _, w := range warnings {
			if w.Pos.File != "owners.yaml" || w.Pos.Line < 1 || w.Text == "" {
				t.Errorf("a warning without words or place: %+v", w)
			}
		}
		again, warnings2, err2 := parse(string(data))
		if fmt.Sprint(set, warnings, err) != fmt.Sprint(again, warnings2, err2) {
			t.Error("a second reading gives something else")
		}
		m, newErr := ownership.New(set)
		if newErr != nil {
			t.Fatal(newErr)
		}
		for _, s := range set.Subsystems {
			for _, o := range append(s.Maintainers, s.Reviewers...) {
				if s.Name == "" || s.Pos.Line < 1 || o.String() == "" || o.Team != "" {
					t.Errorf("%q at %s: owner %+v", s.Name, s.Pos, o)
				}
			}
		}
		m.Match("mm/slab.c")
	})
}
