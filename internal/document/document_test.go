package document_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/document"
)

type thing struct {
	V    int      `json:"v"`
	Name string   `json:"name"`
	List []string `json:"list"`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	kind := document.Kind{Name: "the thing", Version: 4, Upgrades: map[int]document.Upgrade{
		1: func(doc []byte) ([]byte, error) {
			return bytes.Replace(doc, []byte(`"Name"`), []byte(`"called"`), 1), nil
		},
		3: func(doc []byte) ([]byte, error) {
			return bytes.Replace(doc, []byte(`"called"`), []byte(`"name"`), 1), nil
		},
	}}
	for doc, want := range map[string]thing{
		`{"Name":"a"}`:                      {Name: "a"},
		`{"v":1,"Name":"a"}`:                {V: 1, Name: "a"},
		`{"called":"a", "v": 2}`:            {V: 2, Name: "a"},
		`{"v":3,"called":"a","list":["b"]}`: {V: 3, Name: "a", List: []string{"b"}},
		`{"v":4,"name":"a"}`:                {V: 4, Name: "a"},
		`{"v":4}`:                           {V: 4},
		`{ "v" : 4 , "name" : "a" }`:        {V: 4, Name: "a"},
	} {
		var got thing
		if err := kind.Decode([]byte(doc), &got); err != nil {
			t.Errorf("%s: %v", doc, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", doc, diff)
		}
	}
}

// TestList holds that a list holds documents of any known version, each read as it is by
// itself.
func TestList(t *testing.T) {
	t.Parallel()
	kind := document.Kind{Name: "the thing", Version: 2, Upgrades: map[int]document.Upgrade{
		1: func(doc []byte) ([]byte, error) {
			return bytes.Replace(doc, []byte(`"called"`), []byte(`"name"`), 1), nil
		},
	}}
	version := func(t thing) int { return t.V }
	for list, want := range map[string][]thing{
		`[]`:                           {},
		`[{"v":2,"name":"a"},{"v":2}]`: {{V: 2, Name: "a"}, {V: 2}},
		`[{"v":2,"name":"a"},{"v":1,"called":"b"},{"called":"c"}]`: {{V: 2, Name: "a"}, {V: 1, Name: "b"}, {Name: "c"}},
		`[{"v":1,"name":"a","list":["x"]},{"v":2,"name":"b"}]`:     {{V: 1, Name: "a", List: []string{"x"}}, {V: 2, Name: "b"}},
	} {
		got, err := document.List(kind, []byte(list), version)
		if err != nil {
			t.Errorf("%s: %v", list, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", list, diff)
		}
	}
	for list, want := range map[string]string{
		`[{"v":2,"name":"a"},{"v":3,"name":{"a":1}}]`: "a later version",
		`[{"v":2,"name":"a"},{"v":0}]`:                "which no version",
		`[{"v":2,"name":7}]`:                          "read the thing",
		`[{"v":2},`:                                   "read the thing",
		``:                                            "read the thing",
	} {
		if got, err := document.List(kind, []byte(list), version); err == nil || !strings.Contains(err.Error(), want) || got != nil {
			t.Errorf("%s: %v, %v, want %q", list, got, err, want)
		}
	}
}

// TestRefused holds that no document is read as something that it is not, and
// that whoever meets one is told what to do.
func TestRefused(t *testing.T) {
	t.Parallel()
	kind := document.Kind{Name: "the thing", Version: 2}
	for doc, want := range map[string]string{
		`{"v":3,"name":"a"}`: "the thing was written by a later version of reviewgate, in form 3, and this one knows forms up to 2; " +
			"run the version that wrote it, or a later one",
		`{"name":{"a":1},"v":3}`:     "a later version",
		`{"v":0,"name":"a"}`:         "form 0, which no version of reviewgate writes",
		`{"v":-1}`:                   "form -1, which no version",
		`{"v":"2"}`:                  "read the version of the thing",
		`{"v":1.5,"name":"a"}`:       "read the version of the thing",
		`{"v":{"a":1,"b":2}}`:        "read the version of the thing",
		`{"v":99999999999999999999}`: "read the version of the thing",
		`{"v":2,"name":7}`:           "read the thing",
		`{"v":2,"name":`:             "read the thing",
		`{"v":2`:                     "read the version of the thing",
		`[]`:                         "read the version of the thing",
		``:                           "read the version of the thing",
	} {
		var got thing
		err := kind.Decode([]byte(doc), &got)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", doc, err, want)
		}
		if got.Name != "" {
			t.Errorf("%s was read", doc)
		}
	}
}

// FuzzVersion holds that a version is found wherever it stands.
func FuzzVersion(f *testing.F) {
	f.Add(1, `"a":[1,2,{"v":3}]`)
	f.Add(-7, `"b":"v\":4,"`)
	f.Add(2, `"w":{}`)
	f.Fuzz(func(t *testing.T, want int, rest string) {
		var keys map[string]json.RawMessage
		if json.Unmarshal([]byte("{"+rest+"}"), &keys) != nil || len(keys) == 0 {
			t.Skip()
		}
		for key := range keys {
			if strings.EqualFold(key, "v") {
				t.Skip()
			}
		}
		for _, doc := range []string{fmt.Sprintf(`{"v":%d,%s}`, want, rest), fmt.Sprintf(`{%s,"v":%d}`, rest, want),
			fmt.Sprintf(` {"v" : %d , %s}`, want, rest)} {
			if got, err := document.Version([]byte(doc)); err != nil || got != want {
				t.Errorf("%s: %d, %v; want %d", doc, got, err, want)
			}
		}
	})
}
