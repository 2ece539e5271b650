// Package rule decides whether a pull request may merge.
//
// Evaluate takes a Snapshot, everything that was read in one moment, and gives
// a Verdict with a line per file that says why. It is total and deterministic:
// no I/O, no clock, no error. What could not be read comes in as a fault and
// goes out as the outcome error, so nothing unread ever passes.
//
// The package also says what must still be read to decide, and why a command is
// refused. What a policy means is left to package policy, who wrote what to
// package authors, what reviewers saw to package sight, reading the forge to
// package gate, words to package publish, whom to ask to package assign.
package rule

import (
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Evaluate decides. The same Snapshot gives the same Verdict, whatever the
// order of its files, reviews, heads and teams.
func Evaluate(s policy.Snapshot) policy.Verdict {
	v := policy.Verdict{
		Mode: s.Rules.ModeAt(s.Now), Check: s.Rules.Check, Threshold: s.Rules.Threshold,
		Subsystems: []policy.SubsystemVerdict{}, Files: []policy.FileVerdict{}, Blocks: []policy.Block{},
		Reasons: []policy.Note{}, Warnings: []policy.Note{}, Faults: faults(s),
		Contact: s.Rules.Contact, Language: s.Rules.Language, Reviews: []policy.ReviewVerdict{}, Proposal: s.Proposal,
		Asked: []policy.RequestVerdict{},
	}
	if len(v.Faults) > 0 {
		if v.Override = overridesFaults(s); v.Override != nil {
			v.Outcome, v.Unwarned = policy.Success, policy.Success
			v.Warnings = append(v.Warnings, policy.Note{Code: policy.NoteOverride, Who: v.Override.Who, Commit: v.Override.Commit,
				At: v.Override.At, Text: v.Override.Reason})
			return v
		}
		v.Outcome, v.Unwarned, v.Overriders, v.Broken = policy.Error, policy.Error, menders(&s), broken(&s)
		if mayResolveItself(s) {
			v.DueAt = s.Now.Add(retryAfter)
		}
		return v
	}
	e := newEvaluation(s)
	v.Files = e.files()
	for _, f := range v.Files {
		if f.State.Counted() {
			v.Ratio.Add(f.State == policy.Reviewed)
		}
	}
	v.Subsystems = e.subsystems()
	e.whoCan(&v)
	v.Blocks = e.blocks()
	v.Reasons = e.reasons(v)
	v.Warnings = e.warnings(v)
	v.Reviews = e.reviewVerdicts()
	v.Lifts = e.lifts()
	for _, l := range v.Lifts {
		v.Warnings = append(v.Warnings, policy.Note{Code: policy.NoteLift, Who: l.Who, By: l.Whom, At: l.At, Text: l.Reason})
	}
	e.overrides(&v)
	decide(&v, s)
	return v
}

// faults are those read in, and those of the list itself.
func faults(s policy.Snapshot) []strictyaml.Fault {
	out := slices.Clone(s.Faults)
	if out == nil {
		out = []strictyaml.Fault{}
	}
	switch {
	case len(out) > 0:
	case s.Owners == nil:
		out = append(out, strictyaml.Fault{Text: "ownership was not read"})
	case !s.Request.Complete:
		why := s.Request.Incomplete
		if why == "" {
			why = "the list of changed files is not whole"
		}
		out = append(out, strictyaml.Fault{Text: why})
	case len(s.Request.Files) == 0 && !s.SameTree:
		out = append(out, strictyaml.Fault{Text: "the forge lists no changed files, but head and merge base differ"})
	}
	return out
}

// retryAfter is when a list that was not whole is read again, unless an event
// comes first.
const retryAfter = 2 * time.Minute

// mayResolveItself reports whether an error may pass by itself: the forge's list and its
// count, or its trees, did not agree yet.
func mayResolveItself(s policy.Snapshot) bool {
	return len(s.Faults) == 0 && (s.Request.Transient || s.Request.Complete && len(s.Request.Files) == 0)
}

// decide returns the first outcome that applies, then lets mode warn pass.
func decide(v *policy.Verdict, s policy.Snapshot) {
	blocked := s.Rules.ChangesRequested == policy.RequestBlocks &&
		slices.ContainsFunc(v.Blocks, func(b policy.Block) bool { return b.Certain })
	switch {
	case blocked:
		v.Unwarned = policy.Failure
	case len(v.Reasons) == 0:
		v.Unwarned = policy.Success
	case s.Rules.Below == policy.BelowFailure:
		v.Unwarned = policy.Failure
	default:
		v.Unwarned = policy.Pending
	}
	v.Outcome = v.Unwarned
	if v.Mode == policy.Warn && s.Rules.Mode == policy.Enforce {
		v.DueAt = s.Rules.EnforceFrom
	}
	if v.Mode == policy.Warn && v.Unwarned != policy.Success {
		v.Outcome = policy.Success
	}
}

// reasons are everything that keeps the outcome from success.
func (e *evaluation) reasons(v policy.Verdict) []policy.Note {
	notes := []policy.Note{}
	if e.rules.ChangesRequested == policy.RequestBlocks {
		for _, b := range v.Blocks {
			code := policy.NoteBlocked
			if !b.Certain {
				code = policy.NoteMaybeBlocked
			}
			notes = append(notes, policy.Note{Code: code, Who: b.Who, Commit: b.Commit, Subsystem: strings.Join(b.Subsystems, ", ")})
			if !older(&e.s, 3) {
				notes = append(notes, e.blockNotes(b)...)
			}
		}
	}
	if !v.Threshold.Holds(v.Ratio) {
		notes = append(notes, policy.Note{Code: policy.NoteBelow, Count: v.Ratio.Reviewed, Limit: v.Ratio.Counted})
	}
	if limit := e.rules.MaxUnreviewed; limit >= 0 && v.Ratio.Unreviewed() > limit {
		notes = append(notes, policy.Note{Code: policy.NoteTooMany, Count: v.Ratio.Unreviewed(), Limit: limit})
	}
	for _, s := range v.Subsystems {
		if !s.Holds {
			notes = append(notes, policy.Note{Code: policy.NoteFloor, Subsystem: s.Name, Count: s.Own.Reviewed, Limit: s.Own.Counted,
				Text: s.Floor.String()})
		}
		if e.rules.Untouched == policy.UntouchedBlocks && s.Ratio.Reviewed == 0 {
			notes = append(notes, policy.Note{Code: policy.NoteUntouched, Subsystem: s.Name, Count: s.Ratio.Counted})
		}
	}
	if e.rules.Trailers == policy.TrailersBlocks {
		notes = append(notes, e.unbacked(v)...)
	}
	for _, f := range v.Files {
		if f.Protected && f.State != policy.Reviewed {
			notes = append(notes, policy.Note{Code: policy.NoteProtected, Path: f.Path})
		}
	}
	return notes
}

// warnings are what people should know whatever the outcome.
func (e *evaluation) warnings(v policy.Verdict) []policy.Note {
	notes := []policy.Note{}
	switch {
	case v.Mode == policy.Warn && e.rules.Mode == policy.Enforce:
		notes = append(notes, policy.Note{Code: policy.NoteEnforceFrom, At: e.rules.EnforceFrom})
	case v.Mode == policy.Warn:
		notes = append(notes, policy.Note{Code: policy.NoteWarnOnly})
	}
	if v.Ratio.Counted == 0 {
		notes = append(notes, policy.Note{Code: policy.NoteNothingCounted, Count: len(v.Files)})
	}
	if e.rules.CheckAdded {
		notes = append(notes, policy.Note{Code: policy.NoteCheckAdded, Text: e.rules.Check})
	}
	notes = append(notes, e.protection()...)
	if e.rules.AfterPush == policy.KeepAll {
		notes = append(notes, policy.Note{Code: policy.NoteKeepUnsafe})
	}
	if e.rules.Raised != "" {
		notes = append(notes, policy.Note{Code: policy.NoteRaised, Text: e.rules.Raised})
	}
	for _, s := range v.Subsystems {
		if e.rules.Untouched == policy.UntouchedWarn && s.Ratio.Reviewed == 0 {
			notes = append(notes, policy.Note{Code: policy.NoteUntouched, Subsystem: s.Name, Count: s.Ratio.Counted})
		}
	}
	if e.rules.Trailers == policy.TrailersWarn {
		notes = append(notes, e.unbacked(v)...)
	}
	notes = append(notes, e.staffing()...)
	if emails := e.unknownEmails(); len(emails) > 0 {
		notes = append(notes, policy.Note{Code: policy.NoteUnknownEmails, Count: len(emails),
			Text: strings.Join(emails[:min(len(emails), mostEmails)], ", ")})
	}
	for _, w := range e.s.SourceWarnings {
		notes = append(notes, policy.Note{Code: policy.NoteSource, Text: w.Pos.String() + ": " + w.Text})
	}
	return notes
}

// subsystems returns the rows, in order of declaration.
func (e *evaluation) subsystems() []policy.SubsystemVerdict {
	rows := []policy.SubsystemVerdict{}
	for _, st := range e.known() {
		sub := st.sub
		if st.ratio.Counted == 0 {
			continue
		}
		rows = append(rows, policy.SubsystemVerdict{
			Name: sub.Name, Title: sub.Title(e.rules.Language),
			Ratio: st.ratio, Own: st.own, Floor: e.rules.Floor(sub), Holds: e.rules.Floor(sub).Holds(st.own),
			ApprovedBy: sortedLogins(st.approvedBy), CanApprove: ownerNames(sub, e.rules.ReviewersCount),
			Contact: sub.Contact, Titles: sub.Titles, Labels: sub.Labels, Approvers: e.approvers(sub).logins(),
		})
	}
	return rows
}

// count adds a counted file to its subsystems' rows.
func (st *subsystemState) count(reviewed, own bool) {
	st.ratio.Add(reviewed)
	st.own.Add(own)
}

// Early says of a pull request that misses review and was opened before the gate was
// there that nobody is asked or told yet. It changes nothing of what it needs.
func Early(v policy.Verdict) policy.Verdict {
	if v.Unwarned != policy.Success {
		v.Warnings = append(slices.Clone(v.Warnings), policy.Note{Code: policy.NoteEarly})
	}
	return v
}

// Hold keeps a success back while other pull requests with the same head and
// the same check miss review towards their own base branches: a check belongs
// to a commit, so a success earned towards one branch would count for the
// other.
func Hold(v policy.Verdict, others []string) policy.Verdict {
	if v.Unwarned != policy.Success || len(others) == 0 {
		return v
	}
	v.Reasons = slices.Clone(v.Reasons)
	for _, o := range others {
		v.Reasons = append(v.Reasons, policy.Note{Code: policy.NoteSibling, Text: o})
	}
	v.Unwarned, v.Outcome = policy.Pending, policy.Pending
	if v.Mode == policy.Warn {
		v.Outcome = policy.Success
	}
	return v
}
