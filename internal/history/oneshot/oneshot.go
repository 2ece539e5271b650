// Package oneshot is the memory of a single check, as a CI step makes it: nothing from before
// it, except what the forge itself can tell. It says in which order such a check judges.
//
// It promises that a token which may not read what stands can still be used to judge, and
// that nothing is written to the forge.
package oneshot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Memory is what a single check remembers: nothing from before it, except what
// the forge itself can tell.
type Memory struct {
	Forge   Forge       // nil without one
	Lister  seam.Lister // nil where Forge is
	Publish bool        // something will be written

	mu    sync.Mutex
	texts map[string][]byte // by object id
	seen  map[pull.Ref]*history.PullHistory
	known map[pull.Ref]history.PullState // what was found out of other pull requests of a head
}

// Recall implements history.Store: our comment is found on the forge. A token
// that may not look for it can still be used to judge. A repository has none.
func (m *Memory) Recall(ctx context.Context, ref pull.Ref) (history.PullHistory, error) {
	known := m.sights(ref)
	if m.Forge == nil || ref.Number == 0 {
		return known, nil
	}
	id, err := m.Forge.OwnComment(ctx, ref)
	if !m.Publish && (errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound)) {
		err = nil
	}
	if err == nil && id != "" {
		known.Comment = history.CommentRecord{ID: id, Done: true}
	}
	return known, err
}

// sights gives what this check saw so far: it may have to look more than once.
func (m *Memory) sights(ref pull.Ref) history.PullHistory {
	m.mu.Lock()
	defer m.mu.Unlock()
	if seen := m.seen[ref]; seen != nil {
		return *seen
	}
	return history.PullHistory{}
}

// At implements history.Store: the forge lists the open pull requests. What this check
// found out of one itself is known of it.
func (m *Memory) At(ctx context.Context, repo pull.Repo, head string) (history.HeadHistory, error) {
	if m.Forge == nil {
		return history.HeadHistory{}, nil
	}
	open, err := m.Forge.RequestsAt(ctx, repo, head)
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range open {
		if k, ok := m.known[open[i].Ref]; ok && k.Head == head && k.BaseBranch == open[i].BaseBranch {
			open[i] = k
		}
	}
	return history.HeadHistory{Open: open}, err
}

// Know keeps what was found out of a pull request.
func (m *Memory) Know(k history.PullState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[pull.Ref]history.PullState{}
	}
	m.known[k.Ref] = k
}

// HeadOf is head and base branch of a pull request as the forge tells them; empty if it does
// not, or the pull request was merged.
func (m *Memory) HeadOf(ctx context.Context, ref pull.Ref) (head, base string) {
	ctx = context.WithoutCancel(ctx)
	if head, base, err := m.Forge.HeadOf(ctx, ref); err == nil {
		return head, base
	}
	open, err := m.Lister.OpenRequests(ctx, ref.Repo)
	i := slices.IndexFunc(open, func(l seam.Listed) bool { return l.Number == ref.Number })
	if err != nil || i < 0 {
		return "", ""
	}
	return open[i].Head, open[i].BaseBranch
}

// Found implements seam.Finder. A token that may not read what stands can still be used
// to judge.
func (m *Memory) Found(ctx context.Context, repo pull.Repo, head string, names ...string) ([]seam.FoundCheck, error) {
	found, err := m.Forge.Found(ctx, repo, head, names...)
	if !m.Publish && (errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound)) {
		err = nil
	}
	return found, err
}

// Remember implements history.Store: one check has no later one to tell, but it must
// know what it saw itself.
func (m *Memory) Remember(_ context.Context, ref pull.Ref, facts history.Update) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[pull.Ref]*history.PullHistory{}
	}
	seen := m.seen[ref]
	if seen == nil {
		seen = &history.PullHistory{}
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

// SaveRun implements history.Store: a check is printed, not kept.
func (m *Memory) SaveRun(context.Context, history.RunRecord) (int64, error) { return 0, nil }

// Blob implements content.Blobs.
func (m *Memory) Blob(_ context.Context, _ pull.Repo, id string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.texts[id]
	return data, ok, nil
}

// SaveBlob implements content.Blobs.
func (m *Memory) SaveBlob(_ context.Context, _ pull.Repo, id string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.texts == nil {
		m.texts = map[string][]byte{}
	}
	m.texts[id] = data
	return nil
}

// Text gives a file that was read.
func (m *Memory) Text(id string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if data, ok := m.texts[id]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("the file %s was not read", id)
}

// Forge is what a check without a memory finds out from the forge.
type Forge interface {
	seam.Finder
	// OwnComment gives the id of our comment; empty where there is none.
	OwnComment(ctx context.Context, ref pull.Ref) (string, error)
	// ClosedAt lists closed pull requests of a head.
	ClosedAt(ctx context.Context, repo pull.Repo, head string) ([]pull.Ref, error)
	requests
}

// requests finds pull requests.
type requests interface {
	// RequestsAt lists the open pull requests of a head.
	RequestsAt(ctx context.Context, repo pull.Repo, head string) ([]history.PullState, error)
	// HeadOf gives head and base branch of a pull request.
	HeadOf(ctx context.Context, ref pull.Ref) (head, base string, err error)
}
