package gate

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Failed shows, after the judging of a pull request failed, that it is not known whether
// the gate is open: an older success must not stand. It finds out once more which check
// that is; head and base are the pull request's as told elsewhere, for where the pull
// request itself can't be read, and may be empty. It gives the names of the checks on
// which a success stands, or may stand, all the same; the error says why. The groups that
// it is in, in a merge queue, are doubted, too.
func (g *Gate) Failed(ctx context.Context, ref pull.Ref, head, base string) (left []string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeBackTime)
	defer cancel()
	t := taking{ref: ref, head: head, names: []string{policy.DefaultCheck}, language: ""}
	if l := g.Named(ctx, ref); l != nil {
		req, rules := &l.Look.Request, &l.Snapshot.Rules
		if t.head = req.Head; req.Merged || l.Off {
			return nil, nil
		}
		base = req.BaseBranch
		t.names = append(t.names, policy.DefaultCheck+"/"+base)
		if l.Gated {
			t.names, t.language = []string{rules.Check}, rules.Language
			if req.Open {
				t.name = rules.Check
			}
		}
	}
	if t.head == "" {
		return nil, nil
	}
	left, err = g.takeBack(ctx, &t)
	groups, unread := g.Queues.Doubted(ctx, ref, base)
	err = errors.Join(err, unread)
	for _, group := range groups {
		if failed := g.Queues.TakeBack(ctx, ref.Repo, group.Head); failed != nil {
			left, err = append(left, "the group "+group.Head), errors.Join(err, failed)
		}
	}
	return left, err
}

// takeBackTime bounds how long a success is tried to be taken back, whatever ended what
// was under way.
const takeBackTime = 30 * time.Second

// Unpublished is Failed for a run whose plan could not be carried out: what it found to
// be earned may stand.
func (g *Gate) Unpublished(ctx context.Context, run *Run) (left []string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeBackTime)
	defer cancel()
	t := taking{ref: run.Ref, head: run.Head, language: ""}
	if check := run.inputs.Snapshot.Rules.Check; run.Gated {
		t.names = []string{check}
		if run.known.Open && run.Verdict.Outcome == policy.Success {
			t.earned = check
		}
	}
	return g.takeBack(ctx, &t)
}

// taking says which checks on a head are to be taken back.
type taking struct {
	ref      pull.Ref
	head     string
	names    []string // that count as ours whoever wrote them
	name     string   // is written even if it is no success; empty: none
	earned   string   // may stand; empty: none
	language string
}

// takeBack writes an error over each success that is not earned. Where it can't be read
// what stands, each name that is known may be one.
func (g *Gate) takeBack(ctx context.Context, t *taking) (left []string, err error) {
	found, unread := g.cfg.Finder.Found(ctx, t.ref.Repo, t.head, t.names...)
	if unread != nil {
		for _, name := range t.names {
			found = append(found, seam.FoundCheck{Name: name, Outcome: policy.Success})
		}
	}
	has := func(c seam.FoundCheck) bool { return strings.EqualFold(c.Name, t.name) }
	if t.name != "" && !slices.ContainsFunc(found, has) {
		found = append(found, seam.FoundCheck{Name: t.name})
	}
	var failed []error
	for _, c := range found {
		green := c.Outcome == policy.Success
		if c.Outcome == policy.Error || strings.EqualFold(c.Name, t.earned) || !green && !has(c) {
			continue
		}
		if shared, err := g.shared(ctx, t.ref, history.CheckRecord{Head: t.head, Name: c.Name}); err == nil && shared {
			continue
		}
		check := g.cfg.Messages.Unjudged(t.head, c.Name, t.language)
		if err := g.writer.WriteAnyhow(ctx, t.ref, check, history.CheckRecord{}, seam.Written{ID: c.ID, Search: true}); err != nil {
			failed = append(failed, err)
			if green {
				left = append(left, c.Name)
			}
		}
	}
	return left, errors.Join(failed...)
}
