package forgetest

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// World is a forge in memory behind a listener that serves it as GitHub, with an
// organisation and a repository of it.
type World struct {
	*fakegithub.Server
	HTTP *httptest.Server
	Repo *fake.Repo
}

// Cast is who and what a World begins with.
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

// NewWorld makes a world on a forge on which nothing happened yet. It ends with the test.
func NewWorld(t testing.TB, forge *fake.Forge, o fakegithub.Options, c Cast) World {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	server, err := fakegithub.New(forge, o)
	check(err)
	w := World{Server: server, HTTP: httptest.NewServer(server)}
	t.Cleanup(func() { w.HTTP.Close(); w.Close() })
	w.SetURL(w.HTTP.URL)
	org, name, _ := strings.Cut(c.Repo, "/")
	check(w.AddUsers(c.People...))
	check(w.AddOrg(org, c.Owners, c.Members))
	for _, team := range c.Teams {
		check(w.AddTeam(team))
	}
	w.Repo, err = w.AddRepo(fake.RepoOptions{Owner: org, Name: name})
	check(err)
	for _, login := range slices.Sorted(maps.Keys(c.Roles)) {
		check(w.Repo.SetCollaborator(login, c.Roles[login]))
	}
	_, err = w.Repo.Commit(fake.Change{Author: c.Owners[0], Message: "Start", Files: Texts(c.Files)})
	check(err)
	if c.Installed {
		_, err = w.Install(org)
		check(err)
	}
	return w
}

// Texts makes regular files of texts, by path.
func Texts(texts map[string]string) map[string]*fake.File {
	out := make(map[string]*fake.File, len(texts))
	for path, text := range texts {
		out[path] = &fake.File{Content: text}
	}
	return out
}
