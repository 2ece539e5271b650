package store

import (
	"cmp"
	"fmt"
	"slices"
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

// Events gives each reference that hints of Simple deliveries name, once, in
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

// Others gives one event for each of some pull requests of a target's repository.
func Others(t Target, numbers []int) []Event {
	events := make([]Event, len(numbers))
	for i, n := range numbers {
		t.Ref.Number = n
		events[i] = Event{Target: t, Times: 1}
	}
	return events
}

// Choose gives those of the references with work that are named, or all where
// none is. One that is named and has no work is an error.
func Choose(working []Target, named []pull.Ref) ([]Target, error) {
	if len(named) == 0 {
		return working, nil
	}
	chosen := make([]Target, 0, len(named))
	for _, ref := range named {
		i := slices.IndexFunc(working, func(t Target) bool { return strings.EqualFold(t.Ref.String(), ref.String()) })
		if i < 0 {
			return nil, fmt.Errorf("%s has no work; nothing is to be tried again", ref)
		}
		chosen = append(chosen, working[i])
	}
	return chosen, nil
}
