package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/content"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
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
	Words    *publish.Words
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
	// Trusts tells whether repositories of one owner may name ownership files and
	// teams of another one; nil: none may. Those of one owner always may.
	Trusts func(from, to string) bool
	// Search tells that History may have forgotten what stands on the forge, so
	// that it is looked for before anything is written anew.
	Search bool
	// Turns is nil where nobody else writes checks at the same time. Noticed is told
	// of what a forge should not do; may be nil.
	Turns   Turns
	Noticed func(seam.Oddity)
	// Raise asks for other pull requests to be judged again; may be nil.
	Raise func(ctx context.Context, refs ...pull.Ref) error
}

// Gate judges the pull requests of one forge. It is safe for concurrent use.
type Gate struct {
	*snapshot.Reader
	cfg    Config
	memo   *memo
	queues queueCache
	trying chan struct{} // holds a place while a proposal is tried
}

// New makes a gate.
func New(cfg Config) *Gate {
	if cfg.Traits.Limits = cfg.Traits.Limits.OrUsual(); cfg.Words != nil {
		cfg.Words = cfg.Words.Within(cfg.Traits.Limits)
	}
	m := newMemo()
	return &Gate{Reader: readerOf(&cfg, &m), cfg: cfg, memo: &m, queues: newQueueCache(), trying: make(chan struct{}, 1)}
}

// readerOf makes the reader of a gate.
func readerOf(c *Config, memo *memo) *snapshot.Reader {
	files := content.New(content.Config{Files: c.Archive, Trees: c.Trees, Blobs: c.Blobs, Noticed: c.Noticed, Log: c.Log})
	found := sources.New(sources.Config{
		Traits: c.Traits, Archive: c.Archive, Lister: c.Lister, Teams: c.Source, DefaultPolicy: c.DefaultPolicy, DefaultMap: c.DefaultMap,
		ForcePolicy: c.ForcePolicy, Minimum: c.Minimum, Trusts: c.Trusts,
	}, files)
	return snapshot.New(snapshot.Config{
		Traits: c.Traits, Source: c.Source, Archive: c.Archive, Lister: c.Lister, Trees: c.Trees, Crowd: c.Crowd, Directory: c.Directory,
		Finder: c.Finder, Rights: c.Rights, Protection: c.Protection, Contested: memo.contested, ClosedAt: c.ClosedAt, Memory: c.History, Notes: c.History, Lists: c.Lists,
		Minimum: c.Minimum, ServerOverride: c.ServerOverride, Search: c.Search, Raise: c.Raise, Noticed: c.Noticed, Log: c.Log, Now: c.Now,
	}, files, found)
}

// load reads a pull request, and what its own policy would bring if it changes that.
func (g *Gate) load(ctx context.Context, ref pull.Ref, base string) (*snapshot.Reading, error) {
	l, err := g.Reader.Load(ctx, ref, base)
	if err == nil && l.Judgeable {
		err = g.propose(ctx, l)
	}
	return l, err
}

// Run is one evaluation.
type Run struct {
	Ref     pull.Ref       `json:"ref"`
	Head    string         `json:"head"`
	At      time.Time      `json:"at"`
	Gated   bool           `json:"gated"` // false: no policy gates this base branch
	Verdict policy.Verdict `json:"verdict"`
	Plan    publish.Plan   `json:"plan"`

	known  history.Known
	memory history.Memory
	inputs snapshot.Inputs
	sweeps int
	queued bool // it waits in a merge queue
	// withdrawn tells that a review was dismissed since the last reading.
	withdrawn bool
	// policyTip is the commit that the policy was looked for at.
	policyTip string
	testMerge seam.TestMerge
	statuses  map[string]policy.Outcome // on the head, as in TestMerge
	// activity is nil where the pull request is not gated.
	activity *history.Activity
	// shared tells that the verdict is that of other open pull requests, too.
	shared bool
}

// Run judges a pull request and brings the forge to show it.
func (g *Gate) Run(ctx context.Context, ref pull.Ref) (Run, error) {
	stop := hurry(func() { g.distrust(ctx, ref) })
	l, err := g.load(ctx, ref, "")
	if stop() {
		err = errors.Join(err, g.refresh(ctx, l))
	}
	if behind, ok := errors.AsType[*snapshot.BehindError](err); ok && !behind.Long {
		return Run{}, err
	}
	if err != nil {
		g.distrust(ctx, ref)
		return Run{}, err
	}
	run, err := g.publish(ctx, l)
	if err == nil && l.Proposal != "" {
		run, err = g.tryAndPublish(ctx, l, run)
	}
	return run, errors.Join(err, g.compareMerged(ctx, &l.Look))
}

// publish judges what was read and brings the forge to show it.
func (g *Gate) publish(ctx context.Context, l *snapshot.Reading) (Run, error) {
	run, err := g.plan(ctx, l)
	if err != nil {
		return Run{}, err
	}
	// What a check says is noted before somebody can merge by it, and what is taken back
	// is taken back first.
	if run.Verdict.Outcome != policy.Success {
		if err := g.Apply(ctx, run); err != nil {
			return run, err
		}
	}
	twins, err := g.noteTwins(ctx, l, &run)
	if err != nil {
		return run, err
	}
	if run.Verdict.Outcome == policy.Success {
		if err := g.Apply(ctx, run); err != nil {
			return run, err
		}
	}
	return run, errors.Join(g.tellTwins(ctx, twins, &run), g.overtaken(ctx, l, &run))
}

// refresh recalls what distrust wrote meanwhile.
func (g *Gate) refresh(ctx context.Context, l *snapshot.Reading) (err error) {
	if l == nil {
		return nil
	}
	req := &l.Look.Request
	if l.Memory, err = g.cfg.History.Recall(ctx, req.Ref); err != nil {
		return err
	}
	l.At, err = g.cfg.History.At(ctx, req.Ref.Repo, req.Head)
	return err
}

// Judge judges a pull request and plans what to write. It writes nothing to
// the forge; it does remember what it saw.
func (g *Gate) Judge(ctx context.Context, ref pull.Ref) (Run, error) {
	l, err := g.load(ctx, ref, "")
	for whole := err != nil || l.Proposal == ""; !whole && err == nil; {
		whole, err = g.tryProposal(ctx, l)
	}
	if err != nil {
		return Run{}, err
	}
	return g.plan(ctx, l)
}

// plan evaluates what was read and compares it with what stands now.
func (g *Gate) plan(ctx context.Context, l *snapshot.Reading) (Run, error) {
	s, req := &l.Snapshot, &l.Look.Request
	if !l.Gated || !req.Open {
		s.Request = *req
	}
	run := Run{Ref: req.Ref, Head: req.Head, At: s.Now, Gated: l.Gated, memory: l.Memory, sweeps: l.Sweeps, policyTip: l.Look.DefaultTip, testMerge: l.Look.TestMerge, statuses: l.Look.Statuses}
	run.known = history.Known{Ref: req.Ref, Head: req.Head, BaseBranch: req.BaseBranch, BaseTip: req.BaseTip, MergeBase: req.MergeBase, Open: req.Open,
		UpdatedAt: req.UpdatedAt, Sources: l.Sources.String()}
	run.withdrawn = l.Withdrawn
	run.queued = l.Look.Queued || len(g.queues.queueOf(req.Ref.Repo, req.BaseBranch).Covering(req.Ref.Number)) > 0
	if req.Open && !run.queued {
		g.queues.forgetGroup(req.Ref) // whatever is merged now is merged without it
	}
	in := &l.Inputs
	in.Crowded = l.Crowded
	in.DefaultBranch, in.Minimum, in.Limits, in.Gated, in.Off = l.Look.DefaultBranch, g.cfg.Minimum, g.cfg.Traits.Limits, l.Gated, l.Off
	in.Links = g.cfg.Traits.Links
	in.Moved = l.Memory.Known.BaseBranch != "" && l.Memory.Known.BaseBranch != req.BaseBranch
	in.Snapshot = *s
	if l.Gated && req.Open {
		run.known.Check = s.Rules.Check
		in.Waiting = waiting(l.At.Open, run.known)
	}
	var err error
	if in.Standing, err = g.standing(ctx, &run, l.At); err != nil {
		return Run{}, err
	}
	if req.Merged {
		in.Standing.Checks = nil // what was merged keeps the check that it was merged by (package policy, §4)
	}
	in.Standing.Deleted = l.Memory.Comment.Gone && l.Memory.Known.Outcome != string(policy.Success)
	in.Standing.Labels, in.Standing.Assignees = req.Labels, req.Assignees
	in.Standing.Own, in.Marks = ownLabels(l.Memory.Labels, s.Now), g.cfg.Marker != nil && req.Labels != nil
	in.Early = l.Gated && req.Open && g.early(s, &s.Request, &l.Memory)
	v, own := judge(in)
	if err := g.desk(ctx, l, &v); err != nil {
		return Run{}, err
	}
	if err := g.objections(ctx, l, &v); err != nil {
		return Run{}, err
	}
	run.Verdict, run.Plan = settle(g.cfg.Words, in, v)
	run.shared = len(in.Snapshot.Twins)+len(in.Snapshot.Crowd) > 0
	if in.Gated && req.Open || l.Memory.Activity != "" {
		run.activity = activity(in, &run.Verdict)
	}
	run.known.Outcome, run.known.DueAt = string(own), due(&run, l.At)
	run.inputs = *in
	return run, nil
}

// waiting names the other open pull requests of the same head and check whose
// own verdict is not success: the check belongs to the commit, so it can't be
// green while one of them is not.
func waiting(siblings []history.Known, self history.Known) []string {
	var refs []string
	for _, s := range siblings {
		if s.Ref != self.Ref && s.Check == self.Check && s.BaseBranch != self.BaseBranch && s.Outcome != string(policy.Success) {
			refs = append(refs, fmt.Sprintf("#%d to %s", s.Ref.Number, s.BaseBranch))
		}
	}
	return refs
}

// standing gives what the gate wrote and has not taken back.
func (g *Gate) standing(ctx context.Context, run *Run, at history.HeadMemory) (publish.Standing, error) {
	for _, c := range at.Checks {
		run.memory.Put(c)
	}
	now := noted(run.memory.Comment)
	for _, c := range run.memory.Checks {
		s := publish.StandingCheck{Head: c.Head, Name: c.Name, Outcome: policy.Outcome(c.Outcome), Digest: c.Digest}
		if mayPass(c) {
			s.Outcome = policy.Success
		}
		if !c.Done || c.Aged(run.At) {
			s.Digest = ""
		}
		if s.Outcome == policy.Success && (c.Head != run.Head || c.Name != run.known.Check || !run.known.Open) {
			shared, err := g.shared(ctx, run.Ref, c)
			if err != nil {
				return now, err
			}
			s.Shared = shared
		}
		if s.Outcome != policy.Success && run.known.Open && !run.Gated && c.Head == run.Head { // it would be retired
			s.Shared = slices.ContainsFunc(at.Open, func(k history.Known) bool { return k.Ref.Number != run.Ref.Number && k.Check == c.Name })
		}
		now.Checks = append(now.Checks, s)
	}
	return now, nil
}

// shared tells whether another open pull request of a check's head earns it.
func (g *Gate) shared(ctx context.Context, ref pull.Ref, c history.CheckRecord) (bool, error) {
	at, err := g.cfg.History.At(ctx, ref.Repo, c.Head)
	if err != nil {
		return false, err
	}
	for _, k := range at.Open {
		if k.Ref.Number != ref.Number && k.Check == c.Name && k.Outcome == string(policy.Success) {
			return true, nil
		}
	}
	return false, nil
}

// greenFor is how long a success is believed to need no other look, whatever the
// forge tells: nowhere does it say that a dismissal or an edited review shows in a
// pull request's time of change.
const greenFor = 6 * time.Hour

// due gives when a pull request is to be judged again at the latest; zero: never.
func due(run *Run, at history.HeadMemory) time.Time {
	next := run.Verdict.DueAt
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	switch run.Verdict.Outcome {
	case policy.Success:
		sooner(run.At.Add(greenFor))
	case policy.Pending:
		written := run.At
		for _, c := range at.Checks {
			if run.Plan.Check == nil && c.Name == run.known.Check && !c.At.IsZero() {
				written = c.At
			}
		}
		sooner(written.Add(history.FreshFor + time.Minute))
	case policy.Failure, policy.Error:
	}
	return next
}
