package merged_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/history/merged"
	"github.com/reviewgate/reviewgate/internal/pull"
)

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

// shelf holds the last run of some pull requests, and the last that was judged.
type shelf struct {
	last, judged map[int]string
	asked        merged.Limits
	broken       error
}

func (s *shelf) ClosedKnown(_ context.Context, repo pull.Repo, since time.Time, most int) (list []history.PullState, err error) {
	s.asked = merged.Limits{Since: since, Most: most}
	for n := 1; n <= 5; n++ {
		list = append(list, history.PullState{Ref: pull.Ref{Repo: repo, Number: n}})
	}
	return list, nil
}

func of(ref pull.Ref, bodies map[int]string, err error) (history.RunRecord, bool, error) {
	body, ok := bodies[ref.Number]
	return history.RunRecord{Ref: ref, Body: []byte(body)}, ok, err
}

func (s *shelf) LastRun(_ context.Context, ref pull.Ref) (history.RunRecord, bool, error) {
	return of(ref, s.last, nil)
}

func (s *shelf) LastJudged(_ context.Context, ref pull.Ref) (history.RunRecord, bool, error) {
	return of(ref, s.judged, s.broken)
}

// TestEach holds that only what was seen merged is told, by the run that judged it, within
// limits.
func TestEach(t *testing.T) {
	t.Parallel()
	const yes, no = `{"inputs":{"snapshot":{"Request":{"Merged":true}}}}`, `{"inputs":{"snapshot":{"Request":{"Merged":false}}}}`
	s := &shelf{last: map[int]string{1: yes, 2: no, 3: yes, 4: yes}, judged: map[int]string{1: "12345", 2: "12345", 4: "1234567"}}
	tell := func(bytes int) (got []string, err error) {
		err = merged.Each(t.Context(), s, linux, merged.Limits{Since: time.Unix(1, 0), Most: 9, Bytes: bytes},
			func(r history.RunRecord) error {
				got = append(got, fmt.Sprint(r.Ref.Number, " ", string(r.Body)))
				return nil
			})
		return got, err
	}
	for bytes, want := range map[int][]string{12: {"1 12345", "4 1234567"}, 11: {"1 12345"}, 4: nil} {
		got, err := tell(bytes)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%d bytes: %v (-want +got):\n%s", bytes, err, diff)
		}
	}
	if s.asked != (merged.Limits{Since: time.Unix(1, 0), Most: 9}) {
		t.Errorf("asked for %+v", s.asked)
	}
	s.broken = errors.New("torn")
	if _, err := tell(99); !errors.Is(err, s.broken) {
		t.Error(err)
	}
	s.broken, s.last[1] = nil, "["
	if got, err := tell(99); err != nil || !cmp.Equal(got, []string{"4 1234567"}) {
		t.Errorf("%v, %v", got, err)
	}
}
