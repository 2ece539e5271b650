package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// TestHangingForge has 160 pull requests of a forge that does not answer, and of several
// owners, wait beside those of one that does.
func TestHangingForge(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	hung := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(hung.Close)
	w := newWorld(t, worldOptions{token: true, idle: true})
	token, secret := filepath.Join(w.dir, "token"), filepath.Join(w.dir, "secret")
	check0(t, os.WriteFile(token, []byte("token-alice\n"), 0o600), os.WriteFile(secret, []byte(testSecret+"\n"), 0o600))
	for _, f := range [][2]string{{"github", w.server.URL}, {"hung", hung.URL}} {
		w.extra += fmt.Sprintf("  - {kind: github, name: %s, api_url: %q, token_file: %q, webhook_secret_file: %q, writes_per_minute: "+
			"100000}\n", f[0], f[1], token, secret)
	}
	w.extra = "forges:\n" + w.extra
	w.start(nil)
	address := w.svc.Public()
	for i := range 160 {
		body := fmt.Appendf(nil, `{"action":"synchronize","number":%d,"repository":{"name":"r","full_name":"owner-%d/r","default_branch":"main"}}`, i+1, i%5)
		d := delivery{"pull_request", fmt.Sprint("hung-", i), body, testSecret}
		if status := d.postTo(t, http.DefaultClient, address, "hung"); status != http.StatusAccepted {
			t.Fatalf("status %d", status)
		}
	}
	w.untilWithin(time.Minute, "they hang", func() bool {
		b, err := w.svc.Store().Backlog(t.Context())
		return err == nil && b.Running >= 20
	})
	w.HoldWebhooks()
	var worst time.Duration
	for i := range 8 {
		pr := w.open(fmt.Sprint("topic-", i), "mm/a.c")
		begun := time.Now()
		postAll(t, address, []delivery{pullDelivery(fmt.Sprint("healthy-", i), pr.Number())})
		w.untilWithin(time.Minute, "the check", func() bool { return w.hasStatus(pr) })
		worst = max(worst, time.Since(begun))
	}
	t.Logf("the slowest check of the forge that answers took %s", worst.Round(time.Millisecond))
	if limit := time.Second; worst > limit && !raceDetector {
		t.Errorf("the slowest check of the forge that answers took %s, want %s at most", worst, limit)
	}
	close(release)
	w.stop()
}

// hasStatus tells whether something was written on a pull request's head.
func (w *world) hasStatus(pr *fake.PullRequest) bool { return len(w.repo.Statuses(pr.Head())) > 0 }
