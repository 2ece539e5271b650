package fake

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// The states of a review.
const (
	approved         = "APPROVED"
	changesRequested = "CHANGES_REQUESTED"
	commented        = "COMMENTED"
	dismissed        = "DISMISSED"
	pending          = "PENDING"
)

// maxReviewers is how many people and teams may be asked at a time
// (docs.github.com, "Review requests").
const maxReviewers = 15

// review is one review of a pull request.
type review struct {
	pull      *PullRequest
	id        int64
	author    *account
	state     string
	body      string
	commit    plumbing.Hash
	created   time.Time
	submitted time.Time
	edited    time.Time
	editor    *account
}

// Review describes a review to submit.
type Review struct {
	By     string
	Event  string // APPROVE, REQUEST_CHANGES or COMMENT; empty leaves it pending
	Body   string // COMMENT and REQUEST_CHANGES need one
	Commit string // the head if empty
}

// Review submits a review and gives its id.
func (p *PullRequest) Review(r Review) (id int64, err error) {
	err = p.as(r.By, "review", func(by *account) error {
		rv, err := p.review(r, by)
		if err == nil {
			id = rv.id
		}
		return err
	})
	return id, err
}

// stateAfter gives the state that a review's event leads to.
func stateAfter(event string) (string, bool) {
	state, ok := map[string]string{
		"": pending, "APPROVE": approved, "REQUEST_CHANGES": changesRequested, "COMMENT": commented,
	}[event]
	return state, ok
}

func (p *PullRequest) review(r Review, by *account) (*review, error) {
	state, ok := stateAfter(r.Event)
	switch {
	case !ok:
		return nil, invalid("Variable $event of type PullRequestReviewEvent was provided invalid value")
	case by == p.author && state == approved:
		return nil, invalid("Can not approve your own pull request")
	case by == p.author && state == changesRequested:
		return nil, invalid("Can not request changes on your own pull request")
	case r.Body == "" && (state == commented || state == changesRequested):
		return nil, invalid("Body can't be blank")
	}
	commit := p.head
	if r.Commit != "" {
		if commit, ok = p.repo.byID(r.Commit); !ok {
			return nil, invalid("The commit_id is not part of the pull request")
		}
	}
	now := p.repo.forge.now()
	rv := &review{
		pull: p, id: p.repo.forge.nextID(), author: by, state: state, body: r.Body, commit: commit, created: now,
	}
	p.reviews = append(p.reviews, rv)
	if state != pending {
		p.submitted(rv)
	}
	return rv, nil
}

// Submit submits a review that was left pending, by an event.
func (p *PullRequest) Submit(by string, review int64, event string) error {
	return p.as(by, "submit review of", func(*account) error {
		rv, err := p.reviewByID(review)
		if err != nil {
			return err
		}
		state, ok := stateAfter(event)
		if !ok || rv.state != pending || state == pending {
			return invalid("Can not submit this review")
		}
		rv.state = state
		p.submitted(rv)
		return nil
	})
}

// submitted makes a review known; it answers the request for review.
func (p *PullRequest) submitted(rv *review) {
	rv.submitted = p.repo.forge.now()
	p.touch()
	p.users = slices.DeleteFunc(p.users, func(a *account) bool { return a == rv.author })
	p.teams = slices.DeleteFunc(p.teams, func(t *team) bool {
		return slices.Contains(p.repo.forge.membersOf(t), rv.author)
	})
	p.emitReview("submitted", rv, rv.author, nil)
}

func (p *PullRequest) reviewByID(id int64) (*review, error) {
	for _, rv := range p.reviews {
		if rv.id == id {
			return rv, nil
		}
	}
	return nil, notFound()
}

// Dismiss dismisses a review.
func (p *PullRequest) Dismiss(by string, review int64, message string) error {
	return p.as(by, "dismiss review of", func(by *account) error {
		rv, err := p.reviewByID(review)
		if err != nil {
			return err
		}
		return p.dismiss(rv, message, by)
	})
}

func (p *PullRequest) dismiss(rv *review, message string, by *account) error {
	if rv.state != approved && rv.state != changesRequested {
		return invalid("Can not dismiss a " + strings.ToLower(rv.state) + " pull request review")
	}
	if message == "" {
		return invalid("Message can't be blank")
	}
	p.record(event{kind: reviewDismissed, actor: by, review: rv, from: rv.state, message: message})
	rv.state = dismissed
	p.touchQuietly()
	p.emitReview("dismissed", rv, by, nil)
	return nil
}

// touchQuietly is for what need not move the time of change.
func (p *PullRequest) touchQuietly() {
	if !p.repo.forge.opts.Behaviour.QuietReviews {
		p.touch()
	}
}

// EditReview changes a review's body after submission.
func (p *PullRequest) EditReview(by string, review int64, body string) error {
	return p.as(by, "edit review of", func(by *account) error {
		rv, err := p.reviewByID(review)
		if err != nil {
			return err
		}
		p.editReview(rv, body, by)
		return nil
	})
}

func (p *PullRequest) editReview(rv *review, body string, by *account) {
	from := rv.body
	rv.body, rv.edited, rv.editor = body, p.repo.forge.now(), by
	p.touchQuietly()
	p.emitReview("edited", rv, by, obj{"changes": obj{"body": obj{"from": from}}})
}

// RequestReviewers asks people and teams for review.
func (p *PullRequest) RequestReviewers(by string, people, teams []string) error {
	return p.as(by, "request reviewers of", func(by *account) error { return p.request(people, teams, by) })
}

// UnrequestReviewers takes requests for review back.
func (p *PullRequest) UnrequestReviewers(by string, people, teams []string) error {
	return p.as(by, "take back requests for review of", func(by *account) error { p.unrequest(people, teams, by); return nil })
}

// request asks for reviews: of all who are named, or, if one of them can't be
// asked, of none.
func (p *PullRequest) request(people, teams []string, by *account) error {
	var users []*account
	for _, login := range people {
		a := p.repo.forge.byLogin[strings.ToLower(login)]
		switch {
		case a == p.author && a != nil:
			return &failure{status: http.StatusUnprocessableEntity,
				message: "Review cannot be requested from pull request author."}
		case p.repo.granted(a) == none || a.kind != "User":
			return &failure{status: http.StatusUnprocessableEntity,
				message: "Reviews may only be requested from collaborators. One or more of the users or teams you " +
					"specified is not a collaborator of the " + p.repo.FullName() + " repository."}
		case !slices.Contains(p.users, a) && !slices.Contains(users, a):
			users = append(users, a)
		}
	}
	var asked []*team
	for _, slug := range teams {
		t := p.repo.forge.team(p.repo.owner, slug)
		if t == nil || !slices.ContainsFunc(p.repo.teams, func(g teamGrant) bool { return g.team == t }) {
			return &failure{status: http.StatusUnprocessableEntity,
				message: "Could not resolve to a node with the global id of the team '" + slug + "'."}
		}
		if !slices.Contains(p.teams, t) && !slices.Contains(asked, t) {
			asked = append(asked, t)
		}
	}
	if len(p.users)+len(p.teams)+len(users)+len(asked) > maxReviewers {
		return &failure{status: http.StatusUnprocessableEntity,
			message: fmt.Sprintf("A maximum of %d reviewers can be requested.", maxReviewers)}
	}
	for _, a := range users {
		p.users = append(p.users, a)
		p.record(event{kind: reviewRequested, actor: by, who: a})
		p.emit("review_requested", by, obj{"requested_reviewer": p.repo.forge.userJSON(a)})
	}
	for _, t := range asked {
		p.teams = append(p.teams, t)
		p.record(event{kind: reviewRequested, actor: by, team: t})
		p.emit("review_requested", by, obj{"requested_team": p.repo.forge.teamJSON(t)})
		p.assignMembers(t, by)
	}
	return nil
}

// unrequest takes requests for review back; who was not asked is passed over.
func (p *PullRequest) unrequest(people, teams []string, by *account) {
	for _, a := range slices.Clone(p.users) {
		if slices.ContainsFunc(people, func(login string) bool { return sameName(login, a.login) }) {
			p.users = slices.DeleteFunc(p.users, func(o *account) bool { return o == a })
			p.record(event{kind: requestRemoved, actor: by, who: a})
			p.emit("review_request_removed", by, obj{"requested_reviewer": p.repo.forge.userJSON(a)})
		}
	}
	for _, t := range slices.Clone(p.teams) {
		if slices.ContainsFunc(teams, func(slug string) bool { return sameName(slug, t.slug) }) {
			p.teams = slices.DeleteFunc(p.teams, func(o *team) bool { return o == t })
			p.record(event{kind: requestRemoved, actor: by, team: t})
			p.emit("review_request_removed", by, obj{"requested_team": p.repo.forge.teamJSON(t)})
		}
	}
}

// decision is GitHub's review decision; empty where the base branch requires
// no review, which here it never does unless somebody asked for changes or
// approved.
func (p *PullRequest) decision() string {
	out := ""
	for _, rv := range p.latest() {
		switch rv.state {
		case changesRequested:
			return changesRequested
		case approved:
			out = approved
		}
	}
	return out
}

// comment is a comment in a pull request's conversation.
type comment struct {
	pull    *PullRequest
	id      int64
	author  *account
	byApp   bool
	body    string
	created time.Time
	edited  time.Time
	editor  *account
}

// maxComment is the longest comment body, in characters.
const maxComment = 65_536

// Comment writes a comment and gives its id.
func (p *PullRequest) Comment(by, body string) (id int64, err error) {
	err = p.as(by, "comment on", func(by *account) error {
		c, err := p.comment(body, by, false)
		if err == nil {
			id = c.id
		}
		return err
	})
	return id, err
}

func checkComment(body string) error {
	switch n := len([]rune(body)); {
	case strings.TrimSpace(body) == "":
		return invalidField("IssueComment", "body", "missing_field", "")
	case n > maxComment:
		return invalidField("IssueComment", "data", "unprocessable",
			fmt.Sprintf("Body is too long (maximum is %d characters)", maxComment))
	}
	return nil
}

func (p *PullRequest) comment(body string, by *account, byApp bool) (*comment, error) {
	if err := checkComment(body); err != nil {
		return nil, err
	}
	c := &comment{
		pull: p, id: p.repo.forge.nextID(), author: by, byApp: byApp, body: body, created: p.repo.forge.now(),
	}
	p.comments = append(p.comments, c)
	p.touch()
	p.emitComment("created", c, by, nil)
	return c, nil
}

func (c *comment) edit(body string, by *account) error {
	if err := checkComment(body); err != nil {
		return err
	}
	from := c.body
	c.body, c.edited, c.editor = body, c.pull.repo.forge.now(), by
	c.pull.touch()
	c.pull.emitComment("edited", c, by, obj{"changes": obj{"body": obj{"from": from}}})
	return nil
}

func (c *comment) remove(by *account) {
	p := c.pull
	p.comments = slices.DeleteFunc(p.comments, func(o *comment) bool { return o == c })
	p.touch()
	p.record(event{kind: commentDeleted, actor: by, who: c.author})
	p.emitComment("deleted", c, by, nil)
}

func (c *comment) updated() time.Time {
	if c.edited.IsZero() {
		return c.created
	}
	return c.edited
}

// EditComment changes a comment's body.
func (p *PullRequest) EditComment(by string, id int64, body string) error {
	return p.as(by, "edit comment of", func(by *account) error {
		c := p.commentByID(id)
		if c == nil {
			return notFound()
		}
		return c.edit(body, by)
	})
}

// DeleteComment deletes a comment.
func (p *PullRequest) DeleteComment(by string, id int64) error {
	return p.as(by, "delete comment of", func(by *account) error {
		c := p.commentByID(id)
		if c == nil {
			return notFound()
		}
		c.remove(by)
		return nil
	})
}

func (p *PullRequest) commentByID(id int64) *comment {
	i := slices.IndexFunc(p.comments, func(c *comment) bool { return c.id == id })
	if i < 0 {
		return nil
	}
	return p.comments[i]
}

// label is a label of a repository.
type label struct {
	id                int64
	name, color, text string
}

// addLabel makes a label, with the given colour and description or defaults.
func (r *Repo) addLabel(name, color, text string) *label {
	l := &label{r.forge.nextID(), name, cmp.Or(color, "ededed"), text}
	r.labels = append(r.labels, l)
	return l
}

func (r *Repo) label(name string) *label {
	for _, l := range r.labels {
		if sameName(l.name, name) {
			return l
		}
	}
	return nil
}

// attach puts a label on the pull request, making it where there is none.
func (p *PullRequest) attach(name string, by *account) {
	l := p.repo.label(name)
	if l == nil {
		l = p.repo.addLabel(name, "", "")
	}
	if slices.Contains(p.labels, l) {
		return
	}
	p.labels = append(p.labels, l)
	p.touch()
	p.record(event{kind: labeledEvent, actor: by, label: l})
	p.emit("labeled", by, obj{"label": p.repo.labelJSON(l)})
}

func (p *PullRequest) detach(name string, by *account) error {
	l := p.repo.label(name)
	if l == nil || !slices.Contains(p.labels, l) {
		return &failure{status: http.StatusNotFound, message: "Label does not exist"}
	}
	p.labels = slices.DeleteFunc(p.labels, func(o *label) bool { return o == l })
	p.touch()
	p.record(event{kind: unlabeledEvent, actor: by, label: l})
	p.emit("unlabeled", by, obj{"label": p.repo.labelJSON(l)})
	return nil
}
