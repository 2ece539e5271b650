package people_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/people"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

var gitee = ownership.Forge{Name: "gitee", Kind: "gitee"}

const sigInfo = `name: Kernel
description: the kernel
mailing_list: kernel@list.example
mentors: [{gitee_id: not-read}]
maintainers:
- {gitee_id: Zhao, atomgit_id: zhao_a, name: Zhao Min, email: zhao@corp.example, organization: Corp}
- {gitee_id: NA, atomgit_id: lin_a, name: Lin Hao, email: lin@corp.example}
repositories:
- repo: [acme/kernel, acme/tools]
  admins: [{gitee_id: gu, name: Gu, email: gu@corp.example}]
  committers:
  - {gitee_id: zhao, name: Zhao Min, email: zmin@old.example}
  - {name: Zhao Min, email: zhao@corp.example}
branches:
- repo_branch: [{repo_name: acme/kernel, branch_name: main}]
  keeper: [{gitee_id: bai, name: Bai, email: bai@corp.example}]
`

func sig(t testing.TB, text string, forge ownership.Forge) people.People {
	t.Helper()
	p, warnings, err := people.ParseSigInfo(ownership.File{Path: "sig-info.yaml", Data: []byte(text)}, forge)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	return p
}

// resolved says whose right addresses give, and from whom they take it.
func resolved(p people.People, forge string, emails ...string) string {
	var out []string
	for _, email := range emails {
		logins, _ := p.Logins(email, forge)
		slices.Sort(logins)
		out = append(out, fmt.Sprintf("%s:%s%v", email, p.Resolve(ownership.Owner{Email: email}, forge, people.Mailmap{}).Login, logins))
	}
	return strings.Join(out, " ")
}

func TestSigInfo(t *testing.T) {
	t.Parallel()
	emails := []string{"zhao@corp.example", "zmin@old.example", "lin@corp.example", "gu@corp.example", "bai@corp.example"}
	for _, tt := range []struct {
		forge ownership.Forge
		want  string
	}{
		{gitee, "zhao@corp.example:Zhao[Zhao] zmin@old.example:Zhao[Zhao] lin@corp.example:[] gu@corp.example:gu[gu] bai@corp.example:bai[bai]"},
		{ownership.Forge{Name: "corp", Kind: "gitee"},
			"zhao@corp.example:Zhao[Zhao] zmin@old.example:Zhao[Zhao] lin@corp.example:[] gu@corp.example:gu[gu] bai@corp.example:bai[bai]"},
		{ownership.Forge{Name: "code", Kind: "gitcode"},
			"zhao@corp.example:zhao_a[zhao_a] zmin@old.example:[] lin@corp.example:lin_a[lin_a] gu@corp.example:[] bai@corp.example:[]"},
		{ownership.Forge{Name: "atomgit"},
			"zhao@corp.example:zhao_a[zhao_a] zmin@old.example:[] lin@corp.example:lin_a[lin_a] gu@corp.example:[] bai@corp.example:[]"},
		{ownership.Forge{Name: "github", Kind: "github"},
			"zhao@corp.example:[] zmin@old.example:[] lin@corp.example:[] gu@corp.example:[] bai@corp.example:[]"},
	} {
		p, warnings := people.Join(tt.forge.Name, sig(t, sigInfo, tt.forge))
		if diff := cmp.Diff(tt.want, resolved(p, tt.forge.Name, emails...)); diff != "" || len(warnings) > 0 {
			t.Errorf("%+v: %v (-want +got):\n%s", tt.forge, warnings, diff)
		}
	}
}

func TestSigInfoWarnings(t *testing.T) {
	t.Parallel()
	_, warnings, err := people.ParseSigInfo(ownership.File{Path: "s.yaml", Data: []byte(`maintainers:
- {gitee_id: a b, email: a@x.example}
- {gitee_id: c, email: c}
- {name: Nobody}
- dave
- {gitee_id: e, email: null}
repositories:
- committers: frank
- contributors:
`)}, gitee)
	var got []string
	for _, w := range warnings {
		got = append(got, w.Pos.String()+": "+w.Text)
	}
	want := []string{
		`s.yaml:2: gitee_id: "a b" is no login, and says nothing here`,
		`s.yaml:3: "c" is no e-mail address, and says nothing here`,
		"s.yaml:4: an entry of maintainers has neither a login nor an address, and says nothing here",
		"s.yaml:5: an entry of maintainers says nothing here; want {gitee_id: alice, email: alice@example.org}",
		"s.yaml:8: committers is no list of people, and says nothing here",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestSigInfoFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                    "s.yaml: the file is empty",
		"- a":                                 "s.yaml:1: want keys and values",
		"name: Kernel\n":                      "s.yaml: nobody with a login or an address",
		"maintainers: [":                      "s.yaml:1: ",
		"maintainers: []\nname: a\nname: b\n": `s.yaml:3: duplicate key "name" (first on line 2)`,
		"maintainers:\n- {gitee_id: a, gitee_id: b}\n": `s.yaml:2: duplicate key "gitee_id" (first on line 2)`,
		"maintainers:\n- {<<: {gitee_id: a}}\n":        "s.yaml:2: merge keys are not read",
		strings.Repeat("#", strictyaml.MaxSize+1):      "s.yaml: 4194305 bytes are more",
	} {
		_, _, err := people.ParseSigInfo(ownership.File{Path: "s.yaml", Data: []byte(text)}, gitee)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}

// TestJoin: lists add up; one login is one person, and an address of several gives nobody a
// right.
func TestJoin(t *testing.T) {
	t.Parallel()
	const first = `version: 1
people:
  - {key: zhao, name: Zhao Min, emails: [zhao@home.example], logins: {gitee: zhao, github: zhao-mm}, absent: {from: 2026-01-01, until: 2026-02-01}}
  - {key: team, emails: [gu@corp.example], logins: {gitee: team}}
  - {key: lin, name: Lin Hao, emails: [lin@corp.example], logins: {github: lin-gh}}
teams: {mm: [zhao], fs: [team]}
`
	const second = `version: 1
people:
  - {key: z, emails: [z@second.example], logins: {gitee: ZHAO}, absent: {from: 2026-03-01}}
  - {key: bai, logins: {gitee: bai}}
  - {key: lin, name: Lin Hao, emails: [lin@corp.example], logins: {gitee: lin2}}
teams: {MM: [bai, z]}
`
	other, _, err := people.Parse(ownership.File{Path: "q.yml", Data: []byte(second)})
	if err != nil {
		t.Fatal(err)
	}
	p, warnings := people.Join("gitee", parse(t, first), other, sig(t, sigInfo, gitee))
	want := "zhao@corp.example:zhao[zhao] zmin@old.example:zhao[zhao] zhao@home.example:zhao[zhao] z@second.example:zhao[zhao] " +
		"gu@corp.example:[gu team] lin@corp.example:[lin2] bai@corp.example:bai[bai]"
	if diff := cmp.Diff(want, resolved(p, "gitee", "zhao@corp.example", "zmin@old.example", "zhao@home.example", "z@second.example",
		"gu@corp.example", "lin@corp.example", "bai@corp.example")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if members, listed := p.Team("acme/mm", "gitee"); strings.Join(members, " ") != "zhao bai" || !listed {
		t.Errorf("members %v", members)
	}
	for month, away := range map[time.Month]bool{time.January: true, time.February: false, time.March: true} {
		if got := p.Absent("Zhao", "gitee", time.Date(2026, month, 15, 0, 0, 0, 0, time.UTC)); got != away {
			t.Errorf("%s: %v", month, got)
		}
	}
	var got []string
	for _, w := range warnings {
		text, _, _ := strings.Cut(w.Text, ";")
		got = append(got, w.Pos.String()+": "+text)
	}
	wantWarnings := []string{"q.yml:5: lin@corp.example is somebody else's, too, in p.yml",
		"sig-info.yaml:10: gu@corp.example is somebody else's, too, in p.yml"}
	if diff := cmp.Diff(wantWarnings, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// TestSamePerson holds when an entry without a login is of somebody who has one.
func TestSamePerson(t *testing.T) {
	t.Parallel()
	entry := func(name, email, login string) people.People {
		e := people.Entry{Name: name, Email: email, Line: 1}
		if login != "" {
			e.Logins = map[string]string{"gitee": login}
		}
		return people.Listed(name+email+login, []people.Entry{e})
	}
	keyed := func(text string) people.People { return parse(t, "version: 1\npeople: [{key: k, "+text+"}]\n") }
	for name, tt := range map[string]struct {
		lists []people.People
		want  string
	}{
		"one name":        {[]people.People{entry("Ann", "a@x", "ann"), entry("ann", "a@x", "")}, "ann[ann]"},
		"no name":         {[]people.People{entry("Ann", "a@x", "ann"), entry("", "a@x", "")}, "ann[ann]"},
		"another name":    {[]people.People{entry("Ann", "a@x", "ann"), entry("Bob", "a@x", "")}, "[ann]"},
		"another login":   {[]people.People{entry("Ann", "a@x", "ann"), entry("Ann", "a@x", "bob")}, "[ann bob]"},
		"keyed, one name": {[]people.People{entry("Ann", "a@x", "ann"), keyed("name: Ann, emails: [a@x], logins: {github: an}")}, "ann[ann]"},
		"keyed, no name":  {[]people.People{entry("Ann", "a@x", "ann"), keyed("emails: [a@x], logins: {github: an}")}, "[ann]"},
		"both keyed": {[]people.People{keyed("name: Ann, emails: [a@x], logins: {gitee: ann}"),
			keyed("name: Ann, emails: [a@x]")}, "[ann]"},
		"nobody with a login": {[]people.People{entry("Ann", "a@x", ""), entry("Bob", "a@x", "")}, "[]"},
	} {
		for range 2 {
			p, _ := people.Join("gitee", tt.lists...)
			if got := strings.TrimPrefix(resolved(p, "gitee", "a@x"), "a@x:"); got != tt.want {
				t.Errorf("%s: %s, want %s", name, got, tt.want)
			}
			slices.Reverse(tt.lists)
		}
	}
}

// TestAddressOfACrowd: an address of very many people tells of nobody else who it is.
func TestAddressOfACrowd(t *testing.T) {
	t.Parallel()
	for others, want := range map[int]string{7: "ann[ann]", 8: "[]"} {
		lists := []people.People{
			people.Listed("l", []people.Entry{{Name: "Ann", Email: "a@x", Logins: map[string]string{"gitee": "ann"}, Line: 1}}),
			parse(t, "version: 1\npeople: [{key: k, name: Ann, emails: [a@x, z@x], logins: {github: an}}]\n"),
		}
		for i := range others {
			other := people.Entry{Email: "a@x", Logins: map[string]string{"gitee": fmt.Sprint("u", i)}, Line: 1}
			lists = append(lists, people.Listed("l", []people.Entry{other}))
		}
		p, _ := people.Join("gitee", lists...)
		if got := strings.TrimPrefix(resolved(p, "gitee", "z@x"), "z@x:"); got != want {
			t.Errorf("with %d others: %s, want %s", others, got, want)
		}
	}
}

// TestOrderOfLists: the order of lists decides nothing, and no list gives an address a login
// that another gives to somebody else.
func TestOrderOfLists(t *testing.T) {
	t.Parallel()
	word := func(words ...string) *rapid.Generator[string] { return rapid.SampledFrom(words) }
	rapid.Check(t, func(t *rapid.T) {
		forge := word("gitee", people.NoForge).Draw(t, "forge")
		var lists []people.People
		given := map[string]map[string]bool{} // logins by address
		for range rapid.IntRange(1, 4).Draw(t, "lists") {
			var entries []people.Entry
			for range rapid.IntRange(0, 3).Draw(t, "entries") {
				e := people.Entry{Name: word("", "Ann", "Bob").Draw(t, "name"), Email: word("a@x", "b@x", "c@x").Draw(t, "email"), Line: 1}
				if login := word("", "ann", "bob", "Ann").Draw(t, "login"); login != "" {
					e.Logins = map[string]string{"gitee": login}
					if given[e.Email] == nil {
						given[e.Email] = map[string]bool{}
					}
					given[e.Email][strings.ToLower(login)] = true
				}
				entries = append(entries, e)
			}
			lists = append(lists, people.Listed("l", entries))
		}
		p, _ := people.Join(forge, lists...)
		want := strings.ToLower(resolved(p, forge, "a@x", "b@x", "c@x"))
		for _, email := range []string{"a@x", "b@x", "c@x"} {
			login := strings.ToLower(p.Resolve(ownership.Owner{Email: email}, forge, people.Mailmap{}).Login)
			if len(given[email]) > 1 && login != "" || login != "" && !given[email][login] {
				t.Fatalf("%s is %s; given to %v", email, login, given[email])
			}
		}
		again, _ := people.Join(forge, rapid.Permutation(lists).Draw(t, "order")...)
		if got := strings.ToLower(resolved(again, forge, "a@x", "b@x", "c@x")); got != want {
			t.Fatalf("%s, and in another order %s", want, got)
		}
	})
}

func FuzzParseSigInfo(f *testing.F) {
	for _, seed := range []string{sigInfo, "maintainers:\n- &a {gitee_id: a, email: a@x}\n- *a\n", "repositories:\n- repo: [a/b]\n  committers: [{atomgit_id: 1}]\n"} {
		if len(seed) == 0 {
			f.Fatal("an empty seed")
		}
		f.Add([]byte(seed), "gitee")
	}
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		forge := ownership.Forge{Name: name}
		p, warnings, err := people.ParseSigInfo(ownership.File{Path: "s.yaml", Data: data}, forge)
		for _, fault := range strictyaml.AsFaults(err) {
			if fault.File != "s.yaml" || fault.Text == "" {
				t.Errorf("fault %+v", fault)
			}
		}
		joined, more := people.Join(name, p, p)
		for _, w := range append(warnings, more...) {
			if w.Pos.File != "s.yaml" || w.Pos.Line < 1 || w.Text == "" {
				t.Errorf("warning %+v", w)
			}
		}
		for _, email := range joined.Addresses() {
			if login := joined.Resolve(ownership.Owner{Email: email}, name, people.Mailmap{}).Login; login != "" {
				if logins, _ := joined.Logins(email, name); !slices.Contains(logins, login) {
					t.Errorf("%s is %s, and its logins are %v", email, login, logins)
				}
			}
		}
	})
}
