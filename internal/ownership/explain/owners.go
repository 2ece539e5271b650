// Package explain says what a map of owners holds: who owns paths and patches, by which line
// of which file, and what the map lacks. It says so to people as text, and to programs as
// JSON or as lines with TABs.
//
// It promises the same order for the same map, and that foreign names in texts are quoted
// where they have to be. Finding the files and the tree it leaves to others.
package explain

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// Question is what is asked about: paths and patches.
type Question struct {
	Asked   []string // paths as they were given
	Paths   []string // the same, as the tree has them
	Patches []Patch
}

// Patch is what a patch's text says.
type Patch struct {
	maintainers.Patch
	File string // that it was read from
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

// JSON returns the answers, which are to be printed as JSON, paths first.
func (q *Question) JSON(m *ownership.Map) []any {
	paths, patches := q.answers(m)
	all := make([]any, 0, len(paths)+len(patches))
	for _, p := range paths {
		all = append(all, p)
	}
	for _, p := range patches {
		all = append(all, p)
	}
	return all
}

// Text returns the answers for people.
func (q *Question) Text(m *ownership.Map) string {
	var b strings.Builder
	paths, patches := q.answers(m)
	for _, p := range paths {
		p.text(&b)
	}
	for _, p := range patches {
		p.text(&b)
	}
	return b.String()
}

func (q *Question) answers(m *ownership.Map) ([]pathOwners, []patchOwners) {
	paths := ownersOfAll(m, q.Paths)
	for i := range paths {
		paths[i].Path = q.Asked[i]
	}
	var patches []patchOwners
	for _, p := range q.Patches {
		a := patchOwners{Patch: p.File, Paths: ownersOfAll(m, p.Paths), Suggested: []ownerJSON{}}
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
	o := ownerJSON{Subsystem: s.Name, Fallback: s.Fallback, Pos: s.Pos, Maintainers: s.Maintainers, Reviewers: s.Reviewers,
		Contact: s.Contact, Status: s.Status}
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

// TSV prints a line for each path and each patch, with all subsystems that match, whatever
// the modes of their sources.
func (q *Question) TSV(w io.Writer, m *ownership.Map) error {
	out := bufio.NewWriter(w)
	for i, p := range q.Paths {
		fmt.Fprintf(out, "%s\t%s\n", pathEscapes.Replace(q.Asked[i]), titles(m.Matching(p)))
	}
	for _, p := range q.Patches {
		found := p.Suggested(m.Subsystems())
		for _, path := range p.Paths {
			found = append(found, m.Matching(path)...)
		}
		fmt.Fprintf(out, "%s\t%s\n", pathEscapes.Replace(p.File), titles(found))
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
