package gate

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// readConfig is what a Reader works with; see Config.
type readConfig struct {
	Traits     seam.Traits
	Source     seam.Source
	Archive    seam.Archive
	Lister     seam.Lister
	Trees      seam.Trees
	Crowd      seam.Crowd
	Directory  seam.Directory
	Finder     seam.Finder
	Rights     seam.Rights
	Protection seam.Protection
	ClosedAt   func(ctx context.Context, repo pull.Repo, head string) ([]pull.Ref, error)

	History        history.Store
	Lists          history.Lists
	Blobs          Blobs
	DefaultPolicy  File
	DefaultMap     File
	ForcePolicy    File
	Minimum        policy.Minimum
	ServerOverride []ownership.Owner
	Trusts         func(from, to string) bool
	Search         bool
	// Contested tells how often somebody else wrote a check on a commit, as far as people are told.
	Contested func(repo pull.Repo, commit, name string) int
	Raise     func(ctx context.Context, refs ...pull.Ref) error
	Noticed   func(seam.Oddity)
	Log       *slog.Logger
	Now       func() time.Time
}

// Reader reads all that a verdict is made of, in one moment.
type Reader struct {
	cfg   readConfig
	cache *cache
}

func newReader(c *Config, all *cache, memo *memo) *Reader {
	return &Reader{cache: all, cfg: readConfig{
		Traits: c.Traits, Source: c.Source, Archive: c.Archive, Lister: c.Lister, Trees: c.Trees, Crowd: c.Crowd, Directory: c.Directory,
		Finder: c.Finder, Rights: c.Rights, Protection: c.Protection, Contested: memo.contested, ClosedAt: c.ClosedAt, History: c.History, Lists: c.Lists, Blobs: c.Blobs,
		DefaultPolicy: c.DefaultPolicy, DefaultMap: c.DefaultMap, ForcePolicy: c.ForcePolicy, Minimum: c.Minimum,
		ServerOverride: c.ServerOverride, Trusts: c.Trusts, Search: c.Search, Raise: c.Raise, Noticed: c.Noticed, Log: c.Log, Now: c.Now,
	}}
}

// File is a file of the service itself; no Data means that there is none.
type File struct {
	Path string
	Data []byte
}

// Blobs keeps files by object id, so that each is read once.
type Blobs interface {
	Blob(ctx context.Context, repo pull.Repo, id string) ([]byte, bool, error)
	SaveBlob(ctx context.Context, repo pull.Repo, id string, data []byte) error
}

// ErrMoved means that the pull request changed while it was read, time and
// again.
var ErrMoved = errors.New("the pull request keeps changing while it is read")

// patience is how long an earlier success may stand while a new look takes its
// time; after that it is taken back until the look is done.
const patience = 8 * time.Second

func (g *Reader) noticed(o seam.Oddity) {
	if g.cfg.Noticed != nil {
		g.cfg.Noticed(o)
	}
}
