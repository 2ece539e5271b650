package snapshot

import (
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxCandidates is how many people are looked up along with the sides of the
// files.
const maxCandidates = 50

// mayBeAsked returns the people who decide about the changed files, as far as it is not
// known whether they are busy, or whether they are there at all.
func (g *Reader) mayBeAsked(l *Reading) []string {
	logins := named(l)
	return g.Unseen(logins[:min(len(logins), maxCandidates)], l.Snapshot.Now)
}

// named are the people who decide about the changed files and are named by login, each
// once; the author and bots are not.
func named(l *Reading) []string {
	var logins []string
	seen := map[string]bool{strings.ToLower(l.Snapshot.Request.Author.Login): true, "": true}
	for _, o := range l.deciders {
		if key := strings.ToLower(o.Login); !seen[key] && !o.Bot && !pull.BotLogin(key) {
			seen[key] = true
			logins = append(logins, o.Login)
		}
	}
	return logins
}
