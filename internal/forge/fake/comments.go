package fake

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// CommentRecord is a comment in a pull request's conversation.
type CommentRecord struct {
	Pull    *PullRequest
	ID      int64
	Author  *Account
	ByApp   bool // written with an app's token
	Body    string
	Created time.Time
	Edited  time.Time
	Editor  *Account
}

// Comment writes a comment and gives its id.
func (p *PullRequest) Comment(by, body string) (id int64, err error) {
	err = p.as(by, "comment on", func(by *Account) error {
		c, err := by.Comment(p, body, false)
		if err == nil {
			id = c.ID
		}
		return err
	})
	return id, err
}

func (f *Forge) checkComment(body string) error {
	switch most := f.customs.MaxComment; {
	case strings.TrimSpace(body) == "":
		return refuse(EmptyComment, "")
	case most > 0 && utf8.RuneCountInString(body) > most:
		return refuse(LongComment, fmt.Sprintf("Body is too long (maximum is %d characters)", most))
	}
	return nil
}

// Comment writes a comment, maybe with an app's token; under the lock.
func (by *Account) Comment(p *PullRequest, body string, byApp bool) (*CommentRecord, error) {
	if err := p.repo.forge.checkComment(body); err != nil {
		return nil, err
	}
	c := &CommentRecord{
		Pull: p, ID: p.repo.forge.NextID(), Author: by, ByApp: byApp, Body: body, Created: p.repo.forge.Now(),
	}
	p.Conversation = append(p.Conversation, c)
	p.Touch()
	p.tell(Event{Kind: CommentCreated, By: by, Comment: c})
	return c, nil
}

// EditComment changes a comment's body; under the lock.
func (by *Account) EditComment(c *CommentRecord, body string) error {
	if err := c.Pull.repo.forge.checkComment(body); err != nil {
		return err
	}
	was := c.Body
	c.Body, c.Edited, c.Editor = body, c.Pull.repo.forge.Now(), by
	c.Pull.Touch()
	c.Pull.tell(Event{Kind: CommentEdited, By: by, Comment: c, Body: &was})
	return nil
}

// DeleteComment deletes a comment; under the lock.
func (by *Account) DeleteComment(c *CommentRecord) {
	p := c.Pull
	p.Conversation = slices.DeleteFunc(p.Conversation, func(o *CommentRecord) bool { return o == c })
	p.Touch()
	p.happen(Event{Kind: CommentDeleted, By: by, Who: c.Author, Comment: c})
}

// Updated is when the comment was written or edited last.
func (c *CommentRecord) Updated() time.Time {
	if c.Edited.IsZero() {
		return c.Created
	}
	return c.Edited
}

// EditComment changes a comment's body.
func (p *PullRequest) EditComment(by string, id int64, body string) error {
	return p.as(by, "edit comment of", func(by *Account) error {
		c := p.CommentByID(id)
		if c == nil {
			return refuse(NotFound, "")
		}
		return by.EditComment(c, body)
	})
}

// DeleteComment deletes a comment.
func (p *PullRequest) DeleteComment(by string, id int64) error {
	return p.as(by, "delete comment of", func(by *Account) error {
		c := p.CommentByID(id)
		if c == nil {
			return refuse(NotFound, "")
		}
		by.DeleteComment(c)
		return nil
	})
}

// CommentByID finds a comment, or returns nil; under the lock.
func (p *PullRequest) CommentByID(id int64) *CommentRecord {
	i := slices.IndexFunc(p.Conversation, func(c *CommentRecord) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return p.Conversation[i]
}
