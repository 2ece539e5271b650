package gate

import (
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// early reports whether a pull request was opened before the gate was there, or before the
// day that the policy names, and nobody with a right has pushed, reviewed or commanded
// anything since. What was written on it once goes on.
func (g *Gate) early(s *policy.Snapshot, req *pull.Request, m *history.PullHistory) bool {
	since := m.GatedAt
	if !s.Rules.Since.IsZero() {
		since = s.Rules.Since
	}
	if g.cfg.Search || since.IsZero() || req.OpenedAt.IsZero() || !req.OpenedAt.Before(since) {
		return false
	}
	if m.Comment.Digest != "" || m.Comment.ID != "" || len(m.Asked) > 0 || len(m.Labels) > 0 || pushedSince(m.Sightings, since) {
		return false
	}
	may := rule.WithRight(*s)
	return !slices.ContainsFunc(req.Reviews, func(r pull.Review) bool {
		return r.State != pull.Pending && r.At.After(since) && !r.Author.Bot && !r.Author.Is(req.Author) && may(r.Author)
	}) && !slices.ContainsFunc(req.Comments, func(c pull.Comment) bool {
		return c.At.After(since) && !c.Author.Bot && len(command.Commanding(c.Body)) > 0 && may(c.Author)
	})
}

// pushedSince reports whether the head was another one at some look since a time than at
// the last look before it.
func pushedSince(all []pull.Sighting, since time.Time) bool {
	from := 0
	for i := range all {
		if !all[i].At.After(since) {
			from = i
		}
	}
	return from < len(all) && slices.ContainsFunc(all[from:], func(s pull.Sighting) bool { return s.Head != all[from].Head })
}
