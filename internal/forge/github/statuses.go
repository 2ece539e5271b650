package github

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// maxStatusPages bounds how many pages of a commit's statuses are read: GitHub takes
// 1,000 of each name, so a longer list is one that somebody filled.
const maxStatusPages = 30

// Found implements seam.Finder: our checks on a commit, the newest of each name. A
// status is ours if we wrote it and it leads where ours lead, or if it has one of the
// names that are asked for: whoever wrote it, it counts as the gate's.
func (f *Forge) Found(ctx context.Context, repo pull.Repo, head string, names ...string) ([]seam.FoundCheck, error) {
	cl, err := f.client(ctx, repo)
	if err != nil {
		return nil, err
	}
	var out []seam.FoundCheck
	if f.App() {
		out, err = f.foundRuns(ctx, cl, repo, head)
	} else {
		out, err = f.foundStatuses(ctx, cl, repo, head, names)
	}
	if err != nil {
		return nil, fmt.Errorf("read the checks of %s in %s: %w", head, repo, kind(err))
	}
	return out, nil
}

func (f *Forge) foundStatuses(ctx context.Context, cl *client, repo pull.Repo, head string, names []string) ([]seam.FoundCheck, error) {
	self, err := f.whoami(ctx)
	if err != nil {
		return nil, err
	}
	newest, err := newestStatuses(ctx, cl, repo, head, func(*github.RepoStatus) bool { return false })
	if err != nil {
		return nil, err
	}
	var out []seam.FoundCheck
	for _, s := range newest {
		ours := self.is(s.GetCreator().GetLogin()) && f.leadsToUs(s.GetTargetURL())
		if !ours && !slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(s.GetContext(), name) }) {
			continue
		}
		c := seam.FoundCheck{Name: s.GetContext(), Outcome: policy.Outcome(s.GetState())}
		i := slices.IndexFunc(out, func(o seam.FoundCheck) bool { return strings.EqualFold(o.Name, c.Name) })
		switch {
		case i < 0:
			out = append(out, c)
		case c.Outcome == policy.Success: // counts where its author is the expected source
			out[i].Outcome = c.Outcome
		}
	}
	return out, nil
}

// newestStatuses reads the newest status of each name and author on a commit, until one
// is what is looked for. GitHub lists the newest first (docs.github.com, "List commit statuses
// for a reference"), and names compare without case.
func newestStatuses(ctx context.Context, cl *client, repo pull.Repo, head string,
	enough func(*github.RepoStatus) bool) ([]*github.RepoStatus, error) {
	var newest []*github.RepoStatus
	opts := &github.ListOptions{PerPage: pageSize}
	for range maxStatusPages {
		page, res, err := cl.rest.Repositories.ListStatuses(ctx, repo.Owner, repo.Name, head, opts)
		if err != nil {
			return nil, err
		}
		if page == nil {
			return nil, errIncomplete
		}
		for _, s := range page {
			if s.GetContext() == "" || s.GetState() == "" {
				return nil, forge.MissingField("a status's name or state")
			}
			if slices.ContainsFunc(newest, func(o *github.RepoStatus) bool { return sameSeries(o, s) }) {
				continue
			}
			if newest = append(newest, s); enough(s) {
				return newest, nil
			}
		}
		if opts.Page, err = following(opts.Page, res.NextPage); err != nil || opts.Page == 0 {
			return newest, err
		}
	}
	return nil, fmt.Errorf("the commit has more than %d statuses", maxStatusPages*pageSize)
}

// sameSeries reports whether two statuses are of one name and author. A branch that
// expects a source goes by the newest one of that, whatever others wrote since.
func sameSeries(a, b *github.RepoStatus) bool {
	return strings.EqualFold(a.GetContext(), b.GetContext()) && strings.EqualFold(a.GetCreator().GetLogin(), b.GetCreator().GetLogin())
}

// standsAlready reports whether the newest status of a name says already what is to be
// written, and we wrote it: each write uses up one of the 1,000 that GitHub takes.
// What can't be read does not stand.
func (f *Forge) standsAlready(ctx context.Context, cl *client, repo pull.Repo, c publish.Check) bool {
	self, err := f.whoami(ctx)
	if err != nil {
		return false
	}
	named := func(s *github.RepoStatus) bool { return strings.EqualFold(s.GetContext(), c.Name) }
	newest, err := newestStatuses(ctx, cl, repo, c.Head, named)
	i := slices.IndexFunc(newest, named)
	if err != nil || i < 0 {
		return false
	}
	s := newest[i]
	return self.is(s.GetCreator().GetLogin()) && s.GetContext() == c.Name && s.GetState() == string(c.Outcome) &&
		s.GetDescription() == c.Title && s.GetTargetURL() == cmp.Or(c.Page, f.cfg.PublicURL)
}

// leadsToUs reports whether an address is that of this gate, or of one of its pages.
func (f *Forge) leadsToUs(address string) bool {
	home := strings.TrimSuffix(f.cfg.PublicURL, "/")
	return home != "" && (address == f.cfg.PublicURL || strings.HasPrefix(address, home+"/"))
}

func (f *Forge) foundRuns(ctx context.Context, cl *client, repo pull.Repo, head string) ([]seam.FoundCheck, error) {
	runs, _, err := cl.rest.Checks.ListCheckRunsForRef(ctx, repo.Owner, repo.Name, head, &github.ListCheckRunsOptions{
		AppID: new(f.cfg.App.ID), Filter: new("latest"), ListOptions: github.ListOptions{PerPage: pageSize},
	})
	if err != nil {
		return nil, err
	}
	if runs == nil || runs.Total == nil || *runs.Total != len(runs.CheckRuns) {
		return nil, errIncomplete
	}
	newest := map[string]*github.CheckRun{}
	var names []string
	for _, run := range runs.CheckRuns {
		name := strings.ToLower(run.GetName())
		if newest[name] == nil {
			names = append(names, name)
		}
		if run.GetApp().GetID() == f.cfg.App.ID && run.GetID() > newest[name].GetID() {
			newest[name] = run
		}
	}
	var out []seam.FoundCheck
	for _, name := range names {
		if run := newest[name]; run != nil {
			out = append(out, seam.FoundCheck{Name: run.GetName(), Outcome: shown(run), ID: idText(run.GetID())})
		}
	}
	return out, nil
}
