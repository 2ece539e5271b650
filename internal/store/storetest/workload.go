package storetest

import (
	"math"
	"testing"

	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// loads holds that open requests and reviews count, each pull request once, and
// that what was noted before is replaced.
func loads(t *testing.T, s Store) {
	mm := []string{"mm"}
	first := history.Activity{Mark: "a", Open: true,
		Requests: []workload.Request{{Number: 1, Who: "Ann", At: at(1), Waiting: true, Subsystems: mm},
			{Number: 1, Who: "bob", At: at(1), Waiting: true}},
		Reviews: []workload.Review{{Number: 1, ID: 5, Who: "carol", At: at(2)}}}
	check(t, s.Remember(t.Context(), ref(1), history.Update{Activity: &first}))
	same(t, "mark", "a", recall(t, s, ref(1)).Activity)
	check(t, s.Remember(t.Context(), ref(2),
		history.Update{Activity: &history.Activity{Mark: "x", Open: true,
			Requests: []workload.Request{{Number: 2, Who: "ann", At: at(3), Waiting: true}}}}))
	load := func(seconds int) map[string]float64 {
		got, err := s.Load(t.Context(), repo().Forge, []string{"ANN", "bob", "carol", "nobody"}, at(seconds))
		check(t, err)
		for who, v := range got {
			got[who] = math.Round(v * 100)
		}
		return got
	}
	same(t, "load", map[string]float64{"ann": 200, "bob": 100, "carol": 100}, load(2))
	other, err := s.Load(t.Context(), "gitee", []string{"ann"}, at(2))
	check(t, err)
	same(t, "load on another forge", map[string]float64{}, other)

	second := history.Activity{Mark: "b", Open: true,
		Requests: []workload.Request{{Number: 1, Who: "Ann", At: at(1), Subsystems: mm}},
		Reviews: []workload.Review{{Number: 1, ID: 5, Who: "carol", At: at(2)}, {Number: 1, ID: 6, Who: "ann", At: at(4), Subsystems: mm},
			{Number: 1, ID: 7, Who: "ann", At: at(4)}}}
	for range 2 {
		check(t, s.Remember(t.Context(), ref(1), history.Update{Activity: &second}))
	}
	same(t, "load", map[string]float64{"ann": 200, "carol": 100}, load(4)) // one open, one reviewed
	same(t, "load after half a year", map[string]float64{"ann": 150, "carol": 50}, load(4+180*24*60*60))

	check(t, s.Remember(t.Context(), ref(2), history.Update{Activity: &history.Activity{Mark: "y"}}))
	same(t, "load of closed pull requests", map[string]float64{"ann": 100, "carol": 100}, load(4))
	requests, reviews, err := s.Activity(t.Context(), repo())
	check(t, err)
	same(t, "requests", []workload.Request{{Number: 1, Who: "Ann", At: at(1), Subsystems: mm}, {Number: 1, Who: "bob", At: at(1)},
		{Number: 2, Who: "ann", At: at(3)}}, requests)
	same(t, "reviews", []workload.Review{{Number: 1, ID: 5, Who: "carol", At: at(2)},
		{Number: 1, ID: 6, Who: "ann", At: at(4), Subsystems: mm}, {Number: 1, ID: 7, Who: "ann", At: at(4), Subsystems: mm}}, reviews)
}

// knowledge holds that credits add up, and count once for each pull request.
func knowledge(t *testing.T, s Store) {
	credits := history.Credits{Paths: []string{"mm/a.c", "mm/b.c"},
		Each: []history.Credit{{Login: "ann", Weight: 1, At: at(1)}, {Login: "bob", Weight: 0.5, At: at(1)}}}
	for range 2 {
		check(t, s.Remember(t.Context(), ref(1), history.Update{Credits: &credits}))
	}
	check(t, s.Remember(t.Context(), ref(1), history.Update{Activity: &history.Activity{Mark: "z"}}))
	check(t, s.Remember(t.Context(), ref(1), history.Update{Credits: &credits}))
	check(t, s.Remember(t.Context(), ref(2),
		history.Update{Credits: &history.Credits{Paths: []string{"mm/a.c"}, Each: []history.Credit{{Login: "ann", Weight: 1, At: at(1)}}}}))
	same(t, "credited", true, recall(t, s, ref(1)).Credited)
	got, err := s.Known(t.Context(), repo(), []string{"mm/a.c", "mm/", "fs/"})
	check(t, err)
	of := func(place, login string, weight float64) expertise.Record {
		return expertise.Record{Place: place, Login: login, Faded: expertise.Faded{Weight: weight, At: at(1)}}
	}
	same(t, "known", []expertise.Record{of("mm/", "ann", 2), of("mm/", "bob", 0.5), of("mm/a.c", "ann", 2), of("mm/a.c", "bob", 0.5)}, got)
	none, err := s.Known(t.Context(), pull.Repo{Forge: "github", Owner: "no", Name: "body"}, []string{"mm/"})
	check(t, err)
	same(t, "known of another repository", 0, len(none))
}
