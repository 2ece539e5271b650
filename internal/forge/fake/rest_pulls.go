package fake

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// The caps of a pull request's lists (docs.github.com, "List pull requests
// files" and "List commits on a pull request").
const (
	maxPullFiles   = 3_000
	maxPullCommits = 250
)

func (c *call) pull() (*PullRequest, error) {
	n, err := c.number("number")
	if err != nil {
		return nil, err
	}
	p := c.repo.pull(int(n))
	if p == nil {
		return nil, notFound()
	}
	if c.r.Method == http.MethodGet {
		if p.hidden() {
			return nil, notFound()
		}
		return p.read(), nil
	}
	p.remember()
	return p, nil
}

func listPulls(c *call) (any, error) {
	q := c.r.URL.Query()
	pulls := slices.DeleteFunc(c.repo.readPulls(), func(p *PullRequest) bool {
		state := cmp.Or(q.Get("state"), "open")
		return state != "all" && p.state() != state ||
			q.Get("base") != "" && p.baseBranch != q.Get("base") ||
			q.Get("head") != "" && p.label() != q.Get("head")
	})
	byCreated := q.Get("sort") == "" || q.Get("sort") == "created"
	slices.SortStableFunc(pulls, func(a, b *PullRequest) int {
		if !byCreated {
			if n := a.updated.Compare(b.updated); n != 0 {
				return n
			}
		}
		return cmp.Compare(a.number, b.number)
	})
	if q.Get("direction") == "desc" || q.Get("direction") == "" && byCreated {
		slices.Reverse(pulls)
	}
	return paged(c, pulls, (*PullRequest).simpleJSON), nil
}

func createPull(c *call) (any, error) {
	var in struct {
		Title, Head, Base, Body string
		Draft                   bool
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	from, branch := c.repo, in.Head
	if owner, name, ok := strings.Cut(in.Head, ":"); ok {
		branch = name
		for _, r := range c.f.repos {
			if r.objects == c.repo.objects && sameName(r.owner.login, owner) {
				from = r
			}
		}
	}
	p, err := c.repo.open(Opening{
		Head: branch, From: from, Base: in.Base, Title: in.Title, Body: in.Body, Draft: in.Draft,
	}, c.who.account)
	if err != nil {
		return nil, err
	}
	return c.created(p.json(), nil)
}

func getPull(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return p.json(), nil
}

func updatePull(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var in struct{ Title, Body, State, Base *string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.mayEdit(p); err != nil {
		return nil, err
	}
	p.edit(in.Title, in.Body, c.who.account)
	if in.Base != nil {
		if err := p.retarget(*in.Base, c.who.account); err != nil {
			return nil, err
		}
	}
	switch {
	case in.State != nil && *in.State == "closed":
		p.close(c.who.account)
	case in.State != nil && *in.State == "open":
		if err := p.reopen(c.who.account); err != nil {
			return nil, err
		}
	}
	return p.json(), nil
}

// listFiles lists the changed files; past 3,000 the list ends without a word.
func listFiles(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	files := p.files()
	rows := limitDiffs(files[:min(len(files), maxPullFiles)])
	return paged(c, rows, func(f fileDiff) obj {
		row := p.repo.fileJSON(f, p.head)
		if c.f.opts.Behaviour.NullIDs {
			row["sha"] = nil
		}
		if c.f.opts.Behaviour.Unchanged && f.from != nil && f.to != nil && f.from.path == f.to.path && f.from.id == f.to.id {
			row["status"] = "unchanged"
		}
		return row
	}), nil
}

func listPullCommits(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	commits := p.commits()
	return paged(c, commits[:min(len(commits), maxPullCommits)], c.repo.commitJSON), nil
}

// listReviewComments is empty: the forge has no comments on lines.
func listReviewComments(c *call) (any, error) {
	if _, err := c.pull(); err != nil {
		return nil, err
	}
	return []any{}, nil
}

func listReviews(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	seen := slices.DeleteFunc(slices.Clone(p.reviews), func(rv *review) bool { return !rv.visibleTo(c.who.account) })
	return paged(c, seen, (*review).json), nil
}

// visibleTo hides a pending review from all but its author.
func (rv *review) visibleTo(a *account) bool {
	return (rv.state != pending || rv.author == a) && sees(a, rv.author)
}

type reviewInput struct {
	CommitID string `json:"commit_id"`
	Body     string `json:"body"`
	Event    string `json:"event"`
}

func createReview(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var in reviewInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	rv, err := p.review(Review{Event: in.Event, Body: in.Body, Commit: in.CommitID}, c.who.account)
	if err != nil {
		return nil, err
	}
	return rv.json(), nil
}

func (c *call) review() (*review, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	rv, err := p.reviewByID(id)
	if err != nil || !rv.visibleTo(c.who.account) {
		return nil, notFound()
	}
	return rv, nil
}

func getReview(c *call) (any, error) {
	rv, err := c.review()
	if err != nil {
		return nil, err
	}
	return rv.json(), nil
}

func updateReview(c *call) (any, error) {
	rv, err := c.review()
	if err != nil {
		return nil, err
	}
	var in reviewInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if rv.author != c.who.account && c.repo.access(c.who.account) < write {
		return nil, forbidden("Must have write access to Repository.")
	}
	rv.pull.editReview(rv, in.Body, c.who.account)
	return rv.json(), nil
}

func submitReview(c *call) (any, error) {
	rv, err := c.review()
	if err != nil {
		return nil, err
	}
	var in reviewInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	state, ok := stateAfter(in.Event)
	switch {
	case rv.state != pending:
		return nil, invalid("Can not submit a review that is not pending")
	case !ok || in.Event == "":
		return nil, invalid("Event can't be blank")
	case rv.author == rv.pull.author && state != commented:
		return nil, invalid("Can not review your own pull request")
	}
	rv.state, rv.body = state, cmp.Or(in.Body, rv.body)
	rv.pull.submitted(rv)
	return rv.json(), nil
}

func dismissReview(c *call) (any, error) {
	rv, err := c.review()
	if err != nil {
		return nil, err
	}
	var in struct{ Message string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := rv.pull.dismiss(rv, in.Message, c.who.account); err != nil {
		return nil, err
	}
	return rv.json(), nil
}

func getRequested(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return obj{"users": c.f.usersJSON(p.users), "teams": c.f.teamsJSON(p.teams)}, nil
}

type reviewersInput struct {
	Reviewers     []string `json:"reviewers"`
	TeamReviewers []string `json:"team_reviewers"`
}

func requestReviewers(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var in reviewersInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := p.request(in.Reviewers, in.TeamReviewers, c.who.account); err != nil {
		return nil, err
	}
	return c.created(p.simpleJSON(), nil)
}

func unrequestReviewers(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var in reviewersInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	p.unrequest(in.Reviewers, in.TeamReviewers, c.who.account)
	return p.simpleJSON(), nil
}

func mergePull(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var in struct {
		SHA     string `json:"sha"`
		Method  string `json:"merge_method"`
		Title   string `json:"commit_title"`
		Message string `json:"commit_message"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	message := strings.TrimSpace(in.Title + "\n\n" + in.Message)
	id, err := p.merge(c.who.account, in.SHA, cmp.Or(in.Method, "merge"), message)
	if err != nil {
		return nil, err
	}
	return obj{"sha": id.String(), "merged": true, "message": "Pull Request successfully merged"}, nil
}
