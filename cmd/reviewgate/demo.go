//go:build !nodemo

package main

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/demo"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

func newDemo() *cobra.Command {
	var exit bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play a pull request's story: a small forge in memory, and the real service",
		Long: `Play a pull request's story on a small forge in memory, with the real service on
SQLite in a temporary directory. They speak HTTP with each other, and nothing else.
Afterwards both stay up for your own commands until Ctrl-C, unless --exit is given.`,
		Example: "  reviewgate demo --exit",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return playDemo(cmd.Context(), cmd.OutOrStdout(), exit, func(u string) (string, error) { return u, nil })
		},
	}
	cmd.Flags().BoolVar(&exit, "exit", false, "end after the story")
	return cmd
}

// playDemo plays the demo with the service as an app of the forge.
func playDemo(ctx context.Context, out io.Writer, exit bool, via func(string) (string, error)) error {
	model := fake.New(time.Now)
	remote, err := fakegithub.New(model, fakegithub.Options{})
	if err != nil {
		return err
	}
	defer remote.Close()
	open := func(ctx context.Context, dir, api, secret string) (demo.Service, error) {
		key, err := remote.AppKey()
		if err != nil {
			return nil, err
		}
		return openService(ctx, config.Config{
			Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", Database: "sqlite:" + filepath.Join(dir, "reviewgate.db"),
			Forges: []config.Forge{{Name: "github", Kind: "github", APIURL: api, WebhookSecret: secret,
				App: config.App{ID: 1, PrivateKey: string(key)}}},
		}, slog.New(slog.DiscardHandler), environment{})
	}
	return demo.Play(ctx, demo.Config{Out: out, Model: model, Forge: remote, Open: open, Exit: exit, Via: via})
}
