package policy

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/share"
)

// TestFloorsHoldForEveryNamesake holds that a floor of the service's minimum is
// not lost where a source has two areas of one name.
func TestFloorsHoldForEveryNamesake(t *testing.T) {
	t.Parallel()
	all, err := share.ParseThreshold("100%")
	if err != nil {
		t.Fatal(err)
	}
	rules := Rules{}.AtLeast(Minimum{Floors: map[string]Threshold{"mm": {all}}})
	m, err := ownership.New(ownership.Ruleset{Subsystems: []ownership.Subsystem{
		{Name: "mm", Pos: ownership.Pos{File: "MAINTAINERS", Line: 3}}, {Name: "mm", Pos: ownership.Pos{File: "MAINTAINERS", Line: 9}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range m.Subsystems() {
		if !rules.floor(s).Set() {
			t.Errorf("%s has no floor", s.Name)
		}
	}
}
