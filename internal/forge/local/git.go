package local

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// git runs the git command in a directory.
type git struct{ dir string }

// fixed are the settings that no configuration may override: nothing is run,
// fetched or written, and paths are taken as they are.
var fixed = []string{
	"--no-pager", "--no-replace-objects", "--no-optional-locks", "--literal-pathspecs",
	"-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=true",
	"-c", "protocol.allow=never", "-c", "diff.external=", "-c", "log.showSignature=false", "-c", "gc.auto=0",
}

// environment leaves out all that steers git, and configuration besides the
// repository's own.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GIT_") || strings.HasPrefix(v, "LC_") || strings.HasPrefix(v, "LANG")
	})
	return append(env, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_NO_LAZY_FETCH=1", "GIT_NO_REPLACE_OBJECTS=1", "LC_ALL=C")
}

// run gives what a command of git prints.
func (g git) run(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", slices.Concat([]string{"-C", g.dir}, fixed, args)...) //nolint:gosec // revisions follow --end-of-options
	cmd.Env = environment()
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("git is not installed; install it to judge a local repository")
	}
	if err != nil {
		return out, fmt.Errorf("git %s in %s: %w: %s", args[0], g.dir, err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}

// commit resolves a revision.
func (g git) commit(ctx context.Context, rev string) (string, error) {
	if rev == "" {
		return "", errors.New("a revision is missing; give a branch, a tag or a commit id")
	}
	out, err := g.run(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("%s names no commit in %s", rev, g.dir)
	}
	return strings.TrimSpace(string(out)), nil
}

// branch gives the name of the branch that a revision names, a remote's too; the
// revision itself where it names none.
func (g git) branch(ctx context.Context, rev string) string {
	out, err := g.run(ctx, nil, "rev-parse", "--symbolic-full-name", "--verify", "--quiet", "--end-of-options", rev)
	name := strings.TrimSpace(string(out))
	if err != nil || name == "" {
		return rev
	}
	if local, ok := strings.CutPrefix(name, "refs/heads/"); ok {
		return local
	}
	if remote, ok := strings.CutPrefix(name, "refs/remotes/"); ok {
		_, branch, _ := strings.Cut(remote, "/")
		return branch
	}
	return rev
}

func (g git) mergeBases(ctx context.Context, a, b string) ([]string, error) {
	out, err := g.run(ctx, nil, "merge-base", "--all", a, b)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 && len(out) == 0 {
		return nil, nil
	}
	bases := strings.Fields(string(out))
	slices.Sort(bases)
	return bases, err
}

// changes lists what differs between two commits, with renames as forges show
// them: from half of the lines on.
func (g git) changes(ctx context.Context, base, head string) ([]pull.File, error) {
	out, err := g.run(ctx, nil, "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-ext-diff", "--no-textconv",
		"--find-renames=50%", "-l0", "--no-relative", "--end-of-options", base, head)
	if err != nil {
		return nil, err
	}
	var files []pull.File
	fields := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	for len(fields) > 1 {
		info := strings.Fields(strings.TrimPrefix(fields[0], ":"))
		if len(info) != 5 {
			return nil, fmt.Errorf("git diff-tree says %q", fields[0])
		}
		c := pull.Content{Path: fields[1], OldMode: mode(info[0]), Mode: mode(info[1]), OldID: id(info[2]), ID: id(info[3])}
		fields = fields[2:]
		switch info[4][0] {
		case 'A':
			c.Status = pull.Added
		case 'D':
			c.Status = pull.Removed
		case 'M', 'T':
			c.Status = pull.Modified
			if c.ID == c.OldID || info[4][0] == 'T' {
				c.Status = pull.Changed
			}
		case 'R':
			c.Status, c.OldPath, c.Path = pull.Renamed, c.Path, fields[0]
			fields = fields[1:]
		default:
			return nil, fmt.Errorf("git diff-tree gives %s the status %s", c.Path, info[4])
		}
		files = append(files, pull.File{Content: c})
	}
	return files, nil
}

// mode reads a mode; that of a side without the file is empty.
func mode(s string) pull.Mode {
	if strings.Trim(s, "0") == "" {
		return ""
	}
	return pull.Mode(s)
}

func id(s string) string {
	if strings.Trim(s, "0") == "" {
		return ""
	}
	return s
}

// entries looks paths up in a commit's tree.
func (g git) entries(ctx context.Context, commit string, paths []string) (map[string]gate.Entry, error) {
	found := make(map[string]gate.Entry, len(paths))
	if len(paths) == 0 {
		return found, nil
	}
	out, err := g.run(ctx, nil, slices.Concat([]string{"ls-tree", "-z", "--full-tree", "--end-of-options", commit, "--"}, paths)...)
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		found[p] = gate.Entry{}
	}
	for line := range strings.SplitSeq(string(out), "\x00") {
		info, path, ok := strings.Cut(line, "\t")
		if fields := strings.Fields(info); ok && len(fields) == 3 && fields[1] == "blob" {
			found[path] = gate.Entry{ID: fields[2]}
		}
	}
	return found, nil
}

// commits are those that the head has and the base has not, with their people.
func (g git) commits(ctx context.Context, base, head string) ([]pull.Commit, error) {
	out, err := g.run(ctx, nil, "log", "-z", "--no-show-signature", "--no-color", "--no-decorate", "--no-notes", "--no-ext-diff",
		"--format=%H%x00%P%x00%ae%x00%ce%x00%(trailers:key=Co-authored-by,valueonly,separator=%x0a)", "--end-of-options", base+".."+head)
	if err != nil {
		return nil, err
	}
	const perCommit = 5
	fields := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	var commits []pull.Commit
	for len(fields) >= perCommit {
		c := pull.Commit{ID: fields[0], Parents: strings.Fields(fields[1])}
		emails := []string{fields[2], fields[3]}
		for line := range strings.Lines(fields[4]) {
			if _, rest, ok := strings.Cut(line, "<"); ok {
				address, _, _ := strings.Cut(rest, ">")
				emails = append(emails, address)
			}
		}
		addPeople(&c, emails)
		commits, fields = append(commits, c), fields[perCommit:]
	}
	return commits, nil
}

// noreply is the address that GitHub gives to those who hide theirs
// (docs.github.com, "Setting your commit email address").
var noreply = regexp.MustCompile(`^(?:([0-9]+)\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.github\.com$`)

// webFlow commits what is done on GitHub's pages.
const webFlow = "noreply@github.com"

// addPeople adds the people behind some addresses, each once.
func addPeople(c *pull.Commit, emails []string) {
	for i, email := range emails {
		if email == webFlow || slices.Contains(emails[:i], email) {
			continue
		}
		m := noreply.FindStringSubmatch(email)
		if m == nil {
			c.Unknown = append(c.Unknown, email)
			continue
		}
		number, _ := strconv.ParseInt("0"+m[1], 10, 64) // 0 where there is none, or it is too long
		c.People = append(c.People, pull.Person{Login: m[2], ID: number})
	}
}

// object is one object of the repository.
type object struct {
	id, kind string
	data     []byte
}

// objects reads objects by name, in order.
func (g git) objects(ctx context.Context, names []string) ([]object, error) {
	out, err := g.run(ctx, []byte(strings.Join(names, "\n")+"\n"), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	objects := make([]object, 0, len(names))
	for _, name := range names {
		head, rest, _ := bytes.Cut(out, []byte("\n"))
		fields := strings.Fields(string(head))
		if len(fields) != 3 {
			return nil, fmt.Errorf("git has no object %s here; if the clone is shallow or partial, fetch it", name)
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil || size+1 > len(rest) {
			return nil, fmt.Errorf("git cat-file says %q", head)
		}
		objects = append(objects, object{fields[0], fields[1], rest[:size:size]})
		out = rest[size+1:]
	}
	return objects, nil
}

// parseTree reads git's form of a tree: mode, name and the bytes of the id.
func parseTree(data []byte, idBytes int) ([]gate.TreeEntry, error) {
	entries := []gate.TreeEntry{}
	for len(data) > 0 {
		head, rest, ok := bytes.Cut(data, []byte{0})
		octal, name, ok2 := strings.Cut(string(head), " ")
		if !ok || !ok2 || len(rest) < idBytes {
			return nil, errors.New("it is damaged")
		}
		m := pull.Mode(octal)
		if octal == "40000" {
			m = pull.Directory
		}
		entries = append(entries, gate.TreeEntry{Name: name, Mode: m, ID: hex.EncodeToString(rest[:idBytes])})
		data = rest[idBytes:]
	}
	return entries, nil
}
