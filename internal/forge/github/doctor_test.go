package github_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// examine reads all that is read of a set-up.
func (w *world) examine() {
	w.t.Helper()
	ctx := w.t.Context()
	seen := w.app.Examine(ctx, 1)
	if found := doctor.NewReport(doctor.OfForge(seen)); seen.Login.State != doctor.Taken || seen.Installations.Unread+seen.Hook.Unread+
		seen.Deliveries.Unread != "" || len(seen.Installations.List) != 1 {
		w.t.Errorf("%+v\n%+v", seen, found)
	}
	w.repo.ProtectReviews("main")
	b, err := w.app.ExamineBranch(ctx, linux, "main")
	check(w.t, err)
	if !b.Stale || b.NoCreation || b.Unread != "" {
		w.t.Errorf("%+v", b)
	}
	w.repo.RestrictCreation("none/*")
	closed, unread, err := w.app.ExamineCreation(ctx, linux, "none/such")
	check(w.t, err)
	if !closed || unread != "" {
		w.t.Errorf("creation: closed %t, unread %q", closed, unread)
	}
	names, branch, more, err := w.app.Branches(ctx, linux, 300)
	check(w.t, err)
	if !slices.Equal(names, []string{"main"}) || branch != "main" || more {
		w.t.Errorf("branches: %q, %q, %t", names, branch, more)
	}
}

// TestBranches holds that all pages are read, up to as many as are asked for.
func TestBranches(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	want := []string{"main"}
	for i := range 120 {
		want = append(want, fmt.Sprintf("x%03d", i))
		_, err := w.repo.Commit(fake.Change{Branch: want[i+1], Author: "carol", Message: "x", Files: map[string]*fake.File{"x": {Content: "x"}}})
		check(t, err)
	}
	for _, most := range []int{1, 99, 100, 101, 120, 121, 300} {
		names, branch, more, err := w.app.Branches(t.Context(), linux, most)
		check(t, err)
		if diff := cmp.Diff(want[:min(most, len(want))], names); diff != "" || branch != "main" || more != (most < len(want)) {
			t.Errorf("%d: default %q, more %t %s", most, branch, more, diff)
		}
	}
}
