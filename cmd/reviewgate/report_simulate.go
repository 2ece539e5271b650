package main

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/backtest/past"
	"github.com/reviewgate/reviewgate/internal/simulate"
)

type simulateFlags struct {
	ask    int
	seed   uint64
	format format
}

func newReportSimulate() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate-assign DIR",
		Short: "Whom each strategy would have asked in a project's past, and who reviewed",
		Long: `Whom each strategy would have asked in a project's past, and who reviewed.

DIR holds MAINTAINERS, in the format of Linux, and prs.jsonl.gz: a line for each
pull request, such as
{"pr": 1, "author": "alice", "created": 1545147963, "head_time": 1545147999,
 "merged": 1545148963, "files": [["mm/a.c", 3, 1]], "reviewers": ["bob"]}
with times in seconds since 1970 and "merged": null where it was not.

The pull requests are taken in order of creation. What somebody reviewed counts
as knowledge from the merge on; nothing of the future is used.`,
		Example: "  reviewgate report simulate-assign past --ask 2",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return reportSimulate(cmd, f, args[0]) },
	}
	cmd.Flags().IntVar(&f.ask, "ask", 3, "people asked for each pull request, 15 at the most")
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "seed of the strategies that draw lots")
	f.format.add(cmd, "text", "json", "svg")
	return cmd
}

func reportSimulate(cmd *cobra.Command, f simulateFlags, dir string) error {
	if f.ask < 1 || f.ask > 15 {
		return errors.New("--ask: want 1 to 15")
	}
	owners, err := past.Maintainers(filepath.Join(dir, "MAINTAINERS"))
	pulls, unread := past.File(filepath.Join(dir, "prs.jsonl.gz"))
	if err := cmp.Or(err, unread); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; DIR holds MAINTAINERS and prs.jsonl.gz", err)
	} else if err != nil {
		return err
	}
	return printDrawn(cmd, f.format, simulate.Run(owners, pulls, simulate.Options{Ask: f.ask, Lots: f.lots}))
}

// printDrawn prints a report as text, JSON or SVG.
func printDrawn(cmd *cobra.Command, form format, report simulate.Drawn) error {
	text := report.Text
	switch form.value {
	case "json":
		return printJSON(cmd.OutOrStdout(), report)
	case "svg":
		text = report.SVG
	}
	_, err := io.WriteString(cmd.OutOrStdout(), text())
	return err
}

// lots draws lots anew for each pull request, so that leaving one out changes no
// other.
func (f simulateFlags) lots(name string, number int) simulate.Lots {
	h := fnv.New64a()
	h.Write([]byte(name + strconv.Itoa(number)))     // never fails
	draw := rand.New(rand.NewPCG(f.seed, h.Sum64())) //nolint:gosec // lots, not secrets
	return draw.Float64
}
