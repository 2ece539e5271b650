package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// HexID makes an id of hexadecimal digits, which says nothing of the number that it is of.
func HexID(id int64, digits int) string {
	sum := sha256.Sum256([]byte(strconv.FormatInt(id, 10)))
	return hex.EncodeToString(sum[:])[:digits]
}

// Conversation lists the comments of a call's pull request that reads find, oldest first, or
// newest with direction=desc.
func (c *Call) Conversation() []*fake.CommentRecord {
	var out []*fake.CommentRecord
	for _, said := range c.Pull.Conversation {
		diff := c.s.Thread(said.ID).Diff
		if kind := c.Text("comment_type"); kind != "" && (kind == "diff_comment") != diff {
			continue
		}
		if !c.s.late(said) {
			out = append(out, said)
		}
	}
	if c.Text("direction") == "desc" {
		slices.Reverse(out)
	}
	return out
}

// late reports whether a read does not find a comment, as it is new.
func (s *Server) late(said *fake.CommentRecord) bool {
	t := s.Thread(said.ID)
	if t.Hidden > 0 {
		t.Hidden--
		return true
	}
	return false
}

// Comment finds the comment that a call's path names.
func (c *Call) Comment() (*fake.CommentRecord, error) {
	id, err := c.PathNumber("id")
	if err != nil {
		return nil, err
	}
	for _, p := range c.Repo.Pulls {
		if found := p.CommentByID(id); found != nil && !c.s.late(found) {
			return found, nil
		}
	}
	return nil, Refuse(http.StatusNotFound, "404 Not Found")
}

// OwnComment is Comment for who may change it: its author, or who administrates.
func (c *Call) OwnComment() (*fake.CommentRecord, error) {
	found, err := c.Comment()
	if err == nil && found.Author != c.Who && c.s.Level(c.Repo, c.Who) < fake.Admin {
		err = Refuse(http.StatusForbidden, "403 Forbidden")
	}
	return found, err
}

// Write writes the comment that a call gives.
func (c *Call) Write() (*fake.CommentRecord, error) {
	made, err := c.Who.Comment(c.Pull, c.Text("body"), false)
	if err == nil {
		c.s.Thread(made.ID).Diff = c.Text("path") != ""
	}
	return made, err
}

// EditComment handles a call that gives a comment another text.
func EditComment(c *Call) error {
	said, err := c.OwnComment()
	if err != nil {
		return err
	}
	return c.Who.EditComment(said, c.Text("body"))
}

// DeleteComment handles a call that deletes a comment.
func DeleteComment(c *Call) error {
	said, err := c.OwnComment()
	if err == nil {
		c.Who.DeleteComment(said)
	}
	return err
}
