package publish

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Names of people, branches and files are data. What follows writes them into
// Markdown so that they are neither markup nor a mention: forges look for
// mentions outside code only.

// code returns a code span. Control characters, which git allows in paths, are
// shown as ?, what is not seen by its number; a backquote inside makes the fence longer.
func code(s string) string {
	if s == "" {
		return ""
	}
	s = oneLine(s)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// plain returns text that shows as it is written. An @ is divided from what
// follows by an empty comment, so that it mentions nobody.
func plain(s string) string {
	var b strings.Builder
	for _, c := range oneLine(s) {
		switch {
		case c == '@':
			b.WriteString("@<!-- -->")
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_[]#!|~$", c):
			b.WriteByte('\\')
			b.WriteRune(c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// contact is plain text in which web addresses stay links.
func contact(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if isAddress(w) {
			words[i] = "<" + w + ">"
			continue
		}
		words[i] = plain(w)
	}
	return strings.Join(words, " ")
}

// cell makes text fit a table's cell.
func cell(s string) string {
	if strings.Contains(s, "`") { // a bar divides cells even in a code span
		s = strings.ReplaceAll(strings.ReplaceAll(s, `\|`, "|"), "|", `\|`)
	}
	return s
}

// OneLine is text of somebody's as it may be shown: what would end a line is replaced, and what
// would hide text is shown by its number. It is not escaped.
func OneLine(s string) string { return oneLine(s) }

// oneLine replaces what would end a line, and shows what would hide text by its number.
func oneLine(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' {
			return '?'
		}
		return c
	}, strings.ToValidUTF8(s, "?"))
	if !strings.ContainsFunc(s, unseen) {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		if unseen(c) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(c), "'"))
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// unseen reports whether a character is not seen, or turns what is around it: of those that
// only format, all but the two that join letters, which scripts and emojis are written with.
func unseen(c rune) bool { return unicode.Is(unicode.Cf, c) && c != '\u200c' && c != '\u200d' }

// day is a day for people; empty for none.
func day(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02")
}

// clip shortens text to a number of characters.
func clip(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return strings.TrimSpace(string(runes[:most-1])) + "…"
}

// basic replaces what some forges refuse in the description of a status: characters
// above U+FFFF ("description doesn't accept 4-byte Unicode").
func basic(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
