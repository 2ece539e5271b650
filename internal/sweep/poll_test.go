package sweep

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// polled is a store of two repositories of two forges, and the forges' lists.
type polled struct {
	Store

	listed []string
	raised []pull.Ref
	err    error
}

func (p *polled) Repos(context.Context) ([]pull.Repo, error) {
	other := linux
	other.Forge = "other"
	return []pull.Repo{linux, other}, nil
}

func (p *polled) OpenKnown(_ context.Context, repo pull.Repo) ([]history.PullState, error) {
	return []history.PullState{
		{Ref: pull.Ref{Repo: repo, Number: 1}, Head: "h1", BaseBranch: "main", Check: "review-gate", Open: true},
		{Ref: pull.Ref{Repo: repo, Number: 2}, Head: "h2", BaseBranch: "main", Check: "review-gate", Open: true},
	}, nil
}

func (p *polled) RaiseAs(_ context.Context, _ queue.Class, refs ...pull.Ref) error {
	p.raised = append(p.raised, refs...)
	return nil
}

func (p *polled) OpenRequests(ctx context.Context, repo pull.Repo) ([]seam.Listed, error) {
	if !forge.IsBackground(ctx) {
		return nil, errors.New("the lists of a poll are a sweep's")
	}
	p.listed = append(p.listed, repo.Forge)
	return []seam.Listed{{Number: 1, Head: "h1", BaseBranch: "main"}, {Number: 3, Head: "h3", BaseBranch: "main"}}, p.err
}

func (p *polled) Tip(context.Context, pull.Repo, string) (string, error) { return "", nil }

// TestPoll holds that what changed is raised on forges that deliver nothing again, by a list
// alone and what stands as it was left alone, and that a list that fails raises nothing.
func TestPoll(t *testing.T) {
	t.Parallel()
	for _, err := range []error{nil, errors.New("broken"), &forge.LimitError{Until: time.Unix(0, 0)}} {
		p := &polled{err: err}
		g := gate.New(gate.Config{Forge: seam.Forge{Traits: seam.Traits{SilentChanges: true}, Lister: p}})
		found := 0
		s := &Sweeper{Store: p, Forges: map[string]Swept{"github": {Gate: g, Polled: true}, "other": {Gate: g}},
			Repaired: func(_ Repair, n int) { found += n }, Log: slog.New(slog.DiscardHandler)}
		s.Poll(t.Context())
		want := []pull.Ref{{Repo: linux, Number: 3}, {Repo: linux, Number: 2}}
		if err != nil {
			want = nil
		}
		if !slices.Equal(p.raised, want) || !slices.Equal(p.listed, []string{"github"}) || found != len(want) {
			t.Errorf("%v: raised %v after lists of %v; %d found", err, p.raised, p.listed, found)
		}
	}
}

// shows is a forge on which each check shows one thing.
type shows struct {
	is  policy.Outcome
	was policy.Outcome
}

func (s shows) CheckOn(context.Context, pull.Ref, string, string, bool) (policy.Outcome, error) {
	return s.is, nil
}

func (s shows) At(context.Context, pull.Repo, string) (history.HeadHistory, error) {
	return history.HeadHistory{Checks: []history.CheckRecord{{Name: "review-gate", Done: true, Outcome: string(s.was)}}}, nil
}

// TestPassOnly holds that where only a pass is told from everything else, nothing else is
// taken for written over; a pass always is.
func TestPassOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		is, was         policy.Outcome
		usual, passOnly bool
	}{
		{policy.Pending, policy.Pending, true, true}, {policy.Pending, policy.Failure, false, true}, {policy.Pending, policy.Error, false, true},
		{policy.Success, policy.Failure, false, false}, {policy.Pending, policy.Success, false, false}, {policy.Success, policy.Success, true, true},
		{"", policy.Pending, false, false},
	} {
		for passOnly, want := range map[bool]bool{false: c.usual, true: c.passOnly} {
			look := shows{c.is, c.was}
			i := inspection{Swept{Inspector: look, Gate: gate.New(gate.Config{}), PassOnly: passOnly}, look}
			got, err := i.stands(t.Context(), knownOf(1)[0])
			if err != nil || got != want {
				t.Errorf("shows %q, was %q, pass only %t: %t, %v", c.is, c.was, passOnly, got, err)
			}
		}
	}
}

// TestChecksOfTwins looks once at a check that pull requests of a head share, and at each one's
// own where a forge has such.
func TestChecksOfTwins(t *testing.T) {
	t.Parallel()
	twins := []history.PullState{
		{Ref: pull.Ref{Repo: linux, Number: 1}, Head: "h", Check: "review-gate"},
		{Ref: pull.Ref{Repo: linux, Number: 2}, Head: "h", Check: "review-gate"},
	}
	for perRequest, want := range map[bool]int{false: 1, true: 2} {
		i := inspection{Swept: Swept{PerRequest: perRequest}}
		if got := i.onePerCheck(twins, map[string]bool{}); len(got) != want {
			t.Errorf("own checks %t: %d are looked at, want %d", perRequest, len(got), want)
		}
	}
}
