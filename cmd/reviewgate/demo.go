//go:build !nodemo

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/demo"
	"github.com/reviewgate/reviewgate/internal/demo/stages"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/oauth"
	"github.com/reviewgate/reviewgate/internal/forge/gitee"
	"github.com/reviewgate/reviewgate/internal/forge/github"
)

func newDemo() *cobra.Command {
	var exit bool
	var kind string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play a pull request's story: a small forge in memory, and the real service",
		Long: `Play a pull request's story on a small forge in memory, with the real service on
SQLite in a temporary directory. They speak HTTP with each other, and nothing else.
Afterwards both stay up for your own commands until Ctrl-C, unless --exit is given.
With --forge gitee or gitcode the story is told in Chinese, and git must be installed.`,
		Example: "  reviewgate demo --exit\n  reviewgate demo --forge gitee",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return playDemo(cmd.Context(), cmd.OutOrStdout(), kind, exit, func(u string) (string, error) { return u, nil })
		},
	}
	cmd.Flags().BoolVar(&exit, "exit", false, "end after the story")
	cmd.Flags().StringVar(&kind, "forge", github.Kind, "where the story plays: github, gitee or gitcode")
	complete(cmd, "forge", []string{github.Kind, gitee.Kind, gitee.KindGitCode})
	return cmd
}

// playDemo plays the demo on a kind of forge.
func playDemo(ctx context.Context, out io.Writer, kind string, exit bool, via func(string) (string, error)) (err error) {
	dir, err := os.MkdirTemp("", "reviewgate-demo-forge-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	model := fake.New(time.Now)
	var set stages.Stage
	switch kind {
	case github.Kind:
		set, err = stages.GitHub(model)
	case gitee.Kind, gitee.KindGitCode:
		set, err = stages.Gitee(kind, model, dir)
	default:
		err = fmt.Errorf("--forge %s: the demo plays on %s, %s and %s", kind, github.Kind, gitee.Kind, gitee.KindGitCode)
	}
	if err != nil {
		return err
	}
	defer set.Close()
	app := oauth.App{ClientID: "demo", Secret: rand.Text(), Choose: set.Scene.Choose}
	set.SignIn(app)
	open := func(ctx context.Context, dir, api, secret string) (demo.Service, error) {
		listen, err := demo.FreeAddress(ctx)
		if err != nil {
			return nil, err
		}
		fc := config.Forge{Name: kind, Kind: kind, APIURL: api + set.API, Token: set.Token, WebhookSecret: secret,
			App:   config.App{ID: set.AppID, PrivateKey: set.AppKey},
			OAuth: config.OAuth{ClientID: app.ClientID, ClientSecret: app.Secret}}
		return openService(ctx, config.Config{
			Listen: listen, PublicURL: "http://" + listen, AdminListen: "127.0.0.1:0",
			Database: "sqlite:" + filepath.Join(dir, "reviewgate.db"), DataDir: dir, Forges: []config.Forge{fc},
			Admins: []string{kind + ":" + set.Scene.Admin()},
		}, slog.New(slog.DiscardHandler), environment{})
	}
	return demo.Play(ctx, demo.Config{Out: out, Scene: set.Scene, Model: model, Forge: set.Forge, Open: open, Exit: exit, Via: via})
}
