package tables

import (
	"slices"

	"github.com/reviewgate/reviewgate/internal/expertise"
	"github.com/reviewgate/reviewgate/internal/history"
)

// longPath is the longest path, in bytes, of which it is noted who knows it: each
// directory above it is noted, too. Linux has none of 120.
const longPath = 1000

// learn returns what people know after credits; read gives what is known of places.
func learn(c *history.Credits, read func(places []string) ([]expertise.Record, error)) ([]expertise.Record, error) {
	paths := slices.DeleteFunc(slices.Clone(c.Paths), func(p string) bool { return len(p) > longPath })
	fresh := expertise.NewBook()
	for _, each := range c.Each {
		fresh.Credit(paths, each.Login, each.Weight, each.At)
	}
	records := fresh.Records()
	places := make([]string, len(records))
	for i, r := range records {
		places[i] = r.Place
	}
	before, err := read(slices.Compact(places))
	if err != nil {
		return nil, err
	}
	type key struct{ place, login string }
	known := make(map[key]expertise.Faded, len(before))
	for _, r := range before {
		known[key{r.Place, r.Login}] = r.Faded
	}
	for i, r := range records {
		records[i].Faded = known[key{r.Place, r.Login}].Add(r.Weight, r.At)
	}
	return records, nil
}
