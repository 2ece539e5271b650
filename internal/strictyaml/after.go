package strictyaml

import (
	"regexp"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

// After is a time to wait, written as a number of hours, days or weeks, or off, which is 0.
type After time.Duration

var afterText = regexp.MustCompile(`^([1-9][0-9]{0,3})([hdw])$`)

// UnmarshalYAML reads 12h, 3d or 2w, or off.
func (a *After) UnmarshalYAML(n *yaml.Node) error {
	if IsOff(n) {
		*a = 0
		return nil
	}
	m := afterText.FindStringSubmatch(n.Value)
	if n.Kind != yaml.ScalarNode || m == nil {
		return Errorf(n, "%q is no time to wait; write it as 12h, 3d or 2w, or off", n.Value)
	}
	number, err := strconv.Atoi(m[1])
	if err != nil {
		return Errorf(n, "%v", err) // unreachable: it has four digits at most
	}
	unit := map[string]time.Duration{"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
	*a = After(time.Duration(number) * unit)
	return nil
}

// IsOff reports whether a node says that something is not wanted.
func IsOff(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Value == "off" || n.Value == "false")
}
