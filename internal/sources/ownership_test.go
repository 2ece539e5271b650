package sources

import (
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/seam/shelf"
)

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

func newShelfReader(f *shelf.Forge) *Reader {
	return New(Config{Archive: f, Lister: f, DefaultMap: File{
		Path: "default.yml", Data: []byte("version: 1\nsubsystems: [{name: all, fallback: true, maintainers: [carol]}]\n"),
	}}, content.New(content.Config{Files: f, Trees: f, Blobs: &shelf.Kept{}}))
}

// located finds the sources of a policy, and gives the basis that comes of it.
func located(t *testing.T, r *Reader, list []policy.Source) ([]Source, Basis) {
	t.Helper()
	sources, err := r.Locate(t.Context(), CommitTree{Repo: linux, Commit: "tip"}, list, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBasis()
	b.SetSources(sources)
	return sources, b
}

// moved reports whether a sweep would find a basis moved.
func moved(t *testing.T, r *Reader, b Basis) bool {
	t.Helper()
	now := currentFingerprint{reader: r, repo: linux, policyTip: "tip", baseTip: "tip", found: Basis{}}
	moved, err := now.moved(t.Context(), parseBasis(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return moved
}

// TestNamedMapMustBeThere holds that a map that the policy names is not replaced
// by the service's own, even if that stood in where a policy named none.
func TestNamedMapMustBeThere(t *testing.T) {
	t.Parallel()
	r := newShelfReader(&shelf.Forge{})
	for _, p := range []policy.Policy{{}, {Sources: r.conventional()}} {
		sources, _ := located(t, r, r.SourcesOf(p))
		m, err := r.ReadMap(t.Context(), linux, sources, len(p.Sources) == 0)
		if err != nil {
			t.Fatal(err)
		}
		if named := len(p.Sources) > 0; named != (len(m.Faults) > 0) {
			t.Errorf("named %v: faults %v", named, m.Faults)
		}
	}
}

// TestConventionalPlaces: the place of the forge's own directory counts before the usual one,
// each is protected, and a link in the first is not passed over.
func TestConventionalPlaces(t *testing.T) {
	t.Parallel()
	const own, usual = ".own/subsystems.yml", ".github/subsystems.yml"
	file := func(id string) seam.Entry { return seam.Entry{ID: id, Mode: pull.Regular} }
	text := func(who string) []byte {
		return []byte("version: 1\nsubsystems: [{name: all, fallback: true, maintainers: [" + who + "]}]\n")
	}
	for name, tt := range map[string]struct {
		files map[string]seam.Entry
		want  string // the owner, or the fault
	}{
		"both":    {map[string]seam.Entry{own: file("1"), usual: file("2")}, "alice"},
		"own":     {map[string]seam.Entry{own: file("1")}, "alice"},
		"usual":   {map[string]seam.Entry{usual: file("2")}, "bob"},
		"neither": {nil, "carol"},
		"a link":  {map[string]seam.Entry{own: {ID: "3", Mode: pull.Symlink}, usual: file("2")}, own + ": is a symbolic link"},
	} {
		f := &shelf.Forge{Files: tt.files, Texts: map[string][]byte{"1": text("alice"), "2": text("bob")}}
		r := newShelfReader(f)
		r.cfg.Traits = seam.Traits{PolicyPath: ".own/gate.yml", PolicyPaths: []string{".own/gate.yml", ".github/gate.yml"}}
		named := r.SourcesOf(policy.Policy{})
		if got := Deciding(named, []string{usual, "x", own}); len(got) != 2 {
			t.Errorf("protected: %v", got)
		}
		found, err := r.Locate(t.Context(), CommitTree{Repo: linux, Commit: "tip", Entries: tt.files}, named, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := r.ReadMap(t.Context(), linux, found, true)
		if err != nil {
			t.Fatal(err)
		}
		got := m.Faults.Error()
		if got == "" {
			got = m.Owners.Match("x")[0].Maintainers[0].Login
		}
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		if k := m.Files; len(k) > 0 && tt.want != "carol" && k[0].Path != k[0].Source {
			t.Errorf("%s: kept as %+v", name, k[0])
		}
	}
	r := newShelfReader(&shelf.Forge{})
	r.cfg.Traits, r.cfg.DefaultMap = seam.Traits{PolicyPath: ".own/gate.yml"}, File{}
	found, _ := located(t, r, r.SourcesOf(policy.Policy{}))
	m, err := r.ReadMap(t.Context(), linux, found, true)
	if want := "there is no such file at the base branch, nor another of " + own + ", " + usual; err != nil ||
		!strings.Contains(m.Faults.Error(), want) {
		t.Errorf("%v %v", m, err)
	}
}

func TestNewFileOfADirectoryElsewhereMoves(t *testing.T) {
	t.Parallel()
	f := &shelf.Forge{Dirs: map[string][]gittree.Entry{
		"tip": {{Name: "M", Mode: pull.Directory, ID: "m"}}, "m": {{Name: "a", Mode: pull.Regular, ID: "1"}},
	}}
	r := newShelfReader(f)
	_, b := located(t, r, []policy.Source{{Format: formats.Maintainers, Repo: "acme/maint", Ref: "main", Path: "M/"}})
	if moved(t, r, b) {
		t.Error("nothing moved yet")
	}
	f.Dirs["m"] = append(f.Dirs["m"], gittree.Entry{Name: "b", Mode: pull.Regular, ID: "2"})
	if !moved(t, r, b) {
		t.Errorf("a new file was not noticed: %v", b)
	}
}

// TestBasisTakesAnyPath holds that no name of a file is taken for something
// else.
func TestBasisTakesAnyPath(t *testing.T) {
	t.Parallel()
	f := &shelf.Forge{Files: map[string]seam.Entry{}}
	r := newShelfReader(f)
	paths := []string{"x@y:z/OWNERS", "a=b/OWNERS", "\tteam acme/x/OWNERS", "x\n\tdir z/OWNERS", `"q"/OWNERS`}
	b := NewBasis()
	for i, p := range paths {
		id := string(rune('a' + i))
		f.Files[p] = seam.Entry{ID: id}
		b.SetPath(p, id)
	}
	if moved(t, r, b) {
		t.Errorf("nothing moved: %q", b)
	}
	for _, p := range paths {
		was := f.Files[p]
		if f.Files[p] = (seam.Entry{ID: "other"}); !moved(t, r, b) {
			t.Errorf("%q moved", p)
		}
		f.Files[p] = was
	}
}
