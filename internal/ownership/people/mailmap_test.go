package people_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/people"
)

const mailmap = `# a comment
Proper Ann <ann@old.example.org>
<ann@example.org> <ann@laptop.local>
Bob Example <bob@example.org> <BOB@work.example.org> # since 2020
Joe Example <joe@example.org> Joe <shared@example.org>
Jane Example <jane@example.org> jane <shared@example.org>
Team <shared@example.org>

Later <twice@example.org>
<once@example.org> <twice@example.org>
  Indented   Name  <in@example.org>   <dented@example.org>
<once@example.org> Only Address <by@example.org>
Windows <win@example.org> <dos@example.org>` + "\r\n"

// contacts are names and addresses to look up, and what they become.
func contacts() map[string]string {
	return map[string]string{
		"A <ann@old.example.org>":        "Proper Ann <ann@old.example.org>",
		"A <Ann@Laptop.Local>":           "A <ann@example.org>",
		"Bob <bob@work.example.org>":     "Bob Example <bob@example.org>",
		"JOE <Shared@example.org>":       "Joe Example <joe@example.org>",
		"Jane <shared@example.org>":      "Jane Example <jane@example.org>",
		"Eve <shared@example.org>":       "Team <shared@example.org>",
		"X <twice@example.org>":          "Later <once@example.org>",
		"X <dented@example.org>":         "Indented   Name <in@example.org>",
		"Only Address <by@example.org>":  "Only Address <once@example.org>",
		"Other <by@example.org>":         "Other <by@example.org>",
		"X <dos@example.org>":            "Windows <win@example.org>",
		"Unknown <unknown@example.org>":  "Unknown <unknown@example.org>",
		"Not twice <once@example.org>":   "Not twice <once@example.org>",
		"Proper Ann <other@example.org>": "Proper Ann <other@example.org>",
	}
}

func lookup(m people.Mailmap, contact string) string {
	name, email, _ := strings.Cut(strings.TrimSuffix(contact, ">"), " <")
	name, email = m.Lookup(name, email)
	return name + " <" + email + ">"
}

func TestMailmap(t *testing.T) {
	t.Parallel()
	m, warnings := people.ParseMailmap(ownership.File{Path: ".mailmap", Data: []byte(mailmap)})
	if len(warnings) > 0 {
		t.Error(warnings)
	}
	for contact, want := range contacts() {
		if got := lookup(m, contact); got != want {
			t.Errorf("%s: %s, want %s", contact, got, want)
		}
	}
	if got := lookup(people.Mailmap{}, "A <a@b>"); got != "A <a@b>" {
		t.Error(got)
	}
}

// TestMailmapAsGit holds what is wanted above to git itself.
func TestMailmapAsGit(t *testing.T) {
	t.Parallel()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".mailmap"), []byte(mailmap), 0o600); err != nil {
		t.Fatal(err)
	}
	var in, want []string
	for contact, becomes := range contacts() {
		in, want = append(in, contact), append(want, becomes)
	}
	for _, args := range [][]string{{"init", "-q"}, {"check-mailmap", "--stdin"}} {
		cmd := exec.CommandContext(t.Context(), git, args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(strings.Join(in, "\n")+"\n")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if args[0] == "check-mailmap" {
			if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(string(out)), "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	}
}

func TestMailmapWarnings(t *testing.T) {
	t.Parallel()
	const in = "nothing\n<alone@example.org>\nName <>\nName <unclosed\nA <a@b> # <c@d>\n"
	_, warnings := people.ParseMailmap(ownership.File{Path: ".mailmap", Data: []byte(in)})
	var got []string
	for _, w := range warnings {
		got = append(got, w.Pos.String()+": "+w.Text)
	}
	const hint = " corrects nothing; write Proper Name <proper@example.org> <other@example.org>"
	want := []string{`.mailmap:1: "nothing"` + hint, `.mailmap:2: "<alone@example.org>"` + hint, `.mailmap:3: "Name <>"` + hint,
		`.mailmap:4: "Name <unclosed"` + hint}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, warnings = people.ParseMailmap(ownership.File{Path: ".mailmap", Data: make([]byte, 4<<20+1)})
	if len(warnings) != 1 || warnings[0].Text != "more than 4194304 bytes; the file is not read" {
		t.Error(warnings)
	}
}

func FuzzMailmap(f *testing.F) {
	for _, seed := range []string{mailmap, "<a@b> <c@d>\n", "A <a@b> C <", "#\n<>\n"} {
		if len(seed) == 0 {
			f.Fatal("an empty seed")
		}
		f.Add([]byte(seed), "A", "c@d")
	}
	f.Fuzz(func(t *testing.T, data []byte, name, email string) {
		file := ownership.File{Path: ".mailmap", Data: data}
		m, warnings := people.ParseMailmap(file)
		again, _ := people.ParseMailmap(file)
		properName, properEmail := m.Lookup(name, email)
		if n, e := again.Lookup(name, email); n != properName || e != properEmail {
			t.Errorf("not the same twice: %q <%q>, %q <%q>", properName, properEmail, n, e)
		}
		if properEmail != email && !strings.Contains(string(data), properEmail) {
			t.Errorf("the address %q is not in the file", properEmail)
		}
		for _, w := range warnings {
			if w.Pos.File != ".mailmap" || w.Pos.Line < 1 || w.Text == "" {
				t.Errorf("warning %+v", w)
			}
		}
	})
}
