package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// promises are the package comments that name the tests which hold each of their points:
// the threat model, and the scenarios of the rule. points begins the list.
var promises = []struct {
	file, points string
	least        int // points
}{
	{"internal/gate/doc.go", "// # Threats", 30},
	{"internal/policy/doc.go", "// # §8", 30},
	{"internal/web/doc.go", "// # Threats", 16},
}

var (
	testName  = regexp.MustCompile(`(policy|story)/([a-z-]+)|\bTest[A-Za-z]+`)
	storyDirs = map[string]string{"policy": "internal/policy/rule/testdata", "story": "cmd/reviewgate/stories"}
)

// TestPromisesHaveTests holds that each point of a list of promises names a test or a
// story, and that all of those exist.
func TestPromisesHaveTests(t *testing.T) {
	t.Parallel()
	top := root(t)
	tests := map[string]bool{}
	for _, s := range tree(t) {
		for _, m := range regexp.MustCompile(`func (Test[A-Za-z]+)\(`).FindAllStringSubmatch(s.text, -1) {
			tests[m[1]] = tests[m[1]] || s.test
		}
	}
	for _, p := range promises {
		_, list, ok := strings.Cut(readFile(t, filepath.Join(top, p.file)), p.points)
		points := strings.Split(list, "//   - ")[1:]
		if !ok || len(points) < p.least {
			t.Errorf("%s: %d points found", p.file, len(points))
		}
		for _, point := range points {
			point, _, _ = strings.Cut(point, "//\n")
			names := testName.FindAllStringSubmatch(point, -1)
			if len(names) == 0 {
				t.Errorf("%s: no test: %s", p.file, point)
			}
			for _, n := range names {
				if n[1] == "" && !tests[n[0]] {
					t.Errorf("%s: there is no %s", p.file, n[0])
				}
				if _, err := os.Stat(filepath.Join(top, storyDirs[n[1]], n[2]+".txtar")); n[1] != "" && err != nil {
					t.Errorf("%s: %v", p.file, err)
				}
			}
		}
	}
}

// TestRuleIsCited holds that the sections of the rule which code and tests cite exist,
// with the topics that they cite in quotes, and that each section is cited.
func TestRuleIsCited(t *testing.T) {
	t.Parallel()
	const rule = "internal/policy/doc.go"
	sections := map[string]string{}
	for _, s := range strings.Split(readFile(t, filepath.Join(root(t), rule)), "// # §")[1:] {
		sections[s[:1]] = s
	}
	mark := regexp.MustCompile(`§(.)(?:, "([^"]+)")?`)
	space := regexp.MustCompile(`\s+(//\s*)?`) // a citation may go over the end of a line
	cited := map[string]bool{}
	for _, s := range tree(t) {
		if s.path == rule || s.path == "internal/archtest/named_test.go" || !strings.Contains(s.text, "§") {
			continue
		}
		for _, m := range mark.FindAllStringSubmatch(space.ReplaceAllString(s.text, " "), -1) {
			cited[m[1]] = true
			if !strings.Contains(sections[m[1]], "\n// "+m[2]) {
				t.Errorf("%s: cites %s, which the comment of package policy does not have", s.path, m[0])
			}
		}
	}
	for number := range sections {
		if !cited[number] {
			t.Errorf("%s: nothing cites §%s", rule, number)
		}
	}
	if len(sections) < 8 {
		t.Errorf("%s: %d sections", rule, len(sections))
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
