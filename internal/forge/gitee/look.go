package gitee

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Look implements seam.Source: the pull request, who accepted it and its comments by the
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
	p, header, err := f.readPull(ctx, ref)
	if err != nil {
		return seam.Look{}, err
	}
	look := seam.Look{At: f.DateOf(header), ChangedFiles: seam.Untold, Request: f.requestOf(ref, p)}
	if p.IsMerged() {
		look.MergeCommit = string(p.MergeCommit)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return f.fillTips(ctx, &look) })
	var comments []pull.Comment
	group.Go(func() (err error) { comments, err = f.comments(ctx, ref); return err })
	if err := group.Wait(); err != nil {
		return seam.Look{}, err
	}
	look.Request.Comments = comments
	look.Blocks = f.blocks(ref.Repo, p)
	return look, nil
}

// requestOf reads a pull request: an accept is an approval, except our own, and whoever
// gave none is asked. Nothing tells how its base or its head moved.
func (f *Forge) requestOf(ref pull.Ref, p *rest.Pull) pull.Request {
	r := pull.Request{
		Ref: ref, Title: string(p.Title), URL: string(p.HTMLURL), Author: f.told(p.User.Person()), BaseBranch: string(p.Base.Ref),
		Head: string(p.Head.SHA), HeadBranch: p.HeadBranch(ref.Repo), Open: p.IsOpen(), Draft: bool(p.Draft), OpenedAt: p.CreatedAt.Time,
		UpdatedAt: p.UpdatedAt.Time, Merged: p.IsMerged(), Labels: []string{},
	}
	for _, l := range p.Labels {
		r.Labels = append(r.Labels, string(l.Name))
	}
	if p.Assignees != nil {
		for _, a := range *p.Assignees {
			r.Assignees = append(r.Assignees, string(a.Login))
		}
	}
	for _, m := range p.Asked() {
		switch {
		case m.Login == "" || f.isSelf(&m.User):
		case bool(m.Accept):
			review := m.Approval()
			review.Author = f.told(review.Author)
			r.Reviews = append(r.Reviews, review)
		default:
			r.Requested = append(r.Requested, string(m.Login))
		}
	}
	pull.SortReviews(r.Reviews)
	return r
}

// readPull reads a pull request.
func (f *Forge) readPull(ctx context.Context, ref pull.Ref) (*rest.Pull, http.Header, error) {
	var p rest.Pull
	header, err := f.Call(ctx, http.MethodGet, rest.PullPath(ref), nil, nil, &p)
	if err != nil {
		return nil, nil, err
	}
	return &p, header, p.Whole(ref.Number)
}

// fillTips reads where the base branch and the default branch stand: what a pull request
// says of its base is where it left it.
func (f *Forge) fillTips(ctx context.Context, look *seam.Look) error {
	r := &look.Request
	repo, err := f.readRepo(ctx, r.Ref.Repo)
	if err != nil {
		return fmt.Errorf("the repository: %w", err)
	}
	look.DefaultBranch = string(repo.DefaultBranch)
	if r.BaseTip, err = f.Tip(ctx, r.Ref.Repo, r.BaseBranch); err != nil {
		return err
	}
	if look.DefaultTip = r.BaseTip; look.DefaultBranch != r.BaseBranch {
		look.DefaultTip, err = f.Tip(ctx, r.Ref.Repo, look.DefaultBranch)
	}
	return err
}

// comments reads what was said, the answers within threads too, in order.
func (f *Forge) comments(ctx context.Context, ref pull.Ref) ([]pull.Comment, error) {
	listed, err := rest.List[rest.Comment](ctx, f.Client, rest.PullPath(ref, "comments"), nil)
	if err != nil {
		return nil, fmt.Errorf("comments: %w", err)
	}
	var out []pull.Comment
	for _, thread := range listed {
		for _, a := range append([]rest.Comment{thread}, thread.Replies...) {
			if a.Note() == 0 {
				return nil, forge.MissingField("a comment's number")
			}
			c := a.Read()
			c.Author = f.told(c.Author)
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b pull.Comment) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	out = slices.CompactFunc(out, func(a, b pull.Comment) bool { return a.ID == b.ID })
	return out, f.fillEdits(ctx, ref.Repo, out)
}

// maxEdits is of how many comments with commands one look asks whether they were edited
// where their times don't say so; the others, the oldest, count as edited.
const maxEdits = 10

// fillEdits asks of comments with commands who changed them, where the server tells: their
// times have seconds only.
func (f *Forge) fillEdits(ctx context.Context, repo pull.Repo, comments []pull.Comment) error {
	if !f.edits {
		return nil
	}
	asked := 0
	for i := len(comments) - 1; i >= 0; i-- {
		c := &comments[i]
		if c.Edited || f.isSelfPerson(c.Author) || !command.HasCommand(c.Body) {
			continue
		}
		if asked++; asked > maxEdits {
			c.Edited = true
			continue
		}
		edited, err := f.wasEdited(ctx, repo, c)
		if err != nil {
			return fmt.Errorf("who edited comment %d: %w", c.ID, err)
		}
		c.Edited = edited
	}
	return nil
}

// wasEdited reports whether a comment's history has more than its creation by its author.
func (f *Forge) wasEdited(ctx context.Context, repo pull.Repo, c *pull.Comment) (bool, error) {
	var rows rest.Many[struct {
		Created rest.Flag  `json:"created"`
		Deleted rest.Flag  `json:"deleted"`
		Content rest.Text  `json:"content"`
		User    *rest.User `json:"user"`
		By      *rest.User `json:"updated_user"`
	}]
	if err := f.Get(ctx, rest.RepoPath(repo, "pulls", "comment", c.ID, "modify_history"), nil, &rows); err != nil {
		return false, err
	}
	for _, r := range rows {
		others := r.By != nil && r.By.Login != "" && !pull.SameLogin(string(r.By.Login), c.Author.Login)
		if !bool(r.Created) || bool(r.Deleted) || others {
			return true, nil
		}
	}
	return len(rows) > 1, nil
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
	if err == nil && len(r.Commits) > 0 {
		err = f.fillAccountsOfPull(ctx, r)
	}
	if err != nil {
		return fmt.Errorf("the commits: %w", err)
	}
	return nil
}

// fillAccountsOfPull adds whose addresses the commits of a pull request name. Gitee lists
// the first 250 at once, and those of later ones are nobody's that is known.
func (f *Forge) fillAccountsOfPull(ctx context.Context, r *pull.Request) (err error) {
	var listed rest.Many[rest.Commit]
	if f.isGitCode() {
		listed, err = rest.List[rest.Commit](ctx, f.Client, rest.PullPath(r.Ref, "commits"), nil)
	} else {
		err = f.Get(ctx, rest.PullPath(r.Ref, "commits"), nil, &listed)
	}
	f.fillAccounts(r.Commits, listed)
	return err
}

// fillAccounts adds whose addresses some commits name, as far as others tell.
func (f *Forge) fillAccounts(commits []pull.Commit, listed []rest.Commit) {
	accounts := map[string]pull.Person{}
	for _, c := range listed {
		c.Tell(accounts)
	}
	for i := range commits {
		for k := range commits[i].Signed {
			if s := &commits[i].Signed[k]; s.Account == (pull.Person{}) {
				s.Account = f.told(accounts[strings.ToLower(s.Email)])
			}
		}
	}
}

// linked is a content whose commits have the accounts of who made them.
type linked struct {
	seam.Content

	forge *Forge
}

// Commits implements seam.Trees. The server tells the accounts of the first hundred.
func (l linked) Commits(ctx context.Context, repo pull.Repo, base, head string) ([]pull.Commit, error) {
	commits, err := l.Content.Commits(ctx, repo, base, head)
	if err != nil || len(commits) == 0 {
		return commits, err
	}
	var told struct {
		Commits rest.Many[rest.Commit] `json:"commits"`
	}
	if err := l.forge.Get(ctx, rest.RepoPath(repo, "compare", base+"..."+head), nil, &told); err != nil {
		return nil, fmt.Errorf("the accounts of commits until %s in %s: %w", head, repo, err)
	}
	l.forge.fillAccounts(commits, told.Commits)
	return commits, nil
}

// fillPolicy finds the first place at which there is a policy, or a link in its way.
func (f *Forge) fillPolicy(ctx context.Context, look *seam.Look) error {
	var paths []string
	for _, at := range f.policyPaths() {
		paths = append(paths, at, path.Dir(at))
	}
	found, err := f.cfg.Content.Entries(ctx, look.Request.Ref.Repo, look.DefaultTip, paths)
	for _, at := range f.policyPaths() {
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
	ref := look.Request.Ref
	p, _, err := f.readPull(ctx, ref)
	tip := ""
	if err == nil {
		tip, err = f.Tip(ctx, ref.Repo, string(p.Base.Ref))
	}
	if err != nil {
		return fmt.Errorf("read %s again: %w", ref, err)
	}
	c.After = seam.Revision{Head: string(p.Head.SHA), BaseBranch: string(p.Base.Ref), BaseTip: tip, ChangedFiles: seam.Untold,
		Open: p.IsOpen()}
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
	r, err := f.readRepo(ctx, repo)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", repo, err)
	}
	tip, err := f.Tip(ctx, repo, string(r.DefaultBranch))
	if err != nil || tip == "" {
		return map[string]seam.Entry{}, err
	}
	return f.cfg.Content.Entries(ctx, repo, tip, paths)
}

// Noted implements seam.Archive: nothing is noted when a commit comes.
func (f *Forge) Noted(context.Context, pull.Repo, string) ([]pull.Proof, error) { return nil, nil }
