package main

import (
	"log/slog"
	"net/http"
	"os"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/github"
)

func newServe() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Watch pull requests: take webhooks, judge, and post checks",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, environ())
			if err != nil {
				return err
			}
			log := slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil))
			s, err := openService(cmd.Context(), cfg, log, outside{})
			if err != nil {
				return err
			}
			return s.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the configuration file; every key can also come from the environment, as REVIEWGATE_…")
	return cmd
}

func environ() map[string]string { return env.ToMap(os.Environ()) }

// newGitHub reaches a configured forge.
func newGitHub(cfg config.Config, fc config.Forge, transport http.RoundTripper) (*github.Forge, error) {
	out := github.Config{Name: fc.Name, APIURL: fc.APIURL, PublicURL: cfg.PublicURL, Transport: transport}
	var err error
	if fc.App.ID != 0 {
		key, err := cfg.Secret("the app's private key", fc.App.PrivateKey, fc.App.PrivateKeyFile)
		if err != nil {
			return nil, err
		}
		out.App = &github.App{ID: fc.App.ID, Key: []byte(key)}
	} else if out.Token, err = cfg.Secret("the token", fc.Token, fc.TokenFile); err != nil {
		return nil, err
	}
	return github.New(out)
}
