package githubtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
)

// Double is a forge in memory behind a listener that serves it as GitHub, with an
// organisation and a repository of it, and its repositories by git if that is installed.
type Double struct {
	*fakegithub.Server
	HTTP *httptest.Server
	Repo *fake.Repo
}

// NewDouble serves a forge on which nothing happened yet as GitHub. It ends with the test.
func NewDouble(t testing.TB, forge *fake.Forge, o fakegithub.Options, c forgetest.Cast) Double {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	server, err := fakegithub.New(forge, o)
	check(err)
	var handler http.Handler = server
	if gittest.Have() {
		host := gittest.NewHost(t, forge, func(n int) string { return fmt.Sprintf("refs/pull/%d/head", n) })
		handler = host.Before(server)
	}
	w := Double{Server: server, HTTP: httptest.NewServer(handler)}
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
