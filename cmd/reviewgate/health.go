package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/ownership/disk"
	"github.com/reviewgate/reviewgate/internal/ownership/explain"
)

func newHealth() *cobra.Command {
	var f sourceFlags
	var form format
	var strict bool
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Say what an ownership map lacks: files without owner, areas without people, patterns without effect",
		Long: `Say what an ownership map lacks: files without owner, areas without people, patterns without effect. The worst comes first; --format json lists everything.

Exit code: 0 it could be found out, 1 with --strict something is lacking, 2 it could not.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := f.read(cmd, func(t *disk.Tree) ([]string, error) { return t.Files(), nil })
			if err != nil {
				return err
			}
			if r.tree == nil {
				return errors.New("no tree to hold the map against: name one with --local DIR or --tree LIST")
			}
			h := r.owners.Health(r.tree.Files())
			if form.value == "json" {
				err = printJSON(cmd.OutOrStdout(), h)
			} else {
				_, err = io.WriteString(cmd.OutOrStdout(), explain.Health(&h))
			}
			if err == nil && strict && h.Findings() > 0 {
				err = exitCode(exitFail)
			}
			return err
		},
	}
	f.add(cmd)
	form.add(cmd, "text", "json")
	cmd.Flags().BoolVar(&strict, "strict", false, "exit 1 if anything is lacking")
	return cmd
}
