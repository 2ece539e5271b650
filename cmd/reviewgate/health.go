package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/disk"
	"github.com/reviewgate/reviewgate/internal/ownership/explain"
)

func newHealth() *cobra.Command {
	const all = "all"
	known := append(ownership.HealthKinds(), all)
	var f sourceFlags
	var form format
	var strict []string
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Say what an ownership map lacks: files without owner, areas without people, patterns without effect",
		Long: `Say what an ownership map lacks: files without owner, areas without people, patterns without effect. The worst comes first; --format json lists everything.

Exit code: 0 it could be found out, 1 something is lacking of what --strict names, 2 it could not.`,
		Example: `  reviewgate health
  reviewgate health --local . --strict=unowned,unstaffed,dead # in a workflow
  reviewgate health --source maintainers:MAINTAINERS --tree files.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, kind := range strict {
				if !slices.Contains(known, kind) {
					return fmt.Errorf("--strict %q%s; known are %s", kind, didYouMean(kind, known), strings.Join(known, ", "))
				}
			}
			if slices.Contains(strict, all) {
				strict = ownership.HealthKinds()
			}
			r, err := f.read(cmd, func(t *disk.Tree) ([]string, error) { return t.Files(), nil })
			if err != nil {
				return err
			}
			if r.tree == nil {
				return errors.New("no tree to hold the map against: name one with --local DIR or --tree LIST")
			}
			h, err := r.search.Health(r.owners, r.tree.Files())
			if err == nil && form.value == "json" {
				err = printJSON(cmd.OutOrStdout(), h)
			} else if err == nil {
				_, err = io.WriteString(cmd.OutOrStdout(), explain.Health(&h))
			}
			if err == nil && h.Findings(strict...) > 0 {
				err = exitCode(exitFail)
			}
			return err
		},
	}
	f.add(cmd)
	form.add(cmd, "text", "json")
	cmd.Flags().StringSliceVar(&strict, "strict", nil, "exit 1 if one of these is lacking; alone: anything")
	cmd.Flags().Lookup("strict").NoOptDefVal = all
	complete(cmd, "strict", known)
	return cmd
}
