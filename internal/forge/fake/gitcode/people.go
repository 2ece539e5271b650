package gitcode

import (
	"net/http"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// person is a user in answers of the API.
func (s *Server) person(a *fake.Account) rest.Obj {
	return rest.Obj{"id": userID(a), "login": a.Login, "name": a.Name, "avatar_url": s.Link("/avatar.png"), "html_url": s.Link("/" + a.Login)}
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
	for name, value := range (rest.Obj{"type": "User", "url": s.Link("/" + a.Login),
		"followers_url": s.Link("/" + a.Login + "/followers"), "bio": "",
		"blog": "", "company": "", "email": a.Email, "followers": 0, "following": 0, "top_languages": []string{}}) {
		out[name] = value
	}
	return out
}

func (s *Server) getUser(c *rest.Call) (any, error) {
	a, err := c.Account()
	if err != nil {
		return nil, err
	}
	return s.wholePerson(a), nil
}

// seated is somebody who is to look at a pull request.
func (s *Server) seated(seat *rest.Seat) rest.Obj {
	out := s.person(seat.Who)
	out["accept"], out["assignee"], out["code_owner"] = seat.Accept, seat.Default, seat.CodeOwner
	return out
}

// choice is somebody who has a seat, or may have one: the id is a number here, and the one
// that people have elsewhere has another name.
func (s *Server) choice(a *fake.Account) rest.Obj {
	return rest.Obj{"avatar_url": s.Link("/avatar.png"), "id": hookUserID(a), "login": a.Login, "name": a.Name, "object_id": userID(a)}
}

func (s *Server) listSeats(role rest.Role) func(*rest.Call) (any, error) {
	return func(c *rest.Call) (any, error) {
		return rest.All(s.Desk(c.Pull).In(role), func(seat *rest.Seat) rest.Obj { return s.choice(seat.Who) }), nil
	}
}

func (s *Server) listOptions(c *rest.Call) (any, error) {
	able := slices.DeleteFunc(c.Members(), func(a *fake.Account) bool { return c.Repo.Granted(a) < fake.Write })
	return rest.All(able, s.choice), nil
}

// seat gives people seats: instead of those who have one, unless they are to be added.
func (s *Server) seat(role rest.Role, name string) func(*rest.Call) error {
	give := rest.SeatNamed(role, name)
	return func(c *rest.Call) error {
		people, err := s.Askable(c.Repo, c.Names(name))
		if err != nil {
			return err
		}
		for _, seat := range s.Desk(c.Pull).In(role) {
			if !c.Yes("add") && !slices.Contains(people, seat.Who) {
				s.Leave(c.Pull, role, seat.Who, c.Who)
			}
		}
		return give(c)
	}
}

func (s *Server) countAssignees(c *rest.Call) (any, error) {
	return rest.Obj{"assignees_number": len(s.Desk(c.Pull).In(rest.Assignee))}, nil
}

func (s *Server) listMembers(c *rest.Call) (any, error) {
	return rest.Paged(c, c.Members(), func(a *fake.Account) rest.Obj {
		out := rest.Obj{"id": userID(a), "name": a.Name, "username": a.Login, "web_url": s.Link("/" + a.Login), "type": "ProjectMember",
			"permissions": rest.Obj{"pull": nil, "push": nil, "admin": s.Permission(c.Repo, a) == "admin"}}
		for _, name := range []string{"nick_name", "state", "avatar", "avatar_url", "email", "name_cn", "access_level", "expires_at", "limited",
			"last_owner", "is_current_source_member", "last_source_owner", "join_way", "source_name", "member_roles", "iam_id",
			"committer_system_from"} {
			out[name] = nil
		}
		return out
	})
}

func (s *Server) checkMember(c *rest.Call) (any, error) {
	a, err := c.Account()
	if err == nil && c.Repo.Granted(a) == fake.None {
		err = rest.Refuse(http.StatusNotFound, "404 Not Found")
	}
	return rest.Obj{"message": "OK"}, err
}

// levels are the numbers of rights.
var levels = map[string]int{"admin": 50, "write": 30, "read": 20}

func (s *Server) getPermission(c *rest.Call) (any, error) {
	a, err := c.Account()
	if err != nil {
		return nil, err
	}
	word := s.Permission(c.Repo, a)
	out := s.person(a)
	out["permission"], out["permissions"], out["access_level"] = word, rest.Obj{"admin": word == "admin"}, levels[word]
	out["username"], out["email"], out["object_id"], out["type"] = a.Login, a.Email, userID(a), "ProjectMember"
	out["role_name"], out["role_name_cn"], out["state"], out["source_name"], out["nick_name"] = word, word, "active", c.Repo.Name, a.Name
	return out, nil
}
