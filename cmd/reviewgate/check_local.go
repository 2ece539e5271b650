package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/forge/local"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history/oneshot"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// localFlags are the flags of check --local.
type localFlags struct {
	dir, base, head, author, branch string
	approve, object, teams          []string
	advise                          bool
}

func (l *localFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.dir, "local", "", "judge a branch of the git repository that this directory is in, offline; needs --author")
	cmd.Flags().StringVar(&l.base, "base", "",
		"with --local: the revision to be merged into, where ownership is read, and the policy unless origin/HEAD names another branch "+
			"(default origin/HEAD)")
	cmd.Flags().StringVar(&l.head, "head", "HEAD", "with --local: the revision to be merged")
	cmd.Flags().StringVar(&l.author, "author", "", "with --local: the author's login")
	cmd.Flags().StringVar(&l.branch, "branch", "", "with --local: the base branch's name, if --base does not name it")
	cmd.Flags().StringArrayVar(&l.approve, "approve", nil, "with --local: an approval, LOGIN or LOGIN@REVISION; repeatable")
	cmd.Flags().StringArrayVar(&l.object, "request-changes", nil, "with --local: a request for changes, LOGIN or LOGIN@REVISION; repeatable")
	cmd.Flags().StringArrayVar(&l.teams, "team", nil, "with --local: a team's members, ORGANISATION/TEAM=LOGIN,LOGIN; repeatable")
	cmd.Flags().BoolVar(&l.advise, "advise", false,
		"with --local: print only what misses review and who will be asked, and exit 0 whatever the verdict is")
	cmd.MarkFlagsRequiredTogether("local", "author")
	_ = cmd.MarkFlagDirname("local") // fails only for a flag that is not there
	for _, remote := range []string{"repo", "pr", "publish", "config", "api-url", "token-file"} {
		cmd.MarkFlagsMutuallyExclusive("local", remote)
	}
}

// proposal reads the flags.
func (l *localFlags) proposal() (local.Change, error) {
	teams, err := readTeams(l.teams)
	cfg := local.Change{Dir: l.dir, Base: l.base, Head: l.head, Branch: l.branch, Author: strings.TrimPrefix(l.author, "@"), Teams: teams}
	if err != nil {
		return cfg, err
	}
	for _, given := range []struct {
		flag  string
		state pull.ReviewState
		list  []string
	}{{"approve", pull.Approved, l.approve}, {"request-changes", pull.ChangesRequested, l.object}} {
		for _, text := range given.list {
			who, rev, at := strings.Cut(strings.TrimPrefix(text, "@"), "@")
			if who == "" || at && rev == "" {
				return cfg, fmt.Errorf("--%s %q: want LOGIN or LOGIN@REVISION", given.flag, text)
			}
			cfg.Reviews = append(cfg.Reviews, local.Review{By: who, State: given.state, Revision: rev})
		}
	}
	return cfg, nil
}

// readTeams reads the values of --team, by policy.TeamKey.
func readTeams(given []string) (map[string][]string, error) {
	teams := map[string][]string{}
	for _, t := range given {
		team, members, ok := strings.Cut(t, "=")
		if !ok || !strings.Contains(team, "/") {
			return nil, fmt.Errorf("--team %q: want ORGANISATION/TEAM=LOGIN,LOGIN", t)
		}
		teams[policy.TeamKey(strings.TrimPrefix(team, "@"))] = strings.FieldsFunc(members, func(r rune) bool { return r == ',' || r == ' ' })
	}
	return teams, nil
}

// checkLocal judges a branch of a local repository.
func checkLocal(cmd *cobra.Command, f checkFlags) error {
	cfg, err := f.local.proposal()
	if err != nil {
		return err
	}
	if cmd.Flags().Changed("forge") {
		cfg.Forge = f.forge
	}
	repo, err := local.Open(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	return errors.Join(judgeLocal(cmd, f, repo), repo.Close())
}

func judgeLocal(cmd *cobra.Command, f checkFlags, repo *local.Repository) error {
	words, err := publish.NewMessages()
	if err != nil {
		return err
	}
	memory := &oneshot.Memory{}
	gc := gate.Config{
		Forge: repo.Gate(), History: memory, Blobs: memory, Messages: words,
		Log: slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)), Now: time.Now, Trusts: anyOwner,
	}
	if gc.ForcePolicy, err = forcedPolicy(f.policy); err != nil {
		return err
	}
	g := gate.New(gc)
	run, err := g.Judge(cmd.Context(), repo.Ref())
	if err != nil {
		return err
	}
	if run.Ungated() == gate.NoRule && !repo.NamesBranch {
		return fmt.Errorf("--base %s names no branch, and none of the policy's rules fits it; give the branch's name with --branch", f.local.base)
	}
	if err := saveRun(f.save, run, memory); err != nil {
		return err
	}
	if f.local.advise && f.format.value == "text" {
		_, err = io.WriteString(cmd.OutOrStdout(), adviseRun(&run, words))
		return err
	}
	if err := printRun(cmd.OutOrStdout(), f.format, run, words); err != nil || f.local.advise {
		return err
	}
	return codeOf(cmd, g, run, f)
}

// adviseRun says what misses review and who will be asked.
func adviseRun(run *gate.Run, words *publish.Messages) string {
	var b strings.Builder
	headline, rest, _ := strings.Cut(describeRun(run, words), "\n")
	b.WriteString(headline + "\n")
	if run.Verdict.Outcome == policy.Error || run.Ungated() != "" {
		b.WriteString(rest)
	}
	for _, s := range run.Verdict.Subsystems {
		if s.Missing > 0 {
			terminal.Fprintf(&b, "  %s: %d/%d reviewed, can approve: %s\n", s.Name, s.Ratio.Reviewed, s.Ratio.Counted,
				cmp.Or(strings.Join(s.Candidates, ", "), s.Contact, "nobody"))
		}
	}
	for _, f := range run.Verdict.Files {
		if f.State == policy.Unreviewed && slices.ContainsFunc(f.Needs, func(n policy.Need) bool { return len(n.Candidates) == 0 }) {
			terminal.Fprintf(&b, "  nobody can approve: %s\n", f.Path)
		}
	}
	for _, a := range run.Verdict.Asked {
		terminal.Fprintf(&b, "to be asked: %s\n", words.Asked(run.Verdict.Language, a).Plain())
	}
	return b.String()
}

// forcedPolicy reads the file of --policy, if there is one.
func forcedPolicy(path string) (sources.File, error) {
	if path == "" {
		return sources.File{}, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return sources.File{}, fmt.Errorf("read policy: %w", err)
	}
	if len(data) == 0 {
		return sources.File{}, fmt.Errorf("--policy %s: the file is empty; write at least: version: 1", path)
	}
	return sources.File{Path: path, Data: data}, nil
}
