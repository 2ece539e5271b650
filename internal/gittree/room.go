package gittree

import (
	"fmt"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// ErrTooMany means that trees have more different files than are held in memory, or longer
// or deeper paths than files have: a tree that has another one often, which has another one often, is
// some hundred bytes and stands for any number of files.
var ErrTooMany = fmt.Errorf("more files, or longer or deeper paths, are changed than are read: %w", pull.ErrTooLarge)

const (
	// maxHeld is how many bytes what two trees have differently may take: some 300,000 files
	// and directories.
	maxHeld = 64 << 20
	// held is what one takes besides its path.
	held = 150
	// maxPath is the length of a path in bytes that Linux opens no longer file by (PATH_MAX),
	// and so nobody has.
	maxPath = 4096
	// maxDepth is how many directories may stand in each other: reading takes a look-up for
	// each. git itself crashes by some ten thousand.
	maxDepth = 100
)

// room is what is left of what may be held.
type room struct{ left int }

func newRoom() *room { return &room{maxHeld} }

// take takes room for a path.
func (r *room) take(path string) error {
	if r.left -= len(path) + held; r.left < 0 || len(path) > maxPath || strings.Count(path, "/") > maxDepth {
		return ErrTooMany
	}
	return nil
}
