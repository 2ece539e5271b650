package gitea

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Look implements seam.Source: the pull request, its reviews, comments and timeline by the
// API, everything that stands at commits by git. What the API told is taken only if the
// pull request is the same before and after.
func (f *Forge) Look(ctx context.Context, ref pull.Ref, owned []string, _ bool) (seam.Look, error) {
	look, err := f.look(ctx, ref)
	if err == nil {
		err = f.fillContent(ctx, &look, owned)
	}
	if err != nil {
		return seam.Look{}, fmt.Errorf("read %s: %w", ref, err)
	}
	return look, nil
}

func (f *Forge) look(ctx context.Context, ref pull.Ref) (seam.Look, error) {
	if _, err := f.whoami(ctx); err != nil {
		return seam.Look{}, err
	}
	p, at, err := f.readPull(ctx, ref)
	if err != nil {
		return seam.Look{}, err
	}
	look := seam.Look{
		At: at, DefaultBranch: p.Base.Repo.DefaultBranch, ChangedFiles: seam.Untold,
		Request: pull.Request{
			Ref: ref, Title: p.Title, URL: p.HTMLURL, Author: p.User.person(), BaseBranch: p.Base.Ref, BaseTip: p.Base.SHA,
			Head: p.Head.SHA, HeadBranch: p.headBranch(), Open: p.State == "open", Draft: p.Draft, OpenedAt: p.CreatedAt,
			UpdatedAt: p.UpdatedAt, Merged: p.Merged, Labels: []string{},
		},
	}
	if p.Merged {
		look.MergeCommit = p.MergeCommitSHA
	}
	for _, l := range p.Labels {
		look.Request.Labels = append(look.Request.Labels, l.Name)
	}
	for _, a := range p.Assignees {
		look.Request.Assignees = append(look.Request.Assignees, a.Login)
	}
	if err := f.fillTalk(ctx, &look.Request); err != nil {
		return seam.Look{}, err
	}
	return look, f.fillTip(ctx, &look)
}

// readPull reads a pull request, and when that was.
func (f *Forge) readPull(ctx context.Context, ref pull.Ref) (*pullAnswer, time.Time, error) {
	var p pullAnswer
	header, err := f.call(ctx, http.MethodGet, repoPath(ref.Repo, "pulls", ref.Number), nil, nil, &p)
	if err != nil {
		return nil, time.Time{}, err
	}
	at := dateOf(header)
	if at.IsZero() {
		at = f.cfg.Now().UTC()
	}
	return &p, at, p.whole(ref.Number)
}

// fillTalk reads who said what, lists at once as far as none tells how long another one is.
func (f *Forge) fillTalk(ctx context.Context, r *pull.Request) error {
	var reviews []reviewAnswer
	var comments []commentAnswer
	outer := ctx
	group, ctx := errgroup.WithContext(ctx)
	read := func(what string, ask func() error) {
		group.Go(func() error {
			if err := ask(); err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
			return nil
		})
	}
	read("reviews", func() (err error) {
		reviews, err = list[reviewAnswer](ctx, f, repoPath(r.Ref.Repo, "pulls", r.Ref.Number, "reviews"), nil)
		return err
	})
	read("comments", func() (err error) {
		comments, err = f.comments(ctx, r.Ref)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	remarks := 0 // on lines, which a timeline leaves out
	for i := range reviews {
		remarks += max(reviews[i].Remarks, 0)
	}
	rows, err := listHoled[rowAnswer](outer, f, repoPath(r.Ref.Repo, "issues", r.Ref.Number, "timeline"), remarks,
		func(all []rowAnswer) bool { return lacksOne(all, comments) })
	if err != nil {
		return fmt.Errorf("timeline: %w", err)
	}
	return f.tell(r, reviews, comments, rows)
}

// lacksOne reports whether a timeline lacks one of the comments, of which each has a row.
func lacksOne(rows []rowAnswer, comments []commentAnswer) bool {
	has := make(map[int64]bool, len(rows))
	for i := range rows {
		has[rows[i].ID] = true
	}
	return slices.ContainsFunc(comments, func(c commentAnswer) bool { return !has[c.ID] })
}

// tell adds what was read. The timeline has a row for each retarget and each reopening, so
// that the moves of the base are known; it has none for a base branch that was rewritten,
// which nobody can do who could not push the same to it without any pull request, nor for a
// push while the pull request was closed, which matters nowhere: a review's commit stays.
func (f *Forge) tell(r *pull.Request, reviews []reviewAnswer, comments []commentAnswer, rows []rowAnswer) error {
	for _, row := range rows {
		row.tell(r)
	}
	r.BaseMovesKnown, r.ReviewRequestsKnown = true, true
	for _, a := range reviews {
		if err := f.tellReview(r, a, reviews, rows); err != nil {
			return err
		}
	}
	pull.SortReviews(r.Reviews)
	for _, a := range comments {
		if a.ID == 0 {
			return forge.MissingField("a comment's number")
		}
		c := a.comment()
		c.Author = f.known(c.Author)
		r.Comments = append(r.Comments, c)
	}
	slices.SortStableFunc(r.Comments, func(a, b pull.Comment) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	return nil
}

func (f *Forge) tellReview(r *pull.Request, a reviewAnswer, all []reviewAnswer, rows []rowAnswer) error {
	switch {
	case a.ID == 0 || a.State == "":
		return forge.MissingField("a review's number or state")
	case a.State == asks && a.Team != nil:
		r.Requested = append(r.Requested, teamName(r.Ref.Repo, a.Team))
	case a.State == asks:
		if who := a.User.person().Login; who != "" {
			r.Requested = append(r.Requested, who)
		}
	default:
		v := a.review()
		if v.State == "" {
			return fmt.Errorf("review %d has the state %q, which is not known; a newer reviewgate may know it", a.ID, a.State)
		}
		v.Author = f.known(v.Author)
		if a.Dismissed {
			dismiss(&v, all, rows)
		}
		r.Reviews = append(r.Reviews, v)
	}
	return nil
}

// fillTip reads where the default branch stands.
func (f *Forge) fillTip(ctx context.Context, look *seam.Look) error {
	r := &look.Request
	if look.DefaultBranch == r.BaseBranch && r.BaseTip != "" {
		look.DefaultTip = r.BaseTip
		return nil
	}
	tip, err := f.Tip(ctx, r.Ref.Repo, look.DefaultBranch)
	look.DefaultTip = tip
	return err
}

// fillContent reads what stands at the tips, and the commits, by git.
func (f *Forge) fillContent(ctx context.Context, look *seam.Look, owned []string) error {
	r := &look.Request
	look.Owned = map[string]seam.Entry{}
	if look.DefaultTip != "" {
		if err := f.fillPolicy(ctx, look); err != nil {
			return fmt.Errorf("the policy at the default branch: %w", err)
		}
	}
	if r.BaseTip == "" {
		return nil // the base branch is gone
	}
	var err error
	if look.Owned, err = f.cfg.Content.Entries(ctx, r.Ref.Repo, r.BaseTip, owned); err != nil {
		return fmt.Errorf("files at the base branch: %w", err)
	}
	r.Commits, err = f.cfg.Content.Commits(ctx, r.Ref.Repo, r.BaseTip, r.Head)
	if errors.Is(err, pull.ErrTooLarge) {
		look.MoreCommits, err = err.Error(), nil
	}
	if err == nil {
		err = f.fillAccounts(ctx, r.Commits, repoPath(r.Ref.Repo, "pulls", r.Ref.Number, "commits"), url.Values{})
	}
	if err != nil {
		return fmt.Errorf("the commits: %w", err)
	}
	return nil
}

// fillAccounts adds whose addresses some commits name, as far as a list of the server's tells
// of them: it knows those of authors and committers.
func (f *Forge) fillAccounts(ctx context.Context, commits []pull.Commit, path string, query url.Values) error {
	query.Set("verification", "false")
	query.Set("files", "false")
	listed, err := list[commitAnswer](ctx, f, path, query)
	if err != nil {
		return err
	}
	accounts := map[string]pull.Person{}
	for _, c := range listed {
		c.tell(accounts)
	}
	for i := range commits {
		for k := range commits[i].Signed {
			s := &commits[i].Signed[k]
			if known := accounts[strings.ToLower(s.Email)]; s.Account == (pull.Person{}) {
				s.Account = f.known(known)
			}
		}
	}
	return nil
}

// linked is a content whose commits have the accounts of who made them.
type linked struct {
	seam.Content

	forge *Forge
}

// Commits implements seam.Trees.
func (l linked) Commits(ctx context.Context, repo pull.Repo, base, head string) ([]pull.Commit, error) {
	commits, err := l.Content.Commits(ctx, repo, base, head)
	if err != nil || len(commits) == 0 {
		return commits, err
	}
	query := url.Values{"sha": {head}, "not": {base}, "stat": {"false"}}
	if err := l.forge.fillAccounts(ctx, commits, repoPath(repo, "commits"), query); err != nil {
		return nil, fmt.Errorf("the accounts of commits until %s in %s: %w", head, repo, err)
	}
	return commits, nil
}

// fillPolicy finds the first place at which there is a policy, or a link in its way.
func (f *Forge) fillPolicy(ctx context.Context, look *seam.Look) error {
	var paths []string
	for _, at := range policyPaths() {
		paths = append(paths, at, path.Dir(at))
	}
	found, err := f.cfg.Content.Entries(ctx, look.Request.Ref.Repo, look.DefaultTip, paths)
	for _, at := range policyPaths() {
		if above := found[path.Dir(at)]; look.PolicyPath == "" && (found[at].ID != "" || above.IsLink()) {
			look.PolicyPath, look.Policy, look.PolicyAbove = at, found[at], above
		}
	}
	return err
}

// Files implements seam.Source by git alone: it does not look at the API's list.
func (f *Forge) Files(ctx context.Context, look seam.Look) (seam.Change, error) {
	return f.cfg.Content.Files(ctx, look)
}

// Sides implements seam.Source: the files are whole already, so it reads the moment.
func (f *Forge) Sides(ctx context.Context, look seam.Look, c *seam.Change) error {
	p, _, err := f.readPull(ctx, look.Request.Ref)
	if err != nil {
		return fmt.Errorf("read %s again: %w", look.Request.Ref, err)
	}
	c.After = seam.Revision{Head: p.Head.SHA, BaseBranch: p.Base.Ref, BaseTip: p.Base.SHA, ChangedFiles: seam.Untold, Open: p.State == "open"}
	return nil
}

// HeadAt implements seam.Archive.
func (f *Forge) HeadAt(ctx context.Context, look seam.Look, commit string) (pull.Head, error) {
	return f.cfg.Content.HeadAt(ctx, look, commit)
}

// Blob implements seam.Archive.
func (f *Forge) Blob(ctx context.Context, repo pull.Repo, id string, most int) ([]byte, error) {
	return f.cfg.Content.Blob(ctx, repo, id, most)
}

// Entries implements seam.Archive.
func (f *Forge) Entries(ctx context.Context, repo pull.Repo, commit string, paths []string) (map[string]seam.Entry, error) {
	if commit != seam.DefaultTip {
		return f.cfg.Content.Entries(ctx, repo, commit, paths)
	}
	var r repoAnswer
	if err := f.get(ctx, repoPath(repo), nil, &r); err != nil {
		return nil, fmt.Errorf("read %s: %w", repo, err)
	}
	tip, err := f.Tip(ctx, repo, r.DefaultBranch)
	if err != nil || tip == "" {
		return map[string]seam.Entry{}, err
	}
	return f.cfg.Content.Entries(ctx, repo, tip, paths)
}
