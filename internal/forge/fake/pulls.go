package fake

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// PullRequest is a pull request of a repository.
type PullRequest struct {
	repo       *Repo
	id         int64
	number     int
	title      string
	body       string
	author     *account
	headRepo   *Repo
	headBranch string
	head       plumbing.Hash
	baseBranch string
	base       plumbing.Hash // the base branch's tip when the head or the base last changed
	open       bool
	draft      bool
	created    time.Time
	updated    time.Time
	closed     time.Time
	mergedAt   time.Time
	mergedBy   *account
	mergeID    plumbing.Hash
	reviews    []*review
	users      []*account // asked for review
	teams      []*team
	comments   []*comment
	labels     []*label
	assignees  []*account
	events     []event
	reactions  []*reaction
	tests      map[[2]plumbing.Hash]plumbing.Hash // test merges by base tip and head
	listed     plumbing.Hash                      // the base that lists are of, if it is another one
	reads      int                                // that did not find it, as it was new
	pasts      []past                             // what it was, the earliest first
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
	author, err := r.forge.account(cmp.Or(o.Author, o.From.owner.login))
	if err != nil {
		return nil, fmt.Errorf("open pull request in %s: %w", r.FullName(), err)
	}
	p, err := r.open(o, author)
	if err != nil {
		return nil, fmt.Errorf("open pull request in %s: %w", r.FullName(), err)
	}
	return p, nil
}

func (r *Repo) open(o Opening, author *account) (*PullRequest, error) {
	base := cmp.Or(o.Base, r.defaultBranch)
	tip, ok := r.branches[base]
	if !ok {
		return nil, invalidField("PullRequest", "base", "invalid", "")
	}
	head, ok := o.From.branches[o.Head]
	if !ok {
		return nil, invalidField("PullRequest", "head", "invalid", "")
	}
	if len(r.objects.between(tip, head)) == 0 {
		return nil, invalidField("PullRequest", "head", "custom", "No commits between "+base+" and "+o.Head)
	}
	for _, p := range r.pulls {
		if p.open && p.headRepo == o.From && p.headBranch == o.Head && p.baseBranch == base {
			return nil, invalidField("PullRequest", "base", "custom",
				"A pull request already exists for "+o.From.owner.login+":"+o.Head+".")
		}
	}
	title, _, _ := strings.Cut(r.objects.commit(head).Message, "\n")
	r.lastNumber++
	p := &PullRequest{
		repo: r, id: r.forge.nextID(), number: r.lastNumber, title: cmp.Or(o.Title, title), body: o.Body,
		author: author, headRepo: o.From, headBranch: o.Head, head: head, baseBranch: base, base: tip,
		open: true, draft: o.Draft, created: r.forge.now(), updated: r.forge.now(),
	}
	r.pulls = append(r.pulls, p)
	p.emit("opened", author, nil)
	return p, nil
}

// PullRequest finds a pull request by number, or gives nil.
func (r *Repo) PullRequest(number int) *PullRequest {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	return r.pull(number)
}

// PullRequests lists the pull requests, oldest first.
func (r *Repo) PullRequests() []*PullRequest {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	return slices.Clone(r.pulls)
}

func (r *Repo) pull(number int) *PullRequest {
	for _, p := range r.pulls {
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
	return p.baseBranch
}

// Repo is the repository that the pull request is in.
func (p *PullRequest) Repo() *Repo { return p.repo }

// Number is the pull request's number.
func (p *PullRequest) Number() int { return p.number }

// Head is the commit id of the head.
func (p *PullRequest) Head() string {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	return p.head.String()
}

func (p *PullRequest) touch()       { p.updated = p.repo.forge.now() }
func (p *PullRequest) merged() bool { return !p.mergedAt.IsZero() }

// as runs an act of a user under the forge's lock.
func (p *PullRequest) as(login, act string, do func(by *account) error) error {
	p.repo.forge.mu.Lock()
	defer p.repo.forge.mu.Unlock()
	by, err := p.repo.forge.account(login)
	if err == nil {
		p.remember()
		err = do(by)
	}
	if err != nil {
		return fmt.Errorf("%s %s#%d as %s: %w", act, p.repo.FullName(), p.number, login, err)
	}
	return nil
}

// Close closes the pull request without merging it.
func (p *PullRequest) Close(by string) error {
	return p.as(by, "close", func(by *account) error { p.close(by); return nil })
}

func (p *PullRequest) close(by *account) {
	if !p.open {
		return
	}
	p.open, p.closed, p.listed = false, p.repo.forge.now(), plumbing.ZeroHash
	p.touch()
	p.leaveQueue(by, "MANUAL")
	p.record(event{kind: closedEvent, actor: by})
	p.emit("closed", by, nil)
}

// Reopen opens a closed pull request again.
func (p *PullRequest) Reopen(by string) error {
	return p.as(by, "reopen", p.reopen)
}

func (p *PullRequest) reopen(by *account) error {
	if p.open {
		return nil
	}
	head, ok := p.headRepo.branches[p.headBranch]
	if _, into := p.repo.branches[p.baseBranch]; p.merged() || !ok || !into || p.headRepo.deleted {
		return invalidField("PullRequest", "state", "invalid", "state cannot be changed.")
	}
	p.open, p.closed, p.head = true, time.Time{}, head
	p.refreshBase()
	p.touch()
	p.record(event{kind: reopenedEvent, actor: by})
	p.emit("reopened", by, nil)
	return nil
}

// Retarget changes the base branch.
func (p *PullRequest) Retarget(by, base string) error {
	return p.as(by, "retarget", func(by *account) error { return p.retarget(base, by) })
}

func (p *PullRequest) retarget(base string, by *account) error {
	return p.retargetBy(baseChanged, base, by)
}

// retargetBy changes the base branch as an event of a kind.
func (p *PullRequest) retargetBy(kind eventKind, base string, by *account) error {
	if base == p.baseBranch {
		return nil
	}
	tip, ok := p.repo.branches[base]
	if !ok {
		return invalidField("PullRequest", "base", "invalid", "")
	}
	p.leaveQueue(by, "MANUAL")
	from, fromTip := p.baseBranch, p.base
	if !p.open && p.listed.IsZero() && p.repo.forge.opts.Behaviour.StaleLists {
		p.listed = p.base
	}
	p.baseBranch, p.base = base, tip
	p.touch()
	p.record(event{kind: kind, actor: by, from: from, to: base})
	p.emit("edited", by, obj{"changes": obj{
		"base": obj{"ref": obj{"from": from}, "sha": obj{"from": fromTip.String()}},
	}})
	p.dismissStale(baseBranchChanged, plumbing.ZeroHash, by)
	return nil
}

// SetTitle changes the title.
func (p *PullRequest) SetTitle(by, title string) error {
	return p.as(by, "rename", func(by *account) error { p.edit(&title, nil, by); return nil })
}

// edit changes title and body where they are given.
func (p *PullRequest) edit(title, body *string, by *account) {
	changes := obj{}
	if title != nil && *title != p.title {
		changes["title"] = obj{"from": p.title}
		p.record(event{kind: renamedEvent, actor: by, from: p.title, to: *title})
		p.title = *title
	}
	if body != nil && *body != p.body {
		changes["body"] = obj{"from": p.body}
		p.body = *body
	}
	if len(changes) > 0 {
		p.touch()
		p.emit("edited", by, obj{"changes": changes})
	}
}

// SetDraft makes the pull request a draft or ready for review.
func (p *PullRequest) SetDraft(by string, draft bool) error {
	return p.as(by, "set draft of", func(by *account) error {
		if p.draft == draft {
			return nil
		}
		p.draft = draft
		p.touch()
		kind, action := readyForReview, "ready_for_review"
		if draft {
			kind, action = convertToDraft, "converted_to_draft"
		}
		p.record(event{kind: kind, actor: by})
		p.emit(action, by, nil)
		return nil
	})
}

// Merge merges the pull request and gives the merge commit's id.
func (p *PullRequest) Merge(by string) (string, error) {
	var id plumbing.Hash
	err := p.as(by, "merge", func(by *account) (err error) {
		id, err = p.merge(by, "", "merge", "")
		return err
	})
	return id.String(), err
}

// merge merges by "merge", "squash" or "rebase"; the last makes one commit
// like the second.
func (p *PullRequest) merge(by *account, head, method, message string) (plumbing.Hash, error) {
	r := p.repo
	tip, ok := r.branches[p.baseBranch]
	switch {
	case !p.open || p.draft || !ok:
		return plumbing.ZeroHash, &failure{status: http.StatusMethodNotAllowed, message: "Pull Request is not mergeable"}
	case head != "" && head != p.head.String():
		return plumbing.ZeroHash, &failure{status: http.StatusConflict,
			message: "Head branch was modified. Review and try the merge again."}
	}
	if r.queues[p.baseBranch] != nil {
		return plumbing.ZeroHash, &failure{status: http.StatusMethodNotAllowed, message: "Changes must be made through the merge queue"}
	}
	name, err := p.missingCheck()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if name != "" {
		return plumbing.ZeroHash, &failure{status: http.StatusMethodNotAllowed,
			message: "Required status check \"" + name + "\" is expected."}
	}
	root, conflict, err := r.objects.merged(tip, p.head)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if conflict {
		return plumbing.ZeroHash, &failure{status: http.StatusMethodNotAllowed, message: "Pull Request has merge conflicts"}
	}
	parents := []plumbing.Hash{tip, p.head}
	if method != "merge" {
		parents = parents[:1]
	}
	sig := object.Signature{Name: by.name, Email: by.email, When: r.forge.now()}
	web := object.Signature{Name: "GitHub", Email: "noreply@github.com", When: r.forge.now()}
	id, err := r.record(&object.Commit{
		Author: sig, Committer: web, TreeHash: root, ParentHashes: parents,
		Message: cmp.Or(message, fmt.Sprintf("Merge pull request #%d from %s", p.number, p.label())),
	}, true)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	p.markMerged(id, by)
	r.push(p.baseBranch, id, by)
	return id, nil
}

// label names the head as GitHub does: owner:branch.
func (p *PullRequest) label() string { return p.headRepo.owner.login + ":" + p.headBranch }

func (p *PullRequest) markMerged(id plumbing.Hash, by *account) {
	now := p.repo.forge.now()
	p.open, p.closed, p.mergedAt, p.mergedBy, p.mergeID = false, now, now, by, id
	p.touch()
	p.record(event{kind: mergedEvent, actor: by, after: id}, event{kind: closedEvent, actor: by})
	p.emit("closed", by, nil)
}

// missingCheck names a check that the base branch requires and the pull request
// has not passed.
func (p *PullRequest) missingCheck() (string, error) {
	for _, c := range p.repo.required[p.baseBranch] {
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
	return p.base
}

// mergeBase is what the files are compared with: the merge base of the head
// and the recorded base.
func (p *PullRequest) mergeBase() plumbing.Hash {
	id, ok, err := p.repo.objects.mergeBase(p.listBase(), p.head)
	if err != nil || !ok {
		return plumbing.ZeroHash
	}
	return id
}

func (r *Repo) treeOf(commit plumbing.Hash) plumbing.Hash {
	if c := r.objects.commit(commit); c != nil {
		return c.TreeHash
	}
	return plumbing.ZeroHash
}

func (p *PullRequest) files() []fileDiff {
	return p.repo.objects.fileDiffs(p.repo.treeOf(p.mergeBase()), p.repo.treeOf(p.head))
}

func (p *PullRequest) commits() []*object.Commit { return p.repo.objects.between(p.listBase(), p.head) }

// mergeable tells whether a merge would have no conflict.
func (p *PullRequest) mergeable() bool {
	tip, ok := p.repo.branches[p.baseBranch]
	if !ok {
		return false
	}
	_, conflict, err := p.repo.objects.merged(tip, p.head)
	return err == nil && !conflict
}

// testMerge gives the commit that merging the pull request now would give; the
// zero id where it can't be merged.
func (p *PullRequest) testMerge() (plumbing.Hash, error) {
	tip, ok := p.repo.branches[p.baseBranch]
	if !p.open || !ok {
		return plumbing.ZeroHash, nil
	}
	key := [2]plumbing.Hash{tip, p.head}
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
	root, conflict, err := p.repo.objects.merged(base, p.head)
	if err != nil || conflict {
		return plumbing.ZeroHash, err
	}
	web := object.Signature{Name: "GitHub", Email: "noreply@github.com", When: p.repo.forge.now()}
	return p.repo.record(&object.Commit{
		Author: web, Committer: web, TreeHash: root, ParentHashes: []plumbing.Hash{base, p.head},
		Message: fmt.Sprintf("Merge %s into %s", p.head, base),
	}, true)
}

// latest gives the last review that counts of each reviewer, as GitHub's
// review decision takes them.
func (p *PullRequest) latest() []*review {
	var out []*review
	for _, rv := range p.reviews {
		if rv.state == commented || rv.state == pending || rv.author == nil {
			continue
		}
		out = slices.DeleteFunc(out, func(o *review) bool { return o.author == rv.author })
		out = append(out, rv)
	}
	return out
}
