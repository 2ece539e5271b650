package ownership_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// subsystem makes one from patterns; a leading ! excludes.
func subsystem(t testing.TB, name string, patterns ...string) ownership.Subsystem {
	t.Helper()
	s := ownership.Subsystem{Name: name, Pos: ownership.Pos{File: "map.yml", Line: 1}}
	for i, text := range patterns {
		text, exclude := strings.CutPrefix(text, "!")
		p, err := glob.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		rule := ownership.Rule{Pattern: p, Pos: ownership.Pos{File: "map.yml", Line: i + 1}}
		if exclude {
			s.Exclude = append(s.Exclude, rule)
		} else {
			s.Include = append(s.Include, rule)
		}
	}
	return s
}

// fallback makes one that owns what is left of its patterns.
func fallback(t testing.TB, name string, patterns ...string) ownership.Subsystem {
	t.Helper()
	s := subsystem(t, name, patterns...)
	s.Fallback = true
	return s
}

func newMap(t testing.TB, subsystems ...ownership.Subsystem) *ownership.Map {
	t.Helper()
	m, err := ownership.New(ownership.Ruleset{Subsystems: subsystems})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func names(subsystems []*ownership.Subsystem) string {
	var list []string
	for _, s := range subsystems {
		list = append(list, s.Name)
	}
	return strings.Join(list, " ")
}

func TestMatch(t *testing.T) {
	t.Parallel()
	m := newMap(t,
		fallback(t, "rest", "!secret/**"),
		subsystem(t, "arch", "arch/**", "!arch/x86/**"),
		fallback(t, "docs-rest", "Documentation/**"),
		subsystem(t, "x86", "arch/x86/**", "arch/x86/kvm/**"),
		subsystem(t, "kvm", "!arch/x86/kvm/old/**", "arch/*/kvm/**", "virt/**"),
	)
	tests := []struct{ path, owners, fallback string }{
		{"arch/arm64/kernel/setup.c", "arch", "rest"},
		{"arch/arm64/kvm/arm.c", "arch kvm", "rest"},
		{"arch/x86/kvm/x86.c", "x86 kvm", "rest"},
		{"arch/x86/kvm/old/x.c", "x86", "rest"},
		{"virt/kvm/main.c", "kvm", "rest"},
		{"README", "rest", "rest"},
		{"Documentation/a.rst", "rest docs-rest", "rest docs-rest"},
		{"secret/key", "", ""},
		{"", "rest", "rest"},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.owners, names(m.Match(tt.path))); diff != "" {
			t.Errorf("Match(%q) (-want +got):\n%s", tt.path, diff)
		}
		if diff := cmp.Diff(tt.fallback, names(m.Fallback(tt.path))); diff != "" {
			t.Errorf("Fallback(%q) (-want +got):\n%s", tt.path, diff)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	m := newMap(t, subsystem(t, "kvm", "virt/**", "arch/*/kvm/**", "arch/x86/**"), subsystem(t, "x86", "arch/x86/**"),
		fallback(t, "docs", "Doc/**"), fallback(t, "rest"))
	tests := map[string][]string{
		"arch/x86/kvm/x86.c": {"kvm map.yml:2 arch/*/kvm/**", "x86 map.yml:1 arch/x86/**"},
		"Doc/a.rst":          {"docs map.yml:1 Doc/**", "rest"},
		"README":             {"rest"},
	}
	for path, want := range tests {
		var got []string
		for _, hit := range m.Explain(path) {
			text := hit.Subsystem.Name
			if hit.Rule != nil {
				text += " " + hit.Rule.Pos.String() + " " + hit.Rule.Pattern.String()
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Explain(%q) (-want +got):\n%s", path, diff)
		}
	}
}

func TestNoRulesOwnNothing(t *testing.T) {
	t.Parallel()
	m := newMap(t)
	if got := m.Match("a"); len(got) > 0 {
		t.Errorf("%v", got)
	}
	if got := m.Explain("a"); len(got) > 0 {
		t.Errorf("%v", got)
	}
}

func TestRulesetsAddUp(t *testing.T) {
	t.Parallel()
	first := ownership.Ruleset{Subsystems: []ownership.Subsystem{subsystem(t, "mm", "mm/**"), fallback(t, "rest")}}
	second := ownership.Ruleset{Subsystems: []ownership.Subsystem{subsystem(t, "slab", "mm/slab*")}}
	m, err := ownership.New(first, second)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("mm slab", names(m.Match("mm/slab.c"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("mm rest slab", names(m.Subsystems())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	a, b := subsystem(t, "mm", "mm/**"), subsystem(t, "mm", "slab/**")
	b.Pos = ownership.Pos{File: "other.yml", Line: 9}
	_, err := ownership.New(ownership.Ruleset{Subsystems: []ownership.Subsystem{a}},
		ownership.Ruleset{Subsystems: []ownership.Subsystem{b}, Own: true})
	if want := `other.yml:9: subsystem "mm" stands already at map.yml:1; give it another name`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestParseOwner(t *testing.T) {
	t.Parallel()
	good := map[string]ownership.Owner{
		"alice":           {Login: "alice"},
		"@alice":          {Login: "alice"},
		"Alice-B_c.d":     {Login: "Alice-B_c.d"},
		"alice_corp":      {Login: "alice_corp"},
		"renovate[bot]":   {Login: "renovate[bot]"},
		"@acme/mm":        {Team: "acme/mm"},
		"@acme/mm-core.x": {Team: "acme/mm-core.x"},
		"7":               {Login: "7"},
	}
	for in, want := range good {
		got, err := ownership.ParseOwner(in)
		if err != nil {
			t.Errorf("ParseOwner(%q): %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParseOwner(%q) (-want +got):\n%s", in, diff)
		}
		if again, err := ownership.ParseOwner(got.String()); err != nil || !again.Equal(want) {
			t.Errorf("ParseOwner(%q) = %v, %v", got, again, err)
		}
	}
	for _, in := range []string{"", "@", "-alice", "alice.", "a b", "acme/mm", "@acme/", "@/mm", "@a/b/c", "alice@example.org", "a[bot]x",
		"al\nice", "@@alice", "爱丽丝"} {
		if got, err := ownership.ParseOwner(in); err == nil {
			t.Errorf("ParseOwner(%q) = %v, want an error", in, got)
		}
	}
	if _, err := ownership.ParseOwner("acme/mm"); err == nil || !strings.Contains(err.Error(), `"@acme/mm"`) {
		t.Errorf("%v, want the way to write a team", err)
	}
}

func TestOwnersCompareWithoutCase(t *testing.T) {
	t.Parallel()
	if !(ownership.Owner{Login: "Alice"}).Equal(ownership.Owner{Login: "aLICE"}) ||
		(ownership.Owner{Login: "a"}).Equal(ownership.Owner{Team: "a"}) {
		t.Error("logins compare without case, and never with teams")
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	s := ownership.Subsystem{Name: "mm", Titles: map[string]string{"zh-CN": "内存管理"}}
	if got := s.Title("zh-CN") + " " + s.Title("en"); got != "内存管理 mm" {
		t.Error(got)
	}
}

var (
	drawPattern = rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "a*", "*", "**", "{a,b}", "[ab]c"}), 1, 3), joined)
	drawPath    = rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ac", "bc", "c"}), 1, 4), joined)
)

func joined(parts []string) string { return strings.Join(parts, "/") }

// TestMatchEqualsBruteForce holds the map's index to reading every rule.
func TestMatchEqualsBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var subsystems []ownership.Subsystem
		for i := range rapid.IntRange(0, 6).Draw(rt, "subsystems") {
			patterns := rapid.SliceOfN(drawPattern, 0, 3).Draw(rt, "include")
			for _, p := range rapid.SliceOfN(drawPattern, 0, 2).Draw(rt, "exclude") {
				patterns = append(patterns, "!"+p)
			}
			s := subsystem(t, string(rune('A'+i)), patterns...)
			s.Fallback = rapid.Bool().Draw(rt, "fallback")
			subsystems = append(subsystems, s)
		}
		m := newMap(t, subsystems...)
		for range 5 {
			path := drawPath.Draw(rt, "path")
			if diff := cmp.Diff(bruteForce(subsystems, path), names(m.Match(path))); diff != "" {
				rt.Fatalf("Match(%q) (-want +got):\n%s", path, diff)
			}
		}
	})
}

func bruteForce(subsystems []ownership.Subsystem, path string) string {
	var owners, fallbacks []string
	for _, s := range subsystems {
		matches := func(r ownership.Rule) bool { return r.Pattern.Match(path) }
		included := slices.ContainsFunc(s.Include, matches) || s.Fallback && len(s.Include) == 0
		switch {
		case !included || slices.ContainsFunc(s.Exclude, matches):
		case s.Fallback:
			fallbacks = append(fallbacks, s.Name)
		default:
			owners = append(owners, s.Name)
		}
	}
	if len(owners) == 0 {
		owners = fallbacks
	}
	return strings.Join(owners, " ")
}

func BenchmarkMatch(b *testing.B) {
	var subsystems []ownership.Subsystem
	for _, dir := range strings.Fields("mm fs net kernel block drivers/net drivers/gpu arch/x86 arch/arm64 include/linux") {
		for i := range 50 {
			subsystems = append(subsystems, subsystem(b, dir+strings.Repeat("x", i), dir+"/sub"+strings.Repeat("x", i%10)+"/**", "!**/*.md"))
		}
	}
	m := newMap(b, subsystems...)
	b.ReportAllocs()
	for b.Loop() {
		m.Match("drivers/net/subxxx/ethernet/core.c")
	}
}

// TestNewTellsAllFaults holds that a map's faults are told at once, each with its place.
func TestNewTellsAllFaults(t *testing.T) {
	t.Parallel()
	at := func(line int) ownership.Pos { return ownership.Pos{File: "m.yml", Line: line} }
	_, err := ownership.New(ownership.Ruleset{
		Own:        true,
		Subsystems: []ownership.Subsystem{{Name: "mm", Pos: at(1)}, {Name: "mm", Pos: at(2)}, {Name: "mm", Pos: at(3)}},
		Overlays:   []ownership.Overlay{{Name: "none", Pos: at(4)}, {Name: "mm", Pos: at(5)}, {Name: "mm", Pos: at(6)}},
	})
	var lines []int
	for _, f := range strictyaml.AsFaults(err) {
		lines = append(lines, f.Line)
	}
	if diff := cmp.Diff([]int{2, 3, 4, 6}, lines); diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}
