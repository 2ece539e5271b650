package publish

import (
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// Help lists the commands that somebody can write on a pull request, and who may. spoken
// tells that the policy takes approvals by comments.
func (w *Words) Help(v policy.Verdict, spoken bool) string {
	s := w.in(v.Language)
	return s.say("help", data{"Names": s.anyOf(s.each(v.Overriders, mostPeople, word)), "Approve": spoken}).Markdown()
}

// Answer says words in answer to a line that somebody wrote, and quotes it.
func (w *Words) Answer(who, line, words string) string {
	return "> " + join([]Sentence{word(line), word(who)}, " — ").Markdown() + "\n\n" + strings.TrimSpace(words)
}
