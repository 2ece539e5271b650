package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
)

// TestDeadEnds holds where a change would wait for somebody who is not there, and that the
// advice is bounded.
func TestDeadEnds(t *testing.T) {
	t.Parallel()
	const file = ".github/review-gate.yml"
	var areas []ownership.Subsystem
	for i := range 25 {
		areas = append(areas, ownership.Subsystem{Name: fmt.Sprint("a", i), Pos: ownership.Pos{File: "m.yml", Line: i + 1},
			Maintainers: []ownership.Owner{{Login: "alice"}}})
	}
	areas = append(areas, ownership.Subsystem{Name: "none", Pos: ownership.Pos{File: "m.yml", Line: 30}},
		ownership.Subsystem{Name: "team", Maintainers: []ownership.Owner{{Team: "acme/mm"}}})
	m, err := ownership.New(ownership.Ruleset{Subsystems: areas})
	if err != nil {
		t.Fatal(err)
	}
	got := policy.DeadEnds(m, &policy.Policy{}, file)
	for i, want := range map[int]string{
		0: "nobody may approve a change of " + file + " itself", 1: "m.yml:30: subsystem none has nobody who can approve",
		2: "m.yml:1: subsystem a0 has a single maintainer", 22: "and 5 more, each of which has a single maintainer",
	} {
		if len(got) != 23 || !strings.HasPrefix(got[i].String(), want) {
			t.Fatalf("%d: %s\nwant, as number %d: %s", len(got), got, i, want)
		}
	}
	whole, err := ownership.New(ownership.Ruleset{
		Subsystems: []ownership.Subsystem{{Name: "all", Fallback: true, Maintainers: []ownership.Owner{{Login: "alice"}, {Login: "bob"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := policy.DeadEnds(whole, &policy.Policy{}, file); len(got) > 0 {
		t.Errorf("of a map with owners for all: %s", got)
	}
	advised, err := ownership.New(ownership.Ruleset{
		Subsystems: []ownership.Subsystem{{Name: "all", Fallback: true, Reviewers: []ownership.Owner{{Login: "alice"}, {Login: "bob"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for counts, want := range map[bool]int{false: 2, true: 0} {
		if got := policy.DeadEnds(advised, &policy.Policy{Base: policy.Rules{ReviewersCount: counts}}, file); len(got) != want {
			t.Errorf("of reviewers alone, who count: %v: %s", counts, got)
		}
	}
	override := policy.Policy{Base: policy.Rules{Override: []ownership.Owner{{Login: "carol"}}}}
	if got := policy.DeadEnds(m, &override, file); len(got) != 22 {
		t.Errorf("with somebody who overrides: %s", got)
	}
}
