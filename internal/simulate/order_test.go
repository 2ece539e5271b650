package simulate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
)

const orderSections = `Maintainers
-----------

MM
M:	Ann [@ann]
R:	Bob [@bob]
F:	mm/

FS
M:	Carl [@carl]
M:	Dora [@dora]
F:	fs/

THE REST
M:	Zoe [@zoe]
F:	*
F:	*/
`

func orderMap(t testing.TB) *ownership.Map {
	t.Helper()
	file := ownership.File{Path: "MAINTAINERS", Data: []byte(orderSections)}
	m, _, err := formats.Parse([]formats.Source{{Format: formats.Maintainers, Path: "MAINTAINERS", Files: []ownership.File{file}}}, "github")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// choices plays a past and tells whom each world asked for each pull request.
func choices(m *ownership.Map, pulls []Pull) map[int][]string {
	p := newPast(m, pulls)
	o := Options{Ask: 2, Lots: func(name string, number int) Lots {
		return func() float64 { number = (number*31 + len(name)) % 97; return float64(number) / 97 }
	}}
	chosen := map[int][]string{}
	worlds := newWorlds(p, o)
	for _, w := range worlds {
		choose := w.choose
		w.choose = func(w *world, s *scene, n int) []string {
			people := choose(w, s, n)
			chosen[s.Number] = append(chosen[s.Number], fmt.Sprint(w.from, " ", w.name, " ", n, " ", people))
			return people
		}
	}
	for _, s := range p.scenes() {
		s.real = nil // the numbers to choose differ where nobody reviewed
		for _, w := range worlds {
			w.play(s, o.Ask)
		}
	}
	return chosen
}

// TestChoicesKnowNoFuture holds that what becomes of a pull request, who reviews
// it and whether it is merged, changes no choice for it and for those that were
// opened before it was closed.
func TestChoicesKnowNoFuture(t *testing.T) {
	t.Parallel()
	m := orderMap(t)
	people := []string{"ann", "bob", "carl", "zoe", "erin", "fred", "abe"} // three are on no list
	differ := 0
	rapid.Check(t, func(t *rapid.T) {
		pulls := make([]Pull, rapid.IntRange(2, 8).Draw(t, "pulls"))
		for i := range pulls {
			created := rapid.IntRange(0, 50).Draw(t, "created")
			pulls[i] = Pull{
				Number: i + 1, Author: rapid.SampledFrom(people).Draw(t, "author"), Created: time.Unix(int64(created), 0),
				Closed: time.Unix(int64(created+rapid.IntRange(0, 30).Draw(t, "open")), 0),
				Paths:  []string{rapid.SampledFrom([]string{"mm/a.c", "fs/b.c", "README"}).Draw(t, "path")}, Lines: []int{1},
				Reviewers: rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, 2, rapid.ID[string]).Draw(t, "reviewers"),
				Merged:    rapid.Bool().Draw(t, "merged"),
			}
		}
		other := slices.Clone(pulls)
		changed := &other[rapid.IntRange(0, len(other)-1).Draw(t, "changed")]
		changed.Reviewers = rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, 2, rapid.ID[string]).Draw(t, "other reviewers")
		changed.Merged = !changed.Merged
		a, b := choices(m, pulls), choices(m, other)
		for _, p := range pulls {
			same := cmp.Diff(a[p.Number], b[p.Number])
			if same == "" {
				continue
			}
			differ++
			if p.Created.Before(changed.Closed) {
				t.Fatalf("%d knew of %d before it was closed:\n%s", p.Number, changed.Number, same)
			}
		}
	})
	if differ == 0 {
		t.Error("no choice depends on the past, so this holds nothing")
	}
}

func TestRank(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		list, among []string
		want        int
	}{
		{nil, nil, 0},
		{[]string{"a"}, nil, 0},
		{nil, []string{"a"}, 0},
		{[]string{"a", "b", "c"}, []string{"c", "b"}, 2},
		{[]string{"a", "b"}, []string{"a"}, 1},
	} {
		if got := rank(c.list, c.among); got != c.want {
			t.Errorf("%v among %v: %d, want %d", c.list, c.among, got, c.want)
		}
	}
}
