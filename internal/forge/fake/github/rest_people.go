package github

import (
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

func getRateLimit(c *call) (any, error) {
	c.exempt = true
	core, key := c.s.rateJSON(c.who.key, "core"), c.who.key
	return obj{
		"resources": obj{
			"core": core, "graphql": c.s.rateJSON(key, "graphql"), "search": c.s.rateJSON(key, "search"),
		},
		"rate": core,
	}, nil
}

func getViewer(c *call) (any, error) {
	if c.who.install != nil {
		return nil, forbidden("Resource not accessible by integration")
	}
	return c.s.profileJSON(c.who.account), nil
}

func (c *call) user() (*fake.Account, error) {
	a, err := c.s.FindAccount(c.r.PathValue("username"))
	if err != nil {
		return nil, notFound()
	}
	return a, nil
}

func getUser(c *call) (any, error) {
	a, err := c.user()
	if err != nil {
		return nil, err
	}
	return c.s.profileJSON(a), nil
}

func (c *call) org() (*fake.Account, error) {
	a, err := c.s.FindAccount(c.r.PathValue("org"))
	if err != nil || a.Kind != fake.Organization {
		return nil, notFound()
	}
	return a, nil
}

func (c *call) team() (*fake.TeamRecord, error) {
	org, err := c.org()
	if err != nil {
		return nil, err
	}
	t := c.s.FindTeam(org, c.r.PathValue("slug"))
	if t == nil {
		return nil, notFound()
	}
	return t, nil
}

func listTeams(c *call) (any, error) {
	org, err := c.org()
	if err != nil {
		return nil, err
	}
	teams := slices.DeleteFunc(slices.Clone(c.s.Teams), func(t *fake.TeamRecord) bool { return t.Org != org })
	return paged(c, teams, c.s.teamJSON), nil
}

func getTeam(c *call) (any, error) {
	t, err := c.team()
	if err != nil {
		return nil, err
	}
	return c.s.teamFullJSON(t), nil
}

func listTeamMembers(c *call) (any, error) {
	t, err := c.team()
	if err != nil {
		return nil, err
	}
	return paged(c, c.s.MembersOf(t), c.s.userJSON), nil
}

func listChildTeams(c *call) (any, error) {
	t, err := c.team()
	if err != nil {
		return nil, err
	}
	return paged(c, c.s.ChildTeams(t), c.s.teamJSON), nil
}

func getTeamMembership(c *call) (any, error) {
	t, err := c.team()
	if err != nil {
		return nil, err
	}
	a, err := c.user()
	if err != nil || !slices.Contains(c.s.MembersOf(t), a) {
		return nil, notFound()
	}
	return obj{
		"url":  c.s.link("/organizations/%d/team/%d/memberships/%s", t.Org.ID, t.ID, a.Login),
		"role": "member", "state": "active",
	}, nil
}

// checkMember answers 204 to a member of the organisation.
func checkMember(c *call) (any, error) {
	org, err := c.org()
	if err != nil {
		return nil, err
	}
	a, err := c.user()
	if err != nil || org.Role(a) == "" {
		return nil, notFound()
	}
	return nil, nil
}

func getOrgMembership(c *call) (any, error) {
	org, err := c.org()
	if err != nil {
		return nil, err
	}
	a, err := c.user()
	if err != nil || org.Role(a) == "" {
		return nil, notFound()
	}
	return obj{
		"url":   c.s.link("/orgs/%s/memberships/%s", org.Login, a.Login),
		"state": "active", "role": org.Role(a), "organization_url": c.s.link("/orgs/%s", org.Login),
		"organization": c.s.orgJSON(org), "user": c.s.userJSON(a),
	}, nil
}

func listCollaborators(c *call) (any, error) {
	people := slices.DeleteFunc(slices.Clone(c.s.Accounts), func(a *fake.Account) bool {
		return a.Kind != fake.Person || c.repo.Granted(a) == fake.None
	})
	return paged(c, people, func(a *fake.Account) obj { return c.s.collaboratorJSON(c.repo, a) }), nil
}

func getPermission(c *call) (any, error) {
	a, err := c.user()
	if err != nil {
		return nil, err
	}
	lvl := c.repo.Access(a)
	return obj{
		"permission": legacy(lvl), "role_name": lvl.String(), "user": c.s.collaboratorJSON(c.repo, a),
	}, nil
}

func listRepoTeams(c *call) (any, error) {
	return paged(c, c.repo.Teams, func(g fake.TeamGrant) obj {
		out := c.s.teamJSON(g.Team)
		out["permission"], out["permissions"] = grantNames()[g.Level], grants(g.Level)
		return out
	}), nil
}
