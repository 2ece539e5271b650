package gate

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatsHaveTests holds that every test and story that the threat model
// names exists.
func TestThreatsHaveTests(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	err = filepath.WalkDir("../..", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		tests.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, name := range regexp.MustCompile(`(?:policy|story)/[a-z-]+|\bTest[A-Za-z]+`).FindAllString(string(doc), -1) {
		named++
		kind, story, ok := strings.Cut(name, "/")
		if !ok {
			if !strings.Contains(tests.String(), "func "+name+"(") {
				t.Errorf("there is no %s", name)
			}
			continue
		}
		dir := map[string]string{"policy": "../policy/rule/testdata", "story": "../../cmd/reviewgate/stories"}[kind]
		if _, err := os.Stat(filepath.Join(dir, story+".txtar")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, line := range strings.Split(string(doc), "//   - ")[1:] {
		threat, _, _ := strings.Cut(line, "//\n")
		if !strings.Contains(threat, "Test") && !strings.Contains(threat, "story/") && !strings.Contains(threat, "policy/") {
			t.Errorf("no test: %s", threat)
		}
	}
	if named < 40 {
		t.Errorf("%d names found", named)
	}
}
