package config

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// EnvPrefix begins the names of environment variables that override keys.
const EnvPrefix = "REVIEWGATE_"

// listed is the place of a forge in a variable's name.
var listed = regexp.MustCompile(`_\d+_`)

// serviceLink are the variables that Kubernetes sets for a service that is called as the
// program is (kubernetes.io, "Accessing the Service").
var serviceLink = regexp.MustCompile(`^REVIEWGATE_(SERVICE_HOST|(SERVICE_)?PORT(_\w+)?)$`)

// UnknownVariables tells of each variable of an environment that has our prefix, and that
// nothing reads, what it may have been meant as.
func UnknownVariables(environ map[string]string) (list []string) {
	known := variables(reflect.TypeFor[Config](), EnvPrefix)
	for _, name := range slices.Sorted(maps.Keys(environ)) {
		place := listed.FindString(name)
		plain := strings.Replace(name, place, "_0_", min(len(place), 1))
		if !strings.HasPrefix(name, EnvPrefix) || serviceLink.MatchString(name) || environ[name] == "" || slices.Contains(known, plain) {
			continue
		}
		text := fmt.Sprintf("the environment variable %s is none of the configuration's", name)
		if meant := strictyaml.Meant(plain, known); meant != "" {
			text += fmt.Sprintf("; did you mean %s?", strings.Replace(meant, "_0_", place, min(len(place), 1)))
		}
		list = append(list, text)
	}
	return list
}

// variables are those of a struct; those of a list have the place 0.
func variables(t reflect.Type, prefix string) (names []string) {
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		below, nested := f.Tag.Lookup("envPrefix")
		switch {
		case nested && f.Type.Kind() == reflect.Slice:
			names = append(names, variables(f.Type.Elem(), prefix+below+"_0_")...)
		case nested:
			names = append(names, variables(f.Type, prefix+below)...)
		case name != "" && name != "-":
			names = append(names, prefix+name)
		}
	}
	return names
}
