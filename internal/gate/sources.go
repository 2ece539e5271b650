package gate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"path"
	"sync"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// cache holds what was read by object id, and so never grows stale.
type cache struct {
	mu    sync.Mutex
	hints map[pull.Repo]hint
	maps  map[string]*parsedMap // by the ids of the sources
	clean map[sight.Merge]bool  // merges of text that were made
	seen  map[pull.Repo]int     // sweeps so far
	tips  map[branchOf]tips     // at which a sweep last found nothing moved
	moved map[int64]string      // reviews that were told to be of another commit, by id
	// protections are what branches were last seen to require.
	protections map[branchOf]protection
	// people are who was looked up, by login in lower case.
	people map[string]status
	// addressees are whose addresses are, by address in lower case.
	addressees map[string]addressee
	// bodies are what is kept of long comments and reviews, by their digest.
	bodies map[[sha256.Size]byte]condensed
	noted  kept[proofOf, []pull.Proof]
	bases  kept[baseOf, string]
	asks   asks
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
	files    []KeptSource
	// elsewhere tells that a source was not read that a proposal may not have read.
	elsewhere bool
	unsure    bool // another reading of the same files may bring something else
}

func newCache() cache {
	return cache{hints: map[pull.Repo]hint{}, maps: map[string]*parsedMap{}, clean: map[sight.Merge]bool{}, seen: map[pull.Repo]int{}, tips: map[branchOf]tips{}, people: map[string]status{}, addressees: map[string]addressee{}}
}

// hint gives what to ask for: text comes along only while nothing is known.
func (c *cache) hint(repo pull.Repo) hint {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h, ok := c.hints[repo]; ok {
		return h
	}
	return hint{owned: withParents([]string{yamlmap.DefaultPath, formats.MailmapPath}), inline: true}
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

// keptMerges bounds the outcomes of merges that are kept, some 250 bytes each.
const keptMerges = 20_000

// merged gives the outcome of a merge that was made before.
func (c *cache) merged(m sight.Merge) (clean, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clean, known = c.clean[m]
	return clean, known
}

func (c *cache) keepMerge(m sight.Merge, clean bool) {
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

// maxMoved bounds the reviews that are known to have been told of.
const maxMoved = 4096

// firstMoved tells whether it was not told yet that a review is of another commit.
func (c *cache) firstMoved(review int64, commit string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moved[review] == commit {
		return false
	}
	if c.moved == nil || len(c.moved) >= maxMoved {
		c.moved = map[int64]string{}
	}
	c.moved[review] = commit
	return true
}

func fault(text string) strictyaml.Fault { return strictyaml.Fault{Text: text} }

// policy reads the policy and the rules for the base branch. A broken policy is
// a fault of the verdict, not an error.
func (g *Reader) policy(ctx context.Context, l *loaded) (policy.Policy, error) {
	req, s := &l.look.Request, &l.snapshot
	s.PolicyFiles = withParents([]string{g.cfg.Traits.PolicyPath}) // a file above it is a link in its way
	if req.Ref.Repo.Name == g.cfg.Traits.OrgRepo {
		s.PolicyFiles = append(s.PolicyFiles, g.cfg.Traits.OrgPolicies...)
	}
	s.ServerOverride = g.cfg.ServerOverride
	if l.look.DefaultTip == "" {
		s.Faults = append(s.Faults, fault("the repository has no default branch to read the policy from"))
		l.gated = true
		s.Rules = broken()
		l.inputs.Broken = s.Rules.Check
		return policy.Policy{}, nil
	}
	own := g.ownPolicy(&l.look)
	found, err := g.findPolicy(ctx, req.Ref.Repo, own)
	if err != nil {
		return policy.Policy{}, err
	}
	l.found = found
	l.sources.set(policyKey, found.source)
	l.inputs.Policy, err = g.kept(ctx, req.Ref.Repo, found.file)
	if err != nil {
		return policy.Policy{}, err
	}
	if found.none() {
		l.off, l.none = true, true
		return policy.Policy{}, nil // no policy anywhere
	}
	p, err := found.parse()
	if err != nil {
		s.Faults, s.Mendable = append(s.Faults, found.faults(err)...), true
		s.PolicyFiles = append(s.PolicyFiles, yamlmap.DefaultPath)
		// Which branches a broken policy gates is not known: the default one
		// surely, and any that was gated before.
		l.gated = req.BaseBranch == l.look.DefaultBranch || l.memory.Known.Check != ""
		s.Rules = broken()
		s.Rules.Check = cmp.Or(l.memory.Known.Check, s.Rules.Check)
		l.inputs.Broken = s.Rules.Check
		return policy.Policy{}, nil
	}
	s.Rules, l.gated = p.Under(g.cfg.Minimum).For(req.BaseBranch, l.look.DefaultBranch)
	s.Rules = s.Rules.AtLeast(g.cfg.Minimum)
	l.off = l.gated && s.Rules.Mode == policy.Off
	l.gated = l.gated && !l.off
	return p, nil
}

// noPolicy is the source where a repository and its organisation have none, so that
// the service's own holds, if it has one.
const noPolicy = "default"

// policyFile is a policy and where it was found.
type policyFile struct {
	file   File
	source string // tells this one from any other
	// fault says why there is no file to read; empty if there is one, or nothing.
	fault string
	// elsewhere tells that it is of another repository, unread that it is not shown.
	elsewhere, unread bool
}

// none reports whether there is no policy anywhere.
func (f *policyFile) none() bool {
	return f.fault == "" && f.source == noPolicy && len(f.file.Data) == 0
}

// parse reads the policy. The error is strictyaml.Faults.
func (f *policyFile) parse() (policy.Policy, error) {
	if f.fault != "" {
		return policy.Policy{}, strictyaml.Faults{{File: f.file.Path, Text: f.fault}}
	}
	return policyfile.Parse(f.file.Path, f.file.Data)
}

// faults are what is wrong with it, as far as a check may show it.
func (f *policyFile) faults(err error) strictyaml.Faults {
	faults := strictyaml.AsFaults(err)
	if !f.elsewhere {
		return faults
	}
	shown := make(strictyaml.Faults, len(faults))
	for i, fault := range faults {
		if shown[i] = withheld(fault, f.file.Path); f.unread {
			shown[i] = fault // it quotes nothing
		}
	}
	return shown
}

// ownPolicy is what stands at the place of the repository's policy.
func (g *Reader) ownPolicy(look *seam.Look) sourceFile {
	return place(map[string]seam.Entry{g.cfg.Traits.PolicyPath: look.Policy, path.Dir(g.cfg.Traits.PolicyPath): look.PolicyAbove}, g.cfg.Traits.PolicyPath)
}

// findPolicy looks in the order of gate.md §7: the repository's default branch,
// the organisation's repository for such, the service's own. own is what stands
// at its place in the repository.
func (g *Reader) findPolicy(ctx context.Context, repo pull.Repo, own sourceFile) (policyFile, error) {
	if len(g.cfg.ForcePolicy.Data) > 0 {
		return policyFile{file: g.cfg.ForcePolicy, source: "forced"}, nil
	}
	if own.entry.ID != "" {
		return g.readPolicy(ctx, repo, own, File{Path: g.cfg.Traits.PolicyPath})
	}
	org := pull.Repo{Forge: repo.Forge, Owner: repo.Owner, Name: g.cfg.Traits.OrgRepo}
	if repo == org || g.cfg.Traits.OrgPolicies == nil {
		return policyFile{file: g.cfg.DefaultPolicy, source: noPolicy}, nil
	}
	entries, err := g.cfg.Archive.Entries(ctx, org, seam.DefaultTip, withParents(g.cfg.Traits.OrgPolicies))
	if errors.Is(err, pull.ErrForbidden) || errors.Is(err, pull.ErrGone) {
		return unreadPolicy(File{Path: org.Slug()}, org.Name), nil
	}
	if err != nil && !errors.Is(err, pull.ErrNotFound) {
		return policyFile{}, fmt.Errorf("look for the organisation's policy: %w", err)
	}
	for _, name := range g.cfg.Traits.OrgPolicies {
		if f := place(entries, name); f.entry.ID != "" {
			found, err := g.readPolicy(ctx, org, f, File{Path: org.Slug() + "/" + name})
			if hidden(err) {
				return unreadPolicy(found.file, org.Name), nil
			}
			found.source, found.elsewhere = org.Name+":"+found.source, true
			return found, err
		}
	}
	return policyFile{file: g.cfg.DefaultPolicy, source: noPolicy}, nil
}

// unreadPolicy is what stands for the policy of an organisation that is not shown: there
// may be one, so that nothing passes (gate.md §7).
func unreadPolicy(named File, org string) policyFile {
	return policyFile{file: named, source: org + ":unread", elsewhere: true, unread: true,
		fault: "this gate may not read the organisation's policy; have the app given that repository with permission to read its contents, or give this repository a policy of its own"}
}

// maxPolicy is the largest policy that is read, in bytes, maxBlob the largest of other
// files. Anybody can have larger ones in a fork, forges take some of 100 MB.
const (
	maxPolicy = 256 << 10
	maxBlob   = 8 << 20
)

// tooLarge is the error of a file of more bytes than are read.
func tooLarge(most int) error {
	return fmt.Errorf("more than the %d bytes that are read: %w", most, pull.ErrTooLarge)
}

// readPolicy reads a policy that is there, unless what is there is no file.
func (g *Reader) readPolicy(ctx context.Context, repo pull.Repo, f sourceFile, named File) (found policyFile, err error) {
	found = policyFile{file: named, source: f.entry.State(), fault: f.misplaced()}
	if found.fault == "" {
		found.file.Data, err = g.blob(ctx, repo, f.entry, maxPolicy)
	}
	if errors.Is(err, pull.ErrTooLarge) {
		found.fault, err = fmt.Sprintf("more than the %d bytes that are read of a policy; say it with fewer words", maxPolicy), nil
	}
	return found, err
}

// broken are the rules while a policy can't be read: they only carry the names
// under which the error is shown.
func broken() policy.Rules {
	return policy.Rules{Mode: policy.Enforce, Check: policy.DefaultCheck, Language: policy.DefaultLanguage, Comment: true, MinApprovals: 1}
}

// blob reads a file once per id.
func (g *Reader) blob(ctx context.Context, repo pull.Repo, e seam.Entry, most int) ([]byte, error) {
	data, ok, err := g.cfg.Blobs.Blob(ctx, repo, e.ID)
	if err == nil && len(data) > most {
		return nil, tooLarge(most)
	}
	if err != nil || ok {
		return data, err
	}
	if data = e.Text; len(data) > most {
		return nil, tooLarge(most)
	}
	if data == nil {
		if data, err = g.cfg.Archive.Blob(ctx, repo, e.ID, most); err != nil {
			return nil, err
		}
	}
	return data, g.cfg.Blobs.SaveBlob(ctx, repo, e.ID, data)
}
