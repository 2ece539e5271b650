package strictyaml

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Meant is the known key that an unknown one was surely meant as; empty if there
// is none so near.
func Meant(key string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := levenshtein.ComputeDistance(key, k); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// unknownKey is the message for a key that nothing reads.
func unknownKey(key string, known []string) string {
	if best := Meant(key, known); best != "" {
		return fmt.Sprintf("unknown key %q; did you mean %q?", key, best)
	}
	if len(known) == 0 {
		return fmt.Sprintf("unknown key %q; remove it", key)
	}
	return fmt.Sprintf("unknown key %q; known here: %s", key, strings.Join(known, ", "))
}

// firstKey is how a file for v begins, for hints.
func firstKey(v any) string {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct && t.NumField() > 0 {
		if key, _, _ := strings.Cut(t.Field(0).Tag.Get("yaml"), ","); key != "version" && key != "" {
			return key + ": …"
		}
	}
	return "version: 1"
}

// structKeys lists the YAML keys of each struct type that v is made of, by the
// type's name as the decoder prints it.
func structKeys(v any) map[string][]string {
	keys := map[string][]string{}
	if v != nil {
		collectKeys(reflect.TypeOf(v), keys)
	}
	return keys
}

func collectKeys(t reflect.Type, keys map[string][]string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		collectKeys(t.Elem(), keys)
		return
	case reflect.Struct:
	default:
		return
	}
	name := t.String()
	if _, done := keys[name]; done {
		return
	}
	keys[name] = nil
	for _, f := range reflect.VisibleFields(t) {
		tag, opts, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || tag == "-" {
			continue
		}
		collectKeys(f.Type, keys)
		if strings.Contains(opts, "inline") {
			keys[name] = append(keys[name], keys[f.Type.String()]...)
			continue
		}
		if tag == "" {
			tag = strings.ToLower(f.Name)
		}
		keys[name] = append(keys[name], tag)
	}
	slices.Sort(keys[name])
}
