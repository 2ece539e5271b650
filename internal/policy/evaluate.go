package policy

import (
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Evaluate decides. The same Snapshot gives the same Verdict, whatever the
// order of its files, reviews, heads and teams.
func Evaluate(s Snapshot) Verdict {
	v := Verdict{
		Mode: s.Rules.ModeAt(s.Now), Check: s.Rules.Check, Threshold: s.Rules.Threshold,
		Subsystems: []SubsystemVerdict{}, Files: []FileVerdict{}, Blocks: []Block{},
		Reasons: []Note{}, Warnings: []Note{}, Faults: faults(s),
		Contact: s.Rules.Contact, Language: s.Rules.Language, Reviews: []ReviewVerdict{}, Proposal: s.Proposal,
		Asked: []AskedVerdict{},
	}
	if len(v.Faults) > 0 {
		if v.Override = overridesFaults(s); v.Override != nil {
			v.Outcome, v.Unwarned = Success, Success
			v.Warnings = append(v.Warnings, Note{Code: NoteOverride, Who: v.Override.Who, Commit: v.Override.Commit, At: v.Override.At, Text: v.Override.Reason})
			return v
		}
		v.Outcome, v.Unwarned = Error, Error
		if passing(s) {
			v.DueAt = s.Now.Add(retryAfter)
		}
		return v
	}
	e := newEvaluation(s)
	v.Files = e.files()
	for _, f := range v.Files {
		if f.State.Counted() {
			v.Ratio.Add(f.State == Reviewed)
		}
	}
	v.Subsystems = e.subsystems()
	v.Blocks = e.blocks()
	v.Reasons = e.reasons(v)
	v.Warnings = e.warnings(v)
	v.Reviews = e.fates()
	v.Lifts = e.lifts()
	for _, l := range v.Lifts {
		v.Warnings = append(v.Warnings, Note{Code: NoteLift, Who: l.Who, By: l.Whom, At: l.At, Text: l.Reason})
	}
	e.overrides(&v)
	v.decide(s)
	return v
}

// faults are those read in, and those of the list itself.
func faults(s Snapshot) []strictyaml.Fault {
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

// passing tells whether an error may pass by itself: the forge's list and its
// count, or its trees, did not agree yet.
func passing(s Snapshot) bool {
	return len(s.Faults) == 0 && (s.Request.Passing || s.Request.Complete && len(s.Request.Files) == 0)
}

// decide gives the first outcome that applies, then lets mode warn pass.
func (v *Verdict) decide(s Snapshot) {
	blocked := s.Rules.ChangesRequested == RequestBlocks &&
		slices.ContainsFunc(v.Blocks, func(b Block) bool { return b.Certain })
	switch {
	case blocked:
		v.Unwarned = Failure
	case len(v.Reasons) == 0:
		v.Unwarned = Success
	case s.Rules.Below == BelowFailure:
		v.Unwarned = Failure
	default:
		v.Unwarned = Pending
	}
	v.Outcome = v.Unwarned
	if v.Mode == Warn && s.Rules.Mode == Enforce {
		v.DueAt = s.Rules.EnforceFrom
	}
	if v.Mode == Warn && v.Unwarned != Success {
		v.Outcome = Success
	}
}

// reasons are everything that keeps the outcome from success.
func (e *evaluation) reasons(v Verdict) []Note {
	notes := []Note{}
	if e.rules.ChangesRequested == RequestBlocks {
		for _, b := range v.Blocks {
			code := NoteBlocked
			if !b.Certain {
				code = NoteMaybeBlocked
			}
			notes = append(notes, Note{Code: code, Who: b.Who, Commit: b.Commit, Subsystem: strings.Join(b.Subsystems, ", ")})
			if !e.s.form2() {
				notes = append(notes, e.blockNotes(b)...)
			}
		}
	}
	if !v.Threshold.Holds(v.Ratio) {
		notes = append(notes, Note{Code: NoteBelow, Count: v.Ratio.Reviewed, Limit: v.Ratio.Counted})
	}
	if limit := e.rules.MaxUnreviewed; limit >= 0 && v.Ratio.Unreviewed() > limit {
		notes = append(notes, Note{Code: NoteTooMany, Count: v.Ratio.Unreviewed(), Limit: limit})
	}
	for _, s := range v.Subsystems {
		if !s.Holds {
			notes = append(notes, Note{Code: NoteFloor, Subsystem: s.Name, Count: s.Own.Reviewed, Limit: s.Own.Counted, Text: s.Floor.String()})
		}
		if e.rules.Untouched == UntouchedBlocks && s.Ratio.Reviewed == 0 {
			notes = append(notes, Note{Code: NoteUntouched, Subsystem: s.Name, Count: s.Ratio.Counted})
		}
	}
	for _, f := range v.Files {
		if f.Protected && f.State != Reviewed {
			notes = append(notes, Note{Code: NoteProtected, Path: f.Path})
		}
	}
	return notes
}

// warnings are what people should know whatever the outcome.
func (e *evaluation) warnings(v Verdict) []Note {
	notes := []Note{}
	switch {
	case v.Mode == Warn && e.rules.Mode == Enforce:
		notes = append(notes, Note{Code: NoteEnforceFrom, At: e.rules.EnforceFrom})
	case v.Mode == Warn:
		notes = append(notes, Note{Code: NoteWarnOnly})
	}
	if v.Ratio.Counted == 0 {
		notes = append(notes, Note{Code: NoteNothingCounted, Count: len(v.Files)})
	}
	if e.rules.CheckAdded {
		notes = append(notes, Note{Code: NoteCheckAdded, Text: e.rules.Check})
	}
	notes = append(notes, e.protection()...)
	if e.rules.AfterPush == KeepAll {
		notes = append(notes, Note{Code: NoteKeepUnsafe})
	}
	if e.rules.Raised != "" {
		notes = append(notes, Note{Code: NoteRaised, Text: e.rules.Raised})
	}
	for _, s := range v.Subsystems {
		if e.rules.Untouched == UntouchedWarn && s.Ratio.Reviewed == 0 {
			notes = append(notes, Note{Code: NoteUntouched, Subsystem: s.Name, Count: s.Ratio.Counted})
		}
	}
	notes = append(notes, e.staffing()...)
	if emails := e.unknownEmails(); len(emails) > 0 {
		notes = append(notes, Note{Code: NoteUnknownEmails, Count: len(emails), Text: strings.Join(emails[:min(len(emails), mostEmails)], ", ")})
	}
	for _, w := range e.s.SourceWarnings {
		notes = append(notes, Note{Code: NoteSource, Text: w.Pos.String() + ": " + w.Text})
	}
	return notes
}

// subsystems gives the rows, in order of declaration.
func (e *evaluation) subsystems() []SubsystemVerdict {
	rows := []SubsystemVerdict{}
	for _, st := range e.known() {
		sub := st.sub
		if st.ratio.Counted == 0 {
			continue
		}
		rows = append(rows, SubsystemVerdict{
			Name: sub.Name, Title: sub.Title(e.rules.Language),
			Ratio: st.ratio, Own: st.own, Floor: e.rules.floor(sub), Holds: e.rules.floor(sub).Holds(st.own),
			ApprovedBy: sortedLogins(st.approvedBy), CanApprove: ownerNames(sub, e.rules.ReviewersCount),
			Contact: sub.Contact, Labels: sub.Labels, Approvers: e.approvers(sub).logins(),
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
func Early(v Verdict) Verdict {
	if v.Unwarned != Success {
		v.Warnings = append(slices.Clone(v.Warnings), Note{Code: NoteEarly})
	}
	return v
}

// Hold keeps a success back while other pull requests with the same head and
// the same check miss review towards their own base branches: a check belongs
// to a commit, so a success earned towards one branch would count for the
// other.
func Hold(v Verdict, others []string) Verdict {
	if v.Unwarned != Success || len(others) == 0 {
		return v
	}
	v.Reasons = slices.Clone(v.Reasons)
	for _, o := range others {
		v.Reasons = append(v.Reasons, Note{Code: NoteSibling, Text: o})
	}
	v.Unwarned, v.Outcome = Pending, Pending
	if v.Mode == Warn {
		v.Outcome = Success
	}
	return v
}
