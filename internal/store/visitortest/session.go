package visitortest

import (
	"fmt"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/store"
)

func session(key string, end int) history.Session {
	return history.Session{Key: key, Forge: "github", Who: pull.Person{Login: "Ann", ID: 7}, Until: at(end + 100), Expires: at(end)}
}

// found reads a session at a second.
func found(t *testing.T, s Store, key string, second int) (history.Session, bool) {
	t.Helper()
	got, ok, err := s.Session(t.Context(), key, at(second))
	check(t, err)
	return got, ok
}

func sessionEnds(t *testing.T, s Store) {
	check(t, s.SaveSession(t.Context(), session("a", 10)))
	got, ok := found(t, s, "a", 9)
	same(t, "is there", true, ok)
	same(t, "session", session("a", 10), got)
	_, ok = found(t, s, "a", 10)
	same(t, "is there at its end", false, ok)
	moved := session("a", 10)
	moved.Expires = at(20)
	check(t, s.SaveSession(t.Context(), moved))
	got, ok = found(t, s, "a", 19)
	same(t, "is there after it was used", true, ok)
	same(t, "moved", moved, got)
	check(t, s.DropSession(t.Context(), "a"))
	check(t, s.DropSession(t.Context(), "a"))
	_, ok = found(t, s, "a", 1)
	same(t, "is there after it was ended", false, ok)
}

func sessionsBounded(t *testing.T, s Store) {
	for i := range history.MaxSessions + 3 {
		check(t, s.SaveSession(t.Context(), session(fmt.Sprint("k", i), 100+i)))
	}
	left := 0
	for i := range history.MaxSessions + 3 {
		if _, ok := found(t, s, fmt.Sprint("k", i), 1); ok {
			left++
			if i < 3 {
				t.Errorf("the session %d is left, and newer ones are not", i)
			}
		}
	}
	same(t, "left", history.MaxSessions, left)
}

func sessionsApart(t *testing.T, s Store) {
	other := session("b", 10)
	other.Who = pull.Person{Login: "bob", ID: 8}
	check(t, s.SaveSession(t.Context(), session("a", 10)))
	check(t, s.SaveSession(t.Context(), other))
	check(t, s.DropSession(t.Context(), "a"))
	got, ok := found(t, s, "b", 1)
	same(t, "the other one is there", true, ok)
	same(t, "the other one", other, got)
}

func sessionsPruned(t *testing.T, s Store) {
	check(t, s.SaveSession(t.Context(), session("old", 0)))
	check(t, s.SaveSession(t.Context(), session("new", 7200)))
	_, err := s.Prune(t.Context(), store.Keep{}, at(0).Add(90*time.Minute))
	check(t, err)
	_, old := found(t, s, "old", -1)
	_, fresh := found(t, s, "new", -1)
	same(t, "old, new", [2]bool{false, true}, [2]bool{old, fresh})
}
