package forgetest

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// Cast is who and what a forge in memory begins with.
type Cast struct {
	Repo            string // as "acme/linux"
	People          []string
	Owners, Members []string // of the organisation
	Teams           []fake.Team
	Roles           map[string]string // in the repository, by login
	// Files are the repository's first commit, which the first owner writes.
	Files map[string]string
	// Installed has the App installed in the organisation.
	Installed bool
}

// Players are whom stories know: alice (mm), bob (fs), carol (fallback), dave (author), erin
// (of team acme/fs), and mallory, a stranger.
func Players() Cast {
	return Cast{
		People: []string{"alice", "bob", "carol", "dave", "erin", "mallory"},
		Owners: []string{"carol"}, Members: []string{"alice", "bob", "erin"},
		Teams: []fake.Team{{Org: "acme", Slug: "fs", Name: "fs", Members: []string{"erin"}}},
		Roles: map[string]string{"alice": "write", "bob": "write", "carol": "write", "erin": "write"},
	}
}

// Enter has a cast on a forge on which nothing happened yet, and gives the repository. Of
// its name the first part is the organisation's.
func (c Cast) Enter(forge *fake.Forge) (*fake.Repo, error) {
	org, name, _ := strings.Cut(c.Repo, "/")
	if err := errors.Join(forge.AddUsers(c.People...), forge.AddOrg(org, c.Owners, c.Members)); err != nil {
		return nil, err
	}
	for _, team := range c.Teams {
		if err := forge.AddTeam(team); err != nil {
			return nil, err
		}
	}
	repo, err := forge.AddRepo(fake.RepoOptions{Owner: org, Name: name})
	if err != nil {
		return nil, err
	}
	for _, login := range slices.Sorted(maps.Keys(c.Roles)) {
		if err := repo.SetCollaborator(login, c.Roles[login]); err != nil {
			return nil, err
		}
	}
	_, err = repo.Commit(fake.Change{Author: c.Owners[0], Message: "Start", Files: Texts(c.Files)})
	return repo, err
}

// Texts makes regular files of texts, by path.
func Texts(texts map[string]string) map[string]*fake.File {
	out := make(map[string]*fake.File, len(texts))
	for path, text := range texts {
		out[path] = &fake.File{Content: text}
	}
	return out
}
