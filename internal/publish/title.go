package publish

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// Title says a verdict in one line of plain text, within the limit of the forge.
func (w *Words) Title(v policy.Verdict) string {
	s := w.in(v.Language)
	text := s.headline(v)
	if v.Outcome != v.Unwarned {
		text = s.say("title.warning", data{"Text": text})
	}
	return clip(oneLine(text), w.limits.Title)
}

func (s speaker) headline(v policy.Verdict) string {
	switch {
	case v.Unwarned == policy.Error && len(v.Faults) > 0:
		return s.say("title.error", data{"Text": v.Faults[0].String()})
	case v.Override != nil && len(v.Faults) > 0:
		return s.say("title.overridden", data{"Who": v.Override.Who}) + "; " + s.say("title.error", data{"Text": v.Faults[0].String()})
	case v.Ratio.Counted == 0 && v.Unwarned == policy.Success:
		return s.say("title.nothing", nil)
	}
	parts := []string{s.ratio(v)}
	if who := blockers(v, true); len(who) > 0 && v.Unwarned == policy.Failure {
		parts = []string{s.say("title.blocked", data{"Names": s.names(who, 3, "title.and_more", same)}), parts[0]}
	}
	if who := blockers(v, false); len(who) > 0 && v.Unwarned != policy.Success {
		parts = append(parts, s.say("title.maybe_blocked", data{"Names": s.names(who, 3, "title.and_more", same)}))
	}
	if v.Override != nil && v.Unwarned == policy.Success {
		parts = append(parts, s.say("title.overridden", data{"Who": v.Override.Who}))
	}
	if names := missing(v); len(names) > 0 {
		id := "title.waiting"
		if v.Unwarned == policy.Success {
			id = "title.missing"
		}
		parts = append(parts, s.say(id, data{"Names": s.fit(id, names, strings.Join(parts, "; "))}))
	}
	return strings.Join(parts, "; ")
}

func (s speaker) ratio(v policy.Verdict) string {
	threshold := v.Threshold.String()
	if percent, ok := strings.CutPrefix(threshold, "> "); ok {
		threshold = s.say("title.more_than", data{"Percent": percent})
	}
	return s.say("title.ratio", data{
		"Reviewed": v.Ratio.Reviewed, "Counted": v.Ratio.Counted, "Percent": v.Ratio.Percent(), "Threshold": threshold,
	})
}

// fit joins as many names as the title has room for.
func (s speaker) fit(id string, names []string, before string) string {
	for most := len(names); most > 1; most-- {
		text := s.names(names, most, "title.and_more", same)
		line := before + "; " + s.say(id, data{"Names": text})
		if len([]rune(line)) <= s.limits.Title {
			return text
		}
	}
	return s.names(names, 1, "title.and_more", same)
}

func same(s string) string { return s }

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
