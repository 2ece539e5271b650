package pull_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
)

func TestRefRoundTrip(t *testing.T) {
	t.Parallel()
	want := pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: 12}
	text, err := json.Marshal(want)
	if err != nil || string(text) != `"github:acme/linux#12"` {
		t.Fatalf("%s, %v", text, err)
	}
	var got pull.Ref
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("%v, %v", got, err)
	}
	group := pull.Ref{Repo: pull.Repo{Forge: "lab", Owner: "acme/kernel", Name: "linux"}, Number: 3}
	if got, err := pull.ParseRef("lab:acme/kernel/linux#3"); err != nil || got != group || got.String() != "lab:acme/kernel/linux#3" {
		t.Errorf("a group within a group: %v, %v", got, err)
	}
	for _, in := range []string{"", "acme/linux#1", "github:acme#1", "github:acme/linux", "github:acme/linux#x", "github:acme/linux#-1",
		"github:a//c#1", "github:/a/c#1", "github:a/#1"} {
		if r, err := pull.ParseRef(in); err == nil {
			t.Errorf("ParseRef(%q) = %v, want an error", in, r)
		}
	}
}

// TestOnTip holds that a head is on the tip of its base only if its commits lead there.
func TestOnTip(t *testing.T) {
	t.Parallel()
	commit := func(id string, parents ...string) pull.Commit { return pull.Commit{ID: id, Parents: parents} }
	for name, tt := range map[string]struct {
		tip     string
		commits []pull.Commit
		want    bool
	}{
		"the tip itself":          {"head", nil, true},
		"through a merge":         {"tip", []pull.Commit{commit("head", "side", "main"), commit("main", "tip"), commit("side", "old")}, true},
		"from an older base":      {"tip", []pull.Commit{commit("head", "a"), commit("a", "old")}, false},
		"commits not listed":      {"tip", nil, false},
		"in a circle":             {"tip", []pull.Commit{commit("head", "a"), commit("a", "head")}, false},
		"the tip is not known":    {"", []pull.Commit{commit("head", "")}, false},
		"beside what leads there": {"tip", []pull.Commit{commit("head", "a"), commit("b", "tip")}, false},
	} {
		if got := (&pull.Request{Head: "head", BaseTip: tt.tip, Commits: tt.commits}).OnTip(); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestWhole holds that a content counts as known only if each side on which
// the file exists is.
func TestWhole(t *testing.T) {
	t.Parallel()
	full := pull.Content{OldMode: pull.Regular, OldID: "a", Mode: pull.Regular, ID: "b"}
	tests := []struct {
		status  pull.FileStatus
		forget  func(*pull.Content)
		want    bool
		forgets string
	}{
		{pull.Modified, func(*pull.Content) {}, true, "nothing"},
		{pull.Modified, func(c *pull.Content) { c.OldID = "" }, false, "old id"},
		{pull.Modified, func(c *pull.Content) { c.Mode = "" }, false, "mode"},
		{pull.Added, func(c *pull.Content) { c.OldID, c.OldMode = "", "" }, true, "old side"},
		{pull.Added, func(c *pull.Content) { c.ID = "" }, false, "id"},
		{pull.Removed, func(c *pull.Content) { c.ID, c.Mode = "", "" }, true, "new side"},
		{pull.Removed, func(c *pull.Content) { c.OldMode = "" }, false, "old mode"},
		{pull.Renamed, func(c *pull.Content) { c.OldMode = "" }, false, "old mode"},
		{"something new", func(*pull.Content) {}, false, "nothing"},
	}
	for _, tt := range tests {
		c := full
		c.Status = tt.status
		tt.forget(&c)
		if got := c.Whole(); got != tt.want {
			t.Errorf("%s without %s: whole = %v", tt.status, tt.forgets, got)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for status, want := range map[pull.FileStatus][]string{
		pull.Renamed: {"old", "new"}, pull.Copied: {"new"}, pull.Modified: {"new"},
	} {
		if diff := cmp.Diff(want, pull.Content{Status: status, Path: "new", OldPath: "old"}.Paths()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", status, diff)
		}
	}
}

func TestPersonIs(t *testing.T) {
	t.Parallel()
	alice := pull.Person{Login: "alice", ID: 1}
	for _, tt := range []struct {
		other pull.Person
		want  bool
	}{
		{pull.Person{Login: "ALICE"}, true},
		{pull.Person{Login: "renamed", ID: 1}, true},
		{pull.Person{Login: "alice", ID: 2}, false}, // the login changed hands
		{pull.Person{}, false},
	} {
		if got := alice.Is(tt.other); got != tt.want {
			t.Errorf("alice is %+v: %v", tt.other, got)
		}
	}
	if (pull.Person{}).Is(pull.Person{}) {
		t.Error("nobody is somebody")
	}
}

func TestSortReviews(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	reviews := []pull.Review{{ID: 3, At: at}, {ID: 1, At: at.Add(time.Hour)}, {ID: 2, At: at}}
	pull.SortReviews(reviews)
	var ids []int64
	for _, r := range reviews {
		ids = append(ids, r.ID)
	}
	if diff := cmp.Diff([]int64{2, 3, 1}, ids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
