package mirror

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// MergeBases implements seam.Trees.
func (m *Mirror) MergeBases(ctx context.Context, repo pull.Repo, a, b string) (ids []string, err error) {
	err = m.with(ctx, repo, func(s *session) error {
		if err := s.commits(ctx, a, b); err != nil {
			return err
		}
		ids, err = s.git.MergeBases(ctx, a, b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find the merge bases of %s and %s in %s: %w", a, b, repo, err)
	}
	return ids, nil
}

// maxCommits is how many commits between two are read: as many as are told apart of a
// pull request's past.
const maxCommits = 20_000

// maxNamed is how many bytes may be kept of whom so many commits name: of 20,000 commits, 3 kB
// each.
const maxNamed = 64 << 20

// Commits implements seam.Trees. Accounts are those of private addresses only: git knows
// no others.
func (m *Mirror) Commits(ctx context.Context, repo pull.Repo, base, head string) (list []pull.Commit, err error) {
	err = m.with(ctx, repo, func(s *session) error {
		if err := s.commits(ctx, base, head); err != nil {
			return err
		}
		ids, err := s.git.Between(ctx, base, head, maxCommits)
		list = make([]pull.Commit, len(ids))
		left := maxNamed
		for i, id := range ids {
			c, err := s.objects.Commit(id)
			if err != nil {
				return err
			}
			list[i] = pull.Commit{ID: id, Parents: c.Parents, Signed: c.Signed, Vouched: c.Vouched}
			if left -= held(&list[i]); left < 0 {
				return fmt.Errorf("the commits name more people than are read: %w", pull.ErrTooLarge)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the commits between %s and %s in %s: %w", base, head, repo, err)
	}
	return list, nil
}

// held is about how many bytes are kept of a commit.
func held(c *pull.Commit) int {
	const each = 150 // of one whom it names, besides name and address
	size := len(c.Parents) * len(c.ID)
	for _, s := range slices.Concat(c.Signed, c.Vouched) {
		size += each + len(s.Name) + len(s.Email)
	}
	return size
}

// Trees implements seam.Trees.
func (m *Mirror) Trees(ctx context.Context, repo pull.Repo, ids []string) (trees map[string][]gittree.Entry, err error) {
	err = m.with(ctx, repo, func(s *session) error {
		if err := s.either(ctx, ids); err != nil {
			return err
		}
		trees, err = s.read(ctx, ids)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read trees of %s: %w", repo, err)
	}
	return trees, nil
}

// Blob implements seam.Archive.
func (m *Mirror) Blob(ctx context.Context, repo pull.Repo, id string, most int) (data []byte, err error) {
	err = m.with(ctx, repo, func(s *session) error {
		if data, err = s.objects.Blob(id, most); !errors.Is(err, gitcmd.ErrMissing) {
			return err
		}
		if err := s.fetchAside(ctx, []string{id}, bound{bytes: int64(most)}); err != nil {
			return err
		}
		data, err = s.objects.Blob(id, most)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read blob %s of %s: %w", id, repo, err)
	}
	return data, nil
}

// Entries implements seam.Archive.
func (m *Mirror) Entries(ctx context.Context, repo pull.Repo, commit string, paths []string) (found map[string]seam.Entry, err error) {
	err = m.with(ctx, repo, func(s *session) error {
		at, err := s.commitAt(ctx, commit)
		if err != nil {
			return err
		}
		found, err = s.entries(ctx, at, paths)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look up files of %s at %s: %w", repo, commit, err)
	}
	return found, nil
}

// commitAt brings a commit, or the tip that the default branch has just now.
func (s *session) commitAt(ctx context.Context, commit string) (string, error) {
	if commit != seam.DefaultTip {
		return commit, s.commits(ctx, commit)
	}
	err := s.locked(ctx, func(ctx context.Context) error {
		return s.fetch(ctx, s.git, s.repo, wants{specs: []string{"+HEAD:" + tipRef}})
	})
	if err != nil {
		return "", err
	}
	out, err := s.git.Run(ctx, "rev-parse", "--verify", "--end-of-options", tipRef+"^{commit}")
	return strings.TrimSuffix(string(out), "\n"), err
}

// entries looks paths up, all of them a directory deeper at a time.
func (s *session) entries(ctx context.Context, commit string, paths []string) (map[string]seam.Entry, error) {
	out := make(map[string]seam.Entry, len(paths))
	type place struct{ id, rest string }
	at := map[string]place{}
	for _, p := range paths {
		at[p], out[p] = place{commit, p}, seam.Entry{}
	}
	for len(at) > 0 {
		ids := map[string]bool{}
		for _, p := range at {
			ids[p.id] = true
		}
		trees, err := s.read(ctx, slices.Sorted(maps.Keys(ids)))
		if err != nil {
			return nil, err
		}
		for path, p := range at {
			delete(at, path)
			name, rest, deeper := strings.Cut(p.rest, "/")
			i := slices.IndexFunc(trees[p.id], func(e gittree.Entry) bool { return e.Name == name })
			switch {
			case i < 0:
			case !deeper:
				out[path] = seam.Entry{ID: trees[p.id][i].ID, Mode: trees[p.id][i].Mode}
			case trees[p.id][i].Mode == pull.Directory:
				at[path] = place{trees[p.id][i].ID, rest}
			}
		}
	}
	return out, nil
}

// commits brings commits by their ids, with their histories.
func (s *session) commits(ctx context.Context, ids ...string) error {
	return s.fetchMissing(ctx, ids, false)
}

// either brings objects of which nobody says whether they are commits or trees. Those that
// a tree named as such are trees.
func (s *session) either(ctx context.Context, ids []string) error {
	var unsure []string
	for _, id := range ids {
		if !s.trees.has(id) {
			unsure = append(unsure, id)
		}
	}
	err := s.commits(ctx, unsure...)
	if errors.Is(err, gitcmd.ErrMissing) {
		return nil // the server took them for known: read asks for each by itself
	}
	return err
}

// maxEntries is how many entries the trees have together that are read at once: some 130 MB.
const maxEntries = 1_000_000

// read reads trees by id: a tree's, or a commit's for its root. Of a commit that is here its
// tree may have to be fetched.
func (s *session) read(ctx context.Context, ids []string) (map[string][]gittree.Entry, error) {
	out, size := make(map[string][]gittree.Entry, len(ids)), 0
	for left := ids; len(left) > 0; {
		var again, missing []string
		for _, id := range left {
			entries, err := s.objects.Tree(id)
			if lacks, ok := errors.AsType[*gitcmd.MissingError](err); ok {
				again, missing = append(again, id), append(missing, lacks.ID)
				continue
			}
			if err != nil {
				return nil, err
			}
			if size += len(entries); size > maxEntries {
				return nil, gittree.ErrTooMany
			}
			s.trees.learn(entries)
			out[id] = entries
		}
		if len(missing) > 0 {
			if err := s.fetchMissing(ctx, slices.Compact(slices.Sorted(slices.Values(missing))), true); err != nil {
				return nil, err
			}
		}
		left = again
	}
	return out, nil
}

// known are ids of trees, as trees name them.
type known struct {
	mu  sync.Mutex
	ids map[string]bool
}

// maxKnown is how many are known: some 10 MB. Beyond, all are forgotten.
const maxKnown = 100_000

func newKnown() *known { return &known{ids: map[string]bool{}} }

func (k *known) has(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ids[id]
}

func (k *known) learn(entries []gittree.Entry) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range entries {
		if e.Mode != pull.Directory {
			continue
		}
		if len(k.ids) >= maxKnown {
			clear(k.ids)
		}
		k.ids[e.ID] = true
	}
}
