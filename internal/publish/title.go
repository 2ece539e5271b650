package publish

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// Title says a verdict in one line of plain text, within the limit of the forge.
func (w *Messages) Title(v policy.Verdict) string {
	s := w.in(v.Language)
	said := s.headline(v)
	if v.Outcome != v.Unwarned {
		said = s.text("title.warning", data{"Text": said})
	}
	return clip(s.onOneLine(said), w.limits.Title)
}

// onOneLine writes a sentence as a title: names as they are, without quotes.
func (s printer) onOneLine(said Sentence) string {
	var b strings.Builder
	for _, p := range said {
		b.WriteString(p.Text)
	}
	return oneLine(b.String())
}

// headline says what stands and, where the gate waits, the reason for it, once.
func (s printer) headline(v policy.Verdict) Sentence {
	switch {
	case v.Unwarned == policy.Error && len(v.Faults) > 0:
		return s.text("title.error", data{"Text": s.fault(v, 0)})
	case v.Override != nil && len(v.Faults) > 0:
		return s.clauses([]Sentence{s.text("title.overridden", data{"Who": name(v.Override.Who)}),
			s.text("title.error", data{"Text": s.fault(v, 0)})})
	case v.Ratio.Counted == 0 && v.Unwarned == policy.Success:
		return s.text("title.nothing", nil)
	}
	parts := []Sentence{s.ratio(v)}
	if who := blockers(v, true); len(who) > 0 && v.Unwarned == policy.Failure {
		parts = slices.Insert(parts, 0, s.text("title.blocked", data{"Names": s.names(who, 3, "title.more_people", name)}))
	}
	if who := blockers(v, false); len(who) > 0 && v.Unwarned != policy.Success {
		parts = append(parts, s.text("title.maybe_blocked", data{"Names": s.names(who, 3, "title.more_people", name)}))
	}
	if v.Override != nil && v.Unwarned == policy.Success {
		return s.clauses(append(parts, s.overridden(v)))
	}
	if names := missing(v); len(names) > 0 && (v.Unwarned == policy.Success || !v.Threshold.Holds(v.Ratio)) {
		id := "title.waiting"
		if v.Unwarned == policy.Success {
			id = "title.missing"
		}
		parts = append(parts, s.text(id, data{"Names": s.fit(id, names, s.onOneLine(s.clauses(parts)))}))
	} else if reason := s.reason(v); reason != nil {
		parts = append(parts, reason)
	}
	return s.clauses(parts)
}

func (s printer) overridden(v policy.Verdict) Sentence {
	if n := len(v.Override.Files); n > 0 {
		return s.text("title.overridden_files", data{"Who": name(v.Override.Who), "Count": n})
	}
	return s.text("title.overridden", data{"Who": name(v.Override.Who)})
}

// reason says what keeps the gate from being open though its ratio may suffice: the first
// of the verdict's reasons that is no objection, which the headline has already.
func (s printer) reason(v policy.Verdict) Sentence {
	if v.Unwarned == policy.Success {
		return nil
	}
	for _, n := range v.Reasons {
		switch n.Code { //nolint:exhaustive // the others are said elsewhere
		case policy.NoteFloor, policy.NoteUntouched, policy.NoteUnbacked, policy.NoteTooMany, policy.NoteSibling:
			said := name(n.Text)
			if n.Code == policy.NoteFloor {
				said = s.threshold(n.Text)
			}
			return s.text("title."+string(n.Code), data{"Subsystem": name(n.Subsystem), "Count": n.Count, "Limit": n.Limit, "Text": said})
		case policy.NoteProtected:
			return s.text("title.protected", data{"Path": name(n.Path), "Count": protectedLeft(v)})
		}
	}
	for _, f := range v.Files {
		for _, n := range f.Notes {
			if n.Code == policy.NoteUnowned || n.Code == policy.NoteNeedsOverride {
				return s.text("title.unowned", data{"Path": name(n.Path)})
			}
		}
	}
	return nil
}

func protectedLeft(v policy.Verdict) int {
	n := 0
	for _, f := range v.Files {
		if f.Protected && f.State != policy.Reviewed {
			n++
		}
	}
	return n
}

func (s printer) ratio(v policy.Verdict) Sentence {
	return s.text("title.ratio", data{
		"Reviewed": v.Ratio.Reviewed, "Counted": v.Ratio.Counted, "Plural": v.Ratio.Counted, "Percent": v.Ratio.Percent(),
		"Threshold": s.threshold(v.Threshold.String()),
	})
}

func (s printer) threshold(threshold string) Sentence {
	if percent, ok := strings.CutPrefix(threshold, "> "); ok {
		return s.text("title.more_than", data{"Percent": percent})
	}
	return text(threshold)
}

// fit joins as many names as the title has room for.
func (s printer) fit(id string, names []string, before string) Sentence {
	for most := len(names); most > 1; most-- {
		some := s.names(names, most, "title.and_more", name)
		line := before + "; " + s.onOneLine(s.text(id, data{"Names": some}))
		if len([]rune(line)) <= s.limits.Title {
			return some
		}
	}
	return s.names(names, 1, "title.and_more", name)
}

// blockers are the people whose request for changes stands.
func blockers(v policy.Verdict, certain bool) []string {
	var who []string
	for _, b := range v.Blocks {
		if b.Certain == certain && slices.ContainsFunc(v.Reasons, func(n policy.Note) bool {
			return n.Who == b.Who && (n.Code == policy.NoteBlocked || n.Code == policy.NoteMaybeBlocked)
		}) {
			who = append(who, b.Who)
		}
	}
	return who
}

// missing names the subsystems with files that still need review, in order of
// declaration; files that nobody owns have none.
func missing(v policy.Verdict) []string {
	need := map[string]bool{}
	for _, f := range v.Files {
		for _, n := range slices.Concat(f.Needs, f.OwnNeeds) {
			for _, name := range n.Subsystems {
				need[name] = true
			}
		}
	}
	var names []string
	for _, row := range v.Subsystems {
		if need[row.Name] && (row.Ratio.Unreviewed() > 0 || !row.Holds) {
			names = append(names, row.Name)
		}
	}
	return names
}
