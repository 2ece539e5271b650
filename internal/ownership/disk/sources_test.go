package disk

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership/formats"
)

// TestLinkedOwners holds that an OWNERS file in a directory that is a link says nothing, as in Prow,
// and that one which can't be read is an error.
func TestLinkedOwners(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	write := func(path, text string) {
		file := filepath.Join(top, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("OWNERS", "approvers: [ann]\n")
	write("fs/OWNERS", "approvers: [bob]\n")
	write("elsewhere", "approvers: [mallory]\n")
	write("mm/a.c", "")
	if err := os.Symlink("../elsewhere", filepath.Join(top, "mm", "OWNERS")); err != nil {
		t.Skipf("needs links: %v", err)
	}
	info, err := os.Stat(top)
	if err != nil {
		t.Fatal(err)
	}
	read := func() ([]string, error) {
		s, err := readOwnersTree(formats.Source{Format: formats.OwnersTree}, top, top, info, []string{"mm/a.c", "fs/b.c"})
		var paths []string
		for _, f := range s.Files {
			paths = append(paths, f.Path)
		}
		return paths, err
	}
	got, err := read()
	if diff := cmp.Diff([]string{"OWNERS", "fs/OWNERS"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if err := os.RemoveAll(filepath.Join(top, "fs", "OWNERS")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(top, "fs", "OWNERS"), 0o750); err != nil { // a directory of that name
		t.Fatal(err)
	}
	if got, err := read(); err == nil {
		t.Errorf("%v, and no error", got)
	}
}
