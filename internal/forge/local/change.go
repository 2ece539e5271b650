package local

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// changes lists what differs between two commits, with renames as GitHub finds
// them: at least half alike, however many there are. Submodules are listed
// whatever .gitmodules and the configuration ask to ignore.
func (g git) changes(ctx context.Context, from, to string) ([]pull.Content, error) {
	out, err := g.run(ctx, "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "-M50%", "-l0", "--no-relative",
		"--no-ext-diff", "--no-textconv", "--ignore-submodules=none", "--end-of-options", from, to)
	if err != nil {
		return nil, err
	}
	return parseRaw(string(out))
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
