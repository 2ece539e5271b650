package store

import (
	"encoding"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

var update = flag.Bool("update", false, "rewrite the list of stored keys")

// roots are all types that are stored as JSON.
var roots = map[string]reflect.Type{
	"record":    reflect.TypeFor[gate.Record](),
	"head":      reflect.TypeFor[headDocument](),
	"sighting":  reflect.TypeFor[Versioned[pull.Sighting]](),
	"sight":     reflect.TypeFor[Versioned[pull.Sight]](),
	"told":      reflect.TypeFor[Versioned[pull.Told]](),
	"objection": reflect.TypeFor[Versioned[pull.Objection]](),
	"asked":     reflect.TypeFor[Versioned[requests.Requested]](),
	"comment":   reflect.TypeFor[Versioned[history.CommentRecord]](),
	"label":     reflect.TypeFor[Versioned[history.LabelRecord]](),
	"cancelled": reflect.TypeFor[Versioned[policy.Cancel]](),
	"answered":  reflect.TypeFor[Versioned[history.Answer]](),
	"account":   reflect.TypeFor[Versioned[history.Account]](),
	"gone":      reflect.TypeFor[Versioned[history.GoneAccount]](),
}

// flattened are the types whose keys are meant to be those of the type that
// embeds them.
var flattened = []string{
	"gate.Record.Run", "sources.KeptSource.Kept", "pull.File.Content", "store.headDocument.Head",
}

// TestStoredKeys holds that nothing is stored under the name of a Go field, and
// that no key changes unnoticed. Where a key that was released is gone, or has
// another type or meaning, the version of the document has to be raised.
func TestStoredKeys(t *testing.T) {
	t.Parallel()
	w := &keys{}
	for name, root := range roots {
		w.walk(name, root, "")
	}
	for _, problem := range w.problems {
		t.Error(problem)
	}
	slices.Sort(w.lines)
	got := strings.Join(w.lines, "\n") + "\n"
	file := filepath.Join("testdata", "keys.txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("stored keys (-want +got); a new one may be added with -update, see the versions for the rest:\n%s", diff)
	}
}

// TestWalkRefuses holds that the walk sees what it is there for.
func TestWalkRefuses(t *testing.T) {
	t.Parallel()
	type inner struct {
		A int `json:"a"`
	}
	for want, x := range map[string]any{
		"has no key":  struct{ A int }{},
		"is embedded": struct{ inner }{},
		"has the key \"A\" twice": struct {
			B int `json:"a"`
			C int `json:"A"`
		}{},
		"has no type of its own": struct {
			A map[string][]any `json:"a"`
		}{},
		"is written and not read": struct {
			A writtenOnly `json:"a"`
		}{},
		"has keys of type int": struct {
			A map[int]string `json:"a"`
		}{},
	} {
		w := &keys{}
		w.walk("x", reflect.TypeOf(x), "")
		if len(w.problems) != 1 || !strings.Contains(w.problems[0], want) {
			t.Errorf("%T: %q, want %q", x, w.problems, want)
		}
	}
}

// writtenOnly is a type that JSON would not read back.
type writtenOnly struct{}

// MarshalText implements encoding.TextMarshaler.
func (writtenOnly) MarshalText() ([]byte, error) { return nil, nil }

// keys collects the keys of stored types, by their path in the JSON.
type keys struct {
	lines    []string
	problems []string
}

func (w *keys) refuse(path string, t reflect.Type, format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf("%s: %s %s", path, t, fmt.Sprintf(format, args...)))
}

// walk adds a type that stands at a path.
func (w *keys) walk(path string, t reflect.Type, options string) {
	switch {
	case t == reflect.TypeFor[time.Time]():
		w.leaf(path, "time", options)
		return
	case implements[json.Marshaler](t) || implements[encoding.TextMarshaler](t):
		if !implements[json.Unmarshaler](t) && !implements[encoding.TextUnmarshaler](t) {
			w.refuse(path, t, "is written and not read by itself")
		}
		w.leaf(path, "text", options)
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		w.walk(path, t.Elem(), options)
	case reflect.Slice, reflect.Array:
		w.walk(path+"[]", t.Elem(), options)
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			w.refuse(path, t, "has keys of type %s", t.Key())
		}
		w.walk(path+"{}", t.Elem(), options)
	case reflect.Struct:
		seen := map[string]bool{}
		w.fields(path, t, seen)
	case reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		w.refuse(path, t, "has no type of its own")
	default:
		w.leaf(path, t.Kind().String(), options)
	}
}

// fields adds the fields of a struct, of which seen has the keys.
func (w *keys) fields(path string, t reflect.Type, seen map[string]bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("json")
		key, options, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-":
		case f.Anonymous && !tagged:
			if !slices.Contains(flattened, fmt.Sprint(t, ".", f.Name)) {
				w.refuse(path, t, "is embedded in: %s needs a key, or a place in the list", f.Name)
			}
			w.fields(path, f.Type, seen)
		case !f.IsExported():
		case key == "":
			w.refuse(path, t, "has no key for %s", f.Name)
		case seen[strings.ToLower(key)]: // JSON is read without case
			w.refuse(path, t, "has the key %q twice", key)
		default:
			seen[strings.ToLower(key)] = true
			w.walk(path+"."+key, f.Type, options)
		}
	}
}

// leaf adds a value.
func (w *keys) leaf(path, kind, options string) {
	w.lines = append(w.lines, strings.TrimSpace(path+" "+kind+" "+options))
}

func implements[T any](t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[T]()) || reflect.PointerTo(t).Implements(reflect.TypeFor[T]())
}
