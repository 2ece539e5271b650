package live

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
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
	_, err := w.git(nil, "", "init", "-q", "--bare", dir)
	return w, err
}

func (w *workshop) git(env []string, input string, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-C", w.dir}, args...)...) //nolint:gosec // a test's own words
	if args[0] == "init" {
		cmd = exec.Command("git", args...) //nolint:gosec // likewise
	}
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
	}, env...)
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
// that of c.Tree.
func (w *workshop) commit(c fake.Change, parents []string) (string, error) {
	index := filepath.Join(w.dir, "index.tmp")
	defer func() { _ = os.Remove(index) }()
	env := []string{"GIT_INDEX_FILE=" + index}
	if from := cmp.Or(c.Tree, slices.Concat(parents, []string{""})[0]); from != "" {
		if _, err := w.git(env, "", "read-tree", from); err != nil {
			return "", err
		}
	}
	if err := errors.Join(w.rename(env, c.Rename), w.change(env, c.Files)); err != nil {
		return "", err
	}
	tree, err := w.git(env, "", "write-tree")
	if err != nil {
		return "", err
	}
	w.n++
	args := []string{"commit-tree", tree}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	date := fmt.Sprintf("%d +0000", 1767225600+w.n)
	author, committer := person(c.Author), person(cmp.Or(c.Committer, c.Author))
	env = append(env, "GIT_AUTHOR_NAME="+author[0], "GIT_AUTHOR_EMAIL="+author[1], "GIT_AUTHOR_DATE="+date,
		"GIT_COMMITTER_NAME="+committer[0], "GIT_COMMITTER_EMAIL="+committer[1], "GIT_COMMITTER_DATE="+date)
	return w.git(env, message(c), args...)
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

func (w *workshop) rename(env []string, names map[string]string) error {
	for _, from := range slices.Sorted(maps.Keys(names)) {
		listed, err := w.git(env, "", "ls-files", "-s", "-z", "--", from)
		if err != nil {
			return err
		}
		for _, line := range strings.Split(strings.TrimSuffix(listed, "\x00"), "\x00") {
			head, path, ok := strings.Cut(line, "\t")
			fields := strings.Fields(head)
			if !ok || len(fields) != 3 {
				return fmt.Errorf("there is no %s to rename", from)
			}
			to := names[from] + strings.TrimPrefix(path, from)
			lines := fmt.Sprintf("0 %040d\t%s\x00%s %s\t%s\x00", 0, path, fields[0], fields[1], to)
			if _, err := w.git(env, lines, "update-index", "-z", "--index-info"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *workshop) change(env []string, files map[string]*fake.File) error {
	for _, path := range slices.Sorted(maps.Keys(files)) {
		file := files[path]
		if file == nil {
			if _, err := w.git(env, "", "rm", "-q", "-r", "--cached", "--", path); err != nil {
				return err
			}
			continue
		}
		mode, id := cmp.Or(file.Mode, pull.Regular), file.Content
		if mode != pull.Submodule {
			var err error
			if id, err = w.git(nil, file.Content, "hash-object", "-w", "--stdin"); err != nil {
				return err
			}
		}
		line := fmt.Sprintf("%s %s\t%s\x00", mode, id, path)
		if _, err := w.git(env, line, "update-index", "-z", "--add", "--index-info"); err != nil {
			return err
		}
	}
	return nil
}

// has reports whether a commit is here.
func (w *workshop) has(commit string) bool {
	_, err := w.git(nil, "", "cat-file", "-e", commit+"^{commit}")
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
