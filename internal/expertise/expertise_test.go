package expertise_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/expertise"
)

func at(days int) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days)
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"mm/slab/a.c": {"mm/slab/a.c", "mm/slab/", "mm/", ""},
		"README":      {"README", ""},
		"mm/":         {"mm/", ""},
		"":            {"", ""},
	} {
		if diff := cmp.Diff(want, expertise.Places(path)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", path, diff)
		}
	}
}

// TestDeepPlaces holds that a path gives one place for each of its levels, and
// that what is known of a far directory adds next to nothing.
func TestDeepPlaces(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("d/", 2000) + "f"
	if got := len(expertise.Places(deep)); got != 2002 {
		t.Errorf("%d places", got)
	}
	b := expertise.NewBook()
	b.Credit([]string{deep}, "alice", 1, at(0))
	if v := b.Know([]string{deep}, at(0))["alice"]; math.Abs(v-2.5) > 1e-9 { // half of 1 + 0.8 + 0.64 + ...
		t.Error(v)
	}
}

func TestFaded(t *testing.T) {
	t.Parallel()
	f := expertise.Faded{Weight: 8, At: at(0)}
	for days, want := range map[int]float64{0: 8, 180: 4, 360: 2} {
		if got := f.Value(at(days)); math.Abs(got-want) > 1e-9 {
			t.Errorf("after %d days %v, want %v", days, got, want)
		}
	}
	if got := f.Add(1, at(180)); math.Abs(got.Weight-5) > 1e-9 || !got.At.Equal(at(180)) {
		t.Errorf("%+v", got)
	}
	if got := (expertise.Faded{}).Value(at(3)); got != 0 {
		t.Error(got)
	}
}

func TestKnow(t *testing.T) {
	t.Parallel()
	b := expertise.NewBook()
	b.Credit([]string{"mm/a.c", "mm/b.c"}, "Alice", expertise.Reviewed, at(0))
	b.Credit([]string{"mm/a.c"}, "bob", expertise.Wrote, at(0))
	b.Credit([]string{"fs/a.c"}, "carol", expertise.Reviewed, at(0))
	know := b.Know([]string{"mm/a.c"}, at(1))
	if !(know["alice"] > know["carol"] && know["carol"] > know["bob"] && know["bob"] > 0) || len(know) != 3 {
		t.Errorf("%v", know)
	}
	// Nobody knows the file, but its directory.
	if know := b.Know([]string{"mm/new.c"}, at(1)); know["alice"] <= know["carol"] {
		t.Errorf("%v", know)
	}
	if know := b.Know(nil, at(1)); len(know) != 0 {
		t.Errorf("%v", know)
	}
	// What half a book says of its places is what the whole one says.
	var some []expertise.Record
	for _, r := range b.Records() {
		if r.Place == "mm/" || r.Place == "mm/a.c" || r.Place == "" {
			some = append(some, r)
		}
	}
	if diff := cmp.Diff(b.Know([]string{"mm/a.c"}, at(1)), expertise.NewBook(some...).Know([]string{"mm/a.c"}, at(1))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOrderOfCredits holds that the order of credits does not matter, and that
// more credit never lowers what one knows.
func TestOrderOfCredits(t *testing.T) {
	t.Parallel()
	paths := []string{"a/b/c", "a/b/d", "a/e", "f"}
	rapid.Check(t, func(t *rapid.T) {
		type credit struct {
			path, who string
			day       int
		}
		credits := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) credit {
			return credit{rapid.SampledFrom(paths).Draw(t, "path"), rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "who"),
				rapid.IntRange(0, 900).Draw(t, "day")}
		}), 1, 10).Draw(t, "credits")
		forth, back, more := expertise.NewBook(), expertise.NewBook(), expertise.NewBook()
		for i, c := range credits {
			forth.Credit([]string{c.path}, c.who, 1, at(c.day))
			more.Credit([]string{c.path}, c.who, 1, at(c.day))
			c = credits[len(credits)-1-i]
			back.Credit([]string{c.path}, c.who, 1, at(c.day))
		}
		more.Credit([]string{credits[0].path}, "x", 1, at(900))
		a, b, c := forth.Know(paths, at(900)), back.Know(paths, at(900)), more.Know(paths, at(900))
		for who, v := range a {
			if math.Abs(v-b[who]) > 1e-9 {
				t.Fatalf("%s: %v, %v", who, v, b[who])
			}
		}
		if c["x"] < a["x"] {
			t.Fatalf("more credit: %v, less: %v", c["x"], a["x"])
		}
	})
}

func BenchmarkKnow(b *testing.B) {
	book := expertise.NewBook()
	var paths []string
	for i := range 3000 {
		paths = append(paths, fmt.Sprintf("drivers/d%d/e%d/f%d.c", i%50, i%300, i))
		for j := range 5 {
			book.Credit(paths[i:], fmt.Sprint("p", (i*7+j)%100), 1, at(i%300))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		book.Know(paths, at(400))
	}
}
