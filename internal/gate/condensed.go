package gate

import (
	"crypto/sha256"

	"github.com/reviewgate/reviewgate/internal/policy/command"
)

// condensed is what is kept of a comment or a review.
type condensed struct {
	text  string // its lines with commands
	gives bool   // a command is among them, and not only what looks like one
}

const (
	// longBody is from how many bytes on it is remembered what is kept of a body: it
	// takes milliseconds to be read, and is read at each look at any pull request of the
	// head.
	longBody = 4 << 10
	// maxCondensed is how many of these are remembered, of 9 kB at the most. Beyond it
	// all are forgotten, and read anew.
	maxCondensed = 1024
)

// condense gives what is kept of a body.
func (c *cache) condense(body string) condensed {
	read := func() condensed {
		text := command.Condense(body)
		return condensed{text, len(command.Commanding(text)) > 0}
	}
	if len(body) < longBody {
		return read()
	}
	key := sha256.Sum256([]byte(body))
	c.mu.Lock()
	known, ok := c.bodies[key]
	c.mu.Unlock()
	if ok {
		return known
	}
	known = read()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bodies == nil || len(c.bodies) >= maxCondensed {
		c.bodies = map[[sha256.Size]byte]condensed{}
	}
	c.bodies[key] = known
	return known
}
