package publish

import (
	"fmt"
	"math"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// asked lists who is asked for review, why, and what became of it.
func (p *page) asked(requests []policy.AskedVerdict) {
	if len(requests) == 0 {
		return
	}
	p.heading("heading.asked")
	for _, a := range requests {
		p.item(p.s.request(a))
	}
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
