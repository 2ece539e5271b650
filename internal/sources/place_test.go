package sources

import (
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/seam/shelf"
)

// TestLinksInPlaceOfSources holds which links are faults, and that no text of one
// is read as a file.
func TestLinksInPlaceOfSources(t *testing.T) {
	t.Parallel()
	const place, above = ": is a symbolic link", ": lies below "
	link, sub, dir := seam.Entry{ID: "l", Mode: pull.Symlink}, seam.Entry{ID: "s", Mode: pull.Submodule},
		seam.Entry{ID: "d", Mode: pull.Directory}
	file := seam.Entry{ID: "f", Mode: pull.Regular}
	elsewhere := policy.Source{Format: formats.Subsystems, Repo: "acme/maint", Path: "a/map.yml"}
	tests := map[string]struct {
		source  policy.Source
		entries map[string]seam.Entry
		want    string // empty: no fault
	}{
		"a map": {policy.Source{Format: formats.Subsystems, Path: "a/map.yml"}, map[string]seam.Entry{"a/map.yml": link},
			"a/map.yml" + place},
		"below a link": {policy.Source{Format: formats.Subsystems, Path: "a/map.yml"}, map[string]seam.Entry{"a": link},
			"a/map.yml" + above + "a, which is a symbolic link"},
		"far below a submodule": {policy.Source{Format: formats.OwnersYAML, Path: "a/b/o.yaml"}, map[string]seam.Entry{"a": sub},
			"a/b/o.yaml" + above + "a, which is a submodule"},
		"a directory": {policy.Source{Format: formats.Subsystems, Path: "map.yml"}, map[string]seam.Entry{"map.yml": dir},
			"map.yml: is a directory; put a file"},
		"MAINTAINERS as one": {policy.Source{Format: formats.Maintainers, Path: "MAINTAINERS"}, map[string]seam.Entry{"MAINTAINERS": dir},
			"MAINTAINERS: is a directory; write it with a slash"},
		"people": {policy.Source{Format: formats.People, Path: "p.yml"}, map[string]seam.Entry{"p.yml": link}, "p.yml" + place},
		"a mailmap": {policy.Source{Format: formats.Mailmap, Path: ".mailmap"}, map[string]seam.Entry{".mailmap": link},
			".mailmap" + place},
		"no mailmap":       {policy.Source{Format: formats.Mailmap, Path: ".mailmap"}, nil, ""},
		"elsewhere":        {elsewhere, map[string]seam.Entry{"a/map.yml": sub}, "acme/maint/a/map.yml: is a submodule"},
		"elsewhere, below": {elsewhere, map[string]seam.Entry{"a": link}, "acme/maint/a/map.yml" + above + "a"},
		"CODEOWNERS, first place": {policy.Source{Format: formats.Codeowners}, map[string]seam.Entry{".github": link, "CODEOWNERS": file},
			".github/CODEOWNERS" + above + ".github"},
		"CODEOWNERS, last place": {policy.Source{Format: formats.Codeowners}, map[string]seam.Entry{"CODEOWNERS": file, "docs": sub}, ""},
		"OWNERS":                 {policy.Source{Format: formats.OwnersTree, Path: "OWNERS"}, map[string]seam.Entry{"OWNERS": link}, ""},
		"OWNERS_ALIASES": {policy.Source{Format: formats.OwnersTree, Path: "OWNERS"}, map[string]seam.Entry{"OWNERS_ALIASES": link},
			"OWNERS_ALIASES" + place},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &shelf.Forge{Files: tt.entries, Texts: map[string][]byte{"f": []byte("* @carol\n"), "l": []byte("version: 1\n"),
				"s": []byte("version: 1\n")}}
			r := newShelfReader(f)
			sources, err := r.Locate(t.Context(), CommitTree{linux, "tip", tt.entries}, []policy.Source{tt.source}, nil)
			if err != nil {
				t.Fatal(err)
			}
			m, err := r.ReadMap(t.Context(), linux, sources, true) // the service's own map stands in for none
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Faults.Error(); tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) {
				t.Errorf("faults %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLinksOfADirectoryOfMaintainers(t *testing.T) {
	t.Parallel()
	f := &shelf.Forge{Files: map[string]seam.Entry{}, Texts: map[string][]byte{"1": []byte("A\nF: a/\n"), "2": []byte("B\nF: b/\n")},
		Dirs: map[string][]gittree.Entry{
			"tip": {{Name: "M", Mode: pull.Directory, ID: "m"}},
			"m":   {{Name: "a", Mode: pull.Regular, ID: "1"}, {Name: "b", Mode: pull.Symlink, ID: "2"}},
		}}
	r := newShelfReader(f)
	faults := func() string {
		sources, _ := located(t, r, []policy.Source{{Format: formats.Maintainers, Path: "M/"}})
		m, err := r.ReadMap(t.Context(), linux, sources, false)
		if err != nil {
			t.Fatal(err)
		}
		return m.Faults.Error()
	}
	if got := faults(); !strings.HasPrefix(got, "M/b: is a symbolic link") {
		t.Errorf("faults %q", got)
	}
	f.Dirs["tip"] = []gittree.Entry{{Name: "M", Mode: pull.Symlink, ID: "2"}}
	f.Files["M"] = seam.Entry{ID: "2", Mode: pull.Symlink}
	if got := faults(); !strings.HasPrefix(got, "M: is a symbolic link") {
		t.Errorf("faults %q", got)
	}
}

// TestLinkInPlaceOfAnOrganisationsPolicy holds that it is an error, and neither
// absent nor the next one's turn.
func TestLinkInPlaceOfAnOrganisationsPolicy(t *testing.T) {
	t.Parallel()
	for name, entries := range map[string]map[string]seam.Entry{
		"itself": {".github/review-gate.yml": {ID: "l", Mode: pull.Symlink}, "review-gate.yml": {ID: "f"}},
		"above":  {".github": {ID: "l", Mode: pull.Submodule}, "review-gate.yml": {ID: "f"}},
		"second": {"review-gate.yml": {ID: "l", Mode: pull.Symlink}},
	} {
		f := &shelf.Forge{Files: entries, Texts: map[string][]byte{"l": []byte("version: 1\n"), "f": []byte("version: 1\nmode: off\n")}}
		r := newShelfReader(f)
		r.cfg.Traits.OrgRepo = ".github"
		r.cfg.Traits.OrgPolicies = []string{".github/review-gate.yml", "review-gate.yml"}
		r.cfg.Traits.PolicyPath = ".github/review-gate.yml"
		found, err := r.FindPolicy(t.Context(), linux, PlacedFile{path: r.cfg.Traits.PolicyPath})
		if err != nil || found.None() {
			t.Fatal(name, found, err)
		}
		if _, err := found.Parse(); err == nil || !strings.HasPrefix(err.Error(), "acme/.github/") || !strings.Contains(err.Error(), "which is") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLinkWithTheTextOfAFileMoves holds that a sweep notices a link whose text is
// what the file held.
func TestLinkWithTheTextOfAFileMoves(t *testing.T) {
	t.Parallel()
	f := &shelf.Forge{Files: map[string]seam.Entry{"map.yml": {ID: "1", Mode: pull.Regular}}}
	r := newShelfReader(f)
	b := NewBasis()
	b.SetPath("map.yml", f.Files["map.yml"].State())
	if moved(t, r, b) {
		t.Error("nothing moved yet")
	}
	if f.Files["map.yml"] = (seam.Entry{ID: "1", Mode: pull.Symlink}); !moved(t, r, b) {
		t.Error("not noticed")
	}
}
