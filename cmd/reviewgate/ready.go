package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

func newReady() *cobra.Command {
	var file, listen string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "ready",
		Short: "Ask a running service whether it is ready, for health checks that have no other client",
		Long: `Ask a running service whether it is ready, for health checks that have no other client. It asks GET /readyz at the address that the configuration listens on.

Exit code: 0 it is ready, 1 it is not, or does not answer, 2 where to ask could not be found out.`,
		Example: `  reviewgate ready --config /etc/reviewgate/reviewgate.yml
  reviewgate ready --listen 127.0.0.1:8080 --wait 30s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.LoadPart(file, environ(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			address, err := config.Reached(cmp.Or(listen, cfg.Listen))
			if err != nil {
				return err
			}
			if err := service.AwaitReady(cmd.Context(), address, wait); err != nil {
				terminal.Fprintf(cmd.ErrOrStderr(), "reviewgate: not ready: %v\n", err)
				return exitCode(exitFail)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "ready")
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the service's configuration, of which only listen counts")
	cmd.Flags().StringVar(&listen, "listen", "", "the address, HOST:PORT, instead of the configuration's")
	cmd.Flags().DurationVar(&wait, "wait", 0, "how long to ask again while it is not ready, such as 30s")
	return cmd
}
