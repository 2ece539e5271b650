package gate

import (
	"cmp"
	"context"
	"slices"
	"strings"
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
	tips  map[branchOf]tips     // at which a sweep last found nothing moved
}

type branchOf struct {
	repo   pull.Repo
	branch string
}

type tips struct{ policy, base string }

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
}

func newCache() cache {
	return cache{hints: map[pull.Repo]hint{}, maps: map[string]*parsedMap{}, clean: map[policy.Merge]bool{}, tips: map[branchOf]tips{}}
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

// swept tells whether a sweep already found everything in place at these tips.
func (c *cache) swept(repo pull.Repo, branch, policyTip, baseTip string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tips[branchOf{repo, branch}] == tips{policyTip, baseTip}
}

func (c *cache) sweptAt(repo pull.Repo, branch, policyTip, baseTip string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tips[branchOf{repo, branch}] = tips{policyTip, baseTip}
}

func fault(text string) strictyaml.Fault { return strictyaml.Fault{Text: text} }

// policy reads the policy and the rules for the base branch. A broken policy is
// a fault of the verdict, not an error.
func (g *Gate) policy(ctx context.Context, l *loaded) (policy.Policy, error) {
	req, s := &l.look.Request, &l.snapshot
	repo := req.Ref.Repo
	file := g.cfg.DefaultPolicy
	l.sources = "default"
	switch id := l.look.Policy.ID; {
	case len(g.cfg.ForcePolicy.Data) > 0:
		file = g.cfg.ForcePolicy
	case id != "":
		data, err := g.blob(ctx, repo, l.look.Policy)
		if err != nil {
			return policy.Policy{}, err
		}
		file, l.sources = File{Path: g.cfg.PolicyPath, Data: data}, id
	}
	s.PolicyFiles = []string{g.cfg.PolicyPath}
	if l.look.DefaultTip == "" {
		s.Faults = append(s.Faults, fault("the repository has no default branch to read the policy from"))
		l.gated = true
		s.Rules = broken()
		return policy.Policy{}, nil
	}
	if len(file.Data) == 0 && file.Path != g.cfg.PolicyPath {
		l.off = true
		return policy.Policy{}, nil // no policy anywhere
	}
	p, err := policy.Parse(file.Path, file.Data)
	if err != nil {
		s.Faults = append(s.Faults, strictyaml.AsFaults(err)...)
		// Which branches a broken policy gates is not known: the default one
		// surely, and any that was gated before.
		l.gated = req.BaseBranch == l.look.DefaultBranch || l.memory.Known.Check != ""
		s.Rules = broken()
		s.Rules.Check = cmp.Or(l.memory.Known.Check, s.Rules.Check)
		return policy.Policy{}, nil
	}
	s.Rules, l.gated = p.For(req.BaseBranch, l.look.DefaultBranch)
	l.off = l.gated && s.Rules.Mode == policy.Off
	l.gated = l.gated && !l.off
	return p, nil
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

// sourcePaths are the ownership files that a policy names.
func sourcePaths(p policy.Policy) []string {
	if len(p.Sources) == 0 {
		return []string{yamlmap.DefaultPath}
	}
	var paths []string
	for _, s := range p.Sources {
		if !slices.Contains(paths, s.Path) {
			paths = append(paths, s.Path)
		}
	}
	return paths
}

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
	paths := sourcePaths(p)
	s.PolicyFiles = append(s.PolicyFiles, paths...)
	wanted := slices.Clone(paths)
	if s.Rules.Generated == policy.GeneratedIgnore {
		wanted = append(wanted, attributesFile)
	}
	entries, err := g.entries(ctx, l, wanted)
	if err != nil {
		return err
	}
	g.cache.learn(req.Ref.Repo, wanted)
	l.look.Owned = entries
	l.sources = sourcesOf(l.look.Policy.ID, wanted, entries)
	m, err := g.parseMap(ctx, req.Ref.Repo, paths, entries, len(p.Sources) == 0)
	if err != nil {
		return err
	}
	s.Owners, s.SourceWarnings = m.owners, m.warnings
	s.Faults = append(s.Faults, m.faults...)
	return nil
}

// sourcesOf names the blobs that a verdict was made with. A sweep compares it.
func sourcesOf(policyID string, paths []string, entries map[string]Entry) string {
	parts := []string{cmp.Or(policyID, "default")}
	for _, p := range slices.Sorted(slices.Values(paths)) {
		parts = append(parts, p+"="+entries[p].ID)
	}
	return strings.Join(parts, ";")
}

// pathsOf reads the paths back from what sourcesOf gives.
func pathsOf(sources string) []string {
	var paths []string
	for _, part := range strings.Split(sources, ";")[1:] {
		if i := strings.LastIndexByte(part, '='); i > 0 {
			paths = append(paths, part[:i])
		}
	}
	return paths
}

// entries gives where files stand at the base branch's tip, from the look if it
// asked for them.
func (g *Gate) entries(ctx context.Context, l *loaded, paths []string) (map[string]Entry, error) {
	if !slices.ContainsFunc(paths, func(p string) bool { _, ok := l.look.Owned[p]; return !ok }) {
		return l.look.Owned, nil
	}
	req := &l.look.Request
	return g.cfg.Archive.Entries(ctx, req.Ref.Repo, req.BaseTip, paths)
}

// parseMap reads and compiles the sources, once per set of ids.
func (g *Gate) parseMap(ctx context.Context, repo pull.Repo, paths []string, entries map[string]Entry, conventional bool) (*parsedMap, error) {
	key := repo.String() + "\x00" + sourcesOf("", paths, entries)
	if m := g.cache.parsed(key); m != nil {
		return m, nil
	}
	files := make([]File, len(paths))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, p := range paths {
		files[i].Path = p
		if entries[p].ID == "" {
			continue
		}
		group.Go(func() (err error) { files[i].Data, err = g.blob(groupCtx, repo, entries[p]); return err })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	m := &parsedMap{}
	var sets []ownership.Ruleset
	for i, f := range files {
		if entries[paths[i]].ID == "" {
			if !conventional || len(g.cfg.DefaultMap.Data) == 0 {
				m.faults = append(m.faults, strictyaml.Fault{File: f.Path, Text: "there is no such file at the base branch; add it, or name another one under ownership: in the policy"})
				continue
			}
			f = g.cfg.DefaultMap
		}
		set, warnings, err := yamlmap.Parse(f.Path, f.Data)
		m.faults = append(m.faults, strictyaml.AsFaults(err)...)
		m.warnings = append(m.warnings, warnings...)
		sets = append(sets, set)
	}
	m.compile(sets)
	g.cache.keep(key, m)
	return m, nil
}

func (m *parsedMap) compile(sets []ownership.Ruleset) {
	if len(m.faults) > 0 {
		return
	}
	var err error
	if m.owners, err = ownership.New(sets...); err != nil {
		m.faults = strictyaml.AsFaults(err)
	}
}
