package forgetest_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/service"
)

// The lab's words: it keeps projects in groups, its policy in a directory of its own, and
// the gate acts on it as a person.
const (
	labPolicy = ".lab/review-gate.yml"
	labBot    = "gatekeeper"
)

// lab is another kind of forge on the model, with the adapter that a gate reaches it by: it
// has statuses instead of check runs and no merge queues, tells no count of changed files, and
// knows nobody to be busy. The adapter reads the model itself; only webhooks go by HTTP.
type lab struct {
	*fake.Forge
	repo   *fake.Repo
	bot    *fake.Account
	sweeps atomic.Int32
	post   post
}

// parts are the adapter as a service takes it.
func (l *lab) parts() (service.Forge, error) {
	intake, err := newLabIntake()
	return service.Forge{
		Gate: seam.Forge{
			Traits: seam.Traits{Kind: "lab", PolicyPath: labPolicy, Limits: publish.Limits{}.OrUsual()},
			Source: l, Archive: l, Lister: l, Trees: l, Publisher: l, Answerer: l, Marker: l, Rights: l, Directory: l, Inspector: l,
		},
		Intake: intake, Sweep: l, Line: l, Examine: func(context.Context, int) doctor.Forge { return doctor.Forge{} },
	}, err
}

func (l *lab) person(a *fake.Account) pull.Person {
	if a == nil || a.Deleted {
		return pull.Person{}
	}
	return pull.Person{Login: a.Login, ID: a.ID, Bot: a.Kind == fake.Bot}
}

// on runs something on a pull request under the forge's lock.
func (l *lab) on(ref pull.Ref, do func(p *fake.PullRequest) error) error {
	l.Lock()
	defer l.Unlock()
	p := l.repo.FindPull(ref.Number)
	if p == nil || l.repo.FullName() != ref.Repo.Slug() {
		return fmt.Errorf("request %s: %w", ref, pull.ErrNotFound)
	}
	return do(p)
}

// Look implements seam.Source.
func (l *lab) Look(_ context.Context, ref pull.Ref, owned []string, _ bool) (look seam.Look, err error) {
	err = l.on(ref, func(p *fake.PullRequest) error {
		tip, main := l.repo.Branches[p.BaseBranch], l.repo.Branches[l.repo.DefaultBranch]
		r := pull.Request{
			Ref: ref, Title: p.Title, URL: "lab://" + ref.String(), Author: l.person(p.Author), BaseBranch: p.BaseBranch, Head: p.HeadID.String(),
			Open: p.IsOpen, Draft: p.Draft, Merged: p.IsMerged(), OpenedAt: p.Created, UpdatedAt: p.Updated, Labels: []string{},
			BaseMovesKnown: true, ReviewRequestsKnown: true, Commits: l.commits(l.repo.Objects.Between(cmp.Or(tip, p.BaseID), p.HeadID)),
		}
		if p.HeadRepo == l.repo {
			r.HeadBranch = p.Branch()
		}
		l.people(p, &r)
		look = seam.Look{At: l.Now(), DefaultBranch: l.repo.DefaultBranch, DefaultTip: main.String(), ChangedFiles: seam.Untold,
			Policy: l.entry(main, labPolicy), PolicyAbove: l.entry(main, ".lab"), Owned: map[string]seam.Entry{}}
		if !tip.IsZero() {
			r.BaseTip, look.Owned = tip.String(), l.entries(tip, owned)
		}
		if p.IsMerged() {
			look.MergeCommit = p.MergeID.String()
		}
		look.Request = r
		return nil
	})
	return look, err
}

// people adds who said what, and what happened.
func (l *lab) people(p *fake.PullRequest, r *pull.Request) {
	for _, a := range p.AskedUsers {
		r.Requested = append(r.Requested, a.Login)
	}
	for _, t := range p.AskedTeams {
		r.Requested = append(r.Requested, "@"+t.Org.Login+"/"+t.Slug)
	}
	for _, label := range p.Labelled {
		r.Labels = append(r.Labels, label.Name)
	}
	for _, a := range p.Assigned {
		r.Assignees = append(r.Assignees, a.Login)
	}
	for _, v := range p.Reviews {
		if v.State != fake.Pending {
			r.Reviews = append(r.Reviews, l.review(v))
		}
	}
	pull.SortReviews(r.Reviews)
	for _, c := range p.Conversation {
		r.Comments = append(r.Comments, pull.Comment{ID: c.ID, Node: node(c.ID), Author: l.person(c.Author), Body: c.Body, At: c.Created,
			Edited: !c.Edited.IsZero(), EditedAt: c.Edited})
	}
	for _, e := range p.History {
		l.happened(e, r)
	}
}

// node is the opaque key of a comment or review.
func node(id int64) string { return fmt.Sprintf("note:%x", id) }

// stateWords are the gate's words for states of reviews.
var stateWords = map[fake.ReviewState]pull.ReviewState{
	fake.Approved: pull.Approved, fake.ChangesRequested: pull.ChangesRequested, fake.Commented: pull.Commented, fake.Dismissed: pull.Dismissed,
}

func (l *lab) review(v *fake.ReviewRecord) pull.Review {
	out := pull.Review{ID: v.ID, Node: node(v.ID), Author: l.person(v.Author), State: stateWords[v.State], Commit: v.Commit.String(),
		At:    v.Submitted,
		Begun: v.Created, Body: v.Body, Edited: !v.Edited.IsZero(), CanWrite: l.repo.Access(v.Author) >= fake.Write}
	if out.Edited {
		out.EditedBy = l.person(v.Editor)
	}
	return out
}

// moves are the kinds of moves of a base.
var moves = map[fake.Kind]pull.MoveKind{
	fake.BaseChanged: pull.Retargeted, fake.BaseMovedOn: pull.Followed, fake.BaseForcePushed: pull.Rewritten, fake.BaseDeleted: pull.Remade,
	fake.PullReopened: pull.Reopened,
}

// happened adds an event of a pull request's history.
func (l *lab) happened(e fake.Event, r *pull.Request) {
	if kind, ok := moves[e.Kind]; ok {
		move := pull.BaseMove{At: e.At, Kind: kind}
		switch e.Kind { //nolint:exhaustive // of the others nothing is told
		case fake.BaseChanged, fake.BaseMovedOn:
			move.Before.Branch = e.From
		case fake.BaseForcePushed:
			move.Before = pull.Tip{Branch: r.BaseBranch, Commit: e.Before.String()}
		}
		r.BaseMoves = append(r.BaseMoves, move)
		return
	}
	switch e.Kind { //nolint:exhaustive // the others decide nothing
	case fake.HeadForcePushed:
		r.HeadMoves = append(r.HeadMoves, pull.HeadMove{Before: e.Before.String(), After: e.After.String(), At: e.At})
	case fake.ReviewRequested, fake.RequestRemoved:
		ask := pull.ReviewRequest{At: e.At, Removed: e.Kind == fake.RequestRemoved}
		if ask.Who = l.person(e.Who).Login; e.Team != nil {
			ask.Who = "@" + e.Team.Org.Login + "/" + e.Team.Slug
		}
		r.ReviewRequests = append(r.ReviewRequests, ask)
	case fake.CommentDeleted:
		r.Deleted = append(r.Deleted, pull.Deletion{Author: l.person(e.Who), At: e.At})
	case fake.ReviewDismissed:
		for i := range r.Reviews {
			if v := &r.Reviews[i]; v.ID == e.Review.ID && v.State == pull.Dismissed {
				v.DismissedBy, v.DismissedState, v.DismissedByForge = l.person(e.By), stateWords[e.Was], !e.After.IsZero()
			}
		}
	}
}

func (l *lab) commits(list []*object.Commit) []pull.Commit {
	var out []pull.Commit
	for _, c := range list {
		commit := pull.Commit{ID: c.Hash.String(), Signed: []pull.Signature{
			{Part: pull.Author, Name: c.Author.Name, Email: c.Author.Email, Account: l.person(l.AccountByMail(c.Author.Email))},
		}}
		commit.Vouched = pull.MessageVouchers(c.Message)
		for _, s := range pull.MessageMakers(c.Message) {
			s.Account = l.person(l.AccountByMail(s.Email))
			commit.Signed = append(commit.Signed, s)
		}
		if c.Committer.Email != labMail {
			commit.Signed = append(commit.Signed, pull.Signature{Part: pull.Committer, Name: c.Committer.Name, Email: c.Committer.Email,
				Account: l.person(l.AccountByMail(c.Committer.Email))})
		}
		for _, parent := range c.ParentHashes {
			commit.Parents = append(commit.Parents, parent.String())
		}
		out = append(out, commit)
	}
	return out
}

// entry is what a commit has at a path.
func (l *lab) entry(commit plumbing.Hash, path string) seam.Entry {
	e, ok := l.repo.Objects.Entry(l.repo.TreeOf(commit), path)
	if !ok {
		return seam.Entry{}
	}
	return seam.Entry{ID: e.Hash.String(), Mode: pull.Mode(fake.Octal(e.Mode))}
}

func (l *lab) entries(commit plumbing.Hash, paths []string) map[string]seam.Entry {
	out := map[string]seam.Entry{}
	for _, path := range paths {
		out[path] = l.entry(commit, path)
	}
	return out
}

// changes lists what a head changes against a merge base.
func (l *lab) changes(base, head plumbing.Hash) []pull.File {
	var out []pull.File
	for _, d := range l.repo.Objects.FileDiffs(l.repo.TreeOf(base), l.repo.TreeOf(head)) {
		f := pull.File{Content: pull.Content{Path: d.Path(), Status: pull.Modified}, Patch: d.Patch, Additions: d.Additions,
			Deletions: d.Deletions}
		if d.To != nil {
			e := l.entry(head, d.To.Path)
			f.Mode, f.ID = e.Mode, e.ID
		}
		if d.From != nil {
			e := l.entry(base, d.From.Path)
			f.OldMode, f.OldID = e.Mode, e.ID
		}
		switch {
		case d.From == nil:
			f.Status = pull.Added
		case d.To == nil:
			f.Status = pull.Removed
		case d.From.Path != d.To.Path:
			f.Status, f.OldPath = pull.Renamed, d.From.Path
		}
		out = append(out, f)
	}
	return out
}

// Files implements seam.Source.
func (l *lab) Files(_ context.Context, look seam.Look) (seam.Change, error) {
	l.Lock()
	defer l.Unlock()
	head := plumbing.NewHash(look.Request.Head)
	base, ok, err := l.repo.Objects.MergeBase(plumbing.NewHash(look.Request.BaseTip), head)
	if err != nil || !ok {
		return seam.Change{Incomplete: "the request has no history in common with its base branch"}, err
	}
	return seam.Change{MergeBase: base.String(), Files: l.changes(base, head)}, nil
}

// Sides implements seam.Source.
func (l *lab) Sides(_ context.Context, look seam.Look, c *seam.Change) error {
	return l.on(look.Request.Ref, func(p *fake.PullRequest) error {
		c.SameTree = l.repo.TreeOf(plumbing.NewHash(c.MergeBase)) == l.repo.TreeOf(plumbing.NewHash(look.Request.Head))
		c.After = seam.Revision{Head: p.HeadID.String(), BaseBranch: p.BaseBranch, ChangedFiles: seam.Untold, Open: p.IsOpen}
		if tip := l.repo.Branches[p.BaseBranch]; !tip.IsZero() {
			c.After.BaseTip = tip.String()
		}
		return nil
	})
}

// Team implements seam.Source.
func (l *lab) Team(_ context.Context, _ pull.Repo, team string) (policy.Team, error) {
	l.Lock()
	defer l.Unlock()
	org, slug, _ := strings.Cut(team, "/")
	if a, err := l.FindAccount(org); err == nil {
		if t := l.FindTeam(a, slug); t != nil {
			var out policy.Team
			for _, m := range l.MembersOf(t) {
				out.Members = append(out.Members, l.person(m))
			}
			return out, nil
		}
	}
	return policy.Team{Unread: "the lab has no team " + team}, nil
}

// Blob implements seam.Archive.
func (l *lab) Blob(_ context.Context, _ pull.Repo, id string, most int) ([]byte, error) {
	l.Lock()
	defer l.Unlock()
	text, ok := l.repo.Objects.Blob(plumbing.NewHash(id))
	switch {
	case !ok:
		return nil, fmt.Errorf("blob %s: %w", id, pull.ErrNotFound)
	case len(text) > most:
		return nil, pull.ErrTooLarge
	}
	return text, nil
}

// Entries implements seam.Archive.
func (l *lab) Entries(_ context.Context, _ pull.Repo, commit string, paths []string) (map[string]seam.Entry, error) {
	l.Lock()
	defer l.Unlock()
	id := plumbing.NewHash(commit)
	if commit == seam.DefaultTip {
		id = l.repo.Branches[l.repo.DefaultBranch]
	}
	if l.repo.Objects.Commit(id) == nil {
		return nil, fmt.Errorf("commit %s: %w", commit, pull.ErrNotFound)
	}
	return l.entries(id, paths), nil
}

// HeadAt implements seam.Archive.
func (l *lab) HeadAt(_ context.Context, look seam.Look, commit string) (pull.Head, error) {
	l.Lock()
	defer l.Unlock()
	id, out := plumbing.NewHash(commit), pull.Head{ID: commit, BaseBranch: look.Request.BaseBranch}
	base, ok, err := l.repo.Objects.MergeBase(plumbing.NewHash(look.Request.BaseTip), id)
	if err != nil || !ok {
		return out, err
	}
	out.MergeBase, out.Complete = base.String(), true
	for _, f := range l.changes(base, id) {
		out.Files = append(out.Files, f.Content)
	}
	return out, nil
}

// Noted implements seam.Archive.
func (l *lab) Noted(_ context.Context, _ pull.Repo, commit string) ([]pull.Proof, error) {
	l.Lock()
	defer l.Unlock()
	var out []pull.Proof
	for _, s := range l.repo.StatusList {
		if s.Head.String() == commit && s.Creator == l.bot {
			out = append(out, pull.Proof{Commit: commit, At: s.Created})
		}
	}
	return out, nil
}

// OpenRequests implements seam.Lister.
func (l *lab) OpenRequests(context.Context, pull.Repo) ([]seam.Listed, error) {
	defer l.sweeps.Add(1)
	l.Lock()
	defer l.Unlock()
	var out []seam.Listed
	for _, p := range l.repo.Pulls {
		if p.IsOpen {
			out = append(out, seam.Listed{Number: p.Number(), Head: p.HeadID.String(), BaseBranch: p.BaseBranch, DefaultBranch: l.repo.DefaultBranch,
				UpdatedAt: p.Updated, HeadBranch: p.Branch(), HeadRepo: p.HeadRepo.FullName()})
		}
	}
	return out, nil
}

// Tip implements seam.Lister.
func (l *lab) Tip(_ context.Context, _ pull.Repo, branch string) (string, error) {
	return l.repo.Tip(branch), nil
}

// MergeBases implements seam.Trees.
func (l *lab) MergeBases(_ context.Context, _ pull.Repo, a, b string) ([]string, error) {
	return l.repo.MergeBases(a, b)
}

// Trees implements seam.Trees.
func (l *lab) Trees(_ context.Context, _ pull.Repo, ids []string) (map[string][]gittree.Entry, error) {
	l.Lock()
	defer l.Unlock()
	out := map[string][]gittree.Entry{}
	for _, id := range ids {
		tree := plumbing.NewHash(id)
		if l.repo.Objects.Commit(tree) != nil {
			tree = l.repo.TreeOf(tree)
		}
		if !l.repo.Objects.HasTree(tree) {
			return nil, fmt.Errorf("tree %s: %w", id, pull.ErrNotFound)
		}
		out[id] = []gittree.Entry{}
		for _, e := range l.repo.Objects.Tree(tree).Entries {
			out[id] = append(out[id], gittree.Entry{Name: e.Name, Mode: pull.Mode(fake.Octal(e.Mode)), ID: e.Hash.String()})
		}
	}
	return out, nil
}

// Commits implements seam.Trees.
func (l *lab) Commits(_ context.Context, _ pull.Repo, base, head string) ([]pull.Commit, error) {
	l.Lock()
	defer l.Unlock()
	return l.commits(l.repo.Objects.Between(plumbing.NewHash(base), plumbing.NewHash(head))), nil
}

// Repositories implements sweep.Forge.
func (l *lab) Repositories(context.Context) ([]pull.Repo, bool, error) {
	repo, err := pull.ParseRepo("lab", l.repo.FullName())
	return []pull.Repo{repo}, true, err
}

// Reach implements service.Line.
func (l *lab) Reach(context.Context) error { return nil }

// WriteBudget implements service.Line.
func (l *lab) WriteBudget(pull.Ref) error { return nil }

// Limited implements service.Line.
func (l *lab) Limited() map[int64]time.Time { return nil }

// Resolve implements service.Line.
func (l *lab) Resolve(_ context.Context, repo pull.Repo) (pull.Repo, error) { return repo, nil }

// MayPush implements seam.Rights.
func (l *lab) MayPush(_ context.Context, _ pull.Repo, login string) (bool, error) {
	l.Lock()
	defer l.Unlock()
	a, err := l.FindAccount(login)
	if err != nil {
		return false, fmt.Errorf("%w: %w", pull.ErrNotFound, err)
	}
	return l.repo.Access(a) >= fake.Write, nil
}

// Addressees implements seam.Directory.
func (l *lab) Addressees(_ context.Context, _ pull.Repo, emails []string) (map[string]pull.Person, string, error) {
	l.Lock()
	defer l.Unlock()
	out := map[string]pull.Person{}
	for _, email := range emails {
		if a := l.AccountByMail(email); a != nil {
			out[strings.ToLower(email)] = l.person(a)
		}
	}
	return out, "", nil
}

// CheckOn implements seam.Inspector.
func (l *lab) CheckOn(_ context.Context, _ pull.Ref, head, name string, anybody bool) (policy.Outcome, error) {
	l.Lock()
	defer l.Unlock()
	all := l.repo.LatestStatuses(plumbing.NewHash(head))
	i := slices.IndexFunc(all, func(s *fake.StatusRecord) bool {
		return strings.EqualFold(s.Context, name) && (anybody || s.Creator == l.bot)
	})
	if i < 0 {
		return "", nil
	}
	return seam.Visible(policy.Outcome(all[i].State)), nil
}
