package live

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/gitea"
	"github.com/reviewgate/reviewgate/internal/forge/mirror"
	"github.com/reviewgate/reviewgate/internal/forge/seamtest"
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
	needServers(t)
	for _, story := range forgetest.ReadStories(t, stories) {
		t.Run(story.Name, func(t *testing.T) {
			if need := lack(story); need != "" {
				t.Skip("a Gitea lacks what this story needs: " + need)
			}
			t.Parallel()
			begun := time.Now()
			forgetest.Bench(newWorld).Play(t, story, nil)
			t.Logf("took %s", time.Since(begun).Round(time.Millisecond))
		})
	}
}

// TestSeam holds the adapter to what the gate is promised of any forge.
func TestSeam(t *testing.T) {
	needServers(t)
	seamtest.Run(t, newWorld)
}

// skips are how many stories need what a Gitea lacks, by the first of such needs.
var skips = map[string]int{
	"annotations":      1,
	"bots":             10,
	"busy":             4,
	"calls":            2,
	"checks":           3,
	"clock":            18,
	"draw":             4,
	"followed-bases":   1,
	"github-directory": 1,
	"hidden":           1,
	"holds":            4,
	"knobs":            9,
	"lasting-reviews":  1,
	"plain-owners":     1,
	"queue":            12,
	"refused-labels":   1,
	"refused-requests": 1,
	"repoint":          2,
	"summary":          51,
	"test-merge":       2,
}

// TestSkips holds which stories are not played.
func TestSkips(t *testing.T) {
	t.Parallel()
	got := map[string]int{}
	for _, story := range forgetest.ReadStories(t, stories) {
		if need := lack(story); need != "" {
			got[need]++
		}
	}
	if diff := cmp.Diff(skips, got); diff != "" {
		t.Errorf("stories that are skipped (-want +got):\n%s", diff)
	}
}

// lack is the first need of a story that a Gitea does not meet; empty if it meets all.
func lack(story forgetest.Story) string {
	world := (&world{}).shown()
	for _, need := range story.Needs() {
		if world.Lacks(need) {
			return need
		}
	}
	return ""
}

// shown are the parts of a world that need no service.
func (w *world) shown() *forgetest.World {
	return &forgetest.World{
		Forge: "gitea", Repo: slug, Policy: gitea.PolicyPath, Bot: bot, App: bot,
		Git: w, Forks: w, Requests: w, Endings: w, Reviewers: w, Conversation: w, Askers: w, Marks: w, People: w, Checks: w,
		Branches: w, Teams: w, Orgs: w, Reactions: w,
		Without: []string{
			"annotations", "summary", // a status has a line of text
			"bots", "busy", "hidden", // accounts are accounts
			"editors",                  // a review stays as it was given, whatever its comment says later
			"clock",                    // nobody has a real server's clock go on
			"draw", "github-directory", // they are about GitHub
			"followed-bases",                     // the row is that of a retarget
			"lasting-reviews",                    // a newer verdict takes the place of an older one
			"plain-owners",                       // it asks whom a CODEOWNERS names
			"refused-labels", "refused-requests", // it takes any, and anybody in a repository that all may read
		},
		Now: time.Now, Pass: pass, Silent: func() bool { return w.silent.Swap(false) },
	}
}

// pass lets the second of the server's clock end: it tells times in whole ones, and stories
// wait for no more than that.
func pass(time.Duration) {
	now := time.Now()
	<-time.After(now.Truncate(time.Second).Add(1010 * time.Millisecond).Sub(now))
}

// newWorld begins a world on a server that nobody else has.
func newWorld(t *testing.T, setting forgetest.Setting) *forgetest.World {
	t.Helper()
	_, out := begin(t, setting)
	return out
}

// begin begins a world, and gives it as the server has it, too.
func begin(t *testing.T, setting forgetest.Setting) (*world, *forgetest.World) {
	t.Helper()
	s, dir := aServer(t), t.TempDir()
	shop, err := newWorkshop(filepath.Join(dir, "work.git"))
	check(t, err)
	w := &world{server: s, shop: shop, people: map[string]bool{}}
	cast := forgetest.Players()
	cast.Repo, cast.Files = slug, setting.Tree("gitea", gitea.PolicyPath)
	check(t, w.prepare(cast))
	post, err := newRelay(s)
	check(t, err)
	t.Cleanup(post.Close)
	check(t, w.as("root").post("orgs/"+org+"/hooks", map[string]any{"type": "gitea", "active": true, "events": events(),
		"config": map[string]string{"url": post.URL, "content_type": "json", "secret": secret}}, nil))
	w.silent.Store(false)
	sweeps := &atomic.Int64{}
	out := w.shown()
	out.Hooks, out.Deliver, out.Sweeps = post, post.deliver, func() int { return int(sweeps.Load()) }
	out.Connect = func() (service.Forge, error) { return w.connect(t, filepath.Join(dir, "clones"), sweeps) }
	out.Serve = func(ctx context.Context, log *slog.Logger, now func() time.Time) (*service.Service, error) {
		f, err := out.Connect()
		if err != nil {
			return nil, err
		}
		return serve(ctx, f, filepath.Join(dir, "gate.db"), log, now)
	}
	return w, out
}

// events are those that the gate wants to hear of.
func events() []string {
	return []string{"create", "delete", "push", "pull_request", "pull_request_review_approved", "pull_request_review_rejected",
		"pull_request_review_comment", "pull_request_review_request", "pull_request_sync", "pull_request_comment", "issue_comment",
		"status", "repository"}
}

// connect reaches the server as the gate does.
func (w *world) connect(t *testing.T, clones string, sweeps *atomic.Int64) (service.Forge, error) {
	t.Helper()
	var made struct {
		Token string `json:"sha1"`
	}
	err := w.as(bot).post("users/"+bot+"/tokens", map[string]any{"name": t.Name() + time.Now().String(),
		"scopes": []string{"write:repository", "write:issue", "read:organization", "read:user"}}, &made)
	if err != nil {
		return service.Forge{}, err
	}
	header := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(bot+":"+made.Token))
	content, err := mirror.New(mirror.Config{
		Dir: clones, RequestRef: gitea.RequestRef, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Remote: func(_ context.Context, repo pull.Repo) (string, string, error) {
			return w.url + "/" + repo.Slug() + ".git", header, nil
		},
	})
	if err != nil {
		return service.Forge{}, err
	}
	done := sync.OnceValue(content.Close) // by the service, or by the test that has none
	t.Cleanup(func() { check(t, done()) })
	f, err := gitea.New(gitea.Config{Name: "gitea", APIURL: w.url + "/api/v1/", Token: made.Token, Content: content,
		Transport: counting{sweeps}})
	if err != nil {
		return service.Forge{}, err
	}
	intake, err := f.Intake([]byte(secret))
	return service.Forge{Gate: content.Below(f.Gate()), Sweep: f, Line: f, Examine: f.Examine, Intake: intake, Close: done}, err
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
