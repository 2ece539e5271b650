package live

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/gitea"
	"github.com/reviewgate/reviewgate/internal/forge/mirror"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/sqlite"
)

// stories is the folder of the stories that belong to the program.
const stories = "../../../../cmd/reviewgate/stories"

// secret signs webhooks.
const secret = "a secret of this test"

// TestStories plays all stories whose needs a Gitea meets, through the whole service.
func TestStories(t *testing.T) {
	s := theServer(t)
	count := &forgetest.Tally{}
	for _, story := range forgetest.ReadStories(t, stories) {
		t.Run(story.Name, func(t *testing.T) {
			count.Count(t)
			begun := time.Now()
			bench(s).Play(t, story, nil)
			t.Logf("took %s", time.Since(begun).Round(time.Millisecond))
		})
	}
	t.Logf("%d stories were played, %d skipped", count.Played.Load(), count.Skipped.Load())
}

// bench begins worlds on the server, one after the other.
func bench(s *server) forgetest.Bench {
	return func(t *testing.T, setting forgetest.Setting) *forgetest.World {
		t.Helper()
		shop, err := newWorkshop(filepath.Join(t.TempDir(), "work.git"))
		check(t, err)
		w := &world{server: s, shop: shop, people: map[string]bool{}, reviews: map[int64]int{}}
		cast := forgetest.Players()
		cast.Repo, cast.Files = slug, setting.Tree("gitea", gitea.PolicyPath)
		check(t, w.prepare(cast))
		post, err := newRelay(s)
		check(t, err)
		t.Cleanup(post.Close)
		check(t, w.as("root").post("orgs/"+org+"/hooks", map[string]any{"type": "gitea", "active": true, "events": events(),
			"config": map[string]string{"url": post.URL, "content_type": "json", "secret": secret}}, nil))
		sweeps, ahead := &atomic.Int64{}, &atomic.Int64{}
		now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		dir := t.TempDir()
		connect := func() (service.Forge, error) { return w.connect(t, filepath.Join(dir, "clones"), sweeps, now) }
		out := &forgetest.World{
			Forge: "gitea", Repo: slug, Policy: gitea.PolicyPath, Bot: bot, App: bot, Hooks: post,
			Git: w, Forks: w, Requests: w, Endings: w, Reviewers: w, Conversation: w, Askers: w, Marks: w, People: w, Checks: w,
			Branches: w, Teams: w, Orgs: w, Reactions: w,
			Without: []string{"annotations", "bots", "clock", "draw", "github-directory", "refused-labels", "summary", "busy", "hidden"},
			Now:     now, Pass: func(d time.Duration) { ahead.Add(int64(d)) }, Sweeps: func() int { return int(sweeps.Load()) },
			Deliver: post.deliver, Connect: connect,
		}
		out.Serve = func(ctx context.Context, log *slog.Logger, now func() time.Time) (*service.Service, error) {
			f, err := connect()
			if err != nil {
				return nil, err
			}
			return serve(ctx, f, filepath.Join(dir, "gate.db"), log, now)
		}
		return out
	}
}

// events are those that the gate wants to hear of.
func events() []string {
	return []string{"create", "delete", "push", "pull_request", "pull_request_review_approved", "pull_request_review_rejected",
		"pull_request_review_comment", "pull_request_review_request", "pull_request_sync", "pull_request_comment", "issue_comment",
		"status", "repository"}
}

// connect reaches the server as the gate does.
func (w *world) connect(t *testing.T, clones string, sweeps *atomic.Int64, now func() time.Time) (service.Forge, error) {
	t.Helper()
	var made struct {
		Token string `json:"sha1"`
	}
	err := w.as(bot).post("users/"+bot+"/tokens", map[string]any{"name": t.Name() + now().String(),
		"scopes": []string{"write:repository", "write:issue", "read:organization", "read:user"}}, &made)
	if err != nil {
		return service.Forge{}, err
	}
	header := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(bot+":"+made.Token))
	content, err := mirror.New(mirror.Config{
		Dir: clones, RequestRef: gitea.RequestRef, Now: now, Log: slog.New(slog.DiscardHandler),
		Remote: func(_ context.Context, repo pull.Repo) (string, string, error) {
			return w.url + "/" + repo.Slug() + ".git", header, nil
		},
	})
	if err != nil {
		return service.Forge{}, err
	}
	t.Cleanup(func() { check(t, content.Close()) })
	f, err := gitea.New(gitea.Config{Name: "gitea", APIURL: w.url + "/api/v1/", Token: made.Token, Content: content, Now: now,
		Transport: counting{sweeps}})
	if err != nil {
		return service.Forge{}, err
	}
	intake, err := f.Intake([]byte(secret))
	return service.Forge{Gate: f.Gate(), Sweep: f, Line: f, Examine: f.Examine, Intake: intake}, err
}

// counting counts how often open pull requests were listed.
type counting struct{ n *atomic.Int64 }

// RoundTrip implements http.RoundTripper.
func (c counting) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/pulls") && req.URL.Query().Get("state") == "open" {
		c.n.Add(1)
	}
	return http.DefaultTransport.RoundTrip(req)
}

// serve opens a service on a database that may be there already.
func serve(ctx context.Context, f service.Forge, file string, log *slog.Logger, now func() time.Time) (*service.Service, error) {
	if err := forgetest.MakeStore(file); err != nil {
		return nil, err
	}
	words, err := publish.NewMessages()
	if err != nil {
		return nil, err
	}
	db, err := sqlite.Open(ctx, file, log)
	if err != nil {
		return nil, err
	}
	const day = 24 * time.Hour
	return service.Open(ctx, service.Config{
		Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", Store: db, Forges: map[string]service.Forge{"gitea": f},
		Watch: service.NewWatch(log), Gate: gate.Config{Messages: words}, SweepEvery: 5 * time.Minute,
		Keep: store.Keep{Deliveries: 14 * day, Runs: 90 * day, Closed: 180 * day}, Log: log, Now: now,
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
