package sandbox

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
	return map[string]resolver{"addReaction": addReaction}
}

// addReaction puts a reaction; once more changes nothing.
func addReaction(q *query, _ any, a args) (any, error) {
	input, _ := a["input"].(map[string]any)
	in := args(input)
	p, subject := q.forge.subject(in.text("subjectId"))
	if p == nil || !q.sees(p.repo) {
		return nil, unresolved("a node", "the global id of '"+in.text("subjectId")+"'")
	}
	if i := q.call.who.install; i != nil && !i.covers(p.repo) {
		return nil, forbidden("Resource not accessible by integration")
	}
	if err := q.call.granted("issues|pull_requests:write"); err != nil {
		return nil, err
	}
	by := q.call.who.account
	i := slices.IndexFunc(p.reactions, func(r *reaction) bool {
		return r.node == in.text("subjectId") && r.by == by && r.content == in.text("content")
	})
	if i < 0 {
		i = len(p.reactions)
		p.reactions = append(p.reactions, &reaction{
			id: q.forge.nextID(), node: in.text("subjectId"), by: by, content: in.text("content"), created: q.forge.now(),
		})
	}
	return reactionAdded{in["clientMutationId"], p.reactions[i], subject}, nil
}
