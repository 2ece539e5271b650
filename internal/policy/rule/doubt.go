package rule

import (
	"maps"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Doubtful returns the logins, in lower case and order, of people whose word counts for
// want of knowing better: they took an override back or hold the request by a comment,
// and a team that they might be of could not be read.
func Doubtful(s policy.Snapshot) []string {
	unread := false
	for _, t := range s.Teams {
		unread = unread || t.Unread != ""
	}
	if !unread {
		return nil
	}
	e := &evaluation{s: s, rules: s.Rules}
	logins := map[string]bool{}
	doubt := func(p pull.Person) {
		if p.Login != "" && !e.mayEver(p) {
			logins[strings.ToLower(p.Login)] = true
		}
	}
	for _, c := range s.Cancels {
		doubt(c.Who)
	}
	for _, c := range comments(&s) {
		if slices.ContainsFunc(commands(&s, c.Body),
			func(c command.Command) bool { return c.Verb == command.VerbCancel || c.Verb == command.VerbHold }) {
			doubt(c.Author)
		}
	}
	return slices.Sorted(maps.Keys(logins))
}

// powerless reports whether the forge certainly says of somebody that they may not write.
func (e *evaluation) powerless(p pull.Person) bool {
	return p.Login != "" && slices.Contains(e.s.Powerless, strings.ToLower(p.Login))
}
