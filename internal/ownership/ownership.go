// Package ownership answers who owns a path.
//
// It holds people and teams, subsystems with their path patterns, and the map
// that several ownership sources add up to. It promises that Match is pure,
// stable in order and safe for concurrent use, and that only path patterns
// give ownership. Reading files into rulesets is left to the packages below
// it, one per format; who may approve for an owner is package rule's.
package ownership

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

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

// Named is an owner by name and address, as far as there are both.
func (o Owner) Named() string {
	switch {
	case o.Name == "" || o.Name == o.Email:
		return o.Email
	case o.Email == "":
		return o.Name
	}
	return o.Name + " <" + o.Email + ">"
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
	teamPattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*/(?:ent:)?[A-Za-z0-9_][A-Za-z0-9._-]*$`) // ent: is an enterprise's team
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

// IsNothing reports whether a word stands where there is nobody, as people fill in tables and
// lists.
func IsNothing(text string) bool {
	return slices.Contains([]string{"", "-", "--", "/", "na", "n/a", "nil", "none", "null", "tbd", "无", "暂无"},
		strings.ToLower(strings.TrimSpace(text)))
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
	Respond     *time.Duration // within which a first review should come, 0: none; nil: what the policy says
	Pos         Pos

	Given        string        // the name as the source has it, where Name had to be made unique
	MinApprovals int           // of its maintainers; 0: what the policy says
	Required     bool          // its own approval is needed, whatever else owns the file
	Section      string        // in mode Each: each section's last matching rule owns; if Required: those that stand in for each other
	Optional     bool          // owns nothing by itself: its people may be asked
	NoParents    bool          // in mode Nearest: directories above own nothing here
	Content      []ContentRule // suggest its people for patches; they give no right
	Status       string        // as the source writes it, such as "Orphan"
}

// ContentRule is a pattern of a patch's text.
type ContentRule struct {
	Pattern *regexp.Regexp
	Look    *glob.Look // instead of Pattern, for an expression with look-around
	Source  string     // as it is written
	Pos     Pos
}

// SourceName gives the name as the source has it.
func (s *Subsystem) SourceName() string { return cmp.Or(s.Given, s.Name) }

// Title gives the title in a language, or the name.
func (s *Subsystem) Title(language string) string { return cmp.Or(s.Titles[language], s.Name) }

// Mode says which of the subsystems that match a path own it (package policy, §2).
type Mode int

// The modes of rulesets.
const (
	All     Mode = iota // every one
	Last                // the last one; one without people says that nobody owns it
	Nearest             // those with people of the longest directory, and of those above it until NoParents
	Each                // the last one of each section, and each needs its own approval
)

// Ruleset is what one ownership source says, in its order.
type Ruleset struct {
	Mode       Mode
	Subsystems []Subsystem
	Overlays   []Overlay // of subsystems of any ruleset
	// Own tells that people chose the names for this gate, so that one that
	// stands twice is an error. Names of other sources are told apart by their
	// place.
	Own bool
}

// Overlay gives a subsystem of another source what this project has instead. A
// field that is not set leaves what the source says.
type Overlay struct {
	Name        string // as the source gives it
	Titles      map[string]string
	Maintainers []Owner
	Reviewers   []Owner
	Threshold   share.Threshold
	Contact     string
	Labels      []string
	Respond     *time.Duration
	Pos         Pos
}

// lay changes a subsystem. Maintainers replace the reviewers, too: the source's
// are people of another project.
func (o *Overlay) lay(s *Subsystem) {
	if o.Titles != nil {
		s.Titles = o.Titles
	}
	if o.Maintainers != nil {
		s.Maintainers, s.Reviewers = o.Maintainers, nil
	}
	if o.Reviewers != nil {
		s.Reviewers = o.Reviewers
	}
	if o.Threshold.Set() {
		s.Threshold = o.Threshold
	}
	s.Contact = cmp.Or(o.Contact, s.Contact)
	if o.Labels != nil {
		s.Labels = o.Labels
	}
	s.Respond = cmp.Or(o.Respond, s.Respond)
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
	// Concerns are patterns of the files that it is about, one a line, as
	// glob.Compile reads them, for a line that has no effect; empty where it is
	// about all that the source says.
	Concerns string `json:"-"`
}

// Concerning keeps the warnings that are about some of the paths.
func Concerning(warnings []Warning, paths []string) []Warning {
	return slices.DeleteFunc(slices.Clone(warnings), func(w Warning) bool {
		if w.Concerns == "" {
			return false
		}
		for text := range strings.Lines(w.Concerns) {
			p, err := glob.Compile(strings.TrimSuffix(text, "\n"))
			if err != nil || slices.ContainsFunc(paths, p.Match) {
				return false
			}
		}
		return true
	})
}
