package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/giteetest"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
	"github.com/reviewgate/reviewgate/internal/service"
)

// unlimited is a limit of calls that no story reaches.
func unlimited() []rest.Limit { return []rest.Limit{{Most: 1_000_000, Over: time.Hour}} }

// giteeBench begins worlds of a Gitee, with knobs turned.
func giteeBench(knobs map[string]int) forgetest.Bench {
	return func(t *testing.T, s forgetest.Setting) *forgetest.World {
		t.Helper()
		b := newDoubleBench(t)
		place := giteetest.NewGitee(t, fake.New(b.now), rest.Options{Knobs: knobs, Limits: unlimited()}, doubleCast(s, "gitee", ".gitee"))
		place.World(&b.World)
		b.serve(place.Place, place.Server.Server, "gitee", 0)
		return &b.World
	}
}

// gitCodeBench begins worlds of a GitCode, with knobs turned. A call takes so long there by
// its clock that there are never more of them than may be, of sweeps neither: of those a pull
// request gets four in a minute.
func gitCodeBench(knobs map[string]int) forgetest.Bench {
	return func(t *testing.T, s forgetest.Setting) *forgetest.World {
		t.Helper()
		b := newDoubleBench(t)
		place := giteetest.NewGitCode(t, fake.New(b.now), rest.Options{Knobs: knobs}, doubleCast(s, "gitcode", ".gitcode"))
		check0(t, place.Block())
		place.World(&b.World)
		b.serve(place.Place, place.Server.Server, "gitcode", 20*time.Second)
		return &b.World
	}
}

// doubleCast is who and what there is: with policies that say that stories are in English.
func doubleCast(s forgetest.Setting, kind, dir string) forgetest.Cast {
	if s.Policy = or(s.Policy, forgetest.DefaultPolicy); s.Policy != "none" && !strings.Contains(s.Policy, "language:") {
		s.Policy += "language: en\n"
	}
	cast := forgetest.Players()
	cast.Repo, cast.Files = "acme/linux", s.Tree(kind, dir+"/review-gate.yml")
	return cast
}

// doubleBench is a World of one of the two, with the program's own service.
type doubleBench struct {
	forgetest.World
	t     *testing.T
	dir   string
	ahead atomic.Int64  // how far the world's clock is ahead of ours, in nanoseconds
	hour  time.Duration // how long an hour of the forge's limits lasts, and of sweeps; 0: an hour
	// transport carries the calls to the forge; nil: as the program does.
	transport http.RoundTripper
}

func newDoubleBench(t *testing.T) *doubleBench {
	t.Helper()
	gittest.Need(t)
	return &doubleBench{t: t, dir: t.TempDir()}
}

func (b *doubleBench) now() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }

func (b *doubleBench) pass(d time.Duration) { b.ahead.Add(int64(d)) }

// serve fills in how the world is watched: by the program, which is configured for it.
func (b *doubleBench) serve(place giteetest.Place, server *rest.Server, kind string, took time.Duration) {
	place.Watch(&b.World, server, b.pass, took)
	b.t.Cleanup(func() {
		for _, c := range server.Calls() {
			if b.t.Failed() {
				b.t.Log(c.Method, c.Path, c.Login, c.Status)
			}
		}
	})
	b.Now, b.Pass = b.now, b.pass
	b.Deliver = func(url string) { server.SetWebhook(rest.Hook{URL: url, Secret: giteetest.Secret}) }
	cfg := config.Config{
		DataDir: b.dir, Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", Database: "sqlite:" + filepath.Join(b.dir, "gate.db"),
		Forges: []config.Forge{{Name: kind, Kind: kind, APIURL: place.URL + "/api/v5/", Token: "token-" + giteetest.Bot,
			WebhookSecret: giteetest.Secret, WebhookMode: modes[server.Knob(rest.Password)], WritesPerMinute: 100000}},
	}
	if b.hour > 0 {
		cfg.Sweep = config.Sweep{Every: b.hour / 12, Share: 25}
	}
	environ := func(now func() time.Time) environment {
		return environment{transport: b.transport, now: now, clones: slog.New(slog.DiscardHandler), hour: b.hour}
	}
	b.Serve = func(ctx context.Context, log *slog.Logger, now func() time.Time) (*service.Service, error) {
		if err := forgetest.MakeStore(filepath.Join(b.dir, "gate.db")); err != nil {
			return nil, err
		}
		return openService(ctx, cfg, log, environ(now))
	}
	b.Connect = func() (service.Forge, error) {
		forges, err := openForges(cfg, environ(b.now))
		if err != nil {
			return service.Forge{}, err
		}
		f, ok := forges[kind]
		if !ok {
			return service.Forge{}, errors.New("the forge is not configured")
		}
		b.t.Cleanup(func() { check0(b.t, f.Close()) })
		return f, nil
	}
}

// modes are how webhooks prove themselves, by the knob for it.
var modes = []string{"signature", "password"}
