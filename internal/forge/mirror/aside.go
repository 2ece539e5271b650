package mirror

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// bound is what a fetch may take.
type bound struct {
	bytes int64         // of what is fetched, as files
	time  time.Duration // 0: as long as who asks waits
}

// errTooMuch means that a fetch took more than its bound.
var errTooMuch = fmt.Errorf("the files are too large, or the server is too slow, for what they are wanted for: %w", pull.ErrTooLarge)

// limit ends a context when the time is over.
func (b bound) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if b.time == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, b.time, errTooMuch)
}

// packed is how many bytes a pack and its index may have of so many files of these bytes:
// what does not compress has a little more than it is, and each file a header and a row.
func (b bound) packed(files int) int64 {
	return b.bytes + b.bytes/64 + int64(files)*128 + 64<<10
}

// aside is the bound of files that are compared or shown. What a stranger's pull request asks
// for is no more than a small part of the disk.
func (m *Mirror) aside() bound {
	return bound{bytes: min(maxCompared, m.cfg.Disk/4), time: m.cfg.Aside}
}

// fetchAside fetches those files of some that are not here, within a bound; beyond, it is
// errTooMuch. Nobody knows how large files are before they are fetched, and anybody can have
// some in a fork. So they are fetched into a folder of their own, those that may take long by
// slots of their own, and the clone is locked only to take them in: others are served meanwhile. That some were too
// much is remembered as long as the clone is there, so that one head is not read in two ways.
func (s *session) fetchAside(ctx context.Context, ids []string, most bound) error {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	mark := s.mark(ids, most)
	if _, err := os.Stat(mark); err == nil {
		return errTooMuch
	}
	missing, err := s.git.Missing(ctx, ids)
	if err != nil || len(missing) == 0 {
		return err
	}
	dir, err := os.MkdirTemp(s.cfg.Dir, s.clone.name+".*"+unfinished)
	if err != nil {
		return err
	}
	defer s.remove(dir)
	g := s.git
	g.Objects = dir
	err = s.fetch(ctx, g, s.repo, wants{specs: missing, plain: true, bound: &bound{most.packed(len(missing)), most.time}})
	if errors.Is(err, errTooMuch) {
		err = errors.Join(err, remember(mark))
	}
	if err != nil {
		return err
	}
	return s.locked(ctx, func(ctx context.Context) error {
		if err := takeIn(dir, s.git.GitDir); err != nil {
			return err
		}
		return s.arrived(ctx, missing)
	})
}

// takeIn moves packs into a clone, each with its index last: without one it is none.
func takeIn(dir, clone string) error {
	files, err := filepath.Glob(filepath.Join(dir, "pack", "pack-*"))
	slices.SortFunc(files, func(a, b string) int {
		last := func(name string) int { return strings.Count(filepath.Ext(name), ".idx") }
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a, b))
	})
	for _, f := range files {
		err = errors.Join(err, os.Rename(f, filepath.Join(clone, "objects", "pack", filepath.Base(f))))
	}
	return err
}

// marks is the folder in a clone of the empty files that tell what was too much.
const marks = "reviewgate-too-much"

// maxMarks is how many there are. Beyond, all are forgotten.
const maxMarks = 10_000

// mark is the file that tells that some files, in order, were too much for a bound.
func (s *session) mark(ids []string, most bound) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %q", most, ids))
	return filepath.Join(s.git.GitDir, marks, hex.EncodeToString(sum[:16]))
}

// remember makes a mark.
func remember(mark string) error {
	dir := filepath.Dir(mark)
	if all, err := os.ReadDir(dir); err == nil && len(all) >= maxMarks {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(mark, nil, 0o600)
}
