package github

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

func listComments(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	comments := slices.DeleteFunc(slices.Clone(p.Conversation),
		func(o *fake.CommentRecord) bool { return !fake.Sees(c.who.account, o.Author) })
	if since, err := time.Parse(time.RFC3339, c.r.URL.Query().Get("since")); err == nil {
		comments = slices.DeleteFunc(slices.Clone(comments), func(o *fake.CommentRecord) bool { return o.Updated().Before(since) })
	}
	return paged(c, comments, c.s.commentJSON), nil
}

type bodyInput struct {
	Body string `json:"body"`
}

func createComment(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var in bodyInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	o, err := c.who.account.Comment(p, in.Body, c.who.install != nil)
	if err != nil {
		return nil, err
	}
	return c.created(c.s.commentJSON(o), nil)
}

func (c *call) comment() (*fake.CommentRecord, error) {
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	for _, p := range c.repo.Pulls {
		if o := p.CommentByID(id); o != nil {
			return o, nil
		}
	}
	return nil, notFound()
}

func getComment(c *call) (any, error) {
	o, err := c.comment()
	if err != nil {
		return nil, err
	}
	return c.s.commentJSON(o), nil
}

// ownComment finds a comment that the caller may change: its author may, and
// whoever may write to the repository.
func (c *call) ownComment() (*fake.CommentRecord, error) {
	o, err := c.comment()
	if err != nil {
		return nil, err
	}
	if o.Author != c.who.account && c.who.install == nil && c.repo.Access(c.who.account) < fake.Write {
		return nil, forbidden("Must have admin rights to Repository.")
	}
	return o, nil
}

func updateComment(c *call) (any, error) {
	o, err := c.ownComment()
	if err != nil {
		return nil, err
	}
	var in bodyInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.who.account.EditComment(o, in.Body); err != nil {
		return nil, err
	}
	return c.s.commentJSON(o), nil
}

func deleteComment(c *call) (any, error) {
	o, err := c.ownComment()
	if err != nil {
		return nil, err
	}
	c.who.account.DeleteComment(o)
	return nil, nil
}

func listIssueLabels(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return paged(c, p.Labelled, func(l *fake.Label) obj { return c.s.labelJSON(c.repo, l) }), nil
}

func addLabels(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var in struct {
		Labels []string `json:"labels"`
	}
	if json.Unmarshal(c.body, &in.Labels) != nil { // a bare list is allowed too
		if err := c.decode(&in); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(in.Labels, tooLong) {
		return nil, invalidField("Label", "name", "invalid", "")
	}
	for _, name := range in.Labels {
		c.who.account.Label(p, name)
	}
	return c.s.labelsJSON(p), nil
}

// tooLong reports whether GitHub takes no label of such a length.
func tooLong(name string) bool { return utf8.RuneCountInString(name) > 50 }

func removeLabel(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	if err := c.who.account.Unlabel(p, c.r.PathValue("name")); err != nil {
		return nil, err
	}
	return c.s.labelsJSON(p), nil
}

// maxAssignees is how many people can be assigned.
const maxAssignees = 10

// addAssignees passes over those who may not write, as GitHub does.
func addAssignees(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var in struct{ Assignees []string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	for _, login := range in.Assignees {
		a, err := c.s.FindAccount(login)
		if err == nil && c.repo.Granted(a) >= fake.Write && !slices.Contains(p.Assigned, a) && len(p.Assigned) < maxAssignees {
			p.Assign(a)
		}
	}
	return c.created(c.s.issueJSON(p), nil)
}

func createLabel(c *call) (any, error) {
	var in struct{ Name, Color, Description string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	switch {
	case in.Name == "":
		return nil, invalidField("Label", "name", "missing_field", "")
	case tooLong(in.Name):
		return nil, invalidField("Label", "name", "invalid", "")
	case c.repo.FindLabel(in.Name) != nil:
		return nil, invalidField("Label", "name", "already_exists", "")
	}
	return c.created(c.s.labelJSON(c.repo, c.repo.AddLabel(in.Name, in.Color, in.Description)), nil)
}

func listEvents(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return paged(c, p.History, func(e fake.Event) obj { return c.s.eventJSON(e, p) }), nil
}

// listTimeline lists commits, reviews, comments and events in order of time.
func listTimeline(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	type item struct {
		at   time.Time
		json obj
	}
	var items []item
	for _, o := range p.Commits() {
		row := c.s.commitJSON(c.repo, o)
		inner := row["commit"].(obj)
		items = append(items, item{o.Committer.When, obj{
			"event": "committed", "sha": row["sha"], "node_id": row["node_id"], "url": inner["url"],
			"html_url": row["html_url"], "author": inner["author"], "committer": inner["committer"],
			"message": inner["message"], "tree": inner["tree"], "parents": row["parents"],
			"verification": inner["verification"],
		}})
	}
	for _, rv := range p.Reviews {
		if rv.State != fake.Pending {
			row := c.s.reviewJSON(rv)
			row["event"], row["user"] = "reviewed", c.s.userJSON(rv.Author)
			items = append(items, item{rv.Submitted, row})
		}
	}
	for _, o := range p.Conversation {
		row := c.s.commentJSON(o)
		row["event"], row["actor"] = "commented", row["user"]
		items = append(items, item{o.Created, row})
	}
	for _, e := range p.History {
		items = append(items, item{e.At, c.s.eventJSON(e, p)})
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(a.at.Unix(), b.at.Unix()) })
	return paged(c, items, func(i item) obj { return i.json }), nil
}
