//go:build nodemo

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// newDemo tells where the demo is: the forge that it is played on is no part of what is
// shipped.
func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:     "demo",
		Short:   "Play a pull request's story (not in this build)",
		Hidden:  true,
		Example: "  go run ./cmd/reviewgate demo",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("this build has no demo; play it from the source: go run ./cmd/reviewgate demo")
		},
	}
}
