package model_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// memory is a history.Store and content.Blobs that forgets nothing.
type memory struct {
	mu       sync.Mutex
	pulls    map[pull.Ref]*history.PullHistory
	checks   []history.CheckRecord
	accounts []history.Account
	blobs    map[string][]byte
	runs     int64
}

func newMemory() *memory {
	return &memory{pulls: map[pull.Ref]*history.PullHistory{}, blobs: map[string][]byte{}}
}

func (m *memory) of(ref pull.Ref) *history.PullHistory {
	if m.pulls[ref] == nil {
		m.pulls[ref] = &history.PullHistory{}
	}
	return m.pulls[ref]
}

// Recall implements history.Store.
func (m *memory) Recall(_ context.Context, ref pull.Ref) (history.PullHistory, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := *m.of(ref)
	out.Heads, out.Sightings = slices.Clone(out.Heads), slices.Clone(out.Sightings)
	out.Sights, out.Told = slices.Clone(out.Sights), slices.Clone(out.Told)
	out.Accounts, out.Objections = slices.Clone(m.accounts), slices.Clone(out.Objections)
	out.Checks = nil
	for _, c := range m.checks {
		if c.Head == out.Known.Head || slices.ContainsFunc(out.Heads, func(h pull.Head) bool { return h.ID == c.Head }) {
			out.Checks = append(out.Checks, c)
		}
	}
	return out, nil
}

// At implements history.Store.
func (m *memory) At(_ context.Context, _ pull.Repo, head string) (history.HeadHistory, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out history.HeadHistory
	for _, p := range m.pulls {
		if p.Known.Open && p.Known.Head == head {
			out.Open = append(out.Open, p.Known)
		}
	}
	slices.SortFunc(out.Open, func(a, b history.PullState) int { return a.Ref.Number - b.Ref.Number })
	for _, c := range m.checks {
		if c.Head == head {
			out.Checks = append(out.Checks, c)
		}
	}
	return out, nil
}

// errTaken means that a sighting of that number is kept already.
var errTaken = errors.New("that sighting is taken")

// Remember implements history.Store.
func (m *memory) Remember(_ context.Context, ref pull.Ref, f history.Update) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.of(ref)
	if s := f.Sighting; s != nil {
		if s.Number != len(p.Sightings)+1 {
			return errTaken
		}
		p.Sightings = append(p.Sightings, *s)
	}
	for _, s := range f.Sights {
		if !slices.ContainsFunc(p.Sights, func(o pull.Sight) bool { return o.Review == s.Review && o.State == s.State }) {
			p.Sights = append(p.Sights, s)
		}
	}
	for _, o := range f.Objections {
		p.Objections = append(slices.DeleteFunc(slices.Clone(p.Objections), func(was pull.Objection) bool {
			return was.Review == o.Review && was.Spoken == o.Spoken
		}), o)
	}
	if f.Known != nil {
		p.Known = *f.Known
	}
	if k := f.Twin; k != nil && p.Known.Open && p.Known.Head == k.Head && p.Known.BaseBranch == k.BaseBranch &&
		p.Known.UpdatedAt.Equal(k.UpdatedAt) {
		p.Known.Check, p.Known.Outcome, p.Known.Sources = k.Check, k.Outcome, k.Sources
	}
	if h := f.Head; h != nil && !slices.ContainsFunc(p.Heads, func(o pull.Head) bool {
		return o.ID == h.ID && o.BaseBranch == h.BaseBranch && o.MergeBase == h.MergeBase && o.SeenAt.Equal(h.SeenAt)
	}) {
		p.Heads = append(p.Heads, *h)
	}
	if f.Check != nil {
		m.keep(*f.Check)
	}
	if f.Comment != nil {
		p.Comment = *f.Comment
	}
	p.Asked = append(p.Asked, f.Asked...)
	p.Cancels = append(p.Cancels, f.Cancels...)
	p.Answered = append(p.Answered, f.Answered...)
	for _, a := range f.Accounts {
		if !slices.ContainsFunc(m.accounts, func(o history.Account) bool { return strings.EqualFold(o.Login, a.Login) }) {
			m.accounts = append(m.accounts, a)
		}
	}
	if f.Activity != nil {
		p.Activity = f.Activity.Mark
	}
	p.Credited = p.Credited || f.Credits != nil
	return nil
}

func (m *memory) keep(c history.CheckRecord) {
	i := slices.IndexFunc(m.checks, func(o history.CheckRecord) bool { return o.Head == c.Head && o.Name == c.Name })
	if i < 0 {
		m.checks = append(m.checks, c)
		return
	}
	m.checks[i] = c
}

// SaveRun implements history.Store.
func (m *memory) SaveRun(context.Context, history.RunRecord) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.runs++
	return m.runs, nil
}

// Blob implements content.Blobs.
func (m *memory) Blob(_ context.Context, _ pull.Repo, id string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.blobs[id]
	return data, ok, nil
}

// SaveBlob implements content.Blobs.
func (m *memory) SaveBlob(_ context.Context, _ pull.Repo, id string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blobs[id] = data
	return nil
}

// written is a seam.Publisher: what stands as each head's checks. One that refuses
// takes none but the plainest texts.
type written struct {
	refuses bool
	checks  map[[2]string]policy.Outcome // by head and name
	n       int64
}

// SetCheck implements seam.Publisher.
func (w *written) SetCheck(_ context.Context, _ pull.Ref, c publish.Check, before seam.Written) (string, error) {
	if w.refuses && c.Summary != publish.Bare(c).Summary {
		return "", pull.ErrRefused
	}
	w.checks[[2]string{c.Head, c.Name}] = c.Outcome
	if before.ID != "" {
		return before.ID, nil
	}
	w.n++
	return fmt.Sprint(w.n), nil
}

// RequestReviewers implements seam.Publisher.
func (*written) RequestReviewers(_ context.Context, _ pull.Ref, names []string) (asked, refused []string, err error) {
	return names, nil, nil
}

// UnrequestReviewers implements seam.Publisher.
func (*written) UnrequestReviewers(context.Context, pull.Ref, []string) error { return nil }

// UpsertComment implements seam.Publisher.
func (*written) UpsertComment(_ context.Context, _ pull.Ref, _, id string, _ bool) (string, error) {
	return cmp.Or(id, "1"), nil
}
