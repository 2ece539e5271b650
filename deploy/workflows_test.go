package deploy_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// gateWorkflow is the part of a workflow that the tests look at.
type gateWorkflow struct {
	Name        string
	On          map[string]yaml.Node
	Permissions *map[string]string
	Env         map[string]string
	Concurrency yaml.Node
	Jobs        map[string]gateJob
}

type gateJob struct {
	If, Needs, Environment string
	Permissions            *map[string]string
	Env, Outputs           map[string]string
	Strategy               struct {
		FailFast bool `yaml:"fail-fast"`
		Matrix   map[string]string
	}
	Concurrency struct {
		Group  string
		Cancel *bool `yaml:"cancel-in-progress"`
	}
	Steps []step
}

func readWorkflow(t *testing.T, file string, w *gateWorkflow) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, file)), w); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

const recipes = "../config/workflows/"

// ofDefaultBranch are events that run the file of the default branch (docs.github.com,
// "Events that trigger workflows"). A push is one only where it is to that branch.
var ofDefaultBranch = []string{"issue_comment", "pull_request_target", "push", "schedule", "workflow_run"}

// TestWorkflowsOfPullRequestsMayNothing holds of every workflow here that one which runs
// a pull request's own copy of the file has no right to write, and no secret: its author
// may have changed what it does.
func TestWorkflowsOfPullRequestsMayNothing(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(recipes + "*.yml")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range append(files, "../.github/workflows/ci.yml") {
		var w gateWorkflow
		readWorkflow(t, file, &w)
		if w.Permissions == nil {
			t.Errorf("%s: say permissions at the top, or the repository's default holds", file)
		}
		if !slices.ContainsFunc(slices.Collect(maps.Keys(w.On)), func(event string) bool { return !slices.Contains(ofDefaultBranch, event) }) {
			continue
		}
		text := read(t, file)
		if strings.Contains(text, "secrets.") || strings.Contains(text, "environment:") {
			t.Errorf("%s: it runs a pull request's own file, and has secrets", file)
		}
		rights := []*map[string]string{w.Permissions}
		for _, job := range w.Jobs {
			rights = append(rights, job.Permissions)
		}
		for _, granted := range rights {
			if granted == nil {
				continue
			}
			for name, access := range *granted {
				if access != "read" && access != "none" {
					t.Errorf("%s: it runs a pull request's own file, with %s: %s", file, name, access)
				}
			}
		}
	}
}

// TestJudgingWorkflow holds what the judging workflow is safe by.
func TestJudgingWorkflow(t *testing.T) {
	t.Parallel()
	var w, waking gateWorkflow
	readWorkflow(t, recipes+"review-gate.yml", &w)
	readWorkflow(t, recipes+"review-gate-wake.yml", &waking)
	if diff := cmp.Diff(ofDefaultBranch, slices.Sorted(maps.Keys(w.On))); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	var push struct{ Branches []string }
	var run struct{ Workflows, Types []string }
	var target struct{ Types []string }
	for event, into := range map[string]any{"push": &push, "workflow_run": &run, "pull_request_target": &target} {
		if on := w.On[event]; on.Decode(into) != nil {
			t.Errorf("%s can't be read", event)
		}
	}
	if !slices.Equal(push.Branches, []string{"main"}) || !slices.Equal(run.Workflows, []string{waking.Name}) {
		t.Errorf("it runs on pushes to %v and is woken by %v", push.Branches, run.Workflows)
	}
	for _, action := range []string{"opened", "reopened", "synchronize", "edited", "closed"} {
		if !slices.Contains(target.Types, action) {
			t.Errorf("it does not run when a pull request is %s", action)
		}
	}
	if w.Permissions == nil || len(*w.Permissions) > 0 || !w.Concurrency.IsZero() {
		t.Errorf("permissions %v, concurrency %v: each job says its own", w.Permissions, w.Concurrency)
	}
	for name, job := range w.Jobs {
		if name == "list" {
			if diff := cmp.Diff(map[string]string{"contents": "read", "pull-requests": "read"}, *job.Permissions); diff != "" ||
				job.Environment != "" {
				t.Errorf("list may more than read (-want +got):\n%s", diff)
			}
			continue
		}
		if job.Permissions != nil || job.Environment != "review-gate" || job.Needs != "list" || job.Strategy.FailFast {
			t.Errorf("%s: %+v", name, job)
		}
		for key, list := range job.Strategy.Matrix {
			of := regexp.MustCompile(`^\$\{\{ fromJSON\(needs\.list\.outputs\.(\w+)\) \}\}$`).FindStringSubmatch(list)
			if of == nil || job.If != "needs.list.outputs."+of[1]+" != '[]'" || w.Jobs["list"].Outputs[of[1]] != "${{ steps.list.outputs."+of[1]+
				" }}" {
				t.Errorf("%s: an empty matrix is an error, so %s needs a condition on its own list: %s", name, key, job.If)
			}
			if c := job.Concurrency; !strings.HasSuffix(c.Group, "-${{ matrix."+key+" }}") || c.Cancel == nil || *c.Cancel {
				t.Errorf("%s: two may judge the same at once, or one that writes be cut: %+v", name, c)
			}
		}
	}
}

// TestWakingWorkflow holds that what runs on a review does nothing, may nothing, and
// takes no place in a queue of the workflow that judges.
func TestWakingWorkflow(t *testing.T) {
	t.Parallel()
	var w gateWorkflow
	readWorkflow(t, recipes+"review-gate-wake.yml", &w)
	if w.Permissions == nil || len(*w.Permissions) > 0 || len(w.Env) > 0 || len(w.Jobs) != 1 || !w.Concurrency.IsZero() {
		t.Errorf("%+v", w)
	}
	var review struct{ Types []string }
	if on := w.On["pull_request_review"]; on.Decode(&review) != nil ||
		!slices.Equal(review.Types, []string{"submitted", "edited", "dismissed"}) {
		t.Errorf("it runs on reviews that are %v", review.Types)
	}
	for name, job := range w.Jobs {
		if job.Permissions != nil || job.Environment != "" || len(job.Env) > 0 || job.Concurrency.Group != "" ||
			!cmp.Equal(job.Steps, []step{{Run: ":"}}) {
			t.Errorf("%s does something: %+v", name, job)
		}
	}
}

var pinned = regexp.MustCompile(`^[\w.-]+/[\w.-]+@v\d+(\.\d+\.\d+)?$`)

// TestWorkflowsUseTheAction holds that workflows use actions by version, name inputs and
// outputs that the action has, run nothing of a pull request, and put no text of others
// into a script.
func TestWorkflowsUseTheAction(t *testing.T) {
	t.Parallel()
	a := readAction(t)
	for _, file := range []string{"review-gate.yml", "review-gate-wake.yml"} {
		var w gateWorkflow
		readWorkflow(t, recipes+file, &w)
		for name, job := range w.Jobs {
			for _, s := range job.Steps {
				if s.Uses != "" && !pinned.MatchString(s.Uses) || strings.HasPrefix(s.Uses, "actions/checkout") {
					t.Errorf("%s, %s: uses %s", file, name, s.Uses)
				}
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s, %s: hand values in by env; in the script they would be code", file, name)
				}
				if !strings.HasPrefix(s.Uses, "reviewgate/") {
					continue
				}
				for input := range s.With {
					if _, ok := a.Inputs[input]; !ok {
						t.Errorf("%s, %s: the action has no input %s", file, name, input)
					}
				}
			}
		}
	}
	var w gateWorkflow
	readWorkflow(t, recipes+"review-gate.yml", &w)
	for name := range w.Jobs["list"].Outputs {
		if _, ok := a.Outputs[name]; !ok {
			t.Errorf("the action has no output %s", name)
		}
	}
	if !strings.Contains(read(t, "../.ci/run"), "actionlint") {
		t.Error("CI does not lint workflows")
	}
	if _, err := os.Stat("download.sh"); err != nil {
		t.Error(err)
	}
}
