package snapshot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/gitattributes"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// maxMoves is how often a reading that something moved under is begun again at
// once; after that the queue tries later.
const maxMoves = 3

// Reading is everything that was read for one evaluation.
type Reading struct {
	Look    seam.Look
	Memory  history.PullHistory
	At      history.HeadHistory
	Gated   bool
	Off     bool // there is no policy, or its mode is off: nothing is written
	none    bool // there is no policy at all
	Sources sources.Basis
	nested  sources.Basis // .gitattributes below the root
	Sweeps  int           // of the repository before this reading
	// withdrawn tells that a review was dismissed since the last reading.
	Withdrawn bool
	deciders  []ownership.Owner
	Policy    policy.Policy
	Found     sources.Policy // that the policy was read from
	spread    bool           // ownership lies in the directories of changed files
	Inputs    Inputs
	Snapshot  policy.Snapshot
	// attributes say which files are generated, where the policy asks.
	attributes *gitattributes.Attributes
	misplaced  strictyaml.Faults // .gitattributes that are links
	wide       bool              // files change in more directories than are looked into for them
	Judged     map[int]int64     // HeadHistory.Judged before twins were looked at
	TwinOf     []twin            // of the snapshot's Twins, those that were looked at whole
	Proposal   string            // what its own policy and ownership rest on, if that is to be tried
	Crowded    bool              // beyond maxTwins: it has no verdict of its own
	Judgeable  bool              // all that a verdict is made of was read
}

// Load reads until it gets everything in one moment. With a base, policy and
// ownership are read at that commit.
func (g *Reader) Load(ctx context.Context, ref pull.Ref, base string) (*Reading, error) {
	memory, err := g.cfg.Memory.Recall(ctx, ref)
	if err != nil {
		return nil, err
	}
	for range maxMoves {
		l, moved, err := g.loadAt(ctx, ref, memory, base)
		if err != nil || !moved {
			return l, err
		}
		g.cfg.Log.InfoContext(ctx, "pull request moved while it was read", ref.Fields()...)
	}
	return nil, fmt.Errorf("read %s: %w", ref, ErrMoved)
}

// loadAt reads everything once, and reports whether something moved meanwhile.
func (g *Reader) loadAt(ctx context.Context, ref pull.Ref, memory history.PullHistory, base string) (l *Reading, moved bool, err error) {
	hint := g.cache.hint(ref.Repo)
	l = &Reading{Memory: memory, Sources: sources.NewBasis(), nested: sources.Basis{}, Sweeps: g.Sources.Sweeps(ref.Repo)}
	if l.Look, err = g.cfg.Source.Look(ctx, ref, hint.owned, hint.inline); err != nil {
		return nil, false, errors.Join(err, g.vanished(ctx, ref, memory, err))
	}
	if err := g.behind(ctx, &l.Look, &memory); err != nil {
		return nil, false, err
	}
	g.trim(&l.Look.Request)
	if base != "" {
		if err := g.rebase(ctx, &l.Look, base); err != nil {
			return nil, false, err
		}
	}
	req := &l.Look.Request
	l.Snapshot.Now, l.Snapshot.NoMemory = g.cfg.Now(), g.cfg.Search
	p, err := g.policy(ctx, l)
	if err != nil {
		return nil, false, err
	}
	if !l.none {
		before := dismissals(&l.Memory)
		if err := g.sight(ctx, &l.Look, &l.Memory); err != nil {
			return nil, false, err
		}
		l.Withdrawn = dismissals(&l.Memory) > before
		// Whatever becomes of it: a comment may be deleted before the gate counts.
		if err := g.rememberCancels(ctx, l, &policy.Snapshot{Request: l.Look.Request}); err != nil {
			return nil, false, err
		}
	}
	if l.At, err = g.cfg.Memory.At(ctx, ref.Repo, req.Head); err != nil {
		return nil, false, err
	}
	l.Judged = l.At.Judged
	if err := g.find(ctx, l); err != nil {
		return nil, false, err
	}
	if !l.Gated || !req.Open {
		return l, false, nil
	}
	if err := g.arrive(ctx, l); err != nil {
		return nil, false, err
	}
	moved, err = g.readRest(ctx, l, p)
	return l, moved, err
}

// vanished notes that a pull request is no longer open where the forge neither
// shows nor lists it, so that it is not asked for again and again.
func (g *Reader) vanished(ctx context.Context, ref pull.Ref, memory history.PullHistory, err error) error {
	if !errors.Is(err, pull.ErrNotFound) || !memory.Known.Open {
		return nil
	}
	listed, err := g.cfg.Lister.OpenRequests(ctx, ref.Repo)
	if err != nil || slices.ContainsFunc(listed, func(l seam.Listed) bool { return l.Number == ref.Number }) {
		return err
	}
	known := memory.Known
	known.Open = false
	return g.cfg.Notes.Remember(ctx, ref, history.Update{Known: &known, Requeue: history.Siblings(&memory.Known, &known)})
}

// trim drops what people wrote besides commands: it decides nothing, and is not to be
// kept. That a comment was edited or deleted decides something only where nothing
// remembers what it said.
func (g *Reader) trim(req *pull.Request) {
	if !g.cfg.Search {
		req.Deleted = nil
	}
	kept := req.Comments[:0]
	for _, c := range req.Comments {
		short := g.cache.bodies.Condense(c.Body)
		switch {
		case short.Gives:
			c.Body = short.Text
		case g.cfg.Search && c.Edited:
			c.Body = ""
		default:
			continue
		}
		kept = append(kept, c)
	}
	req.Comments = kept
	for i := range req.Reviews {
		req.Reviews[i].Body = g.cache.bodies.Condense(req.Reviews[i].Body).Text
	}
}

// readRest reads in two rounds what can be read side by side: list, ownership
// and twins, then both sides of the files, teams and attributes.
func (g *Reader) readRest(ctx context.Context, l *Reading, p policy.Policy) (moved bool, err error) {
	look := l.Look // the readers below change parts of l.look
	var change *seam.Change
	err = together(ctx,
		func(ctx context.Context) error { return g.ownership(ctx, l, p) },
		func(ctx context.Context) (err error) { change, err = g.files(ctx, l, look); return err },
		func(ctx context.Context) error { return g.twins(ctx, l, &look.Request) },
	)
	if err != nil {
		return false, err
	}
	if l.Crowded {
		onlyObjections(&l.Look.Request, &l.Memory)
	}
	if err := g.owned(ctx, l); err != nil {
		return false, err
	}
	s := &l.Snapshot
	s.Request = l.Look.Request
	if err := g.expandOverride(ctx, s); err != nil {
		return false, err
	}
	l.deciders = deciders(s)
	err = together(ctx,
		func(ctx context.Context) error { return g.sides(ctx, l, look, change) },
		func(ctx context.Context) error { return g.teams(ctx, l) },
		func(ctx context.Context) error { return g.generated(ctx, l) },
	)
	if err != nil {
		return false, err
	}
	maps.Copy(l.Sources, l.nested)
	if change != nil && change.After != look.Revision() {
		return true, nil
	}
	s.Request.Files = l.Look.Request.Files
	if l.attributes != nil {
		markGenerated(l.attributes, s.Request.Files)
	}
	l.addMisplaced()
	if why := l.Look.MoreCommits; why != "" {
		s.Faults, s.Mendable = append(s.Faults, sources.Fault(why)), false
	}
	return false, g.past(ctx, l)
}

// past reads what depends on earlier heads: what they changed, who wrote which
// file, and which reviews a clean merge carries over.
func (g *Reader) past(ctx context.Context, l *Reading) error {
	s := &l.Snapshot
	if err := g.rememberCancels(ctx, l, s); err != nil {
		return err
	}
	s.Cancels = append(s.Cancels, l.Memory.Cancels...)
	if err := errors.Join(g.powerless(ctx, l), g.writers(ctx, l)); err != nil {
		return err
	}
	if err := g.accounts(ctx, l); err != nil {
		return err
	}
	if err := g.gone(ctx, l); err != nil {
		return err
	}
	if err := g.pastHeads(ctx, l); err != nil {
		return err
	}
	s.Requirement = g.Required(s.Request.Ref.Repo, s.Request.BaseBranch, s.Rules.Check)
	s.WritesRuns, s.Contested = g.cfg.Traits.WritesRuns, g.cfg.Contested(s.Request.Ref.Repo, s.Request.Head, s.Rules.Check)
	s.Seen, s.HoldsSpoken = g.seenOf(&l.Memory), g.cfg.Traits.HoldsSpoken
	if err := g.addressees(ctx, l); err != nil {
		return err
	}
	if err := g.witness(ctx, l); err != nil {
		return err
	}
	if err := g.contributors(ctx, l); err != nil {
		return err
	}
	l.Judgeable = true
	return g.merges(ctx, s)
}

// rememberCancels keeps the cancellations that a request does not remember yet, those
// of its twins among them: a twin may go, and its comments with it.
func (g *Reader) rememberCancels(ctx context.Context, l *Reading, s *policy.Snapshot) error {
	fresh := l.Memory.NewCancels(append(slices.Clone(s.Cancels), rule.Cancels(*s)...))
	if len(fresh) == 0 {
		return nil
	}
	l.Memory.Cancels = append(l.Memory.Cancels, fresh...)
	return g.cfg.Notes.Remember(ctx, l.Look.Request.Ref, history.Update{Cancels: fresh})
}

// merges finds out which of the merges that files depend on are clean.
func (g *Reader) merges(ctx context.Context, s *policy.Snapshot) (err error) {
	s.Merges, err = g.Content.CleanOf(ctx, s.Request.Ref.Repo, rule.MergesNeeded(*s))
	return err
}

// together runs readers side by side; the first error ends them all.
func together(ctx context.Context, readers ...func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, read := range readers {
		group.Go(func() error { return read(ctx) })
	}
	return group.Wait()
}

// files brings the files of the request: from memory where this head was seen
// against this base, else the forge's list. It gives nil where nothing was
// read.
func (g *Reader) files(ctx context.Context, l *Reading, look seam.Look) (*seam.Change, error) {
	req := &l.Look.Request
	h, ok, err := g.recorded(ctx, l)
	if err != nil {
		return nil, err
	}
	if ok {
		req.MergeBase, req.Files, req.Complete = h.MergeBase, filesOf(h), true
		l.Snapshot.SameTree = len(req.Files) == 0 // an empty list was recorded for one tree only
		return nil, nil
	}
	c, err := g.cfg.Source.Files(ctx, look)
	if err != nil {
		return nil, err
	}
	if err := g.Content.Complete(ctx, look, &c); err != nil {
		return nil, err
	}
	req.MergeBase, req.Files = c.MergeBase, slices.Clone(c.Files)
	for _, commit := range c.Commits { // whom the look's list names stays a contributor
		if !slices.ContainsFunc(req.Commits, func(o pull.Commit) bool { return o.ID == commit.ID }) {
			req.Commits = append(req.Commits, commit)
		}
	}
	req.Complete, req.Incomplete, req.Transient = c.Incomplete == "", c.Incomplete, c.Transient
	return &c, nil
}

// sides completes a list that was read just now.
func (g *Reader) sides(ctx context.Context, l *Reading, look seam.Look, c *seam.Change) error {
	if c == nil {
		return nil
	}
	look.Candidates = g.mayBeAsked(l)
	if err := g.cfg.Source.Sides(ctx, look, c); err != nil {
		return err
	}
	g.Saw(c.People, l.Snapshot.Now)
	l.Look.Request.Files = c.Files
	l.Snapshot.SameTree = c.SameTree
	return nil
}

// teams reads the teams that own a changed file.
func (g *Reader) teams(ctx context.Context, l *Reading) error {
	s := &l.Snapshot
	names := teamsOf(l.deciders)
	teams := make([]policy.Team, len(names))
	group, ctx := errgroup.WithContext(ctx)
	for i, name := range names {
		if logins, listed := s.Owners.Team(name); listed {
			for _, login := range logins {
				teams[i].Members = append(teams[i].Members, pull.Person{Login: login})
			}
			continue
		}
		group.Go(func() (err error) {
			teams[i], err = g.Sources.Team(ctx, s.Request.Ref.Repo, name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	s.Teams = make(map[string]policy.Team, len(names))
	for i, name := range names {
		s.Teams[name] = teams[i]
		if _, listed := s.Owners.Team(name); !listed { // the list is a source as it is
			l.Sources.SetTeam(name, teams[i])
		}
	}
	return nil
}

// teamsOf names the teams among owners, sorted.
func teamsOf(owners []ownership.Owner) []string {
	var names []string
	add := func(team string) {
		if key := policy.TeamKey(team); team != "" && !slices.Contains(names, key) {
			names = append(names, key)
		}
	}
	for _, o := range owners {
		add(o.Team)
	}
	slices.Sort(names)
	return names
}

// deciders are those who may approve or override: the maintainers and reviewers
// of the subsystems of changed paths, of fallbacks that may stand in, and the
// people of the overrides.
func deciders(s *policy.Snapshot) []ownership.Owner {
	owners := slices.Concat(s.Rules.Override, s.ServerOverride)
	for sub := range touched(s) {
		owners = append(owners, sub.Maintainers...)
		owners = append(owners, sub.Reviewers...)
	}
	for _, team := range teamsOf(owners) {
		logins, _ := s.Owners.Team(team)
		for _, login := range logins {
			owners = append(owners, ownership.Owner{Login: login})
		}
	}
	return owners
}

// touched returns the subsystems that own a changed path or may stand in for its
// owners.
func touched(s *policy.Snapshot) map[*ownership.Subsystem]bool {
	subs := map[*ownership.Subsystem]bool{}
	if s.Owners == nil {
		return subs
	}
	for _, f := range s.Request.Files {
		for _, path := range f.Paths() {
			for _, sub := range slices.Concat(s.Owners.Match(path), s.Owners.Fallback(path)) {
				subs[sub] = true
			}
		}
	}
	return subs
}

// rebase has a look read policy and ownership at a group's base instead of the
// branch's tip: the policy where the base branch is the one that holds it.
func (g *Reader) rebase(ctx context.Context, look *seam.Look, base string) error {
	repo := look.Request.Ref.Repo
	look.Owned = nil
	look.OwnedAt = base
	if look.Request.BaseBranch != look.DefaultBranch {
		return nil
	}
	entries, err := g.cfg.Archive.Entries(ctx, repo, base, sources.WithParents(g.cfg.Traits.Policies()))
	at := sources.First(entries, g.cfg.Traits.Policies()).Path()
	look.PolicyPath, look.Policy, look.PolicyAbove = at, entries[at], entries[path.Dir(at)]
	return err
}
