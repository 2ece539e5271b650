package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// branchesText lists the branches of a repository.
const branchesText = `query Branches($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    defaultBranchRef { name }
    refs(refPrefix: "refs/heads/", first: 100, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } }
  }
}`

// Branches lists the branches of a repository, up to so many, and reports whether there
// are more. defaultBranch is empty where there is none, as in an empty repository.
func (f *Forge) Branches(ctx context.Context, repo pull.Repo, most int) (names []string, defaultBranch string, more bool, err error) {
	vars := map[string]any{"after": nil}
	for {
		var a struct {
			Repository *struct {
				Default *struct {
					Name string `json:"name"`
				} `json:"defaultBranchRef"`
				Refs *struct {
					Nodes []struct {
						Name string `json:"name"`
					} `json:"nodes"`
					Page struct {
						More bool   `json:"hasNextPage"`
						End  string `json:"endCursor"`
					} `json:"pageInfo"`
				} `json:"refs"`
			} `json:"repository"`
		}
		err := f.query(ctx, repo, branchesText, vars, &a)
		if err == nil && (a.Repository == nil || a.Repository.Refs == nil) {
			err = errIncomplete
		}
		if err != nil {
			return nil, "", false, fmt.Errorf("list the branches of %s: %w", repo, err)
		}
		if a.Repository.Default != nil {
			defaultBranch = a.Repository.Default.Name
		}
		refs := a.Repository.Refs
		for _, node := range refs.Nodes {
			if len(names) == most {
				return names, defaultBranch, true, nil
			}
			names = append(names, node.Name)
		}
		switch {
		case !refs.Page.More:
			return names, defaultBranch, false, nil
		case len(names) >= most:
			return names, defaultBranch, true, nil
		case refs.Page.End == "" || refs.Page.End == vars["after"]:
			return nil, "", false, fmt.Errorf("list the branches of %s: %w", repo, errSamePage)
		}
		vars["after"] = refs.Page.End
	}
}

// ownProtection is what a branch's own protection says to those who administrate.
type ownProtection struct {
	Reviews *struct {
		DismissStale bool `json:"dismiss_stale_reviews"`
	} `json:"required_pull_request_reviews"`
	BlockCreations struct {
		Enabled bool `json:"enabled"`
	} `json:"block_creations"`
}

// notProtected is what GitHub answers administrators for a branch that is not.
const notProtected = "Branch not protected"

// ExamineBranch reads what a branch asks for before anything is merged into it, by two
// calls, or three where it is protected. What can't be read is said in what it gives; an
// error is that the forge did not answer.
func (f *Forge) ExamineBranch(ctx context.Context, repo pull.Repo, branch string) (out doctor.Branch, err error) {
	rules, err := f.Rules(ctx, repo, branch)
	if err != nil {
		return out, err
	}
	out = doctor.Branch{Name: branch, Unread: rules.Unread, Queue: rules.Queue, Stale: rules.DismissesStale, StaleUnread: rules.Unread,
		NoCreation: rules.NoCreation}
	for _, c := range rules.Checks {
		out.Required = append(out.Required, doctor.Required{Name: c.Name, Source: c.Source, Ours: c.Ours})
	}
	if !rules.Protected {
		return out, nil
	}
	own, unread, err := f.ownProtection(ctx, repo, branch)
	if out.StaleUnread == "" {
		out.StaleUnread = unread
	}
	out.Stale = out.Stale || own.Reviews != nil && own.Reviews.DismissStale
	out.Blocks = own.BlockCreations.Enabled
	return out, err
}

// ownProtection reads what only those are told who administrate; unread says why it
// can't be read.
func (f *Forge) ownProtection(ctx context.Context, repo pull.Repo, branch string) (own ownProtection, unread string, err error) {
	cl, err := f.client(ctx, repo)
	if err != nil {
		return own, "", err
	}
	err = f.get(ctx, cl, fmt.Sprintf("repos/%s/%s/branches/%s/protection", repo.Owner, repo.Name, url.PathEscape(branch)), &own)
	failed, ok := errors.AsType[*github.ErrorResponse](err)
	switch {
	case ok && status(err) == http.StatusNotFound && failed.Message == notProtected: // by rulesets only
		return own, "", nil
	case unreadable(kind(err)):
		return own, err.Error(), nil
	case err != nil:
		return own, "", fmt.Errorf("read the protection of %s in %s: %w", branch, repo, kind(err))
	}
	return own, "", nil
}

// ExamineCreation reports whether rulesets keep everybody who may write from creating a
// branch of a name, which need not be there. unread says why that can't be told.
func (f *Forge) ExamineCreation(ctx context.Context, repo pull.Repo, branch string) (closed bool, unread string, err error) {
	cl, err := f.client(ctx, repo)
	if err != nil {
		return false, "", err
	}
	var rules BranchRules
	err = kind(f.readRulesets(ctx, cl, repo, branch, &rules))
	if unreadable(err) {
		return false, err.Error(), nil
	}
	return rules.NoCreation, "", err
}
