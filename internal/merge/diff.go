package merge

// The choices of git's default diff that decide where a hunk lies when lines
// repeat: common ends are cut off, lines that the other side lacks are set
// aside, and so are very frequent ones between such; then Myers' divide and
// conquer ("An O(ND) Difference Algorithm and Its Variations", 1986), and at
// last each hunk slides down as far as it goes, or to where it meets a hunk of
// the other side.
const (
	maxCost   = 256  // edits on the way to the middle; git guesses beyond, we give up
	maxRepeat = 1024 // matches from which a line is very frequent in any file
	around    = 100  // lines looked at around a very frequent one
	noiseRate = 4
)

// side is one side of a diff.
type side struct {
	class   []int  // of each line: equal lines have equal classes
	changed []bool // with one more that stays false
	kept    []int  // lines that take part in the comparison
}

// diff returns the hunks between two texts, in order. ok is false where that is
// too much work.
func diff(a, b []string) (hunks []hunk, ok bool) {
	x, y := classify(a, b)
	lo, hiX, hiY := x.ends(y)
	countX, countY := x.counts(), y.counts()
	x.keep(lo, hiX, countY)
	y.keep(lo, hiY, countX)
	p := &path{x: x, y: y}
	n := len(x.kept) + len(y.kept) + 3
	p.forward, p.backward, p.zero = make([]int, n+2), make([]int, n+2), len(y.kept)+1
	if !p.compare(0, len(x.kept), 0, len(y.kept)) {
		return nil, false
	}
	slide(x, y)
	slide(y, x)
	return script(x, y), true
}

// classify numbers equal lines alike.
func classify(a, b []string) (x, y *side) {
	ids := make(map[string]int, len(a))
	number := func(lines []string) *side {
		s := &side{class: make([]int, len(lines)), changed: make([]bool, len(lines)+1)}
		for i, l := range lines {
			id, ok := ids[l]
			if !ok {
				id = len(ids)
				ids[l] = id
			}
			s.class[i] = id
		}
		return s
	}
	return number(a), number(b)
}

// ends returns the first line that differs and the ends of what differs.
func (s *side) ends(o *side) (lo, hi, hiOther int) {
	n := min(len(s.class), len(o.class))
	for lo < n && s.class[lo] == o.class[lo] {
		lo++
	}
	tail := 0
	for tail < n-lo && s.class[len(s.class)-1-tail] == o.class[len(o.class)-1-tail] {
		tail++
	}
	return lo, len(s.class) - tail, len(o.class) - tail
}

func (s *side) counts() map[int]int {
	counts := make(map[int]int, len(s.class))
	for _, c := range s.class {
		counts[c]++
	}
	return counts
}

// How often the other side has a line.
type rarity int8

const (
	absent rarity = iota
	normal
	frequent
)

// keep fills in which lines of [lo, hi) are compared; the others are changed.
func (s *side) keep(lo, hi int, other map[int]int) {
	limit := min(roughRoot(len(s.class)), maxRepeat)
	rare := make([]rarity, hi-lo)
	for i := range rare {
		switch n := other[s.class[lo+i]]; {
		case n >= limit:
			rare[i] = frequent
		case n > 0:
			rare[i] = normal
		}
	}
	for i, r := range rare {
		if r == normal || r == frequent && !noise(rare, i) {
			s.kept = append(s.kept, lo+i)
		} else {
			s.changed[lo+i] = true
		}
	}
}

// noise reports whether a very frequent line stands among so many absent ones
// that matching it would only break up a hunk.
func noise(rare []rarity, i int) bool {
	run := func(step int) (none, many int) {
		many = 1
		for r := 1; r <= around; r++ {
			at := i + r*step
			if at < 0 || at >= len(rare) || rare[at] == normal {
				break
			}
			if rare[at] == absent {
				none++
			} else {
				many++
			}
		}
		return none, many
	}
	up, manyUp := run(-1)
	down, manyDown := run(1)
	if up == 0 || down == 0 {
		return false
	}
	none, many := up+down, manyUp+manyDown
	return many*noiseRate < many+none
}

// roughRoot is a power of two near the square root.
func roughRoot(n int) int {
	root := 1
	for ; n > 0; n >>= 2 {
		root <<= 1
	}
	return root
}

// path finds the shortest edit script of the kept lines. forward and backward
// hold the furthest points by diagonal.
type path struct {
	x, y              *side
	forward, backward []int
	zero              int // place of diagonal 0
}

func (p *path) same(i, j int) bool { return p.x.class[p.x.kept[i]] == p.y.class[p.y.kept[j]] }

// compare marks what changed between [x0, x1) and [y0, y1) of the kept lines.
func (p *path) compare(x0, x1, y0, y1 int) bool {
	for x0 < x1 && y0 < y1 && p.same(x0, y0) {
		x0, y0 = x0+1, y0+1
	}
	for x0 < x1 && y0 < y1 && p.same(x1-1, y1-1) {
		x1, y1 = x1-1, y1-1
	}
	if x0 == x1 || y0 == y1 {
		for ; x0 < x1; x0++ {
			p.x.changed[p.x.kept[x0]] = true
		}
		for ; y0 < y1; y0++ {
			p.y.changed[p.y.kept[y0]] = true
		}
		return true
	}
	x, y, ok := p.middle(x0, x1, y0, y1)
	return ok && p.compare(x0, x, y0, y) && p.compare(x, x1, y, y1)
}

// reach is the range of diagonals that one direction has got to.
type reach struct{ low, high int }

// grow widens a range by one on each side, within the box; at its edge it
// narrows, to keep the parity. The diagonals just outside get a value that is
// never chosen.
func (r *reach) grow(points []int, zero, least, most, never int) {
	if r.low > least {
		r.low--
		points[zero+r.low-1] = never
	} else {
		r.low++
	}
	if r.high < most {
		r.high++
		points[zero+r.high+1] = never
	} else {
		r.high--
	}
}

// middle finds a point that a shortest path goes through, from both ends at
// once.
func (p *path) middle(x0, x1, y0, y1 int) (x, y int, ok bool) {
	const never = int(^uint(0) >> 1)
	least, most := x0-y1, x1-y0
	f, b := reach{x0 - y0, x0 - y0}, reach{x1 - y1, x1 - y1}
	odd := (f.low-b.low)&1 != 0
	fw, bw, zero := p.forward, p.backward, p.zero
	fw[zero+f.low], bw[zero+b.low] = x0, x1
	for range maxCost {
		f.grow(fw, zero, least, most, -1)
		for d := f.high; d >= f.low; d -= 2 {
			x := fw[zero+d+1]
			if left := fw[zero+d-1]; left >= x {
				x = left + 1
			}
			for x < x1 && x-d < y1 && p.same(x, x-d) {
				x++
			}
			fw[zero+d] = x
			if odd && b.low <= d && d <= b.high && bw[zero+d] <= x {
				return x, x - d, true
			}
		}
		b.grow(bw, zero, least, most, never)
		for d := b.high; d >= b.low; d -= 2 {
			x := bw[zero+d-1]
			if right := bw[zero+d+1]; x >= right {
				x = right - 1
			}
			for x > x0 && x-d > y0 && p.same(x-1, x-d-1) {
				x--
			}
			bw[zero+d] = x
			if !odd && f.low <= d && d <= f.high && x <= fw[zero+d] {
				return x, x - d, true
			}
		}
	}
	return 0, 0, false
}

// script reads the hunks off the marks.
func script(x, y *side) []hunk {
	var out []hunk
	for i, j := 0, 0; i < len(x.class) || j < len(y.class); i, j = i+1, j+1 {
		h := hunk{a: i, b: j}
		for i < len(x.class) && x.changed[i] {
			i++
		}
		for j < len(y.class) && y.changed[j] {
			j++
		}
		if h.n, h.m = i-h.a, j-h.b; h.n > 0 || h.m > 0 {
			out = append(out, h)
		}
	}
	return out
}
