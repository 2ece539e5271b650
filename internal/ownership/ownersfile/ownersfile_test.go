package ownersfile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/ownersfile"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

func files(text string) []ownership.File {
	var list []ownership.File
	for _, f := range txtar.Parse([]byte(text)).Files {
		list = append(list, ownership.File{Path: f.Name, Data: f.Data})
	}
	return list
}

const tree = `
-- OWNERS --
approvers: [Root, sig-all]
reviewers: [looker]
labels: [area/all]
-- OWNERS_ALIASES --
aliases:
  SIG-all: [ann, bert]
-- pkg/OWNERS --
approvers: [Sig-All, carl, ANN]
emeritus_approvers: [old]
security_contacts: [sec]
-- pkg/api/OWNERS --
options: {no_parent_owners: true}
filters:
  "\\.go$": {approvers: [gopher], required_reviewers: [linter]}
  "^doc/": {approvers: [writer], labels: [docs]}
-- src[1]/OWNERS --
maintainers: [max]
committers: [kim]
`

func TestParse(t *testing.T) {
	t.Parallel()
	set, warnings, err := ownersfile.Parse("OWNERS", files(tree))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"README":            "/: Root ann bert",
		"pkg/a.go":          "/: Root ann bert; pkg/: ann bert carl",
		"pkg/api/a.go":      `pkg/api/ \.go$: gopher`,
		"pkg/api/doc/a.go":  `pkg/api/ \.go$: gopher; pkg/api/ ^doc/: writer`,
		"pkg/api/doc/a.rst": "pkg/api/ ^doc/: writer",
		"pkg/api/x.rst":     "/: Root ann bert; pkg/: ann bert carl", // no filter names anybody
		"src[1]/x":          "/: Root ann bert; src[1]/: max kim",
		"src1/x":            "/: Root ann bert",
	} {
		var got []string
		for _, s := range m.Match(path) {
			var names []string
			for _, o := range s.Maintainers {
				names = append(names, o.String())
			}
			got = append(got, s.Name+": "+strings.Join(names, " "))
		}
		if diff := cmp.Diff(want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	root := m.Match("README")[0]
	if root.Reviewers[0].Login != "looker" || root.Labels[0] != "area/all" {
		t.Errorf("%+v", root)
	}
	var told []string
	for _, w := range warnings {
		told = append(told, w.Pos.String()+": "+w.Text)
	}
	want := []string{
		"pkg/OWNERS:3: the key security_contacts says nothing about who approves, and is ignored",
		"pkg/api/OWNERS:3: required_reviewers may be asked, and nothing requires them here",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// TestAsProwReads holds what Prow reads without a word, and what its files have.
func TestAsProwReads(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"-- OWNERS --\nfilters:\n  \".*\":\n    approvers: [ann]\n    emeritus_reviewers: [bob]\n":                   "ann",
		"-- OWNERS --\napprovers: [team]\n-- OWNERS_ALIASES --\naliases:\n  team: {ann, bob}\n  nobody: {}\n":        "ann bob",
		"-- OWNERS --\nreviewers: &r\n- ann\n- bob\napprovers: *r\n":                                                 "ann bob",
		"-- OWNERS --\napprovers: [team, x]\n-- OWNERS_ALIASES --\naliases:\n  other: &o [ann]\n  team: *o\n  no:\n": "ann x",
	} {
		set, _, err := ownersfile.Parse("OWNERS", files(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		m, err := ownership.New(set)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range m.Match("a") {
			for _, o := range s.Maintainers {
				got = append(got, o.String())
			}
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	_, warnings, err := ownersfile.Parse("OWNERS",
		files("-- a/OWNERS --\nfilters:\n  x:\n    approvers: [ann]\n    emeritus_reviewers: [bob]\n"))
	if err != nil || len(warnings) != 1 || warnings[0].Pos.Line != 4 {
		t.Errorf("%v, %v", warnings, err)
	}
}

func TestIgnore(t *testing.T) {
	t.Parallel()
	own, err := ownersfile.ParseIgnore("^third_party/")
	if err != nil {
		t.Fatal(err)
	}
	ignore := ownersfile.Ignore{own}
	for dir, want := range map[string]bool{
		"vendor": false, "vendor/k8s.io": false, "vendor/k8s.io/x": true, "vendor/k8s.io/x/y": true, "a/vendor/b/c": true,
		"_output": true, "_output/a/b": true, "a_output/b": true, "x.git": true, "x.git/a": true, "x.gitx": false,
		"third_party": false, "third_party/a": true, "third_party/a/b": true, "x/third_party/a": false, "pkg/api": false, ".": false,
	} {
		if got := ignore.Has(dir); got != want {
			t.Errorf("%s: %v", dir, got)
		}
	}
	got := ownersfile.Files("OWNERS", []string{"vendor/a/b/c/d.go", "third_party/x/y.c"}, ignore)
	if diff := cmp.Diff([]string{"OWNERS", "OWNERS_ALIASES", "third_party/OWNERS", "vendor/OWNERS", "vendor/a/OWNERS"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	whole, err := ownersfile.ParseIgnore("^third_party$") // as the hints say
	if err != nil || !(ownersfile.Ignore{whole}).Has("third_party") || !(ownersfile.Ignore{whole}).Has("third_party/a/b") ||
		(ownersfile.Ignore{whole}).Has("x/third_party") {
		t.Errorf("%v, %v", whole, err)
	}
	for _, bad := range []string{"", "(", strings.Repeat("a", 1001)} {
		if _, err := ownersfile.ParseIgnore(bad); err == nil {
			t.Errorf("%.9q is read", bad)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	got := ownersfile.Files("OWNERS", []string{"a/b/c.go", "a/d", "x", "/e/f"}, nil)
	if diff := cmp.Diff([]string{"OWNERS", "OWNERS_ALIASES", "a/OWNERS", "a/b/OWNERS", "e/OWNERS"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"-- a/OWNERS --\napprovers: [x\n":                                   "a/OWNERS:",
		"-- a/OWNERS --\n- x\n":                                             "a/OWNERS:1: want keys and values",
		"-- a/OWNERS --\napprovers: x\n":                                    "a/OWNERS:1: ",
		"-- a/OWNERS --\noptions: {no_parents: true}\n":                     `a/OWNERS:1: unknown key "no_parents"`,
		"-- a/OWNERS --\nfilters:\n  \"(\": {approvers: [x]}\n":             `a/OWNERS:2: pattern "("`,
		"-- a/OWNERS --\nfilters:\n  x: {approver: [x]}\n":                  `a/OWNERS:2: unknown key "approver"; did you mean "approvers"?`,
		"-- a/OWNERS --\napprovers: [x]\nfilters:\n  x: {approvers: [x]}\n": "a/OWNERS:1: approvers and reviewers stand beside filters",
		"-- a/OWNERS --\nx: &x {approvers: [a]}\nfilters:\n  y: {<<: *x}\n": "a/OWNERS:3: merge keys are not read",
		"-- OWNERS_ALIASES --\naliases: {a: {b: c}}\n":                      "OWNERS_ALIASES:1: want a list of people",
		"-- OWNERS_ALIASES --\naliases: {a: [x], A: [y]}\n":                 `OWNERS_ALIASES:1: alias "a" stands twice`,
		"-- OWNERS_ALIASES --\nalias: {a: [x]}\n":                           `OWNERS_ALIASES:1: unknown key "alias"; did you mean "aliases"?`,
		"-- a/OWNERS --\napprovers: [x]\napprovers: [y]\n":                  `a/OWNERS:2: duplicate key "approvers" (first on line 1`,
	} {
		_, _, err := ownersfile.Parse("OWNERS", files(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestUnknownPeopleCantApprove(t *testing.T) {
	t.Parallel()
	set, warnings, err := ownersfile.Parse("OWNERS", files("-- OWNERS --\napprovers: [\"no such\", ok]\n"))
	if err != nil || len(warnings) != 1 || warnings[0].Text != `"no such" is neither a login nor an alias of OWNERS_ALIASES` {
		t.Fatal(warnings, err)
	}
	if diff := cmp.Diff([]ownership.Owner{{Name: "no such"}, {Login: "ok"}}, set.Subsystems[0].Maintainers); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{tree, "-- OWNERS --\nfilters: {\".*\": {approvers: [a]}}\n", "-- OWNERS --\nx: 1\noptions: {}\n"} {
		if len(files(seed)) == 0 {
			f.Fatal("an empty seed")
		}
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list := files(string(data))
		list = append(list, ownership.File{Path: "fuzz/OWNERS", Data: data})
		set, warnings, err := ownersfile.Parse("OWNERS", list)
		for _, w := range warnings {
			if w.Pos.File == "" || w.Pos.Line < 1 {
				t.Errorf("a warning without its place: %+v", w)
			}
		}
		for _, fault := range strictyaml.AsFaults(err) {
			if fault.File == "" {
				t.Errorf("a fault without its place: %+v", fault)
			}
		}
		again, _, _ := ownersfile.Parse("OWNERS", slices.Clone(list))
		if fmt.Sprint(set) != fmt.Sprint(again) {
			t.Error("parsed twice it is not the same")
		}
	})
}
