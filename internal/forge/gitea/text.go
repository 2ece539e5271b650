package gitea

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy/command"
)

// maxText is how many bytes of one text of an answer are read. A server bounds none, anybody
// may write some, and lists have them whole. A page of as long ones is less than an answer may
// have; the comment that we write is shorter even where each letter of it is escaped.
const maxText = maxAnswer / 64

// What a text ends in of which the rest was left out: escaped, and as it is read.
const (
	cutEscaped = `\u0000cut`
	cutMark    = "\x00cut"
)

// cutter passes JSON on with each of its texts as far as it is read, and of spaces between them
// one: who decodes JSON looks at all that follow each other again with each part that comes.
type cutter struct {
	in       io.Reader
	err      error // of in
	buf, out []byte
	inText   bool
	space    bool // one was passed on last
	size     int  // of the text so far
	cut      bool // the rest of it is left out
	escape   int  // bytes that still belong to an escape; -1 where the next one tells
}

func newCutter(in io.Reader) *cutter { return &cutter{in: in, buf: make([]byte, 32<<10)} }

// Read implements io.Reader.
func (c *cutter) Read(p []byte) (int, error) {
	for len(c.out) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		var n int
		n, c.err = c.in.Read(c.buf)
		c.out = c.buf[:0:0]
		for _, b := range c.buf[:n] {
			c.pass(b)
		}
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}

// pass passes a byte on, or leaves it out. No escape is cut.
func (c *cutter) pass(b byte) {
	c.size++
	again := c.space
	c.space = !c.inText && (b == ' ' || b == '\t' || b == '\n' || b == '\r')
	switch {
	case c.space && again:
		return
	case !c.inText:
		c.inText, c.size = b == '"', 0
	case c.escape != 0:
		c.escape = escapeAfter(c.escape, b)
	case b == '"' && c.cut:
		c.out = append(c.out, cutEscaped...)
		c.inText, c.cut = false, false
	case b == '"':
		c.inText = false
	default:
		c.cut = c.cut || c.size > maxText
		if b == '\\' {
			c.escape = -1
		}
	}
	if !c.cut {
		c.out = append(c.out, b)
	}
}

// escapeAfter returns how many bytes of an escape are left after one of it.
func escapeAfter(left int, b byte) int {
	switch {
	case left > 0:
		return left - 1
	case b == 'u':
		return len("ffff")
	}
	return 0
}

// commands is what people wrote, of which the lines with commands are kept.
type commands string

// UnmarshalJSON implements json.Unmarshaler.
func (c *commands) UnmarshalJSON(data []byte) error {
	var text string
	err := json.Unmarshal(data, &text)
	*c = commands(commandsOf(text))
	return err
}

// commandsOf returns the lines with commands of what somebody wrote.
func commandsOf(text string) string {
	if begin, cut := strings.CutSuffix(text, cutMark); cut {
		return command.CondenseBeginning(begin)
	}
	return command.Condense(text)
}
