package main

import (
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/github"
)

// softMemory is where garbage is collected sooner rather than more memory taken, unless
// GOMEMLIMIT says otherwise. Beyond it nothing fails, and more time goes into collecting.
const softMemory = 160 << 20

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
			if os.Getenv("GOMEMLIMIT") == "" {
				debug.SetMemoryLimit(softMemory)
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

// newGitHub reaches a configured forge; observe, if it is not nil, is told of
// each call.
func newGitHub(cfg config.Config, fc config.Forge, o outside, observe func(name string, installation int64, c forge.Call)) (*github.Forge, error) {
	out := github.Config{
		Name: fc.Name, APIURL: fc.APIURL, PublicURL: cfg.PublicURL, Transport: o.transport, Now: o.now, SweepShare: int(cfg.Sweep.Share), WritesPerMinute: fc.WritesPerMinute, Replicas: o.replicas, Waits: o.waits,
	}
	read := func() (string, error) { return cfg.Secret("the token", fc.Token, fc.TokenFile) }
	if fc.App.ID != 0 {
		read = func() (string, error) {
			return cfg.Secret("the app's private key", fc.App.PrivateKey, fc.App.PrivateKeyFile)
		}
	}
	secret, err := read()
	if err != nil {
		return nil, err
	}
	out.Reload = func() ([]byte, error) {
		again, err := read()
		return []byte(again), err
	}
	if out.Token = secret; fc.App.ID != 0 {
		out.App, out.Token = &github.App{ID: fc.App.ID, Key: []byte(secret)}, ""
	}
	if observe != nil {
		out.Observe = func(installation int64, c forge.Call) { observe(fc.Name, installation, c) }
	}
	return github.New(out)
}
