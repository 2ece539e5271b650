package mirror

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// folder names the folder of a repository's clone: no name from outside gets into a path.
// Repositories compare without case.
func folder(repo pull.Repo) string {
	sum := sha256.Sum256([]byte(strings.ToLower(repo.String())))
	return hex.EncodeToString(sum[:16])
}

// What folders that are no clones end in: one that is made, and one that goes.
const (
	unfinished = ".new"
	rubbish    = ".old"
)

// scan finds the clones of earlier processes, and removes what they left unfinished.
func (m *Mirror) scan() error {
	entries, err := os.ReadDir(m.cfg.Dir)
	if err != nil {
		return fmt.Errorf("read the folder of clones: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(m.cfg.Dir, e.Name())
		if ext := filepath.Ext(e.Name()); ext == unfinished || ext == rubbish {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("remove an unfinished clone: %w", err)
			}
			continue
		}
		info, err := e.Info()
		if err != nil || !e.IsDir() {
			continue
		}
		m.clones[e.Name()] = &clone{name: e.Name(), lock: make(chan struct{}, 1), used: info.ModTime(), size: sizeOf(path)}
	}
	m.evict()
	return nil
}

// sizeOf sums up the bytes of the files below a folder, as far as they can be read.
func sizeOf(dir string) (size int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // it went meanwhile
		}
		if info, err := e.Info(); err == nil && !e.IsDir() {
			size += info.Size()
		}
		return nil
	})
	return size
}

// measure notes the size of a clone and when it was used, and drops others if all have too
// much.
func (m *Mirror) measure(c *clone) {
	size, now := sizeOf(m.path(c)), m.cfg.Now()
	if err := os.Chtimes(m.path(c), now, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.cfg.Log.Warn("can't note that a clone was used", "error", err)
	}
	m.mu.Lock()
	c.size = size
	m.mu.Unlock()
	m.evict()
}

// evict drops the clones that were not used for longest until the others fit.
func (m *Mirror) evict() {
	for {
		m.mu.Lock()
		var total int64
		var oldest *clone
		for _, c := range m.clones {
			total += c.size
			if c.users == 0 && (oldest == nil || c.used.Before(oldest.used)) {
				oldest = c
			}
		}
		if total <= m.cfg.Disk || oldest == nil {
			m.mu.Unlock()
			return
		}
		gone := m.detach(oldest)
		m.mu.Unlock()
		m.remove(gone)
	}
}

// detach takes a clone out of use, and returns the folder that is left to remove. The
// caller holds Mirror.mu.
func (m *Mirror) detach(c *clone) string {
	delete(m.clones, c.name)
	m.gone++
	gone := fmt.Sprintf("%s.%d%s", m.path(c), m.gone, rubbish)
	if err := os.Rename(m.path(c), gone); err != nil {
		return m.path(c)
	}
	return gone
}

func (m *Mirror) remove(path string) {
	if err := os.RemoveAll(path); err != nil {
		m.cfg.Log.Warn("can't remove a clone", "error", err)
	}
}

// discard throws a clone away in which git can't read something, unless that was done a
// short while ago. It reports whether another try will find another one.
func (m *Mirror) discard(ctx context.Context, c *clone, why error) bool {
	m.mu.Lock()
	if m.clones[c.name] != c {
		m.mu.Unlock()
		return true // somebody else did
	}
	now := m.cfg.Now()
	if last, ok := m.discarded[c.name]; ok && now.Sub(last) < retryDamaged {
		m.mu.Unlock()
		return false
	}
	m.discarded[c.name] = now
	gone := m.detach(c)
	m.mu.Unlock()
	m.cfg.Log.WarnContext(ctx, "a clone is damaged, and is made anew", "error", why)
	m.remove(gone)
	return true
}

// tidy removes what a git that was killed left in a clone: locks, and halves of packs.
func tidy(dir string) error {
	var left []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && (strings.HasSuffix(path, ".lock") || strings.HasPrefix(e.Name(), "tmp_")) {
			left = append(left, path)
		}
		return err
	})
	for _, path := range left {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// inspect returns an error unless a clone's packs are whole, each with its index: the last
// bytes of both are the pack's own hash (gitformat-pack(5)). Of a partial clone each is
// marked as one that may refer to what was not fetched.
func inspect(dir string, partial bool) error {
	packs := filepath.Join(dir, "objects", "pack")
	entries, err := os.ReadDir(packs)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, is := strings.CutSuffix(e.Name(), ".pack")
		if _, index := strings.CutSuffix(e.Name(), ".idx"); index {
			name, is = strings.TrimSuffix(e.Name(), ".idx"), true
		}
		if !is {
			continue
		}
		if err := inspectPack(filepath.Join(packs, name), partial); err != nil {
			return err
		}
	}
	return nil
}

// hashSize is that of SHA-1, which the packs of SHA-256 repositories have longer: the last
// so many bytes must be equal all the same.
const hashSize = 20

func inspectPack(path string, partial bool) error {
	sum, err := tail(path+".pack", hashSize)
	if err != nil {
		return err
	}
	index, err := tail(path+".idx", 4*hashSize)
	if err != nil {
		return err
	}
	if !bytes.Contains(index, sum) {
		return fmt.Errorf("%s.pack is cut, or of another index", filepath.Base(path))
	}
	if partial {
		_, err = os.Stat(path + ".promisor")
	}
	return err
}

// tail reads the last bytes of a file.
func tail(path string, n int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < n {
		return nil, fmt.Errorf("%s has %d bytes only", filepath.Base(path), info.Size())
	}
	out := make([]byte, n)
	_, err = f.ReadAt(out, info.Size()-n)
	return out, err
}
