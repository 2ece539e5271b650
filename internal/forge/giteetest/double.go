// Package giteetest holds what the tests of Gitee and of GitCode share: their doubles behind
// listeners, with the people of stories, the acts that these have there, and comparisons of
// answers with recorded ones.
package giteetest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegitcode "github.com/reviewgate/reviewgate/internal/forge/fake/gitcode"
	fakegitee "github.com/reviewgate/reviewgate/internal/forge/fake/gitee"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
)

// Bot is the gate's account. It administrates the repository.
const Bot = "gate"

// Secret is that of the webhook.
const Secret = "a secret of the tests"

// Place is where a double listens, with an organisation, a repository of it, and its
// repositories by git if that is installed. A token is a password there.
type Place struct {
	URL  string
	Repo *fake.Repo
}

// Gitee is a double of Gitee.
type Gitee struct {
	*fakegitee.Server
	Place
}

// GitCode is a double of GitCode.
type GitCode struct {
	*fakegitcode.Server
	Place
}

// NewGitee serves a forge on which nothing happened yet as Gitee. It ends with the test.
func NewGitee(t testing.TB, forge *fake.Forge, o rest.Options, c forgetest.Cast) Gitee {
	t.Helper()
	server := fakegitee.New(forge, o)
	return Gitee{server, listen(t, server.Server, c, "refs/pull/%d/head")}
}

// NewGitCode serves a forge on which nothing happened yet as GitCode. It ends with the test.
func NewGitCode(t testing.TB, forge *fake.Forge, o rest.Options, c forgetest.Cast) GitCode {
	t.Helper()
	server := fakegitcode.New(forge, o)
	return GitCode{server, listen(t, server.Server, c, "refs/merge-requests/%d/head")}
}

// listen has a server be reached, and a cast be there.
func listen(t testing.TB, server *rest.Server, c forgetest.Cast, ref string) Place {
	t.Helper()
	var handler http.Handler = server
	if gittest.Have() {
		host := gittest.NewHost(t, server.Forge, func(n int) string { return fmt.Sprintf(ref, n) })
		host.Allows = func(password string) bool {
			server.Lock()
			defer server.Unlock()
			_, ok := server.ByToken(password)
			return ok
		}
		host.Pushes = func(password string, repo *fake.Repo) (string, bool) {
			server.Lock()
			defer server.Unlock()
			who, ok := server.ByToken(password)
			if !ok {
				return "", false
			}
			return who.Login, server.Level(repo, who) >= fake.Write
		}
		handler = host.Before(server)
	}
	listener := httptest.NewServer(handler)
	t.Cleanup(func() { listener.Close(); server.Close() })
	server.SetURL(listener.URL)
	repo, err := c.Enter(server.Forge)
	if err == nil {
		err = errors.Join(server.AddUser(fake.User{Login: Bot, Bot: true}), repo.SetCollaborator(Bot, "admin"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return Place{listener.URL, repo}
}

// Block has each new pull request wait for the gate's account as its only tester.
func (g GitCode) Block() error {
	g.Lock()
	defer g.Unlock()
	bot, err := g.FindAccount(Bot)
	if err != nil {
		return err
	}
	d := g.Defaults(g.Repo)
	d.Testers, d.TestersNumber = []*fake.Account{bot}, 1
	return nil
}
