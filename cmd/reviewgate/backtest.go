package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/backtest"
	"github.com/reviewgate/reviewgate/internal/backtest/past"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/ownership/disk"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

const backtestShort = "How many merged pull requests would have passed at each threshold, and which one to choose"

type backtestFlags struct {
	forge       checkFlags
	owners      sourceFlags
	from, since string
	teams       []string
	format      format
}

func newBacktest() *cobra.Command {
	var f backtestFlags
	cmd := &cobra.Command{
		Use:   "backtest {--from FILE | --repo OWNER/NAME}",
		Short: backtestShort,
		Long:  backtestShort + ".\n\n" + past.Help,
		Example: "  reviewgate backtest --repo acme/linux --since 180d --local .\n" +
			"  reviewgate backtest --config reviewgate.yml --forge gitee --repo anolis/cloud-kernel --local .\n" +
			"  reviewgate backtest --from prs.jsonl.gz --source maintainers:MAINTAINERS",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBacktest(cmd, &f) },
	}
	cmd.Flags().StringVar(&f.from, "from", "", "a file of pull requests")
	cmd.Flags().StringVar(&f.since, "since", "180d", "with --repo: what was merged in the last days, 3000 pull requests at the most")
	cmd.Flags().StringArrayVar(&f.teams, "team", nil, "a team's members, ORGANISATION/TEAM=LOGIN,LOGIN; repeatable")
	cmd.Flags().StringVar(&f.forge.policy, "policy", "", "judge by this policy file instead of that of the tree")
	f.forge.addRemote(cmd)
	f.owners.add(cmd)
	f.format.add(cmd, "text", "json", "svg")
	cmd.MarkFlagsOneRequired("from", "repo")
	cmd.MarkFlagsMutuallyExclusive("from", "repo")
	return cmd
}

func runBacktest(cmd *cobra.Command, f *backtestFlags) (err error) {
	s := past.Source{File: f.from, Since: f.since}
	if f.from == "" {
		f.forge.forge = f.owners.forge
		if s.Repo, err = pull.ParseRepo(f.forge.forge, f.forge.repo); err != nil {
			return err
		}
		remote, _, problem := openNamed(f.forge, cmd.ErrOrStderr())
		if problem != nil {
			return problem
		}
		defer func() { err = errors.Join(err, remote.close()) }()
		s.Forge = remote.Gate
	}
	given, err := readTeams(f.teams)
	merged, unread := s.Merged(cmd.Context(), time.Now())
	if err := errors.Join(err, unread); err != nil {
		return err
	}
	read, err := f.owners.read(cmd, func(*disk.Tree) ([]string, error) { return backtest.Paths(merged), nil })
	if err != nil {
		return err
	}
	tree := &disk.Search{Root: f.owners.local, PolicyPath: github.PolicyPath}
	frame, lacking, err := s.Frame(cmd.Context(), read.owners, f.forge.policy, tree, given, backtest.Paths(merged))
	if err != nil {
		return err
	}
	for _, what := range lacking {
		terminal.Fprintf(cmd.ErrOrStderr(), "reviewgate: warning: %s\n", what)
	}
	report := backtest.Run(frame.Cases(merged))
	return printDrawn(cmd, f.format, &report)
}
