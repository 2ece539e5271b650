package snapshot

import (
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/snapshot/late"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// cache holds what is known from earlier readings.
type cache struct {
	maps  []string // places of a map by convention
	hints turns.Kept[pull.Repo, hint]
	moved turns.Kept[int64, string] // reviews that were told to be of another commit, by id
	// protections are what branches were last seen to require.
	protections turns.Kept[sources.Branch, protection]
	addressees  turns.Kept[string, addressee] // whose addresses are, by address in lower case
	bodies      *command.Condenser
	noted       turns.Kept[proofOf, []pull.Proof]
	bases       turns.Kept[baseOf, string]
	awaited     *late.Comments
}

// proofOf is a commit of which the forge said when it noted it. It may do so again.
type proofOf struct {
	repo   pull.Repo
	commit string
}

// baseOf is a pair of tip and head of which the merge base is known, for good.
type baseOf struct {
	repo pull.Repo
	of   sight.Compared
}

// The most that is kept of each kind; beyond it all of that kind is forgotten, and asked
// for again.
const (
	maxHints       = 10_000
	maxMoved       = 4096
	maxProtections = 10_000
	maxAddressed   = 4096
	maxWitnessed   = 4096 // commits that reviews name
)

func newCache(maps []string) cache {
	return cache{
		maps:        maps,
		hints:       turns.Kept[pull.Repo, hint]{Most: maxHints},
		moved:       turns.Kept[int64, string]{Most: maxMoved},
		protections: turns.Kept[sources.Branch, protection]{Most: maxProtections},
		addressees:  turns.Kept[string, addressee]{Most: maxAddressed},
		bodies:      command.NewCondenser(),
		noted:       turns.Kept[proofOf, []pull.Proof]{Most: maxWitnessed},
		bases:       turns.Kept[baseOf, string]{Most: maxWitnessed},
		awaited:     late.NewComments(),
	}
}

// hint is what the last look at a repository found, to ask for the right things
// in the first query.
type hint struct {
	owned  []string
	inline bool
}

// hint returns what to ask for: text comes along only while nothing is known.
func (c *cache) hint(repo pull.Repo) hint {
	if h, ok := c.hints.Get(repo); ok {
		return h
	}
	return hint{owned: sources.WithParents(append([]string{formats.MailmapPath}, c.maps...)), inline: true}
}

// firstMoved reports whether it was not told yet that a review is of another commit.
func (c *cache) firstMoved(review int64, commit string) bool {
	if told, _ := c.moved.Get(review); told == commit {
		return false
	}
	c.moved.Keep(review, commit)
	return true
}
