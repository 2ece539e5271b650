package history

import (
	"context"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// MaxSessions is how many sessions one account has at most: the oldest end for newer ones.
const MaxSessions = 20

// Session is somebody who signed in to look at pages.
type Session struct {
	Key     string // a hash of what the browser has
	Forge   string // configured name
	Who     pull.Person
	Until   time.Time // the end, however much it is used
	Expires time.Time // the end unless it is used before
}

// Sessions keeps who is signed in. No secret is kept: whoever reads the table can't act as
// anybody in it.
type Sessions interface {
	// Session returns one that has not expired; false if there is none.
	Session(ctx context.Context, key string, now time.Time) (Session, bool, error)
	// SaveSession adds a session, or moves the end of one.
	SaveSession(ctx context.Context, s Session) error
	// DropSession ends one; one that is not there is no error.
	DropSession(ctx context.Context, key string) error
}
