package history

import (
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// NewObjections returns the requests for changes that a request shows, or that signed
// deliveries told of, and that are not remembered: one that the forge no longer shows
// later goes on blocking.
func (m *PullHistory) NewObjections(req *pull.Request, spoken bool) []pull.Objection {
	var fresh []pull.Objection
	add := func(o pull.Objection) {
		same := func(other pull.Objection) bool { return other.Review == o.Review && other.Spoken == o.Spoken }
		if o.Author.Login != "" && !slices.ContainsFunc(m.Objections, same) && !slices.ContainsFunc(fresh, same) {
			fresh = append(fresh, o)
		}
	}
	for _, r := range req.Reviews {
		if r.State == pull.ChangesRequested || r.State == pull.Dismissed &&
			r.DismissedState == pull.ChangesRequested { // whoever dismissed it may not have ended it
			add(pull.Objection{Review: r.ID, Author: r.Author, Commit: r.Commit, At: r.At, NoWrite: r.NoWrite()})
		}
	}
	for _, t := range m.Told {
		shown := slices.ContainsFunc(req.Reviews, func(r pull.Review) bool { return r.ID == t.Review })
		if t.State == pull.ChangesRequested && !t.Dismissed && !shown {
			add(pull.Objection{Review: t.Review, Author: t.Author, Commit: t.Commit, At: t.ReceivedAt.Truncate(time.Second)})
		}
	}
	if !spoken {
		return fresh
	}
	for _, c := range req.Comments {
		if slices.ContainsFunc(command.Commanding(c.Body), func(c command.Command) bool { return c.Verb == command.VerbHold }) {
			add(pull.Objection{Review: c.ID, Spoken: true, Author: c.Author, At: c.At})
		}
	}
	return fresh
}
