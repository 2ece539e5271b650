package formats_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

func source(format formats.Name, path, text string) formats.Source {
	return formats.Source{Format: format, Path: path, Files: []ownership.File{{Path: path, Data: []byte(text)}}}
}

// sources has one of each format, and all that stands beside them.
func sources() []formats.Source {
	return []formats.Source{
		source(formats.Subsystems, "map.yml",
			"version: 1\nsubsystems:\n  - {name: own, paths: [\"own/**\"], maintainers: [alice]}\noverlays:\n  - {name: KVM, labels: [kvm]}\n"),
		source(formats.Maintainers, "MAINTAINERS", "KVM\nM:\tBob <bob@old.example>\nM:\tGone <gone@example.org>\nF:\tvirt/\n"),
		source(formats.Codeowners, "CODEOWNERS", "/docs/ carol@example.org\n"),
		source(formats.OwnersTree, "OWNERS", "approvers: [dave]\n"),
		source(formats.OwnersYAML, "owners.yaml",
			"subsystems:\n- subsystem: redhat\n  maintainers: [{email: erin@example.org}]\n  paths: {includes: [redhat/]}\n"),
		source(formats.People, "people.yml",
			"version: 1\npeople:\n- {key: bob, emails: [bob@example.org], logins: {github: bob, gitee: bob2}}\n- {key: carol, emails: "+
				"[carol@example.org], logins: {gitee: carol}}\n- {key: erin, emails: [ERIN@example.org], logins: {github: erin}}\n"),
		source(formats.Mailmap, ".mailmap", "Bob <bob@example.org> <bob@old.example>\n"),
		source(formats.Ignore, ".get_maintainer.ignore", "gone@example.org\n"),
	}
}

func TestSourcesAddUp(t *testing.T) {
	t.Parallel()
	m, warnings, err := formats.Parse(sources(), "github")
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	for path, want := range map[string]string{
		"own/a": "own alice; / dave", "virt/a": "KVM bob; / dave", "docs/a": "/docs/ carol@example.org; / dave",
		"redhat/a": "/ dave; redhat erin", "README": "/ dave",
	} {
		var got []string
		for _, s := range m.Match(path) {
			words := []string{s.Name}
			for _, o := range s.Maintainers {
				words = append(words, o.String())
			}
			got = append(got, strings.Join(words, " "))
		}
		if diff := cmp.Diff(want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if kvm := m.Match("virt/a")[0]; len(kvm.Labels) != 1 || kvm.Maintainers[0].Email != "bob@old.example" {
		t.Errorf("%+v", kvm)
	}
	m, _, err = formats.Parse(sources(), "gitee")
	if err != nil || m.Match("virt/a")[0].Maintainers[0].Login != "bob2" || m.Match("docs/a")[0].Maintainers[0].Login != "carol" {
		t.Errorf("on another forge: %v", err)
	}
}

// TestFaultsOfAllSources holds that one broken source hides no other, and that
// nothing comes of either.
func TestFaultsOfAllSources(t *testing.T) {
	t.Parallel()
	list := sources()
	for i := range list {
		if f := &list[i].Files[0]; list[i].Format != formats.Mailmap && list[i].Format != formats.Ignore {
			f.Data = []byte("a: [")
		}
	}
	list[1].Files[0].Data = []byte("X\nN:\t(\n")
	list[2].Files[0].Data = []byte("a//b\n")
	m, _, err := formats.Parse(list, "github")
	var files []string
	for _, f := range strictyaml.AsFaults(err) {
		files = append(files, f.File)
	}
	if diff := cmp.Diff("people.yml map.yml MAINTAINERS CODEOWNERS OWNERS owners.yaml", strings.Join(files, " ")); diff != "" || m != nil {
		t.Errorf("%v (-want +got):\n%s", m, diff)
	}
	if _, _, err := formats.Parse(list[:0], "github"); err != nil {
		t.Errorf("no source is a map of nothing: %v", err)
	}
	overlay := source(formats.Subsystems, "o.yml", "version: 1\noverlays: [{name: X, contact: c}]\n")
	if _, _, err := formats.Parse([]formats.Source{overlay}, ""); err == nil || !strings.HasPrefix(err.Error(), "o.yml:2: the overlay names") {
		t.Errorf("%v", err)
	}
}

// TestPeopleAddUp: lists of people and tables of committers say together who is who, by the
// kind of the forge.
func TestPeopleAddUp(t *testing.T) {
	t.Parallel()
	table := "|目录|维护者|邮箱|\n|-|-|-|\n|mm|@ann|ann@corp.example|\n|fs|bob@corp.example||\n|net|carol@corp.example||\n|lib|dan@corp.example||\n"
	list := []formats.Source{
		source(formats.Committers, "COMMITTERS.md", table),
		source(formats.PeopleTable, "COMMITTERS.md", table),
		source(formats.SigInfo, "sig-info.yaml",
			"maintainers:\n- {gitee_id: bob, atomgit_id: bob_a, email: bob@corp.example}\n- {gitee_id: dan, email: dan@corp.example}\n"),
		source(formats.People, "people.yml", "version: 1\npeople:\n- {key: c, emails: [carol@corp.example], logins: {corp: carol}}\n"+
			"- {key: d, emails: [dan@corp.example], logins: {corp: other}}\n"),
	}
	m, warnings, err := formats.Forge{Name: "corp", Kind: "gitee"}.Parse(list)
	if err != nil || len(warnings) != 1 || !strings.HasPrefix(warnings[0].Text, "dan@corp.example is somebody else's, too, in") {
		t.Fatal(warnings, err)
	}
	for path, want := range map[string]string{"mm/a": "ann", "fs/a": "bob", "net/a": "carol", "lib/a": "dan@corp.example"} {
		if got := m.Match(path)[0].Maintainers[0].String(); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for email, want := range map[string]string{"ann@corp.example": "[ann]", "dan@corp.example": "[dan other]"} {
		if logins, _ := m.Addressee("", email); fmt.Sprint(logins) != want {
			t.Errorf("%s: %v, want %s", email, logins, want)
		}
	}
	m, _, err = formats.Forge{Name: "code", Kind: "gitcode"}.Parse(list)
	if err != nil || m.Match("fs/a")[0].Maintainers[0].Login != "bob_a" {
		t.Errorf("on another forge: %v", err)
	}
	bare := source(formats.Committers, "C.md", "|login|mail|\n|-|-|\n|ann|a@x|\n")
	if _, _, err := formats.Parse([]formats.Source{bare}, "gitee"); err == nil || !strings.HasPrefix(err.Error(), "C.md: no row has a path") {
		t.Errorf("%v", err)
	}
}

// TestMapPlaces: the directory of a policy counts before others, GitHub's last.
func TestMapPlaces(t *testing.T) {
	t.Parallel()
	for policies, want := range map[string]string{
		"": ".github/subsystems.yml", ".review-gate.yml": ".github/subsystems.yml", ".github/review-gate.yml": ".github/subsystems.yml",
		".gitee/review-gate.yml .gitee/review-gate.yml .github/review-gate.yml": ".gitee/subsystems.yml .github/subsystems.yml",
	} {
		places := formats.MapPlaces(strings.Fields(policies)...)
		if got := strings.Join(places, " "); got != want {
			t.Errorf("%s: %s, want %s", policies, got, want)
		}
	}
	files := []ownership.File{{Path: "b"}, {Path: "c"}}
	s := formats.Source{Format: formats.Subsystems, Path: "a", Places: []string{"a", "b", "c"}, Files: files}
	if got := s.Preferred(); got.Path != "b" || len(got.Files) != 1 || !s.Has("c") || !s.Searched() {
		t.Errorf("%+v", got)
	}
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	changed := []string{"mm/slab.c", "CODEOWNERS"}
	for _, tt := range []struct {
		source formats.Source
		needs  string
		has    string // paths of which it has some
		want   string
	}{
		{formats.Source{Format: formats.Maintainers, Path: "MAINTAINERS"}, "MAINTAINERS", "MAINTAINERS MAINTAINERS/x x/MAINTAINERS",
			"MAINTAINERS"},
		{formats.Source{Format: formats.Maintainers, Path: "MAINTAINERS/"}, "", "MAINTAINERS MAINTAINERS/x MAINTAINERS/x/y", "MAINTAINERS/x"},
		{formats.Source{Format: formats.Codeowners}, ".github/CODEOWNERS CODEOWNERS docs/CODEOWNERS", "docs/CODEOWNERS x/CODEOWNERS",
			"docs/CODEOWNERS"},
		{formats.Source{Format: formats.Codeowners, Dialect: formats.GitLab}, "CODEOWNERS docs/CODEOWNERS .gitlab/CODEOWNERS",
			".gitlab/CODEOWNERS", ".gitlab/CODEOWNERS"},
		{formats.Source{Format: formats.Codeowners, Path: "x"}, "x", "x CODEOWNERS", "x"},
		{formats.Source{Format: formats.OwnersTree, Path: "OWNERS"}, "OWNERS OWNERS_ALIASES mm/OWNERS",
			"a/b/OWNERS OWNERS_ALIASES a/OWNERS_ALIASES mm/slab.c", "a/b/OWNERS OWNERS_ALIASES"},
	} {
		if got := strings.Join(tt.source.Needs(changed), " "); got != tt.needs {
			t.Errorf("%+v needs %s", tt.source, got)
		}
		var has []string
		for p := range strings.FieldsSeq(tt.has) {
			if tt.source.Has(p) {
				has = append(has, p)
			}
		}
		if got := strings.Join(has, " "); got != tt.want {
			t.Errorf("%+v has %s", tt.source, got)
		}
	}
}

func TestPreferred(t *testing.T) {
	t.Parallel()
	two := []ownership.File{{Path: "a"}, {Path: "b"}}
	if got := (formats.Source{Format: formats.Codeowners, Files: two}).Preferred(); len(got.Files) != 1 || got.Files[0].Path != "a" {
		t.Errorf("%+v", got)
	}
	if got := (formats.Source{Format: formats.OwnersTree, Files: two}).Preferred(); len(got.Files) != 2 {
		t.Errorf("%+v", got)
	}
}
