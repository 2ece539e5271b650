package fake

import (
	"slices"
	"time"
)

// past is what a pull request was until a time.
type past struct {
	until time.Time
	pull  *PullRequest
}

// Remember keeps what the pull request is before it changes, while reads are
// behind; under the lock.
func (p *PullRequest) Remember() {
	lag, now := p.repo.forge.behaviour.Lag, p.repo.forge.clock()
	p.pasts = slices.DeleteFunc(p.pasts, func(o past) bool { return !o.until.After(now.Add(-lag)) })
	if lag > 0 {
		p.pasts = append(p.pasts, past{now, p.copied()})
	}
}

// copied is the pull request as it is, apart from later changes.
func (p *PullRequest) copied() *PullRequest {
	c := *p
	c.pasts = nil
	c.AskedUsers, c.AskedTeams, c.Labelled = slices.Clone(p.AskedUsers), slices.Clone(p.AskedTeams), slices.Clone(p.Labelled)
	c.Assigned, c.History = slices.Clone(p.Assigned), slices.Clone(p.History)
	c.Reviews, c.Conversation = make([]*ReviewRecord, len(p.Reviews)), make([]*CommentRecord, len(p.Conversation))
	for i, rv := range p.Reviews {
		o := *rv
		o.Pull, c.Reviews[i] = &c, &o
	}
	for i, old := range p.Conversation {
		o := *old
		o.Pull, c.Conversation[i] = &c, &o
	}
	return &c
}

// Shown is the pull request as reads show it at this moment; nil if they don't. Under the
// lock.
func (p *PullRequest) Shown() *PullRequest {
	if p == nil {
		return nil
	}
	lag := p.repo.forge.behaviour.Lag
	if lag <= 0 {
		return p
	}
	shown := p.repo.forge.clock().Add(-lag)
	for _, o := range p.pasts {
		if o.until.After(shown) {
			return o.pull
		}
	}
	return p
}

// ShownPulls lists the pull requests as reads show them; under the lock.
func (r *Repo) ShownPulls() []*PullRequest {
	out := make([]*PullRequest, len(r.Pulls))
	for i, p := range r.Pulls {
		out[i] = p.Shown()
	}
	return out
}
