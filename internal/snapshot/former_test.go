package snapshot

import (
	"context"
	"testing"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// formerly are pull requests that are looked at, by number.
type formerly struct {
	seam.Source
	requests map[int]pull.Request
}

func (f formerly) Look(_ context.Context, ref pull.Ref, _ []string, _ bool) (seam.Look, error) {
	r, ok := f.requests[ref.Number]
	if !ok {
		return seam.Look{}, pull.ErrNotFound
	}
	return seam.Look{Request: r}, nil
}

// TestFormerTwins holds that an override is taken back by what was said on a pull request of the
// same head that was towards the same branch: of one that is closed, and of one that is open
// towards another branch now; and by nothing else.
func TestFormerTwins(t *testing.T) {
	t.Parallel()
	ref := func(n int) pull.Ref { return pull.Ref{Repo: pull.Repo{Owner: "acme", Name: "linux"}, Number: n} }
	one := func(n int, base, text string, moves ...pull.BaseMove) pull.Request {
		return pull.Request{Ref: ref(n), Head: "h", BaseBranch: base, BaseMovesKnown: true, BaseMoves: moves,
			Comments: []pull.Comment{{ID: int64(n), Author: pull.Person{Login: "carol"}, Body: text}}}
	}
	left := pull.BaseMove{Kind: pull.Retargeted, Before: pull.Tip{Branch: "main"}}
	requests := map[int]pull.Request{
		2: one(2, "next", "/override cancel", left), 3: one(3, "next", "/override cancel"), 4: one(4, "main", "/override cancel"),
		5: one(5, "main", "fine"), 7: one(7, "main", "/override cancel"),
	}
	open := func(n int, base string) history.PullState {
		return history.PullState{Ref: ref(n), Head: "h", BaseBranch: base, Open: true}
	}
	for name, tt := range map[string]struct {
		open   []history.PullState
		closed []pull.Ref
		says   string
		want   int
	}{
		"open towards another branch now": {[]history.PullState{open(2, "next")}, nil, "/override it is urgent", 1},
		"always towards another one":      {[]history.PullState{open(3, "next")}, nil, "/override it is urgent", 0},
		"a twin, which is read anyway":    {[]history.PullState{open(7, "main")}, nil, "/override it is urgent", 0},
		"closed":                          {nil, []pull.Ref{ref(4), ref(5), ref(6), ref(1)}, "/override it is urgent", 1},
		"nothing to take back":            {nil, []pull.Ref{ref(4)}, "fine", 0},
	} {
		l := &Reading{Look: seam.Look{Request: one(1, "main", tt.says)}, At: history.HeadHistory{Open: tt.open}}
		g := &Reader{cfg: Config{Source: formerly{requests: requests}, ClosedAt: func(context.Context, pull.Repo, string) ([]pull.Ref, error) {
			return tt.closed, nil
		}}, cache: newCache(nil)}
		if err := g.formerTwins(t.Context(), l); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := len(l.Snapshot.Cancels); got != tt.want {
			t.Errorf("%s: %d cancels, want %d: %+v", name, got, tt.want, l.Snapshot.Cancels)
		}
	}
}
