package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

func newValidate() *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check policies, ownership and people files, and service configurations",
		Long: `Check policies, ownership and people files, and service configurations. Which one a file is shows by its name (MAINTAINERS, CODEOWNERS, OWNERS, owners.yaml; below .gitlab or .gitee in that forge's dialect) or by its keys.

Every fault is printed with its line and what to write instead. Exit code: 0 all are valid, 1 one is not, 2 one could not be read.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			valid := true
			for _, file := range args {
				data, err := os.ReadFile(file)
				if err != nil {
					return fmt.Errorf("read file: %w", err)
				}
				if err := validate(cmd.OutOrStdout(), file, data); err != nil {
					valid = false
					for _, fault := range strictyaml.AsFaults(err) {
						terminal.Fprintf(cmd.OutOrStdout(), "%s\n", fault)
					}
				}
			}
			if !valid {
				return exitCode(exitFail)
			}
			return nil
		},
	}
}

// validate checks one file and gives advice on a valid one.
func validate(w io.Writer, file string, data []byte) error {
	var advice []string
	kind := kindOf(file, data)
	switch kind {
	case "subsystem map":
		set, warnings, err := yamlmap.Parse(file, data)
		if err != nil {
			return err
		}
		advice = yamlmap.Advise(set, warnings)
	case "configuration":
		if _, err := config.Load(file, nil); err != nil {
			return err
		}
	case "policy":
		p, err := policyfile.Parse(file, data)
		if err != nil {
			return err
		}
		advice = policyfile.Advise(p)
	default:
		warnings, err := validateSource(formats.Name(kind), file, data)
		if err != nil {
			return err
		}
		for _, w := range warnings {
			advice = append(advice, w.Pos.String()+": "+w.Text)
		}
		kind += " file"
	}
	terminal.Fprintf(w, "%s: valid %s\n", file, kind)
	for _, a := range advice {
		terminal.Fprintf(w, "  advice: %s\n", a)
	}
	return nil
}

// validateSource checks an ownership file of another format, or one of people.
func validateSource(format formats.Name, file string, data []byte) ([]ownership.Warning, error) {
	s := formats.Source{Format: format, Path: filepath.Base(file), Files: []ownership.File{{Path: file, Data: data}}}
	if format == formats.OwnersTree { // its directory is what it owns
		s.Files[0].Path = s.Path
		s.Path = strings.TrimSuffix(s.Path, "_ALIASES")
	}
	for _, d := range []formats.Dialect{formats.GitLab, formats.Gitee} {
		if slices.Contains(strings.Split(filepath.ToSlash(file), "/"), "."+string(d)) {
			s.Dialect = d
		}
	}
	_, warnings, err := formats.Parse([]formats.Source{s}, "")
	return warnings, err
}

// kindOf tells by its name, or by its first keys, what a file is meant to be. It
// reads no deeper than that; a file that is no mapping is taken for a policy.
func kindOf(file string, data []byte) string {
	switch name := filepath.Base(file); {
	case strings.HasPrefix(name, "MAINTAINERS"):
		return string(formats.Maintainers)
	case name == "CODEOWNERS":
		return string(formats.Codeowners)
	case name == "OWNERS", name == "OWNERS_ALIASES":
		return string(formats.OwnersTree)
	case name == formats.MailmapPath:
		return string(formats.Mailmap)
	case name == formats.IgnorePath:
		return string(formats.Ignore)
	case name == "owners.yaml":
		return string(formats.OwnersYAML)
	}
	var doc yaml.Node
	if len(data) > strictyaml.MaxSize || yaml.Unmarshal(data, &doc) != nil || len(doc.Content) == 0 {
		return "policy"
	}
	for i := 0; i+1 < len(doc.Content[0].Content); i += 2 {
		switch value := doc.Content[0].Content[i+1]; doc.Content[0].Content[i].Value {
		case "subsystems", "overlays":
			return "subsystem map"
		case "people":
			if value.Kind == yaml.SequenceNode {
				return string(formats.People)
			}
		case "forges", "listen", "database":
			return "configuration"
		}
	}
	return "policy"
}
