package people_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/people"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

const whole = `version: 1
people:
  - key: alice
    name: Alice Example
    emails: [Alice@Example.org, alice@old.example.org]
    logins: {github: alice, gitee: alice_g}
    absent: {from: 2026-11-01, until: 2026-12-01}
  - key: bob
    emails: [bob@example.org]
    logins: {gitee: Bob}
    absent: {until: "2026-12-01"}
  - {key: carol, name: Carol, emails: [carol@example.org], absent: {from: 2026-11-01}}
  - {key: dan, logins: {github: dan, gitee: bobby}}
`

func parse(t testing.TB, text string) people.People {
	t.Helper()
	p, warnings, err := people.Parse(ownership.File{Path: "p.yml", Data: []byte(text)})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	return p
}

func TestResolve(t *testing.T) {
	t.Parallel()
	p := parse(t, whole)
	m, warnings := people.ParseMailmap(ownership.File{Path: ".mailmap",
		Data: []byte("<alice@example.org> <al@vendor.example.com>\n<nobody@example.org> <bob@example.org>\n<bob@example.org> Bob " +
			"<shared@example.org>\n")})
	if len(warnings) > 0 {
		t.Fatal(warnings)
	}
	tests := map[string]struct {
		owner ownership.Owner
		forge string
		login string
	}{
		"by address":                       {ownership.Owner{Name: "A", Email: "alice@example.org"}, "github", "alice"},
		"without case":                     {ownership.Owner{Email: "ALICE@OLD.example.ORG"}, "GitHub", "alice"},
		"on another forge":                 {ownership.Owner{Email: "alice@example.org"}, "gitee", "alice_g"},
		"by the mailmap":                   {ownership.Owner{Email: "Al@vendor.example.com"}, "gitee", "alice_g"},
		"as written":                       {ownership.Owner{Email: "bob@example.org"}, "gitee", "Bob"},
		"by the mailmap's name":            {ownership.Owner{Name: "bob", Email: "shared@example.org"}, "gitee", "Bob"},
		"another name of a shared address": {ownership.Owner{Name: "Eve", Email: "shared@example.org"}, "gitee", ""},
		"no login there":                   {ownership.Owner{Email: "bob@example.org"}, "github", ""},
		"no login at all":                  {ownership.Owner{Email: "carol@example.org"}, "github", ""},
		"never by name":                    {ownership.Owner{Name: "Alice Example"}, "github", ""},
		"nor by name and a wrong address":  {ownership.Owner{Name: "Alice Example", Email: "eve@example.org"}, "github", ""},
		"a login stays":                    {ownership.Owner{Login: "eve", Email: "alice@example.org"}, "github", "eve"},
		"nobody":                           {ownership.Owner{}, "github", ""},
	}
	for name, tt := range tests {
		want := tt.owner
		want.Login = tt.login
		if diff := cmp.Diff(want, p.Resolve(tt.owner, tt.forge, m)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// Whoever the mailmap says it is, it is nobody else: bob has no login there,
	// and who claims his address does not stand in for him.
	claimed := parse(t, "version: 1\npeople:\n- {key: bob, emails: [bob@example.org], logins: {gitee: bob}}\n- {key: eve, emails: "+
		"[old@example.org], logins: {github: eve}}\n")
	moved, _ := people.ParseMailmap(ownership.File{Path: ".mailmap", Data: []byte("<bob@example.org> <old@example.org>\n")})
	if got := claimed.Resolve(ownership.Owner{Email: "old@example.org"}, "github", moved); got.Known() {
		t.Errorf("%+v", got)
	}
	team := ownership.Owner{Team: "acme/mm", Email: "alice@example.org"}
	if got := p.Resolve(team, "github", m); got != team {
		t.Errorf("%+v", got)
	}
	alice := ownership.Owner{Email: "alice@example.org"}
	if got := (people.People{}).Resolve(alice, "github", people.Mailmap{}); got != alice {
		t.Errorf("%+v", got)
	}
}

// TestTeam gives the list of a team: that of its organisation before that of any.
func TestTeam(t *testing.T) {
	t.Parallel()
	p := parse(t, whole+"teams: {mm: [alice, bob, carol], acme/FS: [dan], fs: [alice], none: []}\n")
	for in, want := range map[string]string{"acme/mm github": "[alice] true", "Acme/MM gitee": "[alice_g Bob] true",
		"acme/fs github": "[dan] true", "other/fs github": "[alice] true", "acme/none github": "[] true", "acme/net github": "[] false"} {
		team, forge, _ := strings.Cut(in, " ")
		logins, listed := p.Team(team, forge)
		if got := fmt.Sprint(logins, listed); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestAbsent(t *testing.T) {
	t.Parallel()
	p := parse(t, whole+"  - {key: erin, logins: {github: erin}, absent: {from: 2026-11-01}}\n")
	east := time.FixedZone("east", 8*60*60)
	tests := []struct {
		login, forge string
		at           time.Time
		want         bool
	}{
		{"alice", "github", time.Date(2026, 10, 31, 23, 59, 59, 0, time.UTC), false},
		{"Alice", "GitHub", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), true},
		{"alice_g", "gitee", time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC), true},
		{"alice", "github", time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), false},
		{"alice", "github", time.Date(2026, 12, 1, 7, 0, 0, 0, east), true},
		{"alice", "gitee", time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC), false},
		{"bob", "gitee", time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), true},
		{"bob", "gitee", time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), false},
		{"erin", "github", time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC), false},
		{"erin", "github", time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), true},
		{"dan", "github", time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC), false},
		{"nobody", "github", time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC), false},
	}
	for _, tt := range tests {
		if got := p.Absent(tt.login, tt.forge, tt.at); got != tt.want {
			t.Errorf("%s on %s at %s: %v, want %v", tt.login, tt.forge, tt.at, got, tt.want)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const top = "version: 1\npeople:\n  - {key: a, emails: [a@example.org], logins: {github: a}}\n"
	tests := map[string]struct{ in, want string }{
		"no version":       {"people: [{key: a, emails: [a@b]}]\n", "p.yml:1: want version: 1; this gate reads no other"},
		"nobody":           {"version: 1\npeople: []\n", "p.yml: no people; list at least one"},
		"empty":            {"", "p.yml: the file is empty; write at least: version: 1"},
		"a key at the top": {"version: 1\npepole: []\n", `p.yml:2: unknown key "pepole"; did you mean "people"?`},
		"a key":            {top + "  - {key: b, email: b@b}\n", `p.yml:4: unknown key "email"; did you mean "emails"?`},
		"a key of absent": {top + "  - {key: b, emails: [b@b], absent: {to: 2026-01-01}}\n",
			`p.yml:4: unknown key "to"; known here: from, until`},
		"a name": {"version: 1\npeople: [alice]\n",
			"p.yml:2: want a person, such as {key: alice, emails: [alice@example.org], logins: {github: alice}}"},
		"no key": {top + "  - {emails: [b@b]}\n", `p.yml:4: key "": a person needs a key of one word, such as alice`},
		"no address": {top + "  - {key: b, emails: [bob]}\n",
			`p.yml:4: "bob" of b is no e-mail address; write one such as alice@example.org`},
		"a team": {top + "  - {key: b, logins: {github: '@x/y'}}\n",
			`p.yml:4: login "@x/y" of b on "github": want the name of a forge in small letters and a login there, such as github: alice`},
		"a forge": {top + "  - {key: b, logins: {GitHub: b}}\n",
			`p.yml:4: login "b" of b on "GitHub": want the name of a forge in small letters and a login there, such as github: alice`},
		"nothing": {top + "  - {key: b, name: Bob}\n", "p.yml:4: b has neither addresses nor logins; give at least one"},
		"no days": {top + "  - {key: b, emails: [b@b], absent: true}\n",
			"p.yml:4: want days, such as {from: 2026-11-01, until: 2026-12-01}; either may be missing"},
		"no day": {top + "  - {key: b, emails: [b@b], absent: {from: 2026-13-01}}\n",
			`p.yml:4: invalid date "2026-13-01": use YYYY-MM-DD, such as 2027-01-31`},
		"no last day": {top + "  - {key: b, emails: [b@b], absent: {until: soon}}\n",
			`p.yml:4: invalid date "soon": use YYYY-MM-DD, such as 2027-01-31`},
		"no time": {top + "  - {key: b, emails: [b@b], absent: {from: 2026-12-01, until: 2026-12-01}}\n",
			"p.yml:4: from 2026-12-01 until 2026-12-01 is no time; until is the first day back"},
		"no member": {top + "teams: {mm: [b]}\n", `p.yml: "b" of team mm is no key of people; add the person, or correct the name`},
		"no team": {top + "teams: {'@acme/mm': [a], 'a b': [a], MM: [a], mm: [a]}\n",
			`p.yml: team "@acme/mm": want a name such as mm, or one with its organisation, such as acme/mm, and each once` + "\n" +
				`p.yml: team "a b": want a name such as mm, or one with its organisation, such as acme/mm, and each once` + "\n" +
				`p.yml: team "mm": want a name such as mm, or one with its organisation, such as acme/mm, and each once`},
		"shared": {
			top + "  - {key: A, emails: [A@example.ORG], logins: {github: A, gitee: a}}\n  - {key: c, logins: {gitee: A}}\n",
			"p.yml:4: A stands already for a in line 3; it can name one person only\n" +
				"p.yml:4: A on github stands already for a in line 3; it can name one person only\n" +
				"p.yml:5: A on gitee stands already for A in line 4; it can name one person only",
		},
	}
	for name, tt := range tests {
		_, _, err := people.Parse(ownership.File{Path: "p.yml", Data: []byte(tt.in)})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	_, warnings, err := people.Parse(ownership.File{Path: "p.yml", Data: []byte("version: 1\npeople:\n  - {key: a, emails: [a@b, A@b]}\n")})
	want := []ownership.Warning{{Pos: ownership.Pos{File: "p.yml", Line: 3}, Text: "A@b is listed twice for a"}}
	if diff := cmp.Diff(want, warnings); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestSharedAddress: an address of several people gives nobody a right, and names each
// where rights are taken away.
func TestSharedAddress(t *testing.T) {
	t.Parallel()
	const in = "version: 1\npeople:\n" +
		"  - {key: a, emails: [team@example.org, a@example.org], logins: {github: ann}}\n" +
		"  - {key: b, emails: [Team@example.org], logins: {github: bob}}\n" +
		"  - {key: c, emails: [ci@example.org], logins: {github: \"ci[bot]\"}}\n" +
		"  - {key: d, emails: [dan@example.org]}\n"
	p, warnings, err := people.Parse(ownership.File{Path: "p.yml", Data: []byte(in)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range warnings {
		got = append(got, w.Pos.String()+": "+w.Text)
	}
	want := []string{
		"p.yml:4: Team@example.org stands already for a in line 3; nobody approves by an address that several people have, and what is " +
			"committed under it counts as written by each: give each an address of their own",
		"p.yml:5: ci@example.org is given to the bot ci[bot]; what is committed under it counts as written by the bot, and nobody approves by it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for email, want := range map[string]struct {
		owner  string
		logins []string
		known  bool
	}{
		"a@example.org":    {"ann", []string{"ann"}, true},
		"TEAM@example.org": {"", []string{"ann", "bob"}, true},
		"ci@example.org":   {"", []string{"ci[bot]"}, true},
		"dan@example.org":  {"", nil, true},
		"eve@example.org":  {"", nil, false},
	} {
		if got := p.Resolve(ownership.Owner{Email: email}, "github", people.Mailmap{}); got.Login != want.owner {
			t.Errorf("%s approves as %q, want %q", email, got.Login, want.owner)
		}
		logins, known := p.Logins(email, "GitHub")
		if diff := cmp.Diff(want.logins, logins); diff != "" || known != want.known {
			t.Errorf("%s: known %v (-want +got):\n%s", email, known, diff)
		}
	}
}

// TestNoForge: on disk it is not known whose logins are meant, so rights come from those
// that are the same everywhere, and are taken from all.
func TestNoForge(t *testing.T) {
	t.Parallel()
	const in = "version: 1\npeople:\n" +
		"  - {key: a, emails: [a@example.org], logins: {github: Ann, gitee: ann}, absent: {from: 2026-01-01}}\n" +
		"  - {key: b, emails: [b@example.org], logins: {github: bob, gitee: bob_g}}\n" +
		"  - {key: c, emails: [c@example.org], logins: {github: carl, local: carl_l}}\n"
	p, _, err := people.Parse(ownership.File{Path: "p.yml", Data: []byte(in)})
	if err != nil {
		t.Fatal(err)
	}
	for email, want := range map[string]struct {
		owner  string
		logins []string
	}{
		"a@example.org": {"Ann", []string{"ann", "Ann"}},
		"b@example.org": {"", []string{"bob_g", "bob"}},
		"c@example.org": {"carl_l", []string{"carl", "carl_l"}},
	} {
		if got := p.Resolve(ownership.Owner{Email: email}, people.NoForge, people.Mailmap{}); got.Login != want.owner {
			t.Errorf("%s approves as %q, want %q", email, got.Login, want.owner)
		}
		logins, _ := p.Logins(email, people.NoForge)
		if diff := cmp.Diff(want.logins, logins); diff != "" {
			t.Errorf("%s (-want +got):\n%s", email, diff)
		}
	}
	if !p.Absent("ANN", people.NoForge, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) ||
		p.Absent("bob", people.NoForge, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("absences")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{whole, "version: 1\npeople:\n  - {key: a, emails: [a@b], absent: {from: 2026-01-01}}\n",
		"version: 1\npeople: [{key: a, logins: {x: y}}, {key: b, logins: {x: Y}}]\n"} {
		if len(seed) == 0 {
			f.Fatal("an empty seed")
		}
		f.Add([]byte(seed), "alice@example.org")
	}
	f.Fuzz(func(t *testing.T, data []byte, email string) {
		file := ownership.File{Path: "p.yml", Data: data}
		p, warnings, err := people.Parse(file)
		for _, fault := range strictyaml.AsFaults(err) {
			if fault.File != "p.yml" || fault.Text == "" {
				t.Errorf("fault %+v", fault)
			}
		}
		for _, w := range warnings {
			if w.Pos.File != "p.yml" || w.Pos.Line < 1 || w.Text == "" {
				t.Errorf("warning %+v", w)
			}
		}
		if again, _, errAgain := people.Parse(file); err == nil {
			o := ownership.Owner{Email: email}
			got := p.Resolve(o, "github", people.Mailmap{})
			if got != again.Resolve(o, "github", people.Mailmap{}) || got.Email != email {
				t.Errorf("%+v", got)
			}
			if got.Login != "" && !strings.Contains(string(data), got.Login) {
				t.Errorf("the login %q is not in the file", got.Login)
			}
			p.Absent(got.Login, "github", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
		} else if errAgain == nil || errAgain.Error() != err.Error() {
			t.Errorf("not the same twice: %v, %v", err, errAgain)
		}
	})
}

// TestManyNotes holds that of many faults or warnings a file is told some, and of the rest
// how many they are.
func TestManyNotes(t *testing.T) {
	t.Parallel()
	const most = 50
	list := func(person string, n int) []byte {
		return []byte("version: 1\npeople:\n" + strings.Repeat(person, n))
	}
	for more := range 3 {
		said := func(what, first, last string, n int) {
			t.Helper()
			if want := most + min(more, 1); n != want {
				t.Errorf("%s: %d are told, want %d", what, n, want)
			}
			if want := fmt.Sprintf("and %d more", more); more > 0 && strings.TrimSuffix(last, " "+what) != want || strings.HasPrefix(first, "and ") {
				t.Errorf("%s: the last one is %q, want %q", what, last, want)
			}
		}
		_, _, err := people.Parse(ownership.File{Path: "p.yml", Data: list("  - {key: alice, emails: [a@example.org]}\n", 1+most+more)})
		faults := strictyaml.AsFaults(err)
		said("faults", faults[0].Text, faults[len(faults)-1].Text, len(faults))
		text := list("  - {key: bob, emails: [b@example.org"+strings.Repeat(", b@example.org", most+more)+"]}\n", 1)
		_, warnings, err := people.Parse(ownership.File{Path: "p.yml", Data: text})
		if err != nil {
			t.Fatal(err)
		}
		said("warnings", warnings[0].Text, warnings[len(warnings)-1].Text, len(warnings))
		_, warnings = people.ParseMailmap(ownership.File{Path: ".mailmap", Data: []byte(strings.Repeat("nothing\n", most+more))})
		said("warnings", warnings[0].Text, warnings[len(warnings)-1].Text, len(warnings))
	}
}
