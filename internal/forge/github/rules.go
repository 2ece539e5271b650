package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// BranchRules are what a branch asks for before anything is merged into it, by its
// protection and by rulesets.
type BranchRules struct {
	Checks []seam.RequiredCheck
	// DismissesStale reports that a push dismisses approvals, which ends those of files
	// that it does not touch, too.
	DismissesStale bool
	Queue          bool // it has a merge queue
	Protected      bool // GitHub calls it protected
	NoCreation     bool // branches of its name can't be created by everybody
	// Unread says what could not be read, in GitHub's words; empty where all was. What
	// is said above may be less than all then.
	Unread string
}

// protectionAnswer is a branch as everybody sees it who may read the repository's
// contents.
type protectionAnswer struct {
	Name       string `json:"name"`
	Protected  bool   `json:"protected"`
	Protection struct {
		Enabled bool `json:"enabled"`
		Checks  *struct {
			Level    string   `json:"enforcement_level"`
			Contexts []string `json:"contexts"`
			Checks   []struct {
				Context string `json:"context"`
				App     *int64 `json:"app_id"`
			} `json:"checks"`
		} `json:"required_status_checks"`
	} `json:"protection"`
}

// ruleAnswer is a rule of a ruleset. The library breaks at types that it does not
// know.
type ruleAnswer struct {
	Type       string `json:"type"`
	Parameters struct {
		DismissStale bool `json:"dismiss_stale_reviews_on_push"`
		Checks       []struct {
			Context string `json:"context"`
			App     int64  `json:"integration_id"`
		} `json:"required_status_checks"`
	} `json:"parameters"`
}

// Rules reads what a branch asks for. That GitHub does not tell all of it is no error.
func (f *Forge) Rules(ctx context.Context, repo pull.Repo, branch string) (BranchRules, error) {
	cl, err := f.client(ctx, repo)
	if err != nil {
		return BranchRules{}, err
	}
	var out BranchRules
	var unread []string
	for _, read := range []func(context.Context, *client, pull.Repo, string, *BranchRules) error{f.readProtection, f.readRulesets} {
		err := read(ctx, cl, repo, branch, &out)
		switch {
		case errors.Is(kind(err), forge.ErrForbidden), errors.Is(kind(err), forge.ErrNotFound):
			unread = append(unread, err.Error())
		case err != nil:
			return out, fmt.Errorf("read the rules of %s in %s: %w", branch, repo, kind(err))
		}
	}
	out.Unread = strings.Join(unread, "; ")
	return out, nil
}

func (f *Forge) readProtection(ctx context.Context, cl *client, repo pull.Repo, branch string, out *BranchRules) error {
	var a protectionAnswer
	if err := f.get(ctx, cl, fmt.Sprintf("repos/%s/%s/branches/%s", repo.Owner, repo.Name, url.PathEscape(branch)), &a); err != nil {
		return err
	}
	if a.Name == "" {
		return errIncomplete
	}
	out.Protected = a.Protected || a.Protection.Enabled
	checks := a.Protection.Checks
	if !a.Protection.Enabled || checks == nil || checks.Level == "off" {
		return nil
	}
	for _, c := range checks.Checks {
		required := seam.RequiredCheck{Name: c.Context}
		if c.App != nil && *c.App > 0 {
			required.Source = *c.App
		}
		out.require(f, required)
	}
	for _, name := range checks.Contexts { // all of them, from whomever
		if !slices.ContainsFunc(out.Checks, func(c seam.RequiredCheck) bool { return strings.EqualFold(c.Name, name) }) {
			out.require(f, seam.RequiredCheck{Name: name})
		}
	}
	return nil
}

func (f *Forge) readRulesets(ctx context.Context, cl *client, repo pull.Repo, branch string, out *BranchRules) error {
	rules, err := listAll(func(opts *github.ListOptions) ([]ruleAnswer, *github.Response, error) {
		req, err := cl.rest.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s/rules/branches/%s?per_page=%d&page=%d",
			repo.Owner, repo.Name, url.PathEscape(branch), opts.PerPage, max(opts.Page, 1)), nil)
		if err != nil {
			return nil, nil, err
		}
		var page []ruleAnswer
		res, err := cl.rest.Do(ctx, req, &page)
		return page, res, err
	})
	if err != nil {
		return err
	}
	for _, r := range rules {
		switch r.Type {
		case "":
			return forge.MissingField("a rule's type")
		case "required_status_checks":
			for _, c := range r.Parameters.Checks {
				out.require(f, seam.RequiredCheck{Name: c.Context, Source: max(c.App, 0)})
			}
		case "pull_request":
			out.DismissesStale = out.DismissesStale || r.Parameters.DismissStale
		case "merge_queue":
			out.Queue = true
		case "creation":
			out.NoCreation = true
		}
	}
	return nil
}

func (r *BranchRules) require(f *Forge, c seam.RequiredCheck) {
	c.Ours = c.Source != 0 && f.cfg.App != nil && c.Source == f.cfg.App.ID
	r.Checks = append(r.Checks, c)
}

// get reads an answer that the library has no shape for.
func (f *Forge) get(ctx context.Context, cl *client, path string, into any) error {
	req, err := cl.rest.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	_, err = cl.rest.Do(ctx, req, into)
	return err
}

// Required implements seam.Protection.
func (f *Forge) Required(ctx context.Context, repo pull.Repo, branch string) (seam.Requirement, error) {
	rules, err := f.Rules(ctx, repo, branch)
	return seam.Requirement{Checks: rules.Checks, Known: rules.Unread == ""}, err
}
