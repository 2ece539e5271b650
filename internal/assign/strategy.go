package assign

import (
	"cmp"
	"slices"
	"strings"
)

// cover returns the fewest people who suffice; where no number of them does, those
// who bring the gate furthest. Among the same number, knowledge counts less the
// more people have to do, and the more so the fewer are needed: one who knows
// most would be asked every time.
func (p *plan) cover(room int) []*person {
	p.value(0)
	if n := len(p.fewest(room)); n > 0 {
		p.value(1 / float64(n))
	}
	chosen := p.fewest(room)
	s := search{plan: p, steps: maxWork}
	if p.satisfied() {
		s.best, room = chosen, len(chosen)
	}
	p.restart()
	for size := 1; size <= room && s.steps > 0; size++ {
		if s.run(size); s.found {
			return s.best
		}
	}
	return chosen
}

// fewest returns a small set by taking who gives most, and leaves it taken.
func (p *plan) fewest(room int) []*person {
	p.restart()
	chosen := p.greedy(room, p.bestCover)
	if p.satisfied() {
		chosen = p.prune(chosen)
	}
	return chosen
}

// greedy takes the best person until the gate is open, nobody can help, or there
// is no more room.
func (p *plan) greedy(room int, best func(free []*person) *person) []*person {
	var chosen []*person
	for len(chosen) < room && !p.satisfied() {
		who := best(chosen)
		if who == nil {
			break
		}
		p.take(who, +1)
		chosen = append(chosen, who)
	}
	return chosen
}

// free reports whether somebody can still be asked.
func (p *plan) free(who *person, chosen []*person) bool {
	return !who.asked && !who.never && !slices.Contains(chosen, who)
}

// bestCover is who can give most of the approvals that matter; nil if nobody can
// give any.
func (p *plan) bestCover(chosen []*person) *person {
	var best *person
	most := 0
	for _, who := range p.people {
		if !p.free(who, chosen) {
			continue
		}
		if gain := p.gain(who); gain > most || gain == most && gain > 0 && prefer(who, best) < 0 {
			best, most = who, gain
		}
	}
	return best
}

// inOrder puts those first who can give most.
func (p *plan) inOrder(chosen []*person) []*person {
	p.restart()
	p.satisfied()
	chosen = slices.Clone(chosen)
	slices.SortFunc(chosen, func(a, b *person) int { return cmp.Or(cmp.Compare(p.gain(b), p.gain(a)), prefer(a, b)) })
	return chosen
}

// prefer puts those first who are worth more, then the less loaded, then goes by
// hash.
func prefer(a, b *person) int {
	return cmp.Or(cmp.Compare(b.worth, a.worth), cmp.Compare(a.load, b.load), cmp.Compare(a.hash, b.hash), cmp.Compare(a.key, b.key))
}

// prune drops people without whom the rest still suffices, the last first.
func (p *plan) prune(chosen []*person) []*person {
	chosen = slices.Clone(chosen)
	for i := len(chosen) - 1; i >= 0; i-- {
		p.take(chosen[i], -1)
		if p.satisfied() {
			chosen = slices.Delete(chosen, i, i+1)
		} else {
			p.take(chosen[i], +1)
		}
	}
	return chosen
}

// enoughKnown is the share of all knowledge about the files that balance wants
// among those who are asked, before it looks for people with little to do. More
// finds the people who would have reviewed in truth more often and spreads the
// work less; by the past of OP-TEE, three asked find one in three of four cases.
const enoughKnown = 0.385

// balance returns people who suffice and have little to review. First come those
// who know the files, discounted by load, the more so the fewer people are
// needed; once they hold enough of what is known, those who give most for their
// load.
func (p *plan) balance(room int) []*person {
	few := p.cover(room)
	if len(few) == 0 {
		return nil
	}
	p.restart()
	for _, who := range few {
		p.take(who, +1)
	}
	enough := p.satisfied()
	p.restart()
	exponent := 1 / float64(len(few))
	held := 0.0
	for _, who := range p.people {
		if who.asked {
			held += who.knows
		}
	}
	p.value(exponent)
	defer p.value(0) // the order is that of knowledge
	chosen := p.greedy(room, func(chosen []*person) *person {
		expert := p.known > 0 && held < enoughKnown*p.known
		who := p.bestBalance(chosen, func(who *person, gain float64) float64 {
			if expert {
				return gain * who.worth
			}
			return gain / (1 + who.load)
		})
		if who != nil {
			held += who.knows
		}
		return who
	})
	switch satisfied := p.satisfied(); {
	case !satisfied && enough:
		return few
	case !satisfied:
		return chosen
	}
	// The most loaded are dropped first.
	kept := slices.Clone(chosen)
	slices.SortStableFunc(kept, func(a, b *person) int { return cmp.Compare(a.load, b.load) })
	kept = p.prune(kept)
	return slices.DeleteFunc(chosen, func(who *person) bool { return !slices.Contains(kept, who) })
}

// bestBalance is who has the highest score of those who can help; nil if nobody
// can.
func (p *plan) bestBalance(chosen []*person, score func(who *person, gain float64) float64) *person {
	var best *person
	most := 0.0
	for _, who := range p.people {
		if !p.free(who, chosen) {
			continue
		}
		gain := p.gain(who)
		if gain == 0 {
			continue
		}
		if s := score(who, float64(gain)); best == nil || s > most || s == most &&
			prefer(who, best) < 0 { //nolint:gocritic // equal scores are equal
			best, most = who, s
		}
	}
	return best
}

// all returns everybody who can approve something that is missing, those first who
// add most to what the ones before can approve, then the helpers.
func (p *plan) all(room int) []*person {
	p.value(0)
	p.restart()
	everything := func(chosen []*person) *person {
		for i := range p.wanted {
			p.wanted[i] = true
		}
		return p.bestCover(chosen)
	}
	var chosen []*person
	for len(chosen) < room {
		who := everything(chosen)
		if who == nil {
			break
		}
		p.take(who, +1)
		chosen = append(chosen, who)
	}
	p.restart()
	for len(chosen) < room { // who adds nothing to them, but could
		who := everything(chosen)
		if who == nil {
			break
		}
		chosen = append(chosen, who)
	}
	helpers := p.helpers()
	for _, who := range helpers {
		if len(chosen) < room && p.free(who, chosen) {
			chosen = append(chosen, who)
		}
	}
	return chosen
}

// helpers are those who can't approve but may be asked, the best first.
func (p *plan) helpers() []*person {
	never := map[string]bool{}
	for _, name := range p.in.Never {
		never[strings.ToLower(name)] = true
	}
	var helpers []*person
	for _, name := range p.in.Helpers {
		who := p.person(name)
		if len(who.gives) == 0 && !never[who.key] && !slices.Contains(helpers, who) {
			who.helper, who.worth = true, who.knows
			helpers = append(helpers, who)
		}
	}
	slices.SortFunc(helpers, prefer)
	return helpers
}
