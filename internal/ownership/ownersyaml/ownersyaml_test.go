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

const sample = `---
subsystems:
 - subsystem: Packaging
   labels:
     name: redhat
     readyForMergeDeps:
     newLabels: [pkg]
   status: Supported
   # approvals of its own
   requiredApproval: true
   maintainers:
     - name: Pat Example
       email: pat@example.org
       gluser: patex
     - {name: Old Hand, email: old@example.org, restricted: true}
   reviewers:
     - name: Kim Example
       email: kim@example.org
       gluser: kimex
   paths:
       includes:
          - makefile
          - redhat/
       includeRegexes:
       excludes:
          - redhat/configs/
   scm: git https://git.example.org/kernel.git
   mailingList:
 - subsystem: Packaging of others
   labels: {name: redhat}
   requiredApproval: true
   maintainers: [{gluser: only-here}]
   paths: {includes: [redhat/]}
 - subsystem: Tegra
   maintainers: [{name: T, email: t@example.org}]
   paths: {includeRegexes: ["[^a-z]tegra"], includes: ["drivers/*/tegra*"]}
   mailingList: tegra@example.org
   colour: green
`

func parse(t *testing.T, forge string) (*ownership.Map, []ownership.Warning) {
	t.Helper()
	set, warnings, err := ownersyaml.Parse(ownership.File{Path: "owners.yaml", Data: []byte(sample)}, forge)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	return m, warnings
}

func TestParse(t *testing.T) {
	t.Parallel()
	m, warnings := parse(t, "github")
	for path, want := range map[string]string{
		"makefile": "Packaging", "redhat/x/y": "Packaging+Packaging of others", "redhat/configs/a": "Packaging of others",
		"arch/arm-tegra.c": "Tegra", "drivers/clk/tegra30.c": "Tegra", "mm/slab.c": "",
	} {
		var groups []string
		for _, g := range m.Groups(m.Match(path), false) {
			var names []string
			for _, s := range g {
				names = append(names, s.Name)
			}
			groups = append(groups, strings.Join(names, "+"))
		}
		if diff := cmp.Diff(want, strings.Join(groups, " | ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	first := m.Subsystems()[0]
	if diff := cmp.Diff([]ownership.Owner{{Name: "Pat Example", Email: "pat@example.org"}}, first.Maintainers); diff != "" {
		t.Errorf("maintainers (-want +got):\n%s", diff)
	}
	if len(first.Reviewers) != 2 || !first.Required || strings.Join(first.Labels, " ") != "redhat pkg" || first.Status != "Supported" || first.Pos.Line != 3 {
		t.Errorf("%+v", first)
	}
	if m.Subsystems()[2].Contact != "tegra@example.org" {
		t.Errorf("%+v", m.Subsystems()[2])
	}
	if len(warnings) != 1 || warnings[0].Pos.Line != 38 || warnings[0].Text != "the key colour of Tegra is unknown, and is ignored" {
		t.Errorf("%v", warnings)
	}
}

// TestLoginsAreGitLabs holds that a name on one forge gives nobody a right on
// another.
func TestLoginsAreGitLabs(t *testing.T) {
	t.Parallel()
	m, _ := parse(t, "github")
	for _, s := range m.Subsystems() {
		for _, o := range s.Maintainers {
			if o.Known() {
				t.Errorf("%+v is known on GitHub", o)
			}
		}
	}
	m, _ = parse(t, "gitlab")
	if got := m.Subsystems()[0].Maintainers[0].Login + " " + m.Subsystems()[1].Maintainers[0].Login; got != "patex only-here" {
		t.Error(got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"subsystems: []":                   "owners.yaml: no subsystems; list at least one",
		"subsystems: [mm]":                 "owners.yaml:1: want a subsystem, such as",
		"subsystems:\n- labels: {name: x}": "owners.yaml:2: a subsystem needs a name",
		"subsystems:\n- subsystem: x\n  paths:\n    include: [a]":                 `owners.yaml:4: unknown key "include"; did you mean "includes"?`,
		"subsystems:\n- subsystem: x\n  paths:\n    includeRegexes:\n    - \"(\"": `owners.yaml:5: pattern "("`,
		"subsystems:\n- subsystem: x\n  paths:\n    includes: [[a]]":              "owners.yaml:4: want a path, such as mm/",
		"subsystem: x": `owners.yaml:1: unknown key "subsystem"; did you mean "subsystems"?`,
	} {
		_, _, err := ownersyaml.Parse(ownership.File{Path: "owners.yaml", Data: []byte(text)}, "")
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{sample, "subsystems:\n- subsystem: a\n  paths: {includes: ['a+', 'b*/']}\n", "subsystems: [{subsystem: x, maintainers: [{}]}]"} {
		if seed == "" {
			f.Fatal("an empty seed")
		}
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file := ownership.File{Path: "owners.yaml", Data: data}
		set, warnings, err := ownersyaml.Parse(file, "gitlab")
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
		again, _, _ := ownersyaml.Parse(file, "gitlab")
		if fmt.Sprint(set) != fmt.Sprint(again) {
			t.Error("parsed twice it is not the same")
		}
	})
}
