package command

import (
	"crypto/sha256"

	"github.com/reviewgate/reviewgate/internal/turns"
)

const (
	// longBody is from how many bytes on it is remembered what is kept of a body: it
	// takes milliseconds to be read, and is read at each look at any pull request of the
	// head.
	longBody = 4 << 10
	// maxCondensed is how many of these are remembered, of 9 kB at the most.
	maxCondensed = 1024
)

// Condensed is what is kept of a comment or a review.
type Condensed struct {
	Text  string // its lines with commands
	Gives bool   // a command is among them, and not only what looks like one
}

// Condenser condenses bodies, and remembers what is left of long ones. It is safe for
// concurrent use.
type Condenser struct {
	long turns.Kept[[sha256.Size]byte, Condensed]
}

// NewCondenser makes a condenser.
func NewCondenser() *Condenser {
	return &Condenser{long: turns.Kept[[sha256.Size]byte, Condensed]{Most: maxCondensed}}
}

// Condense returns what is kept of a body; see Condense.
func (c *Condenser) Condense(body string) Condensed {
	read := func() Condensed {
		text := Condense(body)
		return Condensed{text, len(Commanding(text)) > 0}
	}
	if len(body) < longBody {
		return read()
	}
	key := sha256.Sum256([]byte(body))
	known, ok := c.long.Get(key)
	if !ok {
		known = read()
		c.long.Keep(key, known)
	}
	return known
}
