package ownership_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	pos := func(line int) ownership.Pos { return ownership.Pos{File: "map.yml", Line: line} }
	team := subsystem(t, "net", "net/**", "!net/old/**")
	team.Maintainers = []ownership.Owner{{Team: "acme/net"}, {Email: "a@example.org"}}
	fs := subsystem(t, "fs", "fs/**")
	fs.Maintainers = []ownership.Owner{{Email: "a@example.org"}, {Name: "B"}}
	mm := subsystem(t, "mm", "mm/**", "gone/**")
	mm.Maintainers = []ownership.Owner{{Login: "alice"}, {Login: "Alice"}}
	first := ownership.Ruleset{Subsystems: []ownership.Subsystem{team, fs, mm, staffed(subsystem(t, "mm", "mm/x*")),
		staffed(subsystem(t, "net2", "!net/old/**", "net/**")), staffed(fallback(t, "rest", "doc/**"))}}
	last := ownership.Ruleset{Mode: ownership.Last, Subsystems: []ownership.Subsystem{staffed(subsystem(t, "shadowed", "mm/*")),
		staffed(subsystem(t, "wins", "mm/**")), subsystem(t, "nobody", "fs/x")}}
	m, err := ownership.New(first, last)
	if err != nil {
		t.Fatal(err)
	}
	got := m.Health([]string{"net/a.c", "fs/a.c", "fs/b.c", "mm/a.c", "doc/a", "README", "init/main.c", "fs/x"})
	want := ownership.Health{
		Files:     8,
		Unowned:   []string{"README", "init/main.c"},
		Fallback:  []string{"doc/a"},
		Unstaffed: []ownership.Lacking{{Subsystem: "fs", Files: 3, Pos: pos(1)}},
		Single: []ownership.Lacking{
			{Subsystem: "mm", Files: 1, Pos: pos(1)}, {Subsystem: "net2", Files: 1, Pos: pos(1)}, {Subsystem: "rest", Files: 1, Pos: pos(1)},
			{Subsystem: "wins", Files: 1, Pos: pos(1)}, {Subsystem: "mm (map.yml:1)", Pos: pos(1)}, {Subsystem: "shadowed", Pos: pos(1)},
		},
		NoLogin: []ownership.Unknown{{Owner: "a@example.org", Subsystems: []string{"net", "fs"}}, {Owner: "B", Subsystems: []string{"fs"}}},
		Dead: []ownership.DeadRule{
			{Subsystem: "net", Pattern: "net/old/**", Exclude: true, Pos: pos(2)}, {Subsystem: "mm", Pattern: "gone/**", Pos: pos(2)},
			{Subsystem: "mm (map.yml:1)", Pattern: "mm/x*", Pos: pos(1)}, {Subsystem: "net2", Pattern: "net/old/**", Exclude: true, Pos: pos(1)},
		},
		Shadowed: []ownership.DeadRule{{Subsystem: "shadowed", Pattern: "mm/*", Pos: pos(1)}},
		Duplicates: []ownership.Duplicated{
			{Subsystem: "mm (map.yml:1)", Pos: pos(1), First: pos(1), SameName: true}, {Subsystem: "net2", Pos: pos(1), First: pos(1)},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if all := got.Findings(ownership.HealthKinds()...); all != 19 || got.Findings() != 0 {
		t.Errorf("%d findings", all)
	}
}
