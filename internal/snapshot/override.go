package snapshot

import (
	"context"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
)

// expandOverride puts the members of teams that only the service itself names, and
// that the repository may not name, in their place: an administrator trusts these
// people, which shows their names to nobody who names the team.
func (g *Reader) expandOverride(ctx context.Context, s *policy.Snapshot) error {
	repo := s.Request.Ref.Repo
	var people []ownership.Owner
	for _, o := range s.ServerOverride {
		org, _, _ := strings.Cut(o.Team, "/")
		if o.Team == "" || g.Sources.Trusts(repo.Owner, org) {
			people = append(people, o)
			continue
		}
		team, err := g.cfg.Source.Team(ctx, repo, policy.TeamKey(o.Team))
		if err != nil {
			return err
		}
		for _, p := range team.Members {
			people = append(people, ownership.Owner{Login: p.Login, ID: p.ID})
		}
	}
	s.ServerOverride = people
	return nil
}
