package merge

// group is a run of changed lines [start, end) of one side, possibly empty:
// between any two unchanged lines that follow each other there is one.
type group struct{ start, end int }

func (s *side) first() group {
	g := group{}
	for s.changed[g.end] {
		g.end++
	}
	return g
}

// next moves to the group after the next unchanged line; false at the end.
func (s *side) next(g *group) bool {
	if g.end == len(s.class) {
		return false
	}
	g.start = g.end + 1
	for g.end = g.start; s.changed[g.end]; g.end++ {
	}
	return true
}

// previous moves to the group before the last unchanged line; false at the
// start.
func (s *side) previous(g *group) bool {
	if g.start == 0 {
		return false
	}
	g.end = g.start - 1
	for g.start = g.end; g.start > 0 && s.changed[g.start-1]; g.start-- {
	}
	return true
}

// down moves a group by a line, if what follows it equals its first line, and
// takes in the group that it then meets.
func (s *side) down(g *group) bool {
	if g.end >= len(s.class) || s.class[g.start] != s.class[g.end] {
		return false
	}
	s.changed[g.start], s.changed[g.end] = false, true
	g.start++
	for g.end++; s.changed[g.end]; g.end++ {
	}
	return true
}

// up is the other way.
func (s *side) up(g *group) bool {
	if g.start == 0 || s.class[g.start-1] != s.class[g.end-1] {
		return false
	}
	g.start--
	g.end--
	s.changed[g.start], s.changed[g.end] = true, false
	for g.start > 0 && s.changed[g.start-1] {
		g.start--
	}
	return true
}

// slide puts each group of s as far down as it goes, or to the lowest place at
// which the other side has a change, too.
func slide(s, other *side) {
	g, o := s.first(), other.first()
	for {
		if g.start != g.end {
			settle(s, other, &g, &o)
		}
		if !s.next(&g) {
			return
		}
		other.next(&o)
	}
}

func settle(s, other *side, g, o *group) {
	var highest, meets int
	for size := -1; size != g.end-g.start; {
		size, meets = g.end-g.start, -1
		for s.up(g) {
			other.previous(o)
		}
		highest = g.end
		if o.end > o.start {
			meets = g.end
		}
		for s.down(g) {
			other.next(o)
			if o.end > o.start {
				meets = g.end
			}
		}
	}
	if g.end == highest || meets < 0 {
		return
	}
	for o.end == o.start && s.up(g) {
		other.previous(o)
	}
}
