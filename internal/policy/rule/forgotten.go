package rule

import (
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// mayBeCancelled reports whether an override may have been taken back by a comment that
// nobody can read any more, where nothing remembers what it said: one of somebody who
// might cancel, or of whom the forge does not tell, that was deleted or edited after the
// override was written. A later override stands.
func (e *evaluation) mayBeCancelled(o *policy.Override, might func(pull.Person) bool) bool {
	if !e.s.NoMemory {
		return false
	}
	for _, v := range e.views {
		if !v.Req.BaseMovesKnown {
			return true // the forge's log could not be read
		}
		if slices.ContainsFunc(v.Req.Deleted, func(d pull.Deletion) bool {
			return !d.At.Before(o.At) && (d.Author.Login == "" || might(d.Author))
		}) {
			return true
		}
	}
	return slices.ContainsFunc(comments(&e.s), func(c remark) bool { return c.Edited && !c.SaidAt().Before(o.At) && might(c.Author) })
}
