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

// Repo is a repository of the forge.
type Repo struct {
	forge         *Forge
	id            int64
	owner         *account
	name          string
	defaultBranch string
	private       bool
	archived      bool
	deleted       bool
	parent        *Repo
	objects       *objects
	webCommits    map[plumbing.Hash]bool // made on the forge; shared with forks
	branches      map[string]plumbing.Hash
	lastNumber    int
	pulls         []*PullRequest
	collaborators []grant
	teams         []teamGrant
	labels        []*label
	checks        []*checkRun
	suites        []*checkSuite
	statuses      []*status
	green         bool                       // some check or status has been a success
	required      map[string][]RequiredCheck // by protected branch
	rulesets      bool                       // the checks are required by a ruleset
	queues        map[string]*mergeQueue     // by branch
	closed        []string                   // patterns of branches that not everybody may create
	dismisses     []string                   // branches whose own protection dismisses stale approvals
	created       time.Time
	pushed        time.Time
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
	r.defaultBranch, r.private = cmp.Or(o.DefaultBranch, "main"), o.Private
	r.objects, r.webCommits = newObjects(), map[plumbing.Hash]bool{}
	return r, nil
}

func (f *Forge) newRepo(owner, name string) (*Repo, error) {
	a, err := f.account(owner)
	if err != nil {
		return nil, fmt.Errorf("add repository %s/%s: %w", owner, name, err)
	}
	if name == "" || f.repo(owner, name) != nil {
		return nil, fmt.Errorf("add repository %s/%s: the name is empty or taken", owner, name)
	}
	r := &Repo{
		forge: f, id: f.nextID(), owner: a, name: name, created: f.now(), pushed: f.now(),
		branches: map[string]plumbing.Hash{}, required: map[string][]RequiredCheck{},
		queues: map[string]*mergeQueue{},
	}
	f.repos = append(f.repos, r)
	return r, nil
}

// Fork makes a fork of the repository, with all its branches.
func (r *Repo) Fork(owner string) (*Repo, error) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	fork, err := r.forge.newRepo(owner, r.name)
	if err != nil {
		return nil, err
	}
	fork.parent, fork.private, fork.defaultBranch = r, r.private, r.defaultBranch
	fork.objects, fork.webCommits = r.objects, r.webCommits
	fork.branches = maps.Clone(r.branches)
	return fork, nil
}

// Repo finds a repository by owner and name, or gives nil.
func (f *Forge) Repo(owner, name string) *Repo {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.repo(owner, name)
}

func (f *Forge) repo(owner, name string) *Repo {
	for _, r := range f.repos {
		if sameName(r.owner.login, owner) && sameName(r.name, name) {
			return r
		}
	}
	return nil
}

// FullName is "owner/name".
func (r *Repo) FullName() string { return r.owner.login + "/" + r.name }

// SetArchived makes the repository read-only, or writable again.
func (r *Repo) SetArchived(archived bool) {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	r.archived = archived
}

// SetCollaborator gives a user a role in the repository: read, triage, write,
// maintain, admin, or none to take it away.
func (r *Repo) SetCollaborator(login, role string) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	a, err := r.forge.account(login)
	if err != nil {
		return err
	}
	lvl, ok := parseLevel(role)
	if !ok {
		return fmt.Errorf("collaborator %s: no role %q", login, role)
	}
	action := "added"
	if slices.ContainsFunc(r.collaborators, func(g grant) bool { return g.who == a }) {
		action = "edited"
	}
	r.collaborators = slices.DeleteFunc(r.collaborators, func(g grant) bool { return g.who == a })
	if lvl > none {
		r.collaborators = append(r.collaborators, grant{a, lvl})
	} else {
		action = "removed"
	}
	r.forge.emitMember(action, r, a)
	return nil
}

// SetTeam gives a team of the owning organisation a role in the repository,
// or none to take it away.
func (r *Repo) SetTeam(slug, role string) error {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	t := r.forge.team(r.owner, slug)
	lvl, ok := parseLevel(role)
	if t == nil || !ok {
		return fmt.Errorf("team %s: no such team or no role %q", slug, role)
	}
	r.teams = slices.DeleteFunc(r.teams, func(g teamGrant) bool { return g.team == t })
	if lvl > none {
		r.teams = append(r.teams, teamGrant{t, lvl})
		r.forge.emitGrant("added_to_repository", t, r)
	} else {
		r.forge.emitGrant("removed_from_repository", t, r)
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
	branch := cmp.Or(c.Branch, r.defaultBranch)
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

func (r *Repo) pusher(c Change) (*account, error) {
	if c.Pusher != "" {
		return r.forge.account(c.Pusher)
	}
	for _, who := range []string{c.Committer, c.Author} {
		if a := r.forge.byLogin[strings.ToLower(who)]; a != nil {
			return a, nil
		}
	}
	return r.owner, nil
}

func (r *Repo) write(c Change, branch string) (plumbing.Hash, error) {
	parents, err := r.parents(c, branch)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	root := plumbing.ZeroHash
	if c.Tree != "" {
		id, ok := r.resolve(c.Tree)
		if !ok {
			return plumbing.ZeroHash, fmt.Errorf("no commit %q", c.Tree)
		}
		root = r.objects.commit(id).TreeHash
	} else if len(parents) > 0 {
		root = r.objects.commit(parents[0]).TreeHash
	}
	leaves, err := r.leaves(root, c)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if root, err = r.objects.apply(root, leaves); err != nil {
		return plumbing.ZeroHash, err
	}
	message, err := r.forge.withTrailers(c)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	author, err := r.forge.signature(cmp.Or(c.Author, r.owner.login))
	if err != nil {
		return plumbing.ZeroHash, err
	}
	committer, err := r.forge.signature(cmp.Or(c.Committer, c.Author, r.owner.login))
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return r.record(&object.Commit{
		Author: author, Committer: committer, Message: message, TreeHash: root, ParentHashes: parents,
	}, c.Web)
}

func (r *Repo) record(c *object.Commit, web bool) (plumbing.Hash, error) {
	id, err := r.objects.put(c)
	if err == nil && web {
		r.webCommits[id] = true
	}
	return id, err
}

func (r *Repo) parents(c Change, branch string) ([]plumbing.Hash, error) {
	var out []plumbing.Hash
	first, ok := r.resolve(cmp.Or(c.From, branch))
	if !ok && c.From == "" {
		first, ok = r.branches[r.defaultBranch]
	}
	switch {
	case ok:
		out = append(out, first)
	case c.From != "":
		return nil, fmt.Errorf("no commit %q", c.From)
	}
	for _, p := range c.Parents {
		id, ok := r.resolve(p)
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
		e, ok := r.objects.entry(root, from)
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
		l, err := r.objects.write(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		leaves[path] = l
	}
	return leaves, nil
}

func (f *Forge) signature(who string) (object.Signature, error) {
	name, email, err := f.nameAndMail(who)
	return object.Signature{Name: name, Email: email, When: f.now()}, err
}

// withTrailers is a change's message with its last block.
func (f *Forge) withTrailers(c Change) (string, error) {
	trailers := slices.Clone(c.Trailers)
	for _, who := range c.CoAuthors {
		name, email, err := f.nameAndMail(who)
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
	by, err := r.forge.account(cmp.Or(pusher, r.owner.login))
	if err != nil {
		return err
	}
	if commit == "" {
		r.deleteBranch(branch, by)
		return nil
	}
	id, ok := r.resolve(commit)
	if !ok {
		return fmt.Errorf("set branch %s of %s: no commit %q", branch, r.FullName(), commit)
	}
	r.push(branch, id, by)
	return nil
}

// Tip gives the commit id of a branch, or of whatever else names a commit;
// empty if it names none.
func (r *Repo) Tip(rev string) string {
	r.forge.mu.Lock()
	defer r.forge.mu.Unlock()
	id, ok := r.resolve(rev)
	if !ok {
		return ""
	}
	return id.String()
}

// resolve finds the commit that a branch, a ref, a pull request's ref, "HEAD"
// or a commit id names.
func (r *Repo) resolve(rev string) (plumbing.Hash, bool) {
	if rev == "HEAD" {
		rev = r.defaultBranch
	}
	name := strings.TrimPrefix(strings.TrimPrefix(rev, "refs/"), "heads/")
	if id, ok := r.branches[name]; ok {
		return id, true
	}
	var n int
	if _, err := fmt.Sscanf(name, "pull/%d/head", &n); err == nil {
		if p := r.pull(n); p != nil {
			return p.head, true
		}
	}
	return r.byID(rev)
}

// byID finds a commit by its id or by a beginning of at least seven digits.
func (r *Repo) byID(rev string) (plumbing.Hash, bool) {
	if plumbing.IsHash(rev) {
		id := plumbing.NewHash(rev)
		return id, r.objects.commit(id) != nil
	}
	if len(rev) < 7 || strings.Trim(rev, "0123456789abcdef") != "" {
		return plumbing.ZeroHash, false
	}
	var found []plumbing.Hash
	for id := range r.objects.store.Commits {
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
	root, err := r.objects.apply(plumbing.ZeroHash, leaves)
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
