// Package assign chooses whom to ask for review: a small set of people whose
// approvals can bring every threshold and floor over the line.
//
// Choose is pure and deterministic. It is greedy: each step takes the person
// who can give most of the approvals still missing, so the set is at most
// about ln(n) times the smallest one for n missing approvals; people who turn
// out not to be needed are dropped again. Asking them is left to the gate.
package assign

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/share"
)

// Input is what the choice depends on. People are named by login, teams as
// "@organisation/slug"; both compare without case.
type Input struct {
	Verdict policy.Verdict
	Rules   policy.Rules // Asking says how many, by which strategy, and how teams are asked
	Asked   []string     // who is asked already and may still answer: they stay, and count as if they will approve
	Never   []string     // who is not to be asked
	Room    int          // how many more the forge takes
	// Teams are the members, by team in lower case, of the teams that can be
	// asked as such.
	Teams map[string][]string
	// Helpers may be asked although the gate needs no approval of theirs.
	Helpers []string
	// Load is how much people have to review and reviewed lately, Knows how well
	// they know the files that miss review; by login in lower case, in any unit.
	Load, Knows map[string]float64
	Seed        string // breaks ties, the same way each time; the pull request's reference
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

// Choose gives whom to ask besides those already asked, at most
// Rules.Asking.Max together. Nobody is asked where the people asked suffice, or
// where nobody could help.
func Choose(in Input) Choice {
	p := newPlan(in)
	for _, login := range in.Asked {
		p.approve(strings.ToLower(login), +1)
	}
	var chosen []string
	for len(chosen)+len(in.Asked) < in.Rules.Asking.Max && !p.satisfied() {
		best := p.best()
		if best == "" {
			break
		}
		p.approve(best, +1)
		chosen = append(chosen, best)
	}
	chosen = p.prune(chosen)
	c := Choice{Enough: p.satisfied()}
	for _, login := range chosen {
		c.Ask = append(c.Ask, Pick{Who: p.spelling[login]})
	}
	return c
}

// plan simulates approvals.
type plan struct {
	in       Input
	files    []file
	needs    []need
	byLogin  map[string][]int // needs that a person can meet
	logins   []string         // all candidates, sorted
	spelling map[string]string
	skip     map[string]bool
	wanted   []bool // scratch: which files matter now
}

type file struct {
	*policy.FileVerdict
	needs, own []int
}

type need struct {
	file, missing int
	own           bool
}

func newPlan(in Input) *plan {
	p := &plan{in: in, byLogin: map[string][]int{}, spelling: map[string]string{}, skip: map[string]bool{}}
	for i := range in.Verdict.Files {
		f := file{FileVerdict: &in.Verdict.Files[i]}
		if f.State.Counted() {
			f.needs = p.add(len(p.files), f.Needs, false)
			f.own = p.add(len(p.files), f.OwnNeeds, true)
			p.files = append(p.files, f)
		}
	}
	for login := range p.byLogin {
		p.logins = append(p.logins, login)
	}
	slices.Sort(p.logins)
	for _, login := range slices.Concat(in.Asked, in.Never) {
		p.skip[strings.ToLower(login)] = true
	}
	p.wanted = make([]bool, len(p.files))
	return p
}

func (p *plan) add(at int, needs []policy.Need, own bool) []int {
	ids := make([]int, 0, len(needs))
	for _, n := range needs {
		id := len(p.needs)
		ids = append(ids, id)
		p.needs = append(p.needs, need{file: at, missing: n.Missing, own: own})
		for _, login := range n.Candidates {
			key := strings.ToLower(login)
			p.byLogin[key] = append(p.byLogin[key], id)
			p.spelling[key] = login
		}
	}
	return ids
}

// approve simulates a person's approval of all they can approve, or takes it
// back.
func (p *plan) approve(login string, sign int) {
	for _, id := range p.byLogin[login] {
		p.needs[id].missing -= sign
	}
}

func (p *plan) met(ids []int) bool {
	return !slices.ContainsFunc(ids, func(id int) bool { return p.needs[id].missing > 0 })
}

// satisfied tells whether the simulated approvals open the gate. As a side
// effect it marks the files that still matter.
func (p *plan) satisfied() bool {
	clear(p.wanted)
	total, rows := share.Ratio{}, map[string]*row{}
	for i, f := range p.files {
		reviewed := p.met(f.needs)
		total.Add(reviewed)
		if f.Protected && !reviewed {
			p.wanted[i] = true
		}
		for _, name := range f.Subsystems {
			if rows[name] == nil {
				rows[name] = &row{}
			}
			rows[name].all.Add(reviewed)
			rows[name].own.Add(p.met(f.own) && (reviewed || len(f.own) > 0))
		}
	}
	short := !p.in.Rules.Threshold.Holds(total) ||
		p.in.Rules.MaxUnreviewed >= 0 && total.Unreviewed() > p.in.Rules.MaxUnreviewed
	missing := p.missingRows(rows)
	for i, f := range p.files {
		mine := slices.ContainsFunc(f.Subsystems, func(name string) bool { return missing[name] })
		p.wanted[i] = p.wanted[i] || short || mine
	}
	return !slices.Contains(p.wanted, true)
}

type row struct{ all, own share.Ratio }

// missingRows names the subsystems whose floor does not hold, or that no
// review touched where the policy minds.
func (p *plan) missingRows(rows map[string]*row) map[string]bool {
	missing := map[string]bool{}
	for _, s := range p.in.Verdict.Subsystems {
		r := rows[s.Name]
		if r == nil {
			continue
		}
		untouched := p.in.Rules.Untouched != policy.UntouchedAllowed && r.all.Reviewed == 0
		missing[s.Name] = !s.Floor.Holds(r.own) || untouched
	}
	return missing
}

// best is the person who can meet most of the needs that matter; empty if
// nobody can meet any.
func (p *plan) best() string {
	best, most := "", 0
	for _, login := range p.logins {
		if p.skip[login] {
			continue
		}
		score := 0
		for _, id := range p.byLogin[login] {
			if n := p.needs[id]; n.missing > 0 && p.wanted[n.file] {
				score++
			}
		}
		if score > most || score == most && score > 0 && p.before(login, best) {
			best, most = login, score
		}
	}
	if best != "" {
		p.skip[best] = true
	}
	return best
}

// before breaks a tie: the less loaded first, then by a stable hash.
func (p *plan) before(a, b string) bool {
	return cmp.Or(cmp.Compare(p.in.Load[a], p.in.Load[b]), cmp.Compare(p.hash(a), p.hash(b)), cmp.Compare(a, b)) < 0
}

func (p *plan) hash(login string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(p.in.Seed + "\x00" + login)) // never fails
	return h.Sum64()
}

// prune drops people without whom the rest still suffices.
func (p *plan) prune(chosen []string) []string {
	if !p.satisfied() {
		return chosen
	}
	return slices.DeleteFunc(chosen, func(login string) bool {
		p.approve(login, -1)
		if p.satisfied() {
			return true
		}
		p.approve(login, +1)
		return false
	})
}
