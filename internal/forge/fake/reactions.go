package fake

import (
	"slices"
	"time"
)

// ReactionRecord is a small picture that somebody put below a pull request, a review
// or a comment.
type ReactionRecord struct {
	ID      int64
	subject int64 // a pull request's, review's or comment's id
	By      *Account
	Content string // an emoji
	Created time.Time
}

// Reaction is a reaction as somebody put it.
type Reaction struct{ By, Content string }

// Reactions lists the reactions to a review or a comment, by its id.
func (p *PullRequest) Reactions(id int64) []Reaction {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	var out []Reaction
	for _, r := range p.reacted {
		if r.subject == id {
			out = append(out, Reaction{r.By.Login, r.Content})
		}
	}
	return out
}

// React has an account put an emoji below the pull request, a review or a comment of it,
// by its id; once more changes nothing. Under the lock.
func (by *Account) React(p *PullRequest, subject int64, content string) *ReactionRecord {
	if i := p.reaction(by, subject, content); i >= 0 {
		return p.reacted[i]
	}
	r := &ReactionRecord{ID: p.repo.forge.NextID(), subject: subject, By: by, Content: content, Created: p.repo.forge.Now()}
	p.reacted = append(p.reacted, r)
	return r
}

// Unreact takes the account's emoji away; nil if there is none. Under the lock.
func (by *Account) Unreact(p *PullRequest, subject int64, content string) *ReactionRecord {
	i := p.reaction(by, subject, content)
	if i < 0 {
		return nil
	}
	gone := p.reacted[i]
	p.reacted = slices.Delete(p.reacted, i, i+1)
	return gone
}

func (p *PullRequest) reaction(by *Account, subject int64, content string) int {
	return slices.IndexFunc(p.reacted, func(r *ReactionRecord) bool { return r.subject == subject && r.By == by && r.Content == content })
}
