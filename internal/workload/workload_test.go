package workload_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/workload"
)

func at(hours int) time.Time {
	return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour)
}

func TestTally(t *testing.T) {
	t.Parallel()
	mm := []string{"mm"}
	requests := []workload.Request{
		{Number: 1, Who: "alice", At: at(0), Subsystems: mm},
		{Number: 1, Who: "Alice", At: at(5), Waiting: true, Subsystems: mm}, // asked once more
		{Number: 2, Who: "alice", At: at(1), Subsystems: mm},
		{Number: 3, Who: "alice", At: at(9), Waiting: true, Subsystems: mm},
		{Number: 3, Who: "bob", At: at(9), Waiting: true},
		{Number: 4, Who: "@acme/mm", At: at(9), Waiting: true, Subsystems: mm},
		{Number: 5, Who: "bob", At: at(-100)},
	}
	reviews := []workload.Review{
		{Number: 1, Who: "alice", At: at(2), Subsystems: mm},
		{Number: 1, Who: "alice", At: at(3), Subsystems: mm},
		{Number: 2, Who: "ALICE", At: at(5), Subsystems: mm},
		{Number: 3, Who: "carol", At: at(6)}, // unasked
		{Number: 5, Who: "bob", At: at(-90)}, // too long ago
	}
	median := int64(3 * 60 * 60)
	want := workload.Report{From: at(-10), To: at(10),
		People: []workload.Line{
			{Who: "alice", Open: 2, Reviews: 3, Answered: 2, Median: &median},
			{Who: "@acme/mm", Open: 1},
			{Who: "bob", Open: 1},
			{Who: "carol", Reviews: 1},
		},
		Areas: []workload.Line{
			{Who: "alice", Subsystem: "mm", Open: 2, Reviews: 3, Answered: 2, Median: &median},
			{Who: "@acme/mm", Subsystem: "mm", Open: 1},
		},
		Responses: []response.Line{}, Gini: workload.Gini([]float64{5, 1, 1}),
	}
	if diff := cmp.Diff(want, workload.Tally(requests, reviews, at(-10), at(10))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAreas holds that an area waits once for several people, until the first of them reviews.
func TestAreas(t *testing.T) {
	t.Parallel()
	requests := []workload.Request{
		{Number: 1, Who: "alice", At: at(0), Subsystems: []string{"mm", "fs"}},
		{Number: 1, Who: "bob", At: at(1), Waiting: true, Subsystems: []string{"mm"}},
		{Number: 2, Who: "alice", At: at(2), Waiting: true, Subsystems: []string{"mm"}},
		{Number: 2, Who: "@acme/mm", At: at(2), Waiting: true, Subsystems: []string{"mm"}},
		{Number: 3, Who: "carol", At: at(2), Waiting: true},
	}
	reviews := []workload.Review{
		{Number: 1, Who: "alice", At: at(4), Subsystems: []string{"mm"}}, {Number: 1, Who: "bob", At: at(9), Subsystems: []string{"mm"}},
	}
	median := int64(4 * 60 * 60)
	want := []workload.Line{{Subsystem: "mm", Open: 2, Reviews: 2, Answered: 1, Median: &median}, {Subsystem: "fs"}}
	if diff := cmp.Diff(want, workload.Areas(requests, reviews, at(-10), at(10))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestText holds the tables: a subsystem is named once, and times have two units.
func TestText(t *testing.T) {
	t.Parallel()
	seconds := func(d time.Duration) *int64 { n := int64(d / time.Second); return &n }
	r := workload.Report{
		People: []workload.Line{
			{Who: "alice", Open: 2, Reviews: 3, Answered: 2, Median: seconds(49*time.Hour + time.Minute)},
			{Who: "bob\n", Median: seconds(24*time.Hour - time.Second), Answered: 1},
			{Who: "carol", Median: seconds(59 * time.Minute), Answered: 1},
			{Who: "dave", Median: seconds(59 * time.Second), Answered: 1},
			{Who: "erin"},
		},
		Areas: []workload.Line{{Who: "alice", Subsystem: "fs", Open: 1}, {Who: "alice", Subsystem: "mm", Open: 1},
			{Who: "bob", Subsystem: "mm"}},
		Gini:      0.256,
		Responses: []response.Line{{Area: "fs\n", Within: 7200, Open: 2}, {Area: "mm", Within: 2 * 24 * 3600, Kept: 2, Missed: 1, Overdue: 1}},
	}
	const want = `who      open requests  reviews in 30 days  median time to first review
alice    2              3                   2d 1h (of 2)
"bob\n"  0              0                   23h 59m (of 1)
carol    0              0                   59m (of 1)
dave     0              0                   0m (of 1)
erin     0              0                   -

subsystem  who    open requests  reviews in 30 days  median time to first review
fs         alice  1              0                   -
mm         alice  1              0                   -
           bob    0              0                   -

subsystem  respond within  kept in 30 days  missed  of these overdue now  open, in time
"fs\n"     2h 0m           0                0       0                     2
mm         2d 0h           2 (66%)          1       1                     0

Gini of open requests and reviews: 0.26 (0: all alike, towards 1: all on one)
`
	if diff := cmp.Diff(want, r.Text(30)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("who  open requests  reviews in 7 days  median time to first review\n\nGini of open requests and reviews: 0.00 "+
		"(0: all alike, towards 1: all on one)\n", (workload.Report{}).Text(7)); diff != "" {
		t.Errorf("of nobody (-want +got):\n%s", diff)
	}
}

func TestGini(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		loads []float64
		want  float64
	}{{nil, 0}, {[]float64{0, 0}, 0}, {[]float64{3}, 0}, {[]float64{2, 2, 2}, 0}, {[]float64{0, 0, 0, 4}, 0.75}, {[]float64{1, 3}, 0.25}} {
		if got := workload.Gini(tt.loads); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%v: %v, want %v", tt.loads, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		loads := rapid.SliceOf(rapid.Float64Range(0, 1000)).Draw(t, "loads")
		// Half the mean difference between two, by its definition.
		sum, total := 0.0, 0.0
		for _, a := range loads {
			total += a
			for _, b := range loads {
				sum += math.Abs(a - b)
			}
		}
		want := 0.0
		if total > 0 {
			want = sum / (2 * float64(len(loads)) * total)
		}
		if got := workload.Gini(loads); math.Abs(got-want) > 1e-9 {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}
