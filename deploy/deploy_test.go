package deploy_test

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/doctor"
)

var variable = regexp.MustCompile(config.EnvPrefix + `[A-Z0-9_]*[A-Z0-9]`)

// checkVariables fails for variables that the configuration does not read.
func checkVariables(t *testing.T, file, text string) {
	t.Helper()
	for _, name := range variable.FindAllString(text, -1) {
		for _, unknown := range config.UnknownVariables(map[string]string{name: "set"}) {
			t.Errorf("%s: %s", file, unknown)
		}
	}
}

// TestVariableNames holds the names that are documented to those that are
// read: the number of a forge comes between FORGES and its key.
func TestVariableNames(t *testing.T) {
	t.Parallel()
	const some = "REVIEWGATE_LISTEN REVIEWGATE_FORGES_0_NAME REVIEWGATE_FORGES_12_APP_ID REVIEWGATE_FORGES_0_WEBHOOK_SECRET REVIEWGATE_LOG_LEVEL"
	checkVariables(t, "this test", some)
	checkVariables(t, "reviewgate.example.yml", read(t, "../config/reviewgate.example.yml"))
	want := []string{"the environment variable REVIEWGATE_FORGES_1_NAM is none of the configuration's; did you mean REVIEWGATE_FORGES_1_NAME?"}
	if diff := cmp.Diff(want, config.UnknownVariables(map[string]string{"REVIEWGATE_FORGES_1_NAM": "x", "REVIEWGATE_EMPTY": "", "LISTEN": "x"})); diff != "" {
		t.Error(diff)
	}
}

// checkCommand fails for a verb or a flag that the binary does not have. Each
// word that starts with two dashes is taken for a flag.
func checkCommand(t *testing.T, file string, words []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), binary(t), words[0], "--help").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "reviewgate "+words[0]) {
		t.Errorf("%s: reviewgate %s: %v\n%s", file, words[0], err, out)
	}
	for _, w := range words[1:] {
		if flag := regexp.MustCompile(`^--[a-z-]+`).FindString(w); flag != "" && !regexp.MustCompile(`(?m)^\s+(-\w, )?`+flag+`\b`).Match(out) {
			t.Errorf("%s: reviewgate %s has no flag %s", file, words[0], flag)
		}
	}
}

func TestDockerfileCommand(t *testing.T) {
	t.Parallel()
	for _, line := range dockerfile(t) {
		if list, ok := strings.CutPrefix(line, "CMD "); ok {
			var words []string
			if err := json.Unmarshal([]byte(list), &words); err != nil {
				t.Fatal(err)
			}
			checkCommand(t, "Dockerfile", words)
			return
		}
	}
	t.Error("the Dockerfile has no CMD")
}

// TestAppManifest holds the manifest to what the doctor asks for.
func TestAppManifest(t *testing.T) {
	t.Parallel()
	var manifest struct {
		Hook        struct{ URL string } `json:"hook_attributes"`
		Permissions map[string]string    `json:"default_permissions"`
		Events      []string             `json:"default_events"`
	}
	if err := json.Unmarshal([]byte(read(t, "github-app.json")), &manifest); err != nil {
		t.Fatal(err)
	}
	app := doctor.App{ID: 1, Slug: "gate", Permissions: manifest.Permissions, Events: manifest.Events}
	for _, f := range doctor.OfForge(doctor.Forge{AppID: 1, App: app}) {
		if slices.Contains([]string{"permissions", "events"}, f.Check) && f.Severity != doctor.OK {
			t.Errorf("%+v", f)
		}
	}
	if diff := cmp.Diff(doctor.Events(), manifest.Events); diff != "" {
		t.Errorf("events (-doctor +manifest):\n%s", diff)
	}
	if !strings.HasSuffix(manifest.Hook.URL, "/webhooks/github") {
		t.Errorf("hook at %s", manifest.Hook.URL)
	}
}
