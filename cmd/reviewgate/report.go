package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/terminal"
	"github.com/reviewgate/reviewgate/internal/workload"
)

func newReport() *cobra.Command {
	cmd := &cobra.Command{Use: "report", Short: "Report on who reviews, and whom the gate asks"}
	cmd.AddCommand(newReportLoad(), newReportSimulate())
	return cmd
}

type loadFlags struct {
	databaseFlags
	repo   string
	days   int
	format format
}

func newReportLoad() *cobra.Command {
	var f loadFlags
	cmd := &cobra.Command{
		Use:   "load --repo OWNER/NAME",
		Short: "Who has how much to review, by person and by subsystem",
		Long: `Who has how much to review, by person and by subsystem: open requests for review,
reviews of the last days, the median time from being asked to the first review,
and how evenly all that spreads.

It tells what the service saw since it watches the repository. The database is
that of --config or --database; the service may be running.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return reportLoad(cmd, f) },
	}
	cmd.Flags().StringVar(&f.repo, "repo", "", "the repository, OWNER/NAME, or FORGE:OWNER/NAME where the forge is not called github")
	f.databaseFlags.add(cmd)
	cmd.Flags().IntVar(&f.days, "days", 30, "how many days of reviews count")
	f.format.add(cmd, "text", "json")
	_ = cmd.MarkFlagRequired("repo") // fails only for a flag that is not there
	return cmd
}

func reportLoad(cmd *cobra.Command, f loadFlags) error {
	if f.days < 1 {
		return errors.New("--days: want 1 or more")
	}
	forge, slug, named := strings.Cut(f.repo, ":")
	if !named {
		forge, slug = "github", f.repo
	}
	repo, err := pull.ParseRepo(forge, slug)
	if err != nil {
		return fmt.Errorf("--repo: %w", err)
	}
	cfg, err := f.load()
	if err != nil {
		return err
	}
	runs, err := openRecords(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	requests, reviews, err := runs.Activity(cmd.Context(), repo)
	if err := errors.Join(err, runs.CloseRuns()); err != nil {
		return err
	}
	if len(requests)+len(reviews) == 0 {
		return fmt.Errorf("the database holds no request for review and no review of %s; is it spelled as the service knows it?", repo)
	}
	now := time.Now().UTC()
	report := workload.Tally(requests, reviews, now.AddDate(0, 0, -f.days), now)
	if f.format.value == "json" {
		return printJSON(cmd.OutOrStdout(), report)
	}
	return printLoad(cmd.OutOrStdout(), report, f.days)
}

// printLoad prints a table of people and one of subsystems.
func printLoad(out io.Writer, r workload.Report, days int) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	head := fmt.Sprintf("open requests\treviews in %d days\tmedian time to first review\n", days)
	fmt.Fprint(w, "who\t", head)
	for _, l := range r.People {
		printLine(w, terminal.Quote(l.Who), l)
	}
	if len(r.Areas) > 0 {
		fmt.Fprint(w, "\nsubsystem\twho\t", head)
	}
	last := ""
	for _, l := range r.Areas {
		name := l.Subsystem
		if name == last {
			name = ""
		}
		last = l.Subsystem
		printLine(w, terminal.Quote(name)+"\t"+terminal.Quote(l.Who), l)
	}
	terminal.Fprintf(w, "\nGini of open requests and reviews: %.2f (0: all alike, towards 1: all on one)\n", r.Gini)
	return w.Flush()
}

// printLine prints one line of a table; who is quoted.
func printLine(w io.Writer, who string, l workload.Line) {
	median := "-"
	if l.Median != nil {
		median = fmt.Sprintf("%s (of %d)", lasting(time.Duration(*l.Median)*time.Second), l.Answered)
	}
	fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", who, l.Open, l.Reviews, median)
}

// lasting says a time in its two largest units.
func lasting(d time.Duration) string {
	days, hours := d/(24*time.Hour), d%(24*time.Hour)/time.Hour
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dm", hours, d%time.Hour/time.Minute)
	}
	return cmp.Or(strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s"), "0m")
}
