// Package yamlmap reads the gate's own ownership map, usually
// .github/subsystems.yml: a list of subsystems with path patterns and people.
// Patterns are those of package glob; one that starts with ! takes files out
// of its subsystem again, wherever it stands in the list.
//
// Reading is strict: an unknown key, a pattern that does not compile or an
// owner that is none is an error with its line, because a map that is half
// understood gives files to the wrong people.
package yamlmap

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/share"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// DefaultPath is where a repository keeps its map unless its policy says
// otherwise.
const DefaultPath = ".github/subsystems.yml"

// File is the document as it is written.
type File struct {
	Version    int         `yaml:"version" json:"version" jsonschema:"enum=1,description=Version of this format; 1."`
	Subsystems []Subsystem `yaml:"subsystems" json:"subsystems,omitempty" jsonschema:"description=The areas of the tree. Every one whose patterns match a file owns it."`
	Overlays   []Overlay   `yaml:"overlays" json:"overlays,omitempty" jsonschema:"description=What this project has instead for subsystems that another source names\\, such as a section of MAINTAINERS."`
}

// Overlay is one entry of overlays. What it leaves out stays as the source has
// it.
type Overlay struct {
	Name        string            `yaml:"name" json:"name" jsonschema:"description=Name of the subsystem\\, as its source writes it."`
	Title       map[string]string `yaml:"title" json:"title,omitempty" jsonschema:"description=Title by language: en and zh-CN."`
	Maintainers []Owner           `yaml:"maintainers" json:"maintainers,omitempty" jsonschema:"description=People and teams in place of the source's maintainers and reviewers."`
	Reviewers   []Owner           `yaml:"reviewers" json:"reviewers,omitempty" jsonschema:"description=People and teams in place of the source's reviewers."`
	Threshold   Threshold         `yaml:"threshold" json:"threshold,omitempty" jsonschema:"description=A floor."`
	Contact     string            `yaml:"contact" json:"contact,omitempty" jsonschema:"description=How to reach its people."`
	Labels      []string          `yaml:"labels" json:"labels,omitempty" jsonschema:"description=Labels that belong to it."`
	Respond     *strictyaml.After `yaml:"respond_within" json:"respond_within,omitempty" jsonschema:"description=How soon a first review by its people should come: 12h\\, 3d or 2w\\, or off. It is told\\, and decides nothing. Default: what the policy says."`
	line        int
}

// UnmarshalYAML keeps the line on which the entry starts.
func (o *Overlay) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "want an overlay, such as {name: MEMORY MANAGEMENT, maintainers: [alice]}")
	}
	type plain Overlay
	if err := strictyaml.Decode(n, (*plain)(o)); err != nil {
		return err
	}
	if o.line = n.Line; o.Name == "" || len(n.Content) == 2 {
		return strictyaml.Errorf(n, "want the name of a subsystem and what it gets, such as {name: MEMORY MANAGEMENT, maintainers: [alice]}")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if list := n.Content[i+1]; list.Kind == yaml.SequenceNode && len(list.Content) == 0 {
			return strictyaml.Errorf(list, "an empty list would change nothing; leave out %s, or name who it is", n.Content[i].Value)
		}
	}
	return checkTitles(n, o.Name, o.Title)
}

func (o *Overlay) convert(file string) ownership.Overlay {
	return ownership.Overlay{
		Name: o.Name, Titles: o.Title, Maintainers: owners(o.Maintainers), Reviewers: owners(o.Reviewers),
		Threshold: o.Threshold.Threshold, Contact: o.Contact, Labels: o.Labels, Respond: (*time.Duration)(o.Respond),
		Pos: ownership.Pos{File: file, Line: o.line},
	}
}

// Subsystem is one entry of the list.
type Subsystem struct {
	Name        string            `yaml:"name" json:"name" jsonschema:"description=Short unique name\\, as shown in checks\\, such as mm or fs/erofs."`
	Title       map[string]string `yaml:"title" json:"title,omitempty" jsonschema:"description=Title by language: en and zh-CN."`
	Paths       []Path            `yaml:"paths" json:"paths,omitempty" jsonschema:"description=Patterns anchored at the root; ** spans directories\\, a leading ! excludes."`
	Maintainers []Owner           `yaml:"maintainers" json:"maintainers,omitempty" jsonschema:"description=People and teams whose approval makes a file reviewed."`
	Reviewers   []Owner           `yaml:"reviewers" json:"reviewers,omitempty" jsonschema:"description=People and teams who may be asked too; their approval counts only with reviewers_count."`
	Fallback    bool              `yaml:"fallback" json:"fallback,omitempty" jsonschema:"description=Owns a file only where no other subsystem does."`
	Threshold   Threshold         `yaml:"threshold" json:"threshold,omitempty" jsonschema:"description=A floor: the share of this subsystem's own files that its own maintainers must have reviewed."`
	Contact     string            `yaml:"contact" json:"contact,omitempty" jsonschema:"description=How to reach its people; shown when review is missing."`
	Labels      []string          `yaml:"labels" json:"labels,omitempty" jsonschema:"description=Labels that belong to it."`
	Respond     *strictyaml.After `yaml:"respond_within" json:"respond_within,omitempty" jsonschema:"description=How soon a first review by its people should come: 12h\\, 3d or 2w\\, or off. It is told\\, and decides nothing. Default: what the policy says."`
	line        int
}

// UnmarshalYAML keeps the line on which the entry starts.
func (s *Subsystem) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "want a subsystem, such as {name: mm, paths: [\"mm/**\"], maintainers: [alice]}")
	}
	type plain Subsystem
	if err := strictyaml.Decode(n, (*plain)(s)); err != nil {
		return err
	}
	s.line = n.Line
	return s.validate(n)
}

// Path is one pattern with its line.
type Path struct {
	pattern glob.Pattern
	exclude bool
	line    int
}

// UnmarshalYAML compiles the pattern.
func (p *Path) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return strictyaml.Errorf(n, `want a pattern in quotes, such as "mm/**"`)
	}
	text, exclude := strings.CutPrefix(n.Value, "!")
	pattern, err := glob.Compile(text)
	if err != nil {
		return strictyaml.Errorf(n, "%v", err)
	}
	*p = Path{pattern: pattern, exclude: exclude, line: n.Line}
	return nil
}

// Owner is a login, a team, or a bot that may approve:
// {login: "ci[bot]", bot: true}.
type Owner struct{ ownership.Owner }

// UnmarshalYAML reads either form.
func (o *Owner) UnmarshalYAML(n *yaml.Node) error {
	var long struct {
		Login string  `yaml:"login"`
		Bot   bool    `yaml:"bot"`
		ID    account `yaml:"id"`
	}
	name := n.Value
	if n.Kind == yaml.MappingNode {
		if err := strictyaml.Decode(n, &long); err != nil {
			return err
		}
		name = long.Login
	}
	owner, err := ownership.ParseOwner(name)
	if err != nil {
		return strictyaml.Errorf(n, "%v", err)
	}
	if owner.Bot = long.Bot; owner.Bot && owner.Team != "" {
		return strictyaml.Errorf(n, "owner %q: a team is no bot; list the bot by its login", name)
	}
	if owner.ID = int64(long.ID); owner.ID > 0 && owner.Team != "" {
		return strictyaml.Errorf(n, "owner %q: id is the number of a person's account, and a team has none", name)
	}
	o.Owner = owner
	return nil
}

// account is the number of an account: as the forge has it or, where a forge has 24 hexadecimal
// digits instead, made of these.
type account int64

// UnmarshalYAML reads either.
func (a *account) UnmarshalYAML(n *yaml.Node) error {
	number, err := strconv.ParseInt(n.Value, 10, 64)
	switch {
	case n.Kind == yaml.ScalarNode && hexadecimal.MatchString(n.Value):
		*a = account(pull.AccountNumber(n.Value))
	case n.Kind == yaml.ScalarNode && err == nil && number >= 0:
		*a = account(number)
	default:
		return strictyaml.Errorf(n, "id %q: write the number of the person's account, or the 24 hexadecimal digits that a GitCode has for it",
			n.Value)
	}
	return nil
}

var hexadecimal = regexp.MustCompile(`^[0-9a-fA-F]{24}$`)

// Threshold reads share.Threshold from YAML.
type Threshold struct{ share.Threshold }

// UnmarshalYAML reads "80%" and its other forms.
func (t *Threshold) UnmarshalYAML(n *yaml.Node) (err error) {
	if t.Threshold, err = share.ParseThreshold(n.Value); err != nil {
		return strictyaml.Errorf(n, "%v", err)
	}
	return nil
}

var namePattern = regexp.MustCompile(`^[^\s,|\x60<>@][^,|\x60<>\n]{0,79}$`)

func (s *Subsystem) validate(n *yaml.Node) error {
	switch {
	case s.Name == "":
		return strictyaml.Errorf(n, "a subsystem needs a name")
	case !namePattern.MatchString(s.Name):
		return strictyaml.Errorf(n, "name %q: at most 80 characters, without commas, bars, angle brackets, backquotes or a leading @", s.Name)
	case len(s.Maintainers) == 0:
		return strictyaml.Errorf(n, "subsystem %q has no maintainers, so nothing of it could ever be reviewed; name at least one", s.Name)
	}
	if err := checkTitles(n, s.Name, s.Title); err != nil {
		return err
	}
	includes := 0
	for _, p := range s.Paths {
		if !p.exclude {
			includes++
		}
	}
	if includes == 0 && !s.Fallback {
		return strictyaml.Errorf(n, "subsystem %q owns nothing: give it paths, or fallback: true", s.Name)
	}
	return nil
}

func checkTitles(n *yaml.Node, name string, titles map[string]string) error {
	for _, language := range slices.Sorted(maps.Keys(titles)) {
		if language != "en" && language != "zh-CN" {
			return strictyaml.Errorf(n, "subsystem %q has a title in %q; titles are read in en and zh-CN", name, language)
		}
	}
	return nil
}

// Parse reads one map. path is used in positions only. The error is
// strictyaml.Faults.
func Parse(path string, data []byte) (ownership.Ruleset, []ownership.Warning, error) {
	var f File
	if err := strictyaml.Unmarshal(path, data, &f); err != nil {
		return ownership.Ruleset{}, nil, err
	}
	if f.Version != 1 {
		return ownership.Ruleset{}, nil, strictyaml.Faults{{File: path, Line: 1, Text: "want version: 1; this gate reads no other"}}
	}
	if len(f.Subsystems)+len(f.Overlays) == 0 {
		return ownership.Ruleset{}, nil, strictyaml.Faults{{File: path, Text: "no subsystems; list at least one"}}
	}
	set := ownership.Ruleset{Own: true}
	var warnings []ownership.Warning
	for _, s := range f.Subsystems {
		set.Subsystems = append(set.Subsystems, s.convert(path))
		warnings = append(warnings, s.warn(path)...)
	}
	if _, err := ownership.New(set); err != nil { // names must be unique
		return ownership.Ruleset{}, nil, strictyaml.Faults{{Text: err.Error()}}
	}
	for _, o := range f.Overlays {
		set.Overlays = append(set.Overlays, o.convert(path))
	}
	return set, warnings, nil
}

func (s *Subsystem) convert(file string) ownership.Subsystem {
	out := ownership.Subsystem{
		Name: s.Name, Titles: s.Title, Fallback: s.Fallback, Threshold: s.Threshold.Threshold,
		Contact: s.Contact, Labels: s.Labels, Respond: (*time.Duration)(s.Respond), Pos: ownership.Pos{File: file, Line: s.line},
		Maintainers: owners(s.Maintainers), Reviewers: owners(s.Reviewers),
	}
	for _, p := range s.Paths {
		rule := ownership.Rule{Pattern: p.pattern, Pos: ownership.Pos{File: file, Line: p.line}}
		if p.exclude {
			out.Exclude = append(out.Exclude, rule)
		} else {
			out.Include = append(out.Include, rule)
		}
	}
	return out
}

func owners(list []Owner) []ownership.Owner {
	var out []ownership.Owner
	for _, o := range list {
		out = append(out, o.Owner)
	}
	return out
}

// warn finds people listed twice, which is harmless but seldom meant.
func (s *Subsystem) warn(file string) []ownership.Warning {
	var warnings []ownership.Warning
	all := append(owners(s.Maintainers), owners(s.Reviewers)...)
	for i, o := range all {
		for _, earlier := range all[:i] {
			if o.Equal(earlier) {
				warnings = append(warnings, ownership.Warning{
					Pos:  ownership.Pos{File: file, Line: s.line},
					Text: "subsystem " + s.Name + " lists " + o.String() + " twice",
				})
			}
		}
	}
	return warnings
}
