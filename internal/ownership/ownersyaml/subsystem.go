package ownersyaml

import (
	"cmp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
)

// subsystem reads one entry of the list.
func (r *reader) subsystem(n *yaml.Node) ownership.Subsystem {
	f := r.fields(n, "a subsystem", "subsystem", "labels", "status", "devel-sst", "qe-sst", "jiraComponent",
		"requiredApproval", "maintainers", "reviewers", "paths", "scm", "mailingList", "testVariants")
	s := ownership.Subsystem{
		Name: r.word(f["subsystem"], "subsystem"), Status: r.word(f["status"], "status"), Pos: r.pos(n),
		Contact: r.word(f["mailingList"], "mailingList"), Labels: r.labels(f["labels"]),
		Required: r.truth(f["requiredApproval"], "requiredApproval"),
	}
	if len(s.Labels) > 0 && s.Required {
		s.Section = s.Labels[0] // its maintainers are asked by label
	}
	if s.Name == "" {
		if n.Kind == yaml.MappingNode {
			r.fault(n, "a subsystem needs a name; write - subsystem: Name")
		}
		return s
	}
	if first := r.lines[s.Name]; first != 0 {
		r.fault(n, "subsystem %q stands already in line %d; give it another name", s.Name, first)
	}
	r.lines[s.Name] = n.Line
	r.addPeople(&s, f["maintainers"], f["reviewers"])
	r.addPaths(&s, f["paths"])
	if len(s.Maintainers) == 0 && r.gitlab {
		r.warn(n, "subsystem %q has no maintainer who may approve", s.Name)
	}
	if len(s.Include) == 0 {
		r.warn(n, "subsystem %q has no paths, so it owns nothing", s.Name)
	}
	return s
}

// labels gives the labels that Red Hat's bot sets for a subsystem.
func (r *reader) labels(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	f := r.fields(n, "labels", "name", "readyForMergeDeps", "newLabels", "emailLabel")
	var labels []string
	if name := r.word(f["name"], "name"); name != "" {
		labels = append(labels, "Subsystem:"+name)
	}
	extra := f["newLabels"]
	if extra != nil && extra.Kind == yaml.ScalarNode {
		return append(labels, extra.Value)
	}
	for _, item := range r.items(extra, "newLabels") {
		labels = append(labels, r.word(item, "newLabels"))
	}
	return labels
}

// addPaths compiles the patterns.
func (r *reader) addPaths(s *ownership.Subsystem, n *yaml.Node) {
	if n == nil {
		return
	}
	f := r.fields(n, "paths", "includes", "includeRegexes", "excludes")
	s.Include = append(s.Include, r.rules(f["includes"], "includes", glob.CompileKernel)...)
	s.Include = append(s.Include, r.rules(f["includeRegexes"], "includeRegexes", glob.CompilePerl)...)
	s.Exclude = r.rules(f["excludes"], "excludes", glob.CompileKernel)
}

func (r *reader) rules(n *yaml.Node, key string, compile func(string) (glob.Pattern, error)) []ownership.Rule {
	var rules []ownership.Rule
	for _, item := range r.items(n, key) {
		text := r.word(item, key)
		if item.Kind != yaml.ScalarNode {
			continue
		}
		if strings.TrimSpace(text) == "" {
			r.fault(item, "an empty pattern would match every file; name a path in %s", key)
			continue
		}
		pattern, err := compile(text)
		if err != nil {
			r.fault(item, "%v", err)
			continue
		}
		rules = append(rules, ownership.Rule{Pattern: pattern, Pos: r.pos(item)})
	}
	return rules
}

// person is one entry of users, or one written out.
type person struct {
	owner      ownership.Owner
	restricted bool
}

// addPeople lists who may approve and who may be asked. Restricted people are
// not among those whose review may be required, so they are shown without their
// login, by which they could approve.
func (r *reader) addPeople(s *ownership.Subsystem, maintainers, reviewers *yaml.Node) {
	for _, n := range r.items(maintainers, "maintainers") {
		switch p := r.person(n); {
		case p == nil:
		case p.restricted:
			s.Reviewers = append(s.Reviewers, p.owner)
		default:
			s.Maintainers = append(s.Maintainers, p.owner)
		}
	}
	for _, n := range r.items(reviewers, "reviewers") {
		if p := r.person(n); p != nil {
			s.Reviewers = append(s.Reviewers, p.owner)
		}
	}
}

// person reads one person, following an alias; each node is read once. It gives
// nil after a fault.
func (r *reader) person(n *yaml.Node) *person {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if p, done := r.people[n]; done {
		return p
	}
	r.people[n] = nil
	f := r.fields(n, "a person", "name", "email", "gluser", "restricted")
	p := &person{
		owner:      ownership.Owner{Name: r.word(f["name"], "name"), Email: r.word(f["email"], "email")},
		restricted: r.truth(f["restricted"], "restricted"),
	}
	login := r.word(f["gluser"], "gluser")
	name := cmp.Or(p.owner.Name, p.owner.Email, login)
	if name == "" {
		if n.Kind == yaml.MappingNode {
			r.fault(n, "nobody stands here; write name, email and gluser")
		}
		return nil
	}
	r.people[n] = p
	owner, err := ownership.ParseOwner(login)
	switch {
	case !r.gitlab:
	case login == "":
		r.warn(n, "%s has no gluser, and can't approve", name)
	case err != nil || owner.Login == "":
		r.warn(f["gluser"], "gluser %q is no login, such as alice; until it is, %s can't approve", login, name)
	case !p.restricted:
		p.owner.Login = owner.Login
	}
	if !p.owner.Known() && p.owner.Email == "" {
		p.owner.Name = name
	}
	return p
}
