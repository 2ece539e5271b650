// Package ownersfile reads trees of OWNERS files as Kubernetes' Prow has them:
// one in a directory says who approves and who reviews what lies below it, and
// the directories above have their say, too, until one is told that its parents
// have none.
//
// A file becomes a subsystem named by its directory, or one for each of its
// filters. Logins are compared without case, aliases are expanded. A key that
// Prow ignores is a warning; an unknown option is an error with its line. Which
// directories have no say is Ignore's.
//
// Sources: docs.prow.k8s.io, "OWNERS files" and "approve"; for the files of
// openEuler, whose maintainers and committers approve, its own bot's manual.
package ownersfile

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// DefaultName is what the files are called.
const DefaultName = "OWNERS"

// AliasesName is the file at the root that names groups of people.
func AliasesName(name string) string { return name + "_ALIASES" }

// Files lists the files that the owners of changed paths depend on, sorted: the
// aliases, and one in each directory above that is not ignored.
func Files(name string, changed []string, ignore Ignore) []string {
	seen := map[string]bool{AliasesName(name): true, name: true}
	for _, p := range changed {
		for dir := path.Dir(strings.TrimPrefix(p, "/")); dir != "." && dir != "/" && !seen[path.Join(dir, name)]; dir = path.Dir(dir) {
			if !ignore.Has(dir) {
				seen[path.Join(dir, name)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// document is an OWNERS file.
type document struct {
	config  `yaml:",inline"`
	Options options           `yaml:"options"`
	Filters map[string]filter `yaml:"filters"`
	ignored []*yaml.Node      // keys
}

// config is what a file, or a filter of one, says.
type config struct {
	Approvers         []string `yaml:"approvers"`
	Maintainers       []string `yaml:"maintainers"`
	Committers        []string `yaml:"committers"`
	Reviewers         []string `yaml:"reviewers"`
	RequiredReviewers []string `yaml:"required_reviewers"`
	Labels            []string `yaml:"labels"`
	Emeritus          []string `yaml:"emeritus_approvers"`
}

type filter struct {
	config  `yaml:",inline"`
	line    int
	ignored []*yaml.Node // keys
}

type options struct {
	NoParentOwners   bool `yaml:"no_parent_owners"`
	AutoApproveBelow bool `yaml:"auto_approve_unowned_subfolders"`
}

// aliases is the file that names groups.
type aliases struct {
	Aliases map[string]group `yaml:"aliases"`
}

// group is a list of people, or a mapping of them to nothing, as {alice, bob} is
// in YAML.
type group []string

// UnmarshalYAML reads either form.
func (g *group) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return n.Decode((*[]string)(g))
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Kind != yaml.ScalarNode || n.Content[i+1].Tag != "!!null" {
			return strictyaml.Errorf(key, "want a list of people, such as [alice, bob]")
		}
		*g = append(*g, n.Content[i].Value)
	}
	return nil
}

var configKeys = []string{"approvers", "committers", "emeritus_approvers", "labels", "maintainers", "required_reviewers", "reviewers"}

// UnmarshalYAML notes the keys that Prow and its kin read for other ends, or not
// at all.
func (d *document) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "want who approves, such as approvers: [alice]")
	}
	d.ignored = ignoredKeys(n, "options", "filters")
	type plain document
	return n.Decode((*plain)(d))
}

// ignoredKeys lists the keys that neither say who approves nor are among others.
func ignoredKeys(n *yaml.Node, others ...string) []*yaml.Node {
	var keys []*yaml.Node
	for i := 0; i < len(n.Content); i += 2 {
		if key := n.Content[i]; !slices.Contains(others, key.Value) && !slices.Contains(configKeys, key.Value) {
			keys = append(keys, key)
		}
	}
	return keys
}

// UnmarshalYAML notes the keys that Prow ignores. One that is nearly a key of
// ours was meant to say who approves.
func (f *filter) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "want who approves the filter's files, such as {approvers: [alice]}")
	}
	f.line, f.ignored = n.Line, ignoredKeys(n)
	for _, key := range f.ignored {
		if meant := strictyaml.Meant(key.Value, configKeys); meant != "" {
			return strictyaml.Errorf(key, "unknown key %q; did you mean %q?", key.Value, meant)
		}
	}
	type plain filter
	return n.Decode((*plain)(f))
}

// UnmarshalYAML is strict about options.
func (o *options) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "want options, such as {no_parent_owners: true}")
	}
	type plain options
	return strictyaml.Decode(n, (*plain)(o))
}

// Parse reads the files that there are of a tree; each must be called name, and
// the aliases AliasesName. The error is strictyaml.Faults, with all of them.
func Parse(name string, files []ownership.File) (ownership.Ruleset, []ownership.Warning, error) {
	p := parser{aliases: map[string][]string{}}
	set := ownership.Ruleset{Mode: ownership.Nearest}
	for _, f := range files {
		if f.Path == AliasesName(name) {
			p.readAliases(f)
		}
	}
	for _, f := range files {
		if path.Base(f.Path) == name {
			set.Subsystems = append(set.Subsystems, p.read(f)...)
		}
	}
	if len(p.faults) > 0 {
		return ownership.Ruleset{}, p.warnings, p.faults
	}
	return set, p.warnings, nil
}

type parser struct {
	aliases  map[string][]string // by name in lower case
	warnings []ownership.Warning
	faults   strictyaml.Faults
}

func (p *parser) warn(file string, line int, format string, args ...any) {
	p.warnings = append(p.warnings, ownership.Warning{Pos: ownership.Pos{File: file, Line: max(line, 1)}, Text: fmt.Sprintf(format, args...)})
}

func (p *parser) readAliases(f ownership.File) {
	var doc aliases
	if blank(f.Data) {
		return
	}
	if err := strictyaml.UnmarshalForeign(f.Path, f.Data, &doc); err != nil {
		p.faults = append(p.faults, strictyaml.AsFaults(err)...)
		return
	}
	for _, alias := range slices.Sorted(maps.Keys(doc.Aliases)) {
		key := strings.ToLower(alias)
		if p.aliases[key] != nil {
			p.faults = append(p.faults,
				strictyaml.Fault{File: f.Path, Line: 1, Text: fmt.Sprintf("alias %q stands twice, as names are compared without case; keep one",
					alias)})
		}
		p.aliases[key] = append([]string{}, doc.Aliases[alias]...)
	}
}

// read gives the subsystems of one file.
func (p *parser) read(f ownership.File) []ownership.Subsystem {
	var doc document
	if blank(f.Data) {
		p.warn(f.Path, 1, "says nothing; remove it, or name approvers")
	} else if err := strictyaml.UnmarshalForeign(f.Path, f.Data, &doc); err != nil {
		p.faults = append(p.faults, strictyaml.AsFaults(err)...)
		return nil
	}
	p.ignored(f.Path, doc.ignored)
	if doc.Options.AutoApproveBelow {
		p.warn(f.Path, 1, "auto_approve_unowned_subfolders is not followed: files below need approval like any other")
	}
	dir := path.Dir(f.Path)
	if dir == "." {
		dir = ""
	}
	all := ownership.Subsystem{Name: dir + "/", Pos: ownership.Pos{File: f.Path, Line: 1}, NoParents: doc.Options.NoParentOwners}
	all.Include = p.below(f.Path, dir)
	if len(doc.Filters) == 0 {
		p.staff(&all, doc.config, f.Path, 1)
		return []ownership.Subsystem{all}
	}
	if doc.config.names() {
		p.faults = append(p.faults, strictyaml.Fault{File: f.Path, Line: 1,
			Text: "approvers and reviewers stand beside filters, and Prow would read only one of the two; " +
				`write those for all files under filters: {".*": …}`})
		return nil
	}
	subsystems := []ownership.Subsystem{all} // without people; it ends what the parents say
	for _, expression := range slices.Sorted(maps.Keys(doc.Filters)) {
		c := doc.Filters[expression]
		p.ignored(f.Path, c.ignored)
		s := ownership.Subsystem{Name: dir + "/ " + expression, Pos: ownership.Pos{File: f.Path, Line: c.line}, NoParents: all.NoParents}
		pattern, err := glob.CompileRegexpBelow(dir, expression)
		if err != nil {
			p.faults = append(p.faults, strictyaml.Fault{File: f.Path, Line: c.line, Text: err.Error()})
			continue
		}
		s.Include = []ownership.Rule{{Pattern: pattern, Pos: s.Pos}}
		p.staff(&s, c.config, f.Path, c.line)
		subsystems = append(subsystems, s)
	}
	return subsystems
}

// ignored tells of keys.
func (p *parser) ignored(file string, keys []*yaml.Node) {
	for _, key := range keys {
		p.warn(file, key.Line, "the key %s says nothing about who approves, and is ignored", key.Value)
	}
}

// blank tells whether a file has nothing but comments.
func blank(data []byte) bool {
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return false
		}
	}
	return true
}

func (c *config) names() bool {
	return len(c.Approvers)+len(c.Maintainers)+len(c.Committers)+len(c.Reviewers)+len(c.RequiredReviewers) > 0
}

// below gives the rule for all that lies below a directory.
func (p *parser) below(file, dir string) []ownership.Rule {
	text, shown := "**", "**"
	if dir != "" {
		text, shown = glob.Quote(dir)+"/**", dir+"/**"
	}
	pattern, err := glob.Translate(shown, text)
	if err != nil {
		p.faults = append(p.faults, strictyaml.Fault{File: file, Text: err.Error()})
		return nil
	}
	return []ownership.Rule{{Pattern: pattern, Pos: ownership.Pos{File: file, Line: 1}}}
}

// staff fills in the people and the labels.
func (p *parser) staff(s *ownership.Subsystem, c config, file string, line int) {
	s.Maintainers = p.owners(slices.Concat(c.Approvers, c.Maintainers, c.Committers), file, line)
	s.Reviewers = p.owners(slices.Concat(c.Reviewers, c.RequiredReviewers), file, line)
	s.Labels = c.Labels
	if len(c.RequiredReviewers) > 0 {
		p.warn(file, line, "required_reviewers may be asked, and nothing requires them here")
	}
}

// owners expands aliases and reads logins. Whoever is neither can't approve.
func (p *parser) owners(names []string, file string, line int) []ownership.Owner {
	var owners []ownership.Owner
	add := func(name string) {
		o, err := ownership.ParseOwner(name)
		if err != nil {
			p.warn(file, line, "%q is neither a login nor an alias of %s", name, AliasesName(path.Base(file)))
			o = ownership.Owner{Name: name}
		}
		if !slices.ContainsFunc(owners, o.Equal) {
			owners = append(owners, o)
		}
	}
	for _, name := range names {
		if name == "" {
			continue // an item of the list without a value
		}
		people, ok := p.aliases[strings.ToLower(name)]
		if !ok {
			add(name)
		}
		for _, login := range people {
			add(login)
		}
	}
	return owners
}
