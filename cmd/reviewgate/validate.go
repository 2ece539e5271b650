package main

import (
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/ownership/disk"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/validation"
)

func newValidate() *cobra.Command {
	var form format
	c := validation.Checker{Config: namedByConfig}
	dialect := format{known: dialects()}
	cmd := &cobra.Command{
		Use:   "validate [FILE...]",
		Short: "Check policies, ownership and people files, and service configurations",
		Long: `Check policies, ownership and people files, and service configurations. Which one a file is shows by its name (MAINTAINERS, CODEOWNERS, OWNERS, owners.yaml; below .gitlab, .gitee, .gitcode or .gitea in that forge's dialect) or by its keys.

FILE may be a directory, for the policy or the ownership files that have their place in it, or else its *.yml; - is standard input. Without FILE it is the directory at hand. A policy in its place is checked with the ownership files that it names, a configuration with its default policy and map.
Every fault of every file is printed, with its line and what to write instead; of what is valid, advice on what it leaves open. --format github shows both at their lines in a pull request.
Exit code: 0 all are valid, 1 one is not, 2 one could not be read.`,
		Example: `  reviewgate validate
  reviewgate validate .github/review-gate.yml config/reviewgate.yml
  git show main:.gitee/CODEOWNERS | reviewgate validate - --stdin-path .gitee/CODEOWNERS
  reviewgate validate --format github # in a workflow`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c.Dialect, c.Stdin, c.Sources = formats.Dialect(dialect.value), cmd.InOrStdin(), namedByPolicy
			files, unread := c.Check(args)
			err := errors.Join(unread, printChecked(cmd.OutOrStdout(), form.value, files))
			if err == nil && slices.ContainsFunc(files, func(f validation.File) bool { return len(f.Faults) > 0 }) {
				err = exitCode(exitFail)
			}
			return err
		},
	}
	form.add(cmd, "text", "json", "github")
	cmd.Flags().Var(&dialect, "dialect", "whose every CODEOWNERS is (default: as its path says, else github)")
	complete(cmd, "dialect", dialects())
	cmd.Flags().StringVar(&c.StdinPath, "stdin-path", "", "the path of what comes from standard input, which says what it is")
	return cmd
}

// dialects are those of CODEOWNERS.
func dialects() []string {
	return []string{string(formats.GitHub), string(formats.GitLab), string(formats.Gitee), string(formats.GitCode), string(formats.Gitea)}
}

// namedByConfig reads a service's configuration for package validation.
func namedByConfig(file string) (advice, names []string, err error) {
	cfg, err := config.Load(file, nil)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range []string{cfg.DefaultPolicy, cfg.DefaultSubsystems} {
		if name != "" {
			names = append(names, cfg.Path(name))
		}
	}
	return cfg.Advise(), names, nil
}

// namedByPolicy reads the ownership files of a policy for package validation.
func namedByPolicy(root, policy string) ([]formats.Source, error) {
	search := disk.Search{Root: root, PolicyPath: policy, Dialect: string(formats.GitHub), Warn: func(string) {}}
	if policy != github.PolicyPath {
		search.Dialect = string(formats.Gitee)
	}
	named, err := search.Sources(nil)
	if err != nil {
		return nil, err
	}
	return disk.ReadAll(named, root, nil)
}

// printChecked prints what was found out about files.
func printChecked(w io.Writer, form string, files []validation.File) error {
	switch form {
	case "json":
		return printJSON(w, files)
	case "github":
		validation.Annotate(w, files)
		return nil
	}
	_, err := io.WriteString(w, validation.Text(files))
	return err
}
