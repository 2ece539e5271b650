package deploy_test

import (
	"encoding/json"
	"net/url"
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
	const some = "REVIEWGATE_LISTEN REVIEWGATE_FORGES_0_NAME REVIEWGATE_FORGES_12_APP_ID REVIEWGATE_FORGES_0_WEBHOOK_SECRET " +
		"REVIEWGATE_LOG_LEVEL"
	checkVariables(t, "this test", some)
	checkVariables(t, "reviewgate.example.yml", read(t, "../config/reviewgate.example.yml"))
	want := []string{"the environment variable REVIEWGATE_FORGES_1_NAM is none of the configuration's; did you mean REVIEWGATE_FORGES_1_NAME?"}
	if diff := cmp.Diff(want, config.UnknownVariables(map[string]string{"REVIEWGATE_FORGES_1_NAM": "x", "REVIEWGATE_EMPTY": "",
		"LISTEN": "x"})); diff != "" {
		t.Error(diff)
	}
}

// checkCommand fails for a verb or a flag that the binary does not have. Each
// word that starts with two dashes is taken for a flag.
func checkCommand(t *testing.T, file string, words []string) {
	t.Helper()
	verbs := words
	if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") }); i >= 0 {
		verbs = words[:i]
	}
	out, err := exec.CommandContext(t.Context(), binary(t), append(slices.Clone(verbs), "--help")...).CombinedOutput()
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

// TestDocumentedCommands holds the command lines of the documents to the binary.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	found := 0
	for _, name := range documents {
		for _, block := range regexp.MustCompile("(?ms)^```(?:sh|console)$(.*?)^```$").FindAllString(read(t, name), -1) {
			block = strings.ReplaceAll(block, "reviewgate \\\n", "reviewgate ")
			for _, m := range regexp.MustCompile(
				`(?m)(?:^|[/ ])reviewgate ((?:admin|check|demo|doctor|health|owners|replay|report|schema|serve|validate) ?[^|>&#\n]*)`).FindAllStringSubmatch(block, -1) {
				found++
				checkCommand(t, name, strings.Fields(m[1]))
			}
		}
	}
	if found < 15 {
		t.Errorf("%d command lines found", found)
	}
}

// documents are those that show how to set the service up.
var documents = []string{"../README.md", "../README.zh-CN.md", "../config/README.md", "README.md"}

// appManifest is what of an App's manifest the gate depends on.
type appManifest struct {
	Name        string
	Hook        struct{ URL string } `json:"hook_attributes"`
	Permissions map[string]string    `json:"default_permissions"`
	Events      []string             `json:"default_events"`
}

func readManifest(t *testing.T) (m appManifest) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, "github-app.json")), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestAppLink holds the links that fill in the form of an App to the manifest.
func TestAppLink(t *testing.T) {
	t.Parallel()
	manifest := readManifest(t)
	for _, name := range documents {
		link := regexp.MustCompile(`\(https://github\.com/settings/apps/new\?([^)]*)\)`).FindStringSubmatch(read(t, name))
		if link == nil && name == "../config/README.md" {
			continue
		}
		if link == nil {
			t.Errorf("%s: no link", name)
			continue
		}
		form, err := url.ParseQuery(link[1])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := map[string]string{}
		for key := range form {
			if access := form.Get(key); access == "read" || access == "write" {
				got[key] = access
			}
		}
		if diff := cmp.Diff(manifest.Permissions, got); diff != "" {
			t.Errorf("%s: permissions (-manifest +link):\n%s", name, diff)
		}
		if diff := cmp.Diff(manifest.Events, form["events[]"]); diff != "" {
			t.Errorf("%s: events (-manifest +link):\n%s", name, diff)
		}
		if form.Get("webhook_url") != manifest.Hook.URL || form.Get("webhook_active") != "true" || form.Get("name") != manifest.Name {
			t.Errorf("%s: %s", name, link[0])
		}
	}
}

// TestAppManifest holds the manifest to what the doctor asks for.
func TestAppManifest(t *testing.T) {
	t.Parallel()
	manifest := readManifest(t)
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
