package gitee

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// listedAnswer is a pull request as a list shows it.
type listedAnswer struct {
	Number    rest.Number `json:"number"`
	State     rest.Text   `json:"state"`
	User      *rest.User  `json:"user"`
	UpdatedAt rest.Moment `json:"updated_at"`
	Head      rest.Side   `json:"head"`
	Base      rest.Side   `json:"base"`
}

// Key tells a pull request from others of its repository.
func (p *listedAnswer) Key() string { return strconv.FormatInt(int64(p.Number), 10) }

func (p *listedAnswer) whole() error {
	return forge.RequireField(p.Number > 0 && p.Head.SHA != "" && p.Base.Ref != "", "a listed pull request's number, head or base")
}

// OpenRequests implements seam.Lister, by one call for each page.
func (f *Forge) OpenRequests(ctx context.Context, repo pull.Repo) ([]seam.Listed, error) {
	all, err := f.pulls(ctx, repo, "open")
	branch := ""
	if err == nil && len(all) > 0 {
		branch, err = f.defaultBranch(ctx, repo)
	}
	if err != nil {
		return nil, fmt.Errorf("list the open pull requests of %s: %w", repo, err)
	}
	out := make([]seam.Listed, 0, len(all))
	for i := range all {
		p := &all[i]
		out = append(out, seam.Listed{Number: int(p.Number), Head: string(p.Head.SHA), BaseBranch: string(p.Base.Ref), DefaultBranch: branch,
			UpdatedAt: p.UpdatedAt.Time, HeadBranch: string(p.Head.Ref), HeadRepo: p.Head.Repo.Slug()})
	}
	return out, nil
}

// crowdFor is how long the list of a crowd holds: one evaluation asks for it in parts.
const crowdFor = 10 * time.Second

// crowd is the list of a repository's open pull requests, as it was read last for one.
type crowd struct {
	repo pull.Repo
	at   time.Time
	all  []listedAnswer
}

// Crowd implements seam.Crowd by the list of open pull requests. What holds one back is a
// comment, which its own look finds.
func (f *Forge) Crowd(ctx context.Context, repo pull.Repo, numbers []int) (map[int]seam.Glance, error) {
	f.mu.Lock()
	kept := f.crowd
	f.mu.Unlock()
	if kept.repo != repo || f.cfg.Now().Sub(kept.at).Abs() > crowdFor {
		all, err := f.pulls(ctx, repo, "open")
		if err != nil {
			return nil, fmt.Errorf("list the %d pull requests of one head of %s: %w", len(numbers), repo, err)
		}
		kept = crowd{repo, f.cfg.Now(), all}
		f.mu.Lock()
		f.crowd = kept
		f.mu.Unlock()
	}
	out := map[int]seam.Glance{}
	for i := range kept.all {
		p := &kept.all[i]
		if n := int(p.Number); slices.Contains(numbers, n) {
			out[n] = seam.Glance{Request: pull.Request{Ref: pull.Ref{Repo: repo, Number: n}, Open: true, Head: string(p.Head.SHA),
				BaseBranch: string(p.Base.Ref), Author: f.told(p.User.Person()), HeadBranch: p.Head.BranchOf(repo)}}
		}
	}
	return out, nil
}

// pulls lists the pull requests of a state, the newest first: in an order that stays.
func (f *Forge) pulls(ctx context.Context, repo pull.Repo, state string) ([]listedAnswer, error) {
	query := url.Values{"state": {state}, "sort": {"created"}, "direction": {"desc"}}
	all, err := rest.List[listedAnswer](ctx, f.Client, rest.RepoPath(repo, "pulls"), query)
	for i := range all {
		if err := all[i].whole(); err != nil {
			return nil, err
		}
	}
	return all, err
}

// repoMemory is what was last seen of a repository. It decides nothing.
type repoMemory struct {
	branch string // the default one
	admin  *bool  // we may administrate it; nil: not told
	way    way    // by which a check was written last; empty: none was
}

const (
	// maxKnown is of how many repositories something is remembered, and knownFor how long:
	// rights are given and taken.
	maxKnown = 10_000
	knownFor = 10 * time.Minute
)

// recall returns what is remembered of a repository.
func (f *Forge) recall(repo pull.Repo) repoMemory {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known[repo]
}

// note changes what is remembered of a repository.
func (f *Forge) note(repo pull.Repo, change func(*repoMemory)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.cfg.Now(); len(f.known) >= maxKnown || now.Sub(f.whenever).Abs() > knownFor {
		f.known, f.whenever = map[pull.Repo]repoMemory{}, now
	}
	m := f.known[repo]
	change(&m)
	f.known[repo] = m
}

// defaultBranch returns the default branch of a repository, as it was seen last.
func (f *Forge) defaultBranch(ctx context.Context, repo pull.Repo) (string, error) {
	if m := f.recall(repo); m.branch != "" {
		return m.branch, nil
	}
	r, err := f.readRepo(ctx, repo)
	if err != nil {
		return "", err
	}
	return string(r.DefaultBranch), nil
}

// readRepo reads a repository, and what we may do there.
func (f *Forge) readRepo(ctx context.Context, repo pull.Repo) (*rest.Repo, error) {
	var r rest.Repo
	if err := f.Get(ctx, rest.RepoPath(repo), nil, &r); err != nil {
		return nil, err
	}
	f.note(repo, func(m *repoMemory) {
		m.branch = string(r.DefaultBranch)
		if r.Permission != nil {
			admin := bool(r.Permission.Admin)
			m.admin = &admin
		}
	})
	return &r, forge.RequireField(r.Slug() != "", "the repository's name")
}

// branchAnswer is a branch: the one server tells its commit as sha, the other as id.
type branchAnswer struct {
	Name      rest.Text `json:"name"`
	Protected rest.Flag `json:"protected"`
	Commit    struct {
		SHA rest.Text `json:"sha"`
		ID  rest.Text `json:"id"`
	} `json:"commit"`
	Rule *ruleAnswer `json:"protection_rule"`
}

func (b *branchAnswer) tip() string {
	if b.Commit.SHA != "" {
		return string(b.Commit.SHA)
	}
	return string(b.Commit.ID)
}

// Tip implements seam.Lister.
func (f *Forge) Tip(ctx context.Context, repo pull.Repo, branch string) (string, error) {
	if branch == "" {
		return "", nil
	}
	var b branchAnswer
	err := f.Get(ctx, rest.RepoPath(repo, "branches", branch), nil, &b)
	if errors.Is(err, forge.ErrNotFound) {
		return "", nil
	}
	if err == nil {
		err = forge.RequireField(b.tip() != "", "the branch's commit")
	}
	if err != nil {
		return "", fmt.Errorf("read branch %s of %s: %w", branch, repo, err)
	}
	return b.tip(), nil
}

// Repositories implements sweep.Forge: those that the token's account may see as its own,
// a member's or an organisation's.
func (f *Forge) Repositories(ctx context.Context) ([]pull.Repo, bool, error) {
	all, err := f.repos(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the repositories of %s: %w", f.cfg.Name, err)
	}
	var out []pull.Repo
	for i := range all {
		repo, err := pull.ParseRepo(f.cfg.Name, all[i].Slug())
		if err != nil {
			return nil, false, err
		}
		if !all[i].Empty {
			out = append(out, repo)
		}
	}
	return out, false, nil
}

func (f *Forge) repos(ctx context.Context) ([]rest.Repo, error) {
	return rest.List[rest.Repo](ctx, f.Client, "user/repos", url.Values{"sort": {"full_name"}})
}

// Resolve returns the name that a repository has now, where the server forwards a former one.
func (f *Forge) Resolve(ctx context.Context, repo pull.Repo) (pull.Repo, error) {
	r, err := f.readRepo(ctx, repo)
	if errors.Is(err, forge.ErrNotFound) {
		err = fmt.Errorf("%w: %w", forge.ErrGone, err)
	}
	now := pull.Repo{}
	if err == nil {
		now, err = pull.ParseRepo(f.cfg.Name, r.Slug())
	}
	if err != nil {
		return pull.Repo{}, fmt.Errorf("look for %s: %w", repo, err)
	}
	return now, nil
}

// Reach fails if the server gives no answer at all. It needs no credential, and an answer
// that one is missing is one.
func (f *Forge) Reach(ctx context.Context) error {
	return forge.Reach(ctx, f.cfg.Transport, f.cfg.Name, strings.TrimSuffix(f.url.String(), "/")+"/user")
}

// WriteBudget returns nil: checks have no pace of their own.
func (f *Forge) WriteBudget(pull.Ref) error { return nil }

// Limited returns until when a limit keeps calls back, by the account 0.
func (f *Forge) Limited() map[int64]time.Time {
	limited := map[int64]time.Time{}
	if until := f.Client.Limited(); !until.IsZero() {
		limited[0] = until
	}
	return limited
}

// RequestsAt lists the open pull requests of a head.
func (f *Forge) RequestsAt(ctx context.Context, repo pull.Repo, head string) ([]history.PullState, error) {
	all, err := f.pulls(ctx, repo, "open")
	if err != nil {
		return nil, fmt.Errorf("list the open pull requests of %s: %w", repo, err)
	}
	var out []history.PullState
	for _, p := range all {
		if string(p.Head.SHA) == head {
			out = append(out, history.PullState{Ref: pull.Ref{Repo: repo, Number: int(p.Number)}, Head: head, BaseBranch: string(p.Base.Ref),
				Open: true})
		}
	}
	return out, nil
}

// ClosedAt lists closed and merged pull requests of a head.
func (f *Forge) ClosedAt(ctx context.Context, repo pull.Repo, head string) ([]pull.Ref, error) {
	var out []pull.Ref
	for _, state := range []string{"closed", "merged"} {
		all, err := f.pulls(ctx, repo, state)
		if err != nil {
			return nil, fmt.Errorf("list the %s pull requests of %s: %w", state, repo, err)
		}
		for _, p := range all {
			if string(p.Head.SHA) == head {
				out = append(out, pull.Ref{Repo: repo, Number: int(p.Number)})
			}
		}
	}
	return out, nil
}

// HeadOf returns head and base branch of a pull request.
func (f *Forge) HeadOf(ctx context.Context, ref pull.Ref) (head, base string, err error) {
	p, _, err := f.readPull(ctx, ref)
	if err != nil {
		return "", "", fmt.Errorf("read %s: %w", ref, err)
	}
	return string(p.Head.SHA), string(p.Base.Ref), nil
}
