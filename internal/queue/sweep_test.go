package queue

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestStale(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_000_000, 0)
	known := Mark{Number: 7, Head: "a", BaseBranch: "main", BaseTip: "t", Sources: "s", UpdatedAt: at}
	with := func(change func(*Mark)) []Mark {
		m := known
		change(&m)
		return []Mark{m}
	}
	tests := []struct {
		name   string
		listed []Mark
		known  []Mark
		want   []int
	}{
		{"nothing", nil, nil, nil},
		{"as it was", []Mark{known}, []Mark{known}, nil},
		{"same moment elsewhere", with(func(m *Mark) { m.UpdatedAt = at.UTC() }), []Mark{known}, nil},
		{"new", []Mark{known}, nil, []int{7}},
		{"closed", nil, []Mark{known}, []int{7}},
		{"pushed", with(func(m *Mark) { m.Head = "b" }), []Mark{known}, []int{7}},
		{"retargeted", with(func(m *Mark) { m.BaseBranch = "next" }), []Mark{known}, []int{7}},
		{"base moved", with(func(m *Mark) { m.BaseTip = "u" }), []Mark{known}, []int{7}},
		{"base not listed", with(func(m *Mark) { m.BaseTip = "" }), []Mark{known}, nil},
		{"owners changed", with(func(m *Mark) { m.Sources = "r" }), []Mark{known}, []int{7}},
		{"owners not listed", with(func(m *Mark) { m.Sources = "" }), []Mark{known}, nil},
		{"updated", with(func(m *Mark) { m.UpdatedAt = at.Add(1) }), []Mark{known}, []int{7}},
		{"update not listed", with(func(m *Mark) { m.UpdatedAt = time.Time{} }), []Mark{known}, nil},
		{"listed twice", []Mark{{Number: 9}, {Number: 9}, {Number: 2}}, []Mark{{Number: 3}}, []int{2, 3, 9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, Stale(tt.listed, tt.known)); diff != "" {
				t.Errorf("Stale (-want +got):\n%s", diff)
			}
		})
	}
}

func marks() *rapid.Generator[[]Mark] {
	mark := rapid.Custom(func(t *rapid.T) Mark {
		return Mark{
			Number:     rapid.IntRange(1, 20).Draw(t, "number"),
			Head:       rapid.SampledFrom([]string{"a", "b"}).Draw(t, "head"),
			BaseBranch: rapid.SampledFrom([]string{"main", "next"}).Draw(t, "branch"),
			BaseTip:    rapid.SampledFrom([]string{"", "t", "u"}).Draw(t, "tip"),
			Sources:    rapid.SampledFrom([]string{"", "r", "s"}).Draw(t, "sources"),
			UpdatedAt:  time.Unix(rapid.Int64Range(0, 1).Draw(t, "updated"), 0),
		}
	})
	return rapid.SliceOfNDistinct(mark, 0, 20, func(m Mark) int { return m.Number })
}

func TestStaleProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		listed, known := marks().Draw(t, "listed"), marks().Draw(t, "known")
		shuffled := rapid.Permutation(known).Draw(t, "shuffled")
		if got := Stale(shuffled, known); len(got) != 0 {
			t.Fatalf("equal lists raise %v", got)
		}
		got := Stale(listed, known)
		if diff := cmp.Diff(got, Stale(listed, shuffled)); diff != "" {
			t.Fatalf("order matters:\n%s", diff)
		}
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Fatalf("not in order, each once: %v", got)
		}
		// What was raised is evaluated and known as listed; then nothing is left.
		if left := Stale(listed, listed); len(left) != 0 {
			t.Fatalf("a second sweep raises %v", left)
		}
		for _, m := range slices.Concat(listed, known) {
			in := func(list []Mark) bool {
				return slices.ContainsFunc(list, func(o Mark) bool { return o.Number == m.Number })
			}
			if in(listed) != in(known) && !slices.Contains(got, m.Number) {
				t.Fatalf("%d is in one list only and not raised: %v", m.Number, got)
			}
		}
	})
}
