package snapshot

import (
	"context"
	"errors"
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// formerTwins adds what was said against overrides on pull requests that were twins and
// are none any more, closed or retargeted: a gate with memory has it from the time when
// they were. Without an override there is nothing to take back.
func (g *Reader) formerTwins(ctx context.Context, l *Reading) error {
	req, s := &l.Look.Request, &l.Snapshot
	if g.cfg.ClosedAt == nil || !overridden(req) && !slices.ContainsFunc(s.Twins, func(t pull.Request) bool { return overridden(&t) }) {
		return nil
	}
	refs, err := g.cfg.ClosedAt(ctx, req.Ref.Repo, req.Head)
	if err != nil {
		return err
	}
	for _, k := range l.At.Open {
		if k.BaseBranch != req.BaseBranch {
			refs = append(refs, k.Ref)
		}
	}
	for _, ref := range refs {
		if ref.Number == req.Ref.Number {
			continue
		}
		look, err := g.cfg.Source.Look(ctx, ref, nil, false)
		if errors.Is(err, pull.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		g.trim(&look.Request)
		if former := &look.Request; former.Head == req.Head && wasTowards(former, req.BaseBranch) {
			s.Cancels = append(s.Cancels, rule.Cancels(policy.Snapshot{Request: *former})...)
			req.Deleted = append(req.Deleted, lost(former)...)
		}
	}
	return nil
}

func overridden(req *pull.Request) bool {
	return slices.ContainsFunc(req.Comments, func(c pull.Comment) bool {
		return slices.ContainsFunc(command.Commands(c.Body), func(c command.Command) bool { return c.Verb == command.VerbOverride })
	})
}

// wasTowards reports whether a request is, or may have been, towards a base branch.
func wasTowards(req *pull.Request, base string) bool {
	return req.BaseBranch == base || !req.BaseMovesKnown || slices.ContainsFunc(req.BaseMoves, func(m pull.BaseMove) bool {
		return (m.Kind == pull.Retargeted || m.Kind == pull.Followed) && (m.Before.Branch == "" || m.Before.Branch == base)
	})
}

// lost are the comments of a request that may have said something else.
func lost(req *pull.Request) []pull.Deletion {
	gone := slices.Clone(req.Deleted)
	for _, c := range req.Comments {
		if c.Edited {
			gone = append(gone, pull.Deletion{Author: c.Author, At: c.SaidAt()})
		}
	}
	return gone
}
