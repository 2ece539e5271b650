// Package local serves the gate from a git repository on disk: what a pull
// request from one revision to another would get, without any forge.
//
// It runs the git command and reads objects only. It promises that no network
// is used, that nothing is written to the repository, and that no configuration
// of the system, the user or the repository, no hook, filter or outside diff
// decides what is read. Who reviewed comes from the caller.
package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Config says what to judge.
type Config struct {
	Dir    string
	Base   string // revision that would be merged into
	Head   string // revision that would be merged
	Branch string // name of the base branch; empty to take it from Base
	Author string // login
	// Reviews are given in order. Their commits are revisions; none is the head.
	Reviews []Review
	Teams   map[string][]string // logins by policy.TeamKey
	Now     time.Time
}

// Review is one review that is to be taken as given.
type Review struct {
	Who   string
	State pull.ReviewState
	Rev   string
}

// policyPaths are the conventional places of a policy on any forge.
var policyPaths = []string{".github/review-gate.yml", ".gitee/review-gate.yml", ".review-gate.yml"}

// Repo is an opened repository.
type Repo struct {
	git    git
	cfg    Config
	look   gate.Look
	change gate.Change
	policy string
}

// Open resolves the revisions and reads what lies between them.
func Open(ctx context.Context, cfg Config) (*Repo, error) {
	r := &Repo{git: git{dir: cfg.Dir}, cfg: cfg}
	base, err := r.git.commit(ctx, cfg.Base)
	if err != nil {
		return nil, err
	}
	head, err := r.git.commit(ctx, cfg.Head)
	if err != nil {
		return nil, err
	}
	branch := cfg.Branch
	if branch == "" {
		branch = r.git.branch(ctx, cfg.Base)
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	r.look = gate.Look{DefaultBranch: branch, DefaultTip: base, Request: pull.Request{
		Ref:    pull.Ref{Repo: pull.Repo{Forge: "local", Owner: "local", Name: filepath.Base(dir)}, Number: 1},
		Author: pull.Person{Login: cfg.Author}, BaseBranch: branch, BaseTip: base, Head: head, Open: true,
		UpdatedAt: cfg.Now, BaseMovesKnown: true,
	}}
	if err := r.readChange(ctx); err != nil {
		return nil, err
	}
	if r.look.Request.Commits, err = r.git.commits(ctx, base, head); err != nil {
		return nil, err
	}
	if r.look.Request.Reviews, err = r.reviews(ctx); err != nil {
		return nil, err
	}
	entries, err := r.git.entries(ctx, base, policyPaths)
	for _, path := range policyPaths {
		if r.policy == "" && entries[path].ID != "" {
			r.policy = path
		}
	}
	r.policy = cmp.Or(r.policy, policyPaths[0])
	r.look.Policy = entries[r.policy]
	return r, err
}

// readChange lists what the head changes. Where several merge bases leave that
// open, the list is that of the first; the gate finds out that it is not whole.
func (r *Repo) readChange(ctx context.Context) error {
	req := &r.look.Request
	bases, err := r.git.mergeBases(ctx, req.BaseTip, req.Head)
	if err != nil {
		return err
	}
	if len(bases) == 0 {
		return fmt.Errorf("%s and %s have no common history here; if the clone is shallow, fetch more of it (git fetch --unshallow)", r.cfg.Base, r.cfg.Head)
	}
	if len(bases) == 1 {
		req.MergeBase = bases[0]
	}
	r.change.MergeBase = bases[0]
	if r.change.Files, err = r.git.changes(ctx, bases[0], req.Head); err != nil {
		return err
	}
	r.change.SameTree = len(r.change.Files) == 0
	r.look.ChangedFiles = len(r.change.Files)
	return nil
}

func (r *Repo) reviews(ctx context.Context) ([]pull.Review, error) {
	var out []pull.Review
	for i, v := range r.cfg.Reviews {
		commit := r.look.Request.Head
		if v.Rev != "" {
			var err error
			if commit, err = r.git.commit(ctx, v.Rev); err != nil {
				return nil, err
			}
		}
		out = append(out, pull.Review{
			ID: int64(i + 1), Author: pull.Person{Login: v.Who, Bot: strings.HasSuffix(v.Who, "[bot]")}, State: v.State, Commit: commit,
			At: r.cfg.Now.Add(time.Duration(i-len(r.cfg.Reviews)) * time.Minute), CanWrite: true,
		})
	}
	return out, nil
}

// Ref names the pull request that there would be.
func (r *Repo) Ref() pull.Ref { return r.look.Request.Ref }

// PolicyPath is where the repository keeps its policy.
func (r *Repo) PolicyPath() string { return r.policy }

// Look implements gate.Source.
func (r *Repo) Look(ctx context.Context, _ pull.Ref, owned []string, _ bool) (gate.Look, error) {
	look := r.look
	look.Request.Reviews = slices.Clone(look.Request.Reviews)
	look.Request.Commits = slices.Clone(look.Request.Commits)
	var err error
	look.Owned, err = r.git.entries(ctx, look.Request.BaseTip, owned)
	return look, err
}

// Files implements gate.Source.
func (r *Repo) Files(context.Context, gate.Look) (gate.Change, error) {
	c := r.change
	c.Files = slices.Clone(c.Files)
	return c, nil
}

// Sides implements gate.Source: the list has both sides already, and nothing
// moves.
func (r *Repo) Sides(_ context.Context, look gate.Look, c *gate.Change) error {
	c.After = look.Moment()
	return nil
}

// Team implements gate.Source.
func (r *Repo) Team(_ context.Context, _ pull.Repo, team string) (policy.Team, error) {
	logins, ok := r.cfg.Teams[policy.TeamKey(team)]
	if !ok {
		return policy.Team{Unread: "no forge to ask; give its members with --team " + team + "=LOGIN,LOGIN"}, nil
	}
	var t policy.Team
	for _, l := range logins {
		t.Members = append(t.Members, pull.Person{Login: l})
	}
	return t, nil
}

// here refuses other repositories: there is none to read.
func (r *Repo) here(repo pull.Repo) error {
	if repo != r.Ref().Repo {
		return fmt.Errorf("%s: %w", repo, pull.ErrNotFound)
	}
	return nil
}

// Blob implements gate.Archive.
func (r *Repo) Blob(ctx context.Context, repo pull.Repo, id string) ([]byte, error) {
	if err := r.here(repo); err != nil {
		return nil, err
	}
	objects, err := r.git.objects(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	if objects[0].kind != "blob" {
		return nil, fmt.Errorf("%s is a %s and no file", id, objects[0].kind)
	}
	return objects[0].data, nil
}

// Entries implements gate.Archive.
func (r *Repo) Entries(ctx context.Context, repo pull.Repo, commit string, paths []string) (map[string]gate.Entry, error) {
	if err := r.here(repo); err != nil {
		return nil, err
	}
	if commit == gate.DefaultTip {
		commit = r.look.DefaultTip
	}
	return r.git.entries(ctx, commit, paths)
}

// HeadAt implements gate.Archive.
func (r *Repo) HeadAt(ctx context.Context, look gate.Look, commit string) (pull.Head, error) {
	h := pull.Head{ID: commit, BaseBranch: look.Request.BaseBranch}
	bases, err := r.git.mergeBases(ctx, look.Request.BaseTip, commit)
	if err != nil || len(bases) != 1 {
		return h, err
	}
	files, err := r.git.changes(ctx, bases[0], commit)
	if err != nil {
		return h, err
	}
	for _, f := range files {
		h.Files = append(h.Files, f.Content)
	}
	h.MergeBase, h.Complete = bases[0], true
	h.Commits, err = r.git.commits(ctx, look.Request.BaseTip, commit)
	return h, err
}

// MergeBases implements gate.Trees.
func (r *Repo) MergeBases(ctx context.Context, _ pull.Repo, a, b string) ([]string, error) {
	return r.git.mergeBases(ctx, a, b)
}

// Trees implements gate.Trees.
func (r *Repo) Trees(ctx context.Context, repo pull.Repo, ids []string) (map[string][]gate.TreeEntry, error) {
	if err := r.here(repo); err != nil {
		return nil, err
	}
	peeled := make([]string, len(ids))
	for i, id := range ids {
		peeled[i] = id + "^{tree}"
	}
	objects, err := r.git.objects(ctx, peeled)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]gate.TreeEntry, len(ids))
	for i, o := range objects {
		if out[ids[i]], err = parseTree(o.data, len(o.id)/2); err != nil {
			return nil, fmt.Errorf("read tree %s: %w", ids[i], err)
		}
	}
	return out, nil
}

// Tip implements gate.Lister: there are no other repositories whose branches
// could be asked for.
func (r *Repo) Tip(context.Context, pull.Repo, string) (string, error) { return "", pull.ErrNotFound }

// OpenRequests implements gate.Lister.
func (r *Repo) OpenRequests(context.Context, pull.Repo) ([]gate.Listed, error) {
	return nil, errors.New("a local repository lists no pull requests")
}
