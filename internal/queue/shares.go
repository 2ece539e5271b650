package queue

import (
	"cmp"
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
	served  map[string]int64  // the last turn of owners and repositories
	running map[pull.Ref]bool // also if the claim was lost
}

type usage map[string]int

// maxPreviews is how many previews run at once: they decide nothing, and cost the
// most. Others wait.
const maxPreviews = 1

// maxServed bounds whose last turn is remembered; beyond it all begin anew.
const maxServed = 10_000

func newShares(each int) *shares {
	s := &shares{each: each, served: map[string]int64{}, running: map[pull.Ref]bool{}}
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

// may tells whether a reference may have a worker.
func (s *shares) may(c Candidate) bool {
	if s.running[c.Ref] || c.Class == Preview && s.preview >= maxPreviews {
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

// take notes that a reference has a worker; by is 1, or -1 when it has it no more.
func (s *shares) take(ref pull.Ref, class Class, by int) {
	s.total += by
	for l, name := range names(ref) {
		s.held[l].add(name, by)
		if class >= Found {
			s.found[l].add(name, by)
		}
	}
	if class == Preview {
		s.preview += by
	}
	if by > 0 {
		s.running[ref] = true
	} else {
		delete(s.running, ref)
	}
}

func (u usage) add(name string, by int) {
	if u[name] += by; u[name] <= 0 {
		delete(u, name)
	}
}

// choose gives those of the waiting that get a worker now, and notes that they have
// it. waiting holds each repository's in its order, one repository after the other.
func (s *shares) choose(waiting []Candidate) []Candidate {
	var lines [][]Candidate
	for start, i := 0, 1; i <= len(waiting); i++ {
		if i == len(waiting) || waiting[i].Repo != waiting[start].Repo {
			lines = append(lines, waiting[start:i])
			start = i
		}
	}
	var chosen []Candidate
	for {
		best := -1
		for i := range lines {
			for len(lines[i]) > 0 && s.running[lines[i][0].Ref] {
				lines[i] = lines[i][1:]
			}
			if len(lines[i]) > 0 && s.may(lines[i][0]) && (best < 0 || s.before(lines[i][0], lines[best][0])) {
				best = i
			}
		}
		if best < 0 {
			return chosen
		}
		c := lines[best][0]
		lines[best] = lines[best][1:]
		s.serve(c)
		chosen = append(chosen, c)
	}
}

// before tells whether a goes before b: by class, then whose forge, owner and
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
	s.take(c.Ref, c.Class, 1)
	s.turn++
	if len(s.served) > maxServed {
		clear(s.served)
	}
	for _, name := range names(c.Ref) {
		s.served[name] = s.turn
	}
}

// without leaves out the work of some forges.
func without(forges []string, waiting []Candidate) []Candidate {
	if len(forges) == 0 {
		return waiting
	}
	return slices.DeleteFunc(waiting, func(c Candidate) bool { return slices.Contains(forges, c.Ref.Repo.Forge) })
}
