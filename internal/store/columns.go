package store

import (
	"fmt"
	"slices"
	"strings"
)

// maxLacking is how much of what a database lacks is told; beyond it a number tells of
// the rest.
const maxLacking = 5

// Needed are the lines of an embedded list of what statements need of a database, such
// as "column repo.forge_id".
func Needed(list string) []string { return strings.Split(strings.TrimSpace(list), "\n") }

// Lacking fails if a database has not all that is needed. Its version says so, too, but
// a migration may have been another one when it ran.
func Lacking(needed, has []string) error {
	have := make(map[string]bool, len(has))
	for _, line := range has {
		have[line] = true
	}
	var lacking []string
	for _, line := range needed {
		if !have[line] {
			lacking = append(lacking, line)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	shown := slices.Clone(lacking[:min(len(lacking), maxLacking)])
	if more := len(lacking) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("%d more", more))
	}
	return fmt.Errorf("the database lacks %s, although it has this program's version: its tables were changed by somebody else; restore "+
		"a backup, or add what it lacks", strings.Join(shown, ", "))
}
