package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history/oneshot"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

type checkFlags struct {
	forge, repo, policy, apiURL, tokenFile, config, save, group, event string
	number                                                             int
	publish, allowUngated, all, list                                   bool
	format                                                             format
	local                                                              localFlags
}

func newCheck() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check {--repo OWNER/NAME {--pr NUMBER | --all | --group BRANCH | --list} | --local DIR --author LOGIN}",
		Short: "Judge one pull request and print the verdict and what would be written",
		Long: `Judge one pull request, or all that are open, and print the verdict and what would be written.

Nothing is written to the forge unless --publish is given. What stands there already
is not written again. If a pull request can't be judged, its check becomes an error.
The token comes from GITHUB_TOKEN, GH_TOKEN or --token-file; an app from --config.
With --local no forge is asked: a branch of any git repository is judged as a
pull request would be, with the reviews that --approve and --request-changes give.
With --advise it only says who will be asked, which suits a hook of git; put these
lines into .git/hooks/pre-push and make it executable:

  #!/bin/sh
  reviewgate check --local . --author LOGIN --advise || true

In a workflow of GitHub Actions, --list prints the numbers of the pull requests that the
event of the run concerns, to be judged one by one. Verdicts go to the job summary
($GITHUB_STEP_SUMMARY) and to outputs ($GITHUB_OUTPUT) as well, if these are set.
Exit code: 0 the gate passes, or the policy says that it does not gate this branch or is off, or the pull request is closed; 1 it does not pass; 2 it could not be judged, an older success could not be taken back, or no policy was found and --allow-ungated is not given.`,
		Example: `  reviewgate check --repo acme/linux --pr 12
  reviewgate check --local . --base origin/main --author alice
  reviewgate check --local . --author alice --approve bob --team acme/mm=bob,carol
  reviewgate check --repo acme/linux --all --publish # in a workflow`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%q is no argument of check: name a pull request with --repo OWNER/NAME and --pr NUMBER", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.local.dir != "" {
				return checkLocal(cmd, f)
			}
			return checkForge(cmd, f)
		},
	}
	cmd.Flags().StringVar(&f.forge, "forge", "github",
		"the forge: its kind, or its name in --config; with --local, the one whose logins a people file gives (default: where they are the "+
			"same everywhere)")
	cmd.Flags().StringVar(&f.repo, "repo", "", "the repository, OWNER/NAME")
	cmd.Flags().IntVar(&f.number, "pr", 0, "the pull request's number")
	cmd.Flags().BoolVar(&f.all, "all", false, "judge every open pull request of the repository")
	cmd.Flags().StringVar(&f.group, "group", "",
		"judge the groups that wait in the merge queue of this branch, or of the branch of this group's own ref")
	cmd.Flags().BoolVar(&f.list, "list", false,
		"judge nothing, and print the numbers of the pull requests that the event of $GITHUB_EVENT_NAME concerns")
	cmd.Flags().StringVar(&f.event, "event", "", "for --list: the file that holds the event (default $GITHUB_EVENT_PATH)")
	cmd.Flags().StringVar(&f.policy, "policy", "", "judge by this policy file instead of the repository's")
	cmd.Flags().StringVar(&f.save, "save", "", "write all that the verdict was made of to this file, for replay")
	cmd.Flags().BoolVar(&f.publish, "publish", false, "write check, review requests and comment to the forge")
	cmd.Flags().BoolVar(&f.allowUngated, "allow-ungated", false, "exit 0 where no policy is found")
	cmd.Flags().StringVar(&f.apiURL, "api-url", "", "the forge's API (default GITHUB_API_URL, or https://api.github.com/)")
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "a file that holds the token")
	cmd.Flags().StringVar(&f.config, "config", "",
		"the service's configuration, to reach the forge as it does, and with its default policy and minimum")
	f.format.add(cmd, "text", "json")
	f.local.add(cmd)
	return cmd
}

// saveRun writes a run with all that went into it to a file, if one is named.
func saveRun(file string, run gate.Run, memory *oneshot.Memory) error {
	if file == "" {
		return nil
	}
	record, err := run.Record(memory.Text)
	if err != nil {
		return err
	}
	if err := writePrivate(file, record); err != nil {
		return fmt.Errorf("save the run: %w", err)
	}
	return nil
}

// writePrivate writes a file that only its owner can read, whatever the umask says
// and whatever mode it had before.
func writePrivate(file string, data []byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() { // not /dev/stdout
		err = f.Chmod(0o600)
	}
	if err == nil {
		_, err = f.Write(data)
	}
	return errors.Join(err, f.Close())
}

// codeOf turns a run into the exit code.
func codeOf(cmd *cobra.Command, g *gate.Gate, run gate.Run, f checkFlags) error {
	why := run.Ungated()
	switch {
	case why == gate.Unclear:
		return exitCode(exitError)
	case why == gate.NoPolicy && !f.allowUngated:
		tellMissing(cmd.ErrOrStderr(), g.Missing(cmd.Context(), &run))
		return exitCode(exitError)
	case why != "" || run.Verdict.Outcome == policy.Success || run.Verdict.Outcome == "":
		return nil
	case run.Verdict.Outcome == policy.Error:
		return exitCode(exitError)
	}
	return exitCode(exitFail)
}

// asServed lets a check judge by what the service has besides the repository's policy.
func asServed(gc *gate.Config, served *config.Config) error {
	base, err := servedGate(*served)
	gc.Trusts, gc.Minimum, gc.ServerOverride, gc.DefaultPolicy, gc.DefaultMap = base.Trusts, base.Minimum, base.ServerOverride,
		base.DefaultPolicy, base.DefaultMap
	return err
}

// tellMissing says where a policy was looked for, and what can be done.
func tellMissing(w io.Writer, m gate.Missing) {
	terminal.Fprintf(w, "reviewgate: no policy was found, so nothing is gated: looked for %s at %s", m.Paths,
		terminal.Safe(fmt.Sprintf("%.12s", m.Commit)))
	if m.Branch != "" {
		terminal.Fprintf(w, " (%s)", m.Branch)
	}
	if m.Org != "" {
		terminal.Fprintf(w, ", and for %s in %s", m.Others, m.Org)
	}
	fmt.Fprintln(w)
	if len(m.Near) > 0 {
		terminal.Fprintf(w, "hint: there is %s; if that is meant, rename it to %s\n", m.Near, m.Paths[0])
	}
	fmt.Fprintln(w, "hint: add a policy there, or allow this with --allow-ungated")
}

// anyOwner lets a policy name files and teams of every owner: what the token, or
// whoever ran the command, can read decides.
func anyOwner(string, string) bool { return true }

// printRun prints the verdict and the plan.
func printRun(w io.Writer, f format, run gate.Run, words *publish.Messages) error {
	if f.value == "json" {
		return printJSON(w, run)
	}
	_, err := io.WriteString(w, describeRun(&run, words))
	return err
}

// describeRun says a run in plain text for a terminal. What it came to is the first line
// and, below many others, the last.
func describeRun(run *gate.Run, words *publish.Messages) string {
	var b strings.Builder
	if why := run.Ungated(); why != "" {
		describeUngated(&b, run, why)
		b.WriteString(run.Plan.Text())
	} else {
		b.WriteString(words.Text(run.Verdict, run.Plan))
	}
	headline, rest, _ := strings.Cut(b.String(), "\n")
	b.Reset()
	terminal.Fprintf(&b, "%s\n%s at %.12s\n", terminal.Safe(headline), run.Ref, run.Head)
	if rest != "" {
		b.WriteString(rest + headline + "\n")
	}
	return b.String()
}

// describeUngated says why a pull request is not gated.
func describeUngated(b *strings.Builder, run *gate.Run, why gate.Ungated) {
	switch why {
	case gate.Closed:
		b.WriteString("not gated: the pull request is closed\n")
	case gate.NoPolicy:
		b.WriteString("not gated: no policy was found\n")
	case gate.ModeOff:
		b.WriteString("not gated: the policy's mode is off\n")
	case gate.NoRule:
		terminal.Fprintf(b, "not gated: the policy does not gate the base branch %s\n", run.BaseBranch())
	case gate.Unclear:
		terminal.Fprintf(b, "error: the policy can't be read, so it is not known whether it gates the base branch %s\n", run.BaseBranch())
		for _, f := range run.PolicyFaults() {
			terminal.Fprintf(b, "  %s\n", f)
		}
	}
}
