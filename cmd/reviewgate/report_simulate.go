package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/simulate"
	"github.com/reviewgate/reviewgate/internal/terminal"
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
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return reportSimulate(cmd, f, args[0]) },
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
	owners, err := readMaintainers(filepath.Join(dir, "MAINTAINERS"))
	if err != nil {
		return err
	}
	pulls, err := readPulls(filepath.Join(dir, "prs.jsonl.gz"))
	if err != nil {
		return err
	}
	report := simulate.Run(owners, pulls, simulate.Options{Ask: f.ask, Lots: f.lots})
	switch f.format.value {
	case "json":
		return printJSON(cmd.OutOrStdout(), report)
	case "svg":
		_, err := io.WriteString(cmd.OutOrStdout(), report.SVG())
		return err
	}
	return printSimulation(cmd.OutOrStdout(), report)
}

// lots draws lots anew for each pull request, so that leaving one out changes no
// other.
func (f simulateFlags) lots(name string, number int) simulate.Lots {
	h := fnv.New64a()
	h.Write([]byte(name + strconv.Itoa(number)))     // never fails
	draw := rand.New(rand.NewPCG(f.seed, h.Sum64())) //nolint:gosec // lots, not secrets
	return draw.Float64
}

func readMaintainers(path string) (*ownership.Map, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w; DIR holds MAINTAINERS and prs.jsonl.gz", err)
	}
	owners, _, err := formats.Parse([]formats.Source{{Format: formats.Maintainers, Path: "MAINTAINERS", Files: []ownership.File{{Path: path, Data: data}}}}, "github")
	return owners, err
}

func readPulls(path string) ([]simulate.Pull, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w; DIR holds MAINTAINERS and prs.jsonl.gz", err)
	}
	defer file.Close() // it was only read
	zip, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w; want it packed by gzip", path, err)
	}
	return simulate.ReadPulls(path, zip)
}

func printSimulation(out io.Writer, r simulate.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	terminal.Fprintf(w, "%d pull requests, %d of them reviewed by others than the author; at most %d people asked; %d people\n\n", r.Pulls, r.Judged, r.Ask, r.People)
	fmt.Fprintln(w, "candidates\tstrategy\ttop 1\ttop 3\ttop 5\tMRR\tasked\tGini\tof real life's")
	for _, row := range r.Rows {
		terminal.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%.3f\t%s\n", row.Candidates, row.Name,
			thousandths(row.Top1), thousandths(row.Top3), thousandths(row.Top5), thousandths(row.MRR), row.Asked, row.Gini, thousandths(row.Relative))
	}
	terminal.Fprintf(w, "\treal life\t\t\t\t\t\t%.3f\t\n\n", r.RealGini)
	for _, g := range r.Goals {
		terminal.Fprintf(w, "%s: %s, %s\n", g.Text, thousandths(g.Got), map[bool]string{true: "reached", false: "not reached"}[g.Met])
	}
	fmt.Fprint(w, `
top 1, 3, 5  share of the reviewed pull requests of which one of the first so many
             reviewed in truth, had so many been asked
MRR          mean reciprocal rank of the first who did, among five
asked        people asked for each pull request, on average
Gini         how unevenly the asking spreads over all whom the map names or who
             ever reviewed: 0 evenly, towards 1 all on one
map          candidates are the people of the owning sections
history      candidates are all whom the map names or who reviewed before; those
             who know the files come first
`)
	return w.Flush()
}

// thousandths says a share with three digits, or - where there is none.
func thousandths(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *v)
}
