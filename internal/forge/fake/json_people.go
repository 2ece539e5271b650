package fake

import "fmt"

// obj is a JSON object on its way out; encoding/json sorts its keys.
type obj map[string]any

// url gives the link to an API resource.
func (f *Forge) url(format string, args ...any) string {
	return f.opts.URL + fmt.Sprintf(format, args...)
}

// web gives the link to a page. The pages themselves are not served.
func (f *Forge) web(format string, args ...any) string {
	return f.opts.URL + "/-" + fmt.Sprintf(format, args...)
}

func nodeID(kind string, id int64) string { return fmt.Sprintf("%s_%d", kind, id) }

// ghost stands for a deleted account where GitHub's answers need one.
func (f *Forge) ghost() *account {
	return &account{id: 10137, login: "ghost", name: "Deleted user", kind: "User"}
}

// userJSON is an account as REST shows it, with the ghost for a deleted one.
func (f *Forge) userJSON(a *account) obj {
	if a == nil || a.deleted {
		a = f.ghost()
	}
	base := f.url("/users/%s", a.login)
	return obj{
		"login": a.login, "id": a.id, "node_id": nodeID("U", a.id), "type": a.kind, "site_admin": false,
		"gravatar_id": "", "user_view_type": "public",
		"avatar_url": f.web("/avatars/%d", a.id), "html_url": f.web("/%s", a.login), "url": base,
		"followers_url": base + "/followers", "following_url": base + "/following{/other_user}",
		"gists_url": base + "/gists{/gist_id}", "starred_url": base + "/starred{/owner}{/repo}",
		"subscriptions_url": base + "/subscriptions", "organizations_url": base + "/orgs",
		"repos_url": base + "/repos", "events_url": base + "/events{/privacy}",
		"received_events_url": base + "/received_events",
	}
}

// userOrNull is null for a deleted account.
func (f *Forge) userOrNull(a *account) any {
	if a == nil || a.deleted {
		return nil
	}
	return f.userJSON(a)
}

func (f *Forge) usersJSON(accounts []*account) []any {
	out := make([]any, 0, len(accounts))
	for _, a := range accounts {
		out = append(out, f.userJSON(a))
	}
	return out
}

// profileJSON is an account's public profile.
func (f *Forge) profileJSON(a *account) obj {
	out := f.userJSON(a)
	for key, value := range (obj{
		"name": a.name, "company": nil, "blog": "", "location": nil, "email": nil, "hireable": nil, "bio": nil,
		"twitter_username": nil, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
		"created_at": stamp(a.created), "updated_at": stamp(a.created),
	}) {
		out[key] = value
	}
	return out
}

func (f *Forge) orgJSON(org *account) obj {
	base := f.url("/orgs/%s", org.login)
	return obj{
		"login": org.login, "id": org.id, "node_id": nodeID("O", org.id), "url": base, "description": nil,
		"repos_url": base + "/repos", "events_url": base + "/events", "hooks_url": base + "/hooks",
		"issues_url": base + "/issues", "members_url": base + "/members{/member}",
		"public_members_url": base + "/public_members{/member}", "avatar_url": f.web("/avatars/%d", org.id),
	}
}

// teamSimpleJSON is a team without its parent.
func (f *Forge) teamSimpleJSON(t *team) obj {
	base := f.url("/organizations/%d/team/%d", t.org.id, t.id)
	return obj{
		"id": t.id, "node_id": nodeID("T", t.id), "name": t.name, "slug": t.slug, "description": nil,
		"privacy": "closed", "notification_setting": "notifications_enabled", "permission": "pull",
		"type": "organization", "organization_id": t.org.id,
		"url": base, "html_url": f.web("/orgs/%s/teams/%s", t.org.login, t.slug),
		"members_url": base + "/members{/member}", "repositories_url": base + "/repos",
	}
}

func (f *Forge) teamJSON(t *team) obj {
	out := f.teamSimpleJSON(t)
	out["parent"] = nil
	if t.parent != nil {
		out["parent"] = f.teamSimpleJSON(t.parent)
	}
	return out
}

func (f *Forge) teamsJSON(teams []*team) []any {
	out := make([]any, 0, len(teams))
	for _, t := range teams {
		out = append(out, f.teamJSON(t))
	}
	return out
}

func (f *Forge) teamFullJSON(t *team) obj {
	out := f.teamJSON(t)
	org := f.orgJSON(t.org)
	for key, value := range (obj{
		"html_url": f.web("/%s", t.org.login), "name": t.org.name, "type": "Organization",
		"has_organization_projects": false, "has_repository_projects": false, "public_repos": 0, "public_gists": 0,
		"followers": 0, "following": 0, "created_at": stamp(t.org.created), "updated_at": stamp(t.org.created),
		"archived_at": nil,
	}) {
		org[key] = value
	}
	out["organization"] = org
	out["members_count"], out["repos_count"] = len(f.membersOf(t)), 0
	out["created_at"], out["updated_at"] = stamp(t.created), stamp(t.created)
	return out
}

// collaboratorJSON is an account with what it may do in a repository.
func (r *Repo) collaboratorJSON(a *account) obj {
	lvl := r.access(a)
	out := r.forge.userJSON(a)
	out["permissions"], out["role_name"] = lvl.grants(), roleNames()[lvl]
	return out
}
