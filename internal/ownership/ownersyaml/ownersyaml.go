// Package ownersyaml reads owners.yaml, in which Red Hat's kernel teams say who
// looks after which part of the kernel.
//
// The format is that of "The Format of owners.yaml" in the CentOS Stream kernel
// documentation (gitlab.com/redhat/centos-stream/src/kernel/documentation),
// whose tools turn includes, includeRegexes and excludes into the F:, N: and X:
// lines of MAINTAINERS; patterns are read by the rules of the kernel's script.
// People stand in the list of users under an anchor, and in subsystems by its
// alias; older files write them out.
//
// The package promises that reading costs what the length of the file says: an
// alias is followed only to a person. A key that nothing reads is a warning,
// but an error among paths, where it changes who owns a file. Which subsystem's
// approval a file needs is left to others; Required says which insist on theirs.
package ownersyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// GitLab is the name of the forge whose logins the file gives, as gluser.
const GitLab = "gitlab"

// Parse reads one file for a forge. On another than GitLab people are known by
// e-mail only: who has that login there may be somebody else. The error is
// strictyaml.Faults.
func Parse(f ownership.File, forge string) (ownership.Ruleset, []ownership.Warning, error) {
	r := &reader{file: f.Path, gitlab: strings.EqualFold(forge, GitLab), people: map[*yaml.Node]*person{}, lines: map[string]int{}}
	root := r.document(f.Data)
	if root == nil {
		return ownership.Ruleset{}, nil, r.faults
	}
	list := r.fields(root, "the file", "users", "external_tests", "subsystems")
	set := ownership.Ruleset{Mode: ownership.All}
	for _, n := range r.items(list["users"], "users") {
		r.person(n)
	}
	for _, n := range r.items(list["subsystems"], "subsystems") {
		set.Subsystems = append(set.Subsystems, r.subsystem(n))
	}
	if len(set.Subsystems) == 0 && len(r.faults) == 0 {
		r.fault(root, "no subsystems; list at least one below subsystems")
	}
	if len(r.faults) > 0 {
		return ownership.Ruleset{}, nil, r.faults
	}
	return set, r.warnings, nil
}

// reader holds what has been read so far.
type reader struct {
	file     string
	gitlab   bool
	people   map[*yaml.Node]*person
	lines    map[string]int // of subsystems, by name
	warnings []ownership.Warning
	faults   strictyaml.Faults
}

// maxFaults bounds how many faults one file gives.
const maxFaults = 50

func (r *reader) fault(n *yaml.Node, format string, args ...any) {
	switch len(r.faults) {
	case maxFaults + 1:
	case maxFaults:
		r.faults = append(r.faults, strictyaml.Fault{File: r.file, Text: "and more"})
	default:
		r.faults = append(r.faults, strictyaml.Fault{File: r.file, Line: n.Line, Text: fmt.Sprintf(format, args...)})
	}
}

func (r *reader) warn(n *yaml.Node, format string, args ...any) {
	r.warnings = append(r.warnings, ownership.Warning{Pos: r.pos(n), Text: fmt.Sprintf(format, args...)})
}

func (r *reader) pos(n *yaml.Node) ownership.Pos { return ownership.Pos{File: r.file, Line: n.Line} }

var syntaxError = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(?s)(.*)$`)

// document gives the mapping that the file is, or nil after a fault.
func (r *reader) document(data []byte) *yaml.Node {
	whole := &yaml.Node{}
	if len(data) > strictyaml.MaxSize {
		r.fault(whole, "%d bytes are more than the %d that are read; split the file", len(data), strictyaml.MaxSize)
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0:
		r.fault(whole, "the file is empty; list at least one subsystem below subsystems")
		return nil
	case err == nil:
		if err = dec.Decode(&next); err == nil {
			r.fault(&next, "a second document; keep one in a file and remove the line with ---")
			return nil
		}
	}
	if !errors.Is(err, io.EOF) {
		parts := syntaxError.FindStringSubmatch(err.Error())
		whole.Line, _ = strconv.Atoi(parts[1]) // the expression matched digits, or nothing for the whole file
		r.fault(whole, "%s; write YAML, with names that start with @ or * in quotes", parts[2])
		return nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		r.fault(root, "want keys and values, such as: subsystems: …")
		return nil
	}
	return root
}

// fields gives the values of a mapping by key. A value that is missing counts
// as a key that is missing.
func (r *reader) fields(n *yaml.Node, of string, known ...string) map[string]*yaml.Node {
	values := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		r.fault(n, "want keys and values for %s, such as %s: …%s", of, known[0], hint(n))
		return values
	}
	firsts := map[string]int{} // where in the mapping
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		first, again := firsts[key.Value]
		if again && !r.again(key, n.Content[first].Line, n.Content[first+1], value) {
			continue
		}
		if !again {
			firsts[key.Value] = i
		}
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			r.fault(key, "want a word as a key of %s, such as %s", of, known[0])
			continue
		}
		if value.Tag != "!!null" {
			values[key.Value] = value
		}
	}
	r.unknown(n, of, known)
	return values
}

// again tells of a key that stands already in an earlier line: a fault, unless both
// say the same. read is false for the one that is left out.
func (r *reader) again(key *yaml.Node, first int, before, now *yaml.Node) (read bool) {
	if !same(before, now) {
		r.fault(key, "duplicate key %q (first on line %d)", key.Value, first)
		return false
	}
	r.warn(key, "duplicate key %q (first on line %d, with the same value)", key.Value, first)
	return true
}

// same reports whether two values say the same.
func same(a, b *yaml.Node) bool {
	return a.Kind == b.Kind && a.Tag == b.Tag && a.Value == b.Value && a.Alias == b.Alias && slices.EqualFunc(a.Content, b.Content, same)
}

// unknown reports the keys that nothing reads.
func (r *reader) unknown(n *yaml.Node, of string, known []string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case slices.Contains(known, key.Value):
		case of == "paths":
			r.fault(key, "unknown key %q; paths have %s", key.Value, strings.Join(known, ", "))
		default:
			r.warn(key, "unknown key %q, which says nothing here", key.Value)
		}
	}
}

// items gives what a list has; none if there is no list.
func (r *reader) items(n *yaml.Node, key string) []*yaml.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind != yaml.SequenceNode:
		r.fault(n, "want a list for %s, with a dash before each entry%s", key, hint(n))
		return nil
	}
	return n.Content
}

// word gives a value that is no list.
func (r *reader) word(n *yaml.Node, key string) string {
	switch {
	case n == nil:
		return ""
	case n.Kind != yaml.ScalarNode:
		r.fault(n, "want one value for %s%s", key, hint(n))
		return ""
	}
	return n.Value
}

// truth gives a value that is true or false; false if there is none.
func (r *reader) truth(n *yaml.Node, key string) bool {
	var v bool
	if n != nil && (n.Kind != yaml.ScalarNode || n.Decode(&v) != nil) {
		r.fault(n, "%s: write true or false", key)
	}
	return v
}

// hint adds what is to be done with an alias in the wrong place.
func hint(n *yaml.Node) string {
	if n.Kind == yaml.AliasNode {
		return "; an alias stands for a person only: write this one out"
	}
	return ""
}
