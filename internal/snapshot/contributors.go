package snapshot

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/authors"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxWanted is of how many commits it is looked up which files they touch: those beyond
// touch every file for good, as far as those who made them are concerned.
const maxWanted = 2000

// contributors finds out which files were touched by the commits of people whose
// approval may count, in all heads seen. Nobody else's commits are read: the
// author never approves anything, and a stranger's approval counts for nothing.
func (g *Reader) contributors(ctx context.Context, l *Reading) error {
	s := &l.Snapshot
	matters, signer := approvers(s, l.deciders), authors.SignersBy(s.Owners, s.Addressees)
	unknown := s.Rules.Unknown == policy.UnknownBlocks
	wanted := map[string]*content.Commit{}
	for _, view := range commitLists(s) {
		listed := map[string]bool{} // by this list, or by one of an earlier head
		for _, list := range view {
			for _, c := range *list {
				listed[c.ID] = true
			}
			until := sync.OnceValue(func() map[string]bool { return maps.Clone(listed) })
			for _, c := range *list {
				if c.ID != "" && !c.PathsKnown && wanted[c.ID] == nil && len(wanted) < maxWanted && authors.MadeBy(&c, signer, matters, unknown) {
					wanted[c.ID] = &content.Commit{Commit: c, Listed: until()}
				}
			}
		}
	}
	if err := g.Content.CommitPaths(ctx, &s.Request, wanted); err != nil {
		return err
	}
	for _, list := range slices.Concat(commitLists(s)...) {
		*list = slices.Clone(*list)
		for i := range *list {
			c := &(*list)[i]
			if w := wanted[c.ID]; w != nil && w.PathsKnown {
				c.Paths, c.PathsKnown = w.Paths, true
			}
		}
	}
	s.Heads = authors.FewerCommits(s.Heads)
	for i := range s.TwinHeads {
		s.TwinHeads[i] = authors.FewerCommits(s.TwinHeads[i])
	}
	return nil
}

// commitLists returns every list of commits of a snapshot, by request: those of the
// moment, then those that its heads added.
func commitLists(s *policy.Snapshot) [][]*[]pull.Commit {
	of := func(now *[]pull.Commit, heads []pull.Head) []*[]pull.Commit {
		lists := []*[]pull.Commit{now}
		for i := range heads {
			lists = append(lists, &heads[i].Commits)
		}
		return lists
	}
	views := [][]*[]pull.Commit{of(&s.Request.Commits, s.Heads)}
	for i := range s.Twins {
		views = append(views, of(&s.Twins[i].Commits, s.TwinHeads[i]))
	}
	return views
}

// approvers reports whether somebody may approve or override, the authors apart.
func approvers(s *policy.Snapshot, deciders []ownership.Owner) func(pull.Person) bool {
	logins := map[string]bool{}
	for _, o := range deciders {
		if o.Team == "" {
			logins[strings.ToLower(o.Login)] = true
			continue
		}
		for _, p := range s.Teams[policy.TeamKey(o.Team)].Members {
			logins[strings.ToLower(p.Login)] = true
		}
	}
	for _, req := range append([]pull.Request{s.Request}, s.Twins...) {
		for _, r := range req.Reviews {
			if r.CanWrite && s.Rules.Unowned == policy.UnownedAnyone {
				logins[strings.ToLower(r.Author.Login)] = true
			}
		}
	}
	return func(p pull.Person) bool { return logins[strings.ToLower(p.Login)] && !p.Is(s.Request.Author) }
}

// accounts learns which accounts are behind the logins of those who may approve
// or override and have said something, and recalls which were first.
func (g *Reader) accounts(ctx context.Context, l *Reading) error {
	s := &l.Snapshot
	s.Accounts = map[string]int64{}
	for _, a := range l.Memory.Accounts {
		s.Accounts[strings.ToLower(a.Login)] = a.ID
	}
	named := map[string]bool{}
	for _, o := range l.deciders {
		named[strings.ToLower(o.Login)] = o.Login != ""
	}
	var fresh []history.Account
	for _, p := range speakers(s) {
		if login := strings.ToLower(p.Login); named[login] && p.ID != 0 && s.Accounts[login] == 0 {
			s.Accounts[login] = p.ID
			fresh = append(fresh, history.Account{Login: p.Login, ID: p.ID})
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return g.cfg.Notes.Remember(ctx, s.Request.Ref, history.Update{Accounts: fresh})
}
