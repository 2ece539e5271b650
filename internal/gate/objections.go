package gate

import (
	"context"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// newObjections gives the requests for changes that a look shows, or that signed
// deliveries told of, and that are not remembered: one that the forge no longer shows
// later goes on blocking.
func newObjections(look *Look, m *history.Memory, spoken bool) []pull.Objection {
	req := &look.Request
	var fresh []pull.Objection
	add := func(o pull.Objection) {
		same := func(other pull.Objection) bool { return other.Review == o.Review && other.Spoken == o.Spoken }
		if o.Author.Login != "" && !slices.ContainsFunc(m.Objections, same) && !slices.ContainsFunc(fresh, same) {
			fresh = append(fresh, o)
		}
	}
	for _, r := range req.Reviews {
		if r.State == pull.ChangesRequested || r.State == pull.Dismissed && r.DismissedState == pull.ChangesRequested { // whoever dismissed it may not have ended it
			add(pull.Objection{Review: r.ID, Author: r.Author, Commit: r.Commit, At: r.At, NoWrite: noWrite(&r)})
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

// noWrite reports whether the forge certainly says that a review's author may not push.
func noWrite(r *pull.Review) bool { return !r.CanWrite && !r.WriteUnknown && r.Author.Login != "" }

// objections keeps of each request for changes whether it was taken back, and the teams
// that its author is in and whether they may push: an account that is gone keeps its rights as last read.
func (g *Gate) objections(ctx context.Context, l *loaded, v *policy.Verdict) error {
	s := &l.snapshot
	if v.Outcome == "" || v.Outcome == policy.Error || s.Owners == nil {
		return nil
	}
	var changed []pull.Objection
	for _, o := range l.memory.Objections {
		now := o
		if teams, shown := teamsOfAuthor(s, &o); shown {
			now.Teams = teams
		}
		if i := slices.IndexFunc(s.Request.Reviews, func(r pull.Review) bool { return !o.Spoken && r.ID == o.Review && r.Author.Is(o.Author) }); i >= 0 {
			now.NoWrite = noWrite(&s.Request.Reviews[i])
		}
		if ended, known := rule.Ended(v, &o); known {
			now.Ended = ended
		}
		if now.Ended != o.Ended || now.NoWrite != o.NoWrite || !slices.Equal(now.Teams, o.Teams) {
			changed = append(changed, now)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return g.cfg.History.Remember(ctx, s.Request.Ref, history.Facts{Objections: changed})
}

// teamsOfAuthor gives the teams of which the author of an objection is a member, and of
// those that could not be read now the ones that they were in; shown is false where the
// account is gone.
func teamsOfAuthor(s *policy.Snapshot, o *pull.Objection) (teams []string, shown bool) {
	for _, r := range s.Request.Reviews {
		shown = shown || !o.Spoken && r.ID == o.Review && r.Author.Is(o.Author)
	}
	for _, c := range s.Request.Comments {
		shown = shown || o.Spoken && c.ID == o.Review && c.Author.Is(o.Author)
	}
	for key, team := range s.Teams {
		if team.Unread == "" && slices.ContainsFunc(team.Members, o.Author.Is) {
			teams = append(teams, key)
		}
	}
	for _, key := range o.Teams {
		if team, read := s.Teams[key]; !read || team.Unread != "" {
			teams = append(teams, key)
		}
	}
	slices.Sort(teams)
	return slices.Compact(teams), shown
}
