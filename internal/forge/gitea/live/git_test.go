package live

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// workshop makes commits, in a repository of its own, and pushes them.
type workshop struct {
	dir string
	n   int // commits so far, so that no two are alike
}

func newWorkshop(dir string) (*workshop, error) {
	w := &workshop{dir: dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	_, err := w.git("", "init", "-q", "--bare")
	return w, err
}

func (w *workshop) git(input string, args ...string) (string, error) {
	cmd := exec.Command("git", args...) //nolint:gosec // a test's own words
	cmd.Dir = w.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0"}
	cmd.Stdin = strings.NewReader(input)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, said.String())
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// commit makes a commit with some parents, of which the first one's tree is changed, or
// that of c.Tree: by one process, as each has its price on a machine that is busy.
func (w *workshop) commit(c fake.Change, parents []string) (string, error) {
	w.n++
	date := fmt.Sprintf("%d +0000", 1767225600+w.n)
	author, committer := person(c.Author), person(cmp.Or(c.Committer, c.Author))
	text := message(c)
	var b strings.Builder
	fmt.Fprintf(&b, "commit refs/made\nmark :1\nauthor %s <%s> %s\ncommitter %s <%s> %s\ndata %d\n%s\n", author[0], author[1], date,
		committer[0], committer[1], date, len(text), text)
	for i, p := range parents {
		fmt.Fprintf(&b, "%s %s\n", []string{"from", "merge"}[min(i, 1)], p)
	}
	if c.Tree != "" {
		tree, err := w.git("", "rev-parse", c.Tree+"^{tree}")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "M 040000 %s \n", tree)
	}
	for _, from := range slices.Sorted(maps.Keys(c.Rename)) {
		fmt.Fprintf(&b, "R %q %q\n", from, c.Rename[from])
	}
	for _, path := range slices.Sorted(maps.Keys(c.Files)) {
		put(&b, path, c.Files[path])
	}
	b.WriteString("get-mark :1\n")
	return w.git(b.String(), "fast-import", "--quiet", "--force")
}

// put writes a file to a stream; nil deletes it.
func put(b *strings.Builder, path string, file *fake.File) {
	switch {
	case file == nil:
		fmt.Fprintf(b, "D %q\n", path)
	case file.Mode == pull.Submodule:
		fmt.Fprintf(b, "M %s %s %q\n", file.Mode, file.Content, path)
	default:
		fmt.Fprintf(b, "M %s inline %q\ndata %d\n%s\n", cmp.Or(file.Mode, pull.Regular), path, len(file.Content), file.Content)
	}
}

func message(c fake.Change) string {
	text := cmp.Or(c.Message, "Change") + "\n"
	trailers := slices.Clone(c.Trailers)
	for _, who := range c.CoAuthors {
		p := person(who)
		trailers = append(trailers, fmt.Sprintf("Co-authored-by: %s <%s>", p[0], p[1]))
	}
	if len(trailers) > 0 {
		text += "\n" + strings.Join(trailers, "\n") + "\n"
	}
	return text
}

// person returns name and address of a login, or of "Name <mail>".
func person(who string) [2]string {
	if name, mail, ok := strings.Cut(who, " <"); ok {
		return [2]string{name, strings.TrimSuffix(mail, ">")}
	}
	return [2]string{who, who + "@example.com"}
}

// has reports whether a commit is here.
func (w *workshop) has(commit string) bool {
	_, err := w.git("", "cat-file", "-e", commit+"^{commit}")
	return err == nil
}

// address is that of a repository, for an account.
func (s *server) address(slug, login string) string {
	u, err := url.Parse(s.url)
	if err != nil {
		return s.url
	}
	u.User, u.Path = url.UserPassword(login, password), "/"+slug+".git"
	return u.String()
}
