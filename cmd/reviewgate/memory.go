package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// memory is what a single check remembers: nothing from before it, except what
// the forge itself can tell.
type memory struct {
	hub     once        // nil without a forge
	lister  gate.Lister // nil where hub is
	publish bool        // something will be written

	mu    sync.Mutex
	files map[string][]byte // by object id
	seen  map[pull.Ref]*history.Memory
	known map[pull.Ref]history.Known // what was found out of other pull requests of a head
}

// Recall implements gate.History: our comment is found on the forge. A token
// that may not look for it can still be used to judge. A repository has none.
func (m *memory) Recall(ctx context.Context, ref pull.Ref) (history.Memory, error) {
	known := m.sights(ref)
	if m.hub == nil || ref.Number == 0 {
		return known, nil
	}
	id, err := m.hub.OwnComment(ctx, ref)
	if !m.publish && (errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound)) {
		err = nil
	}
	if err == nil && id != "" {
		known.Comment = history.CommentRecord{ID: id, Done: true}
	}
	return known, err
}

// sights gives what this check saw so far: it may have to look more than once.
func (m *memory) sights(ref pull.Ref) history.Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	if seen := m.seen[ref]; seen != nil {
		return *seen
	}
	return history.Memory{}
}

// At implements gate.History: the forge lists the open pull requests. What this check
// found out of one itself is known of it.
func (m *memory) At(ctx context.Context, repo pull.Repo, head string) (history.HeadMemory, error) {
	if m.hub == nil {
		return history.HeadMemory{}, nil
	}
	open, err := m.hub.RequestsAt(ctx, repo, head)
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range open {
		if k, ok := m.known[open[i].Ref]; ok && k.Head == head && k.BaseBranch == open[i].BaseBranch {
			open[i] = k
		}
	}
	return history.HeadMemory{Open: open}, err
}

// know keeps what was found out of a pull request.
func (m *memory) know(k history.Known) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[pull.Ref]history.Known{}
	}
	m.known[k.Ref] = k
}

// headOf is head and base branch of a pull request as REST tells them; empty if it does
// not, or the pull request was merged.
func (m *memory) headOf(ctx context.Context, ref pull.Ref) (head, base string) {
	ctx = context.WithoutCancel(ctx)
	if head, base, err := m.hub.HeadOf(ctx, ref); err == nil {
		return head, base
	}
	open, err := m.lister.OpenRequests(ctx, ref.Repo)
	i := slices.IndexFunc(open, func(l gate.Listed) bool { return l.Number == ref.Number })
	if err != nil || i < 0 {
		return "", ""
	}
	return open[i].Head, open[i].BaseBranch
}

// Found implements gate.Finder. A token that may not read what stands can still be used
// to judge.
func (m *memory) Found(ctx context.Context, repo pull.Repo, head string, names ...string) ([]gate.FoundCheck, error) {
	found, err := m.hub.Found(ctx, repo, head, names...)
	if !m.publish && (errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound)) {
		err = nil
	}
	return found, err
}

// Remember implements gate.History: one check has no later one to tell, but it must
// know what it saw itself.
func (m *memory) Remember(_ context.Context, ref pull.Ref, facts history.Facts) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[pull.Ref]*history.Memory{}
	}
	seen := m.seen[ref]
	if seen == nil {
		seen = &history.Memory{}
		m.seen[ref] = seen
	}
	if facts.Sighting != nil {
		seen.Sightings = append(seen.Sightings, *facts.Sighting)
	}
	seen.Sights = append(seen.Sights, facts.Sights...)
	for _, o := range facts.Objections {
		seen.Objections = append(slices.DeleteFunc(slices.Clone(seen.Objections), func(was pull.Objection) bool {
			return was.Review == o.Review && was.Spoken == o.Spoken
		}), o)
	}
	return nil
}

// SaveRun implements gate.History: a check is printed, not kept.
func (m *memory) SaveRun(context.Context, history.RunRecord) (int64, error) { return 0, nil }

// Blob implements gate.Blobs.
func (m *memory) Blob(_ context.Context, _ pull.Repo, id string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.files[id]
	return data, ok, nil
}

// SaveBlob implements gate.Blobs.
func (m *memory) SaveBlob(_ context.Context, _ pull.Repo, id string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[id] = data
	return nil
}

// file gives a file that was read.
func (m *memory) file(id string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if data, ok := m.files[id]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("the file %s was not read", id)
}
