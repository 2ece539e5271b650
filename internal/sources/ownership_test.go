package sources

import (
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
	for _, p := range []policy.Policy{{}, {Sources: conventional()}} {
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
