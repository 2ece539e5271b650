package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/workload"
)

func newReport() *cobra.Command {
	return group(&cobra.Command{Use: "report", Short: "Report on who reviews, and whom the gate asks"}, newReportLoad(), newReportSimulate())
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
how often areas with respond_within kept that, and how evenly all that spreads.

It tells what the service saw since it watches the repository. The database is
that of --config or --database; the service may be running.`,
		Example: `  reviewgate report load --repo acme/linux --config reviewgate.yml
  reviewgate report load --repo acme/linux --database sqlite:reviewgate.db --days 90`,
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
	now := time.Now().UTC()
	from := now.AddDate(0, 0, -f.days)
	requests, reviews, err := runs.Activity(cmd.Context(), repo)
	var waits []response.Wait
	if err == nil {
		waits, err = runs.Responses(cmd.Context(), repo, from)
	}
	if err := errors.Join(err, runs.CloseRuns()); err != nil {
		return err
	}
	if len(waits)+len(requests)+len(reviews) == 0 {
		return fmt.Errorf("the database holds no request for review and no review of %s; is it spelled as the service knows it?", repo)
	}
	report := workload.Tally(requests, reviews, from, now)
	report.Responses = response.Tally(waits, from, now)
	if f.format.value == "json" {
		return printJSON(cmd.OutOrStdout(), report)
	}
	_, err = io.WriteString(cmd.OutOrStdout(), report.Text(f.days))
	return err
}
