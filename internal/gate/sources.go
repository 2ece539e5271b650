package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// cache holds what was read by object id, and so never grows stale.
type cache struct {
	mu    sync.Mutex
	hints map[pull.Repo]hint
	maps  map[string]*parsedMap // by the ids of the sources
	clean map[policy.Merge]bool // merges of text that were made
	seen  map[pull.Repo]int     // sweeps so far
	queue map[pull.Repo]bool    // that were asked for a merge queue
	tips  map[branchOf]tips     // at which a sweep last found nothing moved
}

type branchOf struct {
	repo   pull.Repo
	branch string
}

// tips is what a sweep found at two tips.
type tips struct {
	policy, base string
	found        basis
}

// maxMaps bounds the compiled maps that are kept.
const maxMaps = 64

// hint is what the last look at a repository found, to ask for the right things
// in the first query.
type hint struct {
	owned  []string
	inline bool
}

type parsedMap struct {
	owners   *ownership.Map
	warnings []ownership.Warning
	faults   strictyaml.Faults
	files    []Kept
}

func newCache() cache {
	return cache{hints: map[pull.Repo]hint{}, maps: map[string]*parsedMap{}, clean: map[policy.Merge]bool{}, queue: map[pull.Repo]bool{}, seen: map[pull.Repo]int{}, tips: map[branchOf]tips{}}
}

// hint gives what to ask for: text comes along only while nothing is known.
func (c *cache) hint(repo pull.Repo) hint {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h, ok := c.hints[repo]; ok {
		return h
	}
	return hint{owned: []string{yamlmap.DefaultPath}, inline: true}
}

func (c *cache) learn(repo pull.Repo, owned []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hints[repo] = hint{owned: owned}
}

func (c *cache) parsed(key string) *parsedMap {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.maps[key]
}

func (c *cache) keep(key string, m *parsedMap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.maps) >= maxMaps {
		clear(c.maps)
	}
	c.maps[key] = m
}

// sweeping counts one more sweep of a repository.
func (c *cache) sweeping(repo pull.Repo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[repo]++
}

// sweeps gives how many sweeps of a repository have begun.
func (c *cache) sweeps(repo pull.Repo) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[repo]
}

// askQueue tells, once for each repository, to ask for its merge queues.
func (c *cache) askQueue(repo pull.Repo) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := c.queue[repo]
	c.queue[repo] = true
	return !asked
}

// keptMerges bounds the outcomes of merges that are kept, some 250 bytes each.
const keptMerges = 20_000

// merged gives the outcome of a merge that was made before.
func (c *cache) merged(m policy.Merge) (clean, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clean, known = c.clean[m]
	return clean, known
}

func (c *cache) keepMerge(m policy.Merge, clean bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.clean) >= keptMerges {
		clear(c.clean)
	}
	c.clean[m] = clean
}

// swept gives what a sweep found before at these very tips; nil if it was not
// there.
func (c *cache) swept(repo pull.Repo, branch, policyTip, baseTip string) basis {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.tips[branchOf{repo, branch}]; t.policy == policyTip && t.base == baseTip {
		return maps.Clone(t.found)
	}
	return nil
}

func (c *cache) sweptAt(repo pull.Repo, branch, policyTip, baseTip string, found basis) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tips[branchOf{repo, branch}] = tips{policyTip, baseTip, found}
}

func fault(text string) strictyaml.Fault { return strictyaml.Fault{Text: text} }

// policy reads the policy and the rules for the base branch. A broken policy is
// a fault of the verdict, not an error.
func (g *Gate) policy(ctx context.Context, l *loaded) (policy.Policy, error) {
	req, s := &l.look.Request, &l.snapshot
	s.PolicyFiles = []string{g.cfg.PolicyPath}
	if req.Ref.Repo.Name == OrgRepo {
		s.PolicyFiles = append(s.PolicyFiles, g.cfg.OrgPolicies...)
	}
	s.ServerOverride = g.cfg.ServerOverride
	if l.look.DefaultTip == "" {
		s.Faults = append(s.Faults, fault("the repository has no default branch to read the policy from"))
		l.gated = true
		s.Rules = broken()
		l.inputs.Broken = s.Rules.Check
		return policy.Policy{}, nil
	}
	found, err := g.findPolicy(ctx, req.Ref.Repo, l.look.Policy)
	if err != nil {
		return policy.Policy{}, err
	}
	l.sources.set(policyKey, found.source)
	l.inputs.Policy, err = g.kept(ctx, req.Ref.Repo, found.file)
	if err != nil {
		return policy.Policy{}, err
	}
	if len(found.file.Data) == 0 && found.file.Path != g.cfg.PolicyPath {
		l.off = true
		return policy.Policy{}, nil // no policy anywhere
	}
	p, err := policy.Parse(found.file.Path, found.file.Data)
	if err != nil {
		s.Faults, s.Mendable = append(s.Faults, strictyaml.AsFaults(err)...), true
		s.PolicyFiles = append(s.PolicyFiles, yamlmap.DefaultPath)
		// Which branches a broken policy gates is not known: the default one
		// surely, and any that was gated before.
		l.gated = req.BaseBranch == l.look.DefaultBranch || l.memory.Known.Check != ""
		s.Rules = broken()
		s.Rules.Check = cmp.Or(l.memory.Known.Check, s.Rules.Check)
		l.inputs.Broken = s.Rules.Check
		return policy.Policy{}, nil
	}
	s.Rules, l.gated = p.For(req.BaseBranch, l.look.DefaultBranch)
	s.Rules = s.Rules.AtLeast(g.cfg.Minimum)
	l.off = l.gated && s.Rules.Mode == policy.Off
	l.gated = l.gated && !l.off
	return p, nil
}

// policyFile is a policy and where it was found.
type policyFile struct {
	file   File
	source string // tells this one from any other
}

// findPolicy looks in the order of gate.md §7: the repository's default branch,
// the organisation's .github repository, the service's own. own is where it
// stands in the repository.
func (g *Gate) findPolicy(ctx context.Context, repo pull.Repo, own Entry) (policyFile, error) {
	if len(g.cfg.ForcePolicy.Data) > 0 {
		return policyFile{g.cfg.ForcePolicy, "forced"}, nil
	}
	if own.ID != "" {
		data, err := g.blob(ctx, repo, own)
		return policyFile{File{Path: g.cfg.PolicyPath, Data: data}, own.ID}, err
	}
	org := pull.Repo{Forge: repo.Forge, Owner: repo.Owner, Name: OrgRepo}
	if repo == org || g.cfg.OrgPolicies == nil {
		return policyFile{g.cfg.DefaultPolicy, "default"}, nil
	}
	entries, err := g.cfg.Archive.Entries(ctx, org, DefaultTip, g.cfg.OrgPolicies)
	if err != nil && !errors.Is(err, pull.ErrNotFound) {
		return policyFile{}, fmt.Errorf("look for the organisation's policy: %w", err)
	}
	for _, path := range g.cfg.OrgPolicies {
		if e := entries[path]; e.ID != "" {
			data, err := g.blob(ctx, org, e)
			return policyFile{File{Path: org.Slug() + "/" + path, Data: data}, org.Name + ":" + e.ID}, err
		}
	}
	return policyFile{g.cfg.DefaultPolicy, "default"}, nil
}

// broken are the rules while a policy can't be read: they only carry the names
// under which the error is shown.
func broken() policy.Rules {
	return policy.Rules{Mode: policy.Enforce, Check: policy.DefaultCheck, Language: policy.DefaultLanguage, Comment: true, MinApprovals: 1}
}

// blob reads a file once per id.
func (g *Gate) blob(ctx context.Context, repo pull.Repo, e Entry) ([]byte, error) {
	data, ok, err := g.cfg.Blobs.Blob(ctx, repo, e.ID)
	if err != nil || ok {
		return data, err
	}
	if data = e.Text; data == nil {
		if data, err = g.cfg.Archive.Blob(ctx, repo, e.ID); err != nil {
			return nil, err
		}
	}
	return data, g.cfg.Blobs.SaveBlob(ctx, repo, e.ID, data)
}

// conventional is the source of a policy that names none.
func conventional() []policy.Source { return []policy.Source{{Path: yamlmap.DefaultPath}} }

// ownership reads the map at the base branch's tip.
func (g *Gate) ownership(ctx context.Context, l *loaded, p policy.Policy) error {
	req, s := &l.look.Request, &l.snapshot
	if len(s.Faults) > 0 {
		return nil
	}
	if req.BaseTip == "" {
		s.Faults = append(s.Faults, fault("the base branch "+req.BaseBranch+" is gone; retarget the pull request"))
		return nil
	}
	sources := p.Sources
	if len(sources) == 0 {
		sources = conventional()
	}
	var own []string
	for _, source := range sources {
		if source.Repo == "" && !slices.Contains(own, source.Path) {
			own = append(own, source.Path)
		}
	}
	s.PolicyFiles = append(s.PolicyFiles, own...)
	if s.Rules.Generated == policy.GeneratedIgnore {
		own = append(own, attributesFile)
	}
	entries, err := g.entries(ctx, l, own)
	if err != nil {
		return err
	}
	g.cache.learn(req.Ref.Repo, own)
	l.look.Owned = entries
	for _, path := range own {
		l.sources.set(path, entries[path].ID)
	}
	files, err := g.sourceFiles(ctx, l, sources)
	if err != nil {
		return err
	}
	m, err := g.parseMap(ctx, req.Ref.Repo, files, len(p.Sources) == 0)
	if err != nil {
		return err
	}
	l.inputs.Sources = m.files
	s.Owners, s.SourceWarnings = m.owners, m.warnings
	s.Mendable = len(s.Faults) == 0 && len(m.faults) > 0
	s.Faults = append(s.Faults, m.faults...)
	return nil
}

// sourceFile is an ownership file and where it stands now.
type sourceFile struct {
	policy.Source
	repo  pull.Repo
	entry Entry
	fault string // why it can't be read; empty if it can
}

// sourceFiles finds where the sources stand: at the base branch's tip, or at
// the tip of a branch of another repository.
func (g *Gate) sourceFiles(ctx context.Context, l *loaded, sources []policy.Source) ([]sourceFile, error) {
	files := make([]sourceFile, len(sources))
	for i, source := range sources {
		f := sourceFile{Source: source, repo: l.look.Request.Ref.Repo}
		if source.Repo == "" {
			f.entry = l.look.Owned[source.Path]
		} else if err := g.foreign(ctx, &f); err != nil {
			return nil, err
		} else {
			l.sources.set(f.key(), f.entry.ID)
		}
		files[i] = f
	}
	return files, nil
}

// foreign finds a source in another repository.
func (g *Gate) foreign(ctx context.Context, f *sourceFile) error {
	repo, err := pull.ParseRepo(f.repo.Forge, f.Repo)
	if err != nil {
		return err // unreachable: the policy was checked
	}
	f.repo = repo
	commit := DefaultTip
	if f.Ref != "" {
		commit, err = g.cfg.Lister.Tip(ctx, repo, f.Ref)
	}
	var entries map[string]Entry
	if err == nil && commit != "" {
		entries, err = g.cfg.Archive.Entries(ctx, repo, commit, []string{f.Path})
	}
	switch {
	case errors.Is(err, pull.ErrNotFound):
		f.fault = "the forge does not show " + f.Repo + "; it has no such repository, or this gate may not read it"
	case err != nil:
		return err
	case commit == "":
		f.fault = f.Repo + " has no branch " + f.Ref
	}
	f.entry = entries[f.Path]
	return nil
}

// entries gives where files stand at the base branch's tip, from the look if it
// asked for them.
func (g *Gate) entries(ctx context.Context, l *loaded, paths []string) (map[string]Entry, error) {
	if !slices.ContainsFunc(paths, func(p string) bool { _, ok := l.look.Owned[p]; return !ok }) {
		return l.look.Owned, nil
	}
	req := &l.look.Request
	return g.cfg.Archive.Entries(ctx, req.Ref.Repo, cmp.Or(l.look.OwnedAt, req.BaseTip), paths)
}

// parseMap reads and compiles the sources, once per set of ids. conventional
// tells that the policy names none, so that the service's own map may stand in.
func (g *Gate) parseMap(ctx context.Context, repo pull.Repo, files []sourceFile, conventional bool) (*parsedMap, error) {
	key := repo.String()
	for _, f := range files {
		key += "\n" + f.key() + "=" + f.entry.ID + f.fault
	}
	if m := g.cache.parsed(key); m != nil {
		return m, nil
	}
	texts := make([]File, len(files))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, f := range files {
		texts[i].Path = f.shown()
		if f.entry.ID != "" {
			group.Go(func() (err error) { texts[i].Data, err = g.blob(groupCtx, f.repo, f.entry); return err })
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	m := &parsedMap{}
	for i, f := range files {
		switch {
		case f.fault != "":
			m.faults = append(m.faults, strictyaml.Fault{File: f.shown(), Text: f.fault})
		case f.entry.ID == "" && conventional && len(g.cfg.DefaultMap.Data) > 0:
			texts[i] = g.cfg.DefaultMap
		case f.entry.ID == "":
			m.faults = append(m.faults, strictyaml.Fault{File: f.shown(), Text: "there is no such file at the base branch; add it, or name another one under ownership: in the policy"})
		}
	}
	if len(m.faults) == 0 {
		m.parse(texts)
	}
	for _, text := range texts {
		kept, err := g.kept(ctx, repo, text)
		if err != nil {
			return nil, err
		}
		m.files = append(m.files, kept)
	}
	g.cache.keep(key, m)
	return m, nil
}

// parse reads texts into one map.
func (m *parsedMap) parse(texts []File) {
	var sets []ownership.Ruleset
	for _, f := range texts {
		set, warnings, err := yamlmap.Parse(f.Path, f.Data)
		m.faults = append(m.faults, strictyaml.AsFaults(err)...)
		m.warnings = append(m.warnings, warnings...)
		sets = append(sets, set)
	}
	if len(m.faults) > 0 {
		return
	}
	var err error
	if m.owners, err = ownership.New(sets...); err != nil {
		m.faults = strictyaml.AsFaults(err)
	}
}

// key names a source among those of a repository.
func (f sourceFile) key() string {
	if f.Repo == "" {
		return f.Path
	}
	return f.Repo + "@" + f.Ref + ":" + f.Path
}

// shown is how messages name a source.
func (f sourceFile) shown() string {
	if f.Repo == "" {
		return f.Path
	}
	return f.Repo + "/" + f.Path
}
