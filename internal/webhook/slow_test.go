package webhook_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reviewgate/reviewgate/internal/webhook"
)

// wire is a connection with a deadline, on which nothing comes after its first bytes.
type wire struct {
	*httptest.ResponseRecorder
	first io.Reader

	mu    sync.Mutex
	timer *time.Timer
	late  chan struct{}
}

// SetReadDeadline is what http.ResponseController calls.
func (w *wire) SetReadDeadline(at time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
	late := w.late
	w.timer = time.AfterFunc(time.Until(at), func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		select {
		case <-late:
		default:
			close(late)
		}
	})
	return nil
}

func (w *wire) Read(p []byte) (int, error) {
	if n, err := w.first.Read(p); err == nil {
		return n, nil
	}
	<-w.late
	return 0, os.ErrDeadlineExceeded
}

func (w *wire) Close() error { return nil }

// stall sends some of a body of a size from an address, and returns the answer.
func stall(ctx context.Context, h http.Handler, address, some string, size int64) int {
	w := &wire{ResponseRecorder: httptest.NewRecorder(), first: strings.NewReader(some), late: make(chan struct{})}
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/webhooks/github", w)
	req.RemoteAddr, req.ContentLength = address, size
	req.Header.Set("X-Signature", sign("wrong", "look"))
	h.ServeHTTP(w, req)
	return w.Code
}

// TestUnsignedBodyIsNotRead holds that what can't be signed costs nothing.
func TestUnsignedBodyIsNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, signature := range []string{"", "sha1=00", "sha256=", "sha256=00", "sha256=" + strings.Repeat("x", 64)} {
			w := newWorld(t)
			start := time.Now()
			got := w.post("/webhooks/github", until(nil), signature) // which would never end
			if !strings.HasPrefix(got, "401 ") || time.Since(start) > 0 {
				t.Errorf("%q: %s after %s", signature, got, time.Since(start))
			}
		}
	})
}

// TestSlowSendersAreCut holds that one which sends nothing more is told so soon.
func TestSlowSendersAreCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if code := stall(t.Context(), newStuck(t), "192.0.2.1:1", "some", 100); code != http.StatusRequestTimeout ||
			time.Since(start) > 4*time.Second {
			t.Errorf("status %d after %s", code, time.Since(start))
		}
	})
}

// TestCrowdOfSlowSenders holds that however many bodies come slowly, from one address
// or from many, the next one is read at once, and that the slowest make room for it.
func TestCrowdOfSlowSenders(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		address    func(i int) string
		slow       int
		pause      time.Duration
		cutAtLeast int
		some       string
		size       int64
	}{
		"one address":              {func(int) string { return "192.0.2.1:9" }, 128, 2 * time.Second, 1, "s", 100},
		"one address, all new":     {func(int) string { return "192.0.2.1:9" }, 200, 0, 0, "s", 100},
		"one network":              {func(i int) string { return fmt.Sprintf("[2001:db8::%x]:9", i) }, 128, 2 * time.Second, 1, "s", 100},
		"many addresses":           {func(i int) string { return fmt.Sprintf("192.0.2.%d:9", i%250) }, 512, 0, 1, "s", 100},
		"more than there is place": {func(i int) string { return fmt.Sprintf("192.0.2.%d:9", i%250) }, 2000, 0, 1488, "s", 100},
		"large ones":               {func(int) string { return "192.0.2.1:9" }, 100, 0, 2, strings.Repeat("s", 40<<10), webhook.MaxBody},
		"middling ones":            {func(int) string { return "192.0.2.1:9" }, 100, 0, 8, strings.Repeat("s", 40<<10), 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newStuck(t)
				ctx, cancel := context.WithCancel(t.Context())
				var all sync.WaitGroup
				var mu sync.Mutex
				cut := 0
				for i := range tt.slow {
					all.Go(func() {
						if code := stall(ctx, h, tt.address(i), tt.some, tt.size); code == http.StatusRequestTimeout {
							mu.Lock()
							defer mu.Unlock()
							cut++
						}
					})
				}
				synctest.Wait()
				<-time.After(tt.pause)
				start := time.Now()
				const small = "of no interest"
				for _, from := range []string{"192.0.2.1:9", "[2001:db8::ffff]:9", "198.51.100.7:9"} {
					req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/github", strings.NewReader(small))
					req.RemoteAddr = from
					req.Header.Set("X-Signature", sign(secret, small))
					rec := httptest.NewRecorder()
					h.ServeHTTP(rec, req)
					if took := time.Since(start); rec.Code != http.StatusAccepted || took > 0 {
						t.Errorf("from %s: status %d after %s", from, rec.Code, took)
					}
				}
				if tt.size > 1000 { // they are pressed while others wait
					<-time.After(time.Second)
				}
				synctest.Wait()
				mu.Lock()
				if cut < tt.cutAtLeast || tt.cutAtLeast == 0 && cut > 0 {
					t.Errorf("%d are cut, want %d or more", cut, tt.cutAtLeast)
				}
				mu.Unlock()
				cancel()
				all.Wait()
			})
		})
	}
}

// TestLargeBodyAmongStalled holds that a whole large body is read soon although many
// wait that send no more: at once after those that are read where they are of another
// address, and in time where they are of its own.
func TestLargeBodyAmongStalled(t *testing.T) {
	t.Parallel()
	for address, tt := range map[string]struct {
		size   int64
		within time.Duration
	}{"198.51.100.1:9": {2 << 20, time.Second}, "192.0.2.1:9": {webhook.MaxBody, 6 * time.Second}} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newStuck(t)
				var all sync.WaitGroup
				for range 100 {
					all.Go(func() { stall(t.Context(), h, address, strings.Repeat("s", 40<<10), tt.size) })
				}
				synctest.Wait()
				start := time.Now()
				large := strings.Repeat("x", 20<<20)
				rec := deliver(t, h, strings.NewReader(large), sign(secret, large)) // from 192.0.2.1
				if took := time.Since(start); rec.Code != http.StatusAccepted || took > tt.within {
					t.Errorf("status %d after %s", rec.Code, took)
				}
				all.Wait()
			})
		})
	}
}
