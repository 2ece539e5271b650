// Package assign chooses whom to ask for review: people whose approvals can
// bring every threshold and floor over the line (package policy, §6).
//
// Choose is pure and deterministic. By strategy cover it gives the fewest people
// who suffice. Where the search for them ends within a fixed number of steps,
// which it does for some ten people among dozens, there is no smaller set, and
// none of that size is better by knowledge for its load, then load, then hash. Otherwise it is
// greedy: each step takes the person who gives most of the approvals still
// missing, and whoever turns out not to be needed is dropped again. Where every
// approval that is missing must come, such a set is at most 1+ln(m) times the
// smallest, m being the most approvals that one person gives (Wolsey 1982); where
// the gate asks for a share of the files only, no bound is known. Asking people
// is left to the gate.
package assign

import (
	"slices"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// Input is what the choice depends on. People are named by login, teams as
// "@organisation/slug"; both compare without case.
type Input struct {
	Verdict policy.Verdict
	Rules   policy.Rules // Asking says how many, by which strategy, and how teams are asked
	Asked   []string     // who is asked already and may still answer: they stay, and count as if they will approve
	Never   []string     // who is not to be asked
	Must    []string     // who has to be asked whatever else is missing, such as people who requested changes
	Room    int          // how many more the forge takes
	// Teams are the members, by team in lower case, of the teams that can be
	// asked as such.
	Teams map[string][]string
	// Helpers may be asked although the gate needs no approval of theirs.
	Helpers []string
	// Load is how much people have to review and reviewed lately, Knows how well
	// they know the files that miss review; by login in lower case, in any unit.
	Load, Knows map[string]float64
	Owns        float64 // what everybody who can approve knows at the least, in the unit of Knows
	Seed        string  // breaks ties, the same way each time; the pull request's reference
}

// Choice is whom to ask besides those already asked.
type Choice struct {
	Ask    []Pick // in the order of their use
	Enough bool   // with the approval of all who are asked the gate opens
}

// Pick is one of those to ask, and why.
type Pick struct {
	Who        string   `json:"who"`
	Files      int      `json:"files"` // that miss review and that they can approve
	Subsystems []string `json:"subsystems,omitempty"`
	Load       float64  `json:"load"`
	Knows      float64  `json:"knows"` // share, from 0 to 1, of all that is known about the files by those who could be asked
	Helper     bool     `json:"helper,omitempty"`
}

// Choose returns whom to ask besides those already asked, at most
// Rules.Asking.Max together. Nobody is asked where the people asked suffice, or
// where nobody could help; where all together do not suffice, those are asked
// who bring the gate furthest.
func Choose(in Input) Choice {
	p := newPlan(in)
	room := max(0, min(in.Rules.Asking.Max-len(in.Asked), in.Room))
	must := p.must(room)
	room -= len(must)
	p.takeAsked()
	var chosen []*person
	if !p.satisfied() {
		switch in.Rules.Asking.Strategy {
		case policy.AskAll:
			chosen = p.all(room)
		case policy.AskBalance:
			chosen = p.inOrder(p.balance(room))
		case policy.AskCover:
			chosen = p.inOrder(p.cover(room))
		}
	}
	p.restart()
	for _, who := range chosen {
		p.take(who, +1)
	}
	c := Choice{Enough: p.satisfied()}
	for _, who := range slices.Concat(must, chosen) {
		c.Ask = append(c.Ask, p.pick(who))
	}
	return c
}
