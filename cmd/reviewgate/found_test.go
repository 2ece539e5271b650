package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/giteetest"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/sweep"
)

// shares notes, of calls whose path has an end, how many are made as those of sweeps, which have but
// a share of the forge's limits, and how many are not.
type shares struct {
	end string

	mu             sync.Mutex
	swept, general int
}

// RoundTrip implements http.RoundTripper.
func (s *shares) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, s.end) {
		s.mu.Lock()
		if forge.IsBackground(req.Context()) {
			s.swept++
		} else {
			s.general++
		}
		s.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(req)
}

func (s *shares) seen() (swept, general int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.swept, s.general
}

// evaluated has a pull request be evaluated as a class of work, and returns how many calls of each
// kind there were meanwhile.
func (s *shares) evaluated(t *testing.T, svc *service.Service, forge string, class queue.Class) (swept, general int) {
	t.Helper()
	raiser, ok := svc.Store().(sweep.Raiser)
	if !ok {
		t.Fatal("the store raises nothing")
	}
	idle(t, svc)
	swept, general = s.seen()
	check0(t, raiser.RaiseAs(t.Context(), class, pull.Ref{Repo: pull.Repo{Forge: forge, Owner: "acme", Name: "linux"}, Number: 1}))
	idle(t, svc)
	a, b := s.seen()
	return a - swept, b - general
}

// idle waits until nothing is left to do.
func idle(t *testing.T, svc *service.Service) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; <-time.After(10 * time.Millisecond) {
		b, err := svc.Store().Backlog(t.Context())
		check0(t, err)
		if b.Waiting+b.Running+b.Retrying == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("there is still work: %+v", b)
		}
	}
}

// TestFoundIsBackground holds that, on a forge that is asked all the time what there is, the
// evaluation of a pull request that a sweep found makes its calls from the share of sweeps, and one
// of which an event tells does not; and that on a forge that tells of everything neither does, as
// what a sweep finds there is what an event was lost of.
func TestFoundIsBackground(t *testing.T) {
	t.Parallel()
	b := newDoubleBench(t)
	calls := &shares{end: "/pulls/1/comments"}
	b.transport = calls
	limits := []rest.Limit{{Most: 1_000_000, Over: time.Hour}}
	place := giteetest.NewGitee(t, fake.New(b.now), rest.Options{Limits: limits}, doubleCast(forgetest.Setting{}, "gitee", ".gitee"))
	place.World(&b.World)
	b.serve(place.Place, place.Server.Server, "gitee", 0)
	ctx, cancel := context.WithCancel(t.Context())
	svc, err := b.Serve(ctx, slog.New(slog.DiscardHandler), b.now)
	check0(t, err)
	done := make(chan error, 1)
	go func() { done <- svc.Run(ctx) }()
	t.Cleanup(func() { cancel(); check0(t, <-done) })
	_, err = place.Repo.Commit(fake.Change{Branch: "topic", Author: "dave", Message: "change",
		Files: map[string]*fake.File{"mm/a.c": {Content: "new\n"}}})
	check0(t, err)
	_, err = place.Repo.Open(fake.Opening{Author: "dave", Head: "topic"})
	check0(t, err)
	calls.evaluated(t, svc, "gitee", queue.Fresh)
	if swept, general := calls.evaluated(t, svc, "gitee", queue.Found); swept == 0 || general > 0 {
		t.Errorf("found: %d calls of sweeps, %d others", swept, general)
	}
	if swept, general := calls.evaluated(t, svc, "gitee", queue.Fresh); swept > 0 || general == 0 {
		t.Errorf("told of: %d calls of sweeps, %d others", swept, general)
	}

	w := newWorld(t, worldOptions{idle: true})
	calls = &shares{end: "/graphql"}
	w.start(calls)
	w.open("topic", "mm/a.c")
	calls.evaluated(t, w.svc, "github", queue.Fresh)
	if swept, general := calls.evaluated(t, w.svc, "github", queue.Found); swept > 0 || general == 0 {
		t.Errorf("found on a forge that tells of everything: %d calls of sweeps, %d others", swept, general)
	}
}
