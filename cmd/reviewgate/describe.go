package main

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// describeRun says a run in plain text for a terminal.
func describeRun(run gate.Run, words *publish.Words) string {
	var b strings.Builder
	terminal.Fprintf(&b, "%s at %.12s\n", run.Ref, run.Head)
	if why := run.Ungated(); why != "" {
		describeUngated(&b, run, why)
		describePlan(&b, run.Plan)
		return b.String()
	}
	v := run.Verdict
	if v.Outcome == policy.Error {
		terminal.Fprintf(&b, "%s\n", words.Title(v)) // begins with the outcome
	} else {
		terminal.Fprintf(&b, "%s: %s\n", v.Outcome, words.Title(v))
	}
	for _, f := range v.Faults {
		terminal.Fprintf(&b, "  %s\n", f)
	}
	for _, s := range v.Subsystems {
		terminal.Fprintf(&b, "  %-24s %d/%d", s.Name, s.Ratio.Reviewed, s.Ratio.Counted)
		if s.Floor.Set() {
			terminal.Fprintf(&b, " (own %d/%d, floor %s)", s.Own.Reviewed, s.Own.Counted, s.Floor)
		}
		terminal.Fprintf(&b, "  can approve: %s", orNobody(s.CanApprove))
		if s.Contact != "" {
			terminal.Fprintf(&b, "  contact: %s", s.Contact)
		}
		b.WriteByte('\n')
	}
	for _, f := range v.Files {
		describeFile(&b, f, words)
	}
	for _, r := range v.Reviews {
		terminal.Fprintf(&b, "review: %s by %s at %.12s counts for %d files", r.State, r.Who, r.Commit, r.Files)
		if r.Why != "" {
			terminal.Fprintf(&b, "; %s", words.Note("en", policy.Note{Code: r.Why, Who: r.Who, Commit: r.Commit}))
		}
		b.WriteByte('\n')
	}
	for _, a := range v.Asked {
		when := "asked"
		if slices.Contains(run.Plan.Ask, a.Who) {
			when = "to be asked"
		}
		terminal.Fprintf(&b, "%s: %s\n", when, words.Asked(v.Language, a))
	}
	for _, n := range v.Reasons {
		terminal.Fprintf(&b, "reason: %s\n", words.Note(v.Language, n))
	}
	for _, n := range v.Warnings {
		terminal.Fprintf(&b, "warning: %s\n", words.Note(v.Language, n))
	}
	describePlan(&b, run.Plan)
	return b.String()
}

// describeUngated says why a pull request is not gated.
func describeUngated(b *strings.Builder, run gate.Run, why gate.Ungated) {
	switch why {
	case gate.Closed:
		b.WriteString("not gated: the pull request is closed\n")
	case gate.NoPolicy:
		b.WriteString("not gated: no policy was found\n")
	case gate.ModeOff:
		b.WriteString("not gated: the policy's mode is off\n")
	case gate.NoRule:
		terminal.Fprintf(b, "not gated: the policy does not gate the base branch %s\n", run.BaseBranch())
	case gate.Unclear:
		terminal.Fprintf(b, "error: the policy can't be read, so it is not known whether it gates the base branch %s\n", run.BaseBranch())
		for _, f := range run.PolicyFaults() {
			terminal.Fprintf(b, "  %s\n", f)
		}
	}
}

func describeFile(b *strings.Builder, f policy.FileVerdict, words *publish.Words) {
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
		terminal.Fprintf(b, "; needs %d of: %s", n.Missing, n.Candidates)
	}
	for _, n := range f.Notes {
		terminal.Fprintf(b, "; %s", words.Note("en", n))
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

// orNobody lists people.
func orNobody(people []string) []string {
	if len(people) == 0 {
		return []string{"nobody"}
	}
	return people
}

func describePlan(b *strings.Builder, p publish.Plan) {
	for _, c := range p.Reset {
		terminal.Fprintf(b, "plan: set %s on %.12s to %s: %s\n", c.Name, c.Head, c.Outcome, c.Title)
	}
	if p.Check != nil {
		terminal.Fprintf(b, "plan: set %s on %.12s to %s\n", p.Check.Name, p.Check.Head, p.Check.Outcome)
	}
	if len(p.Ask) > 0 {
		terminal.Fprintf(b, "plan: ask %s for review\n", p.Ask)
	}
	if len(p.Assign) > 0 {
		terminal.Fprintf(b, "plan: assign %s\n", p.Assign)
	}
	if len(p.Labels.Add) > 0 {
		terminal.Fprintf(b, "plan: put on the labels %s\n", p.Labels.Add)
	}
	if len(p.Labels.Remove) > 0 {
		terminal.Fprintf(b, "plan: take off the labels %s\n", p.Labels.Remove)
	}
	if p.Comment != nil {
		b.WriteString("plan: write the comment\n")
	}
}
