package github

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// The caps of a pull request's lists (docs.github.com, "List pull requests
// files" and "List commits on a pull request").
const (
	maxPullFiles   = 3_000
	maxPullCommits = 250
)

func (c *call) pull() (*fake.PullRequest, error) {
	n, err := c.number("number")
	if err != nil {
		return nil, err
	}
	p := c.repo.FindPull(int(n))
	if p == nil {
		return nil, notFound()
	}
	if c.r.Method == http.MethodGet {
		if c.s.hidden(p) {
			return nil, notFound()
		}
		return p.Shown(), nil
	}
	p.Remember()
	return p, nil
}

func listPulls(c *call) (any, error) {
	q := c.r.URL.Query()
	pulls := slices.DeleteFunc(c.repo.ShownPulls(), func(p *fake.PullRequest) bool {
		wanted := cmp.Or(q.Get("state"), "open")
		return wanted != "all" && state(p) != wanted ||
			q.Get("base") != "" && p.BaseBranch != q.Get("base") ||
			q.Get("head") != "" && headLabel(p) != q.Get("head")
	})
	byCreated := q.Get("sort") == "" || q.Get("sort") == "created"
	slices.SortStableFunc(pulls, func(a, b *fake.PullRequest) int {
		if !byCreated {
			if n := a.Updated.Compare(b.Updated); n != 0 {
				return n
			}
		}
		return cmp.Compare(a.Number(), b.Number())
	})
	if q.Get("direction") == "desc" || q.Get("direction") == "" && byCreated {
		slices.Reverse(pulls)
	}
	return paged(c, pulls, c.s.simplePullJSON), nil
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
		for _, r := range c.s.Repos {
			if r.Objects == c.repo.Objects && strings.EqualFold(r.Owner.Login, owner) {
				from = r
			}
		}
	}
	p, err := c.who.account.Open(c.repo, fake.Opening{
		Head: branch, From: from, Base: in.Base, Title: in.Title, Body: in.Body, Draft: in.Draft,
	})
	if err != nil {
		return nil, err
	}
	return c.created(c.s.pullJSON(p), nil)
}

func getPull(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return c.s.pullJSON(p), nil
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
	c.who.account.Edit(p, in.Title, in.Body)
	if in.Base != nil {
		if err := c.who.account.Retarget(p, *in.Base); err != nil {
			return nil, err
		}
	}
	switch {
	case in.State != nil && *in.State == "closed":
		c.who.account.Close(p)
	case in.State != nil && *in.State == "open":
		if err := c.who.account.Reopen(p); err != nil {
			return nil, err
		}
	}
	return c.s.pullJSON(p), nil
}

// listFiles lists the changed files; past 3,000 the list ends without a word.
func listFiles(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	files := p.Files()
	rows := limitDiffs(files[:min(len(files), maxPullFiles)])
	return paged(c, rows, func(f fake.FileDiff) obj {
		row := c.s.fileJSON(p.Repo(), f, p.HeadID)
		if c.s.behaviour.NullIDs {
			row["sha"] = nil
		}
		if c.s.behaviour.Unchanged && f.From != nil && f.To != nil && f.From.Path == f.To.Path && f.From.ID == f.To.ID {
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
	commits := p.Commits()
	return paged(c, commits[:min(len(commits), maxPullCommits)], c.commitJSON), nil
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
	seen := slices.DeleteFunc(slices.Clone(p.Reviews), func(rv *fake.ReviewRecord) bool { return !visibleTo(rv, c.who.account) })
	return paged(c, seen, c.s.reviewJSON), nil
}

// visibleTo hides a pending review from all but its author.
func visibleTo(rv *fake.ReviewRecord, a *fake.Account) bool {
	return (rv.State != fake.Pending || rv.Author == a) && fake.Sees(a, rv.Author)
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
	state, ok := reviewEvents().hear(in.Event)
	if !ok {
		return nil, invalid("Variable $event of type PullRequestReviewEvent was provided invalid value")
	}
	rv, err := c.who.account.Review(p, fake.Review{State: state, Body: in.Body, Commit: in.CommitID})
	if err != nil {
		return nil, err
	}
	return c.s.reviewJSON(rv), nil
}

func (c *call) review() (*fake.ReviewRecord, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	rv, err := p.ReviewByID(id)
	if err != nil || !visibleTo(rv, c.who.account) {
		return nil, notFound()
	}
	return rv, nil
}

func getReview(c *call) (any, error) {
	rv, err := c.review()
	if err != nil {
		return nil, err
	}
	return c.s.reviewJSON(rv), nil
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
	if rv.Author != c.who.account && c.repo.Access(c.who.account) < fake.Write {
		return nil, forbidden("Must have write access to Repository.")
	}
	c.who.account.EditReview(rv, in.Body)
	return c.s.reviewJSON(rv), nil
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
	state, _ := reviewEvents().hear(in.Event)
	if err := rv.Submit(state, cmp.Or(in.Body, rv.Body)); err != nil {
		return nil, err
	}
	return c.s.reviewJSON(rv), nil
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
	if err := c.who.account.Dismiss(rv, in.Message); err != nil {
		return nil, err
	}
	return c.s.reviewJSON(rv), nil
}

func getRequested(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return obj{"users": c.s.usersJSON(p.AskedUsers), "teams": c.s.teamsJSON(p.AskedTeams)}, nil
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
	if err := c.who.account.Request(p, in.Reviewers, in.TeamReviewers); err != nil {
		return nil, err
	}
	return c.created(c.s.simplePullJSON(p), nil)
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
	c.who.account.Unrequest(p, in.Reviewers, in.TeamReviewers)
	return c.s.simplePullJSON(p), nil
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
	id, err := c.who.account.Merge(p, in.SHA, message, cmp.Or(in.Method, "merge") != "merge")
	if err != nil {
		return nil, err
	}
	return obj{"sha": id.String(), "merged": true, "message": "Pull Request successfully merged"}, nil
}

// headLabel names the head as GitHub does: owner:branch.
func headLabel(p *fake.PullRequest) string { return p.HeadRepo.Owner.Login + ":" + p.Branch() }
