package fake

import (
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

// push moves a branch and tells everyone: a push event, then what it means for
// the pull requests that have the branch as head or base.
func (r *Repo) push(branch string, to plumbing.Hash, by *account) {
	from, existed := r.branches[branch]
	if from == to {
		return
	}
	r.branches[branch] = to
	r.pushed = r.forge.now()
	forced := existed && !r.objects.reach(to)[from]
	r.suiteOnPush(to)
	r.forge.emitPush(r, branch, from, to, forced, by)
	for _, p := range r.forge.openWithHead(r, branch) {
		if !r.forge.opts.Behaviour.HeadsStay {
			p.moveHead(to, forced, by)
		}
	}
	for _, p := range slices.Clone(r.pulls) {
		if p.open && p.baseBranch == branch {
			p.baseMoved(from, to, forced, by)
		}
	}
	if q := r.queues[branch]; q != nil {
		q.rebuild(by)
	}
}

// deleteBranch takes a branch away; pull requests from it or into it are
// closed.
func (r *Repo) deleteBranch(branch string, by *account) {
	from, ok := r.branches[branch]
	if !ok {
		return
	}
	delete(r.branches, branch)
	r.forge.emitPush(r, branch, from, plumbing.ZeroHash, false, by)
	for _, p := range r.forge.openWithHead(r, branch) {
		p.close(by)
	}
	for _, p := range r.pulls {
		if p.open && p.baseBranch == branch {
			p.record(event{kind: baseDeleted, actor: by, from: branch})
			p.close(by)
		}
	}
}

// DeleteBranch deletes the pull request's branch by the button on its page, which
// a merged one has: pull requests into that branch get the base that this one
// had.
func (p *PullRequest) DeleteBranch(by string) error {
	return p.as(by, "delete the branch of", func(by *account) error {
		r := p.headRepo
		if _, ok := r.branches[p.headBranch]; !ok || !p.merged() {
			return notFound()
		}
		for _, o := range r.pulls {
			if o.open && o.baseBranch == p.headBranch && r == p.repo {
				o.remember()
				if err := o.retargetBy(baseAutoChanged, p.baseBranch, by); err != nil {
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
	for _, r := range f.repos {
		for _, p := range r.pulls {
			if p.open && p.headRepo == head && p.headBranch == branch {
				out = append(out, p)
			}
		}
	}
	return out
}

// moveHead follows a push to the pull request's head branch.
func (p *PullRequest) moveHead(to plumbing.Hash, forced bool, by *account) {
	p.remember()
	p.leaveQueue(by, "GIT_TREE_INVALID")
	before, patch := p.head, p.patch()
	p.head, p.listed = to, plumbing.ZeroHash
	p.refreshBase()
	if p.repoints(before, patch, forced) {
		p.repoint(before)
	}
	p.touch()
	if forced {
		p.record(event{kind: headForcePushed, actor: by, before: before, after: to})
	}
	p.emit("synchronize", by, obj{"before": before.String(), "after": to.String()})
	if !slices.Equal(patch, p.patch()) {
		p.dismissStale("", to, by)
	}
}

// baseMoved follows a push to the pull request's base branch. As on GitHub the
// recorded base stays until the head moves or the base is changed, except when
// the base is force-pushed; a base that now holds the head merges it.
func (p *PullRequest) baseMoved(from, to plumbing.Hash, forced bool, by *account) {
	p.remember()
	if forced {
		p.refreshBase()
		p.touch()
		p.record(event{kind: baseForcePushed, actor: by, before: from, after: to})
		p.dismissStale(mergeBaseChanged, plumbing.ZeroHash, by)
		return
	}
	if p.repo.objects.reach(to)[p.head] {
		p.markMerged(to, by)
	}
}

// refreshBase takes the base branch's tip as what the files are compared with.
func (p *PullRequest) refreshBase() {
	if tip, ok := p.repo.branches[p.baseBranch]; ok {
		p.base = tip
	}
}
