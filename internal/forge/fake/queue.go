package fake

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// mergeQueue is the merge queue of a branch. Each entry has a commit of its own:
// it is merged onto the entry before it, or onto the branch.
type mergeQueue struct {
	id      int64
	repo    *Repo
	branch  string
	rules   QueueRules
	entries []*queueEntry
	merging bool // the branch moves because the queue merges
}

// QueueRules are the settings of a merge queue. The zero value is what GitHub
// begins with.
type QueueRules struct {
	// HeadGreen merges entries together as soon as the last of them has passed, those
	// before it too that failed: GitHub's HEADGREEN. Otherwise each must have passed,
	// ALLGREEN.
	HeadGreen bool
	Most      int           // that are merged together; 5 if 0
	Timeout   time.Duration // for which an entry waits for its checks; an hour if 0
}

func (q QueueRules) most() int              { return cmp.Or(q.Most, 5) }
func (q QueueRules) timeout() time.Duration { return cmp.Or(q.Timeout, time.Hour) }

// queueEntry is a pull request that waits. Without a head it can't be merged
// onto what is before it.
type queueEntry struct {
	id         int64
	queue      *mergeQueue
	pull       *PullRequest
	by         *account
	at         time.Time
	base, head plumbing.Hash
	built      time.Time // when head was made
}

// SetQueueRules changes the settings of a branch's merge queue, which it is given
// if it has none.
func (r *Repo) SetQueueRules(branch string, rules QueueRules) {
	r.EnableQueue(branch)
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	r.queues[branch].rules = rules
	r.queues[branch].settle()
}

// EnableQueue gives a branch a merge queue: pull requests are then merged
// through it only.
func (r *Repo) EnableQueue(branch string) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	if r.queues[branch] == nil {
		r.queues[branch] = &mergeQueue{id: r.forge.nextID(), repo: r, branch: branch}
	}
}

// Enqueue adds the pull request to its base branch's merge queue. It merges as
// soon as the checks that the branch requires have passed on the queue's own
// commit.
func (p *PullRequest) Enqueue(by string) error {
	return p.as(by, "enqueue", func(by *account) error {
		q := p.repo.queues[p.baseBranch]
		missing, err := p.missingCheck()
		switch {
		case err != nil:
			return err
		case q == nil || !p.open || p.draft || p.queued() != nil:
			return &failure{status: http.StatusUnprocessableEntity, message: "Pull request can not be added to a merge queue"}
		case missing != "":
			return &failure{status: http.StatusUnprocessableEntity,
				message: "Required status check \"" + missing + "\" is expected."}
		}
		q.entries = append(q.entries, &queueEntry{id: p.repo.forge.nextID(), queue: q, pull: p, by: by, at: p.repo.forge.now()})
		p.touch()
		p.emit("enqueued", by, nil)
		q.rebuild(by)
		return nil
	})
}

// Dequeue takes the pull request out of the merge queue.
func (p *PullRequest) Dequeue(by string) error {
	return p.as(by, "dequeue", func(by *account) error {
		if p.queued() == nil {
			return notFound()
		}
		p.leaveQueue(by, "MANUAL")
		return nil
	})
}

// QueueHead gives the commit that the merge queue checks for the pull request;
// empty if there is none.
func (p *PullRequest) QueueHead() string {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	if e := p.queued(); e != nil && !e.head.IsZero() {
		return e.head.String()
	}
	return ""
}

// queued finds the pull request's entry, or gives nil.
func (p *PullRequest) queued() *queueEntry {
	for _, q := range p.repo.queues {
		for _, e := range q.entries {
			if e.pull == p {
				return e
			}
		}
	}
	return nil
}

// leaveQueue takes the pull request out of a queue, if it is in one; what was
// merged onto it is merged anew.
func (p *PullRequest) leaveQueue(by *account, reason string) {
	e := p.queued()
	if e == nil {
		return
	}
	e.queue.entries = slices.DeleteFunc(e.queue.entries, func(o *queueEntry) bool { return o == e })
	e.drop("dequeued")
	p.touch()
	p.emit("dequeued", by, obj{"reason": reason})
	e.queue.rebuild(by)
}

// ref is the branch that holds the entry's commit.
func (e *queueEntry) ref() string {
	return fmt.Sprintf("gh-readonly-queue/%s/pr-%d-%s", e.queue.branch, e.pull.number, e.base)
}

// drop takes the entry's commit away.
func (e *queueEntry) drop(reason string) {
	if e.head.IsZero() {
		return
	}
	e.emit("destroyed", obj{"reason": reason})
	delete(e.queue.repo.branches, e.ref())
	e.head = plumbing.ZeroHash
}

// rebuild merges every entry onto the one before it, where it is not yet.
func (q *mergeQueue) rebuild(by *account) {
	if q.merging {
		return
	}
	base := q.repo.branches[q.branch]
	for _, e := range slices.Clone(q.entries) {
		if e.base == base && !e.head.IsZero() {
			base = e.head
			continue
		}
		e.drop("invalidated")
		head, err := e.pull.mergeOnto(base)
		if err != nil {
			q.repo.forge.log.Error("merge queue not built", "repo", q.repo.FullName(), "pr", e.pull.number, "error", err)
			return
		}
		if e.base, e.head, e.built = base, head, q.repo.forge.now(); head.IsZero() {
			continue
		}
		q.repo.branches[e.ref()] = head
		q.repo.forge.emitPush(q.repo, e.ref(), plumbing.ZeroHash, head, false, by)
		e.emit("checks_requested", nil)
		base = head
	}
}

// settle merges the entries whose checks have passed, from the first one on,
// and takes out one whose check has failed.
func (q *mergeQueue) settle() {
	for len(q.entries) > 0 && len(q.repo.required[q.branch]) > 0 {
		n, evict := q.next()
		switch {
		case evict:
			q.entries[0].pull.leaveQueue(q.entries[0].by, "CI_FAILURE")
		case n == 0 || q.merge(n) != nil:
			return
		}
	}
}

// next gives how many entries are to be merged together now, or that the first one
// is to be taken out.
func (q *mergeQueue) next() (n int, evict bool) {
	most, failed := 1, 0
	if q.rules.HeadGreen {
		most = min(q.rules.most(), len(q.entries))
	}
	for i, e := range q.entries[:most] {
		switch {
		case e.head.IsZero():
		case q.all(q.repo.passed, e):
			n = i + 1
		case q.any(q.repo.failed, e):
			failed++
		}
	}
	return n, n == 0 && failed == most
}

// all and any ask something of each check that the branch requires.
func (q *mergeQueue) all(holds func(plumbing.Hash, RequiredCheck) bool, e *queueEntry) bool {
	return !slices.ContainsFunc(q.repo.required[q.branch], func(c RequiredCheck) bool { return !holds(e.head, c) })
}

func (q *mergeQueue) any(holds func(plumbing.Hash, RequiredCheck) bool, e *queueEntry) bool {
	return slices.ContainsFunc(q.repo.required[q.branch], func(c RequiredCheck) bool { return holds(e.head, c) })
}

// merge merges the first entries.
func (q *mergeQueue) merge(n int) error {
	merged := q.entries[:n]
	tip, by := merged[n-1].head, merged[n-1].by
	q.entries = slices.Clone(q.entries[n:])
	for _, e := range merged {
		head := e.head
		if q.repo.forge.opts.Behaviour.WrongMerge {
			var err error
			if head, err = e.wrong(); err != nil {
				return err
			}
			tip = head
		}
		e.drop("merged")
		e.pull.emit("dequeued", e.by, obj{"reason": "MERGE"})
		e.pull.markMerged(head, e.by)
	}
	q.merging = true
	q.repo.push(q.branch, tip, by)
	q.merging = false
	q.rebuild(by)
	return nil
}

// wrong is what is merged in place of the entry's commit: what others changed is
// undone, as of squash merges on 23 April 2026.
func (e *queueEntry) wrong() (plumbing.Hash, error) {
	r := e.queue.repo
	c := *r.objects.commit(e.head)
	c.TreeHash = r.treeOf(e.pull.head)
	return r.record(&c, true)
}

// TimeOutQueues takes out the entries that have waited for a check for as long as
// their queue lets them.
func (r *Repo) TimeOutQueues() {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	for _, branch := range slices.Sorted(maps.Keys(r.queues)) {
		q := r.queues[branch]
		for _, e := range slices.Clone(q.entries) {
			late := r.forge.now().Sub(e.built) >= q.rules.timeout()
			if late && !e.head.IsZero() && !q.all(r.passed, e) {
				e.pull.leaveQueue(e.by, "CI_TIMEOUT")
			}
		}
		q.settle()
	}
}

// settleQueues looks at all queues after a check or a status was written.
func (r *Repo) settleQueues() {
	for _, branch := range slices.Sorted(maps.Keys(r.queues)) {
		r.queues[branch].settle()
	}
}

func (e *queueEntry) emit(action string, more obj) {
	r := e.queue.repo
	payload := obj{"merge_group": obj{
		"head_sha": e.head.String(), "head_ref": "refs/heads/" + e.ref(), "base_sha": e.base.String(),
		"base_ref": "refs/heads/" + e.queue.branch, "head_commit": r.simpleCommitJSON(e.head),
	}}
	for key, value := range more {
		payload[key] = value
	}
	r.forge.emit("merge_group", action, r.forge.installationOf(r), r, e.by, payload)
}

func (e *queueEntry) state() string {
	switch {
	case e.head.IsZero():
		return "UNMERGEABLE"
	case !e.queue.all(e.queue.repo.passed, e):
		return "AWAITING_CHECKS"
	}
	return "MERGEABLE"
}

func queueFields() map[string]resolver {
	return map[string]resolver{
		"id":            get(func(q *mergeQueue) any { return nodeID("MQ", q.id) }),
		"repository":    get(func(q *mergeQueue) any { return q.repo }),
		"configuration": get(func(q *mergeQueue) any { return q.rules }),
		"entries":       page(func(_ *query, q *mergeQueue, _ args) []any { return list(q.entries) }),
	}
}

func queueRulesFields() map[string]resolver {
	return map[string]resolver{
		"checkResponseTimeout":  get(func(q QueueRules) any { return int(q.timeout().Minutes()) }),
		"maximumEntriesToMerge": get(func(q QueueRules) any { return q.most() }),
		"mergeMethod":           get(func(QueueRules) any { return "MERGE" }),
		"mergingStrategy": get(func(q QueueRules) any {
			if q.HeadGreen {
				return "HEADGREEN"
			}
			return "ALLGREEN"
		}),
	}
}

func queueEntryFields() map[string]resolver {
	return map[string]resolver{
		"id":          get(func(e *queueEntry) any { return nodeID("MQE", e.id) }),
		"position":    get(func(e *queueEntry) any { return slices.Index(e.queue.entries, e) + 1 }),
		"state":       get(func(e *queueEntry) any { return e.state() }),
		"enqueuedAt":  get(func(e *queueEntry) any { return stamp(e.at) }),
		"enqueuer":    get(func(e *queueEntry) any { return e.by }),
		"pullRequest": get(func(e *queueEntry) any { return e.pull }),
		"baseCommit":  get(func(e *queueEntry) any { return e.queue.repo.objectByID(e.base) }),
		"headCommit":  get(func(e *queueEntry) any { return e.queue.repo.objectByID(e.head) }),
	}
}
