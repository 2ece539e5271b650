package github

import (
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// words tell what the model and GitHub call the same.
type words[T comparable] []struct {
	ours   T
	theirs string
}

// say returns GitHub's word; empty where it has none.
func (w words[T]) say(ours T) string {
	for _, pair := range w {
		if pair.ours == ours {
			return pair.theirs
		}
	}
	return ""
}

// hear returns the model's word.
func (w words[T]) hear(theirs string) (ours T, ok bool) {
	for _, pair := range w {
		if pair.theirs == theirs {
			return pair.ours, true
		}
	}
	return ours, false
}

// names lists GitHub's words.
func (w words[T]) names() []string {
	out := make([]string, len(w))
	for i, pair := range w {
		out[i] = pair.theirs
	}
	return out
}

// reviewStates are the states of a review in the words of both APIs; webhooks write them
// small.
func reviewStates() words[fake.ReviewState] {
	return words[fake.ReviewState]{
		{fake.Pending, "PENDING"}, {fake.Approved, "APPROVED"}, {fake.ChangesRequested, "CHANGES_REQUESTED"},
		{fake.Commented, "COMMENTED"}, {fake.Dismissed, "DISMISSED"},
	}
}

// reviewEvents are what submits a review.
func reviewEvents() words[fake.ReviewState] {
	return words[fake.ReviewState]{
		{fake.Pending, ""}, {fake.Approved, "APPROVE"}, {fake.ChangesRequested, "REQUEST_CHANGES"}, {fake.Commented, "COMMENT"},
	}
}

func conclusions() words[fake.Conclusion] {
	return words[fake.Conclusion]{
		{fake.ActionRequired, "action_required"}, {fake.Cancelled, "cancelled"}, {fake.Failure, "failure"}, {fake.Neutral, "neutral"},
		{fake.Success, "success"}, {fake.Skipped, "skipped"}, {fake.TimedOut, "timed_out"}, {fake.Stale, "stale"},
	}
}

func checkStatuses() words[fake.CheckStatus] {
	return words[fake.CheckStatus]{
		{fake.Queued, "queued"}, {fake.InProgress, "in_progress"}, {fake.Completed, "completed"},
		{fake.Waiting, "waiting"}, {fake.Requested, "requested"}, {fake.Deferred, "pending"},
	}
}

func statusStates() words[fake.StatusState] {
	return words[fake.StatusState]{
		{fake.StatusError, "error"}, {fake.StatusFailure, "failure"}, {fake.StatusPending, "pending"}, {fake.StatusSuccess, "success"},
	}
}

func fileStatuses() words[fake.FileStatus] {
	return words[fake.FileStatus]{
		{fake.Added, "added"}, {fake.Removed, "removed"}, {fake.Renamed, "renamed"}, {fake.ModeChanged, "changed"}, {fake.Modified, "modified"},
	}
}

func accountTypes() words[fake.AccountKind] {
	return words[fake.AccountKind]{{fake.Person, "User"}, {fake.Bot, "Bot"}, {fake.Organization, "Organization"}}
}

func reactionContents() words[string] {
	return words[string]{
		{"👍", "THUMBS_UP"}, {"👎", "THUMBS_DOWN"}, {"😄", "LAUGH"}, {"🎉", "HOORAY"}, {"😕", "CONFUSED"},
		{"❤️", "HEART"}, {"🚀", "ROCKET"}, {"👀", "EYES"},
	}
}

// historyEvents are what the history of a pull request tells, in the words of REST.
func historyEvents() words[fake.Kind] {
	return words[fake.Kind]{
		{fake.BaseChanged, "base_ref_changed"}, {fake.BaseForcePushed, "base_ref_force_pushed"},
		{fake.BaseMovedOn, "automatic_base_change_succeeded"}, {fake.BaseDeleted, "base_ref_deleted"},
		{fake.HeadForcePushed, "head_ref_force_pushed"}, {fake.ReviewDismissed, "review_dismissed"},
		{fake.ReviewRequested, "review_requested"}, {fake.RequestRemoved, "review_request_removed"},
		{fake.CommentDeleted, "comment_deleted"}, {fake.Labeled, "labeled"}, {fake.Unlabeled, "unlabeled"},
		{fake.TitleChanged, "renamed"}, {fake.PullClosed, "closed"}, {fake.PullReopened, "reopened"}, {fake.PullMerged, "merged"},
		{fake.MadeReady, "ready_for_review"}, {fake.MadeDraft, "convert_to_draft"},
	}
}

// eventType is the type in GraphQL of an entry of the history.
func eventType(kind fake.Kind) string {
	switch kind {
	case fake.TitleChanged:
		return "RenamedTitleEvent"
	case fake.MadeDraft:
		return "ConvertToDraftEvent"
	default: // the others are called as REST calls them
	}
	name := ""
	for part := range strings.SplitSeq(historyEvents().say(kind), "_") {
		name += strings.ToUpper(part[:1]) + part[1:]
	}
	return name + "Event"
}

// reasons are why merge queues drop something. Pull requests and merge groups have
// different ones.
func reasons() words[fake.Reason] {
	return words[fake.Reason]{
		{fake.ByHand, "MANUAL"}, {fake.ChecksFailed, "CI_FAILURE"}, {fake.ChecksLate, "CI_TIMEOUT"},
		{fake.HeadChanged, "GIT_TREE_INVALID"}, {fake.Merged, "MERGE"},
	}
}

func groupReasons() words[fake.Reason] {
	return words[fake.Reason]{{fake.Outdated, "invalidated"}, {fake.LeftQueue, "dequeued"}, {fake.Merged, "merged"}}
}

// dismissalMessage is a dismissal's message; where GitHub dismissed a review itself, its
// own words (orgs/community#58535).
func dismissalMessage(e fake.Event) string {
	switch e.Reason {
	case fake.MergeBaseMoved:
		return "The merge-base changed after approval."
	case fake.BaseBranchChanged:
		return "The base branch was changed."
	default: // somebody else's, or none at a push
		return e.Message
	}
}

// grantNames are the names of levels as the keys of GitHub's permission maps.
func grantNames() []string { return []string{"none", "pull", "triage", "push", "maintain", "admin"} }

// legacy is the permission in the four words that GitHub had before roles.
func legacy(l fake.Level) string {
	switch {
	case l == fake.Triage:
		return "read"
	case l == fake.Maintain:
		return "write"
	}
	return l.String()
}

func grants(l fake.Level) obj {
	out := obj{}
	for i, name := range grantNames()[1:] {
		out[name] = int(l) > i
	}
	return out
}
