package publish

import (
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Kind is what a part of a sentence is.
type Kind int

// The kinds of parts.
const (
	Text     Kind = iota // words of ours
	Code                 // a login, a path, a commit, a command
	Name                 // a name that somebody gave, such as a subsystem's
	Quote                // free text of somebody's
	Contact              // free text in which web addresses are links
	Emphasis             // words of ours that stand out
)

// Part is a piece of a sentence: what it says, apart from how it is written.
type Part struct {
	Kind Kind
	Text string
	URL  string // where it leads; empty: nowhere
}

// Sentence is what is said. What people named or wrote is data: each writer escapes it in
// its own way, and none lets it mention anybody.
type Sentence []Part

// Markdown writes a sentence for a forge.
func (s Sentence) Markdown() string {
	var b strings.Builder
	for _, p := range s {
		b.WriteString(p.markdown())
	}
	return b.String()
}

func (p Part) markdown() string {
	var text string
	switch p.Kind {
	case Text:
		text = p.Text
	case Code:
		text = code(p.Text)
	case Name, Quote:
		text = plain(p.Text)
	case Contact:
		text = contact(p.Text)
	case Emphasis:
		text = "**" + p.Text + "**"
	}
	if p.URL != "" && text != "" {
		return "[" + text + "](" + p.URL + ")"
	}
	return text
}

// Plain writes a sentence as one line for a terminal or a title. Free text is in quotes,
// and so is what would be read as several words.
func (s Sentence) Plain() string {
	var b strings.Builder
	for _, p := range s {
		switch p.Kind {
		case Quote:
			b.WriteString(quoted(p.Text))
		case Code:
			if strings.ContainsFunc(p.Text, odd) {
				b.WriteString(quoted(p.Text))
				continue
			}
			b.WriteString(p.Text)
		case Text, Name, Contact, Emphasis:
			b.WriteString(oneLine(p.Text))
		}
	}
	return b.String()
}

// odd reports whether a character would not be seen as what it is.
func odd(c rune) bool { return !unicode.IsPrint(c) || c == '"' || c == unicode.ReplacementChar }

// quoted puts text in quotes; what can't be printed is shown by its number.
func quoted(s string) string {
	if s == "" {
		return ""
	}
	return strconv.Quote(s)
}

// HTML writes a sentence for a page.
func (s Sentence) HTML() string {
	var b strings.Builder
	for _, p := range s {
		text := html.EscapeString(oneLine(p.Text))
		switch p.Kind {
		case Code:
			text = "<code>" + text + "</code>"
		case Emphasis:
			text = "<strong>" + text + "</strong>"
		case Contact:
			text = linked(p.Text)
		case Text, Name, Quote:
		}
		if p.URL != "" && p.Text != "" {
			text = `<a href="` + html.EscapeString(p.URL) + `">` + text + "</a>"
		}
		b.WriteString(text)
	}
	return b.String()
}

// linked is text for a page in which web addresses are links.
func linked(s string) string {
	words := strings.Fields(oneLine(s))
	for i, w := range words {
		words[i] = html.EscapeString(w)
		if isAddress(w) {
			words[i] = `<a href="` + words[i] + `" rel="nofollow noopener">` + words[i] + "</a>"
		}
	}
	return strings.Join(words, " ")
}

// isAddress reports whether a word is a web address and nothing else.
func isAddress(w string) bool {
	if !strings.HasPrefix(w, "https://") && !strings.HasPrefix(w, "http://") || strings.ContainsAny(w, "<>\"'`()[]@") ||
		strings.ContainsFunc(w, unseen) {
		return false
	}
	u, err := url.Parse(w)
	return err == nil && u.Host != ""
}

// Parts of a sentence.
func text(s string) Sentence { return Sentence{{Kind: Text, Text: s}} }
func word(s string) Sentence { return Sentence{{Kind: Code, Text: s}} }
func name(s string) Sentence { return Sentence{{Kind: Name, Text: s}} }

func address(s string) Sentence { return Sentence{{Kind: Contact, Text: s}} }

// join puts sentences one after the other, with what divides them; empty ones are left out.
func join(list []Sentence, between string) Sentence {
	var out Sentence
	for _, s := range list {
		if s.empty() {
			continue
		}
		if len(out) > 0 {
			out = append(out, Part{Kind: Text, Text: between})
		}
		out = append(out, s...)
	}
	return out
}

func (s Sentence) empty() bool {
	return !slices.ContainsFunc(s, func(p Part) bool { return p.Text != "" })
}

// A message is filled in with marks in place of parts, so that a template can order them
// as a language wants and none of it is taken for its own text.
const (
	markBegin = '\x01'
	markEnd   = '\x02'
)

// filling holds the parts that a message is filled in with.
type filling []Sentence

// mark keeps a sentence and returns what stands for it; nothing for nothing, so that a
// template can ask whether it is there.
func (f *filling) mark(s Sentence) string {
	if s.empty() {
		return ""
	}
	*f = append(*f, s)
	return string(markBegin) + strconv.Itoa(len(*f)-1) + string(markEnd)
}

// parse reads a filled-in message: what is between backquotes is code, what is between
// two stars stands out.
func (f filling) parse(message string) Sentence {
	var out Sentence
	kind := Text
	var run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			out = append(out, Part{Kind: kind, Text: run.String()})
			run.Reset()
		}
	}
	toggle := func(k Kind) {
		flush()
		if kind == k {
			kind = Text
		} else {
			kind = k
		}
	}
	for rest := message; rest != ""; {
		switch {
		case rest[0] == '`':
			toggle(Code)
			rest = rest[1:]
		case strings.HasPrefix(rest, "**") && kind != Code:
			toggle(Emphasis)
			rest = rest[2:]
		case rest[0] == markBegin:
			number, after, _ := strings.Cut(rest[1:], string(markEnd))
			i, err := strconv.Atoi(number)
			if rest = after; err != nil || i >= len(f) {
				continue // unreachable: only mark writes such
			}
			if kind == Code {
				for _, p := range f[i] {
					run.WriteString(p.Text)
				}
				continue
			}
			flush()
			out = append(out, f[i]...)
		default:
			end := strings.IndexAny(rest[1:], "`*"+string(markBegin)) + 1
			if end == 0 {
				end = len(rest)
			}
			run.WriteString(rest[:end])
			rest = rest[end:]
		}
	}
	flush()
	return out
}
