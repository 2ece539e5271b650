package assign

import (
	"cmp"
	"math"
	"slices"
)

// maxWork bounds the search for the smallest set: the kinds of files and needs
// that it looks at in all.
const maxWork = 400_000

// search looks for the best of all sufficing sets of one size.
type search struct {
	plan  *plan
	steps int       // left
	best  []*person // of the sets found so far, or to begin with
	found bool      // best is of the size looked for
	size  int
	set   []*person
	out   map[*person]bool // tried already where they stand
}

// run looks for sets of a size. best may be one to begin with.
func (s *search) run(size int) {
	s.size, s.found = size, len(s.best) == size
	s.set, s.out = s.set[:0], map[*person]bool{}
	s.step()
}

// step tries everybody who may come next. Each set is met once: who was tried
// is left out of the sets that are tried afterwards.
func (s *search) step() {
	p := s.plan
	s.steps -= len(p.kinds) + len(p.needs)
	if p.satisfied() {
		s.keep()
		return
	}
	if len(s.set) == s.size || s.steps <= 0 {
		return
	}
	next := s.next()
	for _, who := range next {
		if s.steps <= 0 {
			break
		}
		p.take(who, +1)
		s.set = append(s.set, who)
		s.out[who] = true
		s.step()
		s.set = s.set[:len(s.set)-1]
		p.take(who, -1)
	}
	for _, who := range next {
		delete(s.out, who)
	}
}

// keep takes the set if it is better than what was found before.
func (s *search) keep() {
	if !s.found || better(s.set, s.best) {
		s.best, s.found = slices.Clone(s.set), true
	}
}

// better reports whether a set is worth more than another, or else is less loaded,
// or else comes first by hash.
func better(a, b []*person) bool {
	return cmp.Or(cmp.Compare(sum(b, worth), sum(a, worth)), cmp.Compare(sum(a, burden), sum(b, burden)),
		slices.Compare(hashes(a), hashes(b))) < 0
}

func worth(who *person) float64  { return who.worth }
func burden(who *person) float64 { return who.load }

// sum adds in an order that does not depend on that of the set, and rounds, so
// that equal sets are equal.
func sum(set []*person, of func(*person) float64) float64 {
	values := make([]float64, len(set))
	for i, who := range set {
		values[i] = of(who)
	}
	slices.Sort(values)
	total := 0.0
	for _, v := range values {
		total += v
	}
	return math.Round(total*1e9) / 1e9
}

func hashes(set []*person) []uint64 {
	out := make([]uint64, len(set))
	for i, who := range set {
		out[i] = who.hash
	}
	slices.Sort(out)
	return out
}

// next returns those among whom one must come next, the most helpful first, and of
// people who can give the same only the first in line; none where so few people
// can't suffice. satisfied must have run.
func (s *search) next() []*person {
	p := s.plan
	candidates := p.people
	if required := s.required(); required >= 0 {
		candidates = p.needs[required].givers
	}
	gains := map[*person]int{}
	var useful []*person
	for _, who := range candidates {
		s.steps -= len(who.gives)
		if s.out[who] || !p.free(who, s.set) || who.ahead != nil && !slices.Contains(s.set, who.ahead) {
			continue
		}
		if gain := p.gain(who); gain > 0 {
			gains[who] = gain
			useful = append(useful, who)
		}
	}
	slices.SortFunc(useful, func(a, b *person) int { return cmp.Or(cmp.Compare(gains[b], gains[a]), prefer(a, b)) })
	if !s.reachable() {
		return nil
	}
	return useful
}

// required returns a need that has to be met in any case, the one with the fewest
// people; -1 if none is for sure.
func (s *search) required() int {
	p := s.plan
	total := p.count()
	everything := p.lacks(total) == total.Unreviewed() && total.Unreviewed() > 0
	best, fewest := -1, math.MaxInt
	for i := range p.kinds {
		k := &p.kinds[i]
		if !k.protected && !everything {
			continue
		}
		for _, id := range k.needs {
			if n := &p.needs[id]; n.left > 0 && len(n.givers) < fewest {
				best, fewest = id, len(n.givers)
			}
		}
	}
	return best
}

// reachable reports whether the files that may still get an approval suffice for
// what the overall threshold lacks.
func (s *search) reachable() bool {
	p := s.plan
	lacks := p.lacks(p.count())
	if lacks == 0 {
		return true
	}
	// No person can review more files than they give approvals to.
	var most []int
	for _, who := range p.people {
		if s.out[who] || !p.free(who, s.set) {
			continue
		}
		files, last := 0, -1
		for _, g := range who.gives {
			s.steps--
			if n := &p.needs[g.need]; n.left > 0 && n.kind != last {
				last = n.kind
				files += p.kinds[n.kind].files
			}
		}
		most = append(most, files)
	}
	slices.SortFunc(most, func(a, b int) int { return cmp.Compare(b, a) })
	reach := 0
	for _, files := range most[:min(len(most), s.size-len(s.set))] {
		reach += files
	}
	return reach >= lacks
}
