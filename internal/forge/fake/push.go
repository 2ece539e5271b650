package fake

import (
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

// push moves a branch and tells everyone: a push event, then what it means for
// the pull requests that have the branch as head or base.
func (r *Repo) push(branch string, to plumbing.Hash, by *Account) {
	from, existed := r.Branches[branch]
	if from == to {
		return
	}
	r.Branches[branch] = to
	r.Pushed = r.forge.Now()
	forced := existed && !r.Objects.Reach(to)[from]
	r.tell(Event{Kind: Pushed, By: by, Branch: branch, Before: from, After: to, Forced: forced})
	for _, p := range r.forge.openWithHead(r, branch) {
		if !r.forge.behaviour.HeadsStay {
			p.moveHead(to, forced, by)
		}
	}
	for _, p := range slices.Clone(r.Pulls) {
		if p.IsOpen && p.BaseBranch == branch {
			p.baseMoved(from, to, forced, by)
		}
	}
	if q := r.Queues[branch]; q != nil {
		q.rebuild(by)
	}
}

// deleteBranch takes a branch away; pull requests from it or into it are
// closed.
func (r *Repo) deleteBranch(branch string, by *Account) {
	from, ok := r.Branches[branch]
	if !ok {
		return
	}
	delete(r.Branches, branch)
	r.tell(Event{Kind: Pushed, By: by, Branch: branch, Before: from})
	for _, p := range r.forge.openWithHead(r, branch) {
		by.Close(p)
	}
	for _, p := range r.Pulls {
		if p.IsOpen && p.BaseBranch == branch {
			p.record(Event{Kind: BaseDeleted, By: by, From: branch})
			by.Close(p)
		}
	}
}

// DeleteBranch deletes the pull request's branch by the button on its page, which
// a merged one has: pull requests into that branch get the base that this one
// had.
func (p *PullRequest) DeleteBranch(by string) error {
	return p.as(by, "delete the branch of", func(by *Account) error {
		r := p.HeadRepo
		if _, ok := r.Branches[p.headBranch]; !ok || !p.IsMerged() {
			return refuse(NotFound, "")
		}
		for _, o := range r.Pulls {
			if o.IsOpen && o.BaseBranch == p.headBranch && r == p.repo {
				o.Remember()
				if err := o.retarget(BaseMovedOn, p.BaseBranch, by); err != nil {
					return err
				}
			}
		}
		r.deleteBranch(p.headBranch, by)
		return nil
	})
}

// openWithHead lists the open pull requests, of any repository, whose head is
// a branch of the repository.
func (f *Forge) openWithHead(head *Repo, branch string) []*PullRequest {
	var out []*PullRequest
	for _, r := range f.Repos {
		for _, p := range r.Pulls {
			if p.IsOpen && p.HeadRepo == head && p.headBranch == branch {
				out = append(out, p)
			}
		}
	}
	return out
}

// moveHead follows a push to the pull request's head branch.
func (p *PullRequest) moveHead(to plumbing.Hash, forced bool, by *Account) {
	p.Remember()
	p.leaveQueue(by, HeadChanged)
	before, patch := p.HeadID, p.patch()
	p.HeadID, p.listed = to, plumbing.ZeroHash
	p.refreshBase()
	if p.repoints(before, patch, forced) {
		p.repoint(before)
	}
	p.Touch()
	if forced {
		p.record(Event{Kind: HeadForcePushed, By: by, Before: before, After: to})
	}
	p.tell(Event{Kind: HeadMoved, By: by, Before: before, After: to})
	if !slices.Equal(patch, p.patch()) {
		p.dismissStale("", to, by)
	}
}

// baseMoved follows a push to the pull request's base branch. As on forges the
// recorded base stays until the head moves or the base is changed, except when
// the base is force-pushed; a base that now holds the head merges it.
func (p *PullRequest) baseMoved(from, to plumbing.Hash, forced bool, by *Account) {
	p.Remember()
	if forced {
		p.refreshBase()
		p.Touch()
		p.record(Event{Kind: BaseForcePushed, By: by, Before: from, After: to})
		p.dismissStale(MergeBaseMoved, plumbing.ZeroHash, by)
		return
	}
	if p.repo.Objects.Reach(to)[p.HeadID] {
		p.markMerged(to, by)
	}
}

// refreshBase takes the base branch's tip as what the files are compared with.
func (p *PullRequest) refreshBase() {
	if tip, ok := p.repo.Branches[p.BaseBranch]; ok {
		p.BaseID = tip
	}
}
