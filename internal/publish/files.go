package publish

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// alikeFrom is from how many files on, of which the same is to be said, they share a line;
// mostAlike is how many of them it names.
const (
	alikeFrom = 4
	mostAlike = 3
	mostPath  = 300 // characters of a path that somebody asks for and that is none
)

// missing lists the files that miss review, folded by subsystem.
func (p *page) missing(v policy.Verdict) {
	order := missing(v)
	by := map[string][]policy.FileVerdict{}
	for _, f := range v.Files {
		if len(f.Needs) == 0 && len(f.OwnNeeds) == 0 {
			continue
		}
		area := areaOf(f, order)
		by[area] = append(by[area], f)
	}
	for _, area := range append([]string{""}, order...) {
		files := by[area]
		if len(files) == 0 || p.full() {
			continue
		}
		heading := p.s.text("files.unowned", data{"Count": len(files)})
		if area != "" {
			heading = p.s.text("files.missing", data{"Subsystem": name(area), "Count": len(files)})
		}
		p.foldBehind(heading, p.alike(files, p.s.fileNeeds))
	}
}

// areaOf is the first of some subsystems that misses review of a file; empty if none
// owns it.
func areaOf(f policy.FileVerdict, order []string) string {
	for _, area := range order {
		for _, n := range slices.Concat(f.Needs, f.OwnNeeds) {
			if slices.Contains(n.Subsystems, area) {
				return area
			}
		}
	}
	return ""
}

// alike writes a line for each file, or one for many of which the same is to be said.
func (p *page) alike(files []policy.FileVerdict, say func(policy.FileVerdict) Sentence) []string {
	type group struct {
		files []policy.FileVerdict
		said  string
	}
	var groups []*group
	at := map[string]*group{}
	for _, f := range files {
		said := say(f).Markdown()
		g := at[said]
		if g == nil {
			g = &group{said: said}
			at[said], groups = g, append(groups, g)
		}
		g.files = append(g.files, f)
	}
	var lines []string
	bytes := 0
	for _, g := range groups {
		names := make([]Sentence, 0, len(g.files))
		for _, f := range g.files {
			names = append(names, p.s.path(f))
		}
		if len(names) >= alikeFrom {
			more := p.s.text("files.more", data{"Count": len(names) - mostAlike, "Text": word(commonDir(g.files))})
			names = []Sentence{join(append(names[:mostAlike:mostAlike], more), p.s.either(", ", "、"))}
		}
		for _, n := range names {
			line := "- " + n.Markdown()
			if g.said != "" {
				line += " — " + g.said
			}
			if lines, bytes = append(lines, line), bytes+len(line); bytes > p.s.limits.Summary {
				return lines
			}
		}
	}
	return lines
}

// commonDir is the directory that some files lie in, with a slash; empty for the root.
func commonDir(files []policy.FileVerdict) string {
	dir := files[0].Path
	for _, f := range files {
		for !strings.HasPrefix(f.Path, dir) || dir != "" && dir[len(dir)-1] != '/' {
			dir = strings.TrimSuffix(dir, "/")
			dir = dir[:strings.LastIndexByte(dir, '/')+1]
		}
	}
	return dir
}

// path is a file's name, and its old one if it has another now.
func (s printer) path(f policy.FileVerdict) Sentence {
	if f.OldPath == "" {
		return word(f.Path)
	}
	return join([]Sentence{word(f.OldPath), word(f.Path)}, " → ")
}

// file says what one file misses and why, its name first.
func (s printer) file(f policy.FileVerdict) Sentence {
	return join([]Sentence{s.path(f), s.fileNeeds(f)}, " — ")
}

// File says what one file misses and why, or who reviewed it, and by which rules who owns it.
func (w *Messages) File(language string, f policy.FileVerdict) Sentence {
	s := w.in(language)
	if f.State != policy.Reviewed {
		return s.fileNeeds(f)
	}
	return s.clauses([]Sentence{s.text("file.reviewed", data{"Names": s.people(f.ApprovedBy)}), s.fileNeeds(f)})
}

// fileNeeds says what one file misses and why.
func (s printer) fileNeeds(f policy.FileVerdict) Sentence {
	var parts []Sentence
	if f.Protected {
		parts = append(parts, s.text("file.protected", nil))
	}
	needs := f.Needs
	if len(needs) == 0 {
		needs = f.OwnNeeds
	}
	for _, n := range needs {
		if len(n.Candidates) == 0 {
			if !forAnyone(f) {
				parts = append(parts, s.text("file.needs_nobody", nil))
			}
			continue
		}
		parts = append(parts, s.text("file.needs", data{"Count": n.Missing, "Names": s.people(n.Candidates), "Only": len(n.Candidates) == 1}))
	}
	for _, n := range f.Notes {
		if n.Code == policy.NoteUnstaffed && slices.ContainsFunc(needs, func(need policy.Need) bool { return len(need.Candidates) == 0 }) {
			continue // that nobody can approve it is said
		}
		if n.Path == f.Path {
			n.Path = "" // "it"
		}
		parts = append(parts, s.note(n))
	}
	return s.clauses(once(append(parts, s.rules(f)...)))
}

// forAnyone reports whether whoever may write can approve a file, as nobody owns it.
func forAnyone(f policy.FileVerdict) bool {
	return slices.ContainsFunc(f.Notes, func(n policy.Note) bool { return n.Code == policy.NoteAnyone })
}

// once leaves out what was said already: the two paths of a rename, and subsystems of which
// each is to approve, often have the same people and rules.
func once(list []Sentence) []Sentence {
	var out []Sentence
	for _, said := range list {
		if !slices.ContainsFunc(out, func(o Sentence) bool { return slices.Equal(o, said) }) {
			out = append(out, said)
		}
	}
	return out
}

// rules say which rules give a file to its subsystems.
func (s printer) rules(f policy.FileVerdict) []Sentence {
	var parts []Sentence
	for _, r := range f.Rules {
		id := "file.rule"
		if r.Pattern == "" {
			id = "file.rest"
		}
		parts = append(parts, s.text(id,
			data{"Pattern": word(r.Pattern), "Pos": Sentence{{Kind: Code, Text: r.Pos.String(), URL: s.links.pos(r.Pos)}}}))
	}
	return parts
}

// Why explains one file's line: where it stands, by which rules who owns it, and which
// reviews count.
func (w *Messages) Why(v policy.Verdict, path string) Sentence {
	s := w.in(v.Language)
	switch {
	case path == "":
		return s.text("why.help", nil)
	case len(v.Files) == 0 && v.Unwarned == policy.Error:
		return join([]Sentence{s.outcome(v), s.headline(v)}, " ")
	}
	for _, f := range v.Files {
		if f.Path != path && f.OldPath != path {
			continue
		}
		parts := []Sentence{s.file(f)}
		switch {
		case f.State == policy.Reviewed:
			parts = append(parts, s.text("why.reviewed", data{"Names": s.people(f.ApprovedBy)}))
		case !f.State.Counted():
			parts = append(parts, s.text("state."+string(f.State), nil))
		}
		return join(parts, " — ")
	}
	return s.text("why.unknown", data{"Path": word(clip(path, mostPath))})
}

// folded lists the files in some states behind a line that opens.
func (p *page) folded(heading string, v policy.Verdict, show func(policy.FileVerdict) Sentence, states ...policy.State) {
	if p.full() {
		return
	}
	var files []policy.FileVerdict
	for _, f := range v.Files {
		if slices.Contains(states, f.State) && len(f.OwnNeeds) == 0 {
			files = append(files, f)
		}
	}
	p.fold(heading, len(files), p.alike(files, show))
}
