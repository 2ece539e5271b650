package webhook_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reviewgate/reviewgate/internal/webhook"
)

// stuck is an inbox whose disk hangs.
type stuck struct{}

func (stuck) Accept(ctx context.Context, _ webhook.Delivery) error {
	<-ctx.Done()
	return ctx.Err()
}

func newStuck(t *testing.T) http.Handler {
	t.Helper()
	h := webhook.NewHandler(intakes(t, looks{}), stuck{}, slog.New(slog.DiscardHandler), time.Now)
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/{forge}", h)
	return mux
}

func deliver(t *testing.T, h http.Handler, body io.Reader, sum string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/github", body)
	req.Header.Set("X-Signature", sum)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

// TestStuckInboxIsRefusedInTime holds that the sender is told before it hangs
// up.
func TestStuckInboxIsRefusedInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		rec := deliver(t, newStuck(t), strings.NewReader("look"), sign(secret, "look"))
		if took := time.Since(start); rec.Code != http.StatusServiceUnavailable || took > 9*time.Second || rec.Header().Get("Retry-After") == "" {
			t.Errorf("status %d after %s, headers %v", rec.Code, took, rec.Header())
		}
	})
}

// TestCrowdIsRefusedAtOnce holds that those who come when too many wait do not
// wait, too, and that places are given back.
func TestCrowdIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newStuck(t)
		var all sync.WaitGroup
		for range 512 {
			all.Go(func() { deliver(t, h, strings.NewReader("look"), sign(secret, "look")) })
		}
		synctest.Wait()
		start := time.Now()
		rec := deliver(t, h, strings.NewReader("look"), sign(secret, "look"))
		if took := time.Since(start); rec.Code != http.StatusServiceUnavailable || took > 0 || !strings.Contains(rec.Body.String(), "too many") {
			t.Errorf("status %d after %s: %s", rec.Code, took, rec.Body)
		}
		all.Wait()
		if rec := deliver(t, h, strings.NewReader("other"), sign(secret, "other")); rec.Code != http.StatusAccepted {
			t.Errorf("after the crowd: status %d: %s", rec.Code, rec.Body)
		}
	})
}

// TestLargeBodiesWaitForMemory holds that those which do not fit wait, and are not
// refused, until those before them are read.
func TestLargeBodiesWaitForMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newStuck(t)
		var all sync.WaitGroup
		open := make(chan struct{})
		codes := make(chan int, 20)
		for range 20 {
			all.Go(func() {
				// Bodies of unknown length whose end does not come yet; they want nothing.
				more := io.MultiReader(strings.NewReader(strings.Repeat("x", 2<<20)), until(open))
				codes <- deliver(t, h, more, sign(secret, strings.Repeat("x", 2<<20))).Code
			})
		}
		synctest.Wait()
		if n := len(codes); n != 0 {
			t.Errorf("%d of 20 are answered before they ended", n)
		}
		close(open)
		all.Wait()
		for range 20 {
			if code := <-codes; code != http.StatusAccepted {
				t.Errorf("status %d", code)
			}
		}
	})
}

// until is a reader that ends when a channel is closed.
type until chan struct{}

func (u until) Read([]byte) (int, error) {
	<-u
	return 0, io.EOF
}

// looks reads every body that begins with "look" as a hint.
type looks struct{}

func (looks) Decode(_ http.Header, body []byte) (webhook.Event, error) {
	var event webhook.Event
	if strings.HasPrefix(string(body), "look") {
		event.Hints = []webhook.Hint{{Repo: repo, Number: 12}}
	}
	return event, nil
}
