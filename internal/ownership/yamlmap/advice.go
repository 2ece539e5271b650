package yamlmap

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Advise says what a valid map lacks, then what it was warned of.
func Advise(set ownership.Ruleset, warnings []ownership.Warning) []strictyaml.Fault {
	advice := []strictyaml.Fault{}
	floors, fallback := false, false
	for _, s := range set.Subsystems {
		floors = floors || s.Threshold.Set()
		fallback = fallback || s.Fallback
		if len(s.Maintainers) == 1 && s.Maintainers[0].Team == "" && !s.Fallback {
			advice = append(advice, strictyaml.Fault{File: s.Pos.File, Line: s.Pos.Line,
				Text: fmt.Sprintf("subsystem %s has a single maintainer, who can't approve own changes", s.Name)})
		}
	}
	if len(set.Overlays) > 0 { // the rest of the map stands elsewhere
		floors, fallback = true, true
	}
	if !floors {
		advice = append(advice, strictyaml.Fault{
			Text: "no subsystem has a threshold of its own: a change can be padded with easy files; give sensitive areas a floor, such as " +
				"threshold: 100%"})
	}
	if !fallback {
		advice = append(advice, strictyaml.Fault{
			Text: "no subsystem is the fallback: files that nobody owns need one, such as {name: core, fallback: true, maintainers: [carol]}"})
	}
	for _, w := range warnings {
		advice = append(advice, strictyaml.Fault{File: w.Pos.File, Line: w.Pos.Line, Text: w.Text})
	}
	return advice
}
