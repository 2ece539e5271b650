package queue

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/pull"
)

func candidate(forge, owner string, repo int64, number int, class Class) Candidate {
	r := pull.Repo{Forge: forge, Owner: owner, Name: fmt.Sprint("r", repo)}
	return Candidate{Repo: repo, Ref: pull.Ref{Repo: r, Number: number}, Class: class, Rank: int64(number)}
}

// crowd are waiting references of a repository.
func crowd(forge, owner string, repo int64, n int, class Class) []Candidate {
	var all []Candidate
	for i := range n {
		all = append(all, candidate(forge, owner, repo, i+1, class))
	}
	return all
}

func TestSharesOfThoseThatHang(t *testing.T) {
	t.Parallel()
	s := newShares(maxWorkers)
	var got []int
	for _, waiting := range [][]Candidate{
		crowd("a", "x", 1, 160, Fresh),
		crowd("a", "x", 2, 160, Fresh), // another repository of the owner
		crowd("a", "x", 3, 160, Fresh),
		crowd("a", "y", 4, 160, Fresh), // another owner
		crowd("b", "x", 5, 160, Fresh), // another forge
		crowd("c", "x", 6, 160, Fresh),
		crowd("A", "x", 7, 1, Fresh),
	} {
		got = append(got, len(s.choose(waiting)))
	}
	if diff := cmp.Diff([]int{8, 4, 2, 8, 8, 8, 1}, got); diff != "" {
		t.Errorf("workers (-want +got):\n%s", diff)
	}
}

func TestSharesOfWhatIsFound(t *testing.T) {
	t.Parallel()
	s := newShares(maxWorkers)
	if n := len(s.choose(crowd("a", "x", 1, 99, Found))); n != maxWorkers/2 {
		t.Errorf("what was found has %d workers", n)
	}
	if n := len(s.choose(crowd("a", "y", 2, 99, Preview))); n != maxPreviews {
		t.Errorf("%d previews at once", n)
	}
	fresh := crowd("a", "x", 1, 200, Fresh)[99:]
	if n := len(s.choose(fresh)); n != maxWorkers/2 {
		t.Errorf("events have %d workers beside it", n)
	}
}

// TestOneIsLeft holds that somebody who has no worker gets one, whoever came before, as
// long as fewer are at work on each level than share it.
func TestOneIsLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newShares(rapid.IntRange(1, 9).Draw(t, "each"))
		for range rapid.IntRange(0, 4).Draw(t, "greedy") {
			forge := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "forge")
			owner := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "owner")
			repo := rapid.Int64Range(1, 2).Draw(t, "repo")
			class := Class(rapid.IntRange(int(Revoke), int(Found)).Draw(t, "class"))
			first := s.total * 1000 // numbers that nobody has
			for i := range 200 {
				s.choose([]Candidate{candidate(forge, owner, repo, first+i, class)})
			}
		}
		within := s.total
		newcomer := candidate("c", "z", 9, 1, Fresh)
		if s.size(ofForge) > 4 && within >= s.size(ofForge) {
			t.Fatalf("two forges have all %d workers", within)
		}
		if s.size(ofForge) > 4 && len(s.choose([]Candidate{newcomer})) != 1 {
			t.Fatalf("a third forge gets none beside %d", within)
		}
	})
}

// TestTurns holds the order in which workers are given.
func TestTurns(t *testing.T) {
	t.Parallel()
	s := newShares(1)
	s.total = s.size(ofForge) - 1 // all but one are at work
	var order []string
	storm, calm := crowd("a", "x", 1, 6, Fresh),
		[]Candidate{candidate("a", "x", 2, 1, Fresh), candidate("a", "y", 3, 1, Found), candidate("b", "z", 4, 1, Revoke)}
	waiting := func() (all []Candidate) { // as a store tells
		for _, c := range append(append([]Candidate{}, storm...), calm...) {
			if !s.running[c.Ref] {
				all = append(all, c)
			}
		}
		return all
	}
	drop := func(from []Candidate, c Candidate) (left []Candidate) {
		for _, o := range from {
			if o.Ref != c.Ref {
				left = append(left, o)
			}
		}
		return left
	}
	for range 9 {
		c := s.choose(waiting())[0]
		order = append(order, fmt.Sprintf("%s#%d", c.Ref.Repo.Name, c.Ref.Number))
		storm, calm = drop(storm, c), drop(calm, c)
		s.take(c, -1)
	}
	if diff := cmp.Diff([]string{"r4#1", "r1#1", "r2#1", "r1#2", "r1#3", "r1#4", "r1#5", "r1#6", "r3#1"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// TestServedAreBounded holds that those whose turn is remembered are not too many.
func TestServedAreBounded(t *testing.T) {
	t.Parallel()
	s := newShares(1)
	for i := range maxServed {
		c := candidate("a", "x", int64(i), 1, Fresh)
		s.serve(c)
		s.take(c, -1)
	}
	if len(s.served) > maxServed+levels+1 || len(s.times) > maxServed {
		t.Errorf("%d and %d are remembered", len(s.served), len(s.times))
	}
}

// TestBusyOnesWaitForOthers holds that pull requests of one repository that have events
// all the time delay neither one that is new nor one that had none for long, and that new
// ones all the time keep none of those waiting.
func TestBusyOnesWaitForOthers(t *testing.T) {
	t.Parallel()
	s := newShares(1)
	busy := crowd("a", "x", 1, 40, Fresh)
	after := func(who Candidate, before func(i int) []Candidate) (served int) {
		for i := range 100 {
			c := s.choose(before(i))[0]
			s.take(c, -1)
			if c.Ref == who.Ref {
				return i
			}
		}
		return 100
	}
	for range 3 * len(busy) {
		c := s.choose(busy)[0]
		s.take(c, -1)
	}
	fresh := candidate("a", "x", 1, 41, Fresh)
	if n := after(fresh, func(int) []Candidate { return append(slices.Clone(busy), fresh) }); n > 1 {
		t.Errorf("a new one is behind %d busy ones", n)
	}
	old := busy[7]
	newcomers := func(i int) []Candidate {
		all := []Candidate{old}
		for n := range 40 {
			all = append(all, candidate("a", "x", 1, 100+i+n, Fresh))
		}
		return all
	}
	if n := after(old, newcomers); n > 1 {
		t.Errorf("one that waits is behind %d new ones", n)
	}
}

// TestSharesOfAHead holds that one of a head runs at a time, others of the repository
// beside it, and that a success of it is taken back at once.
func TestSharesOfAHead(t *testing.T) {
	t.Parallel()
	s := newShares(maxWorkers)
	twins := crowd("a", "x", 1, 9, Fresh)
	for i := range twins {
		twins[i].Head = "h"
	}
	other, elsewhere := candidate("a", "x", 1, 10, Fresh), candidate("a", "x", 2, 1, Fresh)
	other.Head, elsewhere.Head = "i", "h"
	waiting := append(slices.Clone(twins), other, elsewhere)
	chosen := s.choose(waiting)
	if diff := cmp.Diff([]Candidate{twins[0], elsewhere, other}, chosen); diff != "" {
		t.Errorf("chosen (-want +got):\n%s", diff)
	}
	if more := s.choose(waiting); len(more) > 0 {
		t.Errorf("beside it, of its head: %v", more)
	}
	success := twins[4]
	success.Class = Revoke
	if got := s.choose(append([]Candidate{success}, twins...)); len(got) != 1 {
		t.Errorf("a success is taken back beside it: %v", got)
	}
	s.take(twins[0], -1)
	s.take(success, -1)
	if got := s.choose(twins[1:]); len(got) != 1 {
		t.Errorf("after it: %v", got)
	}
	if len(s.heads) != 3 {
		t.Errorf("heads that run: %v", s.heads)
	}
}
