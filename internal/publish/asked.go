package publish

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// asked lists who is asked for review, why, and what became of it.
func (p *page) asked(requests []policy.AskedVerdict) {
	for i, a := range requests {
		if i == 0 {
			p.heading("heading.asked")
		}
		p.item(p.s.request(a))
	}
}

// stillAsked are the requests of a verdict but for those of people whose review the pull
// request does not miss any longer, as somebody else gave it.
func stillAsked(v policy.Verdict) []policy.AskedVerdict {
	return slices.DeleteFunc(slices.Clone(v.Asked), func(a policy.AskedVerdict) bool {
		open := a.State == policy.AskWaiting || a.State == policy.AskSilent || a.State == policy.AskAway
		return open && !a.ByHand && !a.Helper && len(v.Files) > 0 && !misses(v, a)
	})
}

// misses reports whether somebody who was asked, or a team, could give what is missing.
func misses(v policy.Verdict, a policy.AskedVerdict) bool {
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
func (w *Words) Asked(language string, a policy.AskedVerdict) Sentence {
	return w.in(language).request(a)
}

// request says one request for review.
func (s speaker) request(a policy.AskedVerdict) Sentence {
	said := s.say("asked."+string(a.State), data{"Who": word(a.Who), "At": day(a.At)})
	if a.State == policy.AskRefused {
		return said
	}
	var why []Sentence
	switch {
	case a.ByHand:
		why = append(why, s.say("asked.by_hand", nil))
	case a.Helper:
		why = append(why, s.say("asked.helper", nil))
	case a.Files > 0 && len(a.Subsystems) == 0:
		why = append(why, s.say("asked.files_of_nobody", data{"Count": a.Files}))
	case a.Files > 0:
		why = append(why, s.say("asked.files", data{"Count": a.Files, "Names": s.names(a.Subsystems, mostPeople, "title.and_more", name)}))
	}
	if a.Knows > 0 {
		why = append(why, s.say("asked.knows", data{"Percent": int(math.Round(100 * a.Knows))}))
	}
	if !a.ByHand && a.Load >= 0.05 {
		why = append(why, s.say("asked.load", data{"Text": fmt.Sprintf("%.1f", a.Load)}))
	}
	if len(why) == 0 {
		return said
	}
	return join([]Sentence{said, s.clauses(why)}, " — ")
}
