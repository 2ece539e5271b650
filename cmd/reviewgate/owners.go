package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
)

func newOwners() *cobra.Command {
	var sources []string
	var f format
	cmd := &cobra.Command{
		Use:   "owners PATH...",
		Short: "Say who owns paths, and which line of which file says so",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := readSources(cmd.ErrOrStderr(), sources)
			if err != nil {
				return err
			}
			return printOwners(cmd.OutOrStdout(), f, m, args)
		},
	}
	cmd.Flags().StringArrayVar(&sources, "source", []string{"subsystems:" + yamlmap.DefaultPath}, "an ownership file, subsystems:FILE; may be given several times")
	addFormat(cmd, &f)
	return cmd
}

// readSources reads ownership files into one map; warnings go to w.
func readSources(w io.Writer, sources []string) (*ownership.Map, error) {
	var sets []ownership.Ruleset
	for _, s := range sources {
		file, ok := strings.CutPrefix(s, "subsystems:")
		if !ok || file == "" {
			return nil, fmt.Errorf("--source %q: write subsystems:FILE", s)
		}
		data, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("read ownership: %w; name the file with --source subsystems:FILE", err)
		}
		if err != nil {
			return nil, fmt.Errorf("read ownership: %w", err)
		}
		set, warnings, err := yamlmap.Parse(file, data)
		if err != nil {
			return nil, err
		}
		for _, warning := range warnings {
			fmt.Fprintf(w, "reviewgate: warning: %s: %s\n", warning.Pos, warning.Text)
		}
		sets = append(sets, set)
	}
	return ownership.New(sets...)
}

// pathOwners is the JSON of one path.
type pathOwners struct {
	Path   string      `json:"path"`
	Owners []ownerJSON `json:"owners"`
}

type ownerJSON struct {
	Subsystem   string            `json:"subsystem"`
	Fallback    bool              `json:"fallback,omitempty"`
	Pattern     string            `json:"pattern,omitempty"` // empty: a fallback without patterns
	Pos         ownership.Pos     `json:"pos"`
	Maintainers []ownership.Owner `json:"maintainers"`
	Reviewers   []ownership.Owner `json:"reviewers,omitempty"`
	Contact     string            `json:"contact,omitempty"`
}

func ownersOf(m *ownership.Map, path string) pathOwners {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "./"), "/")
	out := pathOwners{Path: path, Owners: []ownerJSON{}}
	for _, hit := range m.Explain(path) {
		s := hit.Subsystem
		o := ownerJSON{Subsystem: s.Name, Fallback: s.Fallback, Pos: s.Pos, Maintainers: s.Maintainers, Reviewers: s.Reviewers, Contact: s.Contact}
		if hit.Rule != nil {
			o.Pattern, o.Pos = hit.Rule.Pattern.String(), hit.Rule.Pos
		}
		out.Owners = append(out.Owners, o)
	}
	return out
}

func printOwners(w io.Writer, f format, m *ownership.Map, paths []string) error {
	all := make([]pathOwners, len(paths))
	for i, p := range paths {
		all[i] = ownersOf(m, p)
	}
	if f == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(all)
	}
	var b strings.Builder
	for _, p := range all {
		fmt.Fprintln(&b, p.Path)
		if len(p.Owners) == 0 {
			b.WriteString("  nobody owns it\n")
		}
		for _, o := range p.Owners {
			fmt.Fprintf(&b, "  %-20s %s", o.Subsystem, names(o.Maintainers))
			if len(o.Reviewers) > 0 {
				fmt.Fprintf(&b, " (reviewers %s)", names(o.Reviewers))
			}
			fmt.Fprintf(&b, "  %s", o.Pos)
			switch {
			case o.Pattern != "":
				fmt.Fprintf(&b, " %q", o.Pattern)
			case o.Fallback:
				b.WriteString(" fallback")
			}
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func names(owners []ownership.Owner) string {
	list := make([]string, len(owners))
	for i, o := range owners {
		list[i] = o.String()
	}
	return strings.Join(list, ", ")
}
