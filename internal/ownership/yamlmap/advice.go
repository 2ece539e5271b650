package yamlmap

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/ownership"
)

// Advise says what a valid map lacks, then what it was warned of.
func Advise(set ownership.Ruleset, warnings []ownership.Warning) []string {
	var advice []string
	floors, fallback := false, false
	for _, s := range set.Subsystems {
		floors = floors || s.Threshold.Set()
		fallback = fallback || s.Fallback
		if len(s.Maintainers) == 1 && s.Maintainers[0].Team == "" && !s.Fallback {
			advice = append(advice, fmt.Sprintf("%s: subsystem %s has a single maintainer, who can't approve own changes", s.Pos, s.Name))
		}
	}
	if len(set.Overlays) > 0 { // the rest of the map stands elsewhere
		floors, fallback = true, true
	}
	if !floors {
		advice = append(advice, "no subsystem has a threshold of its own: a change can be padded with easy files; give sensitive areas a floor, such as threshold: 100%")
	}
	if !fallback {
		advice = append(advice, "no subsystem is the fallback: files that nobody owns need one, such as {name: core, fallback: true, maintainers: [carol]}")
	}
	for _, w := range warnings {
		advice = append(advice, w.Pos.String()+": "+w.Text)
	}
	return advice
}
