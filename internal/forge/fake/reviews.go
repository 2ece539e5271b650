package fake

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// ReviewState is what a review says.
type ReviewState string

// The states of a review. The zero value is that of one that is not submitted yet, which
// only its author sees.
const (
	Pending          ReviewState = ""
	Approved         ReviewState = "approved"
	ChangesRequested ReviewState = "changes requested"
	Commented        ReviewState = "commented"
	Dismissed        ReviewState = "dismissed"
)

// ReviewRecord is one review of a pull request.
type ReviewRecord struct {
	Pull      *PullRequest
	ID        int64
	Author    *Account
	State     ReviewState
	Body      string
	Commit    plumbing.Hash
	Created   time.Time
	Submitted time.Time
	Edited    time.Time
	Editor    *Account
}

// Review describes a review to submit.
type Review struct {
	By     string
	State  ReviewState // what is Commented or ChangesRequested needs a body
	Body   string
	Commit string // the head if empty
}

// Review submits a review and gives its id.
func (p *PullRequest) Review(r Review) (id int64, err error) {
	err = p.as(r.By, "review", func(by *Account) error {
		rv, err := by.Review(p, r)
		if err == nil {
			id = rv.ID
		}
		return err
	})
	return id, err
}

// Review writes a review, and submits it unless it is Pending; under the lock. It is by
// this account, whatever Review says.
func (by *Account) Review(p *PullRequest, r Review) (*ReviewRecord, error) {
	switch {
	case by == p.Author && r.State == Approved:
		return nil, refuse(BadReview, "Can not approve your own pull request")
	case by == p.Author && r.State == ChangesRequested:
		return nil, refuse(BadReview, "Can not request changes on your own pull request")
	case r.Body == "" && (r.State == Commented || r.State == ChangesRequested):
		return nil, refuse(BadReview, "Body can't be blank")
	}
	commit := p.HeadID
	if r.Commit != "" {
		var ok bool
		if commit, ok = p.repo.CommitID(r.Commit); !ok {
			return nil, refuse(NoCommit, "no commit "+r.Commit)
		}
	}
	rv := &ReviewRecord{
		Pull: p, ID: p.repo.forge.NextID(), Author: by, State: r.State, Body: r.Body, Commit: commit, Created: p.repo.forge.Now(),
	}
	p.Reviews = append(p.Reviews, rv)
	if r.State != Pending {
		p.submitted(rv)
	}
	return rv, nil
}

// Submit submits a review that was left pending.
func (p *PullRequest) Submit(by string, review int64, state ReviewState) error {
	return p.as(by, "submit review of", func(*Account) error {
		rv, err := p.ReviewByID(review)
		if err != nil {
			return err
		}
		return rv.Submit(state, rv.Body)
	})
}

// Submit submits a review that was left pending; under the lock.
func (rv *ReviewRecord) Submit(state ReviewState, body string) error {
	switch {
	case rv.State != Pending:
		return refuse(BadReview, "Can not submit a review that is not pending")
	case state == Pending:
		return refuse(BadReview, "Event can't be blank")
	case rv.Author == rv.Pull.Author && state != Commented:
		return refuse(BadReview, "Can not review your own pull request")
	}
	rv.State, rv.Body = state, body
	rv.Pull.submitted(rv)
	return nil
}

// submitted makes a review known; it answers the request for review.
func (p *PullRequest) submitted(rv *ReviewRecord) {
	rv.Submitted = p.repo.forge.Now()
	p.Touch()
	p.AskedUsers = slices.DeleteFunc(p.AskedUsers, func(a *Account) bool { return a == rv.Author })
	p.AskedTeams = slices.DeleteFunc(p.AskedTeams, func(t *TeamRecord) bool {
		return slices.Contains(p.repo.forge.MembersOf(t), rv.Author)
	})
	p.tell(Event{Kind: ReviewSubmitted, By: rv.Author, Review: rv})
}

// ReviewByID finds a review of the pull request; under the lock.
func (p *PullRequest) ReviewByID(id int64) (*ReviewRecord, error) {
	for _, rv := range p.Reviews {
		if rv.ID == id {
			return rv, nil
		}
	}
	return nil, refuse(NotFound, "")
}

// Dismiss dismisses a review.
func (p *PullRequest) Dismiss(by string, review int64, message string) error {
	return p.as(by, "dismiss review of", func(by *Account) error {
		rv, err := p.ReviewByID(review)
		if err != nil {
			return err
		}
		return by.Dismiss(rv, message)
	})
}

// Dismiss dismisses a review; under the lock.
func (by *Account) Dismiss(rv *ReviewRecord, message string) error {
	if rv.State != Approved && rv.State != ChangesRequested {
		return refuse(BadReview, "Can not dismiss a "+cmp.Or(string(rv.State), "pending")+" pull request review")
	}
	if message == "" {
		return refuse(BadReview, "Message can't be blank")
	}
	rv.Pull.drop(rv, Event{By: by, Message: message})
	return nil
}

// drop takes what a review said away from it.
func (p *PullRequest) drop(rv *ReviewRecord, e Event) {
	e.Kind, e.Review, e.Was = ReviewDismissed, rv, rv.State
	rv.State = Dismissed
	p.touchQuietly()
	p.happen(e)
}

// touchQuietly is for what need not move the time of change.
func (p *PullRequest) touchQuietly() {
	if !p.repo.forge.behaviour.QuietReviews {
		p.Touch()
	}
}

// EditReview changes a review's body after submission.
func (p *PullRequest) EditReview(by string, review int64, body string) error {
	return p.as(by, "edit review of", func(by *Account) error {
		rv, err := p.ReviewByID(review)
		if err != nil {
			return err
		}
		by.EditReview(rv, body)
		return nil
	})
}

// EditReview changes a review's body; under the lock.
func (by *Account) EditReview(rv *ReviewRecord, body string) {
	was := rv.Body
	rv.Body, rv.Edited, rv.Editor = body, rv.Pull.repo.forge.Now(), by
	rv.Pull.touchQuietly()
	rv.Pull.tell(Event{Kind: ReviewEdited, By: by, Review: rv, Body: &was})
}
