package service

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

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
