package disk

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// linkAt finds the symbolic link or submodule of a working tree that a file is
// or lies below, and says what it is; empty for neither. A file outside of the
// tree was named by hand, and is read wherever it leads.
func linkAt(root, file string) string {
	rel, err := filepath.Rel(root, file)
	if root == "" || err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	rel = filepath.ToSlash(rel)
	at := ""
	for part := range strings.SplitSeq(rel, "/") {
		at = path.Join(at, part)
		info, err := os.Lstat(filepath.Join(root, at))
		switch {
		case err != nil:
			return ""
		case info.Mode()&fs.ModeSymlink != 0:
			return formats.Misplaced(rel, at, formats.SymbolicLink)
		case info.IsDir() && at != "." && exists(filepath.Join(root, at, ".git")):
			return formats.Misplaced(rel, at, formats.Submodule)
		}
	}
	return ""
}

// ReadUnlinked reads a file of a working tree unless it is a link or lies below
// one.
func ReadUnlinked(root, file string) ([]byte, error) {
	if why := linkAt(root, file); why != "" {
		rel, err := filepath.Rel(root, file)
		if err != nil {
			rel = file
		}
		return nil, strictyaml.Faults{{File: filepath.ToSlash(rel), Text: why}}
	}
	return os.ReadFile(file)
}
