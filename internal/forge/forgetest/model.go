package forgetest

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// Model has the acts of people on a forge in memory, whatever dialect serves it.
type Model struct {
	*fake.Forge
	*fake.Repo
	forks map[string]*fake.Repo
}

// OnModel fills in those parts of a World that are a forge's in memory: all but Hooks, Calls
// and Knobs, which are of its dialect. Without what the dialect lacks, its part is to be set
// to nil.
func OnModel(w *World, forge *fake.Forge, repo *fake.Repo) {
	m := &Model{forge, repo, map[string]*fake.Repo{}}
	w.Repo = repo.FullName()
	w.Git, w.Forks, w.Requests, w.Endings, w.Reviewers, w.Conversation = m, m, m, m, m, m
	w.Askers, w.Marks, w.People, w.Checks, w.Branches = m, m, m, m, m
	w.Teams, w.Orgs, w.Runs, w.Spam, w.Calendar = m, m, m, m, m
	w.Repointer, w.Reactions, w.Merges, w.Queue = m, m, m, m
}

// in is the gated repository, or the fork of an owner; nil if there is none.
func (m *Model) in(repo string) *fake.Repo {
	if repo == "" || repo == m.FullName() {
		return m.Repo
	}
	return m.forks[repo]
}

// on does something to a pull request.
func (m *Model) on(number int, do func(*fake.PullRequest) error) error {
	p := m.PullRequest(number)
	if p == nil {
		return fmt.Errorf("no pull request %d", number)
	}
	return do(p)
}

// get reads something of a pull request, or makes it.
func get[T any](m *Model, number int, read func(*fake.PullRequest) (T, error)) (out T, err error) {
	err = m.on(number, func(p *fake.PullRequest) error { out, err = read(p); return err })
	return out, err
}

// shown reads a list of a pull request; nil where there is none of that number.
func shown[T any](m *Model, number int, list func(*fake.PullRequest) []T) []T {
	if p := m.PullRequest(number); p != nil {
		return list(p)
	}
	return nil
}

// Push implements Git.
func (m *Model) Push(repo string, c fake.Change) (string, error) { return m.in(repo).Commit(c) }

// SetBranch implements Git.
func (m *Model) SetBranch(repo, branch, commit, pusher string) error {
	return m.in(repo).SetBranch(branch, commit, pusher)
}

// Tip implements Git.
func (m *Model) Tip(repo, rev string) string { return m.in(repo).Tip(rev) }

// Fork implements Forks.
func (m *Model) Fork(owner string) (err error) {
	m.forks[owner], err = m.Repo.Fork(owner)
	return err
}

// DeleteFork implements Forks.
func (m *Model) DeleteFork(owner string) error {
	m.forks[owner].Delete()
	return nil
}

// Open implements Requests.
func (m *Model) Open(o Opening) (int, error) {
	p, err := m.Repo.Open(fake.Opening{Author: o.Author, From: m.in(o.From), Head: o.Head, Base: o.Base, Draft: o.Draft})
	if err != nil {
		return 0, err
	}
	return p.Number(), nil
}

// Pulls implements Requests.
func (m *Model) Pulls() []Pull {
	var out []Pull
	for _, p := range m.PullRequests() {
		state, merged := p.State()
		out = append(out, Pull{p.Number(), p.Head(), p.Branch(), p.Base(), state == "open", merged, p.QueueHead()})
	}
	return out
}

// Retarget implements Requests.
func (m *Model) Retarget(number int, by, base string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.Retarget(by, base) })
}

// SetDraft implements Requests.
func (m *Model) SetDraft(number int, by string, draft bool) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.SetDraft(by, draft) })
}

// Close implements Endings.
func (m *Model) Close(number int, by string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.Close(by) })
}

// Reopen implements Endings.
func (m *Model) Reopen(number int, by string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.Reopen(by) })
}

// Merge implements Endings.
func (m *Model) Merge(number int, by string) error {
	return m.on(number, func(p *fake.PullRequest) error { _, err := p.Merge(by); return err })
}

// DeleteBranch implements Endings.
func (m *Model) DeleteBranch(number int, by string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.DeleteBranch(by) })
}

// Review implements Reviewers.
func (m *Model) Review(number int, r fake.Review) (int64, error) {
	return get(m, number, func(p *fake.PullRequest) (int64, error) { return p.Review(r) })
}

// Submit implements Reviewers.
func (m *Model) Submit(number int, by string, review int64, state fake.ReviewState) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.Submit(by, review, state) })
}

// Dismiss implements Reviewers.
func (m *Model) Dismiss(number int, by string, review int64) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.Dismiss(by, review, "done") })
}

// EditReview implements Reviewers.
func (m *Model) EditReview(number int, by string, review int64, body string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.EditReview(by, review, body) })
}

// Comment implements Conversation.
func (m *Model) Comment(number int, by, body string) (int64, error) {
	return get(m, number, func(p *fake.PullRequest) (int64, error) { return p.Comment(by, body) })
}

// EditComment implements Conversation.
func (m *Model) EditComment(number int, by string, id int64, body string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.EditComment(by, id, body) })
}

// DeleteComment implements Conversation.
func (m *Model) DeleteComment(number int, by string, id int64) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.DeleteComment(by, id) })
}

// Comments implements Conversation.
func (m *Model) Comments(number int) []fake.Comment {
	return shown(m, number, (*fake.PullRequest).Comments)
}

// RequestReviewers implements Askers.
func (m *Model) RequestReviewers(number int, by string, people, teams []string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.RequestReviewers(by, people, teams) })
}

// UnrequestReviewers implements Askers.
func (m *Model) UnrequestReviewers(number int, by string, people, teams []string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.UnrequestReviewers(by, people, teams) })
}

// Requested implements Askers.
func (m *Model) Requested(number int) (people, teams []string) {
	if p := m.PullRequest(number); p != nil {
		people, teams = p.Requested()
	}
	return people, teams
}

// AddLabel implements Marks.
func (m *Model) AddLabel(number int, by, name string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.AddLabel(by, name) })
}

// RemoveLabel implements Marks.
func (m *Model) RemoveLabel(number int, by, name string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.RemoveLabel(by, name) })
}

// Labels implements Marks.
func (m *Model) Labels(number int) []string { return shown(m, number, (*fake.PullRequest).Labels) }

// Assignees implements Marks.
func (m *Model) Assignees(number int) []string {
	return shown(m, number, (*fake.PullRequest).Assignees)
}

// Passes implements Branches.
func (m *Model) Passes(number int, check fake.RequiredCheck) (bool, error) {
	return get(m, number, func(p *fake.PullRequest) (bool, error) { return p.Passes(check) })
}

// Obstacle implements Branches.
func (m *Model) Obstacle(number int, checks ...fake.RequiredCheck) (string, error) {
	return get(m, number, func(p *fake.PullRequest) (string, error) { return p.Obstacle(checks...) })
}

// Repoint implements Repointer.
func (m *Model) Repoint(number int, review int64, commit string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.Repoint(review, commit) })
}

// Reactions implements Reactions.
func (m *Model) Reactions(number int, comment int64) []fake.Reaction {
	return shown(m, number, func(p *fake.PullRequest) []fake.Reaction { return p.Reactions(comment) })
}

// TestMerge implements Merges.
func (m *Model) TestMerge(number int) (string, error) {
	return get(m, number, (*fake.PullRequest).TestMerge)
}

// Enqueue implements Queue.
func (m *Model) Enqueue(number int, by string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.Enqueue(by) })
}

// Dequeue implements Queue.
func (m *Model) Dequeue(number int, by string) error {
	return m.on(number, func(p *fake.PullRequest) error { return p.Dequeue(by) })
}
