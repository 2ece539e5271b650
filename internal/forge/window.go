package forge

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Window is how many requests of a kind may be sent within some time.
//
// What is free of it is shared out, so that no storm uses up what another one needs: a
// repository may have up to repoShare times as many places as it leaves free, and within
// that a pull request no more than it leaves free to the others of its repository. Alone, a
// repository gets four fifths and a pull request two fifths of all places; of
// several with much to write each gets as much; and whoever writes little finds room.
// What is urgent passes over this, and has the spare places for itself.
type Window struct {
	Counts func(*http.Request) bool
	Most   int
	Over   time.Duration // such as a minute
	Spare  int           // of Most, that only what is urgent may take
	// Unshared gives what is free to whoever comes first: there are too few places for a share
	// of them to be enough for anything.
	Unshared bool
	// More tells how many places there are beyond Most just now, as others leave them; nil: none.
	More func(now time.Time) int

	sent []place // the last ones, by time
}

// repoShare is how many places a repository may have for each that it leaves free: four,
// as most installations have one busy repository, and a fifth is enough for the first
// words to all others.
const repoShare = 4

// places is how many requests may be sent just now within the window's time.
func (w *Window) places(now time.Time) int {
	if w.More == nil {
		return w.Most
	}
	return w.Most + w.More(now)
}

// free returns the earliest time, not before at, at which one more may be sent. Places
// that are still to come count from now on.
func (w *Window) free(at time.Time, most int, who Asker) time.Time {
	if !who.urgent {
		most = max(most-w.Spare*most/max(w.Most, 1), 1)
	}
	total, repo, pull := 0, 0, 0
	count := func(s place, n int) {
		total += n
		if s.repo == who.repo {
			repo += n
			if s.pull == who.pull {
				pull += n
			}
		}
	}
	for _, s := range w.sent {
		if s.at.Add(w.Over).After(at) {
			count(s, 1)
		}
	}
	for _, s := range w.sent {
		end := s.at.Add(w.Over)
		if !end.After(at) {
			continue
		}
		if total < most && (who.urgent || w.Unshared || who.repo == "" || fair(most, total, repo, pull)) {
			break
		}
		count(s, -1)
		at = end
	}
	return at
}

// fair reports whether a pull request may have one place more of so many: its repository
// has repo of the total that are taken, and it has pull of those.
func fair(most, total, repo, pull int) bool {
	// What the repository may still take is its share of what others leave, less its own.
	left := repoShare*(most-(total-repo)) - (repoShare+1)*repo // in parts of repoShare+1
	return (repoShare+1)*pull < left
}

// Asker is whom requests are for.
type Asker struct {
	repo   string // empty where that is not known
	pull   int    // its number; 0 for the repository as a whole
	urgent bool
}

type askerKey struct{}

// AskerOf is the asker for a pull request.
func AskerOf(ref pull.Ref) Asker {
	return Asker{repo: strings.ToLower(ref.Repo.String()), pull: ref.Number}
}

// For says what requests of a context are for: a pull request, or a repository where the
// number is 0. They leave room for others (Pace).
func For(ctx context.Context, ref pull.Ref) context.Context {
	who := AskerOf(ref)
	who.urgent = askerOf(ctx).urgent
	return context.WithValue(ctx, askerKey{}, who)
}

// Urgent says that requests of a context go first: they take back what must not stand.
func Urgent(ctx context.Context) context.Context {
	who := askerOf(ctx)
	who.urgent = true
	return context.WithValue(ctx, askerKey{}, who)
}

// IsUrgent reports whether requests of a context are.
func IsUrgent(ctx context.Context) bool { return askerOf(ctx).urgent }

func askerOf(ctx context.Context) Asker {
	who, _ := ctx.Value(askerKey{}).(Asker)
	return who
}
