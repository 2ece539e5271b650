package gitee

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
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
	var out []pull.Comment
	numbered := true
	err := rest.Each(ctx, f.Client, rest.PullPath(ref, "comments"), nil, func(thread *rest.Comment) {
		for _, a := range append([]rest.Comment{*thread}, thread.Replies...) {
			c := a.Read()
			if numbered = numbered && c.ID > 0; !command.HasCommand(c.Body) {
				c.Body = "" // of what anybody may write there is no end
			}
			c.Author = f.told(c.Author)
			out = append(out, c)
		}
	})
	if err == nil {
		err = forge.RequireField(numbered, "a comment's number")
	}
	if err != nil {
		return nil, fmt.Errorf("comments: %w", err)
	}
	slices.SortStableFunc(out, func(a, b pull.Comment) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	out = slices.CompactFunc(out, func(a, b pull.Comment) bool { return a.ID == b.ID })
	return out, f.fillEdits(ctx, ref.Repo, out)
}

const (
	// maxEdits is of how many comments with commands one look asks whether they were edited
	// where their times don't say so. The others, the newest, count as edited until a later look.
	maxEdits = 20
	// maxEditsOfOne is of how many of one author, so that nobody takes another's turn.
	maxEditsOfOne = 4
	// maxOriginal is of how many comments it is kept that they say what their authors wrote.
	maxOriginal = 10_000
)

// original is a comment that says what its author wrote.
type original struct {
	repo pull.Repo
	id   int64
	body string
}

// fillEdits asks of comments with commands who changed them, where the server tells: their
// times have seconds only. What said the same when it was asked is not asked again.
func (f *Forge) fillEdits(ctx context.Context, repo pull.Repo, comments []pull.Comment) error {
	if !f.edits {
		return nil
	}
	asked, of := 0, map[string]int{}
	for i := range comments {
		c := &comments[i]
		this := original{repo, c.ID, command.Condense(c.Body)}
		if _, known := f.original.Get(this); known || c.Edited || f.isSelfPerson(c.Author) || c.Body == "" {
			continue
		}
		author := strings.ToLower(c.Author.Login)
		if asked == maxEdits || of[author] == maxEditsOfOne {
			c.Edited = true
			continue
		}
		asked, of[author] = asked+1, of[author]+1
		edited, err := f.wasEdited(ctx, repo, c)
		if err != nil {
			return fmt.Errorf("who edited comment %d: %w", c.ID, err)
		}
		if c.Edited = edited; !edited {
			f.original.Keep(this, struct{}{})
		}
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

// Gitee lists so many commits of a pull request at once, and both so many of a comparison.
const (
	listedOfPull    = 250
	listedOfCompare = 100
)

// fillAccountsOfPull adds whose addresses the commits of a pull request name. Those of commits
// that Gitee does not list are nobody's that is known.
func (f *Forge) fillAccountsOfPull(ctx context.Context, r *pull.Request) (err error) {
	var listed rest.Many[rest.Commit]
	most := listedOfPull
	if f.isGitCode() {
		most = math.MaxInt
		listed, err = rest.List[rest.Commit](ctx, f.Client, rest.PullPath(r.Ref, "commits"), nil)
	} else {
		err = f.Get(ctx, rest.PullPath(r.Ref, "commits"), nil, &listed)
	}
	if err != nil {
		return err
	}
	return f.fillAccounts(r.Commits, r.Head, listed, most)
}

// fillAccounts adds whose addresses the commits until a head name, as far as a list tells of so
// many at the most. One that lacks the head is of another moment, or no list: whoever wrote what
// is new would be nobody.
func (f *Forge) fillAccounts(commits []pull.Commit, head string, listed []rest.Commit, most int) error {
	has := slices.ContainsFunc(listed, func(c rest.Commit) bool { return strings.EqualFold(string(c.SHA), head) })
	if !has && len(listed) < most {
		return forge.MissingField("the commit " + head)
	}
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
	return nil
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
	if err := l.forge.fillAccounts(commits, head, told.Commits, listedOfCompare); err != nil {
		return nil, fmt.Errorf("the accounts of commits until %s in %s: %w", head, repo, err)
	}
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
