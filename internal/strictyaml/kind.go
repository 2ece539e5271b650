package strictyaml

import "strings"

// kinds say what sort of fault a text tells of, by how it begins. What follows may
// quote the file.
var kinds = []struct{ begins, code, kind string }{
	{"unknown key ", "unknown_key", "an unknown key"},
	{"duplicate key ", "duplicate", "a key that is there twice"},
	{"key ", "duplicate", "a key that stands twice, or is not understood"},
	{"subsystem ", "subsystem", "a subsystem that is not understood, or stands twice"},
	{"the overlay ", "overlay", "an overlay that fits no subsystem"},
	{"owner ", "owner", "an owner that is not understood"},
	{"pattern ", "pattern", "a pattern that is not understood"},
	{"login ", "login", "a login that is not understood"},
	{"cannot unmarshal ", "type", "a value of another type than is wanted"},
	{"missing value", "no_value", "a key without a value"},
	{"anchors and aliases ", "alias", "an anchor or an alias, which are not read"},
	{"nested more than ", "deep", "values that are nested too deep"},
	{"the file is empty", "empty", "nothing: the file is empty"},
	{"a second document", "documents", "a second document"},
	{"did not find expected ", "yaml", "no valid YAML"},
	{"could not find expected ", "yaml", "no valid YAML"},
	{"mapping values are not allowed", "yaml", "no valid YAML"},
	{"found ", "yaml", "no valid YAML"},
	{"want ", "value", "another value than is wanted"},
	{"and ", "more", "and more of the kind"},
}

// Code is Kind as a word, by which others can say it in another language.
func (f Fault) Code() string {
	for _, k := range kinds {
		if strings.HasPrefix(f.Text, k.begins) {
			return k.code
		}
	}
	return "other"
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
