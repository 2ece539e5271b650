package gate

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

// maxStatuses bounds the statuses that are kept.
const maxStatuses = 10_000

// saw notes who was looked up, and who of them is busy.
func (c *cache) saw(logins, busy []string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.people) > maxStatuses {
		clear(c.people)
	}
	for _, login := range logins {
		is := slices.ContainsFunc(busy, func(b string) bool { return pull.SameLogin(b, login) })
		c.people[strings.ToLower(login)] = status{is, now}
	}
}

// unseen gives those of the logins who were not looked up lately.
func (c *cache) unseen(logins []string, now time.Time) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(logins), func(login string) bool { return c.fresh(login, now) })
}

// busyOf gives those of the logins who were busy when they were looked up
// lately.
func (c *cache) busyOf(logins []string, now time.Time) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(logins), func(login string) bool {
		return !c.fresh(login, now) || !c.people[strings.ToLower(login)].busy
	})
}

func (c *cache) fresh(login string, now time.Time) bool {
	s, ok := c.people[strings.ToLower(login)]
	return ok && now.Sub(s.at) < statusHolds
}
