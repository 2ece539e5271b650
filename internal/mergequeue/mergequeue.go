// Package mergequeue judges the groups that wait in merge queues, and has their heads show
// it.
//
// It promises that no success of a group stands on what can't be read, and that what a
// queue merges is what its members' reviews were given for. How one member is judged as of
// a base is handed in; the rule is package rule's, what is written package effects'.
package mergequeue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/effects"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// Config is what judging merge queues needs. Of the forge those are Queues, Trees and Finder.
type Config struct {
	seam.Forge
	// Load reads a pull request as it would be judged if a commit was its base branch's tip.
	Load    func(ctx context.Context, ref pull.Ref, base string) (*snapshot.Reading, error)
	Content *content.Reader
	Writer  *effects.Writer
	History history.Store
	// Branches and Raise are as in gate.Config, and may be nil.
	Branches func(ctx context.Context, repo pull.Repo) ([]string, error)
	Raise    func(ctx context.Context, refs ...pull.Ref) error
	Messages *publish.Messages
	Noticed  func(seam.Oddity)
	Log      *slog.Logger
}

// Queues judges the merge queues of one forge. It is safe for concurrent use.
type Queues struct {
	cfg   Config
	cache cache
}

// New makes it.
func New(cfg Config) *Queues { return &Queues{cfg: cfg, cache: newCache()} }

// Judge judges the groups that wait in the merge queues of some branches,
// and has their heads show it. Each member is judged afresh, with policy and
// ownership as they stand at the group's base; where the last green group takes
// those before it along, all of them are judged for each group, by what stands at the
// branch's tip as well. All that a group changes must be what merging its members
// gives. In a group, pending is written as failure, for a queue waits for nobody
// (package policy, §4). What can't be read stops nothing but the groups that hold it. A
// repository without queues is asked once; then only after something told of one.
//
// It costs one call for each branch, and for each group a look at each member, at
// two bases at the most, and the trees that merging it changes.
func (q *Queues) Judge(ctx context.Context, repo pull.Repo, branches []string) error {
	if q.cfg.Queues == nil || !q.cache.ask(repo) && !q.cfg.Queues.HasQueue(repo) {
		return nil
	}
	var problems []error
	for _, branch := range branches {
		queue, err := q.readQueue(ctx, repo, branch)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		line := newLine(q, repo, branch, queue)
		for _, group := range queue.Groups {
			if err := line.judge(ctx, group); err != nil {
				problems = append(problems, fmt.Errorf("judge the group %s of the merge queue of %s in %s: %w", group.Head, branch, repo, err))
			}
		}
	}
	return errors.Join(problems...)
}

// readQueue reads a queue and remembers it. Where it can't be read, no success of the
// groups that were in it stays. The pull requests whose head was a group's until now
// are judged again, as they have the check to themselves now.
func (q *Queues) readQueue(ctx context.Context, repo pull.Repo, branch string) (seam.Queue, error) {
	queue, err := q.cfg.Queues.MergeQueue(ctx, repo, branch)
	if err != nil {
		for _, group := range q.cache.last(repo, branch).Groups {
			err = errors.Join(err, q.TakeBack(ctx, repo, group.Head))
		}
		return queue, err
	}
	for i := range queue.Groups {
		if group := &queue.Groups[i]; i > 0 && group.Base == queue.Groups[0].Base && group.Base != queue.Groups[i-1].Head {
			group.Members = slices.Concat(queue.Groups[i-1].Members, group.Members) // it holds those before it as well
		}
	}
	before, known := q.cache.keep(repo, branch, queue)
	if !known { // the groups that were judged before the start
		memory, err := q.cfg.History.Recall(ctx, pull.Ref{Repo: repo})
		if err != nil {
			return queue, err
		}
		for _, c := range memory.Checks {
			if c.Group {
				before = append(before, c.Head)
			}
		}
	}
	return queue, q.released(ctx, repo, queue, before)
}

// released raises the open pull requests whose heads are no longer those of groups.
func (q *Queues) released(ctx context.Context, repo pull.Repo, queue seam.Queue, heads []string) error {
	if q.cfg.Raise == nil {
		return nil
	}
	var refs []pull.Ref
	for _, head := range heads {
		if queue.Holds(head) {
			continue
		}
		at, err := q.cfg.History.At(ctx, repo, head)
		if err != nil {
			return err
		}
		for _, k := range at.Open {
			refs = append(refs, k.Ref)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	return q.cfg.Raise(ctx, refs...)
}

// TakeBack has the check on a group's head wait where it is a success, or may be one.
func (q *Queues) TakeBack(ctx context.Context, repo pull.Repo, head string) error {
	checks, err := q.groupChecks(ctx, repo, head)
	if err != nil {
		return err
	}
	for _, c := range checks {
		if c.MayPass() {
			if err := q.cfg.Writer.SetCheck(ctx, pull.Ref{Repo: repo}, q.cfg.Messages.PendingWhileReading(c.Head, c.Name, ""), nil,
				nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// groupChecks are the checks on a group's head that are the gate's: as they are
// remembered, or else as they stand.
func (q *Queues) groupChecks(ctx context.Context, repo pull.Repo, head string) ([]history.CheckRecord, error) {
	at, err := q.cfg.History.At(ctx, repo, head)
	if err != nil {
		return nil, err
	}
	checks := slices.DeleteFunc(slices.Clone(at.Checks), func(c history.CheckRecord) bool { return !c.Group })
	if q.cfg.Finder == nil {
		return checks, nil
	}
	found, err := q.cfg.Finder.Found(ctx, repo, head)
	for _, c := range found {
		checks = append(checks, history.CheckRecord{Head: head, Name: c.Name, ID: c.ID, Outcome: string(c.Outcome), Done: true, Group: true})
	}
	return checks, err
}

// Doubt takes back the successes of the groups that a pull request is in.
func (q *Queues) Doubt(ctx context.Context, ref pull.Ref, branch string) error {
	if q.cfg.Queues == nil || !q.cfg.Queues.HasQueue(ref.Repo) {
		return nil
	}
	groups, err := q.Doubted(ctx, ref, branch)
	problems := []error{err}
	for _, group := range groups {
		problems = append(problems, q.TakeBack(ctx, ref.Repo, group.Head))
	}
	return errors.Join(problems...)
}

// Doubted are the groups that a pull request is in. Where its queue can't be read, they
// are those that it was in when it last could; where that is not known, those that were
// judged last.
func (q *Queues) Doubted(ctx context.Context, ref pull.Ref, branch string) ([]seam.Group, error) {
	if q.cfg.Queues == nil || branch == "" {
		return nil, nil
	}
	queue, unread := q.cfg.Queues.MergeQueue(ctx, ref.Repo, branch)
	if unread != nil {
		queue = q.cache.last(ref.Repo, branch)
	}
	groups := queue.Covering(ref.Number)
	if unread != nil && len(queue.Groups) == 0 {
		memory, err := q.cfg.History.Recall(ctx, pull.Ref{Repo: ref.Repo})
		if err != nil {
			return nil, err
		}
		for _, c := range memory.Checks[max(0, len(memory.Checks)-mostDoubted):] {
			groups = append(groups, seam.Group{Head: c.Head})
		}
	}
	return groups, nil
}

// mostDoubted is how many groups are doubted where it is not known who is in them.
const mostDoubted = 20

// OutrankedError means that a check of a pull request must not be written, as its
// commit is the head of a group that waits in the queue of a branch, which has the
// check.
type OutrankedError struct{ Branch string }

func (e *OutrankedError) Error() string {
	return "the commit is the head of a group in the merge queue of " + e.Branch + ", whose check it shows"
}

// Outranked returns an OutrankedError for such a check. A check that a group wrote is a
// reason to ask, and so is a success where there are queues; where it can't be told, a
// group's check stays.
func (q *Queues) Outranked(ctx context.Context, ref pull.Ref, c publish.Check, at history.HeadHistory) error {
	if q.cfg.Queues == nil || q.cfg.Branches == nil {
		return nil
	}
	groups := at.Check(c.Name).Group
	other := slices.ContainsFunc(at.Checks, func(r history.CheckRecord) bool { return r.Group })
	if !groups && (other || c.Outcome != policy.Success || !q.cfg.Queues.HasQueue(ref.Repo)) {
		return nil
	}
	branches, err := q.cfg.Branches(ctx, ref.Repo)
	if err != nil {
		return err
	}
	for _, branch := range branches {
		queue, err := q.cfg.Queues.MergeQueue(ctx, ref.Repo, branch)
		if err != nil {
			q.cfg.Log.WarnContext(ctx, "merge queue not read; a check that is a group's stays",
				append(effects.About(ref, c), "branch", branch, "error", err)...)
			queue = q.cache.last(ref.Repo, branch)
		}
		if queue.Holds(c.Head) || err != nil && groups {
			return &OutrankedError{branch}
		}
	}
	return nil
}

// CompareMerged holds what a queue merged against the group that was judged: on 23
// April 2026 a forge's queues merged other trees than those that were checked.
func (q *Queues) CompareMerged(ctx context.Context, look *seam.Look) error {
	req := &look.Request
	group, ok := q.cache.lastGroup(req.Ref)
	if !ok || !req.Merged || look.MergeCommit == "" {
		return nil
	}
	if look.MergeCommit != group {
		changes, err := q.cfg.Content.Trees(ctx, req.Ref.Repo).Compare(group, look.MergeCommit)
		if err != nil {
			return fmt.Errorf("compare what the merge queue made of %s with its group: %w", req.Ref, err)
		}
		if len(changes) > 0 {
			q.cfg.Noticed(seam.WrongMerge)
			q.cfg.Log.ErrorContext(ctx,
				"the merge queue merged another tree than the one that was checked; compare the two commits, and revert the merge if it undoes "+
					"others' changes",
				req.Ref.Fields("branch", req.BaseBranch, "checked", group, "merged", look.MergeCommit, "files", len(changes), "first",
					changes[0].Path)...)
		}
	}
	q.cache.forget(req.Ref)
	return nil
}

// Holds reports whether a pull request is in a group of a branch's queue, as that was read last.
func (q *Queues) Holds(ref pull.Ref, branch string) bool {
	return len(q.cache.last(ref.Repo, branch).Covering(ref.Number)) > 0
}

// Forget forgets the last group of a pull request: whatever is merged now is merged without it.
func (q *Queues) Forget(ref pull.Ref) { q.cache.forget(ref) }
