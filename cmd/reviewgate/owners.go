package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/disk"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

func newOwners() *cobra.Command {
	var f sourceFlags
	var patches []string
	var form format
	cmd := &cobra.Command{
		Use:   "owners [PATH...]",
		Short: "Say who owns paths, and which line of which file says so",
		Long: `Say who owns paths, and which line of which file says so. Paths are arguments, or lines of standard input.

With --format tsv every line is a path, a TAB, and the names of all subsystems that match it, fallbacks included, divided by | and sorted by bytes; a TAB in a name is written \t, a line break \n, a backslash \\; in a path, a TAB \t and a line break \n. Other characters that do not print are written \u and four hexadecimal digits, bytes that are no UTF-8 \x and two; so is what a CI system would take for a command, :: at the start of a line and ##[. A patch is one line, with the names for all files that it touches and for what its text says.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := readQuestion(cmd.InOrStdin(), args, patches)
			if err != nil {
				return err
			}
			r, err := f.read(cmd, q.resolve)
			if err != nil {
				return err
			}
			return q.answer(cmd.OutOrStdout(), form.value, r.owners)
		},
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&patches, "patch", nil, "a patch: the owners of the files that it touches, and whom its text concerns (K: of MAINTAINERS); repeatable")
	form.add(cmd, "text", "json", "tsv")
	return cmd
}

// question is what is asked about: paths and patches.
type question struct {
	paths   []string // as the tree has them
	asked   []string // the same, as they were given
	patches []patch
}

type patch struct {
	maintainers.Patch
	file string
}

// maxPath is the longest line of standard input that is read, in bytes. Beyond it is an
// error: no path is as long.
const maxPath = 1 << 20

// readQuestion reads paths from arguments or, where there are none and no
// patches, from standard input.
func readQuestion(stdin io.Reader, args, patches []string) (*question, error) {
	q := &question{paths: slices.Clone(args)}
	for _, file := range patches {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read patch: %w", err)
		}
		q.patches = append(q.patches, patch{maintainers.ReadPatch(text), file})
	}
	if len(args)+len(patches) > 0 {
		return q, nil
	}
	if file, ok := stdin.(*os.File); ok {
		if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice != 0 {
			return nil, errors.New("no paths: give them as arguments, or one a line on standard input")
		}
	}
	lines := bufio.NewScanner(stdin)
	lines.Buffer(nil, maxPath)
	read := 0
	for ; lines.Scan(); read++ {
		if line := strings.TrimSuffix(lines.Text(), "\r"); line != "" {
			q.paths = append(q.paths, line)
		}
	}
	err := lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("read paths: line %d of standard input has more than %d bytes; give one path a line", read+1, maxPath)
	}
	if err != nil {
		return nil, fmt.Errorf("read paths: %w", err)
	}
	return q, nil
}

// resolve writes paths as the tree has them, and lists all. As in the kernel's
// script, a directory gets a slash at its end.
func (q *question) resolve(t *disk.Tree) ([]string, error) {
	var all []string
	for i, p := range q.paths {
		clean, err := t.Inside(p)
		if err != nil {
			return nil, err
		}
		q.asked = append(q.asked, strings.TrimPrefix(p, "./"))
		if strings.HasSuffix(p, "/") || t.IsDir(clean) {
			clean += "/"
		}
		q.paths[i] = clean
		all = append(all, clean)
	}
	for _, p := range q.patches {
		all = append(all, p.Paths...)
	}
	return all, nil
}

// answer prints who owns what was asked about.
func (q *question) answer(w io.Writer, format string, m *ownership.Map) error {
	if format == "tsv" {
		return q.tsv(w, m)
	}
	paths, patches := q.answers(m)
	if format == "json" {
		all := make([]any, 0, len(paths)+len(patches))
		for _, p := range paths {
			all = append(all, p)
		}
		for _, p := range patches {
			all = append(all, p)
		}
		return printJSON(w, all)
	}
	var b strings.Builder
	for _, p := range paths {
		p.text(&b)
	}
	for _, p := range patches {
		p.text(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// pathOwners is the JSON of one path.
type pathOwners struct {
	Path   string      `json:"path"`
	Owners []ownerJSON `json:"owners"`
}

// patchOwners is the JSON of one patch.
type patchOwners struct {
	Patch     string       `json:"patch"`
	Paths     []pathOwners `json:"paths"`
	Suggested []ownerJSON  `json:"suggested"` // by what it says; they have no right by it
}

type ownerJSON struct {
	Subsystem   string            `json:"subsystem"`
	Fallback    bool              `json:"fallback,omitempty"`
	Pattern     string            `json:"pattern,omitempty"` // empty: a fallback without patterns
	Pos         ownership.Pos     `json:"pos"`
	Maintainers []ownership.Owner `json:"maintainers"`
	Reviewers   []ownership.Owner `json:"reviewers,omitempty"`
	Contact     string            `json:"contact,omitempty"`
	Status      string            `json:"status,omitempty"`
}

func (q *question) answers(m *ownership.Map) ([]pathOwners, []patchOwners) {
	paths := ownersOfAll(m, q.paths)
	for i := range paths {
		paths[i].Path = q.asked[i]
	}
	var patches []patchOwners
	for _, p := range q.patches {
		a := patchOwners{Patch: p.file, Paths: ownersOfAll(m, p.Paths), Suggested: []ownerJSON{}}
		for _, s := range p.Suggested(m.Subsystems()) {
			a.Suggested = append(a.Suggested, ownerOf(ownership.Hit{Subsystem: s}))
		}
		patches = append(patches, a)
	}
	return paths, patches
}

func ownersOfAll(m *ownership.Map, paths []string) []pathOwners {
	all := make([]pathOwners, len(paths))
	for i, p := range paths {
		all[i] = pathOwners{Path: p, Owners: []ownerJSON{}}
		for _, hit := range m.Explain(p) {
			all[i].Owners = append(all[i].Owners, ownerOf(hit))
		}
	}
	return all
}

func ownerOf(hit ownership.Hit) ownerJSON {
	s := hit.Subsystem
	o := ownerJSON{Subsystem: s.Name, Fallback: s.Fallback, Pos: s.Pos, Maintainers: s.Maintainers, Reviewers: s.Reviewers, Contact: s.Contact, Status: s.Status}
	if o.Maintainers == nil {
		o.Maintainers = []ownership.Owner{}
	}
	if hit.Rule != nil {
		o.Pattern, o.Pos = hit.Rule.Pattern.String(), hit.Rule.Pos
	}
	return o
}

func (p pathOwners) text(b *strings.Builder) {
	terminal.Fprintf(b, "%s\n", p.Path)
	if len(p.Owners) == 0 {
		b.WriteString("  nobody owns it\n")
	}
	ownersText(b, p.Owners)
}

func (p patchOwners) text(b *strings.Builder) {
	terminal.Fprintf(b, "%s:\n", p.Patch)
	for _, path := range p.Paths {
		path.text(b)
	}
	if len(p.Suggested) > 0 {
		b.WriteString("concerned by what it says, without a right to approve:\n")
		ownersText(b, p.Suggested)
	}
}

func ownersText(b *strings.Builder, owners []ownerJSON) {
	for _, o := range owners {
		people := names(o.Maintainers)
		if len(people) == 0 {
			people = []string{"(no maintainer)"}
		}
		terminal.Fprintf(b, "  %-20s %s", o.Subsystem, people)
		if len(o.Reviewers) > 0 {
			terminal.Fprintf(b, " (reviewers %s)", names(o.Reviewers))
		}
		terminal.Fprintf(b, "  %s", o.Pos)
		switch {
		case o.Pattern != "":
			terminal.Fprintf(b, " %q", terminal.Safe(o.Pattern))
		case o.Fallback:
			b.WriteString(" fallback")
		}
		b.WriteByte('\n')
	}
}

func names(owners []ownership.Owner) []string {
	list := make([]string, len(owners))
	for i, o := range owners {
		list[i] = o.String()
	}
	return list
}

// tsv prints all subsystems that match, whatever the modes of their sources.
func (q *question) tsv(w io.Writer, m *ownership.Map) error {
	out := bufio.NewWriter(w)
	for i, p := range q.paths {
		fmt.Fprintf(out, "%s\t%s\n", pathEscapes.Replace(q.asked[i]), titles(m.Matching(p)))
	}
	for _, p := range q.patches {
		found := p.Suggested(m.Subsystems())
		for _, path := range p.Paths {
			found = append(found, m.Matching(path)...)
		}
		fmt.Fprintf(out, "%s\t%s\n", pathEscapes.Replace(p.file), titles(found))
	}
	return out.Flush()
}

// pathEscapes keep a path in its column.
var pathEscapes = strings.NewReplacer("\t", `\t`, "\n", `\n`)

var titleEscapes = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`)

func titles(subsystems []*ownership.Subsystem) string {
	list := make([]string, len(subsystems))
	for i, s := range subsystems {
		list[i] = s.SourceName()
	}
	slices.Sort(list)
	list = slices.Compact(list)
	for i, title := range list {
		list[i] = titleEscapes.Replace(title)
	}
	return strings.Join(list, "|")
}
