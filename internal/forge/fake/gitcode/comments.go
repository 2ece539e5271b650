package gitcode

import (
	"net/http"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// comment is a comment as reads show it: by its number.
func (s *Server) comment(said *fake.CommentRecord) rest.Obj {
	t := s.Thread(said.ID)
	kind := "pr_comment"
	if t.Diff {
		kind = "diff_comment"
	}
	return rest.Obj{
		"id": said.ID, "discussion_id": t.Discussion, "body": said.Body, "created_at": rest.Stamp(said.Created),
		"updated_at": rest.Stamp(said.Updated()), "user": s.somebody(said.Author), "comment_type": kind, "resolved": t.Resolved,
		"reply": []rest.Obj{},
	}
}

func (s *Server) listComments(c *rest.Call) (any, error) {
	return rest.Paged(c, c.Conversation(), s.comment)
}

// createComment writes a comment. The id of the answer is the thread's; that by which the
// comment is read, changed and deleted has a name of its own.
func (s *Server) createComment(c *rest.Call) (any, error) {
	made, err := c.Write()
	if err != nil {
		return nil, err
	}
	return rest.Obj{"id": s.Thread(made.ID).Discussion, "note_id": made.ID, "body": made.Body}, nil
}

func (s *Server) getComment(c *rest.Call) (any, error) {
	said, err := c.Comment()
	if err != nil {
		return nil, err
	}
	return s.comment(said), nil
}

// resolve has a thread be resolved, or open again. Whoever may write may do so, and who began
// it.
func (s *Server) resolve(c *rest.Call) error {
	first := s.Discussion(c.Pull, c.R.PathValue("discussion"))
	switch {
	case first == nil:
		return rest.Refuse(http.StatusNotFound, "404 Discussion Not Found")
	case first.Author != c.Who && c.Repo.Access(c.Who) < fake.Write:
		return rest.Refuse(http.StatusForbidden, "403 Forbidden")
	}
	s.Thread(first.ID).Resolved = c.Yes("resolved")
	return nil
}

// listEdits tells what a comment was, and who made it so.
func (s *Server) listEdits(c *rest.Call) (any, error) {
	said, err := c.Comment()
	if err != nil {
		return nil, err
	}
	person := func(a *fake.Account) rest.Obj {
		return rest.Obj{"avatar_url": s.Link("/avatar.png"), "login": a.Login, "name": a.Name, "object_id": userID(a)}
	}
	first := true
	return rest.All(s.Edits(said.ID), func(e rest.Edit) rest.Obj {
		out := rest.Obj{"id": rest.HexID(e.ID, 24), "content": e.Body, "created": first, "deleted": e.Deleted,
			"created_at": rest.Stamp(said.Created),
			"updated_at": rest.Stamp(e.At), "user": person(said.Author), "updated_user": person(e.By)}
		first = false
		return out
	}), nil
}
