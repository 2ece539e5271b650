package snapshot

import (
	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxCandidates is how many people are looked up along with the sides of the
// files.
const maxCandidates = 50

// mayBeAsked returns the people who decide about the changed files, as far as they
// may be asked and it is not known whether they are busy.
func (g *Reader) mayBeAsked(l *Reading) []string {
	s := &l.Snapshot
	if s.Rules.Asking.Max == 0 || s.Request.Draft {
		return nil
	}
	var logins []string
	for _, o := range l.deciders {
		if o.Login != "" && !requests.Contains(logins, o.Login) && !pull.SameLogin(o.Login, s.Request.Author.Login) &&
			len(logins) < maxCandidates {
			logins = append(logins, o.Login)
		}
	}
	return g.Unseen(logins, s.Now)
}
