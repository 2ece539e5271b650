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

// run runs one command line.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintf(stderr, "reviewgate: %s\n", strings.TrimRight(line, "\n"))
		}
		return exitError
	}
	return exitPass
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "reviewgate",
		Short:         "A review gate for pull requests: enough files reviewed by the maintainers of their area",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newServe(), newCheck(), newDemo(), newOwners(), newHealth(), newValidate(), newReplay(), newReport(), newSchema(), newVersion(), newAdmin())
	return root
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
		return fmt.Errorf("write %s or %s", strings.Join(f.known[:len(f.known)-1], ", "), f.known[len(f.known)-1])
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
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
