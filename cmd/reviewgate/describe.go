package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
)

// describeRun says a run in plain text for a terminal.
func describeRun(run gate.Run, words *publish.Words) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at %.12s\n", run.Ref, run.Head)
	if !run.Gated || run.Verdict.Outcome == "" {
		b.WriteString("not gated: no policy gates this base branch, or the pull request is closed\n")
		describePlan(&b, run.Plan)
		return b.String()
	}
	v := run.Verdict
	if v.Outcome == policy.Error {
		b.WriteString(words.Title(v) + "\n") // begins with the outcome
	} else {
		fmt.Fprintf(&b, "%s: %s\n", v.Outcome, words.Title(v))
	}
	for _, f := range v.Faults {
		fmt.Fprintf(&b, "  %s\n", f)
	}
	for _, s := range v.Subsystems {
		fmt.Fprintf(&b, "  %-24s %d/%d", s.Name, s.Ratio.Reviewed, s.Ratio.Counted)
		if s.Floor.Set() {
			fmt.Fprintf(&b, " (own %d/%d, floor %s)", s.Own.Reviewed, s.Own.Counted, s.Floor)
		}
		fmt.Fprintf(&b, "  can approve: %s", cmp.Or(strings.Join(s.CanApprove, ", "), "nobody"))
		if s.Contact != "" {
			fmt.Fprintf(&b, "  contact: %s", s.Contact)
		}
		b.WriteByte('\n')
	}
	for _, f := range v.Files {
		describeFile(&b, f, words)
	}
	for _, r := range v.Reviews {
		fmt.Fprintf(&b, "review: %s by %s at %.12s counts for %d files", r.State, r.Who, r.Commit, r.Files)
		if r.Why != "" {
			fmt.Fprintf(&b, "; %s", words.Note("en", policy.Note{Code: r.Why, Who: r.Who, Commit: r.Commit}))
		}
		b.WriteByte('\n')
	}
	for _, a := range v.Asked {
		when := "asked"
		if slices.Contains(run.Plan.Ask, a.Who) {
			when = "to be asked"
		}
		fmt.Fprintf(&b, "%s: %s\n", when, words.Asked(v.Language, a))
	}
	for _, n := range v.Reasons {
		fmt.Fprintf(&b, "reason: %s\n", words.Note(v.Language, n))
	}
	for _, n := range v.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", words.Note(v.Language, n))
	}
	describePlan(&b, run.Plan)
	return b.String()
}

func describeFile(b *strings.Builder, f policy.FileVerdict, words *publish.Words) {
	fmt.Fprintf(b, "  %-10s %q", f.State, f.Path)
	if f.OldPath != "" {
		fmt.Fprintf(b, " (was %q)", f.OldPath)
	}
	if len(f.Subsystems) > 0 {
		fmt.Fprintf(b, " [%s]", strings.Join(f.Subsystems, ", "))
	}
	if len(f.ApprovedBy) > 0 {
		fmt.Fprintf(b, " approved by %s", strings.Join(f.ApprovedBy, ", "))
	}
	for _, n := range f.Needs {
		fmt.Fprintf(b, "; needs %d of: %s", n.Missing, strings.Join(n.Candidates, ", "))
	}
	for _, n := range f.Notes {
		fmt.Fprintf(b, "; %s", words.Note("en", n))
	}
	for _, r := range f.Rules {
		pattern := r.Pattern
		if pattern == "" {
			pattern = "the rest"
		}
		fmt.Fprintf(b, "; %s owns %s by %s at %s", r.Subsystem, r.Path, pattern, r.Pos)
	}
	b.WriteByte('\n')
}

func describePlan(b *strings.Builder, p publish.Plan) {
	for _, c := range p.Reset {
		fmt.Fprintf(b, "plan: set %s on %.12s to %s: %s\n", c.Name, c.Head, c.Outcome, c.Title)
	}
	if p.Check != nil {
		fmt.Fprintf(b, "plan: set %s on %.12s to %s\n", p.Check.Name, p.Check.Head, p.Check.Outcome)
	}
	if len(p.Ask) > 0 {
		fmt.Fprintf(b, "plan: ask %s for review\n", strings.Join(p.Ask, ", "))
	}
	if len(p.Assign) > 0 {
		fmt.Fprintf(b, "plan: assign %s\n", strings.Join(p.Assign, ", "))
	}
	if len(p.Labels.Add) > 0 {
		fmt.Fprintf(b, "plan: put on the labels %s\n", strings.Join(p.Labels.Add, ", "))
	}
	if len(p.Labels.Remove) > 0 {
		fmt.Fprintf(b, "plan: take off the labels %s\n", strings.Join(p.Labels.Remove, ", "))
	}
	if p.Comment != nil {
		b.WriteString("plan: write the comment\n")
	}
}
