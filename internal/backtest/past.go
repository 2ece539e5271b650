package backtest

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/simulate"
)

// Frame is what past pull requests are judged by.
type Frame struct {
	Owners *ownership.Map
	Rules  policy.Rules
	// Teams holds the members of teams in Owners, by policy.TeamKey. One that is missing is a
	// team of which nobody is known.
	Teams map[string]policy.Team
	// Protected are the paths of policy and ownership files.
	Protected []string
	// Generated tells which paths are marked as generated; nil: none.
	Generated func(path string) bool
}

// FromFile returns the merged ones of pull requests that were read from a file. Where the file
// gives no approvals of one, whoever reviewed it is taken to have approved what was merged, at
// a time that is not known.
func FromFile(pulls []simulate.Pull) []pull.Merged {
	var all []pull.Merged
	for i := range pulls {
		if pulls[i].Merged {
			all = append(all, fromFile(&pulls[i]))
		}
	}
	return all
}

func fromFile(p *simulate.Pull) pull.Merged {
	m := pull.Merged{Pushed: p.Pushed}
	m.Request = pull.Request{Author: person(p.Author), OpenedAt: p.Created, UpdatedAt: p.Closed, Complete: true}
	m.Request.Ref.Number = p.Number
	for _, path := range p.Paths {
		m.Request.Files = append(m.Request.Files, pull.File{Content: pull.Content{Path: path, Status: pull.Modified}})
	}
	approvals := p.Approvals
	if approvals == nil {
		m.Pushed = time.Time{}
		for _, who := range p.Reviewers {
			approvals = append(approvals, simulate.Approval{By: who, At: p.Closed})
		}
	}
	for _, a := range approvals {
		m.Request.Reviews = append(m.Request.Reviews, pull.Review{Author: person(a.By), State: pull.Approved, At: a.At})
	}
	return m
}

func person(login string) pull.Person { return pull.Person{Login: login, Bot: pull.BotLogin(login)} }

// What stands for ids that a past does not tell. Nothing is compared with them but each other.
const (
	headID, baseID     = "head", "base"
	beforeID, latestID = "0a", "0b"
)

// Paths lists the files that pull requests changed, sorted, each once.
func Paths(merged []pull.Merged) []string {
	var all []string
	for i := range merged {
		for _, file := range merged[i].Request.Files {
			all = append(all, file.Path)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// NamedTeams lists the teams of which the map names some as owners, sorted, each once.
func (f *Frame) NamedTeams() []string {
	var all []string
	for _, s := range f.Owners.Subsystems() {
		for _, o := range slices.Concat(s.Maintainers, s.Reviewers) {
			if o.Team != "" {
				all = append(all, o.Team)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Cases makes a case of each of some pull requests, one after the other.
func (f *Frame) Cases(merged []pull.Merged) iter.Seq[Case] {
	return func(yield func(Case) bool) {
		for _, m := range merged {
			if !yield(f.Of(m)) {
				return
			}
		}
	}
}

// Of makes a case. A past does not tell what each push changed and who wrote which commit: a
// review is taken to have seen what was merged, and the author to have written it alone. A file
// is judged by its path now, where the past does not tell of a rename.
func (f *Frame) Of(m pull.Merged) Case {
	req := m.Request
	req.Head, req.MergeBase, req.BaseTip, req.BaseBranch, req.BaseMovesKnown = headID, baseID, baseID, "main", true
	head := pull.Head{ID: headID, BaseBranch: req.BaseBranch, MergeBase: baseID, SeenAt: req.OpenedAt, Complete: req.Complete}
	req.Files = slices.Clone(req.Files)
	for i := range req.Files {
		c := &req.Files[i].Content
		c.OldMode, c.Mode, c.OldID, c.ID = pull.Regular, pull.Regular, beforeID, latestID+strconv.Itoa(i)
		head.Files = append(head.Files, *c)
		req.Files[i].Generated = f.Generated != nil && f.Generated(c.Path)
	}
	s := policy.Snapshot{Request: req, Owners: f.Owners, Rules: f.Rules, Teams: f.Teams, PolicyFiles: f.Protected, Now: req.UpdatedAt,
		Heads: []pull.Head{head}, SameTree: len(req.Files) == 0 && req.Complete}
	s.Seen = sight.Seen{CommitsStay: true, Sightings: []pull.Sighting{{Number: 1, Head: headID, BaseBranch: req.BaseBranch, BaseTip: baseID,
		At: req.OpenedAt, MovesKnown: true}}}
	s.Request.Reviews = slices.Clone(req.Reviews)
	for i := range s.Request.Reviews {
		r := &s.Request.Reviews[i]
		r.ID, r.Commit = cmp.Or(r.ID, int64(i+1)), headID
		s.Seen.Sights = append(s.Seen.Sights, pull.Sight{Review: r.ID, State: r.State, Commit: headID, Body: r.Body, Edited: r.Edited,
			Before: 1, In: 1, Since: 1})
	}
	pull.SortReviews(s.Request.Reviews)
	s = until(s, req.UpdatedAt) // what was said once it was merged let nothing pass
	return Case{Number: req.Ref.Number, Snapshot: s, Pushed: m.Pushed}
}
