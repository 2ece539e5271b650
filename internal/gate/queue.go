package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// JudgeQueues judges the groups that wait in the merge queues of some branches,
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
func (g *Gate) JudgeQueues(ctx context.Context, repo pull.Repo, branches []string) error {
	if g.cfg.Queues == nil || !g.memo.askQueue(repo) && !g.cfg.Queues.HasQueue(repo) {
		return nil
	}
	var problems []error
	for _, branch := range branches {
		queue, err := g.readQueue(ctx, repo, branch)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		line := newLine(g, repo, branch, queue)
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
func (g *Gate) readQueue(ctx context.Context, repo pull.Repo, branch string) (seam.Queue, error) {
	queue, err := g.cfg.Queues.MergeQueue(ctx, repo, branch)
	if err != nil {
		for _, group := range g.queues.queueOf(repo, branch).Groups {
			err = errors.Join(err, g.takeGroupBack(ctx, repo, group.Head))
		}
		return queue, err
	}
	for i := range queue.Groups {
		if group := &queue.Groups[i]; i > 0 && group.Base == queue.Groups[0].Base && group.Base != queue.Groups[i-1].Head {
			group.Members = slices.Concat(queue.Groups[i-1].Members, group.Members) // it holds those before it as well
		}
	}
	before, known := g.queues.keepQueue(repo, branch, queue)
	if !known { // the groups that were judged before the start
		memory, err := g.cfg.History.Recall(ctx, pull.Ref{Repo: repo})
		if err != nil {
			return queue, err
		}
		for _, c := range memory.Checks {
			if c.Group {
				before = append(before, c.Head)
			}
		}
	}
	return queue, g.released(ctx, repo, queue, before)
}

// released raises the open pull requests whose heads are no longer those of groups.
func (g *Gate) released(ctx context.Context, repo pull.Repo, queue seam.Queue, heads []string) error {
	if g.cfg.Raise == nil {
		return nil
	}
	var refs []pull.Ref
	for _, head := range heads {
		if queue.Holds(head) {
			continue
		}
		at, err := g.cfg.History.At(ctx, repo, head)
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
	return g.cfg.Raise(ctx, refs...)
}

// takeGroupBack has the check on a group's head wait where it is a success, or may be one.
func (g *Gate) takeGroupBack(ctx context.Context, repo pull.Repo, head string) error {
	checks, err := g.groupChecks(ctx, repo, head)
	if err != nil {
		return err
	}
	for _, c := range checks {
		if mayPass(c) {
			if err := g.setCheck(ctx, pull.Ref{Repo: repo}, g.cfg.Words.Rereading(c.Head, c.Name, policy.DefaultLanguage), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// groupChecks are the checks on a group's head that are the gate's: as they are
// remembered, or else as they stand.
func (g *Gate) groupChecks(ctx context.Context, repo pull.Repo, head string) ([]history.CheckRecord, error) {
	at, err := g.cfg.History.At(ctx, repo, head)
	if err != nil {
		return nil, err
	}
	checks := slices.DeleteFunc(slices.Clone(at.Checks), func(c history.CheckRecord) bool { return !c.Group })
	if g.cfg.Finder == nil {
		return checks, nil
	}
	found, err := g.cfg.Finder.Found(ctx, repo, head)
	for _, c := range found {
		checks = append(checks, history.CheckRecord{Head: head, Name: c.Name, ID: c.ID, Outcome: string(c.Outcome), Done: true, Group: true})
	}
	return checks, err
}

// doubtGroups takes back the successes of the groups that a pull request is in.
func (g *Gate) doubtGroups(ctx context.Context, ref pull.Ref, branch string) error {
	if g.cfg.Queues == nil || !g.cfg.Queues.HasQueue(ref.Repo) {
		return nil
	}
	groups, err := g.doubted(ctx, ref, branch)
	problems := []error{err}
	for _, group := range groups {
		problems = append(problems, g.takeGroupBack(ctx, ref.Repo, group.Head))
	}
	return errors.Join(problems...)
}

// doubted are the groups that a pull request is in. Where its queue can't be read, they
// are those that it was in when it last could; where that is not known, those that were
// judged last.
func (g *Gate) doubted(ctx context.Context, ref pull.Ref, branch string) ([]seam.Group, error) {
	if g.cfg.Queues == nil || branch == "" {
		return nil, nil
	}
	queue, unread := g.cfg.Queues.MergeQueue(ctx, ref.Repo, branch)
	if unread != nil {
		queue = g.queues.queueOf(ref.Repo, branch)
	}
	groups := queue.Covering(ref.Number)
	if unread != nil && len(queue.Groups) == 0 {
		memory, err := g.cfg.History.Recall(ctx, pull.Ref{Repo: ref.Repo})
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

// outrankedError tells that a check of a pull request must not be written, as its
// commit is the head of a group that waits in the queue of a branch, which has the
// check.
type outrankedError struct{ branch string }

func (e *outrankedError) Error() string {
	return "the commit is the head of a group in the merge queue of " + e.branch + ", whose check it shows"
}

// outranked gives an outrankedError for such a check. A check that a group wrote is a
// reason to ask, and so is a success where there are queues; where it can't be told, a
// group's check stays.
func (g *Gate) outranked(ctx context.Context, ref pull.Ref, c publish.Check, at history.HeadMemory) error {
	if ref.Number == 0 || g.cfg.Queues == nil || g.cfg.Branches == nil {
		return nil
	}
	groups := lastWritten(at.Checks, c).Group
	other := slices.ContainsFunc(at.Checks, func(r history.CheckRecord) bool { return r.Group })
	if !groups && (other || c.Outcome != policy.Success || !g.cfg.Queues.HasQueue(ref.Repo)) {
		return nil
	}
	branches, err := g.cfg.Branches(ctx, ref.Repo)
	if err != nil {
		return err
	}
	for _, branch := range branches {
		queue, err := g.cfg.Queues.MergeQueue(ctx, ref.Repo, branch)
		if err != nil {
			g.cfg.Log.WarnContext(ctx, "merge queue not read; a check that is a group's stays", append(about(ref, c), "branch", branch, "error", err)...)
			queue = g.queues.queueOf(ref.Repo, branch)
		}
		if queue.Holds(c.Head) || err != nil && groups {
			return &outrankedError{branch}
		}
	}
	return nil
}

// yields takes it for no error that a pull request's check is not written as its
// commit is a group's. The group is judged again then, once it is known what the pull
// request misses: one that goes to another branch, which may ask for no queue, must not
// pass there by the group's success.
func (g *Gate) yields(ctx context.Context, run *Run, err error) error {
	outranked, ok := errors.AsType[*outrankedError](err)
	if !ok {
		return err
	}
	if run.known.Open && run.known.Outcome != string(policy.Success) && outranked.branch != run.known.BaseBranch {
		run.queued = true
		return g.takeGroupBack(ctx, run.Ref.Repo, run.Head)
	}
	return nil
}

// compareMerged holds what a queue merged against the group that was judged: on 23
// April 2026 a forge's queues merged other trees than those that were checked.
func (g *Gate) compareMerged(ctx context.Context, look *seam.Look) error {
	req := &look.Request
	group, ok := g.queues.lastGroup(req.Ref)
	if !ok || !req.Merged || look.MergeCommit == "" {
		return nil
	}
	if look.MergeCommit != group {
		changes, err := g.Content.Trees(ctx, req.Ref.Repo).Compare(group, look.MergeCommit)
		if err != nil {
			return fmt.Errorf("compare what the merge queue made of %s with its group: %w", req.Ref, err)
		}
		if len(changes) > 0 {
			g.Noticed(seam.WrongMerge)
			g.cfg.Log.ErrorContext(ctx, "the merge queue merged another tree than the one that was checked; compare the two commits, and revert the merge if it undoes others' changes",
				req.Ref.Fields("branch", req.BaseBranch, "checked", group, "merged", look.MergeCommit, "files", len(changes), "first", changes[0].Path)...)
		}
	}
	g.queues.forgetGroup(req.Ref)
	return nil
}
