package forgetest_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/seamtest"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/store/sqlite"
)

const stories = "../../../cmd/reviewgate/stories"

// labSkips is how many of the stories need what the lab lacks: check runs, merge queues,
// knobs and the like.
const labSkips = 52

// TestLab plays the program's stories on another kind of forge: the proof that nothing
// between the seam and the store knows what a forge is like.
func TestLab(t *testing.T) {
	t.Parallel()
	forgetest.Run(t, newLab, stories)
}

// TestLabSkips counts the stories that the lab can't play, without playing them: where time is
// short, not all are.
func TestLabSkips(t *testing.T) {
	t.Parallel()
	lab, skipped := newLab(t, forgetest.Setting{}), 0
	for _, story := range forgetest.ReadStories(t, stories) {
		if slices.ContainsFunc(story.Needs(), lab.Lacks) {
			skipped++
		}
	}
	if skipped != labSkips {
		t.Errorf("%d stories are skipped, want %d; see what the lab lacks", skipped, labSkips)
	}
}

// TestLabSeam holds the lab to what the gate is promised of any forge.
func TestLabSeam(t *testing.T) {
	t.Parallel()
	seamtest.Run(t, newLab)
}

// newLab begins a world of the lab.
func newLab(t *testing.T, s forgetest.Setting) *forgetest.World {
	t.Helper()
	ahead := &atomic.Int64{}
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	l := &lab{Forge: fake.New(now)}
	l.SetCustoms(fake.Customs{Committer: "lab <" + labMail + ">", MaxReviewers: 15})
	cast := forgetest.Players()
	cast.Repo, cast.Files = "acme/kernel/linux", s.Tree("lab", labPolicy)
	var err error
	l.repo, err = cast.Enter(l.Forge)
	if err = errors.Join(err, l.AddUser(fake.User{Login: labBot, Bot: true}), l.repo.SetCollaborator(labBot, "write")); err != nil {
		t.Fatal(err)
	}
	l.Lock()
	l.bot, err = l.FindAccount(labBot)
	l.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	l.Subscribe(l.heed)
	w := &forgetest.World{
		Forge: "lab", Policy: labPolicy, Bot: labBot, App: labBot, Hooks: &l.post,
		Without: []string{"annotations", "draw", "github-directory", "protection", "refused-labels"},
		Now:     now, Pass: func(d time.Duration) { ahead.Add(int64(d)) }, Sweeps: func() int { return int(l.sweeps.Load()) },
		Deliver: func(url string) {
			l.post.mu.Lock()
			defer l.post.mu.Unlock()
			l.post.url = url
		},
		Connect: l.parts,
	}
	forgetest.OnModel(w, l.Forge, l.repo)
	w.Checks, w.Runs, w.Queue, w.Calendar, w.Spam, w.Merges = marks{l.repo}, nil, nil, nil, nil, nil
	file := filepath.Join(t.TempDir(), "gate.db")
	w.Serve = func(ctx context.Context, log *slog.Logger, now func() time.Time) (*service.Service, error) {
		return serveLab(ctx, l, file, log, now)
	}
	return w
}

// serveLab opens a service on a database that may be there already.
func serveLab(ctx context.Context, l *lab, file string, log *slog.Logger, now func() time.Time) (*service.Service, error) {
	if err := forgetest.MakeStore(file); err != nil {
		return nil, err
	}
	words, err := publish.NewMessages()
	if err != nil {
		return nil, err
	}
	f, err := l.parts()
	if err != nil {
		return nil, err
	}
	db, err := sqlite.Open(ctx, file, log)
	if err != nil {
		return nil, err
	}
	const day = 24 * time.Hour
	return service.Open(ctx, service.Config{
		Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", Store: db, Forges: map[string]service.Forge{"lab": f}, Watch: service.NewWatch(log),
		Gate: gate.Config{Messages: words}, SweepEvery: 5 * time.Minute,
		Keep: store.Keep{Deliveries: 14 * day, Runs: 90 * day, Closed: 180 * day},
		Log:  log, Now: now,
	})
}

// marks shows the lab's statuses as checks.
type marks struct{ *fake.Repo }

// CheckRuns implements forgetest.Checks.
func (m marks) CheckRuns(commit string) []fake.CheckRun {
	var out []fake.CheckRun
	for i, s := range m.Statuses(commit) {
		title, summary, _ := strings.Cut(s.Description, "\n")
		run := fake.CheckRun{ID: int64(i + 1), Name: s.Context, Head: commit, Status: fake.Completed, Conclusion: fake.Success, Title: title,
			Summary: summary, App: s.Creator}
		switch s.State {
		case fake.StatusPending:
			run.Status, run.Conclusion = fake.InProgress, ""
		case fake.StatusFailure, fake.StatusError:
			run.Conclusion = fake.Failure
		case fake.StatusSuccess:
		}
		out = append(out, run)
	}
	return out
}

// TestNeedsAreDeclared holds that each story says in its comment what its steps need.
func TestNeedsAreDeclared(t *testing.T) {
	t.Parallel()
	for _, s := range forgetest.ReadStories(t, stories) {
		if want := s.Needs(); !slices.Equal(s.Declared(), want) {
			t.Errorf("%s: the comment lacks the line\nneeds: %s", s.Name, strings.Join(want, " "))
		}
	}
}
