package terminal

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// How lines of a log become commands of GitHub's runner (docs.github.com, "Workflow
// commands for GitHub Actions"; actions/runner, ActionCommand.cs): "::" at the start of
// a line, after blanks, and in its older form "##[" anywhere in one.
const (
	command    = "::"
	oldCommand = "##["
)

// Writer lets only text through that a terminal or a log shows and does not obey. It
// writes characters that are not printable, other than line breaks and TABs, as \u and
// four hexadecimal digits, as JSON does, so that what is JSON stays the same value; a
// byte that is no UTF-8 as \x and two. It writes whole lines. It is safe for concurrent
// use.
type Writer struct {
	mu   sync.Mutex
	w    io.Writer
	line []byte // the last one, which has no end yet
}

// NewWriter makes a Writer to another one. Flush it after use.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.line = append(w.line, p...)
	end := bytes.LastIndexByte(w.line, '\n') + 1
	if end == 0 {
		return len(p), nil
	}
	whole := string(w.line[:end])
	w.line = append(w.line[:0], w.line[end:]...)
	return len(p), w.write(whole)
}

// Flush writes the last line, if it has no end.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := string(w.line)
	w.line = nil
	if last == "" {
		return nil
	}
	return w.write(last)
}

func (w *Writer) write(lines string) error {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		disarm(&b, line)
	}
	_, err := io.WriteString(w.w, b.String())
	return err
}

// disarm writes one line so that it is shown and not obeyed.
func disarm(b *strings.Builder, line string) {
	text := strings.TrimLeft(line, " \t")
	b.WriteString(line[:len(line)-len(text)])
	if rest, ok := strings.CutPrefix(text, command); ok {
		b.WriteString(`\u003a:`)
		text = rest
	}
	text = strings.ReplaceAll(text, oldCommand, `#\u0023[`)
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(b, `\x%02x`, text[0])
		case r == '\n', r == '\t', strconv.IsPrint(r):
			b.WriteString(text[:n])
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(b, `\u%04x`, r)
		}
		text = text[n:]
	}
}

// annotated are what has a meaning within the values of a command, and how it is written.
var annotated = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")

// Annotate writes the command by which GitHub's runner shows a text at a line of a file, as
// "error", "warning" or "notice"; line 0 is the file as a whole, and no file the run. It is the
// one way past a Writer.
func Annotate(w io.Writer, level, file string, line int, text string) {
	if safe, ok := w.(*Writer); ok {
		_ = safe.Flush() // what the writer does not take it tells the next time
		safe.mu.Lock()
		defer safe.mu.Unlock()
		w = safe.w
	}
	var at, shown strings.Builder
	if file != "" {
		fmt.Fprintf(&at, " file=%s", annotated.Replace(file))
	}
	if file != "" && line > 0 {
		fmt.Fprintf(&at, ",line=%d", line)
	}
	disarm(&shown, text)
	fmt.Fprintf(w, "::%s%s::%s\n", level, at.String(), annotated.Replace(shown.String()))
}
