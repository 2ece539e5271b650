package mergequeue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/effects"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
)

// line is a queue while its groups are judged. What was read of a member serves all
// groups that hold it.
type line struct {
	*Queues
	repo   pull.Repo
	branch string
	queue  seam.Queue
	read   map[string]reading // by the head of the step
	check  string             // the name of the check, and its language, once known
	spoken string
}

// reading is what came of the members of one step.
type reading struct {
	members []publish.Member
	err     error
}

func newLine(q *Queues, repo pull.Repo, branch string, queue seam.Queue) *line {
	return &line{Queues: q, repo: repo, branch: branch, queue: queue, read: map[string]reading{}}
}

// The errors of a group that say what is missing.
var (
	errNoChain = errors.New("the groups before it do not lead back to the branch's tip")
	errHollow  = errors.New("the forge does not tell its base, or one of its pull requests")
)

// judge judges one group and writes its check. An earlier success does not stand while
// that takes its time, or where something can't be read; what can't be read time and
// again is a failure, as a queue waits for nobody.
func (q *line) judge(ctx context.Context, group seam.Group) error {
	var late error
	stop := effects.Hurry(func() { late = q.TakeBack(ctx, q.repo, group.Head) })
	members, err := q.members(ctx, group)
	stop()
	switch {
	case err != nil && ctx.Err() == nil && !errors.Is(err, snapshot.ErrMoved) && q.cache.failed(group.Head) >= mostFailures:
		q.cfg.Log.WarnContext(ctx, "a group of the merge queue can't be read", "forge", q.repo.Forge, "repo", q.repo.Slug(), "branch", q.branch,
			"head", group.Head, "error", err)
		if members, err = q.unread(ctx, group, err); err != nil {
			return err
		}
	case err != nil:
		return errors.Join(err, late, q.TakeBack(ctx, q.repo, group.Head))
	default:
		q.cache.succeeded(group.Head)
	}
	if len(members) == 0 {
		return late // nothing gates it
	}
	if members, err = q.shared(ctx, group, members); err != nil {
		return errors.Join(err, late)
	}
	return errors.Join(late, q.cfg.Writer.SetCheck(ctx, pull.Ref{Repo: q.repo}, q.cfg.Messages.GroupCheck(group.Head, members), nil, nil))
}

// shared closes a group if a pull request towards another branch has its head and its
// check, and is not reviewed: it would pass there by the group's success. Those towards
// the same branch have to go through the queue themselves.
func (q *line) shared(ctx context.Context, group seam.Group, members []publish.Member) ([]publish.Member, error) {
	at, err := q.cfg.History.At(ctx, q.repo, group.Head)
	if err != nil {
		return nil, err
	}
	for _, k := range at.Open {
		if v := members[0].Verdict; k.Check == v.Check && k.BaseBranch != q.branch && k.Outcome != string(policy.Success) {
			members = slices.Clone(members)
			v.Reasons = append([]policy.Note{{Code: policy.NoteSibling, Text: fmt.Sprintf("#%d", k.Ref.Number)}}, v.Reasons...)
			fail(&v)
			members[0].Verdict = v
		}
	}
	return members, nil
}

// mostFailures is how often in a row a group can't be read until it fails: with the
// pauses between, that is after some seconds.
const mostFailures = 4

// members judges all whom merging a group would merge, in order; none if no policy
// gates them.
func (q *line) members(ctx context.Context, group seam.Group) ([]publish.Member, error) {
	steps, ok := q.queue.Steps(group)
	if !ok {
		return nil, errNoChain
	}
	var all []publish.Member
	for _, s := range steps {
		if _, ok := q.read[s.Head]; !ok {
			members, err := q.step(ctx, s)
			q.read[s.Head] = reading{members, err}
		}
		if r := q.read[s.Head]; r.err != nil {
			return nil, r.err
		}
		all = append(all, q.read[s.Head].members...)
	}
	return all, nil
}

// unreadError is about a member that can't be read.
type unreadError struct {
	number int
	error
}

func (e *unreadError) Unwrap() error { return e.error }

// unread is what is said of a group that can't be read.
func (q *line) unread(ctx context.Context, group seam.Group, err error) ([]publish.Member, error) {
	note, m := policy.Note{Code: policy.NoteGroupUnread}, publish.Member{}
	if len(group.Members) > 0 {
		m.Number = group.Members[0].Number
	}
	if of, ok := errors.AsType[*unreadError](err); ok {
		m.Number, note.Code = of.number, policy.NoteMemberUnread
	}
	if errors.Is(err, errNoChain) {
		note.Code = policy.NoteNoChain
	}
	if q.check == "" && m.Number != 0 {
		memory, err := q.cfg.History.Recall(ctx, pull.Ref{Repo: q.repo, Number: m.Number})
		if err != nil {
			return nil, err
		}
		q.check = memory.Known.Check
	}
	m.Verdict = policy.Verdict{Outcome: policy.Error, Unwarned: policy.Error, Mode: policy.Enforce,
		Check: cmp.Or(q.check, policy.DefaultCheck), Language: q.spoken, Reasons: []policy.Note{note}}
	return []publish.Member{m}, nil
}

// step judges the members of one group, each by what stands at the group's base, and,
// where it may be merged with those before it, at the branch's tip.
func (q *line) step(ctx context.Context, s seam.Group) ([]publish.Member, error) {
	if s.Hollow {
		return nil, errHollow
	}
	bases := []string{s.Base}
	if !q.queue.AllGreen && s.Base != q.queue.Tip {
		bases = append(bases, q.queue.Tip)
	}
	var members []publish.Member
	var looks []*snapshot.Reading
	for _, m := range s.Members {
		v, l, err := q.member(ctx, m, bases)
		if err != nil {
			return nil, &unreadError{m.Number, err}
		}
		if l != nil {
			members, looks = append(members, publish.Member{Number: m.Number, Verdict: v}), append(looks, l)
		}
	}
	if len(members) == 0 {
		return nil, nil
	}
	notes := make([][]policy.Note, len(members))
	if !slices.ContainsFunc(members, func(m publish.Member) bool { return m.Verdict.Outcome == policy.Error }) {
		var err error
		if notes, err = q.strays(ctx, q.repo, s, looks); err != nil {
			return nil, err
		}
	}
	for i := range members {
		v := &members[i].Verdict
		if v.Reasons = slices.Concat(notes[i], v.Reasons); len(notes[i]) > 0 {
			fail(v)
		}
		switch {
		case v.Mode == policy.Warn && v.Outcome != policy.Error:
			v.Outcome = policy.Success
		case v.Outcome == policy.Pending:
			fail(v)
		}
	}
	return members, nil
}

// fail makes a verdict a failure, unless it is an error.
func fail(v *policy.Verdict) {
	if v.Outcome != policy.Error {
		v.Outcome, v.Unwarned = policy.Failure, policy.Failure
	}
}

// member judges one member by what stands at some commits, and gives the worst
// verdict; no look if no policy gates it.
func (q *line) member(ctx context.Context, m seam.Member, bases []string) (worst policy.Verdict, look *snapshot.Reading, err error) {
	for _, base := range bases {
		l, err := q.cfg.Load(ctx, pull.Ref{Repo: q.repo, Number: m.Number}, base)
		if err != nil {
			return worst, nil, err
		}
		req := &l.Look.Request
		if req.Merged {
			return worst, nil, snapshot.ErrMoved // the queue is another by now
		}
		if !l.Gated {
			continue
		}
		v := rule.Evaluate(l.Snapshot)
		if req.Head != m.Head || req.BaseBranch != q.branch || !req.Open {
			v.Reasons = append([]policy.Note{{Code: policy.NoteNotQueued}}, v.Reasons...)
			fail(&v)
		}
		q.check, q.spoken = v.Check, v.Language
		stricter := v.Outcome == worst.Outcome && v.Mode != policy.Warn // what the group has besides is judged by it
		if look == nil || rank(v.Outcome) < rank(worst.Outcome) || stricter {
			worst, look = v, l
		}
	}
	return worst, look, nil
}

// rank orders outcomes from the worst to the best.
func rank(o policy.Outcome) int {
	return slices.Index([]policy.Outcome{policy.Error, policy.Failure, policy.Pending, policy.Success}, o)
}
