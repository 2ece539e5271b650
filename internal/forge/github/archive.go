package github

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Entries implements seam.Archive. Where GitHub refuses a query for its size, it is
// halved.
func (f *Forge) Entries(ctx context.Context, repo pull.Repo, commit string, paths []string) (map[string]seam.Entry, error) {
	f.watch(repo, paths)
	out, err := f.entries(ctx, repo, commit, paths)
	if err != nil {
		return nil, fmt.Errorf("look up files of %s at %s: %w", repo, commit, err)
	}
	return out, nil
}

func (f *Forge) entries(ctx context.Context, repo pull.Repo, commit string, paths []string) (map[string]seam.Entry, error) {
	vars := map[string]any{}
	object := entriesText
	if commit == seam.DefaultTip {
		object = strings.NewReplacer("$commit: GitObjectID!", "", "oid: $commit", `expression: "HEAD"`).Replace(object)
	} else {
		vars["commit"] = commit
	}
	text := document(withPaths(object, paths, vars, "#paths", "{ oid mode }"))
	var a struct {
		Repository struct {
			Object json.RawMessage `json:"object"`
		} `json:"repository"`
	}
	err := f.query(ctx, repo, text, vars, &a)
	if tooMuch(err) && len(paths) > 1 && commit != seam.DefaultTip { // a tip may move in between
		return halves(paths, func(half []string) (map[string]seam.Entry, error) { return f.entries(ctx, repo, commit, half) })
	}
	if err != nil {
		return nil, err
	}
	found, err := decodeObject(a.Repository.Object)
	if err != nil {
		return nil, err
	}
	out := make(map[string]seam.Entry, len(paths))
	for i, path := range paths {
		e, err := decodeEntry(found["f"+strconv.Itoa(i)])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out[path] = e.entry()
	}
	return out, nil
}

// decodeObject reads a commit that was looked up; null is one that is not there.
func decodeObject(raw json.RawMessage) (map[string]json.RawMessage, error) {
	if len(raw) == 0 {
		return nil, forge.MissingField("the commit")
	}
	var found map[string]json.RawMessage
	if err := json.Unmarshal(raw, &found); err != nil {
		return nil, err
	}
	if found == nil {
		return nil, forge.ErrNotFound
	}
	return found, forge.RequireField(len(found["oid"]) > 0, "the commit's id")
}

// HeadAt implements seam.Archive. Compare lists at most 300 files, and none of a diff
// that is too large, so such a head is not Complete, nor is one whose modes could not
// be read. A commit that is gone gives a head without files that is not Complete.
func (f *Forge) HeadAt(ctx context.Context, look seam.Look, commit string) (pull.Head, error) {
	h := pull.Head{ID: commit, BaseBranch: look.Request.BaseBranch}
	cmp, err := f.compare(ctx, look.Request.Ref.Repo, look.Request.BaseTip, commit)
	if errors.Is(err, forge.ErrNotFound) {
		return h, nil
	}
	if tooLarge(err) {
		bases, err := f.MergeBases(ctx, look.Request.Ref.Repo, look.Request.BaseTip, commit)
		if err == nil && len(bases) == 1 {
			h.MergeBase = bases[0]
		}
		return h, err
	}
	if err != nil {
		return h, fmt.Errorf("read what %s changed in %s: %w", commit, look.Request.Ref, err)
	}
	h.MergeBase = cmp.GetMergeBaseCommit().GetSHA()
	h.Complete = len(cmp.Files) < maxCompare && h.MergeBase != ""
	contents := make([]*pull.Content, len(cmp.Files))
	for i, cf := range cmp.Files {
		c := file(cf).Content
		contents[i] = &c
	}
	if !h.Complete {
		return h, nil
	}
	change := seam.Change{MergeBase: h.MergeBase}
	if err := f.fill(ctx, look, &change, commit, contents); err != nil {
		return h, fmt.Errorf("read both sides of %s in %s: %w", commit, look.Request.Ref, err)
	}
	for _, c := range contents {
		h.Files = append(h.Files, *c)
		h.Complete = h.Complete && c.Whole()
	}
	return h, nil
}

// Blob implements seam.Archive.
func (f *Forge) Blob(ctx context.Context, repo pull.Repo, id string, most int) ([]byte, error) {
	c, err := f.client(ctx, repo)
	if err != nil {
		return nil, err
	}
	data, res, err := c.blob(ctx, repo, id, most)
	if err == nil && strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if data, err = unwrapBlob(data, id); err == nil && len(data) > most {
			err = pull.ErrTooLarge
		}
	}
	if err == nil && pull.ObjectID("blob", data, len(id)) != id {
		err = errors.New("GitHub gave something else, by git's own id")
	}
	if err != nil {
		return nil, fmt.Errorf("read blob %s of %s: %w", id, repo, kind(err))
	}
	return data, nil
}

// blob is go-github's GetBlobRaw with a bound.
func (c *client) blob(ctx context.Context, repo pull.Repo, id string, most int) ([]byte, *github.Response, error) {
	req, err := c.rest.NewRequest(http.MethodGet, fmt.Sprintf("repos/%v/%v/git/blobs/%v", repo.Owner, repo.Name, id), nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", "application/vnd.github.v3.raw")
	text := bounded{most: most/2*3 + 1024} // the JSON form is longer by a third
	res, err := c.rest.Do(ctx, req, &text)
	if err == nil && text.buf.Len() > most && !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		err = pull.ErrTooLarge
	}
	return text.buf.Bytes(), res, err
}

// bounded takes so many bytes at most.
type bounded struct {
	buf  bytes.Buffer
	most int
}

// Write implements io.Writer; what is too much is pull.ErrTooLarge.
func (b *bounded) Write(p []byte) (int, error) {
	if b.buf.Len()+len(p) > b.most {
		return 0, pull.ErrTooLarge
	}
	return b.buf.Write(p)
}

// unwrapBlob reads the JSON form of a blob, from a server that does not know
// the raw one.
func unwrapBlob(data []byte, id string) ([]byte, error) {
	var b github.Blob
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, err
	}
	if b.GetEncoding() != "base64" || b.GetSHA() != id {
		return nil, fmt.Errorf("the server answered with blob %q in encoding %q", b.GetSHA(), b.GetEncoding())
	}
	return base64.StdEncoding.DecodeString(strings.ReplaceAll(b.GetContent(), "\n", ""))
}

// Team implements seam.Source. GitHub's list holds the members of child teams
// too ("List team members").
func (f *Forge) Team(ctx context.Context, repo pull.Repo, team string) (policy.Team, error) {
	org, slug, _ := strings.Cut(team, "/")
	c, err := f.orgClient(ctx, repo, org)
	if errors.Is(err, forge.ErrGone) && !strings.EqualFold(org, repo.Owner) {
		return policy.Team{Unread: fmt.Sprintf("the app is not installed in %s, whose team @%s is", org, team)}, nil
	}
	if err != nil {
		return policy.Team{}, err
	}
	users, err := listAll(func(opts *github.ListOptions) ([]*github.User, *github.Response, error) {
		return c.rest.Teams.ListTeamMembersBySlug(ctx, org, slug, &github.TeamListTeamMembersOptions{ListOptions: *opts})
	})
	switch code := status(err); {
	case code == http.StatusNotFound || code == http.StatusForbidden:
		return policy.Team{Unread: fmt.Sprintf("GitHub answers %d for @%s: there is no such team, or this credential may not read members",
			code, team)}, nil
	case err != nil:
		return policy.Team{}, fmt.Errorf("read team %s: %w", team, err)
	}
	var t policy.Team
	for _, u := range users {
		if u.GetLogin() == "" {
			return policy.Team{}, fmt.Errorf("read team %s: %w", team, forge.MissingField("a member's login"))
		}
		t.Members = append(t.Members, restPerson(u.GetLogin(), u.GetID(), u.GetType()))
	}
	return t, nil
}

// MayPush implements seam.Rights. It needs the permission to read metadata, which every
// app has.
func (f *Forge) MayPush(ctx context.Context, repo pull.Repo, login string) (bool, error) {
	c, err := f.client(ctx, repo)
	if err != nil {
		return false, err
	}
	level, _, err := c.rest.Repositories.GetPermissionLevel(ctx, repo.Owner, repo.Name, login)
	if err != nil {
		return false, fmt.Errorf("read the permission of %s in %s: %w", login, repo, kind(err))
	}
	switch level.GetPermission() {
	case "read", "none":
		return false, nil
	}
	return true, nil // an empty or new word is none that takes a right away
}

// Public implements seam.Visibility. A repository that only members of an enterprise may read
// is private, too.
func (f *Forge) Public(ctx context.Context, repo pull.Repo) (bool, error) {
	c, err := f.client(ctx, repo)
	if err != nil {
		return false, err
	}
	found, _, err := c.rest.Repositories.Get(ctx, repo.Owner, repo.Name)
	if err != nil {
		return false, fmt.Errorf("read who may read %s: %w", repo, kind(err))
	}
	if found.Private == nil {
		return false, forge.MissingField("whether the repository is private")
	}
	return !found.GetPrivate() && (found.Visibility == nil || found.GetVisibility() == "public"), nil
}

// orgClient returns the client for an organisation's teams: a repository's own,
// or, for another organisation, that of the app's installation there.
func (f *Forge) orgClient(ctx context.Context, repo pull.Repo, org string) (*client, error) {
	if f.cfg.App == nil || strings.EqualFold(org, repo.Owner) {
		return f.client(ctx, repo)
	}
	f.mu.Lock()
	id := f.installs[strings.ToLower(org)]
	f.mu.Unlock()
	if id == 0 {
		found, err := f.installation(ctx, org, "")
		if err != nil {
			return nil, fmt.Errorf("find the app's installation in %s: %w", org, err)
		}
		id = found
	}
	return f.clientOf(id), nil
}

// Tip implements seam.Lister.
func (f *Forge) Tip(ctx context.Context, repo pull.Repo, branch string) (string, error) {
	c, err := f.client(ctx, repo)
	if err != nil {
		return "", err
	}
	ref, _, err := c.rest.Git.GetRef(ctx, repo.Owner, repo.Name, "heads/"+branch)
	if status(err) == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the tip of %s in %s: %w", branch, repo, kind(err))
	}
	if ref.GetObject().GetSHA() == "" {
		return "", fmt.Errorf("read the tip of %s in %s: %w", branch, repo, errIncomplete)
	}
	return ref.GetObject().GetSHA(), nil
}

// RequestsAt lists the open pull requests whose head is a commit, by the list of all
// open ones: what GitHub lists of a commit lacks those of a commit that is only in a
// fork (TooTallNate/nx.js#410).
func (f *Forge) RequestsAt(ctx context.Context, repo pull.Repo, head string) ([]history.PullState, error) {
	open, err := f.OpenRequests(ctx, repo)
	if err != nil {
		return nil, err
	}
	var out []history.PullState
	for _, l := range open {
		if l.Head == head {
			out = append(out, history.PullState{Ref: pull.Ref{Repo: repo, Number: l.Number}, Head: head, BaseBranch: l.BaseBranch, Open: true})
		}
	}
	slices.SortFunc(out, func(a, b history.PullState) int { return cmp.Compare(a.Ref.Number, b.Ref.Number) })
	return out, nil
}

// HeadOf reads head and base branch of a pull request that was not merged by REST, for where GraphQL
// does not answer; empty for one that was.
func (f *Forge) HeadOf(ctx context.Context, ref pull.Ref) (head, base string, err error) {
	c, err := f.client(ctx, ref.Repo)
	if err != nil {
		return "", "", err
	}
	pr, _, err := c.rest.PullRequests.Get(ctx, ref.Repo.Owner, ref.Repo.Name, ref.Number)
	if err == nil && (pr.GetHead().GetSHA() == "" || pr.Merged == nil) {
		err = errIncomplete
	}
	if err != nil {
		return "", "", fmt.Errorf("read the head of %s: %w", ref, kind(err))
	}
	if pr.GetMerged() {
		return "", "", nil
	}
	return pr.GetHead().GetSHA(), pr.GetBase().GetRef(), nil
}

// ClosedAt lists the pull requests with a commit for their head that are closed, among
// the hundred that changed last.
func (f *Forge) ClosedAt(ctx context.Context, repo pull.Repo, head string) ([]pull.Ref, error) {
	c, err := f.client(ctx, repo)
	if err != nil {
		return nil, err
	}
	prs, _, err := c.rest.PullRequests.List(ctx, repo.Owner, repo.Name, &github.PullRequestListOptions{
		State: "closed", Sort: "updated", Direction: "desc", ListOptions: github.ListOptions{PerPage: pageSize},
	})
	if err == nil && prs == nil {
		err = errIncomplete
	}
	if err != nil {
		return nil, fmt.Errorf("list the closed pull requests of %s: %w", repo, kind(err))
	}
	var refs []pull.Ref
	for _, pr := range prs {
		if pr.GetNumber() == 0 || pr.GetHead().GetSHA() == "" {
			return nil, fmt.Errorf("list the closed pull requests of %s: %w", repo, forge.MissingField("one's number or head"))
		}
		if pr.GetHead().GetSHA() == head {
			refs = append(refs, pull.Ref{Repo: repo, Number: pr.GetNumber()})
		}
	}
	return refs, nil
}

// Repositories lists what the App was given; none for a token, which says
// nothing of the kind. An installation that can't be read keeps nothing of the
// others back: beside an error there may be repositories.
func (f *Forge) Repositories(ctx context.Context) (list []pull.Repo, whole bool, err error) {
	if f.cfg.App == nil {
		return nil, false, nil
	}
	installs, err := listAll(func(opts *github.ListOptions) ([]*github.Installation, *github.Response, error) {
		return f.asApp().Apps.ListInstallations(ctx, opts)
	})
	if err != nil {
		return nil, false, fmt.Errorf("list the app's installations: %w", err)
	}
	var failed []error
	for _, i := range installs {
		if i.GetID() == 0 {
			failed = append(failed, fmt.Errorf("list the app's installations: %w", forge.MissingField("one's id")))
			continue
		}
		if i.SuspendedAt != nil {
			continue
		}
		f.learn(i.GetAccount().GetLogin(), i.GetID())
		given, err := f.given(ctx, i.GetID())
		if err != nil && !errors.Is(err, forge.ErrGone) { // gone meanwhile
			failed = append(failed, fmt.Errorf("list the repositories of %s: %w", i.GetAccount().GetLogin(), err))
		}
		list = append(list, given...)
	}
	return list, true, errors.Join(failed...)
}

// given lists what an installation was given.
func (f *Forge) given(ctx context.Context, installation int64) ([]pull.Repo, error) {
	total := 0
	list, err := listAll(func(opts *github.ListOptions) ([]*github.Repository, *github.Response, error) {
		page, res, err := f.clientOf(installation).rest.Apps.ListRepos(ctx, opts)
		if err != nil || page == nil || page.TotalCount == nil {
			return nil, res, err
		}
		total = page.GetTotalCount()
		return append([]*github.Repository{}, page.Repositories...), res, nil
	})
	if err == nil && len(list) != total {
		err = fmt.Errorf("GitHub lists %d of %d", len(list), total)
	}
	var repos []pull.Repo
	for _, r := range list {
		if r.GetOwner().GetLogin() == "" || r.GetName() == "" {
			return repos, forge.MissingField("a repository's name")
		}
		repos = append(repos, pull.Repo{Forge: f.cfg.Name, Owner: r.GetOwner().GetLogin(), Name: r.GetName()})
	}
	return repos, err
}

var errSamePage = errors.New("GitHub lists the same page again and again")

// following returns the page to read after one, 0 if that was the last; errSamePage
// unless it is a later one.
func following(page, next int) (int, error) {
	if next > 0 && next <= page {
		return 0, errSamePage
	}
	return next, nil
}

// listAll reads page after page.
func listAll[T any](page func(*github.ListOptions) ([]T, *github.Response, error)) ([]T, error) {
	opts := &github.ListOptions{PerPage: pageSize}
	var all []T
	for {
		items, res, err := page(opts)
		if err != nil {
			return nil, kind(err)
		}
		if items == nil { // an empty list is not null
			return nil, errIncomplete
		}
		all = append(all, items...)
		if opts.Page, err = following(opts.Page, res.NextPage); err != nil {
			return nil, err
		}
		if opts.Page == 0 {
			return all, nil
		}
	}
}
