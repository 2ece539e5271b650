package fake

import "slices"

func getRateLimit(c *call) (any, error) {
	c.exempt = true
	core, key := c.f.rateJSON(c.who.key, "core"), c.who.key
	return obj{
		"resources": obj{
			"core": core, "graphql": c.f.rateJSON(key, "graphql"), "search": c.f.rateJSON(key, "search"),
		},
		"rate": core,
	}, nil
}

func getViewer(c *call) (any, error) {
	if c.who.install != nil {
		return nil, forbidden("Resource not accessible by integration")
	}
	return c.f.profileJSON(c.who.account), nil
}

func (c *call) user() (*account, error) {
	a, err := c.f.account(c.r.PathValue("username"))
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
	return c.f.profileJSON(a), nil
}

func (c *call) org() (*account, error) {
	a, err := c.f.account(c.r.PathValue("org"))
	if err != nil || a.kind != "Organization" {
		return nil, notFound()
	}
	return a, nil
}

func (c *call) team() (*team, error) {
	org, err := c.org()
	if err != nil {
		return nil, err
	}
	t := c.f.team(org, c.r.PathValue("slug"))
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
	teams := slices.DeleteFunc(slices.Clone(c.f.teams), func(t *team) bool { return t.org != org })
	return paged(c, teams, c.f.teamJSON), nil
}

func getTeam(c *call) (any, error) {
	t, err := c.team()
	if err != nil {
		return nil, err
	}
	return c.f.teamFullJSON(t), nil
}

func listTeamMembers(c *call) (any, error) {
	t, err := c.team()
	if err != nil {
		return nil, err
	}
	return paged(c, c.f.membersOf(t), c.f.userJSON), nil
}

func listChildTeams(c *call) (any, error) {
	t, err := c.team()
	if err != nil {
		return nil, err
	}
	return paged(c, c.f.children(t), c.f.teamJSON), nil
}

func getTeamMembership(c *call) (any, error) {
	t, err := c.team()
	if err != nil {
		return nil, err
	}
	a, err := c.user()
	if err != nil || !slices.Contains(c.f.membersOf(t), a) {
		return nil, notFound()
	}
	return obj{
		"url":  c.f.url("/organizations/%d/team/%d/memberships/%s", t.org.id, t.id, a.login),
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
	if err != nil || org.role(a) == "" {
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
	if err != nil || org.role(a) == "" {
		return nil, notFound()
	}
	return obj{
		"url":   c.f.url("/orgs/%s/memberships/%s", org.login, a.login),
		"state": "active", "role": org.role(a), "organization_url": c.f.url("/orgs/%s", org.login),
		"organization": c.f.orgJSON(org), "user": c.f.userJSON(a),
	}, nil
}

func listCollaborators(c *call) (any, error) {
	people := slices.DeleteFunc(slices.Clone(c.f.accounts), func(a *account) bool {
		return a.kind != "User" || c.repo.granted(a) == none
	})
	return paged(c, people, c.repo.collaboratorJSON), nil
}

func getPermission(c *call) (any, error) {
	a, err := c.user()
	if err != nil {
		return nil, err
	}
	lvl := c.repo.access(a)
	return obj{
		"permission": lvl.legacy(), "role_name": roleNames()[lvl], "user": c.repo.collaboratorJSON(a),
	}, nil
}

func listRepoTeams(c *call) (any, error) {
	return paged(c, c.repo.teams, func(g teamGrant) obj {
		out := c.f.teamJSON(g.team)
		out["permission"], out["permissions"] = grantNames()[g.lvl], g.lvl.grants()
		return out
	}), nil
}
