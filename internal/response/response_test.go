package response_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/response"
)

func at(hours int) time.Time {
	if hours < 0 {
		return time.Time{}
	}
	return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour)
}

// seen is what an evaluation saw of mm, which has ten hours.
func seen(waits bool, first int) []response.Seen {
	return []response.Seen{{Area: "mm", Within: 10 * time.Hour, Waits: waits, First: at(first)}}
}

// look is an evaluation at an hour.
type look struct {
	at   int
	seen []response.Seen
}

// TestNext holds how a wait begins, is answered, ends and begins anew.
func TestNext(t *testing.T) {
	t.Parallel()
	wait := func(since, answered, ended int) []response.Wait {
		return []response.Wait{{Number: 7, Area: "mm", Since: at(since), Within: 10 * time.Hour, Answered: at(answered), Ended: at(ended)}}
	}
	longer := seen(true, -1)
	longer[0].Within = 20 * time.Hour
	stretched := wait(1, -1, -1)
	stretched[0].Within = 20 * time.Hour
	for name, c := range map[string]struct {
		looks []look
		want  []response.Wait
	}{
		"it does not wait":            {[]look{{1, seen(false, -1)}}, nil},
		"it waits since the first":    {[]look{{1, seen(true, -1)}, {5, seen(true, -1)}}, wait(1, -1, -1)},
		"reviewed before it waited":   {[]look{{3, seen(true, 2)}}, nil},
		"answered":                    {[]look{{1, seen(true, -1)}, {6, seen(false, 5)}}, wait(1, 5, -1)},
		"answered, and it waits on":   {[]look{{1, seen(true, -1)}, {6, seen(true, 5)}}, wait(1, 5, -1)},
		"answered once for all":       {[]look{{1, seen(true, -1)}, {6, seen(false, 5)}, {30, seen(true, 5)}, {40, nil}}, wait(1, 5, -1)},
		"an answer of before":         {[]look{{3, seen(true, -1)}, {6, seen(true, 2)}}, wait(3, 3, -1)},
		"it passes":                   {[]look{{1, seen(true, -1)}, {4, seen(false, -1)}}, wait(1, -1, 4)},
		"nothing of it is changed":    {[]look{{1, seen(true, -1)}, {4, nil}}, wait(1, -1, 4)},
		"it waits again":              {[]look{{1, seen(true, -1)}, {4, nil}, {9, seen(true, -1)}}, wait(9, -1, -1)},
		"too late, and it waits anew": {[]look{{1, seen(true, -1)}, {12, nil}, {19, seen(true, -1)}}, wait(1, -1, 12)},
		"ended, and then reviewed":    {[]look{{1, seen(true, -1)}, {4, nil}, {9, seen(false, 8)}}, wait(1, -1, 4)},
		"the time changed":            {[]look{{1, seen(true, -1)}, {4, longer}}, stretched},
	} {
		var got []response.Wait
		for _, l := range c.looks {
			got = response.Next(got, l.seen, 7, at(l.at))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestTally holds what is kept, missed, open and overdue, and what is too long ago to be told.
func TestTally(t *testing.T) {
	t.Parallel()
	wait := func(area string, since, within, answered, ended int) response.Wait {
		return response.Wait{Area: area, Since: at(since), Within: time.Duration(within) * time.Hour, Answered: at(answered), Ended: at(ended)}
	}
	waits := []response.Wait{
		wait("mm", 100, 10, 110, -1), // kept, at the last moment
		wait("mm", 100, 10, 111, -1), // missed
		wait("mm", 100, 10, -1, 111), // missed: it ended after the time was over
		wait("mm", 100, 10, -1, 105), // neither
		wait("mm", 150, 10, -1, -1),  // overdue
		wait("mm", 190, 20, -1, -1),  // open
		wait("mm", 60, 10, 65, -1),   // too long ago
		wait("mm", 60, 10, 120, -1),  // missed too long ago
		wait("fs", 10, 10, -1, -1),   // overdue, however long
		wait("net", 190, 10, 195, -1),
		wait("net", 191, 1, 196, -1),
		wait("net", 190, 10, 196, -1),
		wait("arch", 190, 10, -1, 191),
	}
	want := []response.Line{
		{Area: "fs", Within: 36_000, Missed: 1, Overdue: 1},
		{Area: "mm", Within: 72_000, Kept: 1, Missed: 3, Open: 1, Overdue: 1},
		{Area: "net", Within: 3600, Kept: 2, Missed: 1},
	}
	got := response.Tally(waits, at(80), at(200))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var shares []int
	for _, l := range append(got, response.Line{Open: 3}) {
		shares = append(shares, l.Share())
	}
	if diff := cmp.Diff([]int{0, 25, 66, -1}, shares); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
}

// TestWaitsAreOneThing holds that a wait is at no time two of kept, missed and open within the
// time, that what is decided stays so, and that areas stay apart.
func TestWaitsAreOneThing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var waits []response.Wait
		decided := map[string]string{}
		first := map[string]time.Time{}
		for hour := range rapid.IntRange(1, 30).Draw(t, "hours") {
			var looked []response.Seen
			for _, area := range []string{"fs", "mm"} {
				if rapid.Bool().Draw(t, area+" reviews") && first[area].IsZero() {
					first[area] = at(hour)
				}
				if rapid.Bool().Draw(t, area+" is seen") {
					looked = append(looked, response.Seen{Area: area, Within: 5 * time.Hour, Waits: rapid.Bool().Draw(t, area+" waits"),
						First: first[area]})
				}
			}
			waits = response.Next(waits, looked, 1, at(hour))
			if len(waits) > 2 || len(waits) == 2 && waits[0].Area != "fs" {
				t.Fatal(waits)
			}
			for _, w := range waits {
				states := fmt.Sprint(w.Kept(), w.Missed(at(hour)), w.Open() && !w.Overdue(at(hour)))
				if !slices.Contains([]string{"true false false", "false true false", "false false true", "false false false"}, states) {
					t.Fatalf("%+v: %s", w, states)
				}
				if was := decided[w.Area]; was != "" && was != states {
					t.Fatalf("%+v was %s and is %s", w, was, states)
				}
				if w.Kept() || w.Missed(at(hour)) {
					decided[w.Area] = states
				}
			}
		}
	})
}
