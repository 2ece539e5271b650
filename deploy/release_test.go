package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAlerts holds that each alert says what to do, and speaks of metrics that
// the service has.
func TestAlerts(t *testing.T) {
	t.Parallel()
	var doc struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	parse(t, "prometheus/alerts.yml", &doc)
	source := read(t, "../internal/service/metrics.go")
	backlog := regexp.MustCompile(`backlogName = "([a-z_]+)"`).FindStringSubmatch(source)
	if backlog == nil {
		t.Fatal("metrics.go has no backlogName")
	}
	source = strings.ReplaceAll(source, `backlogName+"`, `"`+backlog[1])
	metric := regexp.MustCompile(`reviewgate_[a-z_]+`)
	seen := 0
	for _, rule := range doc.Groups[0].Rules {
		if rule.Alert == "" || rule.For == "" || rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" ||
			rule.Annotations["description"] == "" {
			t.Errorf("%+v", rule)
		}
		for _, name := range metric.FindAllString(rule.Expr, -1) {
			seen++
			if !strings.Contains(source, `"`+strings.TrimSuffix(name, "_bucket")+`"`) {
				t.Errorf("%s: there is no metric %s", rule.Alert, name)
			}
		}
		for _, command := range regexp.MustCompile("`reviewgate ([a-z -]+)`").FindAllStringSubmatch(rule.Annotations["description"], -1) {
			checkWords(t, rule.Alert, strings.Fields(command[1]))
		}
	}
	if seen < 8 {
		t.Errorf("%d metrics", seen)
	}
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Log("promtool is absent; it has not read the rules")
	} else if out, err := exec.CommandContext(t.Context(), "promtool", "check", "rules",
		"prometheus/alerts.yml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// checkWords fails for verbs and flags that the binary does not have.
func checkWords(t *testing.T, where string, words []string) {
	t.Helper()
	verbs := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "--") })
	if verbs < 0 {
		verbs = len(words)
	}
	out, err := exec.CommandContext(t.Context(), binary(t), append(slices.Clone(words[:verbs]), "--help")...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "reviewgate "+strings.Join(words[:verbs], " ")) {
		t.Errorf("%s: reviewgate %v: %v\n%s", where, words, err, out)
	}
	for _, flag := range words[verbs:] {
		if !regexp.MustCompile(`(?m)^\s+` + flag + `\b`).Match(out) {
			t.Errorf("%s: reviewgate %v has no flag %s", where, words[:verbs], flag)
		}
	}
}

// TestGoreleaser holds that a release is built as the image is.
func TestGoreleaser(t *testing.T) {
	t.Parallel()
	var doc struct {
		Version     int
		ProjectName string `yaml:"project_name"`
		Before      struct{ Hooks []string }
		Builds      []struct {
			ID, Main, Binary    string
			Env, Flags, Ldflags []string
			ModTimestamp        string `yaml:"mod_timestamp"`
			Goos, Goarch        []string
		}
		Archives []struct {
			Formats   []string
			Overrides []struct {
				Goos    string
				Formats []string
			} `yaml:"format_overrides"`
			NameTemplate string `yaml:"name_template"`
			Files        []string
		}
		Checksum struct {
			NameTemplate string `yaml:"name_template"`
		}
		Changelog struct{ Use string }
	}
	parse(t, ".goreleaser.yaml", &doc)
	b := doc.Builds[0]
	var image []string
	for _, line := range dockerfile(t) {
		if m := buildLine.FindStringSubmatch(line); m != nil {
			image = []string{strings.Replace(m[1], "${VERSION}", "{{ .Version }}", 1), m[3]}
		}
	}
	if doc.Version != 2 || !slices.Equal(image, []string{b.Ldflags[0], b.Main}) || !slices.Contains(b.Flags, "-trimpath") ||
		!slices.Contains(b.Env, "CGO_ENABLED=0") {
		t.Errorf("%+v; the image is built with %v", b, image)
	}
	if !strings.Contains(read(t, "../cmd/reviewgate/version.go"), "version") || !strings.Contains(b.Ldflags[0], "-X main.version=") {
		t.Errorf("the version is not set: %v", b.Ldflags)
	}
	if !slices.Equal(b.Goos, []string{"linux", "darwin", "windows"}) || !slices.Contains(doc.Archives[0].Files, "deploy/"+notices) {
		t.Errorf("released for %v, with %v", b.Goos, doc.Archives[0].Files)
	}
	for _, pattern := range doc.Archives[0].Files {
		if found, err := filepath.Glob(filepath.Join("..", pattern)); err != nil || len(found) == 0 {
			t.Errorf("archive: there is no %s", pattern)
		}
	}
	if _, err := os.Stat(filepath.Join("..", b.Main, "main.go")); err != nil {
		t.Error(err)
	}
	if _, err := exec.LookPath("goreleaser"); err != nil {
		t.Log("goreleaser is absent; it has not read the file")
	} else if out, err := exec.CommandContext(t.Context(), "goreleaser", "check", "--config",
		".goreleaser.yaml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
