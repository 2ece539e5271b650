package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history/oneshot"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/store/postgres"
	"github.com/reviewgate/reviewgate/internal/store/sqlite"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// How much a look at a set-up reads at the most.
const (
	examinedBranches = 300     // of a repository, to find the gated ones
	examinedRepos    = 100     // unless they are named
	countedAll       = 1 << 30 // installations whose repositories the command counts
)

func newDoctor() *cobra.Command {
	var file string
	var repos []string
	var form format
	cmd := &cobra.Command{
		Use:   "doctor --config FILE",
		Short: "Find out what is wrong with a service's set-up: the App, its webhook, what branches require, the database",
		Long: `Find out what is wrong with a service's set-up: the App, its webhook, what branches require, the database.

It writes nothing to a forge, and can be run while the service runs; run it as the service's user. Each finding says what there is, why it matters and what to do. What can't be read "can't be told", and is no error.
It looks at the repositories that the App is given, up to 100; --repo names others, or the ones that a token is for. Each repository takes three or four calls, and each gated branch two or three.

Exit code: 0 there is no error, 1 there is one, 2 it could not be found out.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, environ())
			if err != nil {
				return err
			}
			report, err := diagnose(cmd.Context(), cfg, repos, outside{})
			if err != nil {
				return err
			}
			if form.value == "json" {
				err = printJSON(cmd.OutOrStdout(), report)
			} else {
				printReport(cmd.OutOrStdout(), report)
			}
			if err == nil && report.Errors > 0 {
				err = exitCode(exitFail)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the service's configuration file; every key can also come from the environment, as REVIEWGATE_…")
	cmd.Flags().StringArrayVar(&repos, "repo", nil, "a repository to look at, OWNER/NAME, or FORGE:OWNER/NAME where several forges are configured; may be given several times")
	form.add(cmd, "text", "json")
	return cmd
}

// diagnose looks at everything that a configuration names. An error is that it does not
// say what to look at.
func diagnose(ctx context.Context, cfg config.Config, named []string, o outside) (doctor.Report, error) {
	asked, err := namedRepos(cfg, named)
	if err != nil {
		return doctor.Report{}, err
	}
	policyFile, err := defaultFile(cfg, cfg.DefaultPolicy)
	if err != nil {
		return doctor.Report{}, err
	}
	findings := doctor.OfDatabase(examineDatabase(ctx, cfg))
	for _, fc := range cfg.Forges {
		_, unread := cfg.Secret("the webhook secret of "+fc.Name, fc.WebhookSecret, fc.WebhookSecretFile)
		hub, err := openForge(cfg, fc, o)
		if err = errors.Join(err, unread); err != nil {
			findings = append(findings, doctor.OfForge(doctor.Forge{Name: fc.Name, Fault: err.Error()})...)
			continue
		}
		seen := hub.Examine(ctx, countedAll)
		seen.PublicURL = cfg.PublicURL
		findings = append(findings, doctor.OfForge(seen)...)
		if seen.Login.State != doctor.Taken {
			continue
		}
		e := examiner{hub: hub, seen: seen, gate: gate.New(gate.Config{Forge: hub.Gate, Blobs: &oneshot.Memory{}, DefaultPolicy: policyFile, Minimum: cfg.Server.Minimum.Policy()})}
		findings = append(findings, e.repos(ctx, fc.Name, asked)...)
	}
	return doctor.NewReport(findings), ctx.Err()
}

// namedRepos reads the repositories that somebody asked for.
func namedRepos(cfg config.Config, named []string) ([]pull.Repo, error) {
	var out []pull.Repo
	for _, name := range named {
		of, slug, ok := strings.Cut(name, ":")
		if !ok {
			if len(cfg.Forges) != 1 {
				return nil, fmt.Errorf("--repo %s: several forges are configured; write FORGE:%s", name, name)
			}
			of, slug = cfg.Forges[0].Name, name
		}
		if !slices.ContainsFunc(cfg.Forges, func(fc config.Forge) bool { return fc.Name == of }) {
			return nil, fmt.Errorf("--repo %s: no forge %q is configured", name, of)
		}
		repo, err := pull.ParseRepo(of, slug)
		if err != nil {
			return nil, fmt.Errorf("--repo: %w", err)
		}
		out = append(out, repo)
	}
	return out, nil
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

// examiner looks at the repositories of one forge.
type examiner struct {
	hub  opened
	gate *gate.Gate
	seen doctor.Forge
}

// repos looks at the repositories that are asked for, or at those that the App is given.
func (e *examiner) repos(ctx context.Context, name string, asked []pull.Repo) []doctor.Finding {
	repos := slices.DeleteFunc(slices.Clone(asked), func(r pull.Repo) bool { return r.Forge != name })
	var findings []doctor.Finding
	note := func(what, why, do string) {
		findings = append(findings, doctor.Finding{Check: "repository", Severity: doctor.CannotTell, Forge: name, What: what, Why: why, Do: do})
	}
	if len(asked) == 0 {
		given, whole, err := e.hub.Sweep.Repositories(ctx)
		if err != nil {
			note("not all repositories can be looked at", "they could not be listed: "+err.Error(), "name them by --repo")
		}
		if !whole && err == nil {
			note("no repository was looked at", "a token does not tell which it is for", "name them by --repo OWNER/NAME")
		}
		if repos = given; len(given) > examinedRepos {
			repos = given[:examinedRepos]
			note(fmt.Sprintf("of %d repositories the first %d were looked at", len(given), examinedRepos), "each takes calls of the rate limit", "name others by --repo")
		}
	}
	for _, repo := range repos {
		findings = append(findings, doctor.OfRepo(e.repo(ctx, repo, len(asked) > 0))...)
	}
	return findings
}

// repo reads one repository.
func (e *examiner) repo(ctx context.Context, repo pull.Repo, named bool) doctor.Repo {
	out := doctor.Repo{Forge: repo.Forge, Name: repo.Slug(), Named: named, Token: !e.hub.Gate.Traits.WritesRuns, Granted: e.granted(repo.Owner)}
	if err := e.read(ctx, repo, &out); err != nil {
		out.Unread = err.Error()
	}
	return out
}

// granted is what the account of a repository has accepted.
func (e *examiner) granted(owner string) doctor.Granted {
	for _, i := range e.seen.Installations.List {
		if strings.EqualFold(i.Account, owner) {
			return doctor.Granted{Known: true, Permissions: i.Permissions, Events: i.Events}
		}
	}
	return doctor.Granted{}
}

func (e *examiner) read(ctx context.Context, repo pull.Repo, out *doctor.Repo) error {
	holding, err := e.gate.Sources.Holding(ctx, repo)
	if err != nil {
		return err
	}
	out.Policy = policyOf(holding)
	if out.Policy.Source == doctor.NoPolicy || len(out.Policy.Faults) > 0 {
		return nil
	}
	names, defaultBranch, more, err := e.hub.setup.Branches(ctx, repo, examinedBranches)
	if err != nil {
		return err
	}
	out.More, out.Seen = more, len(names)
	if more {
		names, err = e.behind(ctx, repo, names, append(holding.Policy.Named(), defaultBranch))
	}
	if err != nil {
		return err
	}
	e.branches(ctx, repo, holding, names, defaultBranch, out)
	return nil
}

// behind adds to the first branches of a repository those of some names that are there.
func (e *examiner) behind(ctx context.Context, repo pull.Repo, first, names []string) ([]string, error) {
	for _, name := range names {
		if slices.Contains(first, name) {
			continue
		}
		tip, err := e.hub.Gate.Lister.Tip(ctx, repo, name)
		if err != nil {
			return nil, err
		}
		if tip != "" {
			first = append(first, name)
		}
	}
	return first, nil
}

func policyOf(h sources.Holding) doctor.Policy {
	p := doctor.Policy{Source: doctor.OwnPolicy, File: h.File}
	switch {
	case h.OfOrg:
		p.Source = doctor.OrgPolicy
	case h.File == "":
		return doctor.Policy{Source: doctor.NoPolicy}
	case h.OfService:
		p.Source = doctor.DefaultPolicy
	}
	for _, fault := range h.Faults {
		p.Faults = append(p.Faults, fault.String())
	}
	if len(h.Faults) == 0 {
		p.Names = h.Policy.Names()
	}
	return p
}

// branches reads what the gated ones of some branches ask for. One that can't be read
// keeps nothing of the others back.
func (e *examiner) branches(ctx context.Context, repo pull.Repo, h sources.Holding, names []string, defaultBranch string, out *doctor.Repo) {
	var checks []string
	rules := map[string]policy.Rules{}
	for _, name := range names {
		if r, gated := e.gate.Sources.Rules(h, name, defaultBranch); gated {
			rules[name] = r
			checks = append(checks, r.Check)
		}
	}
	for _, name := range names {
		r, gated := rules[name]
		if !gated {
			continue
		}
		b, err := e.hub.setup.ExamineBranch(ctx, repo, name)
		if err != nil {
			b = doctor.Branch{Name: name, Unread: err.Error(), StaleUnread: err.Error()}
		}
		b.Check, b.Added, b.Warn = r.Check, r.CheckAdded, r.Mode == policy.Warn
		b.Others, b.Written = checks, []string{h.Policy.Base.Check, policy.DefaultCheck}
		out.Branches = append(out.Branches, b)
	}
	for _, f := range h.Policy.Families(defaultBranch) {
		out.Families = append(out.Families, e.family(ctx, repo, f, out.Branches))
	}
}

// family finds out whether everybody may create a branch of a pattern: by a name that
// nobody has used, or else by those that there are.
func (e *examiner) family(ctx context.Context, repo pull.Repo, f policy.Family, branches []doctor.Branch) doctor.Family {
	out := doctor.Family{Pattern: f.Match, Check: f.Check}
	members := slices.DeleteFunc(slices.Clone(branches), func(b doctor.Branch) bool { return b.Check != f.Check || !f.Has(b.Name) })
	name := f.Example()
	if name == "" {
		return byMembers(out, members, "no other branch of the pattern is there to ask for")
	}
	closed, unread, err := e.hub.setup.ExamineCreation(ctx, repo, name)
	if err != nil {
		unread = err.Error()
	}
	if unread != "" {
		return byMembers(out, members, unread)
	}
	out.Closed = closed
	for _, b := range members { // what protects those by a pattern of its own is not told of others
		switch {
		case closed || out.Unread != "":
		case b.Blocks:
			out.Unread = "the protection of " + b.Name + " blocks it, and whether that is of the whole pattern is not told"
		case b.StaleUnread != "":
			out.Unread = b.StaleUnread
		}
	}
	return out
}

// byMembers goes by the branches of a pattern that there are: one that everybody may
// create is enough to know.
func byMembers(out doctor.Family, members []doctor.Branch, unread string) doctor.Family {
	open := func(b doctor.Branch) bool { return !b.NoCreation && !b.Blocks && b.StaleUnread == "" }
	if !slices.ContainsFunc(members, open) {
		out.Unread = unread
	}
	return out
}

// printReport prints findings for people: what is wrong first what it is, then why it
// matters and what to do.
func printReport(w io.Writer, r doctor.Report) {
	words := map[doctor.Severity]string{doctor.OK: "ok", doctor.CannotTell: "cannot tell", doctor.Warning: "warning", doctor.Error: "error"}
	for _, f := range r.Findings {
		terminal.Fprintf(w, "%s: ", words[f.Severity])
		if place := f.Place(); place != "" {
			terminal.Fprintf(w, "%s: ", place)
		}
		terminal.Fprintf(w, "%s\n", f.What)
		if f.Why != "" {
			terminal.Fprintf(w, "  why: %s\n", f.Why)
		}
		if f.Do != "" {
			terminal.Fprintf(w, "  do: %s\n", f.Do)
		}
	}
	terminal.Fprintf(w, "errors: %d, warnings: %d, cannot tell: %d\n", r.Errors, r.Warnings, r.CannotTell)
}
