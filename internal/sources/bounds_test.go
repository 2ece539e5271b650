package sources

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/seam/shelf"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// filed are sources of one directory with files of some sizes.
func filed(f *shelf.Forge, sizes ...int) []Source {
	s := Source{Source: policy.Source{Format: formats.Maintainers, Path: "M/"}, repo: linux}
	f.Texts = map[string][]byte{}
	for i, size := range sizes {
		name := fmt.Sprint("M/", i)
		f.Texts[name] = bytes.Repeat([]byte("\n"), size)
		s.files = append(s.files, Place(map[string]seam.Entry{name: {ID: name, Mode: pull.Regular}}, name))
	}
	return []Source{s}
}

// TestOwnershipInForceIsBounded holds that what the base branch has is read to its bounds,
// and that beyond one the fault says so.
func TestOwnershipInForceIsBounded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sizes  []int
		beyond bool
	}{
		"files":           {make([]int, inForce.files), false},
		"a file more":     {make([]int, inForce.files+1), true},
		"a large file":    {[]int{content.MaxBlob}, false},
		"a larger file":   {[]int{content.MaxBlob + 1}, true},
		"bytes in all":    {[]int{content.MaxBlob, inForce.bytes - content.MaxBlob}, false},
		"a byte too many": {[]int{content.MaxBlob, inForce.bytes - content.MaxBlob, 1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &shelf.Forge{}
			r, sources := newShelfReader(f), filed(f, tt.sizes...)
			texts, err := r.texts(t.Context(), sources, inForce)
			if errors.Is(err, pull.ErrTooLarge) != tt.beyond || !tt.beyond && (err != nil || len(texts[0].Files) != len(tt.sizes)) {
				t.Errorf("read: %v", err)
			}
			if !tt.beyond {
				return
			}
			m, err := r.compileMap(t.Context(), linux, sources, false, inForce)
			if err != nil {
				t.Fatal(err)
			}
			want := strictyaml.Faults{Fault(
				"the ownership files are more than the 20000, or have more than the 16777216 bytes in all or the 8388608 in one, that are read; " +
					"say it with fewer and wider patterns")}
			if diff := cmp.Diff(want, m.Faults); diff != "" || m.Owners != nil {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLargePolicies holds that a policy of more bytes than are read is a fault, wherever its
// text comes from: along with a look, from the forge, or from what is kept.
func TestLargePolicies(t *testing.T) {
	t.Parallel()
	for more, beyond := range []bool{false, true} {
		text := bytes.Repeat([]byte("#"), maxPolicy+more)
		f := &shelf.Forge{Texts: map[string][]byte{"p": text}}
		kept := newShelfReader(f)
		if _, err := kept.Blob(t.Context(), linux, seam.Entry{ID: "p"}, len(text)); err != nil {
			t.Fatal(err)
		}
		for from, tt := range map[string]struct {
			reader *Reader
			text   []byte
		}{"a look": {newShelfReader(f), text}, "the forge": {newShelfReader(f), nil}, "what is kept": {kept, nil}} {
			found, err := tt.reader.ReadPolicy(t.Context(), linux,
				PlacedFile{path: "p.yml", Entry: seam.Entry{ID: "p", Mode: pull.Regular, Text: tt.text}}, File{Path: "p.yml"})
			if err != nil || (found.fault != "") != beyond || len(found.File.Data) == len(text) == beyond {
				t.Errorf("%d bytes too many from %s: %q, %v", more, from, found.fault, err)
			}
		}
	}
}
