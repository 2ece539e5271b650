package archtest

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents are what people read; README.md is to be read in a few minutes.
var documents = []string{
	"README.md", "README.zh-CN.md", "config/README.md", "deploy/README.md", "deploy/commands.md", ".github/CONTRIBUTING.md",
	".github/SECURITY.md",
}

const maxReadme = 150 // lines

var (
	markdownLink = regexp.MustCompile(`\]\(([^)]+)\)`)
	codeBlock    = regexp.MustCompile("(?ms)^```.*?^```$")
	heading      = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInAnchor  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// links are the targets of a document's links, less those in its code.
func links(text string) []string {
	var out []string
	for _, m := range markdownLink.FindAllStringSubmatch(codeBlock.ReplaceAllString(text, ""), -1) {
		out = append(out, m[1])
	}
	return out
}

// anchors are what links to a document's headings end in.
func anchors(text string) []string {
	var out []string
	for _, m := range heading.FindAllStringSubmatch(codeBlock.ReplaceAllString(text, ""), -1) {
		out = append(out, strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return out
}

// TestLinks holds that what documents link to within the repository is there.
func TestLinks(t *testing.T) {
	t.Parallel()
	top := root(t)
	for _, name := range documents {
		for _, link := range links(readFile(t, filepath.Join(top, name))) {
			if strings.Contains(link, "://") {
				continue
			}
			file, anchor, _ := strings.Cut(link, "#")
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			if _, err := os.Stat(filepath.Join(top, target)); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if anchor != "" && !slices.Contains(anchors(readFile(t, filepath.Join(top, target))), anchor) {
				t.Errorf("%s: %s has no heading for #%s", name, target, anchor)
			}
		}
	}
}

// TestReadmes holds the README to its size, and the Chinese one to the same links and the
// same commands.
func TestReadmes(t *testing.T) {
	t.Parallel()
	top := root(t)
	english, chinese := readFile(t, filepath.Join(top, "README.md")), readFile(t, filepath.Join(top, "README.zh-CN.md"))
	for name, text := range map[string]string{"README.md": english, "README.zh-CN.md": chinese} {
		if n := strings.Count(text, "\n"); n > maxReadme {
			t.Errorf("%s has %d lines, more than %d", name, n, maxReadme)
		}
	}
	own := func(link string) bool { return strings.HasPrefix(link, "README") || strings.HasPrefix(link, "#") }
	if e, c := slices.DeleteFunc(links(english), own), slices.DeleteFunc(links(chinese), own); !slices.Equal(e, c) {
		t.Errorf("the READMEs link to different things:\n%s\n%s", e, c)
	}
	if e, c := shell(english), shell(chinese); e != c {
		t.Errorf("the READMEs have different commands:\n%s\n%s", e, c)
	}
}

// shell is the commands of a document, without their comments.
func shell(text string) string {
	blocks := regexp.MustCompile("(?ms)^```sh$(.*?)^```$").FindAllString(text, -1)
	return regexp.MustCompile(`(?m) *#.*$`).ReplaceAllString(strings.Join(blocks, ""), "")
}
