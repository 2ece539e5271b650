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
	Runs struct {
		Using string
		Steps []step
	}
}

type step struct {
	Name, Uses, Run, Shell string
	Env, With              map[string]string
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
	if diff := cmp.Diff([]string{"--allow-ungated", "--forge", "--policy", "--pr", "--publish", "--repo"}, flags); diff != "" {
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
	const base = "check --forge github --repo acme/kernel --pr 7"
	tests := map[string]struct {
		policy, publish, code string
		want                  string
		fails                 bool
		allow                 string
	}{
		"publishes":               {"", "true", "0", base + " --publish", false, ""},
		"waits for review":        {"", "true", "1", base + " --publish", false, ""},
		"could not be judged":     {"", "true", "2", base + " --publish", true, ""},
		"prints only":             {"", "false", "0", base, false, ""},
		"prints only, not passed": {"", "false", "1", base, true, ""},
		"a policy":                {"my policy.yml", "false", "0", base + " --policy my policy.yml", false, ""},
		"a hostile policy":        {"$(touch x); `touch x`", "true", "0", base + " --policy $(touch x); `touch x` --publish", false, ""},
		"may be ungated":          {"", "true", "0", base + " --publish --allow-ungated", false, "true"},
		"may not be ungated":      {"", "true", "2", base + " --publish", true, "false"},
		"hostile allowance":       {"", "true", "2", base + " --publish", true, "$(touch x)"},
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
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "RUNNER_TEMP=" + dir, "REPO=acme/kernel", "PR=7", "POLICY=" + tt.policy, "PUBLISH=" + tt.publish, "ALLOW_UNGATED=" + tt.allow}
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
