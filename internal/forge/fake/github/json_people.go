package github

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// obj is a JSON object on its way out; encoding/json sorts its keys.
type obj map[string]any

// link returns the link to an API resource.
func (s *Server) link(format string, args ...any) string {
	return s.url + fmt.Sprintf(format, args...)
}

// web returns the link to a page. The pages themselves are not served.
func (s *Server) web(format string, args ...any) string {
	return s.url + "/-" + fmt.Sprintf(format, args...)
}

func nodeID(kind string, id int64) string { return fmt.Sprintf("%s_%d", kind, id) }

// ghost stands for a deleted account where GitHub's answers need one.
func (s *Server) ghost() *fake.Account {
	return &fake.Account{ID: 10137, Login: "ghost", Name: "Deleted user", Kind: fake.Person}
}

// userJSON is an account as REST shows it, with the ghost for a deleted one.
func (s *Server) userJSON(a *fake.Account) obj {
	if a == nil || a.Deleted {
		a = s.ghost()
	}
	base := s.link("/users/%s", a.Login)
	return obj{
		"login": a.Login, "id": a.ID, "node_id": nodeID("U", a.ID), "type": accountTypes().say(a.Kind), "site_admin": false,
		"gravatar_id": "", "user_view_type": "public",
		"avatar_url": s.web("/avatars/%d", a.ID), "html_url": s.web("/%s", a.Login), "url": base,
		"followers_url": base + "/followers", "following_url": base + "/following{/other_user}",
		"gists_url": base + "/gists{/gist_id}", "starred_url": base + "/starred{/owner}{/repo}",
		"subscriptions_url": base + "/subscriptions", "organizations_url": base + "/orgs",
		"repos_url": base + "/repos", "events_url": base + "/events{/privacy}",
		"received_events_url": base + "/received_events",
	}
}

// userOrNull is null for a deleted account.
func (s *Server) userOrNull(a *fake.Account) any {
	if a == nil || a.Deleted {
		return nil
	}
	return s.userJSON(a)
}

func (s *Server) usersJSON(accounts []*fake.Account) []any {
	out := make([]any, 0, len(accounts))
	for _, a := range accounts {
		out = append(out, s.userJSON(a))
	}
	return out
}

// profileJSON is an account's public profile.
func (s *Server) profileJSON(a *fake.Account) obj {
	out := s.userJSON(a)
	for key, value := range (obj{
		"name": a.Name, "company": nil, "blog": "", "location": nil, "email": nil, "hireable": nil, "bio": nil,
		"twitter_username": nil, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
		"created_at": stamp(a.Created), "updated_at": stamp(a.Created),
	}) {
		out[key] = value
	}
	return out
}

func (s *Server) orgJSON(org *fake.Account) obj {
	base := s.link("/orgs/%s", org.Login)
	return obj{
		"login": org.Login, "id": org.ID, "node_id": nodeID("O", org.ID), "url": base, "description": nil,
		"repos_url": base + "/repos", "events_url": base + "/events", "hooks_url": base + "/hooks",
		"issues_url": base + "/issues", "members_url": base + "/members{/member}",
		"public_members_url": base + "/public_members{/member}", "avatar_url": s.web("/avatars/%d", org.ID),
	}
}

// teamSimpleJSON is a team without its parent.
func (s *Server) teamSimpleJSON(t *fake.TeamRecord) obj {
	base := s.link("/organizations/%d/team/%d", t.Org.ID, t.ID)
	return obj{
		"id": t.ID, "node_id": nodeID("T", t.ID), "name": t.Name, "slug": t.Slug, "description": nil,
		"privacy": "closed", "notification_setting": "notifications_enabled", "permission": "pull",
		"type": "organization", "organization_id": t.Org.ID,
		"url": base, "html_url": s.web("/orgs/%s/teams/%s", t.Org.Login, t.Slug),
		"members_url": base + "/members{/member}", "repositories_url": base + "/repos",
	}
}

func (s *Server) teamJSON(t *fake.TeamRecord) obj {
	out := s.teamSimpleJSON(t)
	out["parent"] = nil
	if t.Parent != nil {
		out["parent"] = s.teamSimpleJSON(t.Parent)
	}
	return out
}

func (s *Server) teamsJSON(teams []*fake.TeamRecord) []any {
	out := make([]any, 0, len(teams))
	for _, t := range teams {
		out = append(out, s.teamJSON(t))
	}
	return out
}

func (s *Server) teamFullJSON(t *fake.TeamRecord) obj {
	out := s.teamJSON(t)
	org := s.orgJSON(t.Org)
	for key, value := range (obj{
		"html_url": s.web("/%s", t.Org.Login), "name": t.Org.Name, "type": "Organization",
		"has_organization_projects": false, "has_repository_projects": false, "public_repos": 0, "public_gists": 0,
		"followers": 0, "following": 0, "created_at": stamp(t.Org.Created), "updated_at": stamp(t.Org.Created),
		"archived_at": nil,
	}) {
		org[key] = value
	}
	out["organization"] = org
	out["members_count"], out["repos_count"] = len(s.MembersOf(t)), 0
	out["created_at"], out["updated_at"] = stamp(t.Created), stamp(t.Created)
	return out
}

// collaboratorJSON is an account with what it may do in a repository.
func (s *Server) collaboratorJSON(r *fake.Repo, a *fake.Account) obj {
	lvl := r.Access(a)
	out := s.userJSON(a)
	out["permissions"], out["role_name"] = grants(lvl), lvl.String()
	return out
}

// association is an account's author_association.
func association(r *fake.Repo, a *fake.Account) string {
	switch {
	case a == nil || a.Deleted:
		return "NONE"
	case r.Owner == a:
		return "OWNER"
	case r.Owner.Role(a) != "":
		return "MEMBER"
	case r.Granted(a) > fake.None:
		return "COLLABORATOR"
	}
	for _, p := range r.Pulls {
		if p.Author == a && p.IsMerged() {
			return "CONTRIBUTOR"
		}
	}
	return "NONE"
}
