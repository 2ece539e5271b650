package fake

import (
	"slices"
	"time"
)

// reaction is a small picture that somebody put below a pull request, a review
// or a comment.
type reaction struct {
	id      int64
	node    string
	by      *account
	content string
	created time.Time
}

// user is who reacted, if that is a person: GitHub shows no app there.
func (r *reaction) user() any {
	if r.by.kind != "User" {
		return nil
	}
	return r.by
}

// Reaction is a reaction as somebody put it.
type Reaction struct{ By, Content string }

// Reactions lists the reactions to a review or a comment, by its id.
func (p *PullRequest) Reactions(id int64) []Reaction {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	var out []Reaction
	for _, r := range p.reactions {
		if r.node == nodeID("IC", id) || r.node == nodeID("PRR", id) {
			out = append(out, Reaction{r.by.login, r.content})
		}
	}
	return out
}

// subject finds what may be reacted to by its node id, with its pull request.
func (f *Forge) subject(node string) (*PullRequest, any) {
	for _, r := range f.repos {
		for _, p := range r.pulls {
			if nodeID("PR", p.id) == node {
				return p, p
			}
			for _, rv := range p.reviews {
				if nodeID("PRR", rv.id) == node {
					return p, rv
				}
			}
			for _, c := range p.comments {
				if nodeID("IC", c.id) == node {
					return p, c
				}
			}
		}
	}
	return nil, nil
}

func mutationFields() map[string]resolver {
	return map[string]resolver{"addReaction": addReaction, "removeReaction": removeReaction}
}

// reacting reads whose reaction to what an input names.
func reacting(q *query, a args) (p *PullRequest, subject any, in args, err error) {
	input, _ := a["input"].(map[string]any)
	in = args(input)
	p, subject = q.forge.subject(in.text("subjectId"))
	if p == nil || !q.sees(p.repo) {
		return nil, nil, in, unresolved("a node", "the global id of '"+in.text("subjectId")+"'")
	}
	if i := q.call.who.install; i != nil && !i.covers(p.repo) {
		return nil, nil, in, forbidden("Resource not accessible by integration")
	}
	return p, subject, in, q.call.granted("issues|pull_requests:write")
}

// given finds the caller's own reaction to what an input names; -1 if there is none.
func (p *PullRequest) given(q *query, in args) int {
	return slices.IndexFunc(p.reactions, func(r *reaction) bool {
		return r.node == in.text("subjectId") && r.by == q.call.who.account && r.content == in.text("content")
	})
}

// addReaction puts a reaction; once more changes nothing.
func addReaction(q *query, _ any, a args) (any, error) {
	p, subject, in, err := reacting(q, a)
	if err != nil {
		return nil, err
	}
	i := p.given(q, in)
	if i < 0 {
		i = len(p.reactions)
		p.reactions = append(p.reactions, &reaction{
			id: q.forge.nextID(), node: in.text("subjectId"), by: q.call.who.account, content: in.text("content"), created: q.forge.now(),
		})
	}
	return reactionAdded{in["clientMutationId"], p.reactions[i], subject}, nil
}

// removeReaction takes the caller's own reaction away; one that is not there is not
// found.
func removeReaction(q *query, _ any, a args) (any, error) {
	p, subject, in, err := reacting(q, a)
	if err != nil {
		return nil, err
	}
	i := p.given(q, in)
	if i < 0 {
		return nil, unresolved("a Reaction", "the content of '"+in.text("content")+"'")
	}
	gone := p.reactions[i]
	p.reactions = slices.Delete(p.reactions, i, i+1)
	return reactionAdded{in["clientMutationId"], gone, subject}, nil
}
