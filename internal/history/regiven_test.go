package history

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestRegiven holds that a review which was taken back and given anew is one of its own, and
// that to number reviews once more changes nothing.
func TestRegiven(t *testing.T) {
	t.Parallel()
	m := &PullHistory{}
	look := func(sighting int, numbers ...int64) (ids []int64, gone int) {
		reviews := make([]pull.Review, len(numbers))
		for i, n := range numbers {
			reviews[i] = pull.Review{ID: n * Givings, State: pull.Approved}
		}
		m.Regiven(reviews, sighting)
		back := m.Regiven(reviews, sighting)
		m.Sights = append(m.Sights, back...)
		for _, r := range reviews {
			ids = append(ids, r.ID)
			if !m.SawReview(r.ID) {
				m.Sights = append(m.Sights, pull.Sight{Review: r.ID, State: r.State, In: sighting})
			}
		}
		return ids, len(back)
	}
	for i, c := range []struct {
		there []int64
		want  []int64
		gone  int
	}{
		{[]int64{1, 2}, []int64{Givings, 2 * Givings}, 0},
		{[]int64{1}, []int64{Givings}, 1},
		{[]int64{1}, []int64{Givings}, 0},
		{[]int64{2, 1}, []int64{2*Givings + 1, Givings}, 0},
		{nil, nil, 2},
		{[]int64{1, 2}, []int64{Givings + 1, 2*Givings + 2}, 0},
	} {
		ids, gone := look(i+1, c.there...)
		if gone != c.gone || len(ids) != len(c.want) {
			t.Fatalf("look %d: %v, %d gone", i+1, ids, gone)
		}
		for k := range ids {
			if ids[k] != c.want[k] {
				t.Errorf("look %d: %v, want %v", i+1, ids, c.want)
			}
		}
	}
	m = &PullHistory{Sights: []pull.Sight{{Review: 7, State: pull.Spoken}, {Review: 8, State: pull.Dismissed}}}
	if gone := m.Regiven(nil, 1); gone != nil {
		t.Errorf("comments and dismissed reviews are told as taken back: %v", gone)
	}
}

// TestRegivenForEver holds that one who goes on giving and taking back never gets the number
// of somebody else.
func TestRegivenForEver(t *testing.T) {
	t.Parallel()
	m := &PullHistory{}
	for n := range int64(2 * Givings) {
		m.Sights = append(m.Sights, pull.Sight{Review: Givings + min(n, Givings-1), State: pull.Withdrawn})
	}
	reviews := []pull.Review{{ID: Givings}}
	if m.Regiven(reviews, 1); reviews[0].ID != 2*Givings-1 {
		t.Errorf("%d", reviews[0].ID)
	}
}

// TestRegivenOtherwise holds that what somebody gave is not taken for given anew where a forge tells
// their account by another number, by none, or under another login; and that what somebody else gives
// who took the login is not mixed up with what is there.
func TestRegivenOtherwise(t *testing.T) {
	t.Parallel()
	of := func(number int64, login string, id int64) pull.Review {
		return pull.Review{ID: number * Givings, State: pull.Approved, Author: pull.Person{Login: login, ID: id}}
	}
	m := &PullHistory{Sights: []pull.Sight{{Review: Givings, State: pull.Approved, By: pull.Person{Login: "alice", ID: 5}}}}
	for name, r := range map[string]pull.Review{
		"as before": of(1, "alice", 5), "no number": of(2, "alice", 0), "another number": of(3, "Alice", 77), "another login": of(4, "alicia", 5),
	} {
		reviews := []pull.Review{r}
		if gone := m.Regiven(reviews, 2); reviews[0].ID != Givings || gone != nil {
			t.Errorf("%s: %d, gone: %v", name, reviews[0].ID, gone)
		}
	}
	reviews := []pull.Review{of(1, "alicia", 5), of(6, "alice", 6), of(7, "bob", 7)}
	if gone := m.Regiven(reviews, 2); reviews[0].ID != Givings || reviews[1].ID != 6*Givings || reviews[2].ID != 7*Givings || gone != nil {
		t.Errorf("%v, gone: %v", reviews, gone)
	}
	m.Sights = append(m.Sights, m.Regiven(nil, 3)...)
	reviews = []pull.Review{of(6, "alice", 6)}
	if m.Regiven(reviews, 4); reviews[0].ID != 6*Givings {
		t.Errorf("what was taken back goes on: %v", reviews)
	}
}
