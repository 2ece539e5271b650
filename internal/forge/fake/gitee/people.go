package gitee

import (
	"net/http"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// person is a user in answers of the API.
func (s *Server) person(a *fake.Account) rest.Obj {
	api := s.API("/users/" + a.Login)
	return rest.Obj{
		"id": a.ID, "login": a.Login, "name": a.Name, "avatar_url": s.Link("/assets/no_portrait.png"), "url": api,
		"html_url": s.Link("/" + a.Login), "remark": "", "followers_url": api + "/followers",
		"following_url": api + "/following_url{/other_user}", "gists_url": api + "/gists{/gist_id}",
		"starred_url": api + "/starred{/owner}{/repo}", "subscriptions_url": api + "/subscriptions", "organizations_url": api + "/orgs",
		"repos_url": api + "/repos", "events_url": api + "/events{/privacy}", "received_events_url": api + "/received_events", "type": "User",
	}
}

// somebody is a person, or null for an account that is gone, or for nobody.
func (s *Server) somebody(a *fake.Account) any {
	if a == nil || a.Deleted {
		return nil
	}
	return s.person(a)
}

func (s *Server) wholePerson(a *fake.Account) rest.Obj {
	out := s.person(a)
	delete(out, "remark")
	for name, value := range (rest.Obj{"blog": nil, "weibo": nil, "bio": "", "public_repos": 0, "public_gists": 0, "followers": 0,
		"following": 0,
		"stared":    0, "watched": 0, "created_at": rest.Stamp(a.Created), "updated_at": rest.Stamp(a.Created), "email": a.Email}) {
		out[name] = value
	}
	return out
}

func (s *Server) getUser(c *rest.Call) (any, error) {
	a, err := c.Account()
	if err != nil {
		return nil, err
	}
	out := s.wholePerson(a)
	delete(out, "email") // only one's own is told
	return out, nil
}

// seat is somebody who is to look at a pull request.
func (s *Server) seat(seat *rest.Seat) rest.Obj {
	out := s.person(seat.Who)
	out["accept"], out["assignee"], out["code_owner"] = seat.Accept, seat.Default, seat.CodeOwner
	return out
}

func permissions(word string) rest.Obj {
	return rest.Obj{"pull": word != "none", "push": word == "write" || word == "admin", "admin": word == "admin"}
}

func (s *Server) member(r *fake.Repo, a *fake.Account) rest.Obj {
	out, word := s.person(a), s.Permission(r, a)
	out["permissions"], out["member_role"] = permissions(word), map[string]string{"admin": "admin", "write": "developer",
		"read": "reporter"}[word]
	return out
}

func (s *Server) listMembers(c *rest.Call) (any, error) {
	return rest.Paged(c, c.Members(), func(a *fake.Account) rest.Obj { return s.member(c.Repo, a) })
}

func (s *Server) checkMember(c *rest.Call) (any, error) {
	a, err := c.Account()
	if err == nil && c.Repo.Granted(a) == fake.None {
		err = rest.Refuse(http.StatusNotFound, "404 Not Found")
	}
	return nil, err
}

func (s *Server) getPermission(c *rest.Call) (any, error) {
	a, err := c.Account()
	if err != nil {
		return nil, err
	}
	out := s.person(a)
	out["permission"] = s.Permission(c.Repo, a)
	return out, nil
}

func (s *Server) getMembership(c *rest.Call) (any, error) {
	a, err := c.Account()
	if err != nil {
		return nil, err
	}
	org, err := s.FindAccount(c.R.PathValue("org"))
	if err != nil || org.Role(a) == "" {
		return nil, rest.Refuse(http.StatusNotFound, "404 Not Found")
	}
	api := s.API("/orgs/" + org.Login)
	who := rest.Obj{}
	for _, name := range []string{"id", "login", "name", "avatar_url", "url", "html_url", "remark"} {
		who[name] = s.person(a)[name]
	}
	return rest.Obj{
		"url": api + "/memberships/" + a.Login, "active": true, "remark": nil, "role": org.Role(a), "organization_url": api,
		"organization": rest.Obj{"id": org.ID, "login": org.Login, "name": org.Name, "url": api, "avatar_url": s.Link("/assets/no_portrait.png"),
			"repos_url": api + "/repos", "events_url": api + "/events", "members_url": api + "/members{/member}", "description": "",
			"follow_count": 0},
		"user": who,
	}, nil
}
