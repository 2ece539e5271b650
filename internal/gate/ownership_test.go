package gate

import (
	"context"
	"sync"
	"testing"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// shelf is a forge that has files and trees and nothing else. Every branch has
// the tip "tip".
type shelf struct {
	entries map[string]seam.Entry // by path
	trees   map[string][]gittree.Entry
	blobs   map[string][]byte
}

func (f *shelf) Blob(_ context.Context, _ pull.Repo, id string, most int) ([]byte, error) {
	if len(f.blobs[id]) > most {
		return nil, tooLarge(most)
	}
	return f.blobs[id], nil
}

func (f *shelf) Entries(_ context.Context, _ pull.Repo, _ string, paths []string) (map[string]seam.Entry, error) {
	out := map[string]seam.Entry{}
	for _, p := range paths {
		out[p] = f.entries[p]
	}
	return out, nil
}

func (f *shelf) HeadAt(context.Context, seam.Look, string) (pull.Head, error) {
	return pull.Head{}, nil
}
func (f *shelf) OpenRequests(context.Context, pull.Repo) ([]seam.Listed, error) { return nil, nil }
func (f *shelf) Tip(context.Context, pull.Repo, string) (string, error)         { return "tip", nil }
func (f *shelf) MergeBases(context.Context, pull.Repo, string, string) ([]string, error) {
	return nil, nil
}

func (f *shelf) Trees(_ context.Context, _ pull.Repo, ids []string) (map[string][]gittree.Entry, error) {
	out := map[string][]gittree.Entry{}
	for _, id := range ids {
		out[id] = f.trees[id]
	}
	return out, nil
}

// keptBlobs are kept in memory.
type keptBlobs struct{ all sync.Map }

func (b *keptBlobs) Blob(_ context.Context, _ pull.Repo, id string) ([]byte, bool, error) {
	if data, ok := b.all.Load(id); ok {
		return data.([]byte), true, nil
	}
	return nil, false, nil
}

func (b *keptBlobs) SaveBlob(_ context.Context, _ pull.Repo, id string, data []byte) error {
	b.all.Store(id, data)
	return nil
}

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

func newShelfGate(f *shelf) *Gate {
	return New(Config{Forge: seam.Forge{Archive: f, Lister: f, Trees: f}, Blobs: &keptBlobs{}, DefaultMap: File{
		Path: "default.yml", Data: []byte("version: 1\nsubsystems: [{name: all, fallback: true, maintainers: [carol]}]\n"),
	}})
}

// located finds the sources of a policy, and gives the basis that comes of it.
func located(t *testing.T, g *Gate, list []policy.Source) ([]source, basis) {
	t.Helper()
	l := &loaded{look: seam.Look{Request: pull.Request{Ref: pull.Ref{Repo: linux}, BaseTip: "tip"}}, sources: newBasis()}
	sources, err := g.locate(t.Context(), l, list, "tip", nil)
	if err != nil {
		t.Fatal(err)
	}
	return sources, l.sources
}

// moved tells whether a sweep would find a basis moved.
func moved(t *testing.T, g *Gate, b basis) bool {
	t.Helper()
	now := basisNow{gate: g.Reader, repo: linux, policyTip: "tip", baseTip: "tip", found: basis{}}
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
	g := newShelfGate(&shelf{})
	for _, p := range []policy.Policy{{}, {Sources: conventional()}} {
		sources, _ := located(t, g, g.sourcesOf(p))
		m, err := g.parseMap(t.Context(), linux, sources, len(p.Sources) == 0)
		if err != nil {
			t.Fatal(err)
		}
		if named := len(p.Sources) > 0; named != (len(m.faults) > 0) {
			t.Errorf("named %v: faults %v", named, m.faults)
		}
	}
}

func TestNewFileOfADirectoryElsewhereMoves(t *testing.T) {
	t.Parallel()
	f := &shelf{trees: map[string][]gittree.Entry{
		"tip": {{Name: "M", Mode: pull.Directory, ID: "m"}}, "m": {{Name: "a", Mode: pull.Regular, ID: "1"}},
	}}
	g := newShelfGate(f)
	_, b := located(t, g, []policy.Source{{Format: formats.Maintainers, Repo: "acme/maint", Ref: "main", Path: "M/"}})
	if moved(t, g, b) {
		t.Error("nothing moved yet")
	}
	f.trees["m"] = append(f.trees["m"], gittree.Entry{Name: "b", Mode: pull.Regular, ID: "2"})
	if !moved(t, g, b) {
		t.Errorf("a new file was not noticed: %v", b)
	}
}

// TestBasisTakesAnyPath holds that no name of a file is taken for something
// else.
func TestBasisTakesAnyPath(t *testing.T) {
	t.Parallel()
	f := &shelf{entries: map[string]seam.Entry{}}
	g := newShelfGate(f)
	paths := []string{"x@y:z/OWNERS", "a=b/OWNERS", "\tteam acme/x/OWNERS", "x\n\tdir z/OWNERS", `"q"/OWNERS`}
	b := newBasis()
	for i, p := range paths {
		id := string(rune('a' + i))
		f.entries[p] = seam.Entry{ID: id}
		b.setPath(p, id)
	}
	if moved(t, g, b) {
		t.Errorf("nothing moved: %q", b)
	}
	for _, p := range paths {
		was := f.entries[p]
		if f.entries[p] = (seam.Entry{ID: "other"}); !moved(t, g, b) {
			t.Errorf("%q moved", p)
		}
		f.entries[p] = was
	}
}

func TestReplayKeepsSourcesApart(t *testing.T) {
	t.Parallel()
	in := Inputs{Files: map[string]string{
		"1": "version: 1\nsubsystems: [{name: a, paths: [\"a/**\"], maintainers: [alice]}]\n",
		"2": "version: 1\nsubsystems: [{name: b, paths: [\"b/**\"], maintainers: [bob]}]\n",
	}}
	for i, k := range []Kept{{Path: ".github/subsystems.yml", ID: "1"}, {Path: "acme/maint/.github/subsystems.yml", ID: "2"}} {
		in.Sources = append(in.Sources, KeptSource{Kept: k, Format: formats.Subsystems, Source: ".github/subsystems.yml", Number: i + 1})
	}
	for range 2 { // as stored now, and as stored before sources had numbers
		texts, err := in.texts(nil)
		if err != nil {
			t.Fatal(err)
		}
		m := &parsedMap{}
		if m.parse(texts, "github"); m.owners == nil || len(m.owners.Subsystems()) != 2 {
			t.Errorf("%+v", m)
		}
		for i := range in.Sources {
			in.Sources[i] = KeptSource{Kept: in.Sources[i].Kept}
		}
	}
}

func TestReplayOfAMapWithoutFiles(t *testing.T) {
	t.Parallel()
	in := Inputs{
		Policy: Kept{Path: "p.yml", ID: "1"}, DefaultBranch: "main", Gated: true, Mapped: true,
		Files: map[string]string{"1": "version: 1\nownership: [{owners: OWNERS}]\n"},
	}
	in.Snapshot.Request.BaseBranch = "main"
	if err := in.restore(nil); err != nil || in.Snapshot.Owners == nil {
		t.Errorf("%v, %v", in.Snapshot.Owners, err)
	}
}

func (*shelf) Noted(context.Context, pull.Repo, string) ([]pull.Proof, error) {
	return nil, nil
}

func (*shelf) Commits(context.Context, pull.Repo, string, string) ([]pull.Commit, error) {
	return nil, nil
}
