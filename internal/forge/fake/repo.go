package fake

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Repo is a repository of the forge. Its fields are read under the forge's lock.
type Repo struct {
	forge         *Forge
	ID            int64
	Owner         *Account
	Name          string
	DefaultBranch string
	Private       bool
	Archived      bool
	Deleted       bool
	Parent        *Repo
	Objects       *Objects
	WebCommits    map[plumbing.Hash]bool // made on the forge; shared with forks
	Branches      map[string]plumbing.Hash
	lastNumber    int
	Pulls         []*PullRequest
	collaborators []grant
	Teams         []TeamGrant
	labels        []*Label
	Checks        []*CheckRecord
	Suites        []*Suite
	StatusList    []*StatusRecord
	Required      map[string][]RequiredCheck // by protected branch
	Queues        map[string]*Queue          // by branch
	closed        []string                   // patterns of branches that not everybody may create
	Dismisses     []string                   // branches whose own protection dismisses stale approvals
	Created       time.Time
	Pushed        time.Time
}

// RepoOptions describe a repository to add.
type RepoOptions struct {
	Owner, Name   string
	DefaultBranch string // main if empty
	Private       bool
}

// AddRepo adds an empty repository; its first commit makes its first branch.
func (f *Forge) AddRepo(o RepoOptions) (*Repo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.newRepo(o.Owner, o.Name)
	if err != nil {
		return nil, err
	}
	r.DefaultBranch, r.Private = cmp.Or(o.DefaultBranch, "main"), o.Private
	r.Objects, r.WebCommits = newObjects(), map[plumbing.Hash]bool{}
	return r, nil
}

func (f *Forge) newRepo(owner, name string) (*Repo, error) {
	a, err := f.FindAccount(owner)
	if err != nil {
		return nil, fmt.Errorf("add repository %s/%s: %w", owner, name, err)
	}
	if name == "" || f.FindRepo(owner, name) != nil {
		return nil, fmt.Errorf("add repository %s/%s: the name is empty or taken", owner, name)
	}
	r := &Repo{
		forge: f, ID: f.NextID(), Owner: a, Name: name, Created: f.Now(), Pushed: f.Now(),
		Branches: map[string]plumbing.Hash{}, Required: map[string][]RequiredCheck{},
		Queues: map[string]*Queue{},
	}
	f.Repos = append(f.Repos, r)
	return r, nil
}

// Fork makes a fork of the repository, with all its branches.
func (r *Repo) Fork(owner string) (*Repo, error) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	fork, err := r.forge.newRepo(owner, r.Name)
	if err != nil {
		return nil, err
	}
	fork.Parent, fork.Private, fork.DefaultBranch = r, r.Private, r.DefaultBranch
	fork.Objects, fork.WebCommits = r.Objects, r.WebCommits
	fork.Branches = maps.Clone(r.Branches)
	return fork, nil
}

// Repo finds a repository by owner and name, or gives nil.
func (f *Forge) Repo(owner, name string) *Repo {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.FindRepo(owner, name)
}

// FindRepo finds a repository by owner and name, or returns nil; under the lock.
func (f *Forge) FindRepo(owner, name string) *Repo {
	for _, r := range f.Repos {
		if sameName(r.Owner.Login, owner) && sameName(r.Name, name) {
			return r
		}
	}
	return nil
}

// FullName is "owner/name".
func (r *Repo) FullName() string { return r.Owner.Login + "/" + r.Name }

// SetArchived makes the repository read-only, or writable again.
func (r *Repo) SetArchived(archived bool) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	r.Archived = archived
}

// SetCollaborator returns a user a role in the repository: read, triage, write,
// maintain, admin, or none to take it away.
func (r *Repo) SetCollaborator(login, role string) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	a, err := r.forge.FindAccount(login)
	if err != nil {
		return err
	}
	lvl, ok := parseLevel(role)
	if !ok {
		return fmt.Errorf("collaborator %s: no role %q", login, role)
	}
	kind := RightsAdded
	if slices.ContainsFunc(r.collaborators, func(g grant) bool { return g.who == a }) {
		kind = RightsChanged
	}
	r.collaborators = slices.DeleteFunc(r.collaborators, func(g grant) bool { return g.who == a })
	if lvl > None {
		r.collaborators = append(r.collaborators, grant{a, lvl})
	} else {
		kind = RightsRemoved
	}
	r.tell(Event{Kind: kind, By: r.Owner, Who: a})
	return nil
}

// SetTeam returns a team of the owning organisation a role in the repository,
// or none to take it away.
func (r *Repo) SetTeam(slug, role string) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	t := r.forge.FindTeam(r.Owner, slug)
	lvl, ok := parseLevel(role)
	if t == nil || !ok {
		return fmt.Errorf("team %s: no such team or no role %q", slug, role)
	}
	r.Teams = slices.DeleteFunc(r.Teams, func(g TeamGrant) bool { return g.Team == t })
	if lvl > None {
		r.Teams = append(r.Teams, TeamGrant{t, lvl})
		r.tell(Event{Kind: TeamGranted, By: r.Owner, Team: t})
	} else {
		r.tell(Event{Kind: TeamRevoked, By: r.Owner, Team: t})
	}
	return nil
}

// Change is a commit to make.
type Change struct {
	Branch string // the branch that moves; the default branch if empty
	// From is the first parent, as branch or commit id. If empty it is the
	// branch's tip, or, for a new branch, that of the default branch.
	From    string
	Parents []string // further parents of a merge, as branches or commit ids
	// Tree is the commit whose tree the change starts from, if it is not the
	// first parent's.
	Tree string
	// Author is a login, or "Name <mail>" for somebody without an account.
	// Committer is the author if empty, Pusher the first of the two that has
	// an account.
	Author, Committer, Pusher string
	CoAuthors                 []string // written as Co-authored-by trailers
	Trailers                  []string // further ones, before those
	Message                   string
	Files                     map[string]*File  // nil deletes a file, or a whole directory
	Rename                    map[string]string // from old path to new path, with content and mode
	Web                       bool              // made in the forge's web interface
}

// Commit writes a commit, moves the branch to it and gives its id.
func (r *Repo) Commit(c Change) (string, error) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	branch := cmp.Or(c.Branch, r.DefaultBranch)
	id, err := r.write(c, branch)
	if err != nil {
		return "", fmt.Errorf("commit to %s of %s: %w", branch, r.FullName(), err)
	}
	pusher, err := r.pusher(c)
	if err != nil {
		return "", err
	}
	r.push(branch, id, pusher)
	return id.String(), nil
}

func (r *Repo) pusher(c Change) (*Account, error) {
	if c.Pusher != "" {
		return r.forge.FindAccount(c.Pusher)
	}
	for _, who := range []string{c.Committer, c.Author} {
		if a := r.forge.byLogin[strings.ToLower(who)]; a != nil {
			return a, nil
		}
	}
	return r.Owner, nil
}

func (r *Repo) write(c Change, branch string) (plumbing.Hash, error) {
	parents, err := r.parents(c, branch)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	root := plumbing.ZeroHash
	if c.Tree != "" {
		id, ok := r.Resolve(c.Tree)
		if !ok {
			return plumbing.ZeroHash, fmt.Errorf("no commit %q", c.Tree)
		}
		root = r.Objects.Commit(id).TreeHash
	} else if len(parents) > 0 {
		root = r.Objects.Commit(parents[0]).TreeHash
	}
	leaves, err := r.leaves(root, c)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if root, err = r.Objects.apply(root, leaves); err != nil {
		return plumbing.ZeroHash, err
	}
	message, err := r.forge.withTrailers(c)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	author, err := r.forge.signature(cmp.Or(c.Author, r.Owner.Login))
	if err != nil {
		return plumbing.ZeroHash, err
	}
	committer, err := r.forge.signature(cmp.Or(c.Committer, c.Author, r.Owner.Login))
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return r.record(&object.Commit{
		Author: author, Committer: committer, Message: message, TreeHash: root, ParentHashes: parents,
	}, c.Web)
}

func (r *Repo) record(c *object.Commit, web bool) (plumbing.Hash, error) {
	id, err := r.Objects.put(c)
	if err == nil && web {
		r.WebCommits[id] = true
	}
	return id, err
}

func (r *Repo) parents(c Change, branch string) ([]plumbing.Hash, error) {
	var out []plumbing.Hash
	first, ok := r.Resolve(cmp.Or(c.From, branch))
	if !ok && c.From == "" {
		first, ok = r.Branches[r.DefaultBranch]
	}
	switch {
	case ok:
		out = append(out, first)
	case c.From != "":
		return nil, fmt.Errorf("no commit %q", c.From)
	}
	for _, p := range c.Parents {
		id, ok := r.Resolve(p)
		if !ok {
			return nil, fmt.Errorf("no commit %q", p)
		}
		out = append(out, id)
	}
	return out, nil
}

func (r *Repo) leaves(root plumbing.Hash, c Change) (map[string]*leaf, error) {
	leaves := map[string]*leaf{}
	for from, to := range c.Rename {
		e, ok := r.Objects.Entry(root, from)
		if !ok {
			return nil, fmt.Errorf("rename %s: no such file", from)
		}
		leaves[from], leaves[to] = nil, &leaf{mode: e.Mode, id: e.Hash}
	}
	for path, file := range c.Files {
		if file == nil {
			leaves[path] = nil
			continue
		}
		l, err := r.Objects.write(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		leaves[path] = l
	}
	return leaves, nil
}

func (f *Forge) signature(who string) (object.Signature, error) {
	name, email, err := f.NameAndMail(who)
	return object.Signature{Name: name, Email: email, When: f.Now()}, err
}

// withTrailers is a change's message with its last block.
func (f *Forge) withTrailers(c Change) (string, error) {
	trailers := slices.Clone(c.Trailers)
	for _, who := range c.CoAuthors {
		name, email, err := f.NameAndMail(who)
		if err != nil {
			return "", err
		}
		trailers = append(trailers, fmt.Sprintf("Co-authored-by: %s <%s>", name, email))
	}
	message := cmp.Or(c.Message, "Change")
	if len(trailers) > 0 {
		message += "\n\n" + strings.Join(trailers, "\n")
	}
	return message, nil
}

// SetBranch moves a branch to a commit, by force where that is not ahead of
// it; an empty id deletes the branch.
func (r *Repo) SetBranch(branch, commit, pusher string) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	by, err := r.forge.FindAccount(cmp.Or(pusher, r.Owner.Login))
	if err != nil {
		return err
	}
	if commit == "" {
		r.deleteBranch(branch, by)
		return nil
	}
	id, ok := r.Resolve(commit)
	if !ok {
		return fmt.Errorf("set branch %s of %s: no commit %q", branch, r.FullName(), commit)
	}
	r.push(branch, id, by)
	return nil
}

// Tip returns the commit id of a branch, or of whatever else names a commit;
// empty if it names none.
func (r *Repo) Tip(rev string) string {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	id, ok := r.Resolve(rev)
	if !ok {
		return ""
	}
	return id.String()
}

// Resolve finds the commit that a branch, a ref, a pull request's ref, "HEAD"
// or a commit id names; under the lock.
func (r *Repo) Resolve(rev string) (plumbing.Hash, bool) {
	if rev == "HEAD" {
		rev = r.DefaultBranch
	}
	name := strings.TrimPrefix(strings.TrimPrefix(rev, "refs/"), "heads/")
	if id, ok := r.Branches[name]; ok {
		return id, true
	}
	var n int
	if _, err := fmt.Sscanf(name, "pull/%d/head", &n); err == nil {
		if p := r.FindPull(n); p != nil {
			return p.HeadID, true
		}
	}
	return r.CommitID(rev)
}

// CommitID finds a commit by its id or by a beginning of at least seven digits; under the
// lock.
func (r *Repo) CommitID(rev string) (plumbing.Hash, bool) {
	if plumbing.IsHash(rev) {
		id := plumbing.NewHash(rev)
		return id, r.Objects.Commit(id) != nil
	}
	if len(rev) < 7 || strings.Trim(rev, "0123456789abcdef") != "" {
		return plumbing.ZeroHash, false
	}
	var found []plumbing.Hash
	for id := range r.Objects.store.Commits {
		if strings.HasPrefix(id.String(), rev) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		return plumbing.ZeroHash, false
	}
	return found[0], true
}

// Orphan writes a commit without parents to a new branch and gives its id.
func (r *Repo) Orphan(branch, author string, files map[string]*File) (string, error) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	leaves, err := r.leaves(plumbing.ZeroHash, Change{Files: files})
	if err != nil {
		return "", err
	}
	root, err := r.Objects.apply(plumbing.ZeroHash, leaves)
	if err != nil {
		return "", err
	}
	sig, err := r.forge.signature(author)
	if err != nil {
		return "", err
	}
	id, err := r.record(&object.Commit{Author: sig, Committer: sig, Message: "Start anew", TreeHash: root}, false)
	if err != nil {
		return "", err
	}
	by, err := r.pusher(Change{Author: author})
	if err != nil {
		return "", err
	}
	r.push(branch, id, by)
	return id.String(), nil
}
