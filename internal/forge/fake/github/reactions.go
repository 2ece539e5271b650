package github

import (
	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// reactor is who reacted, if that is a person: GitHub shows no app there.
func reactor(r *fake.ReactionRecord) any {
	if r.By.Kind != fake.Person {
		return nil
	}
	return r.By
}

// target is what somebody reacts to.
type target struct {
	pull *fake.PullRequest
	id   int64
	node any // *fake.PullRequest, *fake.ReviewRecord or *fake.CommentRecord
}

// subject finds what may be reacted to by its node id.
func (s *Server) subject(node string) (target, bool) {
	for _, r := range s.Repos {
		for _, p := range r.Pulls {
			if nodeID("PR", p.ID) == node {
				return target{p, p.ID, p}, true
			}
			for _, rv := range p.Reviews {
				if nodeID("PRR", rv.ID) == node {
					return target{p, rv.ID, rv}, true
				}
			}
			for _, c := range p.Conversation {
				if nodeID("IC", c.ID) == node {
					return target{p, c.ID, c}, true
				}
			}
		}
	}
	return target{}, false
}

func mutationFields() map[string]resolver {
	return map[string]resolver{"addReaction": addReaction, "removeReaction": removeReaction}
}

// reacting reads whose reaction to what an input names.
func reacting(q *query, a args) (to target, in args, err error) {
	input, _ := a["input"].(map[string]any)
	in = args(input)
	to, ok := q.server.subject(in.text("subjectId"))
	if !ok || !q.sees(to.pull.Repo()) {
		return to, in, unresolved("a node", "the global id of '"+in.text("subjectId")+"'")
	}
	if i := q.call.who.install; i != nil && !i.covers(to.pull.Repo()) {
		return to, in, forbidden("Resource not accessible by integration")
	}
	return to, in, q.call.granted("issues|pull_requests:write")
}

// addReaction puts a reaction; once more changes nothing.
func addReaction(q *query, _ any, a args) (any, error) {
	to, in, err := reacting(q, a)
	if err != nil {
		return nil, err
	}
	emoji, _ := reactionContents().hear(in.text("content"))
	return reactionAdded{in["clientMutationId"], q.call.who.account.React(to.pull, to.id, emoji), to.node}, nil
}

// removeReaction takes the caller's own reaction away; one that is not there is not
// found.
func removeReaction(q *query, _ any, a args) (any, error) {
	to, in, err := reacting(q, a)
	if err != nil {
		return nil, err
	}
	emoji, _ := reactionContents().hear(in.text("content"))
	gone := q.call.who.account.Unreact(to.pull, to.id, emoji)
	if gone == nil {
		return nil, unresolved("a Reaction", "the content of '"+in.text("content")+"'")
	}
	return reactionAdded{in["clientMutationId"], gone, to.node}, nil
}

func reactedFields() map[string]resolver {
	return map[string]resolver{
		"clientMutationId": get(func(r reactionAdded) any { return r.mutation }),
		"reaction":         get(func(r reactionAdded) any { return r.reaction }),
		"subject":          get(func(r reactionAdded) any { return r.subject }),
	}
}

func reactionFields() map[string]resolver {
	return map[string]resolver{
		"id":         get(func(r *fake.ReactionRecord) any { return nodeID("REA", r.ID) }),
		"databaseId": get(func(r *fake.ReactionRecord) any { return r.ID }),
		"content":    get(func(r *fake.ReactionRecord) any { return reactionContents().say(r.Content) }),
		"createdAt":  get(func(r *fake.ReactionRecord) any { return stamp(r.Created) }),
		"user":       get(reactor),
	}
}
