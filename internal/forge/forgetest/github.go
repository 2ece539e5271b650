package forgetest

import (
	"errors"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// GitHub is a forge in memory behind a listener that serves it as GitHub, with an
// organisation and a repository of it.
type GitHub struct {
	*fakegithub.Server
	HTTP *httptest.Server
	Repo *fake.Repo
}

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

// NewGitHub serves a forge on which nothing happened yet as GitHub. It ends with the test.
func NewGitHub(t testing.TB, forge *fake.Forge, o fakegithub.Options, c Cast) GitHub {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	server, err := fakegithub.New(forge, o)
	check(err)
	w := GitHub{Server: server, HTTP: httptest.NewServer(server)}
	t.Cleanup(func() { w.HTTP.Close(); w.Close() })
	w.SetURL(w.HTTP.URL)
	w.Repo, err = c.Enter(forge)
	check(err)
	if c.Installed {
		_, err = w.Install(w.Repo.Owner.Login)
		check(err)
	}
	return w
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
