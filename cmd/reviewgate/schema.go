package main

import (
	"embed"

	"github.com/spf13/cobra"
)

// schemas are generated from the types that the formats are read into.
//
//go:embed schemas/*.json
var schemas embed.FS

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:       "schema policy|subsystems|people|page-request|page-repository|page-thresholds|page-me",
		Short:     "Print the JSON Schema of a file format, for editors, or of what a page is as JSON",
		Example:   "  reviewgate schema policy > review-gate.schema.json",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"policy", "subsystems", "people", "page-request", "page-repository", "page-thresholds", "page-me"},
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := schemas.ReadFile("schemas/" + args[0] + ".json")
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
}
