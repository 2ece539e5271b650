package ownership_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/share"
)

// staffed gives a subsystem a maintainer of its own name.
func staffed(s ownership.Subsystem) ownership.Subsystem {
	s.Maintainers = []ownership.Owner{{Login: s.Name}}
	return s
}

func TestLastOwns(t *testing.T) {
	t.Parallel()
	set := ownership.Ruleset{Mode: ownership.Last, Subsystems: []ownership.Subsystem{
		staffed(subsystem(t, "all", "**")), staffed(subsystem(t, "mm", "mm/**")), subsystem(t, "nobody", "mm/debug/**"),
		staffed(subsystem(t, "docs", "**/*.rst")),
	}}
	rest := ownership.Ruleset{Subsystems: []ownership.Subsystem{fallback(t, "rest")}}
	m, err := ownership.New(set, rest)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"README": "all", "mm/a.c": "mm", "mm/debug/a.c": "rest", "mm/debug/a.rst": "docs"} {
		if diff := cmp.Diff(want, names(m.Match(path))); diff != "" {
			t.Errorf("Match(%q) (-want +got):\n%s", path, diff)
		}
	}
	if diff := cmp.Diff("all mm nobody rest", names(m.Matching("mm/debug/a.c"))); diff != "" {
		t.Errorf("Matching (-want +got):\n%s", diff)
	}
}

func TestEachSectionOwns(t *testing.T) {
	t.Parallel()
	in := func(section string, s ownership.Subsystem) ownership.Subsystem {
		s.Section = section
		return s
	}
	optional := in("docs", staffed(subsystem(t, "d", "**/*.rst")))
	optional.Optional = true
	set := ownership.Ruleset{Mode: ownership.Each, Subsystems: []ownership.Subsystem{
		in("", staffed(subsystem(t, "all", "**"))), in("", staffed(subsystem(t, "mm", "mm/**"))),
		in("s", staffed(subsystem(t, "s1", "**"))), in("s", subsystem(t, "s2", "fs/**")), optional,
	}}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"mm/a.c": "mm | s1", "fs/a.c": "all", "mm/a.rst": "mm | s1"} {
		if diff := cmp.Diff(want, groups(m, path, false)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", path, diff)
		}
	}
}

// groups writes the groups that own a path.
func groups(m *ownership.Map, path string, each bool) string {
	var list []string
	for _, g := range m.Groups(m.Match(path), each) {
		list = append(list, names(g))
	}
	return strings.Join(list, " | ")
}

func TestNearestOwns(t *testing.T) {
	t.Parallel()
	at := func(dir string, s ownership.Subsystem) ownership.Subsystem {
		s = staffed(s)
		s.Pos.File = dir + "OWNERS"
		return s
	}
	alone := at("mm/debug/", subsystem(t, "debug", "mm/debug/**"))
	alone.NoParents = true
	tree := ownership.Ruleset{Mode: ownership.Nearest, Subsystems: []ownership.Subsystem{
		at("", subsystem(t, "root", "**")), at("mm/", subsystem(t, "mm", "mm/**")), alone, at("mm/debug/x/", subsystem(t, "x", "mm/debug/x/**")),
	}}
	other := ownership.Ruleset{Subsystems: []ownership.Subsystem{staffed(subsystem(t, "a", "mm/**")), staffed(subsystem(t, "b", "mm/**"))}}
	m, err := ownership.New(tree, other)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path, want string
		each       bool
	}{
		{"README", "root", false},
		{"mm/a.c", "root mm a b", false},
		{"mm/a.c", "root mm | a | b", true},
		{"mm/debug/a.c", "debug a b", false},
		{"mm/debug/x/a.c", "debug x | a | b", true},
	} {
		if diff := cmp.Diff(tt.want, groups(m, tt.path, tt.each)); diff != "" {
			t.Errorf("%q each %v (-want +got):\n%s", tt.path, tt.each, diff)
		}
	}
}

func TestRequiredStandsAlone(t *testing.T) {
	t.Parallel()
	security := staffed(subsystem(t, "security", "mm/**"))
	security.Required = true
	m := newMap(t, staffed(subsystem(t, "mm", "mm/**")), security, staffed(subsystem(t, "slab", "mm/slab*")))
	if diff := cmp.Diff("mm slab | security", groups(m, "mm/slab.c", false)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOverlay(t *testing.T) {
	t.Parallel()
	mm, fs := staffed(subsystem(t, "MEMORY MANAGEMENT", "mm/**")), staffed(subsystem(t, "VFS", "fs/**"))
	mm.Reviewers, mm.Contact = []ownership.Owner{{Login: "upstream"}}, "list"
	floor, err := share.ParseThreshold("50%")
	if err != nil {
		t.Fatal(err)
	}
	source := ownership.Ruleset{Subsystems: []ownership.Subsystem{mm, fs}}
	overlay := ownership.Overlay{Name: "MEMORY MANAGEMENT", Maintainers: []ownership.Owner{{Login: "alice"}}, Threshold: floor,
		Labels: []string{"mm"}, Respond: new(time.Hour)}
	m, err := ownership.New(source, ownership.Ruleset{Overlays: []ownership.Overlay{overlay}})
	if err != nil {
		t.Fatal(err)
	}
	got := m.Match("mm/slab.c")[0]
	if got.Maintainers[0].Login != "alice" || len(got.Reviewers) > 0 || got.Contact != "list" || !got.Threshold.Equal(floor) ||
		got.Labels[0] != "mm" || got.Respond == nil || *got.Respond != time.Hour {
		t.Errorf("%+v", got)
	}
	if got := m.Match("fs/open.c")[0]; got.Maintainers[0].Login != "VFS" || got.Threshold.Set() || got.Respond != nil {
		t.Errorf("%+v", got)
	}
	if source.Subsystems[0].Contact != "list" || source.Subsystems[0].Maintainers[0].Login != "MEMORY MANAGEMENT" {
		t.Error("the source was changed")
	}
	overlay.Pos = ownership.Pos{File: "o.yml", Line: 3}
	if _, err := ownership.New(source, ownership.Ruleset{Overlays: []ownership.Overlay{overlay, overlay}}); err == nil ||
		!strings.HasPrefix(err.Error(), "o.yml:3: ") {
		t.Errorf("twice: %v", err)
	}
	overlay.Name = "MEMORY"
	if _, err := ownership.New(source, ownership.Ruleset{Overlays: []ownership.Overlay{overlay}}); err == nil ||
		!strings.HasPrefix(err.Error(), `o.yml:3: the overlay names subsystem "MEMORY", which no source has`) {
		t.Errorf("of nothing: %v", err)
	}
}

func TestNamesOfSourcesAreToldApart(t *testing.T) {
	t.Parallel()
	a, b := staffed(subsystem(t, "VFS", "fs/*")), staffed(subsystem(t, "VFS", "fs/ext4/**"))
	b.Pos.Line = 9
	m := newMap(t, a, b)
	if diff := cmp.Diff("VFS (map.yml:9)", names(m.Match("fs/ext4/a.c"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := m.Match("fs/ext4/a.c")[0].SourceName(); got != "VFS" {
		t.Error(got)
	}
}

// TestOwnNamesStandOnce holds that no section of another source takes the name of
// a subsystem of ours, nor the other way round, and that no made-up name is one
// that stands.
func TestOwnNamesStandOnce(t *testing.T) {
	t.Parallel()
	ours := ownership.Ruleset{Own: true, Subsystems: []ownership.Subsystem{staffed(subsystem(t, "mm", "a"))}}
	theirs := ownership.Ruleset{Subsystems: []ownership.Subsystem{staffed(subsystem(t, "mm", "b"))}}
	for _, sets := range [][]ownership.Ruleset{{ours, theirs}, {theirs, ours}} {
		if _, err := ownership.New(sets...); err == nil ||
			!strings.HasSuffix(err.Error(), `subsystem "mm" stands already at map.yml:1; give it another name`) {
			t.Errorf("%v", err)
		}
	}
	m := newMap(t, staffed(subsystem(t, "mm (map.yml:1)", "x")), staffed(subsystem(t, "mm", "x")), staffed(subsystem(t, "mm", "x")))
	if diff := cmp.Diff("mm (map.yml:1) mm mm (map.yml:1, 2)", names(m.Subsystems())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPatternsAreBounded holds that a map costs no more than it may.
func TestPatternsAreBounded(t *testing.T) {
	t.Parallel()
	deep := subsystem(t, "deep", strings.Repeat("a/", 199)+"*")
	for range 11 {
		deep.Include = append(deep.Include, deep.Include...)
	}
	if _, err := ownership.New(ownership.Ruleset{Subsystems: []ownership.Subsystem{deep}}); err == nil ||
		!strings.Contains(err.Error(), "more segments and wildcards than are read") {
		t.Errorf("%v", err)
	}
	for _, source := range []string{strings.Repeat("a/", 300), strings.Repeat("a", 3000) + "*"} {
		if _, err := glob.CompileKernel(source); err == nil {
			t.Errorf("%.10s… compiles", source)
		}
		if _, err := glob.Compile(source); err == nil {
			t.Errorf("%.10s… compiles", source)
		}
	}
}

func TestDirectories(t *testing.T) {
	t.Parallel()
	var set ownership.Ruleset
	for _, value := range []string{"include/drm/drm", "mm", "fs/", "net/core"} {
		p, err := glob.CompileKernel(value)
		if err != nil {
			t.Fatal(err)
		}
		set.Subsystems = append(set.Subsystems, ownership.Subsystem{Name: value, Include: []ownership.Rule{{Pattern: p}}})
	}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"include/drm/drm_mm.h", "mm/slab.c", "fs/open.c", "net/core", "net/corexyz", "mmap.c"}
	if diff := cmp.Diff([]string{"include/drm/drm", "mm", "net/core"}, m.Directories(paths)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	in := m.In(func(name string) bool { return name == "mm" })
	for path, want := range map[string]string{"include/drm/drm_mm.h": "include/drm/drm", "mm/slab.c": "mm", "mmap.c": "",
		"net/core": "net/core"} {
		if diff := cmp.Diff(want, names(in.Match(path))); diff != "" {
			t.Errorf("Match(%q) (-want +got):\n%s", path, diff)
		}
	}
}

// TestModesEqualBruteForce holds rulesets of all modes to a plain reading of
// what the modes mean.
func TestModesEqualBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var sets []ownership.Ruleset
		for i := range rapid.IntRange(1, 3).Draw(rt, "sets") {
			sets = append(sets, drawRuleset(t, rt, i))
		}
		m, err := ownership.New(sets...)
		if err != nil {
			rt.Fatal(err)
		}
		for range 5 {
			path := drawPath.Draw(rt, "path")
			if diff := cmp.Diff(plainly(sets, path), names(m.Match(path))); diff != "" {
				rt.Fatalf("Match(%q) (-want +got):\n%s", path, diff)
			}
		}
	})
}

func drawRuleset(t *testing.T, rt *rapid.T, i int) ownership.Ruleset {
	set := ownership.Ruleset{Mode: ownership.Mode(rapid.IntRange(0, 3).Draw(rt, "mode"))}
	for j := range rapid.IntRange(0, 5).Draw(rt, "subsystems") {
		s := subsystem(t, fmt.Sprintf("%d.%d", i, j), rapid.SliceOfN(drawPattern, 1, 3).Draw(rt, "patterns")...)
		s.Section = rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "section")
		s.Pos.File = strings.Repeat("d/", rapid.IntRange(0, 3).Draw(rt, "depth")) + "OWNERS"
		s.NoParents, s.Fallback, s.Optional = rapid.Bool().Draw(rt, "alone"), rapid.Bool().Draw(rt, "fallback"), rapid.Bool().Draw(rt, "optional")
		if rapid.Bool().Draw(rt, "staffed") {
			s = staffed(s)
		}
		set.Subsystems = append(set.Subsystems, s)
	}
	return set
}

// plainly says who owns a path in as few words as possible.
func plainly(sets []ownership.Ruleset, path string) string {
	var owners, fallbacks []string
	for _, set := range sets {
		matches := func(s ownership.Subsystem) bool {
			return slices.ContainsFunc(s.Include, func(r ownership.Rule) bool { return r.Pattern.Match(path) })
		}
		for i, s := range set.Subsystems {
			later := func(same func(o ownership.Subsystem) bool) bool {
				return slices.ContainsFunc(set.Subsystems[i+1:], func(o ownership.Subsystem) bool { return matches(o) && same(o) })
			}
			owns := matches(s) && !s.Optional
			switch set.Mode {
			case ownership.Last:
				owns = owns && len(s.Maintainers) > 0 && !later(func(ownership.Subsystem) bool { return true })
			case ownership.Each:
				owns = owns && len(s.Maintainers) > 0 && !later(func(o ownership.Subsystem) bool { return o.Section == s.Section })
			case ownership.Nearest:
				owns = owns && len(s.Maintainers) > 0 && !slices.ContainsFunc(set.Subsystems, func(o ownership.Subsystem) bool {
					staffed := slices.ContainsFunc(set.Subsystems, func(p ownership.Subsystem) bool {
						return matches(p) && len(p.Maintainers) > 0 && len(p.Pos.File) >= len(o.Pos.File)
					})
					return o.NoParents && matches(o) && staffed && len(o.Pos.File) > len(s.Pos.File)
				})
			case ownership.All:
			}
			if owns && s.Fallback {
				fallbacks = append(fallbacks, s.Name)
			} else if owns {
				owners = append(owners, s.Name)
			}
		}
	}
	if len(owners) == 0 {
		owners = fallbacks
	}
	return strings.Join(owners, " ")
}
