package giteetest

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
)

// people are the acts of people on one of the doubles, as far as they are others than on the
// model: who reviews accepts, and who is asked has a seat.
type people struct {
	*rest.Server
	repo *fake.Repo
	role rest.Role // of those who are asked for review
	// silent tells that an account became another one, of which no event tells.
	silent atomic.Bool
}

// World fills in the parts of a World that are a Gitee's: all but Serve, Connect and Deliver.
func (g Gitee) World(w *forgetest.World) {
	p := onDouble(w, g.Server.Server, g.Place, rest.Assignee)
	w.Forge, w.Policy = "gitee", ".gitee/review-gate.yml"
	runs := giteeChecks{p, g}
	w.Checks, w.Branches = runs, runs
	if g.Knob(rest.NoAdministrator) != 0 {
		passes := passes{p, func(pr *fake.PullRequest) bool { return g.Passes(pr, "") },
			func(pr *fake.PullRequest) string { return g.Obstacle(pr) }}
		w.Checks, w.Branches, w.PassOnly = passes, passes, true
	}
}

// World fills in the parts of a World that are a GitCode's: all but Serve, Connect and
// Deliver.
func (g GitCode) World(w *forgetest.World) {
	p := onDouble(w, g.Server.Server, g.Place, rest.Reviewer)
	w.Forge, w.Policy, w.PassOnly = "gitcode", ".gitcode/review-gate.yml", true
	w.Checks, w.Branches = passes{p, g.Passes, g.Obstacle}, passes{p, g.Passes, g.Obstacle}
}

// lacking are the needs of stories that neither of the two meets.
var lacking = []string{
	"addresses",       // it is told of those of commits alone
	"annotations",     // a run's are counted, and kept by nobody
	"authors", "bots", // accounts are accounts
	"clock",                                             // what waits for days is refused then
	"dismissals",                                        // nobody takes back what another accepted
	"draw",                                              // it is about another forge
	"editors",                                           // nor is there a text that could be edited
	"english",                                           // what speaks no other language speaks Chinese
	"followed-bases",                                    // no event tells of a base that took another's place
	"github-directory",                                  // the policy is elsewhere
	"kept-reviews",                                      // a push takes all back
	"lasting-reviews",                                   // one either accepts or does not
	"patches",                                           // content is git's, without text
	"plain-owners",                                      // a CODEOWNERS has people asked
	"protection",                                        // what branches require is not told
	"refused-labels",                                    // all that are no longer than they may be are taken
	"requests-for-changes",                              // there are none
	"begun-reviews", "review-texts", "reviewed-commits", // what is accepted has neither a text nor a commit
	"skipped-owners",   // whoever is named is one
	"stranger-reviews", // only who may write has a seat
}

// onDouble fills in what both have.
func onDouble(w *forgetest.World, server *rest.Server, place Place, role rest.Role) *people {
	p := &people{Server: server, repo: place.Repo, role: role}
	forgetest.OnModel(w, server.Forge, place.Repo)
	w.Bot, w.App, w.Hooks, w.Holds = Bot, Bot, server, true
	w.Reviewers, w.Askers, w.Marks = p, p, labels{w.Marks, p}
	w.People = accounts{w.People, p}
	w.Teams, w.Orgs, w.Runs, w.Spam, w.Calendar, w.Repointer, w.Reactions, w.Merges, w.Queue = nil, nil, nil, nil, nil, nil, nil, nil, nil
	w.Without = slices.Clone(lacking)
	if server.Knob(rest.PushKeeps) != 0 {
		w.Without = slices.DeleteFunc(w.Without, func(need string) bool { return need == "kept-reviews" })
	}
	w.Silent = func() bool { told := server.Silent(); return p.silent.Swap(false) || told }
	return p
}

// Watch has a World look again after each call, and count lists of pull requests; each call
// takes a time.
func (p Place) Watch(w *forgetest.World, server *rest.Server, pass func(time.Duration), took time.Duration) {
	changed, sweeps := make(chan struct{}, 1), atomic.Int64{}
	w.Changed, w.Sweeps = changed, func() int { return int(sweeps.Load()) }
	server.OnCall(func(a rest.Answered) {
		if a.Method == "GET" && a.Pattern == "/repos/{owner}/{repo}/pulls" {
			sweeps.Add(1)
		}
		pass(took)
		select {
		case changed <- struct{}{}:
		default:
		}
	})
}

// on does something to a pull request as somebody, under the lock.
func (p *people) on(number int, login string, do func(pr *fake.PullRequest, by *fake.Account) error) error {
	p.Lock()
	defer p.Unlock()
	pr := p.repo.FindPull(number)
	if pr == nil {
		return fmt.Errorf("no pull request %d", number)
	}
	by, err := p.FindAccount(login)
	if err == nil {
		pr.Remember()
		err = do(pr, by)
	}
	return err
}

// Review implements forgetest.Reviewers: who approves is given a seat, and accepts; a remark
// is a comment.
func (p *people) Review(number int, r fake.Review) (id int64, err error) {
	err = p.on(number, r.By, func(pr *fake.PullRequest, by *fake.Account) error {
		switch r.State { //nolint:exhaustive // of the others nobody can do anything
		case fake.Approved:
			if _, err := p.Askable(p.repo, []string{r.By}); err != nil {
				return err
			}
			p.Sit(pr, p.role, by, by)
			p.Accept(pr, p.role, by)
			return nil
		case fake.Commented:
			said, err := by.Comment(pr, r.Body, false)
			if err == nil {
				id = said.ID
			}
			return err
		}
		return fmt.Errorf("nobody reviews by %q here", r.State)
	})
	return id, err
}

// Submit implements forgetest.Reviewers: nothing is begun here.
func (p *people) Submit(int, string, int64, fake.ReviewState) error { return errors.ErrUnsupported }

// Dismiss implements forgetest.Reviewers.
func (p *people) Dismiss(int, string, int64) error { return errors.ErrUnsupported }

// EditReview implements forgetest.Reviewers: of remarks, which are comments.
func (p *people) EditReview(number int, by string, review int64, body string) error {
	return p.repo.PullRequest(number).EditComment(by, review, body)
}

// RequestReviewers implements forgetest.Askers.
func (p *people) RequestReviewers(number int, by string, logins, _ []string) error {
	return p.on(number, by, func(pr *fake.PullRequest, by *fake.Account) error {
		asked, err := p.Askable(p.repo, logins)
		for _, who := range asked {
			p.Sit(pr, p.role, who, by)
		}
		return err
	})
}

// UnrequestReviewers implements forgetest.Askers.
func (p *people) UnrequestReviewers(number int, by string, logins, _ []string) error {
	return p.on(number, by, func(pr *fake.PullRequest, by *fake.Account) error {
		for _, login := range logins {
			who, err := p.FindAccount(login)
			if err != nil {
				return err
			}
			p.Leave(pr, p.role, who, by)
		}
		return nil
	})
}

// Requested implements forgetest.Askers.
func (p *people) Requested(number int) (logins, teams []string) {
	return p.seats(number, p.role, func(seat *rest.Seat) bool { return !seat.Accept }), nil
}

// seats lists who has one.
func (p *people) seats(number int, role rest.Role, counts func(*rest.Seat) bool) (out []string) {
	p.Lock()
	defer p.Unlock()
	pr := p.repo.FindPull(number)
	if pr == nil {
		return nil
	}
	for _, seat := range p.Desk(pr).In(role) {
		if counts(seat) {
			out = append(out, seat.Who.Login)
		}
	}
	return out
}

// labels are the model's, and assignees those at desks.
type labels struct {
	forgetest.Marks
	people *people
}

// Assignees implements forgetest.Marks.
func (l labels) Assignees(number int) []string {
	return l.people.seats(number, rest.Assignee, func(*rest.Seat) bool { return true })
}

// accounts are the model's. No event tells of those that change.
type accounts struct {
	forgetest.People
	people *people
}

// DeleteUser implements forgetest.People.
func (a accounts) DeleteUser(login string) error {
	a.people.silent.Store(true)
	return a.People.DeleteUser(login)
}

// RenameUser implements forgetest.People.
func (a accounts) RenameUser(login, to string) error {
	a.people.silent.Store(true)
	return a.People.RenameUser(login, to)
}

// giteeChecks are check runs, and what a branch lets merge that requires some.
type giteeChecks struct {
	*people
	double Gitee
}

// CheckRuns implements forgetest.Checks.
func (c giteeChecks) CheckRuns(commit string) []fake.CheckRun { return c.double.Runs(commit) }

// SetStatus implements forgetest.Checks, for each pull request of a head.
func (c giteeChecks) SetStatus(by, commit string, s fake.Status) error {
	conclusion := fake.Conclusion(s.State)
	if s.State != fake.StatusSuccess {
		conclusion = fake.Failure
	}
	for _, pr := range c.repo.PullRequests() {
		if pr.Head() != commit {
			continue
		}
		if err := c.double.WriteRun(pr, by, s.Context, conclusion); err != nil {
			return err
		}
	}
	return nil
}

// Require implements forgetest.Branches.
func (c giteeChecks) Require(branch string, checks ...fake.RequiredCheck) {
	c.double.Require(branch, names(checks)...)
}

func names(checks []fake.RequiredCheck) (out []string) {
	for _, check := range checks {
		out = append(out, check.Name)
	}
	return out
}

// Passes implements forgetest.Branches.
func (c giteeChecks) Passes(number int, check fake.RequiredCheck) (bool, error) {
	return c.double.Passes(c.repo.PullRequest(number), check.Name), nil
}

// Obstacle implements forgetest.Branches.
func (c giteeChecks) Obstacle(number int, checks ...fake.RequiredCheck) (string, error) {
	return c.double.Obstacle(c.repo.PullRequest(number), names(checks)...), nil
}

// passes are what blocks where there are no checks: nobody but the forge itself shows them.
type passes struct {
	*people
	passed   func(*fake.PullRequest) bool
	obstacle func(*fake.PullRequest) string
}

// CheckRuns implements forgetest.Checks: a success where the forge shows a pass.
func (c passes) CheckRuns(commit string) (out []fake.CheckRun) {
	for _, pr := range c.repo.PullRequests() {
		if pr.Head() != commit {
			continue
		}
		run := fake.CheckRun{ID: int64(pr.Number()), Name: "review-gate", Head: commit, Status: fake.InProgress, App: Bot}
		if c.passed(pr) {
			run.Status, run.Conclusion = fake.Completed, fake.Success
		}
		out = append(out, run)
	}
	return out
}

// SetStatus implements forgetest.Checks: there are none.
func (c passes) SetStatus(string, string, fake.Status) error { return errors.ErrUnsupported }

// Require implements forgetest.Branches: what blocks is required as it is.
func (c passes) Require(string, ...fake.RequiredCheck) {}

// Passes implements forgetest.Branches.
func (c passes) Passes(number int, _ fake.RequiredCheck) (bool, error) {
	return c.passed(c.repo.PullRequest(number)), nil
}

// Obstacle implements forgetest.Branches.
func (c passes) Obstacle(number int, _ ...fake.RequiredCheck) (string, error) {
	return c.obstacle(c.repo.PullRequest(number)), nil
}
