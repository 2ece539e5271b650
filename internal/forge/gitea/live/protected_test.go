package live

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/service"
)

// guarded is a world whose branch main requires the gate's status by its exact name, and
// keeps administrators from overriding that; the service watches it.
type guarded struct {
	*world
	t    *testing.T
	seen *forgetest.World
	svc  *service.Service
	log  *forgetest.Log
}

func guard(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{t: t, log: &forgetest.Log{}}
	g.world, g.seen = begin(t, forgetest.Setting{})
	g.Require("main", fake.RequiredCheck{Name: policy.DefaultCheck})
	ctx, cancel := context.WithCancel(context.Background())
	svc, err := g.seen.Serve(ctx, slog.New(slog.NewJSONHandler(g.log, nil)), time.Now)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	g.svc = svc
	g.seen.Deliver("http://" + svc.Public() + "/webhooks/gitea")
	done := make(chan error, 1)
	go func() { done <- svc.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		check(t, <-done)
	})
	return g
}

// change pushes a file to a branch, in the repository or a fork, as dave or the fork's owner.
func (g *guarded) change(fork, branch, path, text string) {
	g.t.Helper()
	by := fork
	if by == "" {
		by = "dave"
	}
	c := fake.Change{Branch: branch, Author: by, Message: "change", Files: map[string]*fake.File{path: {Content: text}}}
	_, err := g.Push(fork, c)
	check(g.t, err)
}

func (g *guarded) open(o forgetest.Opening) int {
	g.t.Helper()
	number, err := g.Open(o)
	check(g.t, err)
	return number
}

func (g *guarded) approve(number int, by string) int64 {
	g.t.Helper()
	id, err := g.Review(number, fake.Review{By: by, State: fake.Approved, Body: "fine"})
	check(g.t, err)
	return id
}

// sweep has the service look at what no event told.
func (g *guarded) sweep() {
	g.t.Helper()
	ref, err := g.seen.Ref()
	check(g.t, err)
	check(g.t, g.svc.Store().Raise(g.t.Context(), ref))
}

// stands waits until the status that decides is the gate's own, and of a state.
func (g *guarded) stands(number int, state string) {
	g.t.Helper()
	var last statusView
	forgetest.Await(g.t, fmt.Sprintf("#%d is %s", number, state), nil, func() bool {
		last = statusView{}
		all, err := g.statuses(g.view(number).Head.SHA)
		check(g.t, err)
		for _, s := range all {
			if s.Context == policy.DefaultCheck {
				last = s
			}
		}
		return last.Status == state && last.Creator.Login == bot
	}, func() string { return fmt.Sprintf("%+v\n%s", last, g.log) })
}

// refused holds that the server merges by nobody's hand.
func (g *guarded) refused(number int, when string) {
	g.t.Helper()
	for by, force := range map[string]bool{"carol": false, "root": true} {
		body := map[string]any{"Do": "merge", "force_merge": force}
		err := again(func() error { return g.as(by).post(pullPath(number, "merge"), body, nil) })
		if statusOf(err) != http.StatusMethodNotAllowed {
			g.t.Fatalf("%s: %s merges #%d: %v", when, by, number, err)
		}
	}
}

// merges waits for a success, and holds that the server merges then.
func (g *guarded) merges(number int) {
	g.t.Helper()
	g.stands(number, "success")
	if err := g.Merge(number, "carol"); err != nil || !g.view(number).Merged {
		g.t.Fatalf("#%d is not merged: %v\n%s", number, err, g.log)
	}
}

// TestProtectedBranch holds that a Gitea merges by its own endpoint what the gate lets
// through, and nothing else.
func TestProtectedBranch(t *testing.T) {
	needServers(t)
	t.Parallel()
	g := guard(t)
	g.change("", "one", "mm/a.c", "mine\n")
	one := g.open(forgetest.Opening{Author: "dave", Head: "one"})
	g.stands(one, "pending")
	g.refused(one, "while ours is pending")
	forged := fake.Status{Context: policy.DefaultCheck, State: fake.StatusSuccess, Description: "forged"}
	check(t, g.SetStatus("bob", g.view(one).Head.SHA, forged))
	g.stands(one, "pending")
	g.refused(one, "after a forged status")

	g.approve(one, "alice")
	g.stands(one, "success")
	check(t, g.SetBranch("", "one", g.Tip("", "main"), "dave"))
	g.change("", "one", "mm/a.c", "other\n")
	g.stands(one, "pending")
	g.refused(one, "after a force push")

	review := g.approve(one, "alice")
	g.stands(one, "success")
	pass(time.Second)
	check(t, g.Dismiss(one, "carol", review))
	g.sweep()
	g.stands(one, "pending")
	g.refused(one, "after a dismissal")

	pass(time.Second)
	g.approve(one, "alice")
	g.stands(one, "success")
	check(t, g.SetDraft(one, "dave", true))
	g.refused(one, "as a draft")
	check(t, g.SetDraft(one, "dave", false))
	g.merges(one)
	g.elsewhere()
}

// elsewhere goes on with a retarget, a fork and a team.
func (g *guarded) elsewhere() {
	t := g.t
	check(t, g.SetBranch("", "wip", g.Tip("", "main"), "carol"))
	g.change("", "two", "mm/b.c", "mine\n")
	two := g.open(forgetest.Opening{Author: "dave", Head: "two", Base: "wip"})
	forgetest.Await(t, "#2 is looked at", nil, func() bool { return strings.Contains(g.log.String(), `"pr":2`) }, g.log.String)
	pass(time.Second) // else the move may be older than the look
	check(t, g.Retarget(two, "dave", "main"))
	g.stands(two, "pending")
	g.refused(two, "after a retarget")
	pass(time.Second) // a review in its very second may be older
	g.approve(two, "alice")
	g.merges(two)

	check(t, g.Fork("mallory"))
	g.change("mallory", "three", "mm/c.c", "mine\n")
	three := g.open(forgetest.Opening{Author: "mallory", From: "mallory", Head: "three"})
	g.stands(three, "pending")
	g.refused(three, "from a fork")
	g.approve(three, "alice")
	g.merges(three)

	g.change("", "four", "fs/a.c", "mine\n")
	four := g.open(forgetest.Opening{Author: "dave", Head: "four"})
	g.stands(four, "pending")
	g.refused(four, "before the team's approval")
	g.approve(four, "erin")
	g.stands(four, "success")
	check(t, g.RemoveTeamMember(org, "fs", "erin"))
	g.sweep()
	g.stands(four, "pending")
	g.refused(four, "after the approver left the team")
	check(t, g.AddTeamMember(org, "fs", "erin"))
	g.sweep()
	g.merges(four)
}
