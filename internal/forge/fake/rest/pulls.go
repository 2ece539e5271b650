package rest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// The caps of lists, which have no pages.
const (
	MaxFiles   = 300
	MaxCommits = 250
)

// State is open, closed or merged; under the lock.
func State(p *fake.PullRequest) string {
	switch {
	case p.IsMerged():
		return "merged"
	case p.IsOpen:
		return "open"
	}
	return "closed"
}

// MergeBase is what the changes of a pull request are against: not the tip of its base branch.
// Under the lock.
func MergeBase(p *fake.PullRequest) plumbing.Hash {
	id, ok, err := p.Repo().Objects.MergeBase(p.BaseID, p.HeadID)
	if err != nil || !ok {
		return plumbing.ZeroHash
	}
	return id
}

// PullList lists the pull requests that a call asks for: those in a state, open ones if it
// says none, by time of creation or of change, newest first unless it says otherwise.
func (c *Call) PullList() []*fake.PullRequest {
	since, _ := time.Parse(time.RFC3339, c.Text("since"))
	out := slices.DeleteFunc(c.Repo.ShownPulls(), func(p *fake.PullRequest) bool {
		state := c.Text("state")
		if state == "" {
			state = "open"
		}
		base, head := c.Text("base"), c.Text("head")
		return state != "all" && state != State(p) || base != "" && base != p.BaseBranch || head != "" && head != p.Branch() ||
			p.Updated.Before(since)
	})
	slices.SortStableFunc(out, func(a, b *fake.PullRequest) int {
		if c.Text("sort") == "updated" {
			return a.Updated.Compare(b.Updated)
		}
		return a.Created.Compare(b.Created)
	})
	if c.Text("direction") != "asc" {
		slices.Reverse(out)
	}
	return out
}

// OpenPull handles a call that opens a pull request from a branch of the repository itself.
func OpenPull(c *Call) error {
	_, branch, of := strings.Cut(c.Text("head"), ":")
	if !of {
		branch = c.Text("head")
	}
	made, err := c.Who.Open(c.Repo, fake.Opening{Head: branch, From: c.Repo, Base: c.Text("base"), Title: c.Text("title"),
		Body: c.Text("body"), Draft: c.Yes("draft")})
	c.Pull = made
	return err
}

// BranchList lists the branches of a call's repository.
func (c *Call) BranchList() []string { return slices.Sorted(maps.Keys(c.Repo.Branches)) }

// UpdatePull handles a call that changes a pull request.
func UpdatePull(c *Call) error {
	text := func(name string) *string {
		if !c.Has(name) {
			return nil
		}
		return new(c.Text(name))
	}
	c.Who.Edit(c.Pull, text("title"), text("body"))
	if c.Has("draft") {
		c.Who.SetDraft(c.Pull, c.Yes("draft"))
	}
	d := c.s.Desk(c.Pull)
	if c.Has("assignees_number") {
		d.Assignees = c.Number("assignees_number")
	}
	if c.Has("testers_number") {
		d.Testers = c.Number("testers_number")
	}
	if c.Has("base") {
		return c.Who.Retarget(c.Pull, c.Text("base"))
	}
	switch c.Text("state") {
	case "closed":
		c.Who.Close(c.Pull)
	case "open":
		return c.Who.Reopen(c.Pull)
	}
	return nil
}

// Changes lists what a call's pull request changes, as far as the forge lists it.
func (c *Call) Changes() []fake.FileDiff {
	files := c.Pull.Files()
	return files[:min(len(files), MaxFiles)]
}

// PatchJSON is what both forges tell of a changed file's patch.
func PatchJSON(f fake.FileDiff) Obj {
	out := Obj{"diff": f.Patch, "new_path": f.Path(), "old_path": f.Path(), "a_mode": "0", "b_mode": "0", "new_file": f.From == nil,
		"renamed_file": f.Status() == fake.Renamed, "deleted_file": f.To == nil, "too_large": false}
	if f.From != nil {
		out["old_path"], out["a_mode"] = f.From.Path, octal(f.From.Mode())
	}
	if f.To != nil {
		out["b_mode"] = octal(f.To.Mode())
	}
	return out
}

func octal(m filemode.FileMode) string { return strings.TrimLeft(fake.Octal(m), "0") }

// Members lists who may do something in a call's repository.
func (c *Call) Members() []*fake.Account {
	return slices.DeleteFunc(slices.Clone(c.s.Accounts), func(a *fake.Account) bool {
		return a.Kind == fake.Organization || c.Repo.Granted(a) == fake.None
	})
}

// Permission is an account's right in a repository, in the word that the forges have for it:
// admin, write, read or none. Under the lock.
func (s *Server) Permission(r *fake.Repo, a *fake.Account) string {
	if r.Granted(a) == fake.None {
		return "none"
	}
	switch lvl := s.Level(r, a); {
	case lvl >= fake.Admin:
		return "admin"
	case lvl >= fake.Write:
		return "write"
	}
	return "read"
}

// Account finds the account that a call's path names.
func (c *Call) Account() (*fake.Account, error) {
	a, err := c.s.FindAccount(c.R.PathValue("username"))
	if err != nil || a.Kind == fake.Organization {
		return nil, Refuse(http.StatusNotFound, "404 Not Found")
	}
	return a, nil
}

// OwnRepos lists the repositories in which the caller may do something.
func (c *Call) OwnRepos() []*fake.Repo {
	return slices.DeleteFunc(slices.Clone(c.s.Repos), func(r *fake.Repo) bool { return r.Granted(c.Who) == fake.None })
}

// SetReviewers handles a call that sets whom a repository has look at each new pull request.
func SetReviewers(c *Call) error {
	assignees, err := c.s.Askable(c.Repo, c.Names("assignees"))
	if err != nil {
		return err
	}
	testers, err := c.s.Askable(c.Repo, c.Names("testers"))
	if err != nil {
		return err
	}
	d := c.s.Defaults(c.Repo)
	d.Assignees, d.Testers = assignees, testers
	d.AssigneesNumber, d.TestersNumber = c.Number("assignees_number"), c.Number("testers_number")
	return nil
}
