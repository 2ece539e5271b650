package github_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestMerged lists what was merged since a time, with files and reviews, over several pages.
func TestMerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	merge := func(n int, who string, states ...fake.ReviewState) *fake.PullRequest {
		_, pr := w.open(fmt.Sprint("topic", n), map[string]string{fmt.Sprintf("dir/%d.c", n): "new\n", fmt.Sprintf("dir/%d.h", n): "new\n"})
		for _, state := range states {
			_, err := pr.Review(fake.Review{By: who, State: state, Body: "text"})
			check(t, err)
		}
		_, err := pr.Merge("carol")
		check(t, err)
		return pr
	}
	since := time.Now().Add(-time.Hour)
	long := since.Add(-time.Hour)
	merge(1, "alice", fake.Approved).MergedAt = long // and commented since
	merge(2, "alice", fake.Approved, fake.ChangesRequested)
	for n := 3; n < 40; n++ {
		merge(n, "bob")
	}
	for n := 40; n < 70; n++ { // on pages that are not read
		pr := merge(n, "bob")
		pr.MergedAt, pr.Updated = long, long
	}
	_, pr := w.open("open", map[string]string{"open.c": "new\n"})
	all, err := w.app.Merged(t.Context(), linux, since, 3000)
	check(t, err)
	if len(all) != 38 {
		t.Fatalf("%d merged, want 38", len(all))
	}
	for _, m := range all {
		if m.Request.UpdatedAt.Before(since) || m.Request.Ref.Number == pr.Number() || !m.Request.Complete || len(m.Request.Files) != 2 ||
			m.Request.UpdatedAt.Before(m.Pushed) || m.Pushed.Before(m.Request.OpenedAt) {
			t.Errorf("%+v", m)
		}
	}
	second := all[len(all)-1].Request
	var states []pull.ReviewState
	for _, r := range second.Reviews {
		states = append(states, r.State)
	}
	if diff := cmp.Diff([]pull.ReviewState{pull.Approved, pull.ChangesRequested}, states); diff != "" || second.Ref.Number != 2 {
		t.Errorf("of %s (-want +got):\n%s", second.Ref, diff)
	}
	if few, err := w.app.Merged(t.Context(), linux, since, 5); err != nil || len(few) != 5 || few[0].Request.Ref != all[0].Request.Ref {
		t.Errorf("%d, %v; want the last 5", len(few), err)
	}
}

// TestMergedNotWhole holds that a pull request with more files than are read says so, and that
// a server which finds a page too large is asked for smaller ones.
func TestMergedNotWhole(t *testing.T) {
	t.Parallel()
	refused := 0
	w := newWorld(t, meddler(func(_ *http.Request, sent, answer string) string {
		if strings.Contains(sent, `"size":24`) {
			refused++
			return `{"errors":[{"type":"RESOURCE_LIMITS_EXCEEDED","message":"Resource limits exceeded"}]}`
		}
		return answer
	}))
	files := map[string]string{}
	for i := range 101 {
		files[fmt.Sprintf("dir/%d.c", i)] = "new\n"
	}
	_, pr := w.open("topic", files)
	_, err := pr.Merge("carol")
	check(t, err)
	all, err := w.app.Merged(t.Context(), linux, time.Time{}, 9)
	check(t, err)
	if len(all) != 1 || all[0].Request.Complete || !strings.Contains(all[0].Request.Incomplete, "100 files") {
		t.Errorf("%+v", all)
	}
	if refused == 0 {
		t.Error("no page was too large, so this holds less than it says")
	}
}
