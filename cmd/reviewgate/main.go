// Command reviewgate is a review gate for pull requests: it matches every
// changed file to the maintainers of its subsystem, computes the share of
// reviewed files, and posts a check that opens when the share is high enough.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reviewgate/reviewgate/internal/strictyaml"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// Exit codes of the command line.
const (
	exitPass  = 0
	exitFail  = 1 // the gate did not pass, or a file is not valid
	exitError = 2 // it could not be found out
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// exitCode is an error that has been told already and only sets the exit code.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// run runs one command line. What it prints goes through terminal.Writer, so that no
// name of a file or a person becomes a command to a terminal or to a CI system.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out, errs := terminal.NewWriter(stdout), terminal.NewWriter(stderr)
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	err = errors.Join(err, out.Flush())
	code, told := errors.AsType[exitCode](err)
	if err != nil && !told {
		code = exitError
		for _, line := range errorLines(err) {
			terminal.Fprintf(errs, "reviewgate: %s\n", line)
		}
	}
	_ = errs.Flush() // there is nobody left to tell
	return int(code)
}

// errorLines divides an error into those that it joins, and a list of faults into
// the faults. What is in the text of one stays in one line.
func errorLines(err error) []string {
	if faults, ok := err.(strictyaml.Faults); ok { //nolint:errorlint // what wraps faults has words of its own
		var lines []string
		for _, f := range faults {
			lines = append(lines, f.String())
		}
		return lines
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok && isJoin(err, joined.Unwrap()) { //nolint:errorlint // this very error
		var lines []string
		for _, e := range joined.Unwrap() {
			lines = append(lines, errorLines(e)...)
		}
		return lines
	}
	if faults, ok := errors.AsType[strictyaml.Faults](err); ok {
		before, _, _ := strings.Cut(err.Error(), faults.Error())
		lines := errorLines(faults)
		if len(lines) > 0 {
			lines[0] = before + lines[0]
		}
		return lines
	}
	return []string{err.Error()}
}

// isJoin tells whether an error is what errors.Join made of others, and adds no words.
func isJoin(err error, parts []error) bool {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = p.Error()
	}
	return err.Error() == strings.Join(texts, "\n")
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "reviewgate",
		Short:         "A review gate for pull requests: enough files reviewed by the maintainers of their area",
		Version:       versionText(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetVersionTemplate(versionLine() + "\n")
	root.SetFlagErrorFunc(flagError)
	group(root, newServe(), newCheck(), newDemo(), newOwners(), newHealth(), newValidate(), newTrailers(), newReplay(), newReport(),
		newBacktest(), newSchema(), newVersion(), newAdmin(), newDoctor(), newReady(), newProbe())
	return root
}

// group makes a command of several others.
func group(cmd *cobra.Command, others ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(others...)
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}
	return cmd
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var known []string
	for _, c := range cmd.Commands() {
		known = append(known, c.Name())
	}
	return fmt.Errorf("unknown command %q for %q%s", name, cmd.CommandPath(), didYouMean(name, known))
}

// flagError says which flag an unknown one was meant as.
func flagError(cmd *cobra.Command, err error) error {
	if args := cmd.Flags().Args(); len(args) > 0 && cmd.HasAvailableSubCommands() {
		return unknownCommand(cmd, args[0])
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if name := strictyaml.Meant(unknown.GetSpecifiedName(), known); name != "" {
		return fmt.Errorf("%w; did you mean --%s?", err, name)
	}
	return fmt.Errorf("%w; see reviewgate %s --help", err, strings.TrimPrefix(cmd.CommandPath(), "reviewgate "))
}

// didYouMean is what a word was surely meant as, to be added to an error.
func didYouMean(word string, known []string) string {
	if meant := strictyaml.Meant(word, known); meant != "" {
		return fmt.Sprintf("; did you mean %q?", meant)
	}
	return ""
}

// complete has shells offer the values of a flag.
func complete(cmd *cobra.Command, flag string, known []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag,
		cobra.FixedCompletions(known, cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that is not there
}

// format is the flag --format.
type format struct {
	value string
	known []string // the first is the default
}

func (f *format) String() string { return f.value }

// Set implements pflag.Value.
func (f *format) Set(s string) error {
	if !slices.Contains(f.known, s) {
		return fmt.Errorf("write %s or %s%s", strings.Join(f.known[:len(f.known)-1], ", "), f.known[len(f.known)-1], didYouMean(s, f.known))
	}
	f.value = s
	return nil
}

// Type implements pflag.Value.
func (f *format) Type() string { return strings.Join(f.known, "|") }

// add adds the flag with what it may say.
func (f *format) add(cmd *cobra.Command, known ...string) {
	f.value, f.known = known[0], known
	cmd.Flags().Var(f, "format", "how to print the result")
	complete(cmd, "format", known)
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
