package strictyaml

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	Match string `yaml:"match"`
	Count int    `yaml:"count"`
}

type outer struct {
	Version int     `yaml:"version"`
	Rules   []inner `yaml:"rules"`
}

func TestUnmarshalFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"typo": {"version: 1\nrules:\n  - mach: a\n    cuont: 2\n",
			"f.yml:3: unknown key \"mach\"; did you mean \"match\"?\nf.yml:4: unknown key \"cuont\"; did you mean \"count\"?"},
		"far":       {"version: 1\nnonsense: 2\n", `f.yml:2: unknown key "nonsense"; known here: rules, version`},
		"type":      {"version: one\n", "f.yml:1: cannot unmarshal !!str `one` into int"},
		"duplicate": {"version: 1\nversion: 2\n", `f.yml:2: duplicate key "version" (first on line 1)`},
		"star": {"version: 1\nrules:\n  - match: *.go\n",
			`f.yml:3: did not find expected alphabetic or numeric character; a pattern that starts with * or & needs quotes, such as "*.go"`},
		"at": {"version: 1\nrules:\n  - match: @acme/mm\n",
			"f.yml:3: found character that cannot start any token; put the value in quotes (names that start with @ need them too)"},
		"anchor": {"version: &v 1\n",
			`f.yml:1: anchors and aliases are not read; a pattern that starts with * or & needs quotes, such as "*.go"`},
		"merge": {"version: 1\nrules:\n  - {match: a}\n  - <<: {match: b}\n",
			"f.yml:4: merge keys are not read; write out the keys that << would bring"},
		"merges":   {"<<: [{version: 1}]\n", "f.yml:1: merge keys are not read; write out the keys that << would bring"},
		"hidden":   {"rules:\n  - {match: a}\n!!binary dmVyc2lvbg==: 1\n", "f.yml:3: a key is plain text; write it without !!binary"},
		"tagged":   {"! \"<<\": {version: 1}\n", "f.yml:1: merge keys are not read; write out the keys that << would bring"},
		"empty":    {"# nothing\n", "f.yml: the file is empty; write at least: version: 1"},
		"no value": {"version: 1\nrules:\n", "f.yml:2: missing value: set one or remove the key"},
		"both": {"version: one\nrules:\nnonsense: 2\n",
			"f.yml:1: cannot unmarshal !!str `one` into int\nf.yml:2: missing value: set one or remove the key\nf.yml:3: unknown key " +
				"\"nonsense\"; known here: rules, version"},
		"no item": {"version: 1\nrules:\n  - match: a\n  - ~\n", "f.yml:4: missing value: set one or remove the key"},
		"list":    {"- a\n", "f.yml:1: want keys and values, such as: version: 1"},
		"second":  {"version: 1\n---\nversion: 2\n", "f.yml:2: a second document; keep one in a file and remove the line with ---"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Unmarshal("f.yml", []byte(tt.in), &outer{})
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	var got outer
	if err := Unmarshal("f.yml", []byte("version: 1\nrules: [{match: a, count: 2}]\n"), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(outer{Version: 1, Rules: []inner{{Match: "a", Count: 2}}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBombsAreCheap holds hostile documents to a memory bound: the same ones
// cost a bare decoder gigabytes.
func TestForeignNulls(t *testing.T) {
	t.Parallel()
	var v struct {
		A []string `yaml:"a"`
		B string   `yaml:"b"`
	}
	const text = "a:\nb: x\n"
	if err := UnmarshalForeign("x.yml", []byte(text), &v); err != nil || v.A != nil || v.B != "x" {
		t.Errorf("%+v, %v", v, err)
	}
	if err := Unmarshal("x.yml", []byte(text), &v); err == nil {
		t.Error("our own formats take no key without a value")
	}
}

// TestFaultsAreBounded holds that a file which is wrong everywhere, or nested for no
// reason, is told so in few words.
func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	var wrong strings.Builder
	for i := range maxFaults + 10 {
		fmt.Fprintf(&wrong, "k%d: 1\n", i)
	}
	err := Unmarshal("f.yml", []byte(wrong.String()), &outer{})
	if err == nil || strings.Count(err.Error(), "\n") > maxFaults {
		t.Errorf("wrong everywhere: %v", err)
	}
	deep := "version: " + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)
	if err := Unmarshal("f.yml", []byte(deep), &outer{}); err == nil || !strings.Contains(err.Error(), "nested more than 64 levels deep") {
		t.Errorf("deep: %v", err)
	}
}

func TestBombsAreCheap(t *testing.T) {
	bombs := map[string]string{
		"duplicate keys": strings.Repeat("a: 1\n", 8000),
		"aliases":        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n",
		"deep":           strings.Repeat("[", 9000),
		"deep closed":    "a: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"large":          "a: " + strings.Repeat("x", MaxSize),
	}
	for name, bomb := range bombs {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := errors.Join(Unmarshal("bomb.yml", []byte(bomb), &outer{}), UnmarshalForeign("bomb.yml", []byte(bomb), &outer{}))
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 64 {
			t.Errorf("%s: allocated %d MiB", name, mib)
		}
	}
}

// TestForeignAliases holds that other tools' files may have aliases of values, but
// none that hold each other, too much, or keys, and no key that reads like another one
// only once it is decoded.
func TestForeignAliases(t *testing.T) {
	t.Parallel()
	type lists struct {
		A []string            `yaml:"a"`
		B []string            `yaml:"b"`
		C map[string][]string `yaml:"c"`
	}
	var v lists
	if err := UnmarshalForeign("x.yml", []byte("a: &r [ann, bob]\nb: *r\nc: {x: *r, y: [&n cat, *n]}\n"), &v); err != nil {
		t.Fatal(err)
	}
	want := lists{A: []string{"ann", "bob"}, B: []string{"ann", "bob"}, C: map[string][]string{"x": {"ann", "bob"}, "y": {"cat", "cat"}}}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for text, want := range map[string]string{
		"a: &r [*r]\n":                            "x.yml:1: aliases that hold each other",
		"a: [&r b]\nc: {*r : []}\n":               "x.yml:2: a key is no alias",
		"c: &r {x: []}\nd: {<<: *r}\n":            "x.yml:2: merge keys are not read",
		"c: &c {x: &d {y: *c}, z: *d}\n":          "x.yml:1: aliases that hold each other",
		manyAliases:                               "x.yml:",
		"a: [x]\n---\nb: &r [y]\n":                "x.yml:",
		"a: [x]\na: [y]\n":                        `x.yml:2: duplicate key "a" (first on line 1`,
		"c: {x: &r [x], x: *r}\n":                 `x.yml:1: duplicate key "x"`,
		"c: {x: [x], !!binary eA==: [y]}\n":       "x.yml:1: a key is plain text; write it without !!binary",
		"c: {'': [x], ~: [y]}\n":                  "x.yml:1: a key is plain text; write it without !!null",
		"a: &a " + strings.Repeat("[", 70) + "\n": "x.yml:",
	} {
		if err := UnmarshalForeign("x.yml", []byte(text), &lists{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
}

// manyAliases is 10^8 values, written out.
var manyAliases = func() string {
	text := "a: &x0 [" + strings.Repeat("x,", 99) + "x]\nc:\n"
	for i := range 3 {
		text += fmt.Sprintf("  k%d: &x%d [%s*x%d]\n", i, i+1, strings.Repeat(fmt.Sprintf("*x%d,", i), 99), i)
	}
	return text
}()

func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{"version: 1\n", "version: 1\nrules: [{match: a}]\n", "a: *b", "a: &b c", "? [a]\n: b", "<<: {version: 1}",
		"version: 1\n---\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v outer
		if err := Unmarshal("f.yml", data, &v); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
		if err := UnmarshalForeign("f.yml", data, &v); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
