package gate

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/effects"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/mergequeue"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/proposal"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/snapshot"
	"github.com/reviewgate/reviewgate/internal/sources"
)

// Config is what a gate works with: a forge, what it remembers, and what the service
// asks for. The fields from DefaultPolicy on may be left out.
type Config struct {
	seam.Forge
	Runs history.Runs // nil: no what-if
	// Branches gives the gated base branches of the open pull requests of a repository,
	// which may have merge queues; it asks no forge. Nil where Queues is.
	Branches func(ctx context.Context, repo pull.Repo) ([]string, error)
	History  history.Store
	Lists    history.Lists    // nil: History gives heads whole
	Workload history.Workload // nil: load and knowledge are not known
	Blobs    content.Blobs
	Messages *publish.Messages
	Log      *slog.Logger
	Now      func() time.Time
	// DefaultPolicy and DefaultMap hold for repositories that have none.
	DefaultPolicy sources.File
	DefaultMap    sources.File
	// ForcePolicy, if it has Data, is judged by in place of any policy.
	ForcePolicy sources.File
	// Minimum is what every policy must ask for at the least, ServerOverride who
	// may mend a broken policy in spite of it.
	Minimum        policy.Minimum
	ServerOverride []ownership.Owner
	// Language is that of checks where no policy can be read; empty: English.
	Language string
	// Trusts reports whether repositories of one owner may name ownership files and
	// teams of another one; nil: none may. Those of one owner always may.
	Trusts func(from, to string) bool
	// Search tells that History may have forgotten what stands on the forge, so
	// that it is looked for before anything is written anew.
	Search bool
	// Turns is nil where nobody else writes checks at the same time. Noticed is told
	// of what a forge should not do; may be nil.
	Turns   effects.Turns
	Noticed func(seam.Oddity)
	// Page gives the address of the page about a pull request; nil: there are none.
	Page func(pull.Ref) string
	// Raise asks for other pull requests to be judged again; may be nil.
	Raise func(ctx context.Context, refs ...pull.Ref) error
}

// Gate judges the pull requests of one forge. It is safe for concurrent use.
type Gate struct {
	*snapshot.Reader
	Queues    *mergequeue.Queues
	cfg       Config
	writer    *effects.Writer
	hints     hints
	proposals *proposal.Evaluator
}

// New makes a gate.
func New(cfg Config) *Gate {
	cfg.Language = cmp.Or(cfg.Language, cfg.Traits.Language)
	if cfg.Traits.Limits = cfg.Traits.Limits.OrUsual(); cfg.Messages != nil {
		cfg.Messages = cfg.Messages.Within(cfg.Traits.Limits).Speaking(cfg.Language)
	}
	contests := &effects.Contests{}
	reader := readerOf(&cfg, contests)
	writer := effects.New(effects.Config{Publisher: cfg.Publisher, History: cfg.History, Turns: cfg.Turns, Contests: contests,
		PerRequest: cfg.Traits.ChecksPerRequest, Page: cfg.Page, Alone: reader.Alone,
		Search: cfg.Search, Noticed: reader.Noticed, Log: cfg.Log, Now: cfg.Now})
	g := &Gate{Reader: reader, cfg: cfg, writer: writer}
	g.Queues = mergequeue.New(mergequeue.Config{Forge: cfg.Forge, Load: g.load, Content: reader.Content, Writer: writer, History: cfg.History,
		Branches: cfg.Branches, Raise: cfg.Raise, Messages: cfg.Messages, Noticed: reader.Noticed, Log: cfg.Log})
	g.proposals = proposal.New(proposal.Config{Forge: cfg.Forge, Sources: reader.Sources, Runs: cfg.Runs, Past: past,
		ForcePolicy: cfg.ForcePolicy,
		Minimum:     cfg.Minimum, Log: cfg.Log})
	return g
}

// readerOf makes the reader of a gate.
func readerOf(c *Config, contests *effects.Contests) *snapshot.Reader {
	files := content.New(content.Config{Files: c.Archive, Trees: c.Trees, Blobs: c.Blobs, Noticed: c.Noticed, Log: c.Log})
	found := sources.New(sources.Config{
		Traits: c.Traits, Archive: c.Archive, Lister: c.Lister, Teams: c.Source, DefaultPolicy: c.DefaultPolicy, DefaultMap: c.DefaultMap,
		ForcePolicy: c.ForcePolicy, Minimum: c.Minimum, Trusts: c.Trusts,
	}, files)
	return snapshot.New(snapshot.Config{
		Traits: c.Traits, Source: c.Source, Archive: c.Archive, Lister: c.Lister, Trees: c.Trees, Crowd: c.Crowd, Directory: c.Directory,
		Calendar: c.Calendar, Finder: c.Finder, Diary: c.Diary, Rights: c.Rights, Protection: c.Protection, Contested: contests.Told,
		ClosedAt: c.ClosedAt,
		Memory:   c.History, Notes: c.History, Lists: c.Lists,
		Minimum: c.Minimum, ServerOverride: c.ServerOverride, Language: c.Language, Search: c.Search, Raise: c.Raise, Noticed: c.Noticed,
		Log: c.Log, Now: c.Now,
	}, files, found)
}

// load reads a pull request, and what its own policy would bring if it changes that.
func (g *Gate) load(ctx context.Context, ref pull.Ref, base string) (*snapshot.Reading, error) {
	l, err := g.Reader.Load(ctx, ref, base)
	if err == nil && l.Judgeable {
		err = g.proposals.Note(ctx, l)
	}
	return l, err
}
