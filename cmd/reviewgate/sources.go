package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/disk"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// sourceFlags say which ownership files to read.
type sourceFlags struct {
	treeFlags
	sources, people []string
	mailmap         string
	dialect, forge  string
}

func (f *sourceFlags) add(cmd *cobra.Command) {
	f.treeFlags.add(cmd)
	cmd.Flags().StringArrayVar(&f.sources, "source", nil, "an ownership file, FORMAT:FILE with one of "+disk.Formats()+
		"; repeatable. Without: what the policy names, or the conventional files")
	cmd.Flags().StringArrayVar(&f.people, "people", nil, "a file that gives people's logins for e-mail addresses; repeatable")
	cmd.Flags().StringVar(&f.mailmap, "mailmap", "", "a .mailmap to read besides --people")
	cmd.Flags().StringVar(&f.dialect, "dialect", string(formats.GitHub), "whose CODEOWNERS: github, gitlab, gitee, gitcode or gitea")
	complete(cmd, "dialect", dialects())
	var prefixes []string
	for _, name := range formats.Names() {
		prefixes = append(prefixes, string(name)+":")
	}
	_ = cmd.RegisterFlagCompletionFunc("source", cobra.FixedCompletions(prefixes, cobra.ShellCompDirectiveNoSpace)) // the flag is there
	cmd.Flags().StringVar(&f.forge, "forge", "github", "the forge whose logins --people gives")
}

// reading is what sourceFlags make: a map, and the tree if one was named.
type reading struct {
	owners *ownership.Map
	tree   *disk.Tree // nil: none is known
	search *disk.Search
}

// read reads the sources, as far as changed paths need them. Warnings go to w.
func (f *sourceFlags) read(cmd *cobra.Command, changed func(*disk.Tree) ([]string, error)) (reading, error) {
	if len(f.sources) == 0 && f.local == "" && f.list == "" {
		f.local = "."
	}
	t, err := f.treeFlags.read(cmd.Context())
	if err != nil {
		return reading{}, err
	}
	search := disk.Search{Root: f.local, PolicyPath: github.PolicyPath, People: f.people, Mailmap: f.mailmap, Dialect: f.dialect,
		Warn: func(text string) {
			terminal.Fprintf(cmd.ErrOrStderr(), "reviewgate: warning: %s\n", text)
		}}
	named, err := search.Sources(f.sources)
	if err != nil {
		return reading{}, err
	}
	paths, err := changed(t)
	if err != nil {
		return reading{}, err
	}
	sources, err := disk.ReadAll(named, f.local, paths)
	if err != nil {
		return reading{}, err
	}
	m, warnings, err := formats.Parse(sources, f.forge)
	if len(paths) > 0 {
		warnings = ownership.Concerning(warnings, paths)
	}
	warn(cmd.ErrOrStderr(), warnings)
	if err != nil {
		return reading{}, err
	}
	if t != nil {
		m = m.In(t.IsDir)
	}
	return reading{m, t, &search}, nil
}

// mostWarnings bounds the warnings that are printed.
const mostWarnings = 20

func warn(w io.Writer, warnings []ownership.Warning) {
	for i, warning := range warnings {
		if i == mostWarnings {
			terminal.Fprintf(w, "reviewgate: warning: and %d more\n", len(warnings)-i)
			return
		}
		terminal.Fprintf(w, "reviewgate: warning: %s: %s\n", warning.Pos, warning.Text)
	}
}

// treeFlags say where a tree is.
type treeFlags struct{ local, list string }

func (f *treeFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.local, "local", "", "the directory of a working tree; ownership files are looked for there first")
	cmd.Flags().StringVar(&f.list, "tree", "",
		"a file that lists all paths of the tree, one a line; a directory, or a symbolic link to one, may be listed with a slash at its end")
	cmd.MarkFlagsMutuallyExclusive("local", "tree")
}

// read gives the tree; nil where no flag names one.
func (f treeFlags) read(ctx context.Context) (*disk.Tree, error) {
	switch {
	case f.local != "":
		return disk.ReadTree(ctx, f.local)
	case f.list != "":
		data, err := os.ReadFile(f.list)
		if err != nil {
			return nil, fmt.Errorf("read --tree: %w", err)
		}
		t := disk.NewTree("", strings.Split(string(data), "\n"))
		if len(t.Files()) == 0 {
			return nil, fmt.Errorf("--tree %s lists no paths; write one a line", f.list)
		}
		return t, nil
	}
	return nil, nil //nolint:nilnil // no tree is as good as one
}
