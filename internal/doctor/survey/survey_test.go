package survey

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// creation answers who may create a branch, and which branches are there.
type creation struct {
	Reader
	closed bool
	unread string
	err    error
	tips   map[string]string
	given  []pull.Repo
	whole  bool
}

func (c creation) ExamineCreation(context.Context, pull.Repo, string) (bool, string, error) {
	return c.closed, c.unread, c.err
}

func (c creation) Tip(_ context.Context, _ pull.Repo, branch string) (string, error) {
	return c.tips[branch], c.err
}

func (c creation) Repositories(context.Context) ([]pull.Repo, bool, error) {
	return c.given, c.whole, c.err
}

// TestFamilies holds what is known of who may create branches of a pattern: by a name that
// nobody has used, or by those that there are.
func TestFamilies(t *testing.T) {
	t.Parallel()
	open, closed := doctor.Branch{Name: "release/1", Check: "gate"}, doctor.Branch{Name: "release/2", Check: "gate", NoCreation: true}
	blocked, stale := doctor.Branch{Name: "release/3", Check: "gate", Blocks: true},
		doctor.Branch{Name: "release/4", Check: "gate", StaleUnread: "403"}
	other := doctor.Branch{Name: "release/5", Check: "other", Blocks: true}
	for name, tt := range map[string]struct {
		reader   creation
		branches []doctor.Branch
		closed   bool
		unread   string
	}{
		"open":   {branches: []doctor.Branch{open, closed}},
		"closed": {reader: creation{closed: true}, branches: []doctor.Branch{blocked, stale}, closed: true},
		"blocked by what may be all": {branches: []doctor.Branch{blocked, stale},
			unread: "the protection of release/3 blocks it, and whether that is of the whole pattern is not told"},
		"one is unread":         {branches: []doctor.Branch{stale, blocked}, unread: "403"},
		"another check's":       {branches: []doctor.Branch{other}},
		"unread, one is open":   {reader: creation{unread: "404"}, branches: []doctor.Branch{blocked, open}},
		"unread, none is open":  {reader: creation{unread: "404"}, branches: []doctor.Branch{blocked, stale, closed, other}, unread: "404"},
		"failed, none is there": {reader: creation{err: errors.New("502")}, unread: "502"},
	} {
		f := Forge{Reader: tt.reader}
		got := f.family(t.Context(), pull.Repo{}, policy.Family{Match: "release/*", Check: "gate"}, tt.branches)
		if got.Closed != tt.closed || got.Unread != tt.unread {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestBehind holds that named branches behind the first ones are looked at once, if they
// are there.
func TestBehind(t *testing.T) {
	t.Parallel()
	f := Forge{Reader: creation{tips: map[string]string{"main": "c1", "stable": "c2"}}}
	got, err := f.behind(t.Context(), pull.Repo{}, []string{"a", "main"}, []string{"main", "gone", "stable", "stable"})
	if diff := cmp.Diff([]string{"a", "main", "stable"}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	f.Reader = creation{err: errors.New("502")}
	if _, err := f.behind(t.Context(), pull.Repo{}, nil, []string{"main"}); err == nil {
		t.Error("what could not be read is taken for absent")
	}
}

// TestNothingToLookAt holds what is said where no repository is named and none is told.
func TestNothingToLookAt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		reader creation
		want   []string
	}{
		"a token":        {want: []string{"no repository was looked at"}},
		"an App of none": {reader: creation{whole: true}, want: nil},
		"unread":         {reader: creation{err: errors.New("502")}, want: []string{"not all repositories can be looked at"}},
	} {
		f := Forge{Reader: tt.reader}
		var got []string
		for _, finding := range f.Findings(t.Context(), nil) {
			got = append(got, finding.What)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
