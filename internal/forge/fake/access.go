package fake

import "slices"

// level is what an account may do in a repository.
type level int

// The levels of access, in GitHub's order.
const (
	none level = iota
	read
	triage
	write
	maintain
	admin
)

// The names of levels as roles, and as the keys of GitHub's permission maps.
func roleNames() []string { return []string{"none", "read", "triage", "write", "maintain", "admin"} }
func grantNames() []string {
	return []string{"none", "pull", "triage", "push", "maintain", "admin"}
}

// parseLevel reads a level by either of its names.
func parseLevel(name string) (level, bool) {
	i := max(slices.Index(roleNames(), name), slices.Index(grantNames(), name))
	return level(max(i, 0)), i >= 0
}

// legacy is the permission in the four words that GitHub had before roles.
func (l level) legacy() string {
	switch {
	case l == triage:
		return "read"
	case l == maintain:
		return "write"
	}
	return roleNames()[l]
}

func (l level) grants() obj {
	out := obj{}
	for i, name := range grantNames()[1:] {
		out[name] = int(l) > i
	}
	return out
}

type grant struct {
	who *account
	lvl level
}

type teamGrant struct {
	team *team
	lvl  level
}

// granted is what an account was given in a repository: as owner, as member of
// the owning organisation, as collaborator or through a team. It leaves aside
// that everyone reads public repositories.
func (r *Repo) granted(a *account) level {
	if a == nil || a.deleted {
		return none
	}
	if r.owner == a {
		return admin
	}
	out := none
	switch r.owner.role(a) {
	case "admin":
		return admin
	case "member":
		out = read
	}
	for _, g := range r.collaborators {
		if g.who == a {
			out = max(out, g.lvl)
		}
	}
	for _, g := range r.teams {
		if slices.Contains(r.forge.membersOf(g.team), a) {
			out = max(out, g.lvl)
		}
	}
	return out
}

// access is what an account may do in a repository.
func (r *Repo) access(a *account) level {
	out := r.granted(a)
	if !r.private {
		out = max(out, read)
	}
	return out
}

// association is an account's author_association.
func (r *Repo) association(a *account) string {
	switch {
	case a == nil || a.deleted:
		return "NONE"
	case r.owner == a:
		return "OWNER"
	case r.owner.role(a) != "":
		return "MEMBER"
	case r.granted(a) > none:
		return "COLLABORATOR"
	}
	for _, p := range r.pulls {
		if p.author == a && p.merged() {
			return "CONTRIBUTOR"
		}
	}
	return "NONE"
}
