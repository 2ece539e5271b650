package store

import (
	"cmp"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// Event is a reference and how many events came for it.
type Event struct {
	Target
	Times int
	Head  string // that the last of them told of; empty: none did
}

// Events returns each reference that hints of Simple deliveries name, once, in
// the order in which they came; key gives the store's key of a hint's repository.
func Events(hints []webhook.Hint, key func(webhook.Hint) (int64, error)) ([]Event, error) {
	type ref struct {
		repo   int64
		number int
	}
	repos := map[string]int64{}
	at := map[ref]int{}
	var events []Event
	for _, h := range hints {
		name := strings.ToLower(h.Repo.String())
		if repos[name] == 0 {
			id, err := key(h)
			if err != nil {
				return nil, err
			}
			repos[name] = id
		}
		r := ref{repos[name], h.Number}
		i, known := at[r]
		if !known {
			i = len(events)
			at[r] = i
			events = append(events, Event{Target: Target{Repo: r.repo, Ref: pull.Ref{Repo: h.Repo, Number: h.Number}}})
		}
		events[i].Times++
		events[i].Head = cmp.Or(h.At, events[i].Head)
	}
	return events, nil
}
