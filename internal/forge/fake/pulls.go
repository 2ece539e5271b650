package fake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// PullRequest is a pull request of a repository. Its fields are read under the forge's
// lock, and so are the methods called that say so; all others take it.
type PullRequest struct {
	repo         *Repo
	ID           int64
	number       int
	Title        string
	Body         string
	Author       *Account
	HeadRepo     *Repo
	headBranch   string
	HeadID       plumbing.Hash
	BaseBranch   string
	BaseID       plumbing.Hash // the base branch's tip when the head or the base last changed
	IsOpen       bool
	Draft        bool
	Created      time.Time
	Updated      time.Time
	Closed       time.Time
	MergedAt     time.Time
	MergedBy     *Account
	MergeID      plumbing.Hash
	Reviews      []*ReviewRecord
	AskedUsers   []*Account // asked for review
	AskedTeams   []*TeamRecord
	Conversation []*CommentRecord
	Labelled     []*Label
	Assigned     []*Account
	History      []Event
	reacted      []*ReactionRecord
	tests        map[[2]plumbing.Hash]plumbing.Hash // test merges by base tip and head
	listed       plumbing.Hash                      // the base that lists are of, if it is another one
	pasts        []past                             // what it was, the earliest first
}

// Opening describes a pull request to open.
type Opening struct {
	Author string // the head repository's owner if empty
	Head   string // branch
	From   *Repo  // the head repository, if it is a fork
	Base   string // the default branch if empty
	Title  string // the head commit's first line if empty
	Body   string
	Draft  bool
}

// Open opens a pull request.
func (r *Repo) Open(o Opening) (*PullRequest, error) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	if o.From == nil {
		o.From = r
	}
	author, err := r.forge.FindAccount(cmp.Or(o.Author, o.From.Owner.Login))
	if err != nil {
		return nil, fmt.Errorf("open pull request in %s: %w", r.FullName(), err)
	}
	p, err := author.Open(r, o)
	if err != nil {
		return nil, fmt.Errorf("open pull request in %s: %w", r.FullName(), err)
	}
	return p, nil
}

// Open opens a pull request, as its author whatever Opening says; under the lock.
func (by *Account) Open(r *Repo, o Opening) (*PullRequest, error) {
	base := cmp.Or(o.Base, r.DefaultBranch)
	tip, ok := r.Branches[base]
	if !ok {
		return nil, refuse(NoBase, "")
	}
	head, ok := o.From.Branches[o.Head]
	if !ok {
		return nil, refuse(NoHead, "")
	}
	if len(r.Objects.Between(tip, head)) == 0 {
		return nil, refuse(NothingNew, "No commits between "+base+" and "+o.Head)
	}
	for _, p := range r.Pulls {
		if p.IsOpen && p.HeadRepo == o.From && p.headBranch == o.Head && p.BaseBranch == base {
			return nil, refuse(OpenAlready, "A pull request already exists for "+o.From.Owner.Login+":"+o.Head+".")
		}
	}
	title, _, _ := strings.Cut(r.Objects.Commit(head).Message, "\n")
	r.lastNumber++
	p := &PullRequest{
		repo: r, ID: r.forge.NextID(), number: r.lastNumber, Title: cmp.Or(o.Title, title), Body: o.Body,
		Author: by, HeadRepo: o.From, headBranch: o.Head, HeadID: head, BaseBranch: base, BaseID: tip,
		IsOpen: true, Draft: o.Draft, Created: r.forge.Now(), Updated: r.forge.Now(),
	}
	r.Pulls = append(r.Pulls, p)
	p.tell(Event{Kind: PullOpened, By: by})
	return p, nil
}

// PullRequest finds a pull request by number, or gives nil.
func (r *Repo) PullRequest(number int) *PullRequest {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	return r.FindPull(number)
}

// PullRequests lists the pull requests, oldest first.
func (r *Repo) PullRequests() []*PullRequest {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	return slices.Clone(r.Pulls)
}

// FindPull finds a pull request by number, or returns nil; under the lock.
func (r *Repo) FindPull(number int) *PullRequest {
	for _, p := range r.Pulls {
		if p.number == number {
			return p
		}
	}
	return nil
}

// Branch is the name of the branch that the pull request comes from.
func (p *PullRequest) Branch() string { return p.headBranch }

// Base is the name of the branch that the pull request goes into.
func (p *PullRequest) Base() string {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	return p.BaseBranch
}

// Repo is the repository that the pull request is in.
func (p *PullRequest) Repo() *Repo { return p.repo }

// Number is the pull request's number.
func (p *PullRequest) Number() int { return p.number }

// Head is the commit id of the head.
func (p *PullRequest) Head() string {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	return p.HeadID.String()
}

// Touch moves the pull request's time of change; under the lock.
func (p *PullRequest) Touch() { p.Updated = p.repo.forge.Now() }

// IsMerged reports whether the pull request is merged; under the lock.
func (p *PullRequest) IsMerged() bool { return !p.MergedAt.IsZero() }

// as runs an act of a user under the forge's lock.
func (p *PullRequest) as(login, act string, do func(by *Account) error) error {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	by, err := p.repo.forge.FindAccount(login)
	if err == nil {
		p.Remember()
		err = do(by)
	}
	if err != nil {
		return fmt.Errorf("%s %s#%d as %s: %w", act, p.repo.FullName(), p.number, login, err)
	}
	return nil
}

// Close closes the pull request without merging it.
func (p *PullRequest) Close(by string) error {
	return p.as(by, "close", func(by *Account) error { by.Close(p); return nil })
}

// Close closes a pull request without merging it; under the lock.
func (by *Account) Close(p *PullRequest) {
	if !p.IsOpen {
		return
	}
	p.IsOpen, p.Closed, p.listed = false, p.repo.forge.Now(), plumbing.ZeroHash
	p.Touch()
	p.leaveQueue(by, ByHand)
	p.happen(Event{Kind: PullClosed, By: by})
}

// Reopen opens a closed pull request again.
func (p *PullRequest) Reopen(by string) error {
	return p.as(by, "reopen", func(by *Account) error { return by.Reopen(p) })
}

// Reopen opens a closed pull request again; under the lock.
func (by *Account) Reopen(p *PullRequest) error {
	if p.IsOpen {
		return nil
	}
	head, ok := p.HeadRepo.Branches[p.headBranch]
	if _, into := p.repo.Branches[p.BaseBranch]; p.IsMerged() || !ok || !into || p.HeadRepo.Deleted {
		return refuse(NotReopenable, "state cannot be changed.")
	}
	p.IsOpen, p.Closed, p.HeadID = true, time.Time{}, head
	p.refreshBase()
	p.Touch()
	p.happen(Event{Kind: PullReopened, By: by})
	return nil
}

// Retarget changes the base branch.
func (p *PullRequest) Retarget(by, base string) error {
	return p.as(by, "retarget", func(by *Account) error { return by.Retarget(p, base) })
}

// Retarget changes a pull request's base branch; under the lock.
func (by *Account) Retarget(p *PullRequest, base string) error {
	return p.retarget(BaseChanged, base, by)
}

// retarget changes the base branch as an event of a kind.
func (p *PullRequest) retarget(kind Kind, base string, by *Account) error {
	if base == p.BaseBranch {
		return nil
	}
	tip, ok := p.repo.Branches[base]
	if !ok {
		return refuse(NoBase, "")
	}
	p.leaveQueue(by, ByHand)
	from, fromTip := p.BaseBranch, p.BaseID
	if !p.IsOpen && p.listed.IsZero() && p.repo.forge.behaviour.StaleLists {
		p.listed = p.BaseID
	}
	p.BaseBranch, p.BaseID = base, tip
	p.Touch()
	p.happen(Event{Kind: kind, By: by, From: from, To: base, Before: fromTip})
	p.dismissStale(BaseBranchChanged, plumbing.ZeroHash, by)
	return nil
}

// SetTitle changes the title.
func (p *PullRequest) SetTitle(by, title string) error {
	return p.as(by, "rename", func(by *Account) error { by.Edit(p, &title, nil); return nil })
}

// Edit changes title and body where they are given; under the lock.
func (by *Account) Edit(p *PullRequest, title, body *string) {
	e := Event{Kind: PullEdited, By: by}
	if was := p.Title; title != nil && *title != was {
		p.record(Event{Kind: TitleChanged, By: by, From: was, To: *title})
		e.Title, p.Title = &was, *title
	}
	if was := p.Body; body != nil && *body != was {
		e.Body, p.Body = &was, *body
	}
	if e.Title != nil || e.Body != nil {
		p.Touch()
		p.tell(e)
	}
}

// SetDraft makes the pull request a draft or ready for review.
func (p *PullRequest) SetDraft(by string, draft bool) error {
	return p.as(by, "set draft of", func(by *Account) error { by.SetDraft(p, draft); return nil })
}

// SetDraft makes a pull request a draft or ready for review; under the lock.
func (by *Account) SetDraft(p *PullRequest, draft bool) {
	if p.Draft == draft {
		return
	}
	p.Draft = draft
	p.Touch()
	kind := MadeReady
	if draft {
		kind = MadeDraft
	}
	p.happen(Event{Kind: kind, By: by})
}

// Merge merges the pull request and gives the merge commit's id.
func (p *PullRequest) Merge(by string) (string, error) {
	var id plumbing.Hash
	err := p.as(by, "merge", func(by *Account) (err error) {
		id, err = by.Merge(p, "", "", false)
		return err
	})
	return id.String(), err
}

// Merge merges a pull request, into one commit that has its head as parent or, squashed,
// has not; under the lock. head is the one that is meant, and message the commit's; both
// may be empty.
func (by *Account) Merge(p *PullRequest, head, message string, squash bool) (plumbing.Hash, error) {
	r := p.repo
	tip, ok := r.Branches[p.BaseBranch]
	switch {
	case !p.IsOpen || p.Draft || !ok:
		return plumbing.ZeroHash, refuse(NotMergeable, "Pull Request is not mergeable")
	case head != "" && head != p.HeadID.String():
		return plumbing.ZeroHash, refuse(HeadModified, "Head branch was modified. Review and try the merge again.")
	}
	if r.Queues[p.BaseBranch] != nil {
		return plumbing.ZeroHash, refuse(NotMergeable, "Changes must be made through the merge queue")
	}
	name, err := p.MissingCheck()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if name != "" {
		return plumbing.ZeroHash, refuse(NotMergeable, "Required status check \""+name+"\" is expected.")
	}
	root, conflict, err := r.Objects.merged(tip, p.HeadID)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if conflict {
		return plumbing.ZeroHash, refuse(NotMergeable, "Pull Request has merge conflicts")
	}
	parents := []plumbing.Hash{tip, p.HeadID}
	if squash {
		parents = parents[:1]
	}
	sig := object.Signature{Name: by.Name, Email: by.Email, When: r.forge.Now()}
	id, err := r.record(&object.Commit{
		Author: sig, Committer: r.forge.itself(), TreeHash: root, ParentHashes: parents,
		Message: cmp.Or(message, fmt.Sprintf("Merge pull request #%d from %s", p.number, p.HeadRepo.Owner.Login+":"+p.headBranch)),
	}, true)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	p.markMerged(id, by)
	r.push(p.BaseBranch, id, by)
	return id, nil
}

func (p *PullRequest) markMerged(id plumbing.Hash, by *Account) {
	now := p.repo.forge.Now()
	p.IsOpen, p.Closed, p.MergedAt, p.MergedBy, p.MergeID = false, now, now, by, id
	p.Touch()
	p.record(Event{Kind: PullMerged, By: by, After: id})
	p.happen(Event{Kind: PullClosed, By: by})
}

// MissingCheck names a check that the base branch requires and the pull request
// has not passed; under the lock.
func (p *PullRequest) MissingCheck() (string, error) {
	for _, c := range p.repo.Required[p.BaseBranch] {
		if ok, err := p.passes(c); err != nil || !ok {
			return c.Name, err
		}
	}
	return "", nil
}

// listBase is the base that lists are of.
func (p *PullRequest) listBase() plumbing.Hash {
	if !p.listed.IsZero() {
		return p.listed
	}
	return p.BaseID
}

// mergeBase is what the files are compared with: the merge base of the head
// and the recorded base.
func (p *PullRequest) mergeBase() plumbing.Hash {
	id, ok, err := p.repo.Objects.MergeBase(p.listBase(), p.HeadID)
	if err != nil || !ok {
		return plumbing.ZeroHash
	}
	return id
}

// TreeOf is the tree of a commit; zero if there is no such commit. Under the lock.
func (r *Repo) TreeOf(commit plumbing.Hash) plumbing.Hash {
	if c := r.Objects.Commit(commit); c != nil {
		return c.TreeHash
	}
	return plumbing.ZeroHash
}

// Files lists what the pull request changes; under the lock.
func (p *PullRequest) Files() []FileDiff {
	return p.repo.Objects.FileDiffs(p.repo.TreeOf(p.mergeBase()), p.repo.TreeOf(p.HeadID))
}

// Commits lists the commits that the pull request brings, parents first; under the lock.
func (p *PullRequest) Commits() []*object.Commit {
	return p.repo.Objects.Between(p.listBase(), p.HeadID)
}

// Mergeable reports whether a merge would have no conflict; under the lock.
func (p *PullRequest) Mergeable() bool {
	tip, ok := p.repo.Branches[p.BaseBranch]
	if !ok {
		return false
	}
	_, conflict, err := p.repo.Objects.merged(tip, p.HeadID)
	return err == nil && !conflict
}

// TestMergeID returns the commit that merging the pull request now would give; the
// zero id where it can't be merged. Under the lock.
func (p *PullRequest) TestMergeID() (plumbing.Hash, error) {
	tip, ok := p.repo.Branches[p.BaseBranch]
	if !p.IsOpen || !ok {
		return plumbing.ZeroHash, nil
	}
	key := [2]plumbing.Hash{tip, p.HeadID}
	if id, ok := p.tests[key]; ok {
		return id, nil
	}
	id, err := p.mergeOnto(tip)
	if err != nil {
		return id, err
	}
	if p.tests == nil {
		p.tests = map[[2]plumbing.Hash]plumbing.Hash{}
	}
	p.tests[key] = id
	return id, nil
}

// mergeOnto writes a commit that merges the head onto another commit, and moves
// nothing; the zero id at a conflict.
func (p *PullRequest) mergeOnto(base plumbing.Hash) (plumbing.Hash, error) {
	root, conflict, err := p.repo.Objects.merged(base, p.HeadID)
	if err != nil || conflict {
		return plumbing.ZeroHash, err
	}
	web := p.repo.forge.itself()
	return p.repo.record(&object.Commit{
		Author: web, Committer: web, TreeHash: root, ParentHashes: []plumbing.Hash{base, p.HeadID},
		Message: fmt.Sprintf("Merge %s into %s", p.HeadID, base),
	}, true)
}
