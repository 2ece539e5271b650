package config

import (
	"fmt"
	"net/url"

	"gopkg.in/yaml.v3"
)

// MarshalYAML writes "14d".
func (d Days) MarshalYAML() (any, error) { return fmt.Sprintf("%dd", int(d)), nil }

// MarshalYAML writes "25%".
func (p Percent) MarshalYAML() (any, error) { return fmt.Sprintf("%d%%", int(p)), nil }

// MarshalYAML writes "20GB".
func (b Bytes) MarshalYAML() (any, error) {
	for _, unit := range []struct {
		name string
		size Bytes
	}{{"TB", 1e12}, {"GB", 1e9}} {
		if b >= unit.size && b%unit.size == 0 {
			return fmt.Sprintf("%d%s", b/unit.size, unit.name), nil
		}
	}
	return fmt.Sprintf("%dMB", b/1e6), nil
}

// Shown is the configuration as it is in effect, as YAML, to be looked at: keys that are not
// set are left out, and so is what may be secret. Secrets of the environment have no key.
func (c Config) Shown() (string, error) {
	c = c.WithDefaults()
	c.PublicURL = withoutUser(c.PublicURL)
	if c.Postgres() {
		c.Database = withoutUser(c.Database)
	}
	forges := make([]Forge, len(c.Forges))
	for i, f := range c.Forges {
		forges[i] = f
		forges[i].APIURL = withoutUser(f.APIURL)
	}
	c.Forges = forges
	var doc yaml.Node
	if err := doc.Encode(c); err != nil {
		return "", fmt.Errorf("show the configuration: %w", err)
	}
	dropEmpty(&doc)
	text, err := yaml.Marshal(&doc)
	return string(text), err
}

// withoutUser is an address without a password, and without its query, which may hold one.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "…"
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	u.RawQuery, u.Fragment = "", ""
	return u.String()
}

// dropEmpty leaves out the keys of a mapping that are not set, at each level.
func dropEmpty(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		for _, below := range n.Content {
			dropEmpty(below)
		}
		return
	}
	var kept []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		v := n.Content[i+1]
		dropEmpty(v)
		unset := v.Kind == yaml.ScalarNode && (v.Value == "" || v.Value == "0" || v.Value == "0MB" || v.Tag == "!!null") ||
			v.Kind != yaml.ScalarNode && len(v.Content) == 0
		if !unset {
			kept = append(kept, n.Content[i], v)
		}
	}
	n.Content = kept
}
