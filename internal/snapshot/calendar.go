package snapshot

import (
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// status is whether somebody said that they are busy, or whether their account is gone.
type status struct {
	busy, gone bool
	at         time.Time
}

// statusHolds is how long a status is taken for granted.
const statusHolds = 15 * time.Minute

// Saw notes who was looked up, and what was found out of them.
func (g *Reader) Saw(people seam.Availability, now time.Time) {
	for _, login := range people.Seen {
		g.cache.people.Keep(strings.ToLower(login),
			status{busy: requests.Contains(people.Busy, login), gone: requests.Contains(people.Gone, login), at: now})
	}
}

// Doubt has people looked up again before anything is said of them: the forge does not take
// them as it should.
func (g *Reader) Doubt(logins []string) {
	for _, login := range logins {
		g.cache.people.Keep(strings.ToLower(login), status{})
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
