package snapshot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/reviewgate/reviewgate/internal/availability"
	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// Config is what a Reader works with; see Config.
type Config struct {
	Traits     seam.Traits
	Source     seam.Source
	Archive    seam.Archive
	Lister     seam.Lister
	Trees      seam.Trees
	Crowd      seam.Crowd
	Directory  seam.Directory
	Calendar   seam.Calendar
	Finder     seam.Finder
	Diary      seam.Diary
	Rights     seam.Rights
	Protection seam.Protection
	ClosedAt   func(ctx context.Context, repo pull.Repo, head string) ([]pull.Ref, error)

	Memory         Memory
	Notes          Notes
	Lists          history.Lists
	Minimum        policy.Minimum
	ServerOverride []ownership.Owner
	Language       string // where no policy can be read; empty: English
	Search         bool
	// Contested tells how often somebody else wrote a check on a commit, as far as people are told.
	Contested func(repo pull.Repo, commit, name string) int
	Raise     func(ctx context.Context, refs ...pull.Ref) error
	Noticed   func(seam.Oddity)
	Log       *slog.Logger
	Now       func() time.Time
}

// Memory is what is remembered of pull requests; see history.Store.
type Memory interface {
	Recall(ctx context.Context, ref pull.Ref) (history.PullHistory, error)
	At(ctx context.Context, repo pull.Repo, head string) (history.HeadHistory, error)
}

// Notes keep what was noticed, before anything is judged by it and before more is read:
// it may be gone a moment later.
type Notes interface {
	Remember(ctx context.Context, ref pull.Ref, facts history.Update) error
}

// Reader reads all that a verdict is made of, in one moment.
type Reader struct {
	*availability.Book // of the people who decide

	cfg     Config
	cache   cache
	Content *content.Reader
	Sources *sources.Reader
	asked   turns.Asked // what one evaluation asks only so much of
}

// New makes a reader over those of content and of sources.
func New(cfg Config, files *content.Reader, found *sources.Reader) *Reader {
	return &Reader{Book: availability.New(), cfg: cfg, cache: newCache(cfg.Traits.Maps()), Content: files, Sources: found}
}

// ErrMoved means that the pull request changed while it was read, time and
// again.
var ErrMoved = errors.New("the pull request keeps changing while it is read")

// Patience is how long an earlier success may stand while a new look takes its
// time; after that it is taken back until the look is done.
const Patience = 8 * time.Second

// Noticed counts what a forge should not do.
func (g *Reader) Noticed(o seam.Oddity) {
	if g.cfg.Noticed != nil {
		g.cfg.Noticed(o)
	}
}

// Named reads a pull request and its policy, and no more; nil where that fails.
func (g *Reader) Named(ctx context.Context, ref pull.Ref) *Reading {
	hint := g.cache.hint(ref.Repo)
	look, err := g.cfg.Source.Look(ctx, ref, nil, hint.inline)
	if err != nil {
		return nil
	}
	l := &Reading{Look: look, Sources: sources.NewBasis(), nested: sources.Basis{}}
	if _, err := g.policy(ctx, l); err != nil {
		l.Gated, l.Off = false, false // the policy can't be read, so its names are not known
	}
	return l
}
