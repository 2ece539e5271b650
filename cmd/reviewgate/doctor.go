package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/doctor/survey"
	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history/oneshot"
	"github.com/reviewgate/reviewgate/internal/store/postgres"
	"github.com/reviewgate/reviewgate/internal/store/sqlite"
)

// countedAll is of how many installations the command counts the repositories.
const countedAll = 1 << 30

func newDoctor() *cobra.Command {
	var file string
	var repos []string
	var form format
	cmd := &cobra.Command{
		Use:   "doctor --config FILE",
		Short: "Find out what is wrong with a service's set-up: the App, its webhook, what branches require, the database",
		Long: `Find out what is wrong with a service's set-up: the App, its webhook, what branches require, the database.

It writes nothing to a forge, and can be run while the service runs; run it as the service's user. Each finding says what there is, why it matters and what to do. What can't be read "can't be told", and is no error.
It looks at the repositories that the App is given, up to 100; --repo names others, or the ones that a token is for. Each repository takes six calls or so, and each gated branch and each team that may approve one to three.

Exit code: 0 there is no error, 1 there is one, 2 it could not be found out.`,
		Example: `  reviewgate doctor --config /etc/reviewgate/reviewgate.yml
  reviewgate doctor --config reviewgate.yml --repo acme/linux --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, environ(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			report, err := diagnose(cmd.Context(), cfg, repos, environment{})
			if err != nil {
				return err
			}
			if form.value == "json" {
				err = printJSON(cmd.OutOrStdout(), report)
			} else {
				_, err = io.WriteString(cmd.OutOrStdout(), report.Text())
			}
			if err == nil && report.Errors > 0 {
				err = exitCode(exitFail)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "",
		"the service's configuration file; every key can also come from the environment, as REVIEWGATE_…")
	cmd.Flags().StringArrayVar(&repos, "repo", nil,
		"a repository to look at, OWNER/NAME, or FORGE:OWNER/NAME where several forges are configured; may be given several times")
	form.add(cmd, "text", "json")
	return cmd
}

// diagnose looks at everything that a configuration names. An error is that it does not
// say what to look at.
func diagnose(ctx context.Context, cfg config.Config, named []string, o environment) (doctor.Report, error) {
	asked, err := cfg.NamedRepos(named)
	if err != nil {
		return doctor.Report{}, err
	}
	served, err := servedGate(cfg)
	if err != nil {
		return doctor.Report{}, err
	}
	findings := append(doctor.OfDatabase(examineDatabase(ctx, cfg)), doctor.OfMenders(len(cfg.Server.Override.Allowed))...)
	for _, fc := range cfg.Forges {
		_, unread := cfg.Secret("the webhook secret of "+fc.Name, fc.WebhookSecret, fc.WebhookSecretFile)
		remote, err := openForge(cfg, fc, o)
		if err = errors.Join(err, unread); err != nil {
			findings = append(findings, doctor.OfForge(doctor.Forge{Name: fc.Name, Fault: err.Error()})...)
			continue
		}
		defer remote.close() //nolint:errcheck // what it leaves is in a temporary folder
		if fc.Content == config.ContentGit || fc.Kind != github.Kind {
			_, version, err := gitcmd.Version()
			findings = append(findings, doctor.OfGit(fc.Name, version, err)...)
		}
		seen := remote.Examine(ctx, countedAll)
		seen.PublicURL = cfg.PublicURL
		findings = append(findings, doctor.OfForge(seen)...)
		if seen.Login.State != doctor.Taken {
			continue
		}
		served.Forge, served.Blobs = remote.Gate, &oneshot.Memory{}
		repos := survey.Forge{Seen: seen, Token: !remote.Gate.Traits.WritesRuns, Reader: remote.setup,
			Gate: gate.New(served)}
		findings = append(findings, repos.Findings(ctx, asked)...)
	}
	return doctor.NewReport(findings), ctx.Err()
}

func examineDatabase(ctx context.Context, cfg config.Config) doctor.Database {
	seen, err := onDatabase(cfg,
		func(path string) (doctor.Database, error) { return sqlite.Examine(ctx, path), nil },
		func(address string) (doctor.Database, error) { return postgres.Examine(ctx, address), nil })
	if err != nil {
		seen.Fault = err.Error()
	}
	return seen
}
