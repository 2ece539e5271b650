package sources

import (
	"context"
	"maps"
	"sync"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// Teams reads the members of teams; see seam.Source.
type Teams interface {
	Team(ctx context.Context, repo pull.Repo, team string) (policy.Team, error)
}

// Config is what a reader of sources works with.
type Config struct {
	Traits  seam.Traits
	Archive seam.Archive
	Lister  seam.Lister
	Teams   Teams
	// DefaultPolicy and DefaultMap hold for repositories that have none; ForcePolicy, if it
	// has Data, in place of any policy.
	DefaultPolicy, DefaultMap, ForcePolicy File
	Minimum                                policy.Minimum
	// Trusts reports whether repositories of one owner may name ownership files and
	// teams of another one; nil: none may.
	Trusts func(from, to string) bool
}

// Reader reads policies and ownership files. It is safe for concurrent use.
type Reader struct {
	*content.Reader
	cfg  Config
	maps turns.Kept[string, *Map] // by what they are made of

	mu   sync.Mutex
	seen map[pull.Repo]int // sweeps so far
	tips map[Branch]tips   // at which a sweep last found nothing moved
}

// New makes a reader of sources that reads files by a reader of content.
func New(cfg Config, files *content.Reader) *Reader {
	return &Reader{Reader: files, cfg: cfg, maps: turns.Kept[string, *Map]{Most: maxMaps}, seen: map[pull.Repo]int{}, tips: map[Branch]tips{}}
}

// Branch is a branch of a repository.
type Branch struct {
	Repo pull.Repo
	Name string
}

// tips is what a sweep found at two tips.
type tips struct {
	policy, base string
	found        Basis
}

// Sweeping counts one more sweep of a repository.
func (r *Reader) Sweeping(repo pull.Repo) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[repo]++
}

// Sweeps returns how many sweeps of a repository have begun.
func (r *Reader) Sweeps(repo pull.Repo) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[repo]
}

// swept returns what a sweep found before at these very tips; nil if it was not
// there.
func (r *Reader) swept(repo pull.Repo, branch, policyTip, baseTip string) Basis {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.tips[Branch{repo, branch}]; t.policy == policyTip && t.base == baseTip {
		return maps.Clone(t.found)
	}
	return nil
}

func (r *Reader) sweptAt(repo pull.Repo, branch, policyTip, baseTip string, found Basis) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tips[Branch{repo, branch}] = tips{policyTip, baseTip, found}
}

// File is a file of the service itself; no Data means that there is none.
type File struct {
	Path string
	Data []byte
}

// Kept is a file by the id under which its content is kept. An empty ID is no
// file.
type Kept struct {
	Path string `json:"path"`
	ID   string `json:"id,omitempty"`
}

// KeptSource is a file of an ownership source.
type KeptSource struct {
	Kept
	Format  formats.Name    `json:"format,omitempty"` // empty: a subsystem map
	Dialect formats.Dialect `json:"dialect,omitempty"`
	Source  string          `json:"source,omitempty"` // path of the source
	Number  int             `json:"number,omitempty"` // of the source, which may have several files; 0: it has this one
}

// Kept keeps a file's content for replays and gives its name.
func (r *Reader) Kept(ctx context.Context, repo pull.Repo, f File) (k Kept, err error) {
	if k.Path = f.Path; len(f.Data) > 0 {
		k.ID, err = r.Keep(ctx, repo, f.Data)
	}
	return k, err
}
