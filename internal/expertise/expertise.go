// Package expertise tells who knows which files, from who reviewed and wrote
// changes to them before.
//
// It is pure: times come in as values, and where the records are kept is left to
// others. What is known fades by half in HalfLife.
package expertise

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// HalfLife is the time in which knowledge and load fade by half.
const HalfLife = 180 * 24 * time.Hour

// The weights of one review and of one change that was merged.
const (
	Reviewed = 1.0
	Wrote    = 0.05
)

// Owning is what an owner of a file is taken to know of it, beside what Know
// tells, so that others get a turn.
const Owning = 0.2

// Faded is a weight as of a time.
type Faded struct {
	Weight float64
	At     time.Time
}

// Value returns the weight at a time.
func (f Faded) Value(t time.Time) float64 {
	if f.Weight == 0 {
		return 0
	}
	return f.Weight * math.Exp2(-float64(t.Sub(f.At))/float64(HalfLife))
}

// Add returns the sum with another weight, as of the later of both times.
func (f Faded) Add(weight float64, at time.Time) Faded {
	if f.Weight == 0 {
		return Faded{weight, at}
	}
	if at.After(f.At) {
		return Faded{f.Value(at) + weight, at}
	}
	return Faded{f.Weight + Faded{weight, at}.Value(f.At), f.At}
}

// Record is what somebody knows of a place: a path, or a directory with a slash
// at its end, or "" for the root. Login is in lower case.
type Record struct {
	Place, Login string
	Faded
}

// Places returns where knowledge of a path is kept: the path, its directories,
// the root.
func Places(path string) []string {
	places := []string{path}
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' && i+1 < len(path) {
			places = append(places, path[:i+1])
		}
	}
	return append(places, "")
}

// Book is what is known of some places.
type Book struct {
	places map[string]map[string]Faded
}

// NewBook makes a book of records.
func NewBook(records ...Record) *Book {
	b := &Book{places: map[string]map[string]Faded{}}
	for _, r := range records {
		b.add(r.Place, r.Login, r.Weight, r.At)
	}
	return b
}

func (b *Book) add(place, login string, weight float64, at time.Time) {
	if b.places[place] == nil {
		b.places[place] = map[string]Faded{}
	}
	b.places[place][login] = b.places[place][login].Add(weight, at)
}

// Credit notes that somebody reviewed or wrote a change of some paths; each place
// counts once.
func (b *Book) Credit(paths []string, login string, weight float64, at time.Time) {
	seen := map[string]bool{}
	for _, path := range paths {
		for _, place := range Places(path) {
			if !seen[place] {
				seen[place] = true
				b.add(place, strings.ToLower(login), weight, at)
			}
		}
	}
}

// Records returns all that is known, by place, then login.
func (b *Book) Records() []Record {
	var out []Record
	for place, people := range b.places {
		for login, f := range people {
			out = append(out, Record{place, login, f})
		}
	}
	slices.SortFunc(out, func(x, y Record) int { return cmp.Or(cmp.Compare(x.Place, y.Place), cmp.Compare(x.Login, y.Login)) })
	return out
}

// Know tells how well people know some paths, by login in lower case.
func (b *Book) Know(paths []string, at time.Time) map[string]float64 {
	know := map[string]float64{}
	weights := map[string]float64{}
	for _, path := range paths {
		level := 1 / float64(len(paths))
		for _, place := range Places(path) {
			weights[place] += level
			level *= 0.8
		}
	}
	places := make([]string, 0, len(weights))
	for place := range weights {
		places = append(places, place)
	}
	slices.Sort(places)
	for _, place := range places {
		total := 1.0
		logins := make([]string, 0, len(b.places[place]))
		for login := range b.places[place] {
			logins = append(logins, login)
		}
		slices.Sort(logins)
		for _, login := range logins {
			total += b.places[place][login].Value(at)
		}
		for _, login := range logins {
			know[login] += weights[place] * b.places[place][login].Value(at) / total
		}
	}
	return know
}
