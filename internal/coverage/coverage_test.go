package coverage_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/coverage"
	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
)

func area(t testing.TB, name string, people []ownership.Owner, patterns ...string) ownership.Subsystem {
	t.Helper()
	s := ownership.Subsystem{Name: name, Maintainers: people, Pos: ownership.Pos{File: "map.yml", Line: 1}}
	for _, text := range patterns {
		p, err := glob.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Include = append(s.Include, ownership.Rule{Pattern: p, Pos: ownership.Pos{File: "map.yml", Line: 1}})
	}
	return s
}

func mapOf(t testing.TB, areas ...ownership.Subsystem) *ownership.Map {
	t.Helper()
	m, err := ownership.New(ownership.Ruleset{Subsystems: areas})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var (
	alice   = []ownership.Owner{{Login: "alice"}}
	nobody  = []ownership.Owner{{Email: "gone@example.org"}}
	aTeam   = []ownership.Owner{{Email: "gone@example.org"}, {Team: "acme/fs"}}
	numbers = func(f coverage.Folder) string {
		return fmt.Sprintf("%s %v: %d %d %d %d", f.Path, f.Rest, f.Owned, f.Fallback, f.Unstaffed, f.Unowned)
	}
)

// TestOf holds who owns the files of a tree, by folder, and that what lacks is counted.
func TestOf(t *testing.T) {
	t.Parallel()
	rest := area(t, "rest", alice, "lib/**", "mm/**")
	rest.Fallback = true
	m := mapOf(t, area(t, "mm", alice, "mm/**"), area(t, "fs", aTeam, "fs/**"), area(t, "net", nobody, "net/**"), rest,
		area(t, "dead", alice, "x"))
	s := coverage.Of(m, []string{"README", "mm/a.c", "mm/b/c.c", "fs/a.c", "net/a.c", "lib/a.c", "doc/a.rst"})
	var got []string
	for _, f := range s.Folders {
		got = append(got, numbers(f))
	}
	want := []string{" true: 0 0 0 1", "doc/ false: 0 0 0 1", "fs/ false: 1 0 0 0", "lib/ false: 0 1 0 0", "mm/ true: 1 0 0 0",
		"mm/b/ false: 1 0 0 0",
		"net/ false: 0 0 1 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var lacks []string
	for _, l := range s.Lacks {
		lacks = append(lacks, fmt.Sprint(l.Kind, l.Count, l.First))
	}
	want = []string{"unowned2 [./ doc/]", "unstaffed1 [net · map.yml:1]", "duplicates0 []", "shadowed0 []", "fallback_only1 [lib/]",
		"single3 [mm · map.yml:1 rest · map.yml:1 dead · map.yml:1]", "no_login1 [gone@example.org]", "dead1 [x · map.yml:1]"}
	if diff := cmp.Diff(want, lacks); diff != "" {
		t.Errorf("lacks (-want +got):\n%s", diff)
	}
}

// TestFoldersAreTheTree holds that folders are bounded, and that each file is in one.
func TestFoldersAreTheTree(t *testing.T) {
	t.Parallel()
	m := mapOf(t, area(t, "mm", alice, "a/**", "b/a/**"), area(t, "net", nobody, "c/**"))
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", strings.Repeat("x", 300)})
		paths := rapid.SliceOfNDistinct(rapid.Map(rapid.SliceOfN(names, 1, 7), func(p []string) string { return strings.Join(p, "/") }), 0, 300,
			func(p string) string { return p }).Draw(t, "paths")
		s := coverage.Of(m, paths)
		if len(s.Folders) > 60 {
			t.Fatalf("%d folders", len(s.Folders))
		}
		sum := coverage.Folder{}
		for _, f := range s.Folders {
			if f.Files() <= 0 || f.Owned < 0 || f.Fallback < 0 || f.Unstaffed < 0 || f.Unowned < 0 {
				t.Fatal(numbers(f))
			}
			sum.Owned, sum.Unstaffed, sum.Unowned = sum.Owned+f.Owned, sum.Unstaffed+f.Unstaffed, sum.Unowned+f.Unowned
		}
		owned := 0
		for _, p := range paths {
			if len(m.Match(p)) > 0 && m.Match(p)[0].Name == "mm" {
				owned++
			}
		}
		if sum.Files() != len(paths) || sum.Owned != owned || s.Files != len(paths) {
			t.Fatalf("%s, want %d owned of %d", numbers(sum), owned, len(paths))
		}
	})
}

// TestManyFolders holds that many folders of the root become one, and that what is told is short.
func TestManyFolders(t *testing.T) {
	t.Parallel()
	var paths []string
	for i := range 3000 {
		paths = append(paths, fmt.Sprintf("dir%d/%s/f.c", i%500, strings.Repeat("文", 100)))
	}
	s := coverage.Of(mapOf(t, area(t, "mm", alice, "mm/**")), paths)
	if len(s.Folders) != 41 || s.Folders[0].Path != "" || !s.Folders[0].Rest || s.Folders[0].Unowned != 3000-40*6 {
		t.Errorf("%d, the first %+v", len(s.Folders), s.Folders[0])
	}
	if first := s.Lacks[0].First; len(first) != 5 || len(first[0]) > 210 || !strings.HasSuffix(first[0], "…") {
		t.Errorf("%q", first)
	}
}

// BenchmarkOf surveys a tree as large as Linux's, by 2,000 areas.
func BenchmarkOf(b *testing.B) {
	var paths []string
	var areas []ownership.Subsystem
	for i := range 90_000 {
		paths = append(paths, fmt.Sprintf("drivers/d%d/e%d/file%d.c", i%150, i%40, i))
	}
	for i := range 2000 {
		areas = append(areas, area(b, fmt.Sprint("area", i), alice, fmt.Sprintf("drivers/d%d/e%d/**", i%150, i%37)))
	}
	m := mapOf(b, areas...)
	b.ReportAllocs()
	for b.Loop() {
		coverage.Of(m, paths)
	}
}
