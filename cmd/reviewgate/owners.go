package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/disk"
	"github.com/reviewgate/reviewgate/internal/ownership/explain"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
)

func newOwners() *cobra.Command {
	var f sourceFlags
	var patches []string
	var form format
	cmd := &cobra.Command{
		Use:   "owners [PATH...]",
		Short: "Say who owns paths, and which line of which file says so",
		Long: `Say who owns paths, and which line of which file says so. Paths are arguments, or lines of standard input.

With --format tsv every line is a path, a TAB, and the names of all subsystems that match it, fallbacks included, divided by | and sorted by bytes; a TAB in a name is written \t, a line break \n, a backslash \\; in a path, a TAB \t and a line break \n. Other characters that do not print are written \u and four hexadecimal digits, bytes that are no UTF-8 \x and two; so is what a CI system would take for a command, :: at the start of a line and ##[. A patch is one line, with the names for all files that it touches and for what its text says.`,
		Example: `  reviewgate owners mm/slab.c
  git diff --name-only main | reviewgate owners
  reviewgate owners --source maintainers:MAINTAINERS --patch 0001.patch`,
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := readQuestion(cmd.InOrStdin(), args, patches)
			if err != nil {
				return err
			}
			r, err := f.read(cmd, func(t *disk.Tree) ([]string, error) { return resolve(q, t) })
			if err != nil {
				return err
			}
			return printOwners(cmd.OutOrStdout(), form.value, q, r.owners)
		},
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&patches, "patch", nil,
		"a patch: the owners of the files that it touches, and whom its text concerns (K: of MAINTAINERS); repeatable")
	form.add(cmd, "text", "json", "tsv")
	return cmd
}

// maxPath is the longest line of standard input that is read, in bytes. Beyond it is an
// error: no path is as long.
const maxPath = 1 << 20

// readQuestion reads paths from arguments or, where there are none and no
// patches, from standard input.
func readQuestion(stdin io.Reader, args, patches []string) (*explain.Question, error) {
	q := &explain.Question{Asked: slices.Clone(args)}
	for _, file := range patches {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read patch: %w", err)
		}
		q.Patches = append(q.Patches, explain.Patch{Patch: maintainers.ReadPatch(text), File: file})
	}
	if len(args)+len(patches) > 0 {
		return q, nil
	}
	if file, ok := stdin.(*os.File); ok {
		if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice != 0 {
			return nil, errors.New("no paths: give them as arguments, or one a line on standard input")
		}
	}
	lines := bufio.NewScanner(stdin)
	lines.Buffer(nil, maxPath)
	read := 0
	for ; lines.Scan(); read++ {
		if line := strings.TrimSuffix(lines.Text(), "\r"); line != "" {
			q.Asked = append(q.Asked, line)
		}
	}
	err := lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("read paths: line %d of standard input has more than %d bytes; give one path a line", read+1, maxPath)
	}
	if err != nil {
		return nil, fmt.Errorf("read paths: %w", err)
	}
	return q, nil
}

// resolve writes paths as the tree has them, and returns all. As in the kernel's script,
// a directory gets a slash at its end.
func resolve(q *explain.Question, t *disk.Tree) ([]string, error) {
	var all []string
	for i, p := range q.Asked {
		clean, err := t.Inside(p)
		if err != nil {
			return nil, err
		}
		q.Asked[i] = strings.TrimPrefix(p, "./")
		if strings.HasSuffix(p, "/") || t.IsDir(clean) {
			clean += "/"
		}
		q.Paths = append(q.Paths, clean)
		all = append(all, clean)
	}
	for _, p := range q.Patches {
		all = append(all, p.Paths...)
	}
	return all, nil
}

// printOwners prints who owns what was asked about.
func printOwners(w io.Writer, format string, q *explain.Question, m *ownership.Map) error {
	switch format {
	case "tsv":
		return q.TSV(w, m)
	case "json":
		return printJSON(w, q.JSON(m))
	}
	_, err := io.WriteString(w, q.Text(m))
	return err
}
