// Package ownership answers who owns a path.
//
// It holds people and teams, subsystems with their path patterns, and the map
// that several ownership sources add up to. It promises that Match is pure,
// stable in order and safe for concurrent use, and that only path patterns
// give ownership. Reading files into rulesets is left to the packages below
// it, one per format; who may approve for an owner is package policy's.
package ownership

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/share"
)

// Owner is a person or a team as an ownership source names it. At most one of
// Login and Team is set. An owner with neither is known by e-mail or name only:
// such a one is shown, and can't approve.
type Owner struct {
	Login string `json:"login,omitempty"`
	Team  string `json:"team,omitempty"` // "organisation/slug"
	Bot   bool   `json:"bot,omitempty"`  // a bot that may approve
	ID    int64  `json:"id,omitempty"`   // the forge's number of the login's account; 0: whoever is seen first
	Name  string `json:"name,omitempty"` // as a source writes it
	Email string `json:"email,omitempty"`
}

// Known tells whether the forge knows the owner: by login or as a team.
func (o Owner) Known() bool { return o.Login != "" || o.Team != "" }

// String gives "login", "@organisation/slug", or the e-mail or name of an owner
// that is not Known.
func (o Owner) String() string {
	if o.Team != "" {
		return "@" + o.Team
	}
	return cmp.Or(o.Login, o.Email, o.Name)
}

// Equal compares without case, as forges do.
func (o Owner) Equal(p Owner) bool {
	if !o.Known() && !p.Known() {
		return strings.EqualFold(o.String(), p.String())
	}
	return strings.EqualFold(o.Login, p.Login) && strings.EqualFold(o.Team, p.Team)
}

var (
	loginPattern = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?(?:\[bot\])?$`)
	teamPattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*$`)
)

// ParseOwner reads "alice", "@alice" or "@acme/mm".
func ParseOwner(s string) (Owner, error) {
	name := strings.TrimPrefix(s, "@")
	switch {
	case teamPattern.MatchString(name) && name != s:
		return Owner{Team: name}, nil
	case teamPattern.MatchString(name):
		return Owner{}, fmt.Errorf(`owner %q: write a team with a leading @ and in quotes, "@%s"`, s, s)
	case loginPattern.MatchString(name):
		return Owner{Login: name}, nil
	}
	return Owner{}, fmt.Errorf(`owner %q: want a login, such as alice, or a team in quotes, such as "@acme/mm"`, s)
}

// Pos is a place in a file; Line 1 is the first.
type Pos struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// String gives "file:line".
func (p Pos) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Rule is one path pattern and where it stands.
type Rule struct {
	Pattern glob.Pattern
	Pos     Pos
}

// Subsystem is a named area with its people and its own rules.
type Subsystem struct {
	Name        string
	Titles      map[string]string // by language tag; may be empty
	Include     []Rule            // empty for a fallback: everything
	Exclude     []Rule
	Maintainers []Owner
	Reviewers   []Owner
	Fallback    bool            // owns a file only where no other subsystem does
	Threshold   share.Threshold // a floor on its own files; unset: none
	Contact     string
	Labels      []string
	Pos         Pos

	MinApprovals int           // of its maintainers; 0: what the policy says
	Section      string        // in mode Each: the last rule of each section that matches owns
	Optional     bool          // owns nothing by itself: its people may be asked
	NoParents    bool          // in mode Nearest: directories above own nothing here
	Content      []ContentRule // suggest its people for patches; they give no right
	Status       string        // as the source writes it, such as "Orphan"
}

// ContentRule is a pattern of a patch's text.
type ContentRule struct {
	Pattern *regexp.Regexp
	Source  string // as it is written
	Pos     Pos
}

// Title gives the title in a language, or the name.
func (s *Subsystem) Title(language string) string { return cmp.Or(s.Titles[language], s.Name) }

// Mode says which of the subsystems that match a path own it (gate.md §2).
type Mode int

// The modes of rulesets.
const (
	All     Mode = iota // every one
	Last                // the last one; one without people says that nobody owns it
	Nearest             // those of the longest directory, and of those above it until NoParents
	Each                // the last one of each section, and each needs its own approval
)

// Ruleset is what one ownership source says, in its order.
type Ruleset struct {
	Mode       Mode
	Subsystems []Subsystem
}

// File is an ownership file as it was read.
type File struct {
	Path string
	Data []byte
}

// Warning is something in a source that people should mend, but that leaves
// its meaning clear.
type Warning struct {
	Pos  Pos    `json:"pos"`
	Text string `json:"text"`
}

// Map is the ownership of a tree: all sources added up.
type Map struct {
	subsystems []*Subsystem
	index      *glob.Index
	rules      []ruleOf     // by id in index
	fallbacks  []*Subsystem // those without patterns, which own everything left
	order      map[*Subsystem]int
}

type ruleOf struct {
	subsystem int
	rule      *Rule
}

// New adds rulesets up to one map. Two subsystems of one name are an error,
// because floors, labels and words go by the name.
func New(sets ...Ruleset) (*Map, error) {
	m := &Map{order: map[*Subsystem]int{}}
	seen := map[string]*Subsystem{}
	var patterns []glob.Pattern
	for i := range sets {
		for j := range sets[i].Subsystems {
			s := &sets[i].Subsystems[j]
			if first := seen[s.Name]; first != nil {
				return nil, fmt.Errorf("%s: subsystem %q stands already at %s; give it another name", s.Pos, s.Name, first.Pos)
			}
			seen[s.Name] = s
			at := len(m.subsystems)
			m.order[s] = at
			m.subsystems = append(m.subsystems, s)
			if s.Fallback && len(s.Include) == 0 {
				m.fallbacks = append(m.fallbacks, s)
			}
			for k := range s.Include {
				patterns = append(patterns, s.Include[k].Pattern)
				m.rules = append(m.rules, ruleOf{at, &s.Include[k]})
			}
		}
	}
	m.index = glob.NewIndex(patterns)
	return m, nil
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
func (m *Map) Match(path string) []*Subsystem { return subsystems(m.Explain(path)) }

// Fallback gives the fallback subsystems that match a path, whether or not
// another subsystem owns it.
func (m *Map) Fallback(path string) []*Subsystem {
	var buf [8]Hit
	return subsystems(m.fallback(path, m.hits(path, buf[:0])))
}

func subsystems(hits []Hit) []*Subsystem {
	out := make([]*Subsystem, len(hits))
	for i, h := range hits {
		out[i] = h.Subsystem
	}
	return out
}

// Explain gives the subsystems that own a path, as Match does, with the rules
// that say so.
func (m *Map) Explain(path string) []Hit {
	var buf [8]Hit
	hits := m.hits(path, buf[:0])
	owners := make([]Hit, 0, len(hits))
	for _, h := range hits {
		if !h.Subsystem.Fallback {
			owners = append(owners, h)
		}
	}
	if len(owners) == 0 {
		return m.fallback(path, hits)
	}
	return owners
}

// fallback gives the fallbacks among the hits, and those without patterns.
func (m *Map) fallback(path string, hits []Hit) []Hit {
	var owners []Hit
	for _, h := range hits {
		if h.Subsystem.Fallback {
			owners = append(owners, h)
		}
	}
	for _, s := range m.fallbacks {
		if !excluded(s, path) {
			owners = append(owners, Hit{Subsystem: s})
		}
	}
	slices.SortFunc(owners, func(a, b Hit) int { return cmp.Compare(m.order[a.Subsystem], m.order[b.Subsystem]) })
	return owners
}

// hits appends each subsystem with a matching pattern once, in order, unless
// one of its exclusions matches.
func (m *Map) hits(path string, hits []Hit) []Hit {
	var buf [16]int
	last := -1
	for _, id := range m.index.Match(path, nil, buf[:0]) {
		r := m.rules[id]
		if r.subsystem == last {
			continue
		}
		last = r.subsystem
		if s := m.subsystems[last]; !excluded(s, path) {
			hits = append(hits, Hit{s, r.rule})
		}
	}
	return hits
}

func excluded(s *Subsystem, path string) bool {
	return slices.ContainsFunc(s.Exclude, func(r Rule) bool { return r.Pattern.Match(path) })
}
