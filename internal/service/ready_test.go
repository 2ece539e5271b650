package service

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestReadyIsAskedOnce holds that who waits for a service that is ready waits no longer, and asks
// one that is not until it is.
func TestReadyIsAskedOnce(t *testing.T) {
	t.Parallel()
	for name, notReady := range map[string]int64{"ready": 0, "later": 2} {
		var asked atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1) <= notReady {
				http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			}
		}))
		err := AwaitReady(t.Context(), server.Listener.Addr().String(), time.Minute)
		server.Close()
		if n := asked.Load(); err != nil || n != notReady+1 {
			t.Errorf("%s: asked %d times, %v", name, n, err)
		}
	}
}

// TestReadinessDoesNotHang holds that a database that heeds nothing costs a second of
// each who asks, and one look; and that its return is seen at once.
func TestReadinessDoesNotHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hangs := make(chan struct{})
		var looks atomic.Int64
		r := &readiness{log: slog.New(slog.DiscardHandler), check: func(context.Context) error {
			if looks.Add(1) == 1 {
				<-hangs
				return errors.New("it hung")
			}
			return nil
		}}
		for range 20 {
			start := time.Now()
			if err := r.ask(t.Context()); err == nil || time.Since(start) >= time.Second {
				t.Errorf("%v after %s", err, time.Since(start))
			}
		}
		if n := looks.Load(); n != 1 {
			t.Errorf("%d looks at a database that hangs", n)
		}
		close(hangs)
		<-time.After(time.Second)
		for range 100 {
			if err := r.ask(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if n := looks.Load(); n != 2 {
			t.Errorf("%d looks", n)
		}
	})
}
