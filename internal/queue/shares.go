package queue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Who shares the workers, from the widest to the narrowest: the forges share the
// process, the owners a forge, and the repositories an owner. An owner stands for
// an installation, which has a rate limit of its own.
const (
	ofForge = iota
	ofOwner
	ofRepo
	levels
)

// shares says who may have one more worker. On each level somebody who has some
// gets no more than is then left to others, so that there is always one for whoever
// comes next, however long the others hang: of 64 workers a forge has 32 at most, an
// owner 16 and a repository 8, and a second forge that hangs as well has 16.
type shares struct {
	each    int           // workers of a repository, if it is alone
	held    [levels]usage // by name
	total   int
	found   [levels]usage // of these, what no event asked for
	preview int
	turn    int64             // goes up with each that is served
	served  map[string]int64  // the last turn of owners, repositories and references
	times   map[string]int    // how often a repository was
	running map[pull.Ref]bool // also if the claim was lost
	heads   usage             // runs that hold a head, by repository and head
}

type usage map[string]int

// maxPreviews is how many previews run at once: they decide nothing, and cost the
// most. Others wait.
const maxPreviews = 1

// maxServed bounds whose last turn is remembered; beyond it all begin anew.
const maxServed = 10_000

// maxAhead is how many of a repository's waiting are looked at. What is beyond comes
// when its turn does.
const maxAhead = 256

func newShares(each int) *shares {
	s := &shares{each: each, served: map[string]int64{}, times: map[string]int{}, running: map[pull.Ref]bool{}, heads: usage{}}
	for l := range levels {
		s.held[l], s.found[l] = usage{}, usage{}
	}
	return s
}

// names are a reference's on each level. Forges compare names without case.
func names(ref pull.Ref) [levels]string {
	owner := ref.Repo.Forge + "\n" + strings.ToLower(ref.Repo.Owner)
	return [levels]string{ref.Repo.Forge, owner, owner + "\n" + strings.ToLower(ref.Repo.Name)}
}

// size is how many workers those of a level share.
func (s *shares) size(level int) int { return s.each << (levels - level) }

// may reports whether a reference may have a worker.
func (s *shares) may(c Candidate) bool {
	if s.waits(c) || c.Class == Preview && s.preview >= maxPreviews {
		return false
	}
	within := s.total
	for l, name := range names(c.Ref) {
		has, free := s.held[l][name], s.size(l)-within
		if free < 1 || has > 0 && has+2 > free {
			return false
		}
		// What no event asked for leaves half to events of the same repository.
		if c.Class >= Found && s.found[l][name] >= max(1, s.size(l)/4) {
			return false
		}
		within = has
	}
	return true
}

// waits reports whether a reference has to wait for a run that is under way: its own, or
// that of another one of its head. Whoever is judged first is judged for all of a head,
// so that the others take little then, and anybody can open many of one head. A success
// is taken back whoever runs.
func (s *shares) waits(c Candidate) bool {
	return s.running[c.Ref] || c.Class > Revoke && s.heads[headOf(c)] > 0
}

// headOf is the name of a candidate's head; empty where it is not known.
func headOf(c Candidate) string {
	if c.Head == "" {
		return ""
	}
	return names(c.Ref)[ofRepo] + "\n" + c.Head
}

// take notes that a candidate has a worker; by is 1, or -1 when it has it no more.
func (s *shares) take(c Candidate, by int) {
	s.total += by
	for l, name := range names(c.Ref) {
		s.held[l].add(name, by)
		if c.Class >= Found {
			s.found[l].add(name, by)
		}
	}
	if c.Class == Preview {
		s.preview += by
	}
	if head := headOf(c); head != "" {
		s.heads.add(head, by)
	}
	if by > 0 {
		s.running[c.Ref] = true
	} else {
		delete(s.running, c.Ref)
	}
}

func (u usage) add(name string, by int) {
	if u[name] += by; u[name] <= 0 {
		delete(u, name)
	}
}

// choose returns those of the waiting that get a worker now, and notes that they have
// it. waiting holds each repository's in its order, one repository after the other.
func (s *shares) choose(waiting []Candidate) []Candidate {
	var lines [][]Candidate
	for start, i := 0, 1; i <= len(waiting); i++ {
		if i == len(waiting) || waiting[i].Repo != waiting[start].Repo {
			line := slices.DeleteFunc(slices.Clone(waiting[start:i]), s.waits)
			lines = append(lines, line)
			start = i
		}
	}
	var chosen []Candidate
	for {
		best := -1
		for i := range lines {
			if len(lines[i]) > 0 && s.may(lines[i][0]) && (best < 0 || s.before(lines[i][0], lines[best][0])) {
				best = i
			}
		}
		if best < 0 {
			return chosen
		}
		next := s.next(lines[best])
		c := lines[best][next]
		s.serve(c)
		lines[best] = slices.DeleteFunc(lines[best], s.waits)
		chosen = append(chosen, c)
	}
}

// next returns whose turn it is of a repository's waiting. Of those with an event it is, in
// turn, the one that waits for the longest and the one that was served longest ago, or
// never: so a stranger who keeps many pull requests busy delays no other, and one who
// opens new ones all the time keeps no old one waiting.
func (s *shares) next(line []Candidate) int {
	first, oldest := line[0], 0
	if first.Class >= Found || s.times[names(first.Ref)[ofRepo]]%2 == 0 {
		return 0
	}
	for i, c := range line {
		if c.Class == first.Class && s.served[nameOf(c.Ref)] < s.served[nameOf(line[oldest].Ref)] {
			oldest = i
		}
	}
	return oldest
}

// nameOf is a reference's among those that were served.
func nameOf(ref pull.Ref) string { return fmt.Sprint(names(ref)[ofRepo], "\n", ref.Number) }

// before reports whether a goes before b: by class, then whose forge, owner and
// repository has fewer workers, then who was served longer ago, then who came first.
func (s *shares) before(a, b Candidate) bool {
	if a.Class != b.Class {
		return a.Class < b.Class
	}
	x, y := names(a.Ref), names(b.Ref)
	for l := range levels {
		if x[l] == y[l] {
			continue
		}
		if order := cmp.Or(cmp.Compare(s.held[l][x[l]], s.held[l][y[l]]), cmp.Compare(s.served[x[l]], s.served[y[l]])); order != 0 {
			return order < 0
		}
	}
	return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Ref.Number, b.Ref.Number)) < 0
}

func (s *shares) serve(c Candidate) {
	s.take(c, 1)
	s.turn++
	if len(s.served) > maxServed {
		clear(s.served)
		clear(s.times)
	}
	all := names(c.Ref)
	for _, name := range append(all[:], nameOf(c.Ref)) {
		s.served[name] = s.turn
	}
	s.times[all[ofRepo]]++
}

// without leaves out the work of some forges.
func without(forges []string, waiting []Candidate) []Candidate {
	if len(forges) == 0 {
		return waiting
	}
	return slices.DeleteFunc(waiting, func(c Candidate) bool { return slices.Contains(forges, c.Ref.Repo.Forge) })
}
