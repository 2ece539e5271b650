package publish

import (
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// Help lists the commands that somebody can write on a pull request, and who may. spoken
// tells that the policy takes approvals by comments.
func (w *Messages) Help(v policy.Verdict, spoken, holds bool) string {
	s := w.in(v.Language)
	return s.text("help", data{"Names": s.oneOf(v.Overriders), "Approve": spoken, "Holds": holds}).Markdown()
}

// Answer says words in answer to a line that somebody wrote, and quotes it.
func (w *Messages) Answer(who, line, words string) string {
	return "> " + join([]Sentence{word(line), word(who)}, " — ").Markdown() + "\n\n" + strings.TrimSpace(words)
}

// Cut ends Markdown that is longer than so many bytes, and the code that it ends in: what
// stands in code must not mention anybody for want of its end.
func Cut(words string, most int) string {
	if len(words) <= most {
		return words
	}
	room := most - len(openCode(words[:most]))
	words = strings.TrimRight(strings.ToValidUTF8(words[:room], ""), "`")
	return words + openCode(words) + " …"
}

// openCode is the fence of the code span that a text ends in; empty if it ends in none.
func openCode(text string) string {
	for {
		i := strings.IndexByte(text, '`')
		if i < 0 {
			return ""
		}
		escaped := (i-len(strings.TrimRight(text[:i], `\`)))%2 == 1
		n := len(text[i:]) - len(strings.TrimLeft(text[i:], "`"))
		fence := text[i : i+n]
		if text = text[i+n:]; escaped {
			continue // each is: names are written so
		}
		end := endOfCode(text, n)
		if end < 0 {
			return fence
		}
		text = text[end:]
	}
}

// endOfCode is where a code span ends that a fence of so many backquotes began; negative
// if it does not.
func endOfCode(text string, fence int) int {
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '`')
		if i < 0 {
			return -1
		}
		run := text[at+i:]
		n := len(run) - len(strings.TrimLeft(run, "`"))
		if at += i + n; n == fence {
			return at
		}
	}
}
