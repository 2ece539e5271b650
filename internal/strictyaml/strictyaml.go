// Package strictyaml reads a YAML file into a struct and accepts nothing that
// it does not understand.
//
// It promises that a hostile document costs milliseconds and megabytes (a size
// cap, no aliases, a linear check for duplicate keys before the decoder, which
// would report them quadratically), that all faults are reported at once, and
// that each names its file and line and says what to write instead.
package strictyaml

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// MaxSize is the largest document that is read, in bytes.
const MaxSize = 4 << 20

// maxDepth bounds nesting; our files need less than ten levels.
const maxDepth = 64

// maxFaults bounds how many faults one error lists.
const maxFaults = 50

// Fault is one thing wrong with a file.
type Fault struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"` // 1 is the first; 0 where it concerns the file as a whole
	Text string `json:"text"`
}

// String gives "file:line: text".
func (f Fault) String() string {
	switch {
	case f.File == "":
		return f.Text
	case f.Line == 0:
		return f.File + ": " + f.Text
	}
	return f.File + ":" + strconv.Itoa(f.Line) + ": " + f.Text
}

// Faults is an error that lists faults by line.
type Faults []Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// AsFaults gives the faults in an error, or the error itself as one fault.
func AsFaults(err error) Faults {
	if err == nil {
		return nil
	}
	if fs, ok := errors.AsType[Faults](err); ok {
		return fs
	}
	return Faults{{Text: err.Error()}}
}

// Errorf is the error that an UnmarshalYAML method returns: it carries the
// node's line and lets the decoder go on and find the other faults.
func Errorf(n *yaml.Node, format string, args ...any) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %s", n.Line, fmt.Sprintf(format, args...))}}
}

// Int reads a whole number. The decoder by itself cuts 1.9 down to 1.
func Int(n *yaml.Node) (int, error) {
	var v int
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || n.Decode(&v) != nil {
		return 0, Errorf(n, "%q is no whole number", n.Value)
	}
	return v, nil
}

// Decode reads a mapping into the struct that v points to, and refuses keys that it does
// not have. Methods that decode a mapping node by themselves call it, because the
// decoder's own check does not reach there. The error has all faults.
func Decode(n *yaml.Node, v any) error {
	var all yaml.TypeError
	known := structKeys(v)[reflect.TypeOf(v).Elem().String()]
	for i := 0; i+1 < len(n.Content) && len(all.Errors) < maxFaults; i += 2 {
		if key := n.Content[i]; !slices.Contains(known, key.Value) {
			all.Errors = append(all.Errors, fmt.Sprintf("line %d: %s", key.Line, unknownKey(key.Value, known)))
		}
	}
	err := n.Decode(v)
	if wrong, ok := errors.AsType[*yaml.TypeError](err); ok {
		all.Errors = append(all.Errors, wrong.Errors...)
	} else if err != nil {
		return err
	}
	if len(all.Errors) > 0 {
		return &all
	}
	return nil
}

// Unmarshal reads one document into the struct that v points to. The error is
// Faults. An empty document is a fault.
func Unmarshal(file string, data []byte, v any) error { return unmarshal(file, data, v, false) }

// UnmarshalForeign is Unmarshal for formats that are not ours: a key may stand
// without a value there, as if it did not stand at all, and a value may be an
// alias of an earlier one. Merge keys are refused there, too: what they bring
// decides who owns what, and the libraries of other tools differ in it.
func UnmarshalForeign(file string, data []byte, v any) error { return unmarshal(file, data, v, true) }

func unmarshal(file string, data []byte, v any, foreign bool) error {
	faults := func(line int, format string, args ...any) error {
		return Faults{{File: file, Line: line, Text: fmt.Sprintf(format, args...)}}
	}
	if len(data) > MaxSize {
		return faults(0, "%d bytes are more than the %d that are read; split the file", len(data), MaxSize)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return decodeFaults(file, err, nil)
	}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return faults(0, "the file is empty; write at least: %s", firstKey(v))
	}
	if root := doc.Content[0]; root.Kind != yaml.MappingNode {
		return faults(root.Line, "want keys and values, such as: %s", firstKey(v))
	}
	found, whole := guard(file, &doc, 0, foreign)
	if !whole || len(found) >= maxFaults {
		return clip(found)
	}
	if n := (expansion{sizes: map[*yaml.Node]int{}}).excess(&doc); n != nil {
		return faults(n.Line, "aliases that hold each other, or too much; write the values out")
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(v); err != nil {
		found = append(found, decodeFaults(file, err, v)...)
	}
	if len(found) > 0 {
		slices.SortStableFunc(found, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
		return clip(slices.Compact(found))
	}
	var next yaml.Node
	if err := dec.Decode(&next); !errors.Is(err, io.EOF) {
		return faults(next.Line, "a second document; keep one in a file and remove the line with ---")
	}
	return nil
}

// guard finds what the decoder handles badly: aliases, duplicate keys, merge keys
// and keys in base64 or without text, which get past the check for duplicates, deep
// nesting, and missing values, for which it never asks a type whether it can do without.
// In foreign files aliases and missing values may be. whole reports whether values that
// are missing are all that was found: the decoder can find the rest.
func guard(file string, n *yaml.Node, depth int, foreign bool) (found Faults, whole bool) {
	fault := func(n *yaml.Node, format string, args ...any) (Faults, bool) {
		return Faults{{File: file, Line: n.Line, Text: fmt.Sprintf(format, args...)}}, false
	}
	if depth > maxDepth {
		return fault(n, "nested more than %d levels deep", maxDepth)
	}
	if !foreign && (n.Kind == yaml.AliasNode || n.Anchor != "") {
		return fault(n, `anchors and aliases are not read; a pattern that starts with * or & needs quotes, such as "*.go"`)
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" && !foreign {
		found, _ = fault(n, "missing value: set one or remove the key")
		return found, true
	}
	if n.Kind == yaml.MappingNode {
		found = append(found, guardKeys(file, n)...)
	}
	whole = len(found) == 0
	for _, child := range n.Content {
		if len(found) >= maxFaults {
			break
		}
		more, all := guard(file, child, depth+1, foreign)
		found, whole = append(found, more...), whole && all
	}
	return found, whole
}

// mergeKey is the key by which YAML takes the keys of another mapping.
const mergeKey = "<<"

// guardKeys is guard for the keys of one mapping.
func guardKeys(file string, n *yaml.Node) Faults {
	var found Faults
	fault := func(n *yaml.Node, format string, args ...any) {
		if len(found) < maxFaults {
			found = append(found, Fault{File: file, Line: n.Line, Text: fmt.Sprintf(format, args...)})
		}
	}
	seen := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch first, again := seen[key.Value]; {
		case key.Kind == yaml.AliasNode:
			fault(key, "a key is no alias; write it out")
		case key.Value == mergeKey:
			fault(key, "merge keys are not read; write out the keys that %s would bring", mergeKey)
		case key.Tag == "!!binary" || key.Tag == "!!null":
			fault(key, "a key is plain text; write it without %s", key.Tag)
		case again:
			fault(key, "duplicate key %q (first on line %d)", key.Value, first)
		}
		seen[key.Value] = cmp.Or(seen[key.Value], key.Line)
	}
	return found
}

// maxExpanded bounds how many values a document has when its aliases are written
// out.
const maxExpanded = 200_000

// expansion counts the values of nodes with their aliases written out.
type expansion struct {
	sizes map[*yaml.Node]int // of what aliases stand for; 0 while it is counted
}

// excess gives the first node with too many values; nil if there is none. A
// document without aliases has none.
func (e expansion) excess(n *yaml.Node) *yaml.Node {
	_, bad := e.size(n)
	return bad
}

func (e expansion) size(n *yaml.Node) (size int, bad *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		known, begun := e.sizes[n.Alias]
		switch {
		case begun && known == 0:
			return 0, n // it holds itself
		case begun:
			return known, nil
		}
		e.sizes[n.Alias] = 0
		if size, bad = e.size(n.Alias); bad == nil {
			e.sizes[n.Alias] = size
		}
		return size, bad
	}
	size = 1
	aliased := 0
	for _, child := range n.Content {
		more, bad := e.size(child)
		if bad != nil {
			return 0, bad
		}
		if size += more; child.Kind == yaml.AliasNode {
			aliased += more
		}
		if aliased > 0 && size > maxExpanded {
			return 0, child
		}
	}
	return size, nil
}

var (
	lineText     = regexp.MustCompile(`^(?:yaml: )?line (\d+): (?s)(.*)$`)
	unknownField = regexp.MustCompile(`^field (.+) not found in type (\S+)$`)
	wantedType   = regexp.MustCompile(` into \S+$`)
)

// TypeName names a Go type as messages do. Types of package policyfile go by the name
// policy: messages are stored, and a replay compares them.
func TypeName(name string) string { return strings.Replace(name, "policyfile.", "policy.", 1) }

// decodeFaults turns the decoder's errors into faults, by line.
func decodeFaults(file string, err error, v any) Faults {
	texts := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	if te, ok := errors.AsType[*yaml.TypeError](err); ok {
		texts = te.Errors
	}
	known := structKeys(v)
	found := make(Faults, 0, len(texts))
	for _, text := range texts {
		f := Fault{File: file, Text: text}
		if m := lineText.FindStringSubmatch(text); m != nil {
			f.Line, _ = strconv.Atoi(m[1]) // the expression matched digits
			f.Text = m[2]
		}
		if m := unknownField.FindStringSubmatch(f.Text); m != nil {
			f.Text = unknownKey(m[1], known[m[2]])
		}
		f.Text = hint(wantedType.ReplaceAllStringFunc(f.Text, TypeName))
		found = append(found, f)
	}
	slices.SortStableFunc(found, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return clip(found)
}

func clip(found Faults) Faults {
	if len(found) > maxFaults {
		found = append(found[:maxFaults:maxFaults], Fault{File: found[0].File, Text: fmt.Sprintf("and %d more", len(found)-maxFaults)})
	}
	return found
}

// hint adds what to write instead to the decoder's terse messages.
func hint(text string) string {
	switch {
	case strings.Contains(text, "unknown anchor"), strings.Contains(text, "alphabetic or numeric character"):
		return text + `; a pattern that starts with * or & needs quotes, such as "*.go"`
	case strings.Contains(text, "cannot start any token"):
		return text + `; put the value in quotes (names that start with @ need them too)`
	case strings.Contains(text, "found a tab character"):
		return text + "; indent with spaces"
	}
	return text
}
