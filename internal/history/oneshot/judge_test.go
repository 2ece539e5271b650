package oneshot_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/history/oneshot"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

func ref(number int) pull.Ref {
	return pull.Ref{Repo: pull.Repo{Forge: "forge", Owner: "acme", Name: "linux"}, Number: number}
}

// forge lists the open pull requests of each head.
type forge struct {
	oneshot.Forge
	open map[string][]int
}

func (f forge) RequestsAt(_ context.Context, _ pull.Repo, head string) ([]history.PullState, error) {
	if f.open[head] == nil {
		return nil, errors.New("no list")
	}
	var out []history.PullState
	for _, n := range f.open[head] {
		out = append(out, history.PullState{Ref: ref(n), Head: head})
	}
	return out, nil
}

// judge keeps what it judged, in order; what fails can't be judged.
type judge struct {
	judged []int
	fails  int
}

func (j *judge) Judge(_ context.Context, r pull.Ref) (gate.Run, error) {
	j.judged = append(j.judged, r.Number)
	if r.Number == j.fails {
		return gate.Run{}, errors.New("broken")
	}
	return gate.Run{Ref: r, Head: "c1"}, nil
}

// TestOthersOfAHeadFirst holds that what shares the head of a pull request is judged before
// it, and it again with what was found out.
func TestOthersOfAHeadFirst(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		open  []int
		fails int
		want  []int
		says  string
	}{
		"alone":            {open: []int{2}, want: []int{2}},
		"others":           {open: []int{1, 2, 3}, want: []int{2, 1, 3, 2}},
		"itself is broken": {open: []int{1, 2}, fails: 2, want: []int{2}, says: "broken"},
		"another is broken": {open: []int{1, 2, 3}, fails: 1, want: []int{2, 1},
			says: "judge forge:acme/linux#1, which has the same head: broken"},
		"they can't be told": {want: []int{2}, says: "no list"},
	} {
		j := &judge{fails: tt.fails}
		m := oneshot.Memory{Forge: forge{open: map[string][]int{"c1": tt.open}}}
		_, err := m.Judge(t.Context(), j, ref(2))
		if (tt.says == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", name, err, tt.says)
		}
		if diff := cmp.Diff(tt.want, j.judged); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestNarrow holds that one check speaks with nobody.
func TestNarrow(t *testing.T) {
	t.Parallel()
	m := &oneshot.Memory{Forge: forge{}}
	f := m.Narrow(seam.Forge{Traits: seam.Traits{Kind: "forge", WritesRuns: true}})
	if f.Finder != m || f.ClosedAt == nil || f.Traits.WritesRuns || f.Traits.Kind != "forge" || f.Answerer != nil || f.Marker != nil ||
		f.Inspector != nil || f.Protection != nil {
		t.Errorf("%+v", f)
	}
}
