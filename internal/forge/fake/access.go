package fake

import "slices"

// Level is what an account may do in a repository.
type Level int

// The levels of access, each with what those before it may.
const (
	None Level = iota
	Read
	Triage
	Write
	Maintain
	Admin
)

// levelNames are the names of the levels, in their order.
func levelNames() []string { return []string{"none", "read", "triage", "write", "maintain", "admin"} }

func (l Level) String() string { return levelNames()[l] }

func parseLevel(name string) (Level, bool) {
	i := slices.Index(levelNames(), name)
	return Level(max(i, 0)), i >= 0
}

type grant struct {
	who *Account
	lvl Level
}

// TeamGrant is what a team may do in a repository.
type TeamGrant struct {
	Team  *TeamRecord
	Level Level
}

// Granted is what an account was given in a repository: as owner, as member of
// the owning organisation, as collaborator or through a team. It leaves aside
// that everyone reads public repositories. Under the lock.
func (r *Repo) Granted(a *Account) Level {
	if a == nil || a.Deleted {
		return None
	}
	if r.Owner == a {
		return Admin
	}
	out := None
	switch r.Owner.Role(a) {
	case "admin":
		return Admin
	case "member":
		out = Read
	}
	for _, g := range r.collaborators {
		if g.who == a {
			out = max(out, g.lvl)
		}
	}
	for _, g := range r.Teams {
		if slices.Contains(r.forge.MembersOf(g.Team), a) {
			out = max(out, g.Level)
		}
	}
	return out
}

// Access is what an account may do in a repository; under the lock.
func (r *Repo) Access(a *Account) Level {
	out := r.Granted(a)
	if !r.Private {
		out = max(out, Read)
	}
	return out
}
