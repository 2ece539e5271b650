package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// TestAskingSettles holds that a further look at people who are asked changes
// nothing on the forge.
func TestAskingSettles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 100%\nlabels: {needs_review: true}\nassign: {assignees: true}\n"})
	w.swept()
	pr := w.open("one", "mm/a.c", "fs/a.c", "kernel/fork.c")
	w.expect(pr, "in_progress", "0 of 3")
	w.quiet()
	w.ResetCalls()
	for range 2 {
		check0(t, w.svc.Store().Raise(t.Context(), pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: pr.Number()}))
		w.quiet()
	}
	looked := 0
	for _, c := range w.Calls() {
		if c.Operation == "Look" {
			looked++
		} else if c.Method != "GET" && c.Pattern != "/graphql" {
			t.Errorf("%s %s", c.Method, c.Path)
		}
	}
	if looked != 2 {
		t.Errorf("looked %d times", looked)
	}
}

// TestAskingPlot holds that config/README.md shows what the command draws.
func TestAskingPlot(t *testing.T) {
	t.Parallel()
	const past = "../../../shared/data/optee"
	if _, err := os.Stat(past); errors.Is(err, fs.ErrNotExist) && os.Getenv("REVIEWGATE_SHARED") != "required" {
		t.Skipf("%v; REVIEWGATE_SHARED=required would fail here", err)
	}
	want, err := os.ReadFile("../../.github/asking.svg")
	check0(t, err)
	var out, problems strings.Builder
	if code := run(t.Context(), []string{"report", "simulate-assign", past, "--format", "svg"}, nil, &out, &problems); code != exitPass ||
		out.String() != string(want) {
		t.Errorf("exit %d: %s; write .github/asking.svg anew with reviewgate report simulate-assign %s --format svg, and look at it", code,
			problems.String(), past)
	}
}

// TestReportLoad holds that what the service saw is reported while it runs.
func TestReportLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 100%\ncomment: false\nrespond_within: 1h\n"})
	w.swept()
	first, second := w.open("one", "mm/a.c"), w.open("two", "mm/b.c", "fs/a.c")
	w.expect(first, "in_progress", "0 of 1")
	w.expect(second, "in_progress", "0 of 2")
	w.quiet()
	w.ahead.Add(int64(2 * time.Hour))
	w.review(first, "alice", fake.Approved)
	w.expect(first, "success", "1 of 1")
	check0(t, first.Close("dave"))
	w.quiet()
	report := func(args ...string) string {
		var out, problems strings.Builder
		args = append([]string{"report", "load", "--database", "sqlite:" + filepath.Join(w.dir, "gate.db")}, args...)
		if code := run(t.Context(), args, nil, &out, &problems); code != exitPass {
			t.Fatalf("exit %d: %s", code, problems.String())
		}
		return out.String()
	}
	var got workload.Report
	check0(t, json.Unmarshal([]byte(report("--repo", "acme/linux", "--format", "json")), &got))
	alice := got.People[0]
	if alice.Who != "alice" || alice.Open != 1 || alice.Reviews != 1 || alice.Answered != 1 || *alice.Median < 7100 || *alice.Median > 7300 {
		t.Errorf("%+v", got)
	}
	late := []response.Line{{Area: "fs", Within: 3600, Open: 1}, {Area: "mm", Within: 3600, Missed: 1, Open: 1}}
	if diff := cmp.Diff(late, got.Responses); diff != "" {
		t.Errorf("responses (-want +got):\n%s", diff)
	}
	text := report("--repo", "github:acme/linux")
	if !strings.Contains(text, "(of 1)") || !strings.Contains(text, "Gini of open requests and reviews: ") || len(got.Areas) == 0 ||
		got.Areas[0].Subsystem != "fs" {
		t.Errorf("%s\n%+v", text, got.Areas)
	}
	var out, problems strings.Builder
	if code := run(t.Context(), []string{"report", "load", "--repo", "acme/other", "--database", "sqlite:" +
		filepath.Join(w.dir, "gate.db")}, nil, &out, &problems); code != exitError ||
		!strings.Contains(problems.String(), "is it spelled as the service knows it?") {
		t.Errorf("exit %d: %s", code, problems.String())
	}
}
