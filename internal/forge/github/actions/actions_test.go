package actions

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestEventsConcern holds which pull requests an event gives to judge. Of what an event
// lists of a fork nothing is needed.
func TestEventsConcern(t *testing.T) {
	t.Parallel()
	open := []seam.Listed{
		{Number: 9, Head: "c9", BaseBranch: "main", DefaultBranch: "main", HeadBranch: "topic", HeadRepo: "mallory/linux"},
		{Number: 7, Head: "c7", BaseBranch: "main", DefaultBranch: "main", HeadBranch: "topic", HeadRepo: "acme/linux"},
		{Number: 5, Head: "c7", BaseBranch: "release/1", DefaultBranch: "main", HeadBranch: "copy", HeadRepo: "acme/linux"},
		{Number: 3, Head: "c3", BaseBranch: "release/1", DefaultBranch: "main", HeadBranch: "main", HeadRepo: ""},
	}
	tests := map[string]struct {
		event, payload string
		want           []int
		groups         []string
		fails          string
	}{
		"opened": {event: "pull_request_target",
			payload: `{"action":"opened","pull_request":{"number":9,"head":{"sha":"c9"}}}`, want: []int{9}},
		"one of a head": {event: "pull_request_target",
			payload: `{"action":"edited","pull_request":{"number":7,"head":{"sha":"c7"}}}`, want: []int{5, 7}},
		"closed": {event: "pull_request_target",
			payload: `{"action":"closed","pull_request":{"number":8,"head":{"sha":"c7"}}}`, want: []int{5, 7, 8}},
		"a push that the list has": {event: "pull_request_target",
			payload: `{"action":"synchronize","pull_request":{"number":7,"head":{"sha":"c6"}}}`, want: []int{5, 7}},
		"a command": {event: "issue_comment",
			payload: `{"action":"created","comment":{"body":"/recheck"},"issue":{"number":9,"pull_request":{}}}`, want: []int{9}},
		"talk": {event: "issue_comment",
			payload: `{"action":"created","comment":{"body":"thanks"},"issue":{"number":9,"pull_request":{}}}`, want: []int{}},
		"edited talk": {event: "issue_comment",
			payload: `{"action":"edited","comment":{"body":"thanks"},"issue":{"number":9,"pull_request":{}}}`, want: []int{9}},
		"a deleted comment": {event: "issue_comment",
			payload: `{"action":"deleted","comment":{"body":"thanks"},"issue":{"number":9,"pull_request":{}}}`, want: []int{9}},
		"a comment on an issue": {event: "issue_comment",
			payload: `{"action":"created","comment":{"body":"/recheck"},"issue":{"number":4}}`, want: []int{}},
		"a command on what is closed": {event: "issue_comment",
			payload: `{"action":"created","comment":{"body":"/recheck"},"issue":{"number":8,"pull_request":{}}}`, want: []int{}},
		"a review, from a fork": {event: "workflow_run",
			payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"c9","head_branch":"x","head_repository":null,"pull_requests":[]}}`, want: []int{9}},
		"a review, by number": {event: "workflow_run",
			payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"","pull_requests":[{"number":3}]}}`, want: []int{3}},
		"a review, the head has moved": {event: "workflow_run",
			payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"c0","head_branch":"topic","head_repository":{"full_name":"Mallory/linux"},"pull_requests":[]}}`, want: []int{9}},
		"a review, of a twin": {event: "workflow_run",
			payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"c7","pull_requests":[{"number":7}]}}`, want: []int{5, 7}},
		"a review of what is closed": {event: "workflow_run",
			payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"c0","head_branch":"gone","head_repository":{"full_name":"acme/linux"},"pull_requests":[{"number":8}]}}`, want: []int{}},
		"a lost repository is no match": {event: "workflow_run",
			payload: `{"workflow_run":{"event":"pull_request_review","head_sha":"c0","head_branch":"main","head_repository":{"full_name":""},"pull_requests":null}}`, want: []int{}},
		"a push to a gated branch": {event: "workflow_run",
			payload: `{"workflow_run":{"event":"push","head_sha":"c1","head_branch":"release/1","head_repository":{"full_name":"acme/linux"}}}`,
			want:    []int{3, 5, 7}},
		"a group": {event: "workflow_run",
			payload: `{"workflow_run":{"event":"merge_group","head_branch":"gh-readonly-queue/release/1/pr-7-c0"}}`, want: []int{},
			groups: []string{"release/1"}},
		"the default branch":       {event: "push", payload: `{"ref":"refs/heads/main"}`, want: []int{3, 5, 7, 9}},
		"another branch":           {event: "push", payload: `{"ref":"refs/heads/topic"}`, want: []int{}},
		"a tag of a branch's name": {event: "push", payload: `{"ref":"refs/tags/main"}`, want: []int{}},
		"the timer":                {event: "schedule", payload: `{}`, want: []int{3, 5, 7, 9}},
		"by hand":                  {event: "workflow_dispatch", payload: `{}`, want: []int{3, 5, 7, 9}},
		"a group's own workflow":   {event: "merge_group", payload: `{"merge_group":{"head_sha":"c1"}}`, fails: "review-gate-wake.yml"},
		"something else":           {event: "release", payload: `{"action":"published"}`, fails: "the event release names no pull requests"},
		"no number":                {event: "pull_request_target", payload: `{"pull_request":{}}`, fails: "names no pull requests"},
		"half an event":            {event: "pull_request_target", payload: `{}`, fails: "names no pull requests"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := t.TempDir() + "/event.json"
			if err := os.WriteFile(file, []byte(tt.payload), 0o600); err != nil {
				t.Fatal(err)
			}
			e, err := ReadEvent(tt.event, file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Concerns(open)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("%v, want one with %q", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tt.groups == nil {
				tt.groups = []string{}
			}
			if diff := cmp.Diff(List{tt.want, tt.groups}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestMatrixTakesTurns holds that a schedule comes to each of more pull requests than a
// matrix has jobs.
func TestMatrixTakesTurns(t *testing.T) {
	t.Parallel()
	for _, n := range []int{257, 300, 512, 513, 1000, 2999} {
		var pulls []int
		for i := range n {
			pulls = append(pulls, i+1)
		}
		seen := map[int]bool{}
		start := time.Date(2026, 3, 1, 12, 17, 0, 0, time.UTC)
		hours := (n + MaxMatrix - 1) / MaxMatrix
		for h := range hours {
			part := Turn(pulls, start.Add(time.Duration(h)*time.Hour))
			if len(part) != MaxMatrix || !slices.IsSorted(part) {
				t.Fatalf("of %d: %v", n, part)
			}
			for _, p := range part {
				seen[p] = true
			}
		}
		if len(seen) < n {
			t.Errorf("%d of %d are judged within %d hours", len(seen), n, hours)
		}
	}
}

// TestOutputsHoldAnyValue holds that no value ends an output and begins another.
func TestOutputsHoldAnyValue(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/output"
	r := Report{outputs: file}
	values := []output{{"title", "a\nend\noutcome<<end\nsuccess\nend\noutcome=success"}, {"outcome", "pending"}, {"more", ""}}
	if err := errors.Join(r.addOutputs(values[:2]...), r.addOutputs(values[2])); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rest := string(text)
	for _, want := range values {
		head, body, _ := strings.Cut(rest, "\n")
		end, named := strings.CutPrefix(head, want.name+"<<")
		value, after, ended := strings.Cut(body, "\n"+end+"\n")
		if rest = after; !named || !ended || value != want.value {
			t.Fatalf("%q is %q, want %+v", head, value, want)
		}
	}
	if rest != "" {
		t.Errorf("behind them: %q", rest)
	}
}

// TestReportOfWhatIsNotGated holds what a run that gates nothing leaves to people and to
// other steps, alone and as one of many.
func TestReportOfWhatIsNotGated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := Report{summary: dir + "/summary", outputs: dir + "/outputs"}
	run := &gate.Run{Ref: pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: 7}, Head: "c1"}
	if err := errors.Join(r.Verdict(run, nil, true), r.Verdict(run, nil, false), (&Report{}).Verdict(run, nil, false)); err != nil {
		t.Fatal(err)
	}
	summary, err := os.ReadFile(r.summary)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("#7\n\n    not gated: closed\n## acme/linux#7\n\n    not gated: closed\n\n\n", string(summary)); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	outputs, err := os.ReadFile(r.outputs)
	if err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`end_\w+`).ReplaceAllString(string(outputs), "end")
	want := "gated<<end\nfalse\nend\nhead<<end\nc1\nend\noutcome<<end\n\nend\ntitle<<end\nnot gated: closed\nend\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}
