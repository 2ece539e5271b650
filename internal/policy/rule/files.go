package rule

import (
	"cmp"
	"slices"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// protectedAlways are protected in every repository, besides the policy and the
// ownership sources: what tells git what files are, and what CI runs, on whichever forge,
// as one tree may be gated on one and built on another.
var protectedAlways = [...]string{
	"**/.gitattributes", "**/.gitmodules",
	".github/workflows/**", ".gitea/**", ".forgejo/**", ".gitee/**", ".workflow/**", ".gitcode/**", ".gitlab-ci.yml", ".gitlab/**",
}

// files judges every changed file, in order of path.
func (e *evaluation) files() []policy.FileVerdict {
	files := make([]*pull.File, len(e.s.Request.Files))
	for i := range files {
		files[i] = &e.s.Request.Files[i]
	}
	slices.SortFunc(files, func(a, b *pull.File) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.OldPath, b.OldPath), cmp.Compare(a.Status, b.Status))
	})
	protected := e.protectedPatterns()
	out := make([]policy.FileVerdict, len(files))
	for i, f := range files {
		out[i] = e.file(f, protected)
	}
	return out
}

func (e *evaluation) protectedPatterns() []glob.Pattern {
	patterns := slices.Clone(e.rules.Protected)
	for _, text := range protectedAlways {
		p, err := glob.Compile(text)
		if err != nil {
			continue // unreachable: the patterns are constants
		}
		patterns = append(patterns, p)
	}
	return patterns
}

func (e *evaluation) isProtected(f *pull.File, patterns []glob.Pattern) bool {
	// What is not known whole may be a submodule.
	return f.IsSubmodule() || !f.Whole() || slices.ContainsFunc(f.Paths(), func(path string) bool {
		return slices.Contains(e.s.PolicyFiles, path) || glob.Any(patterns, path)
	})
}

// file judges one changed file.
func (e *evaluation) file(f *pull.File, protected []glob.Pattern) policy.FileVerdict {
	v := policy.FileVerdict{Path: f.Path, OldPath: f.OldPath, Protected: e.isProtected(f, protected), Hidden: f.Hidden}
	paths := f.Paths()
	owners := make([][]*ownership.Subsystem, len(paths))
	unowned := 0
	for i, path := range paths {
		owners[i] = e.owners(path, &v)
		if len(owners[i]) == 0 {
			unowned++
		}
	}
	switch {
	case v.Protected:
	case !slices.ContainsFunc(paths, func(p string) bool { return !e.rules.Ignores(p) }):
		v.State = policy.Ignored
		return v
	case f.Generated && e.rules.Generated == policy.GeneratedIgnore:
		v.State = policy.Machine
		return v
	case unowned == len(paths) && e.rules.Unowned == policy.UnownedExempt:
		v.State = policy.Exempt
		return v
	}
	e.review(f, &v, owners)
	return v
}

// owners returns the subsystems that own a path, and notes by which rules.
func (e *evaluation) owners(path string, v *policy.FileVerdict) []*ownership.Subsystem {
	hits := e.s.Owners.Explain(path)
	owners := make([]*ownership.Subsystem, len(hits))
	for i, h := range hits {
		rule := policy.RuleVerdict{Path: path, Subsystem: h.Subsystem.Name, Pos: h.Subsystem.Pos}
		if h.Rule != nil {
			rule.Pattern, rule.Pos = h.Rule.Pattern.String(), h.Rule.Pos
		}
		v.Rules = append(v.Rules, rule)
		owners[i] = h.Subsystem
		e.touch(h.Subsystem)
	}
	return owners
}

// review finds out what a counted file has and needs.
func (e *evaluation) review(f *pull.File, v *policy.FileVerdict, owners [][]*ownership.Subsystem) {
	by := map[string]bool{}
	deciding := make([][]*subsystemState, len(owners)) // by path
	for i, path := range f.Paths() {
		if len(owners[i]) == 0 {
			e.reviewUnowned(f, v, path, by)
			continue
		}
		for _, g := range e.groupsFor(path, owners[i], v) {
			deciding[i] = append(deciding[i], g.subsystems...)
			e.hold(g, path, f, v, by)
		}
	}
	v.State = policy.Unreviewed
	if len(v.Needs) == 0 {
		v.State = policy.Reviewed
	}
	v.Notes = compactNotes(v.Notes)
	v.ApprovedBy = sortedLogins(by)
	e.countRows(f, v, deciding)
}

// hold adds what a group still needs.
func (e *evaluation) hold(g *group, path string, f *pull.File, v *policy.FileVerdict, by map[string]bool) {
	need, ok := e.need(g, path, f, by, &v.Notes)
	if ok {
		return
	}
	v.Needs = append(v.Needs, need)
	v.Notes = append(v.Notes, g.unread...)
	if len(need.Candidates) >= need.Missing {
		return
	}
	for _, st := range g.subsystems {
		st.staffing = cmp.Or(st.staffing, policy.NoteUnstaffed)
		v.Notes = append(v.Notes, policy.Note{Code: policy.NoteUnstaffed, Subsystem: st.sub.Name})
	}
}

// reviewUnowned holds a path that nobody owns to the rule for such files.
func (e *evaluation) reviewUnowned(f *pull.File, v *policy.FileVerdict, path string, by map[string]bool) {
	switch {
	case v.Protected:
		v.Notes = append(v.Notes, policy.Note{Code: policy.NoteNeedsOverride, Path: path})
		e.hold(e.overrideGroup(), path, f, v, by)
	case e.rules.Unowned == policy.UnownedAnyone:
		v.Notes = append(v.Notes, policy.Note{Code: policy.NoteUnowned, Path: path})
		needed := len(v.Needs)
		if e.hold(e.anyone(), path, f, v, by); len(v.Needs) > needed && !older(&e.s, 6) {
			v.Notes = append(v.Notes, policy.Note{Code: policy.NoteAnyone, Path: path})
		}
	case e.rules.Unowned == policy.UnownedExempt:
		// the other path of the rename decides
	default:
		v.Notes = append(v.Notes, policy.Note{Code: policy.NoteUnowned, Path: path})
		v.Needs = append(v.Needs, policy.Need{Path: path, Missing: e.rules.MinApprovals})
	}
}

// groupsFor returns the groups that a path's owners form. Owners who lack people
// only because of the author or of accounts that are gone give way to the
// fallback (package policy, §2).
func (e *evaluation) groupsFor(path string, owners []*ownership.Subsystem, v *policy.FileVerdict) []*group {
	var groups []*group
	for _, some := range e.s.Owners.Groups(owners, e.rules.Overlap == policy.OverlapEach) {
		if g := e.staffed(path, some, v); !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups
}

func (e *evaluation) staffed(path string, owners []*ownership.Subsystem, v *policy.FileVerdict) *group {
	g := e.groupOf(owners)
	if !g.lonely || owners[0].Fallback {
		return g
	}
	fallback := e.s.Owners.Fallback(path)
	if len(fallback) == 0 {
		return g
	}
	for _, s := range fallback {
		e.touch(s)
	}
	for _, st := range g.subsystems {
		st.staffing = policy.NoteFallback
		v.Notes = append(v.Notes, policy.Note{Code: policy.NoteFallback, Subsystem: st.sub.Name})
	}
	return e.groupOf(fallback)
}

// countRows adds the file to the rows of the subsystems that decide about it,
// once each, and holds it to their floors.
func (e *evaluation) countRows(f *pull.File, v *policy.FileVerdict, byPath [][]*subsystemState) {
	deciding := slices.Concat(byPath...)
	slices.SortFunc(deciding, func(a, b *subsystemState) int { return cmp.Compare(a.order, b.order) })
	for _, st := range slices.Compact(deciding) {
		v.Subsystems = append(v.Subsystems, st.sub.Name)
		own := v.State == policy.Reviewed
		if e.rules.Floor(st.sub).Set() {
			own = e.own(f, st, v, byPath)
		}
		st.count(v.State == policy.Reviewed, own)
		for _, login := range v.ApprovedBy {
			if _, ok := e.approvers(st.sub).find(pull.Person{Login: login}); ok {
				st.approvedBy[login] = true
			}
		}
	}
}

// own reports whether a subsystem's own maintainers reviewed the file, on each
// path that it decides about.
func (e *evaluation) own(f *pull.File, st *subsystemState, v *policy.FileVerdict, byPath [][]*subsystemState) bool {
	g := e.groupOf([]*ownership.Subsystem{st.sub})
	reviewed := true
	for i, path := range f.Paths() {
		if !slices.Contains(byPath[i], st) {
			continue
		}
		if need, ok := e.need(g, path, f, nil, nil); !ok {
			reviewed = false
			v.OwnNeeds = append(v.OwnNeeds, need)
		}
	}
	return reviewed
}

func compactNotes(notes []policy.Note) []policy.Note {
	var out []policy.Note
	for _, n := range notes {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
