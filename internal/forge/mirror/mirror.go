// Package mirror serves what git holds of a forge's repositories from clones of them: what
// a head changes, merge bases, trees, commits and files. Forges tell these badly by their
// APIs, and each in another way; git tells them whole and alike.
//
// Each repository has one bare clone in a folder of its own, with all commits, and of trees
// and files those that were needed (a partial clone), fetched by the git command. It
// promises that an object that can't be had is an error and never one that is not there;
// that a clone that is found damaged is thrown away and made anew; that credentials are in
// no argument, file, ref or log; that nobody but the repository's own server is asked; and
// that time, bytes and disk are bounded. A clone holds nothing that can't be fetched
// again: it may be lost at any moment, and each replica has its own.
package mirror

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// The filters: what a clone leaves out until it is needed.
const (
	NoTrees = "tree:0"    // trees and files
	NoBlobs = "blob:none" // files
	Whole   = "none"      // nothing: for servers that know no filters
)

// Config is what a Mirror works with.
type Config struct {
	// Dir is the folder of the clones; it belongs to one process. It is made if need be.
	// Empty: a temporary one, which Close removes.
	Dir string
	// Remote tells where a repository is fetched from: an address of https (http on
	// loopback only) without a user, and a header to send with each request there, such
	// as "Authorization: Basic …"; empty for none.
	Remote func(ctx context.Context, repo pull.Repo) (url, header string, err error)
	// RequestRef names the forge's ref of a pull request's head, such as refs/pull/12/head.
	RequestRef func(number int) string
	Disk       int64            // bytes that all clones may have; default 20 GB
	Fetches    int              // fetches at once, and half as many of files beside them; default 4
	Aside      time.Duration    // that one fetch of files may take whose size nobody knows; default 20 s
	Filter     string           // default NoTrees
	Now        func() time.Time // default time.Now
	Log        *slog.Logger     // nil: nothing is told
}

// The defaults of a Config.
const (
	DefaultDisk    = 20_000_000_000
	DefaultFetches = 4
	DefaultFilter  = NoTrees
	DefaultAside   = 20 * time.Second // an evaluation has 75 s: what it does without is not to end it
)

// Mirror keeps clones. It is safe for concurrent use.
type Mirror struct {
	cfg     Config
	passing bool // the folder is a temporary one
	program string
	slots   chan struct{} // one for each fetch at once
	asides  chan struct{} // likewise of those aside

	mu        sync.Mutex
	clones    map[string]*clone    // by folder
	discarded map[string]time.Time // when a damaged one was thrown away last
	gone      int                  // clones that were taken out of use
	trees     *known               // ids that are those of trees

	lock    *flock.Flock // on the folder, against other processes
	closing chan struct{}
	running sync.WaitGroup // first fetches, which outlive who asked
}

// New opens the clones of a folder. Close ends what they do.
func New(cfg Config) (*Mirror, error) {
	cfg.Disk, cfg.Fetches, cfg.Filter = cmp.Or(cfg.Disk, DefaultDisk), cmp.Or(cfg.Fetches, DefaultFetches), cmp.Or(cfg.Filter, DefaultFilter)
	cfg.Aside = cmp.Or(cfg.Aside, DefaultAside)
	program, _, err := gitcmd.Version()
	if err != nil {
		return nil, fmt.Errorf("read content from git: %w, or set content: api", err)
	}
	passing := cfg.Dir == ""
	if cfg.Dir, err = folderOf(cfg.Dir); err != nil {
		return nil, fmt.Errorf("make the folder of clones: %w", err)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	lock := flock.New(filepath.Join(cfg.Dir, "lock"))
	if ok, err := lock.TryLock(); err != nil || !ok {
		return nil, fmt.Errorf("the folder of clones %s is in use by another process, and each needs its own: %w", cfg.Dir, cmp.Or(err, errInUse))
	}
	m := &Mirror{lock: lock, cfg: cfg, passing: passing, program: program, slots: make(chan struct{}, cfg.Fetches),
		asides: make(chan struct{}, (cfg.Fetches+1)/2), clones: map[string]*clone{}, discarded: map[string]time.Time{},
		trees: newKnown(), closing: make(chan struct{})}
	return m, m.scan()
}

// folderOf makes a folder; a temporary one for an empty name.
func folderOf(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "reviewgate-clones")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o700)
}

var errInUse = errors.New("it is locked")

// Close ends fetches that nobody waits for, waits until they have, and leaves the folder to
// others.
func (m *Mirror) Close() error {
	close(m.closing)
	m.running.Wait()
	err := m.lock.Close()
	if m.passing {
		err = errors.Join(err, os.RemoveAll(m.cfg.Dir))
	}
	return err
}

// clone is one repository on disk.
type clone struct {
	name string        // of its folder
	lock chan struct{} // held while refs and packs are written

	// Guarded by Mirror.mu.
	users int       // that read it just now
	ready bool      // it is there, and was looked at
	first *flight   // what makes it ready, while that is under way
	used  time.Time // last
	size  int64     // bytes, when measured last
	// open are the numbers of the pull requests that were open when they were listed last;
	// nil where they were not.
	open map[int]bool
}

// flight is something under way that several may wait for.
type flight struct {
	done chan struct{}
	err  error // once done
}

func (m *Mirror) path(c *clone) string { return filepath.Join(m.cfg.Dir, c.name) }

func (m *Mirror) git(c *clone) gitcmd.Git {
	return gitcmd.Git{Program: m.program, GitDir: m.path(c), Dir: m.cfg.Dir}
}

// acquire finds or makes the clone of a repository. release it after use.
func (m *Mirror) acquire(ctx context.Context, repo pull.Repo) (*clone, error) {
	name := folder(repo)
	m.mu.Lock()
	c := m.clones[name]
	if c == nil {
		c = &clone{name: name, lock: make(chan struct{}, 1)}
		m.clones[name] = c
	}
	c.users++
	c.used = m.cfg.Now()
	ready, flight := c.ready, c.first
	if !ready && flight == nil {
		flight = m.begin(ctx, c, repo)
	}
	m.mu.Unlock()
	if ready {
		return c, nil
	}
	select {
	case <-flight.done:
		if flight.err == nil {
			return c, nil
		}
		m.release(c)
		return nil, flight.err
	case <-ctx.Done():
		m.release(c)
		return nil, fmt.Errorf("the first clone of %s is under way: %w", repo, ctx.Err())
	}
}

func (m *Mirror) release(c *clone) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.users--
	c.used = m.cfg.Now()
}

// maxFirst bounds how long a first clone takes: one of a large kernel takes minutes.
const maxFirst = 2 * time.Hour

// begin makes a clone ready. It goes on when who asked no longer waits, since evaluations
// have less time than the first clone of a large repository takes. The caller holds
// Mirror.mu.
func (m *Mirror) begin(ctx context.Context, c *clone, repo pull.Repo) *flight {
	f := &flight{done: make(chan struct{})}
	c.first = f
	c.users++
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxFirst)
	m.running.Go(func() {
		defer cancel()
		go func() {
			select {
			case <-m.closing:
				cancel()
			case <-ctx.Done():
			}
		}()
		err := m.prepare(ctx, c, repo)
		m.mu.Lock()
		f.err, c.ready, c.first = err, err == nil, nil
		if err != nil && m.clones[c.name] == c {
			delete(m.clones, c.name)
		}
		m.mu.Unlock()
		close(f.done)
		m.release(c)
	})
	return f
}

// session is one use of a clone: reading it, and fetching what it lacks.
type session struct {
	*Mirror
	clone   *clone
	repo    pull.Repo
	git     gitcmd.Git
	objects *gitcmd.Objects
}

// retryDamaged is how often at most a clone of one repository is thrown away because git
// could not read it: what comes back after so short a time is no damage of the disk.
const retryDamaged = time.Hour

// with does something with the clone of a repository. A clone that is found damaged is
// thrown away, and it is done once more with a new one.
func (m *Mirror) with(ctx context.Context, repo pull.Repo, do func(*session) error) error {
	err := m.once(ctx, repo, do)
	if !errors.Is(err, errDamaged) || ctx.Err() != nil {
		return err
	}
	return m.once(ctx, repo, do)
}

func (m *Mirror) once(ctx context.Context, repo pull.Repo, do func(*session) error) error {
	c, err := m.acquire(ctx, repo)
	if err != nil {
		return err
	}
	defer m.release(c)
	s := &session{Mirror: m, clone: c, repo: repo, git: m.git(c)}
	if s.objects, err = s.git.OpenObjects(ctx); err != nil {
		return fmt.Errorf("start git: %w", err)
	}
	err = do(s)
	if closed := s.objects.Close(); err == nil && closed != nil {
		err = fmt.Errorf("%w: git cat-file: %w", gitcmd.ErrBroken, closed)
	}
	if ctx.Err() == nil && damaged(err) {
		if m.discard(ctx, c, err) {
			return fmt.Errorf("%w: %v", errDamaged, err) //nolint:errorlint // not its kind
		}
	}
	return err
}

// errDamaged means that a clone was thrown away, so that another try gets a new one.
var errDamaged = errors.New("the clone was damaged, and is made anew")

// damaged reports whether an error may come from a damaged clone: git fails on it, or does
// not have what it fetched. What the server says is none.
func damaged(err error) bool {
	_, remote := errors.AsType[*remoteError](err)
	if remote || err == nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return false
	}
	_, failed := errors.AsType[*gitcmd.Error](err)
	return failed || errors.Is(err, gitcmd.ErrBroken) || errors.Is(err, gitcmd.ErrMissing)
}
