package snapshot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// maxTwins is how many open pull requests of one head and base branch are judged
// together (package policy, §4, "Twins"). Anybody can open more: approvals on those count for
// nothing, and each costs a fiftieth of a call.
const maxTwins = 20

// twinsAtOnce is how many of them are looked at side by side.
const twinsAtOnce = 4

// crowdAtOnce is of how many pull requests one call reads what matters of a crowd.
const crowdAtOnce = 50

// twin is a pull request that was looked at along with another one.
type twin struct {
	Look   seam.Look
	Memory history.PullHistory
}

// twins reads the open pull requests with the same head and base branch as the one that
// was looked at, of which other readers change their own copy.
func (g *Reader) twins(ctx context.Context, l *Reading, req *pull.Request) error {
	s := &l.Snapshot
	var numbers []int
	for _, k := range l.At.Open {
		if k.Ref.Number != req.Ref.Number && k.BaseBranch == req.BaseBranch {
			numbers = append(numbers, k.Ref.Number)
		}
	}
	var objecting []twin
	if g.cfg.Crowd != nil && len(numbers) >= maxTwins {
		var err error
		if numbers, objecting, err = g.crowd(ctx, l, req, numbers); err != nil {
			return err
		}
	}
	twins := make([]*twin, len(numbers))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(twinsAtOnce)
	for i, n := range numbers {
		group.Go(func() (err error) {
			twins[i], err = g.twin(groupCtx, req, pull.Ref{Repo: req.Ref.Repo, Number: n})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, t := range twins {
		if t == nil {
			continue
		}
		l.TwinOf = append(l.TwinOf, *t)
		s.Twins, s.TwinHeads, s.TwinSeen = append(s.Twins, t.Look.Request), append(s.TwinHeads, slices.Clone(t.Memory.Heads)),
			append(s.TwinSeen, g.seenOf(&t.Memory))
		s.Cancels = append(s.Cancels, t.Memory.Cancels...)
	}
	for _, o := range objecting {
		s.Twins, s.TwinHeads, s.TwinSeen = append(s.Twins, o.Look.Request), append(s.TwinHeads, slices.Clone(o.Memory.Heads)),
			append(s.TwinSeen, g.seenOf(&o.Memory))
	}
	return g.formerTwins(ctx, l)
}

// twin looks at one; nil if it is none any more.
func (g *Reader) twin(ctx context.Context, of *pull.Request, ref pull.Ref) (*twin, error) {
	memory, err := g.cfg.Memory.Recall(ctx, ref)
	if err != nil {
		return nil, err
	}
	t := &twin{Memory: memory}
	if t.Look, err = g.cfg.Source.Look(ctx, ref, nil, false); errors.Is(err, pull.ErrNotFound) {
		return nil, nil // the forge no longer shows it
	}
	if err != nil {
		return nil, err
	}
	g.trim(&t.Look.Request)
	if err := g.sight(ctx, &t.Look, &t.Memory); err != nil {
		return nil, err
	}
	if !isTwin(&t.Look.Request, of) {
		return nil, nil
	}
	return t, nil
}

func isTwin(a, b *pull.Request) bool {
	return a.Open && a.Head == b.Head && a.BaseBranch == b.BaseBranch
}

// crowd divides many twins: it gives the numbers of those that lend their approvals, and
// of the others those that request changes. Where the pull request itself is among the
// others, so it is judged.
func (g *Reader) crowd(ctx context.Context, l *Reading, req *pull.Request, numbers []int) (first []int, objecting []twin, err error) {
	all := []pull.Request{*req}
	var whole []int // that have to be looked at for what they say
	for some := range slices.Chunk(numbers, crowdAtOnce) {
		glances, err := g.cfg.Crowd.Crowd(ctx, req.Ref.Repo, some)
		if err != nil {
			return nil, nil, err
		}
		for _, n := range some {
			if t, ok := glances[n]; ok && isTwin(&t.Request, req) {
				if all = append(all, t.Request); t.More {
					whole = append(whole, n)
				}
			}
		}
	}
	for i, t := range byTurns(all) {
		switch self := t.Ref.Number == req.Ref.Number; {
		case i < maxTwins && !self:
			first = append(first, t.Ref.Number)
		case i < maxTwins:
		default:
			l.Snapshot.Crowd = append(l.Snapshot.Crowd, policy.Crowded{Number: t.Ref.Number, Author: t.Author})
			if l.Crowded = l.Crowded || self; self {
				continue
			}
			o, err := g.objecting(ctx, t, slices.Contains(whole, t.Ref.Number))
			if err != nil {
				return nil, nil, err
			}
			if l.Snapshot.Cancels = append(l.Snapshot.Cancels, o.Memory.Cancels...); len(o.Look.Request.Reviews) > 0 ||
				slices.ContainsFunc(o.Memory.Objections, unanswered) {
				objecting = append(objecting, o)
			}
		}
	}
	return first, objecting, nil
}

// objecting returns what counts of a pull request that lends no approvals: what requests
// changes. It is looked at whole where the crowd does not show all of that: somebody
// dismissed it, or its account is gone, and it may stand all the same.
func (g *Reader) objecting(ctx context.Context, t pull.Request, whole bool) (twin, error) {
	memory, err := g.cfg.Memory.Recall(ctx, t.Ref)
	if err != nil {
		return twin{}, err
	}
	o := twin{Look: seam.Look{Request: t}, Memory: history.PullHistory{Objections: memory.Objections, Cancels: memory.Cancels}}
	whole = whole || slices.ContainsFunc(memory.Objections, func(o pull.Objection) bool {
		return unanswered(o) && !o.Spoken && !slices.ContainsFunc(t.Reviews, func(r pull.Review) bool { return r.ID == o.Review })
	})
	if whole {
		o.Memory = memory
		o.Look, err = g.cfg.Source.Look(ctx, t.Ref, nil, false)
		switch {
		case errors.Is(err, pull.ErrNotFound), err == nil && !isTwin(&o.Look.Request, &t):
			return twin{}, nil // it is none any more
		case err != nil:
			return twin{}, err
		}
		g.trim(&o.Look.Request)
	}
	onlyObjections(&o.Look.Request, &o.Memory)
	return o, nil
}

// unanswered reports whether an objection was still one when its pull request was last judged.
func unanswered(o pull.Objection) bool { return !o.Ended }

// byTurns orders a crowd: those of the own repository first, then those of forks, the
// oldest of each author, then their next ones: so that nobody who opens many pushes
// another one's out.
func byTurns(all []pull.Request) []pull.Request {
	slices.SortFunc(all, func(a, b pull.Request) int { return cmp.Compare(a.Ref.Number, b.Ref.Number) })
	before, turn := map[string]int{}, make(map[int]int, len(all))
	for i := range all {
		if t := &all[i]; foreign(t) {
			author := strings.ToLower(t.Author.Login)
			before[author]++
			turn[t.Ref.Number] = before[author]
		}
	}
	slices.SortStableFunc(all, func(a, b pull.Request) int { return cmp.Compare(turn[a.Ref.Number], turn[b.Ref.Number]) })
	return all
}

// foreign reports whether a pull request is of a fork.
func foreign(req *pull.Request) bool { return req.HeadBranch == "" }

// onlyObjections leaves of what was said on a pull request the requests for changes that
// were not answered, as an approval that ended one did so while it counted, and what lifts
// them.
func onlyObjections(req *pull.Request, m *history.PullHistory) {
	req.Reviews = slices.DeleteFunc(slices.Clone(req.Reviews), func(r pull.Review) bool {
		ended := slices.ContainsFunc(m.Objections, func(o pull.Objection) bool { return o.Review == r.ID && !o.Spoken && o.Ended })
		return ended || r.State != pull.ChangesRequested && !(r.State == pull.Dismissed && r.DismissedState != pull.Approved)
	})
	req.Comments = slices.DeleteFunc(slices.Clone(req.Comments), func(c pull.Comment) bool {
		return slices.ContainsFunc(command.Commanding(c.Body), func(c command.Command) bool { return c.Verb != command.VerbLift })
	})
}
