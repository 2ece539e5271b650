package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/go-github/v60/github"
	"golang.org/x/sync/errgroup"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Files implements seam.Source by REST, all pages at once; only REST has the old
// path of a rename. Of more files than GitHub lists it gives the first ones.
func (f *Forge) Files(ctx context.Context, look seam.Look) (seam.Change, error) {
	ref := look.Request.Ref
	var c seam.Change
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		if c.MergeBase, err = f.mergeBase(ctx, look); err != nil {
			return fmt.Errorf("find the merge base of %s: %w", ref, err)
		}
		return nil
	})
	group.Go(func() (err error) {
		c.Capped = look.ChangedFiles >= maxFiles
		if c.Files, c.Incomplete, err = f.files(ctx, look); err != nil {
			return fmt.Errorf("list the files of %s: %w", ref, err)
		}
		c.Transient = c.Incomplete != ""
		return nil
	})
	err := group.Wait() // before c is read
	return c, err
}

// Sides implements seam.Source by one query, or several at once. Files that are whole
// already are not asked for; the moment always is.
func (f *Forge) Sides(ctx context.Context, look seam.Look, c *seam.Change) error {
	var contents []*pull.Content
	for i := range c.Files {
		if !c.Files[i].Whole() {
			contents = append(contents, &c.Files[i].Content)
		}
	}
	if len(contents) > fewContents || f.refuses(limited) {
		look.Candidates = nil
	}
	if err := f.fill(ctx, look, c, look.Request.Head, contents); err != nil {
		return fmt.Errorf("read both sides of %s: %w", look.Request.Ref, err)
	}
	return nil
}

// fewContents is how many files a query may ask for without danger of being
// refused for its size; only then it asks for people, too.
const fewContents = maxSides / 2

// mergeBase finds a merge base by commit ids: GitHub's lists may be those of an older
// base. Where there are several, it is any.
func (f *Forge) mergeBase(ctx context.Context, look seam.Look) (string, error) {
	if look.Request.BaseTip == "" {
		return "", errors.New("the base branch is gone; retarget the pull request")
	}
	if look.Request.OnTip() {
		return look.Request.BaseTip, nil
	}
	bases, err := f.MergeBases(ctx, look.Request.Ref.Repo, look.Request.BaseTip, look.Request.Head)
	switch {
	case err != nil:
		return "", err
	case len(bases) == 0:
		return "", errors.New("head and base branch have no history in common")
	}
	return bases[0], nil
}

func (f *Forge) compare(ctx context.Context, repo pull.Repo, base, head string) (*github.CommitsComparison, error) {
	return f.compareBy(ctx, repo, base, head, nil)
}

// compareBy compares, as opts say: by which page of commits.
func (f *Forge) compareBy(ctx context.Context, repo pull.Repo, base, head string, opts *github.ListOptions) (*github.CommitsComparison,
	error) {
	c, err := f.client(ctx, repo)
	if err != nil {
		return nil, err
	}
	cmp, _, err := c.rest.Repositories.CompareCommits(ctx, repo.Owner, repo.Name, base, head, opts)
	if err != nil {
		return nil, kind(err)
	}
	if cmp.GetStatus() == "" {
		return nil, errIncomplete
	}
	return cmp, nil
}

// files reads the whole list, or as much as GitHub lists, or says why it is
// less.
func (f *Forge) files(ctx context.Context, look seam.Look) ([]pull.File, string, error) {
	ref := look.Request.Ref
	c, err := f.client(ctx, ref.Repo)
	if err != nil {
		return nil, "", err
	}
	want := min(look.ChangedFiles, maxFiles)
	pages := make([][]*github.CommitFile, max(1, (want+pageSize-1)/pageSize))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range pages {
		group.Go(func() error {
			var err error
			pages[i], _, err = c.rest.PullRequests.ListFiles(ctx, ref.Repo.Owner, ref.Repo.Name, ref.Number,
				&github.ListOptions{Page: i + 1, PerPage: pageSize})
			return kind(err)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, "", err
	}
	var files []pull.File
	seen := map[string]bool{}
	for _, page := range pages {
		for _, cf := range page {
			if cf.GetFilename() == "" {
				return nil, "", forge.MissingField("a file's name")
			}
			files = append(files, file(cf))
			seen[cf.GetFilename()] = true
		}
	}
	if len(files) != want || len(seen) != len(files) {
		return files, fmt.Sprintf("GitHub counts %d changed files and lists %d different ones", look.ChangedFiles, len(seen)), nil
	}
	return files, "", nil
}

// file reads a listed file. GitHub lists the object id of the side that
// exists: the head's, or a removed file's old one.
func file(cf *github.CommitFile) pull.File {
	out := pull.File{
		Content: pull.Content{Path: cf.GetFilename(), OldPath: cf.GetPreviousFilename(), Status: pull.FileStatus(cf.GetStatus())},
		Patch:   cf.GetPatch(), Additions: cf.GetAdditions(), Deletions: cf.GetDeletions(),
	}
	switch out.Status {
	case pull.Removed:
		out.OldID = cf.GetSHA()
	case pull.Added, pull.Modified, pull.Renamed, pull.Copied, pull.Changed:
		out.ID = cf.GetSHA()
	}
	return out
}

type changeAnswer struct {
	Repository *changedAnswer
	peopleAnswer
}

type changedAnswer struct {
	PullRequest *momentAnswer              `json:"pullRequest"`
	Head        map[string]json.RawMessage `json:"head"`
	Base        map[string]json.RawMessage `json:"base"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *changeAnswer) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &a.byAlias); err != nil {
		return err
	}
	if raw := a.byAlias["repository"]; raw != nil {
		return json.Unmarshal(raw, &a.Repository)
	}
	return nil
}

// How many sides of files one query asks for, as it has a small budget
// (anuraghazra/github-readme-stats#4916). Of so few files a refused query is not halved
// any further, and their modes stay unknown.
const (
	maxSides   = 500
	minAliases = 10
)

// parts splits contents so that none has too many sides.
func parts(contents []*pull.Content) [][]*pull.Content {
	var out [][]*pull.Content
	sides := maxSides
	for _, c := range contents {
		n := 2
		if c.Status == pull.Added || c.Status == pull.Removed {
			n = 1
		}
		if sides += n; sides > maxSides {
			out, sides = append(out, nil), n
		}
		out[len(out)-1] = append(out[len(out)-1], c)
	}
	if len(out) == 0 {
		return [][]*pull.Content{nil}
	}
	return out
}

// fill reads modes and ids of contents at head and c.MergeBase, and the moment: by
// queries at once, as what stands at commits does not move.
func (f *Forge) fill(ctx context.Context, look seam.Look, c *seam.Change, head string, contents []*pull.Content) error {
	all := parts(contents)
	read := make([]*seam.Change, len(all))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, part := range all {
		read[i] = &seam.Change{MergeBase: c.MergeBase}
		group.Go(func() error { return f.fillPart(ctx, look, read[i], head, part) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	c.SameTree, c.After, c.People = read[0].SameTree, read[0].After, read[0].People
	for _, r := range read {
		if r.After != look.Revision() {
			c.After = r.After // whichever saw it move
		}
	}
	return nil
}

// fillPart fills in some contents. Where GitHub refuses a query for its size, it is
// halved.
func (f *Forge) fillPart(ctx context.Context, look seam.Look, c *seam.Change, head string, contents []*pull.Content) error {
	a, err := f.changeQuery(ctx, look, head, c.MergeBase, contents)
	if err == nil {
		readContents(a, contents)
		c.SameTree = sameTree(a)
		c.After = a.Repository.PullRequest.moment()
		c.People = a.available(look.Candidates)
		return nil
	}
	errs, refused := errors.AsType[queryErrors](err)
	if tooMuch(err) && len(look.Candidates) > 0 {
		// Asked once more without them: they decide nothing.
		look.Candidates = nil
		if refused && !errs.exhausted() {
			f.refuse([]string{limited})
		}
		return f.fillPart(ctx, look, c, head, contents)
	}
	if !tooMuch(err) || len(contents) == 0 {
		return err
	}
	if exhausted := refused && errs.exhausted(); len(contents) <= minAliases && !exhausted || len(contents) == 1 {
		return f.fillPart(ctx, look, c, head, nil)
	}
	middle := len(contents) / 2
	var after seam.Revision
	for _, half := range [][]*pull.Content{contents[:middle], contents[middle:]} {
		if err := f.fillPart(ctx, look, c, head, half); err != nil {
			return err
		}
		if after == (seam.Revision{}) || after == look.Revision() {
			after = c.After
		}
	}
	c.After = after
	return nil
}

func (f *Forge) changeQuery(ctx context.Context, look seam.Look, head, base string, contents []*pull.Content) (*changeAnswer, error) {
	vars := map[string]any{"number": look.Request.Ref.Number, "head": head, "base": base}
	var a changeAnswer
	text := withPeople(sides(contents, vars), look.Candidates, vars)
	if err := f.query(ctx, look.Request.Ref.Repo, document(text), vars, &a); err != nil {
		return nil, err
	}
	if a.Repository == nil || a.Repository.PullRequest == nil {
		return nil, forge.MissingField("the pull request") // one that is not there is an error of its own
	}
	return &a, a.Repository.PullRequest.whole()
}
