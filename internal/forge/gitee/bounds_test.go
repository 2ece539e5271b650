package gitee

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestCallsAtOnce holds that so many connections are open at once, and that all calls are made.
func TestCallsAtOnce(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	full := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
		}
		if n == maxConns {
			close(full)
		}
		<-full
		io.WriteString(w, `{"commit":{"id":"x"}}`) //nolint:errcheck // a test's answer
	}))
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "site", Kind: Kind, APIURL: server.URL + "/api/v5/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	var group errgroup.Group
	for range 2 * maxConns {
		group.Go(func() error {
			_, err := f.Tip(t.Context(), pull.Repo{Forge: "site", Owner: "a", Name: "b"}, "main")
			return err
		})
	}
	if err := group.Wait(); err != nil || most.Load() != maxConns {
		t.Errorf("%d calls at once, %v", most.Load(), err)
	}
}

// TestManySettings holds that the settings of so many repositories are read at once, and that it is
// told of how many.
func TestManySettings(t *testing.T) {
	t.Parallel()
	answers := map[string]string{"user": `{"id":7,"login":"gate"}`}
	var repos []string
	for i := range maxSettings + 3 {
		repos = append(repos, fmt.Sprintf(`{"full_name":"acme/r%d"}`, i))
		answers[fmt.Sprintf("repos/acme/r%d/pull_request_settings", i)] = `{}`
	}
	few := map[int]bool{maxSettings + 3: true, maxSettings: false}
	for n, cut := range few {
		answers["user/repos"] = "[" + strings.Join(repos[:n], ",") + "]"
		told, said := map[string]bool{}, ""
		for _, found := range answering(t, KindGitCode, answers).Examine(t.Context(), 100).More {
			if found.Repo != "" {
				told[found.Repo] = true
			}
			said += found.What + "\n"
		}
		if len(told) != maxSettings || strings.Contains(said, "in the first 5 of 8 repositories") != cut {
			t.Errorf("of %d told of %v\n%s", n, told, said)
		}
	}
}

// TestManyRuns holds that a Gitee's repositories are all looked at, as their list tells all of it.
func TestManyRuns(t *testing.T) {
	t.Parallel()
	var repos []string
	for i := range 30 {
		repos = append(repos, fmt.Sprintf(`{"full_name":"acme/r%d","permission":{"admin":%t}}`, i, i == 29))
	}
	f := answering(t, Kind, map[string]string{"user": `{"id":7,"login":"gate"}`, "user/repos": "[" + strings.Join(repos, ",") + "]"})
	said := ""
	for _, found := range f.Examine(t.Context(), 20).More {
		said += found.What + "\n"
	}
	if !strings.Contains(said, "administrates acme/r29") || !strings.Contains(said, "and 24 more") {
		t.Error(said)
	}
}
