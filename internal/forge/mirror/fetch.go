package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// remoteError is what the repository's server, or the way to it, has to say.
type remoteError struct {
	text string
	kind error // pull.ErrNotFound, pull.ErrForbidden, errNotServed, …; nil for none
}

func (e *remoteError) Error() string { return e.text }

func (e *remoteError) Unwrap() error { return e.kind }

// errNotServed means that the server does not give an object, or has no such ref: it is
// gone there, or it gives only what a branch or a request leads to.
var errNotServed = fmt.Errorf("the server does not give it: %w", pull.ErrNotFound)

// errNoFilter means that the server knows no partial clones.
var errNoFilter = errors.New("the server serves no partial clones: set mirror.filter to none, which clones whole, " +
	"or allow them there (git config uploadpack.allowFilter true)")

// answers tells by git's words (it runs in the language C) what became of a fetch.
var answers = []struct {
	words string
	kind  error
	text  string // instead of git's; empty for those
}{
	{"filtering not recognized by server", errNoFilter, errNoFilter.Error()},
	{"not our ref", errNotServed, ""},
	{"unadvertised object", errNotServed, ""},
	{"couldn't find remote ref", errNotServed, ""},
	{"mismatched algorithms", errAlgorithm, ""},
	{"returned error: 404", pull.ErrNotFound, ""},
	{"not found", pull.ErrNotFound, ""},
	{"returned error: 403", pull.ErrForbidden, ""},
	{"returned error: 401", pull.ErrForbidden, ""},
	{"could not read Username", pull.ErrForbidden, "the server asks for a user: the credential was not taken"},
	{"Authentication failed", pull.ErrForbidden, ""},
	{"returned error: 301", nil, "the server answers with a redirect, and none is followed: name the repository's own address"},
	{"returned error: 302", nil, "the server answers with a redirect, and none is followed: name the repository's own address"},
	{"returned error: 307", nil, "the server answers with a redirect, and none is followed: name the repository's own address"},
	{"returned error: 308", nil, "the server answers with a redirect, and none is followed: name the repository's own address"},
	{"No space left on device", nil, "the disk of the clones is full; give mirror.disk less than it has"},
}

// errAlgorithm means that the repository's ids are of another length than the clone's.
var errAlgorithm = errors.New("the repository has ids of another kind")

// maxSaid is how much of git's words an error has, in bytes.
const maxSaid = 1000

// remote is what git says of a fetch that failed.
func remote(said string, err error) error {
	said = strings.ToValidUTF8(said, "�")
	for _, a := range answers {
		if strings.Contains(said, a.words) {
			return &remoteError{text: "git fetch: " + pick(a.text, short(said)), kind: a.kind}
		}
	}
	return &remoteError{text: fmt.Sprintf("git fetch: %v: %s", err, short(said)), kind: err}
}

func pick(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}

func short(said string) string {
	if len(said) > maxSaid {
		return said[:maxSaid] + " …"
	}
	return said
}

// checkURL refuses addresses that are neither of https nor on this machine, and those that
// would put a credential where others see it.
func checkURL(address string) (scheme string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("the repository's address must be https://HOST/PATH, without a user")
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return "", fmt.Errorf("the repository's address is of %q: want https", u.Scheme)
	}
	return u.Scheme, nil
}

// wants are what a fetch asks for.
type wants struct {
	specs []string // refspecs, or ids
	// plain has git tell the server nothing of what is here: for trees and files, which
	// it would take for known where it has their commits.
	plain bool
	// bound is what it may take; nil for what any fetch may.
	bound *bound
}

// How long one fetch may take, and how slow it may be. A server that counts a million
// commits sends nothing for minutes but a sign of life, of five bytes each five seconds.
const (
	maxFetch  = 10 * time.Minute // of what a clone lacks; it is far less than all
	slowBytes = "1"              // a second
	slowTime  = "300"            // seconds of less than that
)

// fetch runs git fetch in a clone. The caller holds its lock.
func (m *Mirror) fetch(ctx context.Context, g gitcmd.Git, repo pull.Repo, w wants) error {
	address, header, err := m.cfg.Remote(ctx, repo)
	if err != nil {
		return &remoteError{text: fmt.Sprintf("find where %s is fetched from: %v", repo, err), kind: err}
	}
	scheme, err := checkURL(address)
	if err != nil {
		return &remoteError{text: err.Error()}
	}
	slots, most := m.slots, bound{bytes: m.cfg.Disk}
	if w.bound != nil {
		most = *w.bound
	}
	if most.time > 0 {
		slots = m.asides
	}
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := most.limit(ctx)
	defer cancel()
	g.Protocols, g.Config = scheme, m.remoteConfig(address, header, w.plain)
	for part := range slices.Chunk(w.specs, maxWants) {
		if err := m.try(ctx, g, part, most.bytes); err != nil {
			return err
		}
	}
	return nil
}

// try runs a fetch, and once more where the credential may be too young.
func (m *Mirror) try(ctx context.Context, g gitcmd.Git, specs []string, most int64) error {
	err := m.run(ctx, g, specs, most)
	if !errors.Is(err, pull.ErrForbidden) {
		return err
	}
	timer := time.NewTimer(youngToken)
	defer timer.Stop()
	select {
	case <-timer.C:
		return m.run(ctx, g, specs, most)
	case <-ctx.Done():
		return err
	}
}

// youngToken is after what time a credential is tried once more that was refused: one that
// was just made is unknown to some of GitHub's servers for some seconds
// (octokit/auth-app.js#65).
const youngToken = 3 * time.Second

// remoteConfig is what git has to know of the server, and of this fetch.
func (m *Mirror) remoteConfig(address, header string, plain bool) []string {
	config := []string{
		"remote.origin.url", address,
		"protocol.version", "2",
		"http.lowSpeedLimit", slowBytes, "http.lowSpeedTime", slowTime,
		"fetch.unpackLimit", "1",
		"fetch.writeCommitGraph", "false",
		"pack.threads", "2",
	}
	if m.cfg.Filter != Whole {
		config = append(config, "remote.origin.promisor", "true", "remote.origin.partialCloneFilter", m.cfg.Filter)
	}
	if plain {
		config = append(config, "fetch.negotiationAlgorithm", "noop")
	}
	if header != "" {
		config = append(config, "http."+address+".extraHeader", header)
	}
	return config
}

// run runs one fetch, and ends it where it takes more of time than ctx has, or of disk than
// most, or the server does not keep to the filter.
func (m *Mirror) run(ctx context.Context, g gitcmd.Git, specs []string, most int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := g.Command(ctx, "fetch", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance",
		"--no-show-forced-updates", "--no-progress", "--stdin", "origin")
	cmd.Stdin = strings.NewReader(strings.Join(specs, "\n") + "\n")
	said := &listener{heard: func(text string) {
		if strings.Contains(text, "filtering not recognized by server") {
			cancel(errNoFilter)
		}
	}}
	cmd.Stderr = said
	stop := m.watch(g, most, cancel)
	err := cmd.Run()
	stop()
	if cause := context.Cause(ctx); cause != nil && err != nil {
		return &remoteError{text: "git fetch: " + cause.Error(), kind: cause}
	}
	if err != nil {
		return remote(strings.TrimSpace(said.String()), err)
	}
	return nil
}

// listener keeps the beginning of what git says, and hears it at once.
type listener struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	heard func(string)
}

// maxHeard is how much of it is kept, in bytes: a server's words come along with it.
const maxHeard = 16 << 10

// Write implements io.Writer.
func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf.Write(p[:min(len(p), max(0, maxHeard-l.buf.Len()))])
	l.heard(l.buf.String())
	return len(p), nil
}

func (l *listener) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// watchEvery is how often the size of a clone that is fetched into is looked at.
const watchEvery = 300 * time.Millisecond

// watch ends a fetch by which a clone alone would have more bytes than all may, or what is
// fetched aside more than most.
func (m *Mirror) watch(g gitcmd.Git, most int64, cancel context.CancelCauseFunc) (stop func()) {
	dir, err := g.GitDir, fmt.Errorf("the clone would have more than the %d bytes of mirror.disk: %w", most, pull.ErrTooLarge)
	if g.Objects != "" {
		dir, err = g.Objects, errTooMuch
	}
	ended := make(chan struct{})
	go func() {
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
				if sizeOf(dir) > most {
					cancel(err)
					return
				}
			}
		}
	}()
	return func() { close(ended) }
}

// prepare finds a clone on disk, or makes it.
func (m *Mirror) prepare(ctx context.Context, c *clone, repo pull.Repo) error {
	path := m.path(c)
	if _, err := os.Stat(filepath.Join(path, "HEAD")); err == nil {
		err := errors.Join(tidy(path), inspect(path, m.cfg.Filter != Whole))
		if err == nil {
			return nil
		}
		m.cfg.Log.WarnContext(ctx, "a clone is damaged, and is made anew", "repo", repo.Slug(), "error", err)
	}
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("remove a damaged clone: %w", err)
	}
	for _, format := range []string{"sha1", "sha256"} {
		err := m.clone(ctx, path+unfinished, format, repo)
		if errors.Is(err, errAlgorithm) && format == "sha1" {
			continue
		}
		if err != nil {
			return fmt.Errorf("clone %s: %w", repo, errors.Join(err, os.RemoveAll(path+unfinished)))
		}
		break
	}
	if err := os.Rename(path+unfinished, path); err != nil {
		return fmt.Errorf("clone %s: %w", repo, err)
	}
	m.measure(c)
	return nil
}

// tipRef is our ref of the default branch's tip.
const tipRef = "refs/reviewgate/HEAD"

// clone makes a clone with the default branch.
func (m *Mirror) clone(ctx context.Context, dir, format string, repo pull.Repo) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	g := gitcmd.Git{Program: m.program, GitDir: dir, Dir: m.cfg.Dir}
	if _, err := g.Run(ctx, "init", "--quiet", "--template=", "--object-format="+format); err != nil {
		return err
	}
	if err := m.fetch(ctx, g, repo, wants{specs: []string{"+HEAD:" + tipRef}}); err != nil {
		return err
	}
	return keepLarge(dir)
}

// largePack is the size in bytes from which on a pack of a first clone is not packed again.
const largePack = 64 << 20

// keepLarge marks large packs so that those of later fetches are packed without them.
func keepLarge(dir string) error {
	packs, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.pack"))
	for _, p := range packs {
		if info, statErr := os.Stat(p); statErr == nil && info.Size() >= largePack {
			err = errors.Join(err, os.WriteFile(strings.TrimSuffix(p, ".pack")+".keep", nil, 0o600))
		}
	}
	return err
}

// locked does something while nothing else writes to the clone, and measures it then.
func (s *session) locked(ctx context.Context, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, maxFetch)
	defer cancel()
	select {
	case s.clone.lock <- struct{}{}:
		defer func() { <-s.clone.lock }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := do(ctx); err != nil {
		// What git began to write when it was stopped is of no use, and would count.
		err = errors.Join(err, tidy(s.git.GitDir))
		s.measure(s.clone)
		return err
	}
	s.measure(s.clone)
	if err := s.pack(ctx); err != nil {
		s.cfg.Log.WarnContext(ctx, "can't make one pack of many in a clone", "repo", s.repo.Slug(), "error", err)
	}
	return nil
}

// maxPacks is how many packs a clone has before they are made one: each fetch makes one,
// and reading looks into all of them.
const maxPacks = 200

// listed notes which pull requests of a repository are open.
func (m *Mirror) listed(repo pull.Repo, list []seam.Listed) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.clones[folder(repo)]
	if c == nil {
		return
	}
	c.open = make(map[int]bool, len(list))
	for _, l := range list {
		c.open[l.Number] = true
	}
}

// prune drops our refs of the heads of pull requests that are no longer open. What they
// named stays in the packs.
func (s *session) prune(ctx context.Context) error {
	s.mu.Lock()
	open := s.clone.open
	s.mu.Unlock()
	if open == nil {
		return nil
	}
	out, err := s.git.Run(ctx, "for-each-ref", "--format=%(refname)", pulls)
	if err != nil {
		return err
	}
	var gone strings.Builder
	for ref := range strings.FieldsSeq(string(out)) {
		number, _, _ := strings.Cut(strings.TrimPrefix(ref, pulls), "/")
		if n, err := strconv.Atoi(number); err == nil && !open[n] {
			gone.WriteString("delete " + ref + "\n")
		}
	}
	_, err = s.git.Feed(ctx, strings.NewReader(gone.String()), "update-ref", "--stdin")
	return err
}

// pack makes one pack of many, and drops what need not be kept.
func (s *session) pack(ctx context.Context) error {
	packs, err := filepath.Glob(filepath.Join(s.git.GitDir, "objects", "pack", "*.pack"))
	if err != nil || len(packs) <= maxPacks {
		return err
	}
	if err := s.prune(ctx); err != nil {
		return err
	}
	g := s.git
	if s.cfg.Filter != Whole {
		g.Config = []string{"remote.origin.promisor", "true"}
	}
	g.Config = append(g.Config, "pack.threads", "2", "pack.windowMemory", "64m", "repack.writeBitmaps", "false")
	if _, err := g.Run(ctx, "pack-refs", "--all"); err != nil {
		return err
	}
	_, err = g.Run(ctx, "repack", "-a", "-d", "-q", "--keep-unreachable")
	return err
}

// maxWants is how many objects one git fetch asks for.
const maxWants = 4000

// fetchMissing fetches those of some objects that are not here, and fails unless all are then.
func (s *session) fetchMissing(ctx context.Context, ids []string, plain bool) error {
	missing, err := s.git.Missing(ctx, ids)
	if err != nil || len(missing) == 0 {
		return err
	}
	return s.locked(ctx, func(ctx context.Context) error {
		missing, err := s.git.Missing(ctx, missing) // somebody else may have
		if err != nil || len(missing) == 0 {
			return err
		}
		if err := s.fetch(ctx, s.git, s.repo, wants{specs: missing, plain: plain}); err != nil {
			return err
		}
		return s.arrived(ctx, missing)
	})
}

// arrived fails unless all objects are here that were fetched.
func (s *session) arrived(ctx context.Context, ids []string) error {
	left, err := s.git.Missing(ctx, ids)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("object %s was fetched, but: %w", left[0], gitcmd.ErrMissing)
	}
	return err
}
