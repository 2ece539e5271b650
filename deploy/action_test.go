package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// action is the part of action.yml and of workflows that the tests look at.
type action struct {
	Inputs map[string]struct {
		Description string
		Default     string
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []step
	}
}

type step struct {
	ID, Name, If, Uses, Run, Shell string
	Env, With                      map[string]string
}

func readAction(t *testing.T) action {
	t.Helper()
	var a action
	if err := yaml.Unmarshal([]byte(read(t, "../action.yml")), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAction holds inputs, flags and steps together.
func TestAction(t *testing.T) {
	t.Parallel()
	a := readAction(t)
	text := read(t, "../action.yml")
	for name, input := range a.Inputs {
		if input.Description == "" || !strings.Contains(text, "${{ inputs."+name+" }}") {
			t.Errorf("input %s is not described or not used", name)
		}
	}
	for _, m := range regexp.MustCompile(`\$\{\{ inputs\.([a-z-]+) \}\}`).FindAllStringSubmatch(text, -1) {
		if _, ok := a.Inputs[m[1]]; !ok {
			t.Errorf("input %s is used and not declared", m[1])
		}
	}
	judge := a.Runs.Steps[len(a.Runs.Steps)-1].ID
	for name, output := range a.Outputs {
		if output.Description == "" || output.Value != "${{ steps."+judge+".outputs."+name+" }}" {
			t.Errorf("output %s is not described, or not that of the step %s", name, judge)
		}
	}
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("%s: hand values in by env; in the script they would be code", s.Name)
		}
		if s.Run != "" && s.Shell == "" {
			t.Errorf("%s: a composite step needs a shell", s.Name)
		}
	}
	flags := regexp.MustCompile(`--[a-z-]+`).FindAllString(a.Runs.Steps[len(a.Runs.Steps)-1].Run, -1)
	slices.Sort(flags)
	if diff := cmp.Diff([]string{"--all", "--allow-ungated", "--forge", "--group", "--list", "--policy", "--pr", "--publish", "--repo"},
		flags); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkCommand(t, "action.yml", append([]string{"check"}, flags...))
}

// TestActionScript runs the last step with a stand-in for the binary.
func TestActionScript(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skipf("no bash: %v", err)
	}
	steps := readAction(t).Runs.Steps
	script := steps[len(steps)-1].Run
	const base = "check --forge github --repo acme/kernel"
	tests := map[string]struct {
		env   []string
		code  string
		want  string
		fails bool
	}{
		"publishes":               {nil, "0", base + " --pr 7 --publish", false},
		"waits for review":        {nil, "1", base + " --pr 7 --publish", false},
		"could not be judged":     {nil, "2", base + " --pr 7 --publish", true},
		"prints only":             {[]string{"PUBLISH=false"}, "0", base + " --pr 7", false},
		"prints only, not passed": {[]string{"PUBLISH=false"}, "1", base + " --pr 7", true},
		"a policy":                {[]string{"PUBLISH=false", "POLICY=my policy.yml"}, "0", base + " --pr 7 --policy my policy.yml", false},
		"a hostile policy": {[]string{"POLICY=$(touch x); `touch x`"}, "0", base + " --pr 7 --policy $(touch x); `touch x` --publish",
			false},
		"may be ungated":          {[]string{"ALLOW_UNGATED=true"}, "0", base + " --pr 7 --publish --allow-ungated", false},
		"may not be ungated":      {[]string{"ALLOW_UNGATED=false"}, "2", base + " --pr 7 --publish", true},
		"hostile allowance":       {[]string{"ALLOW_UNGATED=$(touch x)"}, "2", base + " --pr 7 --publish", true},
		"all":                     {[]string{"ALL=true"}, "1", base + " --all --publish", false},
		"a queue":                 {[]string{"GROUP=main", "PR="}, "0", base + " --group main --publish", false},
		"a hostile queue":         {[]string{"GROUP=$(touch x)", "PR="}, "0", base + " --group $(touch x) --publish", false},
		"lists, and writes never": {[]string{"LIST=true", "ALL=true", "PR="}, "0", base + " --list", false},
		"could not list":          {[]string{"LIST=true"}, "1", base + " --list", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			standIn := "#!/bin/sh\necho \"$*\"\nexit " + tt.code + "\n"
			if err := os.WriteFile(filepath.Join(dir, "reviewgate"), []byte(standIn), 0o700); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), bash, "-eo", "pipefail", "-c", script)
			cmd.Dir = dir
			cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "RUNNER_TEMP=" + dir, "REPO=acme/kernel", "PR=7", "PUBLISH=true",
				"ALL=false", "GROUP=", "LIST=false", "POLICY=", "ALLOW_UNGATED=false"}, tt.env...)
			out, err := cmd.Output()
			if (err != nil) != tt.fails {
				t.Errorf("%v", err)
			}
			if diff := cmp.Diff(tt.want, strings.TrimSpace(string(out))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, err := os.Stat(filepath.Join(dir, "x")); err == nil {
				t.Error("an input was run as code")
			}
		})
	}
}

// TestWorkflow holds that CI runs what developers run.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	var doc struct {
		Permissions map[string]string
		Jobs        map[string]struct{ Steps []step }
	}
	if err := yaml.Unmarshal([]byte(read(t, "../.github/workflows/ci.yml")), &doc); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"contents": "read"}, doc.Permissions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, job := range doc.Jobs {
		for _, s := range job.Steps {
			if s.Run != "" && s.Run != "bash .ci/run" {
				t.Errorf("CI runs %q; put it into .ci/run, where developers run it too", s.Run)
			}
		}
	}
}
