package gate

import (
	"context"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// objections keeps of each request for changes whether it was taken back, by whom, and the teams
// that its author is in and whether they may push: an account that is gone keeps its rights as last read.
func (g *Gate) objections(ctx context.Context, l *snapshot.Reading, v *policy.Verdict) error {
	s := &l.Snapshot
	if v.Outcome == "" || v.Outcome == policy.Error || s.Owners == nil {
		return nil
	}
	var changed []pull.Objection
	for _, o := range l.Memory.Objections {
		now := o
		if teams, shown := teamsOfAuthor(s, &o); shown {
			now.Teams = teams
		}
		if i := slices.IndexFunc(s.Request.Reviews,
			func(r pull.Review) bool { return !o.Spoken && r.ID == o.Review && r.Author.Is(o.Author) }); i >= 0 {
			now.NoWrite = s.Request.Reviews[i].NoWrite()
		}
		if ended, known := rule.Ended(v, &o); known {
			now.Ended = ended
		}
		now.Lifted = lifted(v, &now)
		if now.Ended != o.Ended || now.Lifted != o.Lifted || now.NoWrite != o.NoWrite || !slices.Equal(now.Teams, o.Teams) {
			changed = append(changed, now)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return g.cfg.History.Remember(ctx, s.Request.Ref, history.Update{Objections: changed})
}

// maxReason is how much of the reason of a lift is remembered, in bytes.
const maxReason = 1000

// lifted returns who ended an objection in place of its author, as the verdict tells it or
// as it was told before: the account of who did may be gone by now.
func lifted(v *policy.Verdict, o *pull.Objection) pull.Lifted {
	if !o.Ended {
		return pull.Lifted{}
	}
	for _, l := range v.Lifts {
		if pull.SameLogin(l.Whom, o.Author.Login) && !l.At.Before(o.At) {
			return pull.Lifted{By: l.Who, At: l.At.UTC(), Reason: strings.ToValidUTF8(l.Reason[:min(len(l.Reason), maxReason)], "")}
		}
	}
	return o.Lifted
}

// teamsOfAuthor returns the teams of which the author of an objection is a member, and of
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
