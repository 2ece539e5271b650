package fake

import (
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// eventKind is what happened on a pull request, in the words of GitHub's REST
// API.
type eventKind string

const (
	baseChanged     eventKind = "base_ref_changed"
	baseForcePushed eventKind = "base_ref_force_pushed"
	baseDeleted     eventKind = "base_ref_deleted"
	baseAutoChanged eventKind = "automatic_base_change_succeeded"
	headForcePushed eventKind = "head_ref_force_pushed"
	reviewDismissed eventKind = "review_dismissed"
	reviewRequested eventKind = "review_requested"
	requestRemoved  eventKind = "review_request_removed"
	commentDeleted  eventKind = "comment_deleted" // who: its author
	labeledEvent    eventKind = "labeled"
	unlabeledEvent  eventKind = "unlabeled"
	renamedEvent    eventKind = "renamed"
	closedEvent     eventKind = "closed"
	reopenedEvent   eventKind = "reopened"
	mergedEvent     eventKind = "merged"
	readyForReview  eventKind = "ready_for_review"
	convertToDraft  eventKind = "convert_to_draft"
)

// event is an entry of a pull request's history. Which of its fields are set
// follows from its kind.
type event struct {
	id            int64
	at            time.Time
	kind          eventKind
	actor         *account
	from, to      string // branches, titles; from: a dismissed review's state
	before, after plumbing.Hash
	review        *review
	message       string
	who           *account
	team          *team
	label         *label
}

func (p *PullRequest) record(events ...event) {
	for _, e := range events {
		e.id, e.at = p.repo.forge.nextID(), p.repo.forge.now()
		p.events = append(p.events, e)
	}
}
