package rest

import (
	"net/http"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// The lengths of a label's name, in characters.
const (
	minLabel = 2
	maxLabel = 20
)

// AddLabels handles a call that puts labels on a pull request, all or none. One that the
// repository lacks is made.
func AddLabels(c *Call) error {
	for _, name := range c.Names("") {
		if n := utf8.RuneCountInString(name); n < minLabel || n > maxLabel {
			return Refuse(http.StatusBadRequest, "label name must have %d to %d characters", minLabel, maxLabel)
		}
	}
	for _, name := range c.Names("") {
		c.Who.Label(c.Pull, name)
	}
	return nil
}

// SetLabels handles a call that has a pull request have some labels and no others.
func SetLabels(c *Call) error {
	for _, l := range slices.Clone(c.Pull.Labelled) {
		if !slices.Contains(c.Names(""), l.Name) {
			if err := c.Who.Unlabel(c.Pull, l.Name); err != nil {
				return err
			}
		}
	}
	return AddLabels(c)
}

// RemoveLabel handles a call that takes a label off.
func RemoveLabel(c *Call) error { return c.Who.Unlabel(c.Pull, c.R.PathValue("name")) }

var colour = regexp.MustCompile(`^#?[0-9a-fA-F]{6}$`)

// MakeLabel makes the label that a call gives.
func (c *Call) MakeLabel() (*fake.Label, error) {
	name := c.Text("name")
	n := utf8.RuneCountInString(name)
	switch {
	case n < minLabel || n > maxLabel:
		return nil, Refuse(http.StatusBadRequest, "label name must have %d to %d characters", minLabel, maxLabel)
	case !colour.MatchString(c.Text("color")):
		return nil, Refuse(http.StatusBadRequest, "label color is invalid")
	case c.Repo.FindLabel(name) != nil:
		return nil, Refuse(http.StatusBadRequest, "label name has been taken")
	}
	return c.Repo.AddLabel(name, c.Text("color"), ""), nil
}
