package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// workflow is what decides when a workflow of config/workflows runs.
type workflow struct {
	Name string
	On   map[string]trigger
}

// trigger is what of an event a workflow runs on.
type trigger struct{ Types, Branches, Workflows []string }

// UnmarshalYAML implements yaml.Unmarshaler: a list is that of a schedule.
func (r *trigger) UnmarshalYAML(n *yaml.Node) error {
	type plain trigger
	if n.Kind == yaml.SequenceNode {
		return nil
	}
	return n.Decode((*plain)(r))
}

func readWorkflows(t testing.TB) (judging, waking workflow) {
	t.Helper()
	for file, into := range map[string]*workflow{"review-gate.yml": &judging, "review-gate-wake.yml": &waking} {
		text, err := os.ReadFile(filepath.Join("..", "..", "config", "workflows", file))
		check0(t, err, yaml.Unmarshal(text, into))
	}
	return judging, waking
}

// runsOn reports whether a workflow runs on an event.
func (f workflow) runsOn(t testing.TB, e fakegithub.WorkflowEvent) bool {
	t.Helper()
	var of struct {
		Action string
		Ref    string
		Run    struct{ Name string } `json:"workflow_run"`
	}
	check0(t, json.Unmarshal(e.Payload, &of))
	on, ok := f.On[e.Name]
	branch := strings.TrimPrefix(of.Ref, "refs/heads/")
	return ok && (on.Types == nil || slices.Contains(on.Types, of.Action)) &&
		(on.Workflows == nil || slices.Contains(on.Workflows, of.Run.Name)) &&
		(on.Branches == nil || slices.Contains(on.Branches, branch) || slices.Contains(on.Branches, "release/**") &&
			strings.HasPrefix(branch, "release/"))
}

// runner plays the workflows of config/workflows in a world, whose service does not run:
// each command is a process of its own, as in a job.
type runner struct {
	*world
	judging, waking workflow
	ran             int // commands
	last            step
}

// step is what a command did.
type step struct {
	code             int
	text             string // what it printed
	outputs, summary string
}

func newRunner(t testing.TB, o worldOptions) *runner {
	t.Helper()
	o.idle = true
	s := &runner{world: newWorld(t, o)}
	s.judging, s.waking = readWorkflows(t)
	s.RecordWorkflowEvents()
	return s
}

// appToken is what actions/create-github-app-token gives.
func (s *runner) appToken() string {
	s.t.Helper()
	token, _, err := s.InstallationToken(s.repo)
	check0(s.t, err)
	return token
}

// step runs check on acme/linux with a token, and an event if there is one.
func (s *runner) step(token string, e fakegithub.WorkflowEvent, args ...string) step {
	s.t.Helper()
	s.ran++
	dir := filepath.Join(s.dir, fmt.Sprintf("step%d", s.ran))
	check0(s.t, os.Mkdir(dir, 0o700), os.WriteFile(dir+"/event.json", e.Payload, 0o600))
	cmd := exec.CommandContext(s.t.Context(), "reviewgate",
		append([]string{"check", "--repo", "acme/linux"}, args...)...) //nolint:gosec // our own binary
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GITHUB_ACTIONS=true", "GITHUB_API_URL=" + s.server.URL + "/",
		"GITHUB_SERVER_URL=https://forge.example",
		"GITHUB_WORKFLOW_REF=acme/linux/.github/workflows/review-gate.yml@refs/heads/main", "GITHUB_TOKEN=" + token,
		"GITHUB_EVENT_NAME=" + e.Name, "GITHUB_EVENT_PATH=" + dir + "/event.json", "GITHUB_OUTPUT=" + dir + "/output", "GITHUB_STEP_SUMMARY=" +
			dir + "/summary"}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		s.t.Fatal(err)
	} else if ok {
		s.last.code = exit.ExitCode()
	} else {
		s.last.code = exitPass
	}
	outputs, _ := os.ReadFile(dir + "/output") // not every command writes them
	summary, _ := os.ReadFile(dir + "/summary")
	s.last = step{s.last.code, out.String(), string(outputs), string(summary)}
	return s.last
}

// listed runs the first job on an event.
func (s *runner) listed(e fakegithub.WorkflowEvent) (pulls []int, groups []string) {
	s.t.Helper()
	token, err := s.WorkflowToken(s.repo, map[string]string{"contents": "read", "pull_requests": "read"}, false)
	check0(s.t, err)
	if got := s.step(token, e, "--list"); got.code != exitPass {
		s.t.Fatalf("list on %s: exit %d\n%s", e.Name, got.code, got.text)
	}
	check0(s.t, json.Unmarshal([]byte(outputOf(s.t, s.last.outputs, "pulls")), &pulls),
		json.Unmarshal([]byte(outputOf(s.t, s.last.outputs, "groups")), &groups))
	return pulls, groups
}

// judge runs the judging workflow on an event.
func (s *runner) judge(e fakegithub.WorkflowEvent) {
	s.t.Helper()
	pulls, groups := s.listed(e)
	for _, n := range pulls {
		if got := s.step(s.appToken(), e, "--pr", fmt.Sprint(n), "--publish"); got.code > exitFail {
			s.t.Errorf("#%d on %s: exit %d\n%s", n, e.Name, got.code, got.text)
		}
	}
	for _, branch := range groups {
		if got := s.step(s.appToken(), e, "--group", branch, "--publish"); got.code != exitPass {
			s.t.Errorf("the queue of %s: exit %d\n%s", branch, got.code, got.text)
		}
	}
}

// settle runs what the events since the last time start, and what that starts.
func (s *runner) settle() {
	s.t.Helper()
	s.later()
	for range 10 {
		events := s.WorkflowEvents()
		if len(events) == 0 {
			s.later() // or nothing would prove what a review was given for
			return
		}
		for _, e := range events {
			if e.Name == "pull_request" {
				e.Name = "pull_request_target"
			}
			if s.waking.runsOn(s.t, e) {
				run, err := e.Run(s.waking.Name, "completed")
				check0(s.t, err)
				e = run
			}
			if s.judging.runsOn(s.t, e) {
				s.judge(e)
			}
		}
	}
	s.t.Fatal("the workflows start each other without an end")
}

// schedule runs the judging workflow as its timer does.
func (s *runner) schedule() {
	s.t.Helper()
	s.judge(fakegithub.WorkflowEvent{Name: "schedule", Payload: []byte(`{"schedule":"17 * * * *"}`)})
}

// status is the newest status of the gate on a commit.
func (s *runner) status(head string) fake.Status {
	for _, st := range slices.Backward(s.repo.Statuses(head)) {
		if strings.EqualFold(st.Context, "review-gate") {
			return st
		}
	}
	return fake.Status{}
}

// shows holds that the gate's status on a pull request has a state and says a text, and
// that the forge lets it be merged only for success, the App being the expected source.
func (s *runner) shows(pr *fake.PullRequest, state fake.StatusState, text string) {
	s.t.Helper()
	st := s.status(pr.Head())
	if st.State != state || !strings.Contains(st.Description, text) {
		s.t.Errorf("#%d shows %q %q, want %s with %q\nlast step: exit %d\n%s", pr.Number(), st.State, st.Description, state, text, s.last.code,
			s.last.text)
	}
	may, err := pr.Passes(fake.RequiredCheck{Name: "review-gate", App: s.AppSlug()})
	check0(s.t, err)
	if may != (state == fake.StatusSuccess) {
		s.t.Errorf("#%d passes: %v", pr.Number(), may)
	}
}

// forked opens a pull request of mallory's from a fork.
func (s *runner) forked(branch string, paths ...string) *fake.PullRequest {
	s.t.Helper()
	fork, err := s.repo.Fork("mallory")
	check0(s.t, err)
	files := map[string]*fake.File{}
	for _, p := range paths {
		files[p] = &fake.File{Content: lines(p+" "+branch, 20)}
	}
	_, err = fork.Commit(fake.Change{Branch: branch, Author: "mallory", Message: "change", Files: files})
	check0(s.t, err)
	pr, err := s.repo.Open(fake.Opening{Author: "mallory", Head: branch, From: fork})
	check0(s.t, err)
	return pr
}

// outputOf reads an output as GitHub does: name, two signs, what ends the value.
func outputOf(t testing.TB, text, name string) string {
	t.Helper()
	found, value := false, ""
	for len(text) > 0 {
		head, rest, ok := strings.Cut(text, "\n")
		key, end, is := strings.Cut(head, "<<")
		if !ok || !is {
			t.Fatalf("no output begins with %q", head)
		}
		v, after, ok := strings.Cut(rest, "\n"+end+"\n")
		if !ok {
			t.Fatalf("the output %s does not end", key)
		}
		if text = after; key == name {
			found, value = true, v
		}
	}
	if !found {
		t.Fatalf("there is no output %s", name)
	}
	return value
}
