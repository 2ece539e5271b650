package publish

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// Member is a pull request of a merge group, and what is said of it there.
type Member struct {
	Number  int
	Verdict policy.Verdict
}

// GroupCheck returns the check that shows the verdicts of a merge group's members, of
// which there is one at the least: the worst one's outcome, whose it is, and why.
func (w *Messages) GroupCheck(head string, members []Member) Check {
	order := []policy.Outcome{policy.Error, policy.Failure, policy.Pending, policy.Success}
	worst := slices.MinFunc(members, func(a, b Member) int {
		return slices.Index(order, a.Verdict.Outcome) - slices.Index(order, b.Verdict.Outcome)
	})
	v := worst.Verdict
	c := Check{Head: head, Name: v.Check, Outcome: v.Outcome, Title: w.memberTitle(worst)}
	if v.Outcome == policy.Success && len(members) > 1 {
		s := w.in(v.Language)
		c.Title = clip(s.onOneLine(s.text("title.group_open", data{"Count": len(members), "Text": name(c.Title)})), w.limits.Title)
	}
	p := &page{s: w.in(v.Language)}
	for _, m := range members {
		p.line("- " + plain(w.memberTitle(m)))
	}
	p.line("")
	for text := range strings.Lines(w.Summary(v)) {
		p.line(strings.TrimSuffix(text, "\n"))
	}
	c.Summary = p.cut(w.limits.Summary)
	return withDigest(c)
}

// memberTitle says a member's verdict in one line.
func (w *Messages) memberTitle(m Member) string {
	s := w.in(m.Verdict.Language)
	said := w.Title(m.Verdict)
	for _, n := range m.Verdict.Reasons {
		if len(m.Verdict.Faults) == 0 && slices.Contains(groupNotes(), n.Code) {
			reason := s.text("title."+string(n.Code), data{"Path": name(n.Path), "Text": name(n.Text)})
			if n.Code == policy.NoteSibling {
				reason = s.text("title.sibling_of_group", data{"Text": name(n.Text)})
			}
			if m.Verdict.Outcome != m.Verdict.Unwarned {
				reason = s.text("title.warning", data{"Text": reason})
			}
			said = s.onOneLine(reason)
			break
		}
	}
	if m.Number != 0 {
		said = fmt.Sprintf("#%d: %s", m.Number, said)
	}
	return clip(oneLine(said), w.limits.Title)
}

// groupNotes are the reasons that only a group has. They say more than how much of a
// pull request is reviewed.
func groupNotes() []policy.Code {
	return []policy.Code{policy.NoteNotQueued, policy.NoteNotInGroup, policy.NoteRenamedAhead, policy.NoteOtherContent,
		policy.NoteCrossed, policy.NoteMemberUnread, policy.NoteGroupUnread, policy.NoteNoChain, policy.NoteSibling}
}
