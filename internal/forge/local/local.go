// Package local serves the gate from a git repository on disk: a pull request
// that nobody opened yet, judged offline.
//
// It promises to read only, through the git command, and that nothing but the
// objects and names of the repository has a say: no configuration of the
// system, the user or the repository runs a program, hides a file or fetches
// anything. Who approved and who is in a team is what the caller says. Where a
// repository does not hold enough, it fails and says what to fetch.
package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Name is the forge's name in references of such pull requests: package people calls it
// no forge.
const Name = "local"

// policyPaths are the places of a policy, the first that exists counts.
var policyPaths = policyfile.Places()

// Change is a pull request that could be opened.
type Change struct {
	Dir    string // a directory of the repository, or a bare one
	Base   string // revision; names the base branch if Branch does not. Empty: the default branch
	Branch string // name of the base branch
	Head   string // revision
	Author string // login
	Forge  string // whose logins people have; empty: of no certain one
	// Reviews in the order in which they were given.
	Reviews []Review
	// Teams holds logins by "organisation/slug", in lower case.
	Teams map[string][]string
}

// Review is a review of a proposal.
type Review struct {
	By       string // login
	State    pull.ReviewState
	Revision string // what was reviewed; empty for the head
}

// Repository is a repository with one proposal. It implements seam.Source,
// seam.Archive and seam.Trees for it; whatever reference it is asked for, it
// tells of the proposal. It is safe for concurrent use.
type Repository struct {
	git     git
	objects *gitcmd.Objects
	teams   map[string][]string

	look       seam.Look
	files      []pull.File
	bases      []string
	policyPath string
	sameTree   bool

	// NamesBranch is false where neither Base nor Branch named a branch: the
	// rules of the default branch hold then, if the policy has any.
	NamesBranch bool
}

// Open reads a proposal. Close the repository after use, and before ctx ends.
func Open(ctx context.Context, p Change) (*Repository, error) {
	g, err := findGit(ctx, p.Dir)
	if err != nil {
		return nil, fmt.Errorf("open the repository: %w", err)
	}
	r := &Repository{git: g, teams: p.Teams}
	if r.objects, err = g.OpenObjects(ctx); err != nil {
		return nil, fmt.Errorf("start git: %w", err)
	}
	if err := r.load(ctx, p); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close ends the git process that reads objects.
func (r *Repository) Close() error { return r.objects.Close() }

// Ref names the proposal.
func (r *Repository) Ref() pull.Ref { return r.look.Request.Ref }

// Gate returns all that judging needs, but for a Publisher: nothing is written.
func (r *Repository) Gate() seam.Forge {
	return seam.Forge{Source: r, Archive: r, Lister: r, Trees: r, Traits: seam.Traits{
		Kind: Name, PolicyPath: r.policyPath, PolicyPaths: slices.Clone(policyPaths), CommitsStay: true,
	}}
}

// load reads everything that Look and Files tell.
func (r *Repository) load(ctx context.Context, p Change) error {
	req := &r.look.Request
	req.Ref = pull.Ref{Repo: pull.Repo{Forge: cmp.Or(p.Forge, Name), Owner: Name, Name: nameOf(r.git.GitDir)}, Number: 1}
	req.Author, req.Open, req.BaseMovesKnown = person(p.Author), true, true
	if err := r.resolve(ctx, p); err != nil {
		return err
	}
	if err := r.findPolicy(); err != nil {
		return err
	}
	if err := r.compare(ctx); err != nil {
		return fmt.Errorf("compare %.12s with %.12s: %w", req.BaseTip, req.Head, err)
	}
	head, err := r.objects.Commit(req.Head)
	req.Title = head.Subject
	return err
}

// resolve finds the commits that revisions name.
func (r *Repository) resolve(ctx context.Context, p Change) (err error) {
	req := &r.look.Request
	usual, err := r.git.defaultBranch(ctx)
	if p.Base = cmp.Or(p.Base, usual); p.Base == "" && err == nil {
		err = errors.New("the clone does not say what the default branch is; name it with --base, or ask: git remote set-head origin --auto")
	}
	if err != nil {
		return fmt.Errorf("base: %w", err)
	}
	if req.BaseTip, err = r.git.resolve(ctx, p.Base); err != nil {
		return fmt.Errorf("base: %w", err)
	}
	if req.Head, err = r.git.resolve(ctx, p.Head); err != nil {
		return fmt.Errorf("head: %w", err)
	}
	if req.BaseBranch = p.Branch; p.Branch == "" {
		if req.BaseBranch, err = r.git.branch(ctx, p.Base); err != nil {
			return fmt.Errorf("base: %w", err)
		}
	}
	r.NamesBranch = req.BaseBranch != ""
	req.BaseBranch = cmp.Or(req.BaseBranch, p.Base)
	r.look.DefaultBranch, r.look.DefaultTip = req.BaseBranch, req.BaseTip
	if _, name, _ := strings.Cut(usual, "/"); r.NamesBranch && name != "" && name != req.BaseBranch {
		r.look.DefaultBranch = name
		if r.look.DefaultTip, err = r.git.resolve(ctx, usual); err != nil {
			return fmt.Errorf("default branch: %w", err)
		}
	}
	for i, review := range p.Reviews {
		commit := req.Head
		if review.Revision != "" {
			if commit, err = r.git.resolve(ctx, review.Revision); err != nil {
				return fmt.Errorf("review of %s: %w", review.By, err)
			}
		}
		req.Reviews = append(req.Reviews, pull.Review{
			ID: int64(i + 1), Author: person(review.By), State: review.State, Commit: commit,
			At: time.Unix(int64(i+1), 0).UTC(), CanWrite: true, // only the order of times matters
		})
	}
	return nil
}

// findPolicy finds the policy on the default branch, or what is in its way.
func (r *Repository) findPolicy() error {
	r.policyPath = policyPaths[0]
	for _, name := range policyPaths {
		e, err := r.objects.Find(r.look.DefaultTip, name)
		if err != nil {
			return fmt.Errorf("look for a policy: %w", err)
		}
		above, err := r.objects.Find(r.look.DefaultTip, path.Dir(name))
		if err != nil {
			return fmt.Errorf("look for a policy: %w", err)
		}
		if e.ID != "" || above.Mode == pull.Symlink || above.Mode == pull.Submodule {
			r.policyPath, r.look.Policy = name, seam.Entry{ID: e.ID, Mode: e.Mode}
			r.look.PolicyAbove = seam.Entry{ID: above.ID, Mode: above.Mode}
			return nil
		}
	}
	return nil
}

// compare lists what the head changes. Where histories crossed, there is no one
// merge base whose list is the whole.
func (r *Repository) compare(ctx context.Context) (err error) {
	req := &r.look.Request
	if r.bases, err = r.git.mergeBases(ctx, req.BaseTip, req.Head); err != nil {
		return err
	}
	if len(r.bases) == 0 {
		return errors.New("they have no commit in common; fetch the branch that head was made from")
	}
	if len(r.bases) == 1 {
		req.MergeBase = r.bases[0]
	}
	contents, err := r.git.Changes(ctx, r.bases[0], req.Head, gitcmd.AnyRenames)
	if err != nil {
		return err
	}
	for _, c := range contents {
		r.files = append(r.files, pull.File{Content: c})
	}
	r.look.ChangedFiles = len(r.files)
	if r.sameTree, err = r.sameTrees(r.bases[0], req.Head); err != nil {
		return err
	}
	req.Commits, err = r.commits(ctx, req.Head)
	return err
}

func (r *Repository) sameTrees(a, b string) (bool, error) {
	before, err := r.objects.Commit(a)
	if err != nil {
		return false, err
	}
	after, err := r.objects.Commit(b)
	return before.Tree == after.Tree, err
}

// maxCommits bounds the commits of a proposal, as those of pull requests are.
const maxCommits = 20_000

// commits reads what a head has and the base does not.
func (r *Repository) commits(ctx context.Context, head string) ([]pull.Commit, error) {
	ids, err := r.git.Between(ctx, r.look.Request.BaseTip, head, maxCommits)
	if err != nil {
		return nil, err
	}
	return readCommits(r.objects, ids)
}

// Look implements seam.Source.
func (r *Repository) Look(ctx context.Context, _ pull.Ref, owned []string, _ bool) (seam.Look, error) {
	look := r.look
	look.Request.Reviews = slices.Clone(look.Request.Reviews)
	var err error
	look.Owned, err = r.Entries(ctx, r.Ref().Repo, look.Request.BaseTip, owned)
	return look, err
}

// Files implements seam.Source. With several merge bases the list is that of
// the first, and not the whole.
func (r *Repository) Files(_ context.Context, _ seam.Look) (seam.Change, error) {
	c := seam.Change{MergeBase: r.bases[0], Files: slices.Clone(r.files)}
	if n := len(r.bases); n > 1 {
		c.Incomplete = fmt.Sprintf("base and head have %d merge bases, so no one list holds all that merging would change; rebase onto the "+
			"base", n)
	}
	return c, nil
}

// Sides implements seam.Source. Files told both sides already, and what an id
// names does not move.
func (r *Repository) Sides(_ context.Context, look seam.Look, c *seam.Change) error {
	c.SameTree, c.After = r.sameTree, look.Revision()
	return nil
}

// Team implements seam.Source: a team is who the caller said.
func (r *Repository) Team(_ context.Context, _ pull.Repo, team string) (policy.Team, error) {
	logins, ok := r.teams[policy.TeamKey(team)]
	if !ok {
		return policy.Team{Unread: fmt.Sprintf("a repository does not tell who is in %s; give the members with --team %s=LOGIN,LOGIN", team,
			team)}, nil
	}
	var t policy.Team
	for _, login := range logins {
		t.Members = append(t.Members, person(login))
	}
	return t, nil
}

// here refuses other repositories: there is none to read.
func (r *Repository) here(repo pull.Repo) error {
	if repo != r.Ref().Repo {
		return fmt.Errorf("%s: only one repository is at hand: %w", repo, pull.ErrNotFound)
	}
	return nil
}

// Blob implements seam.Archive.
func (r *Repository) Blob(_ context.Context, repo pull.Repo, id string, most int) ([]byte, error) {
	if err := r.here(repo); err != nil {
		return nil, err
	}
	return r.objects.Blob(id, most)
}

// Entries implements seam.Archive.
func (r *Repository) Entries(_ context.Context, repo pull.Repo, commit string, paths []string) (map[string]seam.Entry, error) {
	if err := r.here(repo); err != nil {
		return nil, err
	}
	if commit == seam.DefaultTip {
		commit = r.look.DefaultTip
	}
	out := make(map[string]seam.Entry, len(paths))
	for _, name := range paths {
		e, err := r.objects.Find(commit, name)
		if err != nil {
			return nil, fmt.Errorf("look up %s at %s: %w", name, commit, err)
		}
		out[name] = seam.Entry{ID: e.ID, Mode: e.Mode}
	}
	return out, nil
}

// HeadAt implements seam.Archive. A commit that is not there, or that has not
// one merge base with the base, gives a head that is not Complete.
func (r *Repository) HeadAt(ctx context.Context, look seam.Look, commit string) (pull.Head, error) {
	h := pull.Head{ID: commit, BaseBranch: look.Request.BaseBranch}
	if _, err := r.objects.Commit(commit); errors.Is(err, gitcmd.ErrMissing) {
		return h, nil
	} else if err != nil {
		return h, err
	}
	bases, err := r.git.mergeBases(ctx, look.Request.BaseTip, commit)
	if err != nil || len(bases) != 1 {
		return h, err
	}
	h.MergeBase = bases[0]
	if h.Files, err = r.git.Changes(ctx, h.MergeBase, commit, gitcmd.AnyRenames); err != nil {
		return h, err
	}
	if h.Commits, err = r.commits(ctx, commit); err != nil {
		return h, err
	}
	h.Complete = true
	return h, nil
}

// MergeBases implements seam.Trees.
func (r *Repository) MergeBases(ctx context.Context, _ pull.Repo, a, b string) ([]string, error) {
	if !pull.IsID(a) || !pull.IsID(b) {
		return nil, fmt.Errorf("merge bases of %q and %q: want commit ids", a, b)
	}
	return r.git.mergeBases(ctx, a, b)
}

// Commits implements seam.Trees, for the proposal's own base and head: no other is
// ever asked for, as git's lists are those of what they name.
func (r *Repository) Commits(_ context.Context, _ pull.Repo, base, head string) ([]pull.Commit, error) {
	if req := &r.look.Request; base != req.BaseTip || head != req.Head {
		return nil, fmt.Errorf("commits between %s and %s: want those of the proposal", base, head)
	}
	return r.look.Request.Commits, nil
}

// Noted implements seam.Archive: no forge noted anything.
func (*Repository) Noted(context.Context, pull.Repo, string) ([]pull.Proof, error) {
	return nil, nil
}

// Trees implements seam.Trees.
func (r *Repository) Trees(_ context.Context, _ pull.Repo, ids []string) (map[string][]gittree.Entry, error) {
	out := make(map[string][]gittree.Entry, len(ids))
	for _, id := range ids {
		entries, err := r.objects.Tree(id)
		if err != nil {
			return nil, err
		}
		out[id] = slices.Clone(entries)
	}
	return out, nil
}

// Tip implements seam.Lister: there are no other repositories whose branches
// could be asked for.
func (r *Repository) Tip(_ context.Context, repo pull.Repo, _ string) (string, error) {
	return "", fmt.Errorf("%s: only one repository is at hand: %w", repo, pull.ErrNotFound)
}

// OpenRequests implements seam.Lister.
func (r *Repository) OpenRequests(context.Context, pull.Repo) ([]seam.Listed, error) {
	return nil, errors.New("a repository on disk lists no pull requests")
}

func person(login string) pull.Person {
	return pull.Person{Login: login, Bot: pull.BotLogin(login)}
}

// nameOf names a repository by its directory.
func nameOf(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	if filepath.Base(abs) == ".git" {
		abs = filepath.Dir(abs)
	}
	name := strings.TrimSuffix(filepath.Base(abs), ".git")
	return cmp.Or(strings.Map(func(c rune) rune {
		if strings.ContainsRune(`/\#:`, c) {
			return '-'
		}
		return c
	}, name), "repository")
}

var (
	_ seam.Source  = (*Repository)(nil)
	_ seam.Archive = (*Repository)(nil)
	_ seam.Trees   = (*Repository)(nil)
)
