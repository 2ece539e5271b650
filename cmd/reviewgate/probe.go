package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/gitee"
	"github.com/reviewgate/reviewgate/internal/probe"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

const probeShort = "Try on a scratch repository of a Gitee or a GitCode what nobody has told of it, and print what it answered"

// probeFlags say what to probe.
type probeFlags struct {
	forge, repo, tokenFile, apiURL, config string
	yes                                    bool
	language                               format
}

func newProbe() *cobra.Command {
	var f probeFlags
	cmd := &cobra.Command{
		Use:   "probe --forge gitee|gitcode --repo OWNER/NAME --token-file FILE",
		Short: probeShort,
		Long:  probeShort + ".\n\n" + probe.Help,
		Example: `  reviewgate probe --forge gitee --repo alice/scratch --token-file gitee-token
  reviewgate probe --forge gitcode --repo alice/scratch --token-file gitcode-token --language zh-CN >report.md`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runProbe(cmd, &f) },
	}
	cmd.Flags().StringVar(&f.forge, "forge", gitee.Kind, "the forge: its kind, gitee or gitcode, or its name in --config")
	cmd.Flags().StringVar(&f.repo, "repo", "", "the scratch repository, OWNER/NAME")
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "a file that holds the token")
	cmd.Flags().StringVar(&f.apiURL, "api-url", "", "the forge's API, https://HOST/api/v5/ (default the site's own)")
	cmd.Flags().StringVar(&f.config, "config", "", "the service's configuration, to reach the forge as it does")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask before anything is written")
	f.language.value, f.language.known = probe.English, []string{probe.English, probe.Chinese}
	cmd.Flags().Var(&f.language, "language", "of the report")
	complete(cmd, "language", f.language.known)
	return cmd
}

func runProbe(cmd *cobra.Command, f *probeFlags) error {
	ctx := cmd.Context()
	p, err := openProbe(f, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	if err := p.Examine(ctx); err != nil {
		return err
	}
	if _, err := io.WriteString(cmd.ErrOrStderr(), p.Plan(f.language.value)); err != nil {
		return err
	}
	if !f.yes {
		if err := confirm(cmd, f.repo); err != nil {
			return err
		}
	}
	report, err := p.Run(ctx)
	if len(report.Answers) == 0 {
		return err
	}
	if problem := p.Markdown(cmd.OutOrStdout(), report, f.language.value); problem != nil {
		return problem
	}
	if err != nil {
		terminal.Fprintf(cmd.ErrOrStderr(), "reviewgate: %v\n", err)
	}
	if err != nil || !report.Whole() {
		return exitCode(exitFail)
	}
	return nil
}

// confirm waits until the name of a repository is typed, or the context ends.
func confirm(cmd *cobra.Command, name string) error {
	terminal.Fprintf(cmd.ErrOrStderr(), "\nType %s and press Enter to go on:\n", name)
	typed := make(chan string, 1)
	go func() { // ends with the program, if nothing is typed
		line, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n') // what is cut is not the name
		typed <- strings.TrimSpace(line)
	}()
	select {
	case <-cmd.Context().Done():
		return cmd.Context().Err()
	case line := <-typed:
		if line != name {
			return errors.New("nothing was done; type the repository's name, or give --yes")
		}
	}
	return nil
}

// openProbe makes a probe of what the flags name.
func openProbe(f *probeFlags, warnings io.Writer) (*probe.Probe, error) {
	cfg, err := probed(f, warnings)
	if err != nil {
		return nil, err
	}
	repo, err := pull.ParseRepo(cfg.Name, f.repo)
	if err != nil {
		return nil, err
	}
	tape := &probe.Tape{Base: http.DefaultTransport}
	cfg.Transport = tape
	forge, err := gitee.New(cfg)
	if err != nil {
		return nil, err
	}
	out := probe.Config{Repo: repo, GitCode: cfg.Kind == gitee.KindGitCode, Client: forge.Client, Tape: tape, Remote: cfg.Remote,
		Secrets: []string{cfg.Token}, Version: versionText(), Site: "a site of its own"}
	if cfg.APIURL == "" {
		out.Site = cfg.Kind + ".com"
	}
	return probe.New(out), nil
}

// probed is the forge that the flags name.
func probed(f *probeFlags, warnings io.Writer) (gitee.Config, error) {
	kinds := []string{gitee.Kind, gitee.KindGitCode}
	if f.config != "" {
		cfg, err := config.Load(f.config, environ(warnings))
		if err != nil {
			return gitee.Config{}, err
		}
		i := slices.IndexFunc(cfg.Forges, func(fc config.Forge) bool { return fc.Name == f.forge && slices.Contains(kinds, fc.Kind) })
		if i < 0 {
			return gitee.Config{}, fmt.Errorf("--forge %s: %s configures no Gitee or GitCode of that name", f.forge, f.config)
		}
		fc := cfg.Forges[i]
		token, err := cfg.Secret("the token", fc.Token, fc.TokenFile)
		return gitee.Config{Name: fc.Name, Kind: fc.Kind, APIURL: fc.APIURL, Token: token}, err
	}
	if !slices.Contains(kinds, f.forge) {
		return gitee.Config{}, fmt.Errorf("--forge %s: write gitee or gitcode, or name a forge of --config", f.forge)
	}
	variable := strings.ToUpper(f.forge) + "_TOKEN"
	token := os.Getenv(variable)
	if f.tokenFile != "" {
		data, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return gitee.Config{}, fmt.Errorf("read token: %w", err)
		}
		token = strings.TrimSpace(string(data))
	}
	if token == "" {
		return gitee.Config{}, fmt.Errorf("no token: set %s, or name a file with --token-file", variable)
	}
	return gitee.Config{Name: f.forge, Kind: f.forge, APIURL: f.apiURL, Token: token}, nil
}
