package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

func newTrailers() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "trailers --repo OWNER/NAME --pr NUMBER",
		Short: "Print who reviewed a pull request as trailers for its commits",
		Long: `Print who reviewed a pull request as trailers for its commits: a Reviewed-by for each person whose approvals count, by the name and address that the people file and the ownership files give, and a Link. They come once for the whole, as for a squash, and once for each commit with the people who reviewed a file that it touches.

Nothing is written to the forge. Exit code: 0 there are some, 1 nobody's approval counts, 2 the pull request could not be judged.`,
		Example: `  reviewgate trailers --repo acme/linux --pr 12
  reviewgate trailers --config reviewgate.yml --forge gitee --repo anolis/cloud-kernel --pr 12`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return printTrailers(cmd, f) },
	}
	cmd.Flags().StringVar(&f.forge, "forge", "github", "the forge: its kind, or its name in --config")
	cmd.Flags().IntVar(&f.number, "pr", 0, "the pull request's number")
	f.addRemote(cmd)
	return cmd
}

// addRemote adds the flags by which a repository of a forge is reached.
func (f *checkFlags) addRemote(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.repo, "repo", "", "the repository, OWNER/NAME")
	cmd.Flags().StringVar(&f.apiURL, "api-url", "", "the address of a GitHub Enterprise server's API")
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "a file with the token")
	cmd.Flags().StringVar(&f.config, "config", "", "the service's configuration, for another forge or an app")
}

func printTrailers(cmd *cobra.Command, f checkFlags) (err error) {
	if f.number == 0 {
		return errors.New("name a pull request with --repo OWNER/NAME and --pr NUMBER")
	}
	c, err := newChecker(cmd, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.closes()) }()
	ref := pull.Ref{Repo: c.repo, Number: f.number}
	run, err := c.memory.Judge(cmd.Context(), c.gate, ref)
	if err != nil {
		return err
	}
	if len(run.Verdict.Faults) > 0 {
		return fmt.Errorf("%s could not be judged: %s", ref, run.Verdict.Faults[0])
	}
	t := run.Trailers()
	terminal.Fprintf(cmd.OutOrStdout(), "%s", terminal.Safe(t.Text()))
	if len(t.Lines) == 0 {
		return exitCode(exitFail)
	}
	return nil
}
