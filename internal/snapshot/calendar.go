package snapshot

import (
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// status is whether somebody said that they are busy.
type status struct {
	busy bool
	at   time.Time
}

// statusHolds is how long a status is taken for granted.
const statusHolds = 15 * time.Minute

// Saw notes who was looked up, and who of them is busy.
func (g *Reader) Saw(logins, busy []string, now time.Time) {
	for _, login := range logins {
		is := slices.ContainsFunc(busy, func(b string) bool { return pull.SameLogin(b, login) })
		g.cache.people.Keep(strings.ToLower(login), status{is, now})
	}
}

// Unseen returns those of the logins who were not looked up lately.
func (g *Reader) Unseen(logins []string, now time.Time) []string {
	return slices.DeleteFunc(slices.Clone(logins), func(login string) bool {
		s, ok := g.cache.people.Get(strings.ToLower(login))
		return ok && s.fresh(now)
	})
}

// BusyOf returns those of the logins who were busy when they were looked up
// lately.
func (g *Reader) BusyOf(logins []string, now time.Time) []string {
	return slices.DeleteFunc(slices.Clone(logins), func(login string) bool {
		s, ok := g.cache.people.Get(strings.ToLower(login))
		return !ok || !s.fresh(now) || !s.busy
	})
}

func (s status) fresh(now time.Time) bool { return now.Sub(s.at) < statusHolds }
