package fake

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// Queue is the merge queue of a branch. Each entry has a commit of its own:
// it is merged onto the entry before it, or onto the branch.
type Queue struct {
	ID      int64
	Repo    *Repo
	Branch  string
	Rules   QueueRules
	Entries []*QueueEntry
	merging bool // the branch moves because the queue merges
}

// QueueRules are the settings of a merge queue. The zero value is what forges
// begin with.
type QueueRules struct {
	// HeadGreen merges entries together as soon as the last of them has passed, those
	// before it too that failed; otherwise each must have passed.
	HeadGreen bool
	Most      int           // that are merged together; 5 if 0
	Timeout   time.Duration // for which an entry waits for its checks; an hour if 0
}

// Limit is how many are merged together.
func (q QueueRules) Limit() int { return cmp.Or(q.Most, 5) }

// Patience is for how long an entry waits for its checks.
func (q QueueRules) Patience() time.Duration { return cmp.Or(q.Timeout, time.Hour) }

// QueueEntry is a pull request that waits. Without a head it can't be merged
// onto what is before it.
type QueueEntry struct {
	ID         int64
	Queue      *Queue
	Pull       *PullRequest
	By         *Account
	At         time.Time
	Base, Head plumbing.Hash
	built      time.Time // when head was made
}

// SetQueueRules changes the settings of a branch's merge queue, which it is given
// if it has none.
func (r *Repo) SetQueueRules(branch string, rules QueueRules) {
	r.EnableQueue(branch)
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	r.Queues[branch].Rules = rules
	r.Queues[branch].settle()
}

// EnableQueue returns a branch a merge queue: pull requests are then merged
// through it only.
func (r *Repo) EnableQueue(branch string) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	if r.Queues[branch] == nil {
		r.Queues[branch] = &Queue{ID: r.forge.NextID(), Repo: r, Branch: branch}
	}
}

// Enqueue adds the pull request to its base branch's merge queue. It merges as
// soon as the checks that the branch requires have passed on the queue's own
// commit.
func (p *PullRequest) Enqueue(by string) error {
	return p.as(by, "enqueue", func(by *Account) error {
		q := p.repo.Queues[p.BaseBranch]
		missing, err := p.MissingCheck()
		switch {
		case err != nil:
			return err
		case q == nil || !p.IsOpen || p.Draft || p.Entry() != nil:
			return refuse(NotQueueable, "Pull request can not be added to a merge queue")
		case missing != "":
			return refuse(NotQueueable, "Required status check \""+missing+"\" is expected.")
		}
		q.Entries = append(q.Entries, &QueueEntry{ID: p.repo.forge.NextID(), Queue: q, Pull: p, By: by, At: p.repo.forge.Now()})
		p.Touch()
		p.tell(Event{Kind: Enqueued, By: by})
		q.rebuild(by)
		return nil
	})
}

// Dequeue takes the pull request out of the merge queue.
func (p *PullRequest) Dequeue(by string) error {
	return p.as(by, "dequeue", func(by *Account) error {
		if p.Entry() == nil {
			return refuse(NotFound, "")
		}
		p.leaveQueue(by, ByHand)
		return nil
	})
}

// QueueHead returns the commit that the merge queue checks for the pull request;
// empty if there is none.
func (p *PullRequest) QueueHead() string {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	if e := p.Entry(); e != nil && !e.Head.IsZero() {
		return e.Head.String()
	}
	return ""
}

// Entry finds the pull request's entry in a merge queue, or returns nil; under the lock.
func (p *PullRequest) Entry() *QueueEntry {
	for _, q := range p.repo.Queues {
		for _, e := range q.Entries {
			if e.Pull == p {
				return e
			}
		}
	}
	return nil
}

// leaveQueue takes the pull request out of a queue, if it is in one; what was
// merged onto it is merged anew.
func (p *PullRequest) leaveQueue(by *Account, why Reason) {
	e := p.Entry()
	if e == nil {
		return
	}
	e.Queue.Entries = slices.DeleteFunc(e.Queue.Entries, func(o *QueueEntry) bool { return o == e })
	e.drop(LeftQueue)
	p.Touch()
	p.tell(Event{Kind: Dequeued, By: by, Reason: why})
	e.Queue.rebuild(by)
}

// Ref is the branch that holds the entry's commit.
func (e *QueueEntry) Ref() string {
	return e.Pull.repo.forge.customs.QueueBranch(e.Queue.Branch, e.Pull.number, e.Base.String())
}

// drop takes the entry's commit away.
func (e *QueueEntry) drop(why Reason) {
	if e.Head.IsZero() {
		return
	}
	e.tell(Event{Kind: GroupDropped, Reason: why})
	delete(e.Queue.Repo.Branches, e.Ref())
	e.Head = plumbing.ZeroHash
}

// rebuild merges every entry onto the one before it, where it is not yet.
func (q *Queue) rebuild(by *Account) {
	if q.merging {
		return
	}
	base := q.Repo.Branches[q.Branch]
	for _, e := range slices.Clone(q.Entries) {
		if e.Base == base && !e.Head.IsZero() {
			base = e.Head
			continue
		}
		e.drop(Outdated)
		head, _ := e.Pull.mergeOnto(base) // what can't be written can't be merged
		if e.Base, e.Head, e.built = base, head, q.Repo.forge.Now(); head.IsZero() {
			continue
		}
		q.Repo.Branches[e.Ref()] = head
		q.Repo.tell(Event{Kind: Pushed, By: by, Branch: e.Ref(), After: head, Entry: e})
		e.tell(Event{Kind: GroupBuilt})
		base = head
	}
}

// settle merges the entries whose checks have passed, from the first one on,
// and takes out one whose check has failed.
func (q *Queue) settle() {
	for len(q.Entries) > 0 && len(q.Repo.Required[q.Branch]) > 0 {
		n, evict := q.next()
		switch {
		case evict:
			q.Entries[0].Pull.leaveQueue(q.Entries[0].By, ChecksFailed)
		case n == 0 || q.merge(n) != nil:
			return
		}
	}
}

// next returns how many entries are to be merged together now, or that the first one
// is to be taken out.
func (q *Queue) next() (n int, evict bool) {
	most, failed := 1, 0
	if q.Rules.HeadGreen {
		most = min(q.Rules.Limit(), len(q.Entries))
	}
	for i, e := range q.Entries[:most] {
		switch {
		case e.Head.IsZero():
		case q.all(q.Repo.passed, e):
			n = i + 1
		case q.any(q.Repo.failed, e):
			failed++
		}
	}
	return n, n == 0 && failed == most
}

// all and any ask something of each check that the branch requires.
func (q *Queue) all(holds func(plumbing.Hash, RequiredCheck) bool, e *QueueEntry) bool {
	return !slices.ContainsFunc(q.Repo.Required[q.Branch], func(c RequiredCheck) bool { return !holds(e.Head, c) })
}

func (q *Queue) any(holds func(plumbing.Hash, RequiredCheck) bool, e *QueueEntry) bool {
	return slices.ContainsFunc(q.Repo.Required[q.Branch], func(c RequiredCheck) bool { return holds(e.Head, c) })
}

// merge merges the first entries.
func (q *Queue) merge(n int) error {
	merged := q.Entries[:n]
	tip, by := merged[n-1].Head, merged[n-1].By
	q.Entries = slices.Clone(q.Entries[n:])
	for _, e := range merged {
		head := e.Head
		if q.Repo.forge.behaviour.WrongMerge {
			var err error
			if head, err = e.wrong(); err != nil {
				return err
			}
			tip = head
		}
		e.drop(Merged)
		e.Pull.tell(Event{Kind: Dequeued, By: e.By, Reason: Merged})
		e.Pull.markMerged(head, e.By)
	}
	q.merging = true
	q.Repo.push(q.Branch, tip, by)
	q.merging = false
	q.rebuild(by)
	return nil
}

// wrong is what is merged in place of the entry's commit: what others changed is
// undone, as of squash merges on 23 April 2026.
func (e *QueueEntry) wrong() (plumbing.Hash, error) {
	r := e.Queue.Repo
	c := *r.Objects.Commit(e.Head)
	c.TreeHash = r.TreeOf(e.Pull.HeadID)
	return r.record(&c, true)
}

// TimeOutQueues takes out the entries that have waited for a check for as long as
// their queue lets them.
func (r *Repo) TimeOutQueues() {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	for _, branch := range slices.Sorted(maps.Keys(r.Queues)) {
		q := r.Queues[branch]
		for _, e := range slices.Clone(q.Entries) {
			late := r.forge.Now().Sub(e.built) >= q.Rules.Patience()
			if late && !e.Head.IsZero() && !q.all(r.passed, e) {
				e.Pull.leaveQueue(e.By, ChecksLate)
			}
		}
		q.settle()
	}
}

// settleQueues looks at all queues after a check or a status was written.
func (r *Repo) settleQueues() {
	for _, branch := range slices.Sorted(maps.Keys(r.Queues)) {
		r.Queues[branch].settle()
	}
}

func (e *QueueEntry) tell(ev Event) {
	ev.By, ev.Entry = e.By, e
	e.Queue.Repo.tell(ev)
}

// Mergeable reports whether the entry's commit has passed what the branch requires; under
// the lock.
func (e *QueueEntry) Mergeable() bool { return e.Queue.all(e.Queue.Repo.passed, e) }
