package fake

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

func listComments(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	comments := slices.DeleteFunc(slices.Clone(p.comments), func(o *comment) bool { return !sees(c.who.account, o.author) })
	if since, err := time.Parse(time.RFC3339, c.r.URL.Query().Get("since")); err == nil {
		comments = slices.DeleteFunc(slices.Clone(comments), func(o *comment) bool { return o.updated().Before(since) })
	}
	return paged(c, comments, (*comment).json), nil
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
	o, err := p.comment(in.Body, c.who.account, c.who.install != nil)
	if err != nil {
		return nil, err
	}
	return c.created(o.json(), nil)
}

func (c *call) comment() (*comment, error) {
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	for _, p := range c.repo.pulls {
		if o := p.commentByID(id); o != nil {
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
	return o.json(), nil
}

// ownComment finds a comment that the caller may change: its author may, and
// whoever may write to the repository.
func (c *call) ownComment() (*comment, error) {
	o, err := c.comment()
	if err != nil {
		return nil, err
	}
	if o.author != c.who.account && c.who.install == nil && c.repo.access(c.who.account) < write {
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
	if err := o.edit(in.Body, c.who.account); err != nil {
		return nil, err
	}
	return o.json(), nil
}

func deleteComment(c *call) (any, error) {
	o, err := c.ownComment()
	if err != nil {
		return nil, err
	}
	o.remove(c.who.account)
	return nil, nil
}

func listIssueLabels(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return paged(c, p.labels, c.repo.labelJSON), nil
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
		p.attach(name, c.who.account)
	}
	return p.labelsJSON(), nil
}

// tooLong tells whether GitHub takes no label of such a length.
func tooLong(name string) bool { return utf8.RuneCountInString(name) > 50 }

func removeLabel(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	if err := p.detach(c.r.PathValue("name"), c.who.account); err != nil {
		return nil, err
	}
	return p.labelsJSON(), nil
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
		a := c.f.byLogin[strings.ToLower(login)]
		if c.repo.granted(a) >= write && !slices.Contains(p.assignees, a) && len(p.assignees) < maxAssignees {
			p.assignees = append(p.assignees, a)
			p.touch()
		}
	}
	return c.created(p.issueJSON(), nil)
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
	case c.repo.label(in.Name) != nil:
		return nil, invalidField("Label", "name", "already_exists", "")
	}
	return c.created(c.repo.labelJSON(c.repo.addLabel(in.Name, in.Color, in.Description)), nil)
}

func listEvents(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return paged(c, p.events, func(e event) obj { return e.json(p) }), nil
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
	for _, o := range p.commits() {
		row := c.repo.commitJSON(o)
		inner := row["commit"].(obj)
		items = append(items, item{o.Committer.When, obj{
			"event": "committed", "sha": row["sha"], "node_id": row["node_id"], "url": inner["url"],
			"html_url": row["html_url"], "author": inner["author"], "committer": inner["committer"],
			"message": inner["message"], "tree": inner["tree"], "parents": row["parents"],
			"verification": inner["verification"],
		}})
	}
	for _, rv := range p.reviews {
		if rv.state != pending {
			row := rv.json()
			row["event"], row["user"] = "reviewed", c.f.userJSON(rv.author)
			items = append(items, item{rv.submitted, row})
		}
	}
	for _, o := range p.comments {
		row := o.json()
		row["event"], row["actor"] = "commented", row["user"]
		items = append(items, item{o.created, row})
	}
	for _, e := range p.events {
		items = append(items, item{e.at, e.json(p)})
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(a.at.Unix(), b.at.Unix()) })
	return paged(c, items, func(i item) obj { return i.json }), nil
}
