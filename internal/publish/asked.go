package publish

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// asked lists who is asked for review, why, and what became of it.
func (p *page) asked(requests []policy.RequestVerdict) {
	for i, a := range requests {
		if i == 0 {
			p.heading("heading.asked")
		}
		p.item(p.s.request(a))
	}
}

// stillAsked are the requests of a verdict but for those of people whose review the pull
// request does not miss any longer, as somebody else gave it.
func stillAsked(v policy.Verdict) []policy.RequestVerdict {
	return slices.DeleteFunc(slices.Clone(v.Asked), func(a policy.RequestVerdict) bool {
		open := a.State == policy.AskWaiting || a.State == policy.AskSilent || a.State == policy.AskAway
		return open && !a.ByHand && !a.Helper && len(v.Files) > 0 && !misses(v, a)
	})
}

// misses reports whether somebody who was asked, or a team, could give what is missing.
func misses(v policy.Verdict, a policy.RequestVerdict) bool {
	for _, f := range v.Files {
		for _, n := range slices.Concat(f.Needs, f.OwnNeeds) {
			if strings.HasPrefix(a.Who, "@") &&
				slices.ContainsFunc(n.Subsystems, func(name string) bool { return slices.Contains(a.Subsystems, name) }) ||
				slices.ContainsFunc(n.Candidates, func(login string) bool { return strings.EqualFold(login, a.Who) }) {
				return true
			}
		}
	}
	return false
}

// Asked says one request for review, in a language: who is asked, since when, why, and
// what became of it.
func (w *Messages) Asked(language string, a policy.RequestVerdict) Sentence {
	return w.in(language).request(a)
}

// request says one request for review.
func (s printer) request(a policy.RequestVerdict) Sentence {
	said := s.text("asked."+string(a.State), data{"Who": word(a.Who), "At": day(a.At)})
	if a.State == policy.AskRefused {
		return said
	}
	var why []Sentence
	switch {
	case a.ByHand:
		why = append(why, s.text("asked.by_hand", nil))
	case a.Helper:
		why = append(why, s.text("asked.helper", nil))
	case a.Files > 0 && len(a.Subsystems) == 0:
		why = append(why, s.text("asked.files_of_nobody", data{"Count": a.Files}))
	case a.Files > 0:
		why = append(why, s.text("asked.files", data{"Count": a.Files, "Names": s.names(a.Subsystems, mostPeople, "title.and_more", name)}))
	}
	if a.Knows > 0 {
		why = append(why, s.text("asked.knows", data{"Percent": int(math.Round(100 * a.Knows))}))
	}
	if !a.ByHand && a.Load >= 0.05 {
		why = append(why, s.text("asked.load", data{"Text": fmt.Sprintf("%.1f", a.Load)}))
	}
	if len(why) == 0 {
		return said
	}
	return join([]Sentence{said, s.clauses(why)}, " — ")
}
