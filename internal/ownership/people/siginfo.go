package people

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// SigInfoName is what the file of a special interest group is called.
const SigInfoName = "sig-info.yaml"

// sigLists are the keys of a sig-info.yaml that list people.
var sigLists = []string{"maintainers", "repo_admin", "admins", "committers", "contributors", "keeper"}

// sigLogins are the keys of a person's logins, with the words that the forge goes by.
var sigLogins = []struct {
	key    string
	forges []string
}{{"gitee_id", []string{"gitee"}}, {"atomgit_id", []string{"gitcode", "atomgit"}}}

// sigInfo takes any mapping: keys that say nothing here are somebody else's.
type sigInfo struct{ root *yaml.Node }

func (s *sigInfo) UnmarshalYAML(n *yaml.Node) error {
	s.root = n
	return nil
}

// ParseSigInfo reads who is who from the sig-info.yaml of a special interest group, as openEuler
// keeps them: https://gitee.com/openeuler/community/tree/master/sig. Each person in any of
// its lists counts; what the lists are for is not read. The error is strictyaml.Faults.
func ParseSigInfo(f ownership.File, forge ownership.Forge) (People, []ownership.Warning, error) {
	var doc sigInfo
	if err := strictyaml.UnmarshalForeign(f.Path, f.Data, &doc); err != nil {
		return People{}, nil, err
	}
	r := sigReader{file: f.Path, forge: forge}
	r.walk(doc.root)
	if len(r.entries) == 0 {
		return People{}, nil, strictyaml.Faults{{File: f.Path, Text: "nobody with a login or an address; want maintainers: [{gitee_id: alice, " +
			"email: alice@example.org}], or committers of repositories"}}
	}
	return Listed(f.Path, r.entries), warned(&r.warnings), nil
}

// sigReader collects people.
type sigReader struct {
	file     string
	forge    ownership.Forge
	entries  []Entry
	warnings ownership.Notes[ownership.Warning]
}

func (r *sigReader) warn(n *yaml.Node, format string, args ...any) {
	r.warnings.Add(ownership.Warning{Pos: ownership.Pos{File: r.file, Line: n.Line}, Text: fmt.Sprintf(format, args...)})
}

// walk finds the lists of people, at any depth.
func (r *sigReader) walk(n *yaml.Node) {
	n = meant(n)
	if n.Kind != yaml.MappingNode {
		for _, child := range n.Content {
			r.walk(child)
		}
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], meant(n.Content[i+1])
		if !slices.Contains(sigLists, key.Value) {
			r.walk(value)
			continue
		}
		if value.Kind != yaml.SequenceNode {
			if value.Tag != "!!null" {
				r.warn(key, "%s is no list of people, and says nothing here", key.Value)
			}
			continue
		}
		for _, child := range value.Content {
			r.person(key.Value, meant(child))
		}
	}
}

// meant is the value that an alias stands for, or the value itself.
func meant(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// person reads one entry of a list.
func (r *sigReader) person(list string, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		r.warn(n, "an entry of %s says nothing here; want {gitee_id: alice, email: alice@example.org}", list)
		return
	}
	values := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if value := meant(n.Content[i+1]); value.Kind == yaml.ScalarNode && value.Tag != "!!null" && !ownership.IsNothing(value.Value) {
			values[n.Content[i].Value] = strings.TrimSpace(value.Value)
		}
	}
	e := Entry{Name: values["name"], Email: values["email"], Line: n.Line}
	if e.Email != "" && !isAddress(e.Email) {
		r.warn(n, "%q is no e-mail address, and says nothing here", clip(e.Email))
		e.Email = ""
	}
	if e.Logins = r.logins(n, values); len(e.Logins) == 0 && e.Email == "" {
		r.warn(n, "an entry of %s has neither a login nor an address, and says nothing here", list)
		return
	}
	r.entries = append(r.entries, e)
}

// logins are those of a person: on the forge that is meant, or on all where it is none of
// those.
func (r *sigReader) logins(n *yaml.Node, values map[string]string) map[string]string {
	logins := map[string]string{}
	for _, from := range sigLogins {
		login := values[from.key]
		if login == "" {
			continue
		}
		if o, err := ownership.ParseOwner(login); err != nil || o.Login != login {
			r.warn(n, "%s: %q is no login, and says nothing here", from.key, clip(login))
			continue
		}
		for _, forge := range from.forges {
			logins[forge] = login
		}
		if r.forge.Name != "" && slices.ContainsFunc(from.forges, r.forge.Is) {
			logins[strings.ToLower(r.forge.Name)] = login
		}
	}
	return logins
}
