package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/github"
)

// TestReach holds when a forge is taken for out of reach, and that it is asked until it
// answers.
func TestReach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReach(slog.New(slog.DiscardHandler))
		s := service{metrics: newMetrics(), reach: r}
		same := func(want ...string) { // sorted
			t.Helper()
			if diff := cmp.Diff(want, r.unreached()); diff != "" {
				t.Errorf("out of reach (-want +got):\n%s", diff)
			}
		}
		for _, c := range []forge.Call{{}, {}, {Code: 502}, {}, {}, {Left: true}, {Left: true}} {
			s.call("b", 0, c)
		}
		same()
		s.call("b", 0, forge.Call{})
		for range maxSilent {
			s.call("a", 0, forge.Call{})
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

// TestReachOfAForge holds that any answer is one, and none is none.
func TestReachOfAForge(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	hub, err := github.New(github.Config{Name: "github", APIURL: server.URL, Token: "t"})
	check0(t, err)
	check0(t, hub.Reach(t.Context()))
	server.Close()
	if hub.Reach(t.Context()) == nil {
		t.Error("reached a forge that is gone")
	}
}
