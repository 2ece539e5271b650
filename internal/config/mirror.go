package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"
)

// The words of Forge.Content.
const (
	ContentAPI = "api"
	ContentGit = "git"
)

// Mirror is how clones of repositories are made and kept.
type Mirror struct {
	// Disk is how much the clones of one forge may have together, such as 20GB; those not
	// used for longest go. Default 20GB.
	Disk Bytes `yaml:"disk" env:"DISK"`
	// Fetches is how many are fetched at once; half as many fetch changed files beside them. Default 4.
	Fetches int `yaml:"fetches" env:"FETCHES"`
	// Filter is what clones leave out until it is needed: tree:0, trees and files; blob:none,
	// files; none, nothing, for servers that serve no partial clones. Default tree:0.
	Filter string `yaml:"filter" env:"FILTER"`
}

// Bytes is a size, written as 20GB.
type Bytes int64

var size = regexp.MustCompile(`^([1-9][0-9]{0,5})(MB|GB|TB)$`)

// UnmarshalText reads "20GB".
func (b *Bytes) UnmarshalText(text []byte) error {
	m := size.FindSubmatch(text)
	if m == nil {
		return fmt.Errorf("%q is no size; write it as 20GB", text)
	}
	n, err := strconv.ParseInt(string(m[1]), 10, 64)
	*b = Bytes(n * map[string]int64{"MB": 1e6, "GB": 1e9, "TB": 1e12}[string(m[2])])
	return err
}

// UnmarshalYAML adds the line to what UnmarshalText says.
func (b *Bytes) UnmarshalYAML(n *yaml.Node) error { return atLine(n, b) }

// mirrorFaults are the faults of DataDir and Mirror.
func (c *Config) mirrorFaults() (faults []string) {
	if c.DataDir == "" && slices.ContainsFunc(c.Forges, func(f Forge) bool { return f.Content == ContentGit }) {
		faults = append(faults, "data_dir is missing: content: git keeps clones there")
	}
	if c.Mirror.Fetches < 0 {
		faults = append(faults, "mirror.fetches: want 1 or more")
	}
	if !slices.Contains([]string{"", "tree:0", "blob:none", "none"}, c.Mirror.Filter) {
		faults = append(faults, fmt.Sprintf("mirror.filter %q: write tree:0, blob:none or none", c.Mirror.Filter))
	}
	return faults
}
