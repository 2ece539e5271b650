package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/people"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
)

// TestDocumentedFiles holds that each piece of YAML in the documents is what it says in its
// first line, or a part of a policy.
func TestDocumentedFiles(t *testing.T) {
	t.Parallel()
	found := 0
	for _, name := range []string{"../README.md", "../README.zh-CN.md", "README.md", "../deploy/README.md", "../deploy/gitee.zh-CN.md"} {
		for _, m := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(string(read(t, name)), -1) {
			found++
			if err := load(t, m[1]); err != nil {
				t.Errorf("%s: %v\n%s", name, err, m[1])
			}
		}
	}
	if found < 10 {
		t.Errorf("%d pieces found", found)
	}
}

// load reads a piece of YAML.
func load(t *testing.T, text string) error {
	t.Helper()
	title, _, _ := strings.Cut(text, "\n")
	switch {
	case strings.HasPrefix(title, "# reviewgate.yml"):
		file := filepath.Join(t.TempDir(), "reviewgate.yml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(file, nil)
		return err
	case strings.HasPrefix(title, "# .github/subsystems.yml"):
		_, _, err := yamlmap.Parse("subsystems.yml", []byte(text))
		return err
	case strings.HasPrefix(title, "# .gitee/people.yml"):
		_, _, err := people.Parse(ownership.File{Path: "people.yml", Data: []byte(text)})
		return err
	case !strings.Contains(text, "version: 1\n"):
		text = "version: 1\n" + text
	}
	_, err := policyfile.Parse("review-gate.yml", []byte(text))
	return err
}

// TestCommandsAreDocumented holds that each verb of a comment is among the commands.
func TestCommandsAreDocumented(t *testing.T) {
	t.Parallel()
	text := string(read(t, "README.md"))
	code := string(read(t, "../internal/policy/command/command.go"))
	verbs := regexp.MustCompile(`Verb\w+ +Verb = "([a-z ]+)"`).FindAllStringSubmatch(code, -1)
	for _, v := range verbs {
		if v[1] != "unclear" && v[1] != "unknown" && !strings.Contains(text, "`/"+v[1]) {
			t.Errorf("README.md, Commands: no /%s", v[1])
		}
	}
	if len(verbs) < 8 {
		t.Errorf("%d verbs found", len(verbs))
	}
}
