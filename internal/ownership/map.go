package ownership

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Map is the ownership of a tree: all sources added up.
type Map struct {
	subsystems []*Subsystem
	modes      []Mode  // by place of a subsystem
	sets       []int32 // by place: which ruleset it is of
	index      *glob.Index
	rules      []ruleOf // by id in index
	fallbacks  []int32  // places of fallbacks without patterns, which own everything left
	order      map[*Subsystem]int
	dirs       glob.Directories
	absent     Absent
	addresses  Addresses
	teams      Teams
	advice     bool // reviewers approve as maintainers do
}

// Addresses is what the people file, the mailmap and the sources say of addresses.
type Addresses interface {
	// Addressee gives the logins of those whom an address is given to, in lower case
	// and sorted. known is true also of somebody who has no login here.
	Addressee(name, email string) (logins []string, known bool)
	// Proper gives an address as the mailmap corrects it.
	Proper(name, email string) string
	// Named gives the name and the first address of who has a login here; empty where
	// nothing says.
	Named(login string) (name, email string)
}

// Teams gives the logins of who is listed for a team, "organisation/slug"; listed is false
// where the people file has no list of it.
type Teams func(team string) (logins []string, listed bool)

// Absent tells whether the person with a login is away at a moment.
type Absent func(login string, at time.Time) bool

// ruleOf is a rule and the place of its subsystem. A subsystem's exclusions
// come before its other rules.
type ruleOf struct {
	subsystem int32
	exclude   bool
	rule      *Rule
}

// New adds rulesets up to one map, with their overlays laid over. Two
// subsystems of one name are an error where people chose the names for this
// gate, because floors, labels and words go by the name; so is an overlay of a
// subsystem that is not there. The error is strictyaml.Faults, with all of them.
func New(sets ...Ruleset) (*Map, error) {
	m := &Map{order: map[*Subsystem]int{}}
	names := names{bySource: map[string][]*Subsystem{}, own: map[string]bool{}, taken: map[string]bool{}}
	rules := 0
	for _, set := range sets {
		for i := range set.Subsystems {
			rules += len(set.Subsystems[i].Include) + len(set.Subsystems[i].Exclude)
		}
	}
	patterns := make([]glob.Pattern, 0, rules)
	m.rules = make([]ruleOf, 0, rules)
	weight := 0
	for i, set := range sets {
		for j := range set.Subsystems {
			s := set.Subsystems[j] // a copy: names and overlays change it
			names.add(&s, set.Own)
			at := int32(len(m.subsystems))
			m.order[&s] = int(at)
			m.subsystems, m.modes, m.sets = append(m.subsystems, &s), append(m.modes, set.Mode), append(m.sets, int32(i))
			if s.Fallback && len(s.Include) == 0 {
				m.fallbacks = append(m.fallbacks, at)
			}
			patterns = m.addRules(at, s.Exclude, true, patterns)
			patterns = m.addRules(at, s.Include, false, patterns)
			for _, p := range patterns[len(m.rules)-len(s.Include)-len(s.Exclude):] {
				weight += p.Weight()
			}
			if weight > maxWeight {
				names.fault(s.Pos, "the patterns up to here have more segments and wildcards than are read; say it with fewer or wider ones")
				return nil, names.faults
			}
		}
	}
	names.overlay(sets)
	if len(names.faults) > 0 {
		return nil, names.faults
	}
	m.index = glob.NewIndex(patterns)
	return m, nil
}

func (m *Map) addRules(subsystem int32, rules []Rule, exclude bool, patterns []glob.Pattern) []glob.Pattern {
	for k := range rules {
		patterns = append(patterns, rules[k].Pattern)
		m.rules = append(m.rules, ruleOf{subsystem, exclude, &rules[k]})
	}
	return patterns
}

// maxWeight bounds all patterns of a map together; those of Linux weigh some
// 40,000.
const maxWeight = 400_000

// names are those of a map's subsystems.
type names struct {
	bySource map[string][]*Subsystem // as the sources have them
	own      map[string]bool         // that people chose for this gate
	taken    map[string]bool
	faults   strictyaml.Faults // MaxNotes at the most
}

func (n *names) fault(at Pos, format string, args ...any) {
	if len(n.faults) < MaxNotes {
		n.faults = append(n.faults, strictyaml.Fault{File: at.File, Line: at.Line, Text: fmt.Sprintf(format, args...)})
	}
}

// add notes a subsystem, and gives it a name of its own where that is taken.
func (n *names) add(s *Subsystem, own bool) {
	earlier := n.bySource[s.Name]
	n.bySource[s.Name] = append(earlier, s)
	if len(earlier) > 0 && (own || n.own[s.Name]) {
		n.fault(s.Pos, "subsystem %q stands already at %s; give it another name", s.Name, earlier[0].Pos)
	}
	n.own[s.Name] = n.own[s.Name] || own
	name := s.Name
	for i := 1; n.taken[s.Name]; i++ {
		s.Given, s.Name = name, fmt.Sprintf("%s (%s)", name, s.Pos)
		if i > 1 {
			s.Name = fmt.Sprintf("%s (%s, %d)", name, s.Pos, i)
		}
	}
	n.taken[s.Name] = true
}

// overlay lays the overlays of all rulesets over what they name.
func (n *names) overlay(sets []Ruleset) {
	laid := map[string]Pos{}
	for _, set := range sets {
		for _, o := range set.Overlays {
			if len(n.bySource[o.Name]) == 0 {
				n.fault(o.Pos, "the overlay names subsystem %q, which no source has; write its name as the source does", o.Name)
			}
			if first, ok := laid[o.Name]; ok {
				n.fault(o.Pos, "subsystem %q has an overlay already at %s; make one of the two", o.Name, first)
			}
			laid[o.Name] = o.Pos
			for _, s := range n.bySource[o.Name] {
				o.lay(s)
			}
		}
	}
}

// In gives the map for a tree with these directories. Without, a path below a
// name that a source writes without a slash proves it a directory, and no
// other name is one.
func (m *Map) In(dirs glob.Directories) *Map {
	in := *m
	in.dirs = dirs
	return &in
}

// With gives the map with what is known of people's absences.
func (m *Map) With(absent Absent) *Map {
	with := *m
	with.absent = absent
	return &with
}

// Addressed gives the map with what is known of people's addresses.
func (m *Map) Addressed(addresses Addresses) *Map {
	with := *m
	with.addresses = addresses
	return &with
}

// Listing gives the map with lists of teams.
func (m *Map) Listing(teams Teams) *Map {
	with := *m
	with.teams = teams
	return &with
}

// Approving gives the map for a policy by which approvals of reviewers count as those of
// maintainers do (reviewers_count), or do not.
func (m *Map) Approving(reviewers bool) *Map {
	with := *m
	with.advice = reviewers
	return &with
}

// Approvers are those of a subsystem whose approvals count.
func (m *Map) Approvers(s *Subsystem) []Owner {
	if m.advice {
		return slices.Concat(s.Maintainers, s.Reviewers)
	}
	return s.Maintainers
}

// Team gives who is listed for a team, which then stands in the place of the forge's own.
func (m *Map) Team(team string) (logins []string, listed bool) {
	if m == nil || m.teams == nil {
		return nil, false
	}
	return m.teams(team)
}

// Addressee gives those whom an address is given to, as far as the sources say.
func (m *Map) Addressee(name, email string) (logins []string, known bool) {
	if m.addresses == nil {
		return nil, false
	}
	return m.addresses.Addressee(name, email)
}

// Named gives the name and the address of who has a login, as far as the sources say.
func (m *Map) Named(login string) (name, email string) {
	if m == nil || m.addresses == nil {
		return "", ""
	}
	return m.addresses.Named(login)
}

// Proper gives an address as the mailmap corrects it.
func (m *Map) Proper(name, email string) string {
	if m.addresses == nil {
		return email
	}
	return m.addresses.Proper(name, email)
}

// Absent tells whether the person with a login is away at a moment, as far as
// the sources say.
func (m *Map) Absent(login string, at time.Time) bool { return m.absent != nil && m.absent(login, at) }

// Directories lists the names, sorted, of which the owners of paths depend on
// whether they are directories of the tree.
func (m *Map) Directories(paths []string) []string {
	asked := map[string]bool{}
	in := m.In(func(name string) bool {
		asked[name] = true
		return false
	})
	for _, path := range paths {
		in.hits(path, nil)
	}
	names := make([]string, 0, len(asked))
	for name := range asked {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Subsystems gives all subsystems in order of declaration.
func (m *Map) Subsystems() []*Subsystem { return m.subsystems }

// Hit is one subsystem that matches a path, and the first of its rules that
// does. Rule is nil for a fallback that owns whatever is left.
type Hit struct {
	Subsystem *Subsystem
	Rule      *Rule
}

// Match gives the subsystems that own a path, in order of declaration. A
// fallback is among them only if it is all there is.
func (m *Map) Match(path string) []*Subsystem {
	var buf [8]hit
	owners := m.owners(m.hits(path, buf[:0]))
	out := make([]*Subsystem, len(owners))
	for i, h := range owners {
		out[i] = m.subsystems[h.subsystem]
	}
	return out
}

// Matching gives every subsystem with a pattern that matches a path, fallbacks
// included and whatever the modes say, in order of declaration.
func (m *Map) Matching(path string) []*Subsystem {
	var buf [8]hit
	hits := m.hits(path, buf[:0])
	out := make([]*Subsystem, len(hits))
	for i, h := range hits {
		out[i] = m.subsystems[h.subsystem]
	}
	return out
}

// Fallback gives the fallback subsystems that match a path, whether or not
// another subsystem owns it.
func (m *Map) Fallback(path string) []*Subsystem {
	var buf [8]hit
	var out []*Subsystem
	for _, h := range m.hits(path, buf[:0]) {
		if s := m.subsystems[h.subsystem]; s.Fallback {
			out = append(out, s)
		}
	}
	return out
}

// Explain gives the subsystems that own a path, as Match does, with the rules
// that say so.
func (m *Map) Explain(path string) []Hit {
	var buf [8]hit
	owners := m.owners(m.hits(path, buf[:0]))
	out := make([]Hit, len(owners))
	for i, h := range owners {
		out[i] = Hit{m.subsystems[h.subsystem], h.rule}
	}
	return out
}

// hit is a place in subsystems, and the rule that matched.
type hit struct {
	subsystem int32
	rule      *Rule
}

// hits appends each subsystem with a matching pattern once, in order, unless
// one of its exclusions matches. Fallbacks without patterns are among them.
func (m *Map) hits(path string, hits []hit) []hit {
	var buf [16]int32
	last := int32(-1)
	fallbacks := m.fallbacks
	for _, id := range m.index.Match(path, m.dirs, buf[:0]) {
		r := m.rules[id]
		if r.subsystem == last {
			continue
		}
		for last = r.subsystem; len(fallbacks) > 0 && fallbacks[0] < last; fallbacks = fallbacks[1:] {
			hits = append(hits, hit{subsystem: fallbacks[0]})
		}
		if len(fallbacks) > 0 && fallbacks[0] == last {
			fallbacks = fallbacks[1:] // it has no rules but exclusions
		}
		if !r.exclude {
			hits = append(hits, hit{last, r.rule})
		}
	}
	for _, at := range fallbacks {
		hits = append(hits, hit{subsystem: at})
	}
	return hits
}

// owners keeps, in place, those of the hits that own the path.
func (m *Map) owners(hits []hit) []hit {
	kept := hits[:0:len(hits)]
	fallback := false
	for start := 0; start < len(hits); {
		end := start + 1
		for end < len(hits) && m.sets[hits[end].subsystem] == m.sets[hits[start].subsystem] {
			end++
		}
		for _, h := range m.choose(hits[start:end]) {
			if s := m.subsystems[h.subsystem]; !s.Optional {
				fallback = fallback || s.Fallback
				kept = append(kept, h)
			}
		}
		start = end
	}
	if !fallback {
		return kept
	}
	real := kept[:0]
	for _, h := range kept {
		if !m.subsystems[h.subsystem].Fallback {
			real = append(real, h)
		}
	}
	if len(real) > 0 {
		return real
	}
	return kept
}

// choose keeps, in place, what the mode of a ruleset leaves of its hits.
func (m *Map) choose(hits []hit) []hit {
	switch m.modes[hits[0].subsystem] {
	case Last:
		return m.staffed(hits[len(hits)-1:])
	case Each:
		return m.staffed(m.lastOfSections(hits))
	case Nearest:
		return m.staffed(m.nearest(hits))
	case All:
	}
	return hits
}

// staffed drops those that say that nobody owns the path.
func (m *Map) staffed(hits []hit) []hit {
	return slices.DeleteFunc(hits, func(h hit) bool {
		s := m.subsystems[h.subsystem]
		return len(s.Maintainers)+len(s.Reviewers) == 0
	})
}

// lastOfSections keeps the last hit of each section, in order.
func (m *Map) lastOfSections(hits []hit) []hit {
	kept := hits[:0]
	for i, h := range hits {
		section := m.subsystems[h.subsystem].Section
		later := slices.ContainsFunc(hits[i+1:], func(o hit) bool { return m.subsystems[o.subsystem].Section == section })
		if !later {
			kept = append(kept, h)
		}
	}
	return kept
}

// nearest drops what lies above the deepest directory that takes nothing from
// its parents, if somebody may approve there or below: as in Prow, parents stand
// in for nobody at all.
func (m *Map) nearest(hits []hit) []hit {
	top, deepest := -1, -1
	for _, h := range hits {
		if s := m.subsystems[h.subsystem]; len(s.Maintainers) > 0 {
			deepest = max(deepest, depth(s))
		}
	}
	for _, h := range hits {
		if s := m.subsystems[h.subsystem]; s.NoParents && depth(s) <= deepest {
			top = max(top, depth(s))
		}
	}
	return slices.DeleteFunc(hits, func(h hit) bool { return depth(m.subsystems[h.subsystem]) < top })
}

// depth counts the directories above the file that a subsystem stands in.
func depth(s *Subsystem) int { return strings.Count(path.Clean(s.Pos.File), "/") }

// Groups divides the owners of a path into groups, each of which needs its own
// approvals: from any of its subsystems. One that is Required stands alone, or
// with those of its section. With each, every subsystem is a group, but for
// those of a Nearest ruleset, which stand in for each other.
func (m *Map) Groups(owners []*Subsystem, each bool) [][]*Subsystem {
	var groups [][]*Subsystem
	type key struct {
		set     int32 // -1: any
		section string
	}
	shared := map[key]int{} // groups
	for i, s := range owners {
		at := m.order[s]
		k := key{set: -1}
		switch {
		case s.Required && s.Section != "":
			k = key{m.sets[at], s.Section}
		case s.Required, m.modes[at] == Each, each && m.modes[at] != Nearest:
			groups = append(groups, owners[i:i+1:i+1])
			continue
		case each:
			k.set = m.sets[at]
		}
		if g, ok := shared[k]; ok {
			groups[g] = append(groups[g], s)
			continue
		}
		shared[k] = len(groups)
		groups = append(groups, owners[i:i+1:i+1])
	}
	return groups
}

// Place gives the place of a subsystem in order of declaration.
func (m *Map) Place(s *Subsystem) int { return m.order[s] }
