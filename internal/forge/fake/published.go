package fake

import (
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// CheckRun is a check run as somebody published it.
type CheckRun struct {
	ID                   int64
	Name                 string
	Head                 string
	Status               CheckStatus
	Conclusion           Conclusion
	Title, Summary, Text string
	DetailsURL           string
	ExternalID           string
	Annotations          int
	App                  string // slug of the app that wrote it
	Waited               bool   // it was not completed when it was made
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
	var out []CheckRun
	for _, c := range r.Checks {
		if c.Head == plumbing.NewHash(commit) {
			out = append(out, CheckRun{
				ID: c.ID, Name: c.Name, Head: commit, Status: c.Status, Conclusion: c.Conclusion, Title: text(c.Title),
				Summary: text(c.Summary), Text: text(c.Text), DetailsURL: c.DetailsURL, ExternalID: c.ExternalID,
				Annotations: c.Annotations, App: strings.TrimSuffix(c.Suite.App.Login, r.forge.customs.Bot),
				Waited: c.waited,
			})
		}
	}
	return out
}

// CheckByApp has another app publish a completed check run, and gives its id.
// The app's account is made where there is none.
func (r *Repo) CheckByApp(slug, commit, name string, conclusion Conclusion) (int64, error) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	bot, err := r.forge.AppAccount(slug)
	if err != nil {
		return 0, err
	}
	head, ok := r.CommitID(commit)
	if !ok {
		return 0, refuse(NoCommit, "no commit "+commit)
	}
	progress := InProgress
	run := r.AddCheck(r.SuiteOf(head, bot), CheckInput{Name: &name, Status: &progress})
	run.Change(CheckInput{Conclusion: &conclusion})
	return run.ID, nil
}

// Status is a commit status as somebody published it.
type Status struct {
	Context                         string
	State                           StatusState
	Description, TargetURL, Creator string
}

// Statuses lists all statuses of a commit, oldest first.
func (r *Repo) Statuses(commit string) []Status {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	var out []Status
	for _, s := range r.StatusList {
		if s.Head == plumbing.NewHash(commit) {
			out = append(out, Status{s.Context, s.State, s.Description, s.TargetURL, s.Creator.Login})
		}
	}
	return out
}

// SetStatus has a user publish a status, as another system than the gate may.
func (r *Repo) SetStatus(by, commit string, s Status) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	a, err := r.forge.FindAccount(by)
	if err != nil {
		return err
	}
	_, err = a.PostStatus(r, plumbing.NewHash(commit), s)
	return err
}

// ChangeCheck returns a completed check run another conclusion. No event tells
// (Mergifyio/mergify#181).
func (r *Repo) ChangeCheck(id int64, conclusion Conclusion) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	i := slices.IndexFunc(r.Checks, func(c *CheckRecord) bool { return c.ID == id })
	if i < 0 {
		return refuse(NotFound, "")
	}
	r.Checks[i].Change(CheckInput{Conclusion: &conclusion})
	return nil
}

// RerequestCheck asks the App to run a check again, as the button on the page
// of a check does.
func (r *Repo) RerequestCheck(by string, id int64) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	a, err := r.forge.FindAccount(by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.Checks, func(c *CheckRecord) bool { return c.ID == id })
	if i < 0 {
		return refuse(NotFound, "")
	}
	a.Rerequest(r.Checks[i])
	return nil
}

// RerequestSuite asks the App to run all checks of a commit again.
func (r *Repo) RerequestSuite(by, commit string) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	a, err := r.forge.FindAccount(by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.Suites, func(s *Suite) bool { return s.Head.String() == commit })
	if i < 0 {
		return refuse(NotFound, "")
	}
	a.RerequestAll(r.Suites[i])
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
	for _, c := range p.Conversation {
		out = append(out, Comment{c.ID, c.Author.Login, c.Body, c.Created, c.Edited})
	}
	return out
}

// Requested lists the people and the teams asked for review.
func (p *PullRequest) Requested() (people, teams []string) {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	for _, a := range p.AskedUsers {
		people = append(people, a.Login)
	}
	for _, t := range p.AskedTeams {
		teams = append(teams, t.Slug)
	}
	return people, teams
}

// Labels lists the pull request's labels.
func (p *PullRequest) Labels() []string {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	var out []string
	for _, l := range p.Labelled {
		out = append(out, l.Name)
	}
	return out
}

// Assignees lists the people who are assigned.
func (p *PullRequest) Assignees() []string {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	var out []string
	for _, a := range p.Assigned {
		out = append(out, a.Login)
	}
	return out
}

// AddLabel puts a label on the pull request.
func (p *PullRequest) AddLabel(by, name string) error {
	return p.as(by, "label", func(by *Account) error { by.Label(p, name); return nil })
}

// RemoveLabel takes a label off the pull request.
func (p *PullRequest) RemoveLabel(by, name string) error {
	return p.as(by, "unlabel", func(by *Account) error { return by.Unlabel(p, name) })
}

// State is "open" or "closed", and whether the pull request was merged.
func (p *PullRequest) State() (state string, merged bool) {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	if p.IsOpen {
		return "open", false
	}
	return "closed", p.IsMerged()
}

// Content is what a file holds at a revision; false if there is none.
func (r *Repo) Content(rev, path string) (string, bool) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	id, ok := r.Resolve(rev)
	if !ok {
		return "", false
	}
	e, ok := r.Objects.Entry(r.TreeOf(id), path)
	if !ok {
		return "", false
	}
	content, ok := r.Objects.Blob(e.Hash)
	return string(content), ok
}
