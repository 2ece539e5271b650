package fake

import (
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// CheckRun is a check run as somebody published it.
type CheckRun struct {
	ID                   int64
	Name                 string
	Head                 string
	Status, Conclusion   string
	Title, Summary, Text string
	DetailsURL           string
	ExternalID           string
	Annotations          int
	App                  string // slug of the app that wrote it
}

// CheckRuns lists all check runs of a commit, oldest first.
func (r *Repo) CheckRuns(commit string) []CheckRun {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	r.ageChecks()
	var out []CheckRun
	for _, c := range r.checks {
		if c.head == plumbing.NewHash(commit) {
			out = append(out, CheckRun{
				ID: c.id, Name: c.name, Head: commit, Status: c.status, Conclusion: c.conclusion, Title: text(c.title),
				Summary: text(c.summary), Text: text(c.text), DetailsURL: c.detailsURL, ExternalID: c.externalID,
				Annotations: c.annotations, App: c.suite.slug(),
			})
		}
	}
	return out
}

// CheckByApp has another app publish a completed check run, and gives its id.
// The app's account is made where there is none.
func (r *Repo) CheckByApp(slug, commit, name, conclusion string) (int64, error) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	bot, err := r.forge.account(slug + "[bot]")
	if err != nil {
		if bot, err = r.forge.addAccount(slug+"[bot]", "Bot"); err != nil {
			return 0, err
		}
	}
	queued := "in_progress"
	run, err := r.createCheck(checkInput{Name: &name, HeadSHA: &commit, Status: &queued}, bot)
	if err != nil {
		return 0, err
	}
	return run.id, run.change(checkInput{Conclusion: &conclusion})
}

// Status is a commit status as somebody published it.
type Status struct {
	Context, State, Description, TargetURL, Creator string
}

// Statuses lists all statuses of a commit, oldest first.
func (r *Repo) Statuses(commit string) []Status {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	var out []Status
	for _, s := range r.statuses {
		if s.head == plumbing.NewHash(commit) {
			out = append(out, Status{s.context, s.state, s.description, s.targetURL, s.creator.login})
		}
	}
	return out
}

// SetStatus has a user publish a status, as another system than the gate may.
func (r *Repo) SetStatus(by, commit string, s Status) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	a, err := r.forge.account(by)
	if err != nil {
		return err
	}
	_, err = r.createStatus(plumbing.NewHash(commit), statusInput{
		State: s.State, TargetURL: s.TargetURL, Description: s.Description, Context: s.Context,
	}, a)
	return err
}

// ChangeCheck gives a completed check run another conclusion. No event tells
// (Mergifyio/mergify#181).
func (r *Repo) ChangeCheck(id int64, conclusion string) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	i := slices.IndexFunc(r.checks, func(c *checkRun) bool { return c.id == id })
	if i < 0 {
		return notFound()
	}
	return r.checks[i].change(checkInput{Conclusion: &conclusion})
}

// RerequestCheck asks the App to run a check again, as the button on the page
// of a check does.
func (r *Repo) RerequestCheck(by string, id int64) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	a, err := r.forge.account(by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.checks, func(c *checkRun) bool { return c.id == id })
	if i < 0 {
		return notFound()
	}
	r.checks[i].suite.rerequest()
	r.forge.emitRerequest("check_run", r, r.checks[i].eventJSON(), a)
	return nil
}

// RerequestSuite asks the App to run all checks of a commit again.
func (r *Repo) RerequestSuite(by, commit string) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	a, err := r.forge.account(by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.suites, func(s *checkSuite) bool { return s.head.String() == commit })
	if i < 0 {
		return notFound()
	}
	r.suites[i].rerequest()
	r.forge.emitRerequest("check_suite", r, r.suites[i].json(), a)
	return nil
}

// Comment is a comment as somebody published it.
type Comment struct {
	ID      int64
	Author  string
	Body    string
	Created time.Time
	Edited  time.Time // zero if it never was
}

// Comments lists the pull request's comments, oldest first.
func (p *PullRequest) Comments() []Comment {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	var out []Comment
	for _, c := range p.comments {
		out = append(out, Comment{c.id, c.author.login, c.body, c.created, c.edited})
	}
	return out
}

// Requested lists the people and the teams asked for review.
func (p *PullRequest) Requested() (people, teams []string) {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	for _, a := range p.users {
		people = append(people, a.login)
	}
	for _, t := range p.teams {
		teams = append(teams, t.slug)
	}
	return people, teams
}

// Labels lists the pull request's labels.
func (p *PullRequest) Labels() []string {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	var out []string
	for _, l := range p.labels {
		out = append(out, l.name)
	}
	return out
}

// Assignees lists the people who are assigned.
func (p *PullRequest) Assignees() []string {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	var out []string
	for _, a := range p.assignees {
		out = append(out, a.login)
	}
	return out
}

// AddLabel puts a label on the pull request.
func (p *PullRequest) AddLabel(by, name string) error {
	return p.as(by, "label", func(by *account) error { p.attach(name, by); return nil })
}

// RemoveLabel takes a label off the pull request.
func (p *PullRequest) RemoveLabel(by, name string) error {
	return p.as(by, "unlabel", func(by *account) error { return p.detach(name, by) })
}

// State is "open" or "closed", and whether the pull request was merged.
func (p *PullRequest) State() (state string, merged bool) {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	return p.state(), p.merged()
}

// Content is what a file holds at a revision; false if there is none.
func (r *Repo) Content(rev, path string) (string, bool) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	id, ok := r.resolve(rev)
	if !ok {
		return "", false
	}
	e, ok := r.objects.entry(r.treeOf(id), path)
	if !ok {
		return "", false
	}
	content, ok := r.objects.blob(e.Hash)
	return string(content), ok
}
