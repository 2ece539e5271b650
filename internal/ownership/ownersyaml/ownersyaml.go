// Package ownersyaml reads owners.yaml, the file from which Red Hat's kernels
// make their RHMAINTAINERS and CODEOWNERS.
//
// Its paths are those of MAINTAINERS: includes are F:, includeRegexes N: and
// excludes X:. Every subsystem that matches owns a file. One with
// requiredApproval needs approvals of its own, whatever else owns the file;
// those that share a label stand in for each other. People are known by e-mail,
// and by gluser on a forge that is called gitlab: that name is nobody's elsewhere.
// A key that says nothing about owners is a warning, an unknown one among paths
// an error.
//
// Source: the comments of info/owners.yaml in
// gitlab.com/redhat/centos-stream/src/kernel/documentation.
package ownersyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// GitLab is the name of the forge whose logins the file gives.
const GitLab = "gitlab"

type document struct {
	Subsystems []subsystem `yaml:"subsystems"`
}

type subsystem struct {
	Name             string   `yaml:"subsystem"`
	Labels           labels   `yaml:"labels"`
	Status           string   `yaml:"status"`
	RequiredApproval bool     `yaml:"requiredApproval"`
	Maintainers      []person `yaml:"maintainers"`
	Reviewers        []person `yaml:"reviewers"`
	Paths            paths    `yaml:"paths"`
	MailingList      string   `yaml:"mailingList"`
	line             int
	ignored          []*yaml.Node // keys
}

type labels struct {
	Name string   `yaml:"name"`
	New  []string `yaml:"newLabels"`
}

type person struct {
	Name       string `yaml:"name"`
	Email      string `yaml:"email"`
	GitLab     string `yaml:"gluser"`
	Restricted bool   `yaml:"restricted"`
	line       int
}

type paths struct {
	Includes []place `yaml:"includes"`
	Regexes  []place `yaml:"includeRegexes"`
	Excludes []place `yaml:"excludes"`
}

// place is a text and where it stands.
type place struct {
	text string
	line int
}

// known are the keys of a subsystem that are read, and those that are for other
// ends.
var known = []string{
	"subsystem", "labels", "status", "requiredApproval", "maintainers", "reviewers", "paths", "mailingList",
	"scm", "devel-sst", "qe-sst", "jiraComponent", "bugzillaComponent", "depSubsystem",
}

// UnmarshalYAML notes the keys that are not known.
func (s *subsystem) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "want a subsystem, such as {subsystem: mm, paths: {includes: [mm/]}, maintainers: […]}")
	}
	for i := 0; i < len(n.Content); i += 2 {
		if !slices.Contains(known, n.Content[i].Value) {
			s.ignored = append(s.ignored, n.Content[i])
		}
	}
	s.line = n.Line
	type plain subsystem
	if err := n.Decode((*plain)(s)); err != nil {
		return err
	}
	if s.Name == "" {
		return strictyaml.Errorf(n, "a subsystem needs a name, such as subsystem: mm")
	}
	return nil
}

// UnmarshalYAML takes the labels that are read.
func (l *labels) UnmarshalYAML(n *yaml.Node) error {
	type plain labels
	return n.Decode((*plain)(l))
}

// UnmarshalYAML keeps the line.
func (p *person) UnmarshalYAML(n *yaml.Node) error {
	p.line = n.Line
	type plain person
	return n.Decode((*plain)(p))
}

// UnmarshalYAML is strict: each key says who owns what.
func (p *paths) UnmarshalYAML(n *yaml.Node) error {
	if err := strictyaml.Keys(n, "excludes", "includeRegexes", "includes"); err != nil {
		return err
	}
	type plain paths
	return n.Decode((*plain)(p))
}

// UnmarshalYAML keeps the line.
func (p *place) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return strictyaml.Errorf(n, "want a path, such as mm/")
	}
	*p = place{n.Value, n.Line}
	return nil
}

// Parse reads one file for a forge. The error is strictyaml.Faults, with all of
// them.
func Parse(f ownership.File, forge string) (ownership.Ruleset, []ownership.Warning, error) {
	var doc document
	if err := strictyaml.UnmarshalForeign(f.Path, f.Data, &doc); err != nil {
		return ownership.Ruleset{}, nil, err
	}
	if len(doc.Subsystems) == 0 {
		return ownership.Ruleset{}, nil, strictyaml.Faults{{File: f.Path, Text: "no subsystems; list at least one"}}
	}
	p := parser{file: f.Path, gitlab: strings.EqualFold(forge, GitLab)}
	var set ownership.Ruleset
	for _, s := range doc.Subsystems {
		set.Subsystems = append(set.Subsystems, p.convert(s))
	}
	if len(p.faults) > 0 {
		return ownership.Ruleset{}, p.warnings, p.faults
	}
	return set, p.warnings, nil
}

type parser struct {
	file     string
	gitlab   bool
	warnings []ownership.Warning
	faults   strictyaml.Faults
}

func (p *parser) warn(line int, format string, args ...any) {
	p.warnings = append(p.warnings, ownership.Warning{Pos: ownership.Pos{File: p.file, Line: line}, Text: fmt.Sprintf(format, args...)})
}

func (p *parser) convert(s subsystem) ownership.Subsystem {
	for _, key := range s.ignored {
		p.warn(key.Line, "the key %s of %s is unknown, and is ignored", key.Value, s.Name)
	}
	out := ownership.Subsystem{
		Name: s.Name, Status: s.Status, Contact: s.MailingList, Required: s.RequiredApproval, Section: s.Labels.Name,
		Pos: ownership.Pos{File: p.file, Line: s.line},
	}
	if s.Labels.Name != "" {
		out.Labels = append(out.Labels, s.Labels.Name)
	}
	out.Labels = append(out.Labels, s.Labels.New...)
	out.Include = slices.Concat(p.rules(s.Paths.Includes, glob.CompileKernel), p.rules(s.Paths.Regexes, glob.CompileRegexp))
	out.Exclude = p.rules(s.Paths.Excludes, glob.CompileKernel)
	for _, m := range s.Maintainers {
		if m.Restricted { // whose approval is not asked for
			p.add(&out.Reviewers, m)
		} else {
			p.add(&out.Maintainers, m)
		}
	}
	for _, r := range s.Reviewers {
		p.add(&out.Reviewers, r)
	}
	return out
}

func (p *parser) rules(places []place, compile func(string) (glob.Pattern, error)) []ownership.Rule {
	rules := make([]ownership.Rule, 0, len(places))
	for _, pl := range places {
		if pl.text == "" {
			continue // an item of the list without a value
		}
		pattern, err := compile(pl.text)
		if err != nil {
			p.faults = append(p.faults, strictyaml.Fault{File: p.file, Line: pl.line, Text: err.Error()})
			continue
		}
		rules = append(rules, ownership.Rule{Pattern: pattern, Pos: ownership.Pos{File: p.file, Line: pl.line}})
	}
	return rules
}

// add adds a person once.
func (p *parser) add(owners *[]ownership.Owner, who person) {
	o := ownership.Owner{Name: who.Name, Email: who.Email}
	if p.gitlab && who.GitLab != "" {
		named, err := ownership.ParseOwner(who.GitLab)
		if err != nil {
			p.warn(who.line, "gluser: %v", err)
		}
		o.Login, o.Team = named.Login, named.Team
	}
	if cmp.Or(o.String(), who.GitLab) == "" {
		p.warn(who.line, "somebody without name and e-mail, who can't approve")
		return
	}
	if o.String() == "" {
		o.Name = who.GitLab
	}
	if !slices.ContainsFunc(*owners, o.Equal) {
		*owners = append(*owners, o)
	}
}
