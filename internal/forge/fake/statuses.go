package fake

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// StatusState is what a commit status says.
type StatusState string

// The states of commit statuses.
const (
	StatusError   StatusState = "error"
	StatusFailure StatusState = "failure"
	StatusPending StatusState = "pending"
	StatusSuccess StatusState = "success"
)

// StatusRecord is a commit status.
type StatusRecord struct {
	ID          int64
	Repo        *Repo
	Head        plumbing.Hash
	Context     string
	State       StatusState
	Description string
	TargetURL   string
	Creator     *Account
	Created     time.Time
}

// LatestStatuses returns the newest status of each context, newest first; under the lock.
func (r *Repo) LatestStatuses(head plumbing.Hash) []*StatusRecord {
	var out []*StatusRecord
	for _, s := range slices.Backward(r.StatusList) {
		known := slices.ContainsFunc(out, func(o *StatusRecord) bool { return o.Context == s.Context })
		if s.Head == head && !known {
			out = append(out, s)
		}
	}
	return out
}

// PostStatus publishes a status of a commit, under the context "default" where it has
// none; under the lock.
func (by *Account) PostStatus(r *Repo, head plumbing.Hash, in Status) (*StatusRecord, error) {
	in.Context = cmp.Or(in.Context, "default")
	n := 0
	for _, s := range r.StatusList {
		n += boolToInt(s.Head == head && s.Context == in.Context)
	}
	if most := r.forge.customs.MaxStatuses; most > 0 && n >= most {
		return nil, refuse(TooManyOfName, fmt.Sprintf("more than %d statuses of %s", most, in.Context))
	}
	s := &StatusRecord{
		ID: r.forge.NextID(), Repo: r, Head: head, Context: in.Context, State: in.State,
		Description: in.Description, TargetURL: in.TargetURL, Creator: by, Created: r.forge.Now(),
	}
	r.StatusList = append(r.StatusList, s)
	r.tell(Event{Kind: StatusPosted, By: by, Status: s})
	r.settleQueues()
	return s, nil
}
