package ownership

import "strings"

// NoForge is the name that stands for a repository on disk, of which it is not known whose
// logins are meant.
const NoForge = "local"

// Forge is where the logins of ownership sources are meant.
type Forge struct {
	Name string // as a configuration has it, and people.yml
	Kind string // empty where it is not known
}

// Is reports whether it goes by a word, as its name or its kind.
func (f Forge) Is(word string) bool {
	return strings.EqualFold(f.Name, word) || strings.EqualFold(f.Kind, word)
}

// Unknown reports whether it is not known whose logins are meant.
func (f Forge) Unknown() bool { return f.Name == "" || f.Name == NoForge }
