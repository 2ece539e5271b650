// Package availability keeps for a while what forges told of people: who is busy, and whose
// account is gone.
//
// It promises nothing of whom no forge told anything, and that no more people are kept than
// there is room for. Asking the forge, and what follows from an answer, are left to others.
package availability

import (
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// For how long what somebody's status says is taken for granted, that their account is there,
// and that it is gone: the latter lets others decide in their place, and it may come back.
const (
	busyFor  = 15 * time.Minute
	thereFor = 24 * time.Hour
	goneFor  = time.Hour
)

// maxStatuses is how many people are kept; beyond it all are forgotten, and asked for again.
const maxStatuses = 10_000

// Book keeps what was told. It is safe for concurrent use.
type Book struct {
	people turns.Kept[string, status] // by login in lower case
}

// status is what was told of somebody; the zero status: nothing.
type status struct {
	busy bool
	Account
}

// Account is whether an account is gone, and when that was told; the zero Account: nothing
// was told of it.
type Account struct {
	Gone bool
	At   time.Time
}

// New makes an empty book.
func New() *Book { return &Book{turns.Kept[string, status]{Most: maxStatuses}} }

// Saw notes who was looked up, and what was found out of them.
func (b *Book) Saw(people seam.Availability, now time.Time) {
	in := func(list []string, login string) bool {
		return slices.ContainsFunc(list, func(l string) bool { return pull.SameLogin(l, login) })
	}
	for _, login := range people.Seen {
		b.people.Keep(strings.ToLower(login), status{in(people.Busy, login), Account{in(people.Gone, login), now}})
	}
}

// Doubt has people looked up again before anything is said of them: the forge does not take
// them as it should.
func (b *Book) Doubt(logins []string) {
	for _, login := range logins {
		b.people.Keep(strings.ToLower(login), status{})
	}
}

// Unseen returns those of the logins who were not looked up lately.
func (b *Book) Unseen(logins []string, now time.Time) []string {
	return slices.DeleteFunc(slices.Clone(logins), func(login string) bool {
		_, fresh := b.lately(login, now)
		return fresh
	})
}

// BusyOf returns those of the logins who were busy when they were looked up
// lately.
func (b *Book) BusyOf(logins []string, now time.Time) []string {
	return slices.DeleteFunc(slices.Clone(logins), func(login string) bool {
		s, fresh := b.lately(login, now)
		return !fresh || !s.busy
	})
}

func (b *Book) lately(login string, now time.Time) (s status, fresh bool) {
	s, ok := b.people.Get(strings.ToLower(login))
	return s, ok && now.Sub(s.At) < busyFor
}

// Account returns what was last told of somebody's account.
func (b *Book) Account(login string) Account {
	s, _ := b.people.Get(strings.ToLower(login))
	return s.Account
}

// Holds reports whether what was told of an account is still believed.
func (a Account) Holds(now time.Time) bool {
	if a.Gone {
		return now.Sub(a.At) < goneFor
	}
	return now.Sub(a.At) < thereFor
}
