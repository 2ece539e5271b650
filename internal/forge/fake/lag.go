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

// remember keeps what the pull request is before it changes, while reads are
// behind.
func (p *PullRequest) remember() {
	lag, now := p.repo.forge.opts.Behaviour.Lag, p.repo.forge.clock()
	p.pasts = slices.DeleteFunc(p.pasts, func(o past) bool { return !o.until.After(now.Add(-lag)) })
	if lag > 0 {
		p.pasts = append(p.pasts, past{now, p.copied()})
	}
}

// copied is the pull request as it is, apart from later changes.
func (p *PullRequest) copied() *PullRequest {
	c := *p
	c.pasts = nil
	c.users, c.teams, c.labels = slices.Clone(p.users), slices.Clone(p.teams), slices.Clone(p.labels)
	c.assignees, c.events = slices.Clone(p.assignees), slices.Clone(p.events)
	c.reviews, c.comments = make([]*review, len(p.reviews)), make([]*comment, len(p.comments))
	for i, rv := range p.reviews {
		o := *rv
		o.pull, c.reviews[i] = &c, &o
	}
	for i, old := range p.comments {
		o := *old
		o.pull, c.comments[i] = &c, &o
	}
	return &c
}

// read is the pull request as reads show it at this moment; nil if they don't.
func (p *PullRequest) read() *PullRequest {
	if p == nil {
		return nil
	}
	lag := p.repo.forge.opts.Behaviour.Lag
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

// readPulls lists the pull requests as reads show them.
func (r *Repo) readPulls() []*PullRequest {
	out := make([]*PullRequest, len(r.pulls))
	for i, p := range r.pulls {
		out[i] = p.read()
	}
	return out
}
