package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/sources"
)

// maxTeams is of how many teams of a repository the members are read.
const maxTeams = 20

// staff finds out who there is to approve.
func (f *Forge) staff(ctx context.Context, repo pull.Repo, h sources.Holding) (s doctor.Staff) {
	m, err := f.Gate.Sources.Owners(ctx, repo, h, []string{h.File})
	if err != nil {
		return doctor.Staff{Unread: err.Error()}
	}
	for _, fault := range m.Faults {
		s.Faults = append(s.Faults, fault.String())
	}
	if m.Owners == nil {
		return s
	}
	for _, end := range policy.DeadEnds(m.Owners, &h.Policy, h.File) {
		s.DeadEnds = append(s.DeadEnds, end.String())
	}
	teams := teamsOf(m.Owners, h.Policy)
	if len(teams) > maxTeams {
		s.Unread = fmt.Sprintf("of %d teams the first %d were looked at", len(teams), maxTeams)
		teams = teams[:maxTeams]
	}
	for _, name := range teams {
		listed, found := m.Owners.Team(name)
		if found {
			if len(listed) == 0 {
				s.Empty = append(s.Empty, name)
			}
			continue
		}
		team, err := f.Gate.Sources.Team(ctx, repo, name)
		switch {
		case err != nil:
			s.Unread = err.Error()
		case team.Unread != "":
			s.Unread = team.Unread
		case len(team.Members) == 0:
			s.Empty = append(s.Empty, name)
		}
	}
	return s
}

// teamsOf lists the teams who may approve or override, sorted.
func teamsOf(m *ownership.Map, p policy.Policy) (teams []string) {
	owners := slices.Clone(p.Base.Override)
	for _, s := range m.Subsystems() {
		owners = append(owners, s.Maintainers...)
	}
	for _, o := range owners {
		if o.Team != "" {
			teams = append(teams, strings.ToLower(o.Team))
		}
	}
	slices.Sort(teams)
	return slices.Compact(teams)
}
