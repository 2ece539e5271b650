package late

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// diary says whether there was a push.
type diary struct {
	pushed bool
	err    error
	asked  time.Time
}

func (d *diary) Pushed(_ context.Context, _ pull.Ref, after time.Time) (bool, error) {
	d.asked = after
	return d.pushed, d.err
}

// TestBound holds to which commit a review is bound that names none.
func TestBound(t *testing.T) {
	t.Parallel()
	seen := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	before, now := []pull.Sighting{{Head: "a", At: seen}}, &pull.Sighting{Head: "a"}
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		before []pull.Sighting
		diary  diary
		want   string
		err    error
	}{
		"the head of both looks":                {before: before, want: "a"},
		"a push in between, that was undone":    {before: before, diary: diary{pushed: true}},
		"another head before":                   {before: []pull.Sighting{{Head: "b", At: seen}}},
		"no look before":                        {},
		"what was pushed in between is unknown": {before: before, diary: diary{err: broken}, err: broken},
	} {
		got, begun, err := Bound(t.Context(), &tt.diary, pull.Ref{}, tt.before, now)
		if got != tt.want || !errors.Is(err, tt.err) || len(tt.before) > 0 && !begun.Equal(seen) {
			t.Errorf("%s: %q since %s, %v", name, got, begun, err)
		}
		if got != "" && !tt.diary.asked.Equal(seen) {
			t.Errorf("%s: asked for what came after %s", name, tt.diary.asked)
		}
	}
	if got, _, err := Bound(t.Context(), nil, pull.Ref{}, before, now); got != "a" || err != nil {
		t.Errorf("no diary: %q, %v", got, err)
	}
}
