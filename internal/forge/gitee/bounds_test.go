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

// TestManySettings holds that the settings of so many repositories are read at once.
func TestManySettings(t *testing.T) {
	t.Parallel()
	answers := map[string]string{"user": `{"id":7,"login":"gate"}`}
	var repos []string
	for i := range maxSettings + 3 {
		repos = append(repos, fmt.Sprintf(`{"full_name":"acme/r%d"}`, i))
		answers[fmt.Sprintf("repos/acme/r%d/pull_request_settings", i)] = `{}`
	}
	answers["user/repos"] = "[" + strings.Join(repos, ",") + "]"
	told := map[string]bool{}
	for _, found := range answering(t, KindGitCode, answers).Examine(t.Context(), 100).More {
		if found.Repo != "" {
			told[found.Repo] = true
		}
	}
	if len(told) != maxSettings {
		t.Errorf("told of %v", told)
	}
}
