package assign

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/share"
)

// plan simulates approvals.
type plan struct {
	in      Input
	kinds   []kind
	needs   []need
	rows    []row
	people  []*person // all who can approve something that is missing, and those asked; by key
	byKey   map[string]*person
	known   float64 // the sum of Knows of all people
	wanted  []bool  // which kinds still matter; satisfied fills it in
	reviews []share.Ratio
	own     []share.Ratio
}

// kind is files that miss the same approvals of the same people and count for
// the same subsystems.
type kind struct {
	files     int
	protected bool
	needs     []int // of the gate
	own       []int // of floors
	rows      []int
}

// need is a number of approvals that a kind of files misses.
type need struct {
	kind, missing, left int // left is what is missing after the simulated approvals
	givers              []*person
}

type row struct {
	name      string
	floor     share.Threshold
	untouched bool // a file of it must be reviewed
}

// person is somebody who can be asked, or a team.
type person struct {
	key, name   string
	gives       []contribution
	load, knows float64
	worth       float64 // knows, discounted by load as the strategy has it
	hash        uint64
	asked       bool // stands already
	never       bool
	helper      bool
	// ahead is who can give the same and is preferred, the last of such; nil if
	// nobody is.
	ahead *person
}

// contribution is what a person can give towards a need.
type contribution struct{ need, approvals int }

func newPlan(in Input) *plan {
	p := &plan{in: in, byKey: map[string]*person{}}
	p.addRows()
	p.addKinds()
	for _, who := range in.Asked {
		p.person(who).asked = true
	}
	for _, who := range in.Never {
		if known := p.byKey[strings.ToLower(who)]; known != nil {
			known.never = !known.asked
		}
	}
	for _, who := range p.byKey {
		p.people = append(p.people, who)
	}
	slices.SortFunc(p.people, func(a, b *person) int { return cmp.Compare(a.key, b.key) })
	for _, who := range p.people {
		if !who.never {
			p.known += who.knows
		}
	}
	p.wanted = make([]bool, len(p.kinds))
	return p
}

// value sets what people are worth: what they know, discounted by a power of
// their load.
func (p *plan) value(exponent float64) {
	for _, who := range p.people {
		who.worth = (p.in.Owns + who.knows) / math.Pow(1+who.load, exponent)
	}
	p.rankEquals()
}

// rankEquals puts people who can give the same in order of preference. A set that
// takes one of them without those ahead is never the best.
func (p *plan) rankEquals() {
	last := map[string]*person{}
	inLine := slices.SortedFunc(slices.Values(p.people), prefer)
	var key []byte
	for _, who := range inLine {
		if who.asked || who.never {
			continue
		}
		key = key[:0]
		for _, g := range who.gives {
			key = binary.AppendUvarint(key, uint64(g.need))      //nolint:gosec // an index
			key = binary.AppendUvarint(key, uint64(g.approvals)) //nolint:gosec // not negative
		}
		who.ahead = last[string(key)]
		last[string(key)] = who
	}
}

func (p *plan) addRows() {
	v := &p.in.Verdict
	for _, s := range v.Subsystems {
		p.rows = append(p.rows, row{s.Name, s.Floor, p.in.Rules.Untouched != policy.UntouchedAllowed})
	}
	p.reviews, p.own = make([]share.Ratio, len(p.rows)), make([]share.Ratio, len(p.rows))
}

// addKinds sorts the counted files into kinds.
func (p *plan) addKinds() {
	rowOf := make(map[string]int, len(p.rows))
	for i, r := range p.rows {
		rowOf[r.name] = i
	}
	sets := newCandidateSets(p)
	byKey := map[string]int{}
	var key []byte
	for i := range p.in.Verdict.Files {
		f := &p.in.Verdict.Files[i]
		if !f.State.Counted() {
			continue
		}
		key = append(key[:0], 0)
		if f.Protected {
			key[0] = 1
		}
		for _, list := range [][]policy.Need{f.Needs, f.OwnNeeds} {
			key = binary.AppendUvarint(key, uint64(len(list)))
			for j := range list {
				key = binary.AppendUvarint(key, uint64(max(0, list[j].Missing))) //nolint:gosec // not negative
				key = binary.AppendUvarint(key, uint64(sets.of(&list[j])))       //nolint:gosec // an index
			}
		}
		for _, name := range f.Subsystems {
			if at, ok := rowOf[name]; ok {
				key = binary.AppendUvarint(key, uint64(at)) //nolint:gosec // an index
			}
		}
		at, ok := byKey[string(key)]
		if !ok {
			at = len(p.kinds)
			byKey[string(key)] = at
			p.addKind(f, sets, rowOf)
		}
		p.kinds[at].files++
	}
}

func (p *plan) addKind(f *policy.FileVerdict, sets *candidateSets, rowOf map[string]int) {
	k := kind{protected: f.Protected}
	at := len(p.kinds)
	add := func(list []policy.Need) (ids []int) {
		for i := range list {
			id := len(p.needs)
			ids = append(ids, id)
			n := need{kind: at, missing: list[i].Missing, left: list[i].Missing}
			for _, m := range sets.list[sets.of(&list[i])] {
				m.who.gives = append(m.who.gives, contribution{id, min(m.approvals, n.missing)})
				n.givers = append(n.givers, m.who)
			}
			p.needs = append(p.needs, n)
		}
		return ids
	}
	k.needs, k.own = add(f.Needs), add(f.OwnNeeds)
	for _, name := range f.Subsystems {
		if r, ok := rowOf[name]; ok {
			k.rows = append(k.rows, r)
		}
	}
	p.kinds = append(p.kinds, k)
}

// person returns a candidate by name.
func (p *plan) person(name string) *person {
	key := strings.ToLower(name)
	who := p.byKey[key]
	if who != nil {
		return who
	}
	who = &person{key: key, name: name, load: p.in.Load[key], knows: p.in.Knows[key]}
	if members, ok := p.in.Teams[strings.TrimPrefix(key, "@")]; ok && strings.HasPrefix(key, "@") {
		p.weigh(who, members)
	}
	h := fnv.New64a()
	h.Write([]byte(p.in.Seed + "\x00" + key)) // never fails
	who.hash = h.Sum64()
	p.byKey[key] = who
	return who
}

// weigh returns a team the knowledge of all its members and the load of the least
// loaded one.
func (p *plan) weigh(team *person, members []string) {
	for i, m := range members {
		key := strings.ToLower(m)
		team.knows += p.in.Knows[key]
		if load := p.in.Load[key]; i == 0 || load < team.load {
			team.load = load
		}
	}
}

// must returns those who have to be asked, as far as there is room. From then on
// they count as if they were asked already.
func (p *plan) must(room int) []*person {
	var people []*person
	for _, name := range p.in.Must {
		never := slices.ContainsFunc(p.in.Never, func(n string) bool { return strings.EqualFold(n, name) })
		who := p.byKey[strings.ToLower(name)]
		if who == nil && !never {
			who = p.person(name)
			p.people = append(p.people, who)
		}
		if who != nil && !never && !who.asked && len(people) < room {
			who.asked = true
			people = append(people, who)
		}
	}
	return people
}

// takeAsked counts those asked already as if they will approve.
func (p *plan) takeAsked() {
	for _, who := range p.people {
		if who.asked {
			p.take(who, +1)
		}
	}
}

// restart goes back to those asked already.
func (p *plan) restart() {
	for i := range p.needs {
		p.needs[i].left = p.needs[i].missing
	}
	p.takeAsked()
}

// take simulates a person's approval of all they can approve, or takes it back.
func (p *plan) take(who *person, sign int) {
	for _, g := range who.gives {
		p.needs[g.need].left -= sign * g.approvals
	}
}

func (p *plan) met(ids []int) bool {
	for _, id := range ids {
		if p.needs[id].left > 0 {
			return false
		}
	}
	return true
}

// satisfied reports whether the simulated approvals open the gate. As a side
// effect it marks the kinds of files that still matter.
func (p *plan) satisfied() bool {
	total := p.count()
	short := p.lacks(total) > 0
	some := false
	for i := range p.kinds {
		k := &p.kinds[i]
		p.wanted[i] = short || k.protected && !p.met(k.needs) || slices.ContainsFunc(k.rows, p.open)
		some = some || p.wanted[i]
	}
	return !some
}

// count adds up what is reviewed, in all and by subsystem.
func (p *plan) count() share.Ratio {
	var total share.Ratio
	clear(p.reviews)
	clear(p.own)
	for i := range p.kinds {
		k := &p.kinds[i]
		reviewed, own := 0, 0
		if p.met(k.needs) {
			reviewed = k.files
		}
		if p.met(k.own) && (reviewed > 0 || len(k.own) > 0) {
			own = k.files
		}
		total.Counted += k.files
		total.Reviewed += reviewed
		for _, r := range k.rows {
			p.reviews[r].Counted += k.files
			p.reviews[r].Reviewed += reviewed
			p.own[r].Counted += k.files
			p.own[r].Reviewed += own
		}
	}
	return total
}

// lacks returns how many more files must be reviewed for the overall threshold and
// the cap; 0 where both hold.
func (p *plan) lacks(total share.Ratio) int {
	rules := &p.in.Rules
	more := 0
	if limit := rules.MaxUnreviewed; limit >= 0 {
		more = max(0, total.Unreviewed()-limit)
	}
	holds := func(n int) bool {
		return rules.Threshold.Holds(share.Ratio{Reviewed: total.Reviewed + n, Counted: total.Counted})
	}
	if holds(more) {
		return more
	}
	// What holds for some holds for more of them.
	low, high := more, total.Unreviewed()
	for low < high {
		if middle := (low + high) / 2; holds(middle) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return max(1, low)
}

// open reports whether a subsystem's floor does not hold, or no review touched it
// where the policy minds. count must have run.
func (p *plan) open(r int) bool {
	if p.reviews[r].Counted == 0 {
		return false
	}
	return !p.rows[r].floor.Holds(p.own[r]) || p.rows[r].untouched && p.reviews[r].Reviewed == 0
}

// gain is how many approvals that still matter a person would give.
func (p *plan) gain(who *person) int {
	sum := 0
	for _, g := range who.gives {
		n := &p.needs[g.need]
		if n.left > 0 && p.wanted[n.kind] {
			sum += min(g.approvals, n.left) * p.kinds[n.kind].files
		}
	}
	return sum
}

// pick says why a person is asked.
func (p *plan) pick(who *person) Pick {
	out := Pick{Who: who.name, Load: who.load, Helper: who.helper}
	if p.known > 0 {
		out.Knows = who.knows / p.known
	}
	seen, rows := map[int]bool{}, map[int]bool{}
	for _, g := range who.gives {
		at := p.needs[g.need].kind
		if seen[at] {
			continue
		}
		seen[at] = true
		out.Files += p.kinds[at].files
		for _, r := range p.kinds[at].rows {
			rows[r] = true
		}
	}
	for i := range p.rows {
		if rows[i] && p.approves(who, i) {
			out.Subsystems = append(out.Subsystems, p.rows[i].name)
		}
	}
	return out
}

// approves reports whether somebody, or a team, may approve for a row's subsystem: a file of
// several subsystems is not asked of everybody for all of them.
func (p *plan) approves(who *person, row int) bool {
	people := p.in.Verdict.Subsystems[row].Approvers
	_, is := slices.BinarySearch(people, who.key)
	return is || len(people) == 0 || strings.HasPrefix(who.key, "@")
}
