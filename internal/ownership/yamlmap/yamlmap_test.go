package yamlmap_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

const whole = `version: 1
subsystems:
  - name: fs/erofs
    title: {en: EROFS, zh-CN: EROFS 文件系统}
    paths:
      - "fs/erofs/**"
      - "!fs/erofs/generated/**"
      - "*.erofs"
    maintainers:
      - alice
      - "@acme/erofs"
      - {login: "ci[bot]", bot: true}
    reviewers: [bob, {login: carol}]
    threshold: "> 66.67%"
    contact: erofs@example.org
    labels: [storage, fs]
  - {name: rest, fallback: true, maintainers: [dave]}
`

func TestParse(t *testing.T) {
	t.Parallel()
	set, warnings, err := yamlmap.Parse("map.yml", []byte(whole))
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	var got []string
	for _, s := range set.Subsystems {
		got = append(got, fmt.Sprintf("%s at %s: %v fallback %v, %s, %s, %v", s.Name, s.Pos, s.Titles, s.Fallback, s.Threshold, s.Contact,
			s.Labels))
		for _, r := range s.Include {
			got = append(got, r.Pos.String()+" "+r.Pattern.String())
		}
		for _, r := range s.Exclude {
			got = append(got, r.Pos.String()+" not "+r.Pattern.String())
		}
		got = append(got, fmt.Sprintf("%v %v", s.Maintainers, s.Reviewers))
	}
	want := []string{
		"fs/erofs at map.yml:3: map[en:EROFS zh-CN:EROFS 文件系统] fallback false, > 66.67%, erofs@example.org, [storage fs]",
		"map.yml:6 fs/erofs/**", "map.yml:8 *.erofs", "map.yml:7 not fs/erofs/generated/**",
		"[alice @acme/erofs ci[bot]] [bob carol]",
		"rest at map.yml:17: map[] fallback true, , , []",
		"[dave] []",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if bot := set.Subsystems[0].Maintainers[2]; !bot.Bot {
		t.Errorf("%v is no bot", bot)
	}
}

// TestRespondWithin holds that an area, and one of another source, has a time to answer in, none,
// or says nothing of it.
func TestRespondWithin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "not said", "respond_within: 2d": "48h0m0s", "respond_within: off": "0s"} {
		set, _, err := yamlmap.Parse("map.yml", []byte("version: 1\nsubsystems:\n  - name: mm\n    paths: [mm/**]\n    maintainers: [alice]\n    "+text+
			"\noverlays:\n  - name: VFS\n    contact: x\n    "+text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []*time.Duration{set.Subsystems[0].Respond, set.Overlays[0].Respond} {
			got := "not said"
			if d != nil {
				got = d.String()
			}
			if got != want {
				t.Errorf("%q: %s", text, got)
			}
		}
	}
}

// TestAdvise holds what a valid map may lack.
func TestAdvise(t *testing.T) {
	t.Parallel()
	const floors, fallback = "no subsystem has a threshold", "no subsystem is the fallback"
	for text, want := range map[string][]string{
		whole: nil,
		"version: 1\nsubsystems:\n  - {name: mm, paths: [mm/**], maintainers: [alice]}\n": {
			"map.yml:3: subsystem mm has a single maintainer", floors, fallback},
		"version: 1\nsubsystems:\n  - {name: mm, paths: [mm/**], maintainers: [\"@acme/mm\"], threshold: 100%}\n": {fallback},
		"version: 1\nsubsystems:\n  - {name: core, fallback: true, maintainers: [alice]}\n":                       {floors},
		"version: 1\noverlays:\n  - {name: mm, contact: x}\n":                                                     nil,
	} {
		set, warnings, err := yamlmap.Parse("map.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got := yamlmap.Advise(set, append(warnings, ownership.Warning{Pos: ownership.Pos{File: "map.yml", Line: 9}, Text: "odd"}))
		if want = append(want, "map.yml:9: odd"); len(got) != len(want) {
			t.Fatalf("%s\n%s, want %q", text, got, want)
		}
		for i := range want {
			if !strings.HasPrefix(got[i].String(), want[i]) {
				t.Errorf("%s\n%s, want %q", text, got[i], want[i])
			}
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const one = "version: 1\nsubsystems:\n  - name: mm\n    maintainers: [a]\n"
	tests := map[string]struct{ in, want string }{
		"no version":         {"subsystems: [{name: a, paths: [a], maintainers: [a]}]\n", "m.yml:1: want version: 1; this gate reads no other"},
		"another version":    {"version: 2\nsubsystems: []\n", "m.yml:1: want version: 1; this gate reads no other"},
		"no subsystems":      {"version: 1\n", "m.yml: no subsystems; list at least one"},
		"key at the top":     {"version: 1\nsubsytems: []\n", `m.yml:2: unknown key "subsytems"; did you mean "subsystems"?`},
		"key of a subsystem": {one + "    path: [a]\n", `m.yml:5: unknown key "path"; did you mean "paths"?`},
		"key of an owner": {"version: 1\nsubsystems:\n  - {name: mm, paths: [a], maintainers: [{login: a, team: b}]}\n",
			`m.yml:3: unknown key "team"; known here: bot, id, login`},
		"a list of names": {"version: 1\nsubsystems: [mm]\n",
			`m.yml:2: want a subsystem, such as {name: mm, paths: ["mm/**"], maintainers: [alice]}`},
		"no name": {"version: 1\nsubsystems:\n  - paths: [a]\n    maintainers: [a]\n", "m.yml:3: a subsystem needs a name"},
		"a comma in the name": {"version: 1\nsubsystems:\n  - {name: 'a,b', paths: [a], maintainers: [a]}\n",
			`m.yml:3: name "a,b": at most 80 characters, without commas, bars, angle brackets, backquotes or a leading @`},
		"no maintainers": {"version: 1\nsubsystems:\n  - {name: mm, paths: [a], reviewers: [a]}\n",
			`m.yml:3: subsystem "mm" has no maintainers, so nothing of it could ever be reviewed; name at least one`},
		"no paths":        {one, `m.yml:3: subsystem "mm" owns nothing: give it paths, or fallback: true`},
		"exclusions only": {one + "    paths: ['!a']\n", `m.yml:3: subsystem "mm" owns nothing: give it paths, or fallback: true`},
		"a language": {one + "    paths: [a]\n    title: {de: Speicher}\n",
			`m.yml:3: subsystem "mm" has a title in "de"; titles are read in en and zh-CN`},
		"two of one name": {one + "    paths: [a]\n  - {name: mm, paths: [b], maintainers: [b]}\n",
			`m.yml:6: subsystem "mm" stands already at m.yml:3; give it another name`},
		"thresholds": {one + "    paths: [a]\n    threshold: 101%\n",
			`m.yml:6: threshold "101%": more than 100% can't be reached; write 80% for at least 80%, or "> 80%" for strictly more`},
		"a time": {one + "    paths: [a]\n    respond_within: soon\n",
			`m.yml:6: "soon" is no time to wait; write it as 12h, 3d or 2w, or off`},
		"a list as a path": {one + "    paths: [[a]]\n", `m.yml:5: want a pattern in quotes, such as "mm/**"`},
		"a bare star": {one + "    paths:\n      - *.c\n",
			`m.yml:6: did not find expected alphabetic or numeric character; a pattern that starts with * or & needs quotes, such as "*.go"`},
		"a bare team": {"version: 1\nsubsystems:\n  - name: mm\n    paths: [a]\n    maintainers: [@acme/mm]\n",
			"m.yml:5: found character that cannot start any token; put the value in quotes (names that start with @ need them too)"},
		"a team as a bot": {"version: 1\nsubsystems:\n  - {name: mm, paths: [a], maintainers: [{login: '@a/b', bot: true}]}\n",
			`m.yml:3: owner "@a/b": a team is no bot; list the bot by its login`},
		"a list as an owner": {"version: 1\nsubsystems:\n  - {name: mm, paths: [a], maintainers: [[a]]}\n",
			`m.yml:3: owner "": want a login, such as alice, or a team in quotes, such as "@acme/mm"`},
		"all at once": {
			one + "    paths:\n      - 'a['\n      - 'b//c'\n    threshold: x\n  - {name: b, paths: [x], maintainers: [a b, acme/mm]}\n",
			"m.yml:6: pattern \"a[\": brackets, braces or a backslash at its end do not fit; quote one that is meant as itself with \\\n" +
				"m.yml:7: pattern \"b//c\": no path has an empty segment; write one slash\n" +
				"m.yml:8: threshold \"x\": want a percentage between 0% and 100%; write 80% for at least 80%, or \"> 80%\" for strictly more\n" +
				"m.yml:9: owner \"a b\": want a login, such as alice, or a team in quotes, such as \"@acme/mm\"\n" +
				"m.yml:9: owner \"acme/mm\": write a team with a leading @ and in quotes, \"@acme/mm\"",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := yamlmap.Parse("m.yml", []byte(tt.in))
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	_, warnings, err := yamlmap.Parse("m.yml",
		[]byte("version: 1\nsubsystems:\n  - {name: mm, paths: [a], maintainers: [alice, bob], reviewers: [ALICE]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []ownership.Warning{{Pos: ownership.Pos{File: "m.yml", Line: 3}, Text: "subsystem mm lists ALICE twice"}}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzParse holds the parser to its promises: no panic, every fault names the
// file and has words, and what is accepted makes a map without empty owners.
func FuzzParse(f *testing.F) {
	seeds := []string{whole, "version: 1\n", "version: 1\nsubsystems: [{name: a, paths: [\"**\"], maintainers: [a]}]\n",
		"version: 1\nsubsystems: [{name: a, fallback: true, maintainers: [~]}]\n", "a: &a [*a]", "version: 1\nsubsystems:\n  - <<: {name: x}\n"}
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, _, err := yamlmap.Parse("m.yml", data)
		if err != nil {
			for _, fault := range strictyaml.AsFaults(err) {
				if fault.Text == "" || !strings.HasPrefix(fault.String(), "m.yml") {
					t.Errorf("a fault without words or file: %q", fault.String())
				}
			}
			return
		}
		m, err := ownership.New(set)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range set.Subsystems {
			if len(s.Maintainers) == 0 || s.Pos.Line < 1 {
				t.Errorf("%q at %s: %v", s.Name, s.Pos, s.Maintainers)
			}
			for _, o := range append(s.Maintainers, s.Reviewers...) {
				if (o.Login == "") == (o.Team == "") {
					t.Errorf("%q: owner %+v", s.Name, o)
				}
			}
		}
		m.Match("mm/slab.c")
	})
}

func TestOverlays(t *testing.T) {
	t.Parallel()
	set, _, err := yamlmap.Parse("o.yml",
		[]byte("version: 1\noverlays:\n  - {name: \"A\\tB\", maintainers: [alice, \"@acme/mm\"], threshold: 50%, title: {en: X}, labels: "+
			"[l], contact: c}\n"))
	if err != nil || len(set.Overlays) != 1 {
		t.Fatal(set, err)
	}
	o := set.Overlays[0]
	if o.Name != "A\tB" || len(o.Maintainers) != 2 || o.Threshold.String() != "50%" || o.Titles["en"] != "X" || o.Labels[0] != "l" ||
		o.Contact != "c" || o.Pos.Line != 3 {
		t.Errorf("%+v", o)
	}
	for text, want := range map[string]string{
		"[{name: a}]":                               "want the name of a subsystem and what it gets",
		"[{maintainers: [alice]}]":                  "want the name of a subsystem and what it gets",
		"[a]":                                       "want an overlay, such as",
		"[{name: a, maintainers: []}]":              "an empty list would change nothing; leave out maintainers, or name who it is",
		"[{name: a, paths: [x]}]":                   `unknown key "paths"`,
		"[{name: a, contact: c, title: {fr: x}}]":   `subsystem "a" has a title in "fr"`,
		"[{name: a, maintainers: [a@example.org]}]": `owner "a@example.org": want a login`,
	} {
		if _, _, err := yamlmap.Parse("o.yml", []byte("version: 1\noverlays: "+text+"\n")); err == nil ||
			!strings.HasPrefix(err.Error(), "o.yml:2: "+want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
