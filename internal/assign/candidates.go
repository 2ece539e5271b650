package assign

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// candidateSets are the people who can meet needs, each list of candidates once.
type candidateSets struct {
	plan  *plan
	byKey map[string]int
	last  map[*policy.Need]int
	list  [][]member
	names map[string]*ownerNames // by subsystem
}

// member is a person, or a team, and how many approvals a need can have of them.
type member struct {
	who       *person
	approvals int
}

// ownerNames is how the map names those who approve for a subsystem.
type ownerNames struct {
	direct map[string]bool // logins in lower case
	teams  []string        // that can be asked as such, in lower case, without @
}

func newCandidateSets(p *plan) *candidateSets {
	c := &candidateSets{plan: p, byKey: map[string]int{}, last: map[*policy.Need]int{}, names: map[string]*ownerNames{}}
	if p.in.Rules.Asking.Teams != policy.TeamsAsk {
		return c
	}
	never := map[string]bool{}
	for _, who := range p.in.Never {
		never[strings.ToLower(who)] = true
	}
	for _, s := range p.in.Verdict.Subsystems {
		r := &ownerNames{direct: map[string]bool{}}
		for _, name := range s.CanApprove {
			key := strings.ToLower(name)
			team, isTeam := strings.CutPrefix(key, "@")
			switch _, known := p.in.Teams[team]; {
			case !isTeam:
				r.direct[key] = true
			case known && !never[key]:
				r.teams = append(r.teams, team)
			}
		}
		c.names[s.Name] = r
	}
	return c
}

// of returns the number of the set of people who can meet a need.
func (c *candidateSets) of(n *policy.Need) int {
	if at, ok := c.last[n]; ok {
		return at
	}
	key := strings.Join(n.Candidates, "\n")
	if len(c.names) > 0 {
		key += "\n\n" + strings.Join(n.Subsystems, "\n")
	}
	at, ok := c.byKey[key]
	if !ok {
		at = len(c.list)
		c.byKey[key] = at
		c.list = append(c.list, c.candidates(n))
	}
	c.last[n] = at
	return at
}

// candidates sorts candidates into people to be asked one by one, and teams. A team
// that was asked by somebody counts whatever the policy says of teams.
func (c *candidateSets) candidates(n *policy.Need) []member {
	var people []member
	byTeam := map[string]int{}
	for _, login := range n.Candidates {
		key := strings.ToLower(login)
		teams, alone := c.teamsOf(key, n.Subsystems)
		for _, team := range teams {
			byTeam[team]++
		}
		if alone {
			people = append(people, member{c.plan.person(login), 1})
		}
	}
	for _, name := range c.plan.in.Asked {
		if team, ok := strings.CutPrefix(strings.ToLower(name), "@"); ok && byTeam[team] == 0 {
			for _, login := range n.Candidates {
				if containsFold(c.plan.in.Teams[team], login) {
					byTeam[team]++
				}
			}
		}
	}
	for _, team := range sortedKeys(byTeam) {
		people = append(people, member{c.plan.person("@" + team), byTeam[team]})
	}
	return people
}

// teamsOf returns the teams through which a candidate is asked, and whether they
// are asked by name.
func (c *candidateSets) teamsOf(login string, subsystems []string) (teams []string, alone bool) {
	alone = true
	for _, name := range subsystems {
		r := c.names[name]
		if r == nil {
			continue
		}
		if r.direct[login] {
			return nil, true
		}
		for _, team := range r.teams {
			if !slices.Contains(teams, team) && containsFold(c.plan.in.Teams[team], login) {
				teams, alone = append(teams, team), false
			}
		}
	}
	return teams, alone
}

func containsFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		if m[k] > 0 {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}
