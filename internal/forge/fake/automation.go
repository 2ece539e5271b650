package fake

import (
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

// dismissStale dismisses the approvals, as a branch that asks for it does: the actor
// is who pushed, and a push that changed the diff is named by its commit.
func (p *PullRequest) dismissStale(why Reason, commit plumbing.Hash, by *Account) {
	if !p.repo.forge.behaviour.DismissStale {
		return
	}
	for _, rv := range p.Reviews {
		if rv.State != Approved {
			continue
		}
		p.drop(rv, Event{By: by, Reason: why, After: commit})
	}
}

// assignMembers replaces a team that was asked by its first member who may review, as
// code review assignment does.
func (p *PullRequest) assignMembers(t *TeamRecord, by *Account) {
	if !p.repo.forge.behaviour.AssignMembers {
		return
	}
	for _, a := range p.repo.forge.MembersOf(t) {
		if a == p.Author || slices.Contains(p.AskedUsers, a) {
			continue
		}
		p.AskedTeams = slices.DeleteFunc(p.AskedTeams, func(o *TeamRecord) bool { return o == t })
		p.happen(Event{Kind: RequestRemoved, By: by, Team: t})
		p.AskedUsers = append(p.AskedUsers, a)
		p.happen(Event{Kind: ReviewRequested, By: by, Who: a})
		return
	}
}
