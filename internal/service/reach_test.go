package service

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge"
)

// TestReach holds when a forge is taken for out of reach, and that it is asked until it
// answers.
func TestReach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := NewWatch(slog.New(slog.DiscardHandler))
		r := w.reach
		same := func(want ...string) { // sorted
			t.Helper()
			if diff := cmp.Diff(want, r.unreached()); diff != "" {
				t.Errorf("out of reach (-want +got):\n%s", diff)
			}
		}
		for _, c := range []forge.Call{{}, {}, {Code: 502}, {}, {}, {Left: true}, {Left: true}} {
			w.Call("b", 0, c)
		}
		same()
		w.Call("b", 0, forge.Call{})
		for range maxSilent {
			w.Call("a", 0, forge.Call{})
		}
		same("a", "b")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		down := errors.New("no route")
		go r.watch(ctx, map[string]func(context.Context) error{
			"a": func(context.Context) error { return down },
			"b": func(context.Context) error { return nil },
		})
		<-time.After(probeEvery - 1)
		synctest.Wait()
		same("a", "b")
		<-time.After(1)
		synctest.Wait()
		same("a")
	})
}
