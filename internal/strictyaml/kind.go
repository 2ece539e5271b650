package strictyaml

import "strings"

// kinds say what sort of fault a text tells of, by how it begins. What follows may
// quote the file.
var kinds = []struct{ begins, kind string }{
	{"unknown key ", "an unknown key"},
	{"key ", "a key that stands twice, or is not understood"},
	{"subsystem ", "a subsystem that is not understood, or stands twice"},
	{"the overlay ", "an overlay that fits no subsystem"},
	{"owner ", "an owner that is not understood"},
	{"pattern ", "a pattern that is not understood"},
	{"login ", "a login that is not understood"},
	{"cannot unmarshal ", "a value of another type than is wanted"},
	{"no value stands here", "a key without a value"},
	{"anchors and aliases ", "an anchor or an alias, which are not read"},
	{"nested more than ", "values that are nested too deep"},
	{"the file is empty", "nothing: the file is empty"},
	{"a second document", "a second document"},
	{"did not find expected ", "no valid YAML"},
	{"could not find expected ", "no valid YAML"},
	{"mapping values are not allowed", "no valid YAML"},
	{"found ", "no valid YAML"},
	{"want ", "another value than is wanted"},
	{"and ", "and more of the kind"},
}

// Kind says what sort of fault it is, in words of which none is of the file.
func (f Fault) Kind() string {
	for _, k := range kinds {
		if strings.HasPrefix(f.Text, k.begins) {
			return k.kind
		}
	}
	return "something that is not understood"
}
