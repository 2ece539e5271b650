package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/store"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// softMemory is where garbage is collected sooner rather than more memory taken, unless
// GOMEMLIMIT says otherwise. Beyond it nothing fails, and more time goes into collecting.
const softMemory = 160 << 20

func newServe() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Watch pull requests: take webhooks, judge, and post checks",
		Long: `Watch pull requests: take webhooks, judge, and post checks.

POST /webhooks/NAME takes a forge's deliveries, GET /healthz and GET /readyz are probes; all of it on listen, and metrics on admin_listen, of the configuration. SIGTERM ends it gracefully.`,
		Example: `  reviewgate serve --config /etc/reviewgate/reviewgate.yml
  REVIEWGATE_LOG_LEVEL=debug REVIEWGATE_LOG_FORMAT=text reviewgate serve --config reviewgate.yml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all := env.ToMap(os.Environ())
			cfg, err := config.Load(file, all)
			if err != nil {
				environ(cmd.ErrOrStderr()) // one that is not read may be why
				return err
			}
			log := cfg.Log.Logger(cmd.ErrOrStderr())
			for _, text := range config.UnknownVariables(all) {
				log.WarnContext(cmd.Context(), "an environment variable is not read", "why", text)
			}
			if os.Getenv("GOMEMLIMIT") == "" {
				debug.SetMemoryLimit(softMemory)
			}
			s, err := openService(cmd.Context(), cfg, log, environment{})
			if err != nil {
				return err
			}
			return s.Run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the configuration file; every key can also come from the environment, as REVIEWGATE_…")
	return cmd
}

// environ returns the environment, and tells of variables that were surely meant for us.
func environ(warnings io.Writer) map[string]string {
	all := env.ToMap(os.Environ())
	for _, text := range config.UnknownVariables(all) {
		terminal.Fprintf(warnings, "reviewgate: warning: %s\n", terminal.Safe(text))
	}
	return all
}

// openService reads secrets, opens the database and starts to listen. It makes
// no call to a forge.
func openService(ctx context.Context, cfg config.Config, log *slog.Logger, o environment) (*service.Service, error) {
	if o.now == nil {
		o.now = time.Now
	}
	cfg = cfg.WithDefaults()
	watch := service.NewWatch(log)
	var db service.Store
	o.observe, o.replicas, o.clones = watch.Call, func() int { return db.Replicas() }, log
	forges, err := openForges(cfg, o)
	if err != nil {
		return nil, err
	}
	base, err := servedGate(cfg)
	if err != nil {
		return nil, err
	}
	if base.Messages, err = publish.NewMessages(); err != nil {
		return nil, err
	}
	if db, err = openDatabase(ctx, cfg, log); err != nil {
		return nil, err
	}
	pages, err := openPages(cfg, db, forges, &base, watch, log, o.now)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	open := service.Config{
		Listen: cfg.Listen, AdminListen: cfg.AdminListen, PublicURL: cfg.PublicURL, Version: versionText(),
		Store: db, Forges: forges, Watch: watch, Gate: base, SweepEvery: cfg.Sweep.Every, Log: log, Now: o.now,
		Keep: store.Keep{Deliveries: cfg.Keep.Deliveries.Duration(), Runs: cfg.Keep.Runs.Duration(), Closed: cfg.Keep.Closed.Duration()},
	}
	if pages != nil {
		open.Pages, open.Told = pages.Register, pages.Told
	}
	return service.Open(ctx, open)
}

// openForges reaches all that are configured, for a service.
func openForges(cfg config.Config, o environment) (map[string]service.Forge, error) {
	forges := map[string]service.Forge{}
	for _, fc := range cfg.Forges {
		secret, err := cfg.Secret("the webhook secret of "+fc.Name, fc.WebhookSecret, fc.WebhookSecretFile)
		if err != nil {
			return nil, err
		}
		remote, err := openForge(cfg, fc, o)
		if err == nil {
			remote.Intake, err = remote.intake([]byte(secret))
		}
		if err != nil {
			return nil, fmt.Errorf("forge %s: %w", fc.Name, err)
		}
		forges[fc.Name] = remote.Forge
	}
	return forges, nil
}

// servedGate is what a service asks for besides what repositories' policies say.
func servedGate(cfg config.Config) (c gate.Config, err error) {
	c.Minimum, c.ServerOverride, c.Trusts = cfg.Server.Minimum.Policy(), cfg.Server.Override.Owners(), cfg.Server.Trusts
	c.Language = cfg.Server.Language
	if c.DefaultPolicy, err = defaultFile(cfg, cfg.DefaultPolicy); err != nil {
		return c, err
	}
	c.DefaultMap, err = defaultFile(cfg, cfg.DefaultSubsystems)
	return c, err
}

func defaultFile(cfg config.Config, name string) (sources.File, error) {
	if name == "" {
		return sources.File{}, nil
	}
	data, err := os.ReadFile(cfg.Path(name))
	if err != nil {
		return sources.File{}, fmt.Errorf("read default file: %w", err)
	}
	return sources.File{Path: name, Data: data}, nil
}
