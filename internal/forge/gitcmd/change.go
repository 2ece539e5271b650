package gitcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Renames is how renames are looked for, as git takes it.
type Renames []string

// How renames are looked for.
var (
	AnyRenames   = Renames{"-M50%", "-l0"}    // at least half alike, however many there are
	SomeRenames  = Renames{"-M50%", "-l1000"} // the same, unless there are more than git looks at by default
	ExactRenames = Renames{"-M100%"}          // of the same content; no file is read
	NoRenames    = Renames{"--no-renames"}    // one file goes, another one comes
)

// Changes lists what differs between two commits. Submodules are listed whatever
// .gitmodules and the configuration ask to ignore.
func (g Git) Changes(ctx context.Context, from, to string, how Renames) ([]pull.Content, error) {
	args := slices.Concat([]string{"diff-tree", "-r", "-z", "--raw", "--no-abbrev"}, how, []string{"--no-relative",
		"--no-ext-diff", "--no-textconv", "--ignore-submodules=none", "--end-of-options", from, to})
	out, err := g.Run(ctx, args...)
	if err != nil {
		return nil, err
	}
	return parseRaw(string(out))
}

// Patch returns the patch of some files between two commits, or the beginning of one of more
// than most bytes.
func (g Git) Patch(ctx context.Context, from, to string, how Renames, paths []string, most int) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := g.Command(ctx, slices.Concat([]string{"diff-tree", "-r", "-p"}, how, []string{"--no-relative", "--no-color", "--no-ext-diff",
		"--no-textconv", "--ignore-submodules=none", "--end-of-options", from, to, "--"}, paths)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(out, int64(most)))
	if err == nil && len(text) == most {
		cancel() // the rest is not wanted
		_ = cmd.Wait()
		return text, nil
	}
	if ended := cmd.Wait(); err == nil && ended != nil {
		err = &Error{Command: "diff-tree", Err: ended}
	}
	return text, err
}

// parseRaw reads git's raw format with -z (git-diff-tree(1), "RAW OUTPUT
// FORMAT"): ":mode mode id id status", then one path, or two of a rename.
func parseRaw(out string) ([]pull.Content, error) {
	var files []pull.Content
	for out != "" {
		var head, path string
		head, out, _ = strings.Cut(out, "\x00")
		path, out, _ = strings.Cut(out, "\x00")
		fields := strings.Fields(strings.TrimPrefix(head, ":"))
		if len(fields) != 5 || path == "" {
			return nil, fmt.Errorf("git diff-tree prints %q", head)
		}
		c := pull.Content{Path: path, OldMode: pull.Mode(fields[0]), Mode: pull.Mode(fields[1]), OldID: fields[2], ID: fields[3]}
		switch fields[4][0] {
		case 'A':
			c.Status, c.OldMode, c.OldID = pull.Added, "", ""
		case 'D':
			c.Status, c.Mode, c.ID = pull.Removed, "", ""
		case 'M':
			c.Status = pull.Modified
			if c.OldID == c.ID {
				c.Status = pull.Changed
			}
		case 'T':
			c.Status = pull.Changed
		case 'R':
			c.Status, c.OldPath = pull.Renamed, path
			if c.Path, out, _ = strings.Cut(out, "\x00"); c.Path == "" {
				return nil, errors.New("git diff-tree prints a rename without its new path")
			}
		default:
			return nil, fmt.Errorf("git diff-tree prints the status %q", fields[4])
		}
		files = append(files, c)
	}
	return files, nil
}
