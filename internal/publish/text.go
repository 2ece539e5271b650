package publish

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// Text says a verdict and what is to be done about it, in plain text for a terminal.
func (w *Messages) Text(v policy.Verdict, p Plan) string {
	var b strings.Builder
	if v.Outcome == policy.Error {
		terminal.Fprintf(&b, "%s\n", w.Title(v)) // begins with the outcome
	} else {
		terminal.Fprintf(&b, "%s: %s\n", v.Outcome, w.Title(v))
	}
	for _, f := range v.Faults {
		terminal.Fprintf(&b, "  %s\n", f)
	}
	for _, s := range v.Subsystems {
		ratio := figures(v, &s)
		terminal.Fprintf(&b, "  %-24s %d/%d", s.Name, ratio.Reviewed, ratio.Counted)
		if s.Floor.Set() {
			terminal.Fprintf(&b, " (own %d/%d, floor %s)", s.Own.Reviewed, s.Own.Counted, s.Floor)
		}
		if s.Missing > 0 {
			terminal.Fprintf(&b, "  can approve: %s", w.in(v.Language).candidates(&s).Plain())
		}
		if s.Contact != "" {
			terminal.Fprintf(&b, "  contact: %s", s.Contact)
		}
		b.WriteByte('\n')
	}
	for _, f := range v.Files {
		w.describeFile(&b, f, v.Language)
	}
	for _, r := range v.Reviews {
		terminal.Fprintf(&b, "review: %s by %s at %.12s counts for %s", r.State, cmp.Or(r.Who, "an account that is gone"), r.Commit,
			count(r.Files, "file"))
		if r.Why != "" {
			terminal.Fprintf(&b, "; %s", w.Note(v.Language, r.Note()).Plain())
		}
		b.WriteByte('\n')
	}
	for _, a := range v.Asked {
		when := "asked"
		if slices.Contains(p.Ask, a.Who) {
			when = "to be asked"
		}
		terminal.Fprintf(&b, "%s: %s\n", when, w.Asked(v.Language, a).Plain())
	}
	for _, n := range v.Reasons {
		terminal.Fprintf(&b, "reason: %s\n", w.Note(v.Language, n).Plain())
	}
	for _, n := range v.Warnings {
		terminal.Fprintf(&b, "warning: %s\n", w.Note(v.Language, n).Plain())
	}
	b.WriteString(p.Text())
	return b.String()
}

// describeFile says what is decided of one file.
func (w *Messages) describeFile(b *strings.Builder, f policy.FileVerdict, language string) {
	terminal.Fprintf(b, "  %-10s %q", f.State, terminal.Safe(f.Path))
	if f.OldPath != "" {
		terminal.Fprintf(b, " (was %q)", terminal.Safe(f.OldPath))
	}
	if len(f.Subsystems) > 0 {
		terminal.Fprintf(b, " [%s]", f.Subsystems)
	}
	if len(f.ApprovedBy) > 0 {
		terminal.Fprintf(b, " approved by %s", f.ApprovedBy)
	}
	for _, n := range f.Needs {
		if len(n.Candidates) == 0 {
			terminal.Fprintf(b, "; %s", w.in(language).text("file.needs_nobody", nil).Plain())
			continue
		}
		terminal.Fprintf(b, "; needs %d of: %s", n.Missing, n.Candidates)
	}
	for _, n := range f.Notes {
		terminal.Fprintf(b, "; %s", w.Note(language, n).Plain())
	}
	for _, r := range f.Rules {
		pattern := r.Pattern
		if pattern == "" {
			pattern = "the rest"
		}
		terminal.Fprintf(b, "; %s owns %s by %s at %s", r.Subsystem, r.Path, pattern, r.Pos)
	}
	b.WriteByte('\n')
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Text says the plan in plain text for a terminal, a line for each thing to do.
func (p Plan) Text() string {
	var b strings.Builder
	for _, c := range p.Reset {
		terminal.Fprintf(&b, "plan: set %s on %.12s to %s: %s\n", c.Name, c.Head, c.Outcome, c.Title)
	}
	if p.Check != nil {
		terminal.Fprintf(&b, "plan: set %s on %.12s to %s\n", p.Check.Name, p.Check.Head, p.Check.Outcome)
	}
	if len(p.Ask) > 0 {
		terminal.Fprintf(&b, "plan: ask %s for review\n", p.Ask)
	}
	if len(p.Unask) > 0 {
		terminal.Fprintf(&b, "plan: take the requests for review back: %s\n", p.Unask)
	}
	if len(p.Assign) > 0 {
		terminal.Fprintf(&b, "plan: assign %s\n", p.Assign)
	}
	if len(p.Labels.Add) > 0 {
		terminal.Fprintf(&b, "plan: put on the labels %s\n", p.Labels.Add)
	}
	if len(p.Labels.Remove) > 0 {
		terminal.Fprintf(&b, "plan: take off the labels %s\n", p.Labels.Remove)
	}
	if p.Comment != nil {
		b.WriteString("plan: write the comment\n")
	}
	return b.String()
}
