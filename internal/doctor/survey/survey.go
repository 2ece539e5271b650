// Package survey reads what package doctor judges of repositories: which policy each has,
// and what the branches that it gates require.
//
// It promises that it writes nothing, and that what can't be read of one repository or
// branch keeps nothing of the others back. What is read of a forge as a whole, and what is
// wrong with any of it, is left to others.
package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/sources"
)

// How much is read at the most.
const (
	MaxBranches = 300 // of a repository, to find the gated ones
	maxRepos    = 100 // unless they are named
)

// Forge is a forge whose repositories are looked at.
type Forge struct {
	Gate   *gate.Gate
	Seen   doctor.Forge // what was read of it as a whole
	Token  bool         // checks are written with a token, not by an App
	Reader Reader
}

// Reader reads a forge.
type Reader interface {
	Setup
	Repos
}

// Setup is what is set up in one repository.
type Setup interface {
	// Branches lists so many branches and reports whether there are more.
	Branches(ctx context.Context, repo pull.Repo, most int) (names []string, defaultBranch string, more bool, err error)
	// ExamineBranch returns what a branch requires.
	ExamineBranch(ctx context.Context, repo pull.Repo, branch string) (doctor.Branch, error)
	// ExamineCreation reports whether not everybody who may write can create a branch.
	ExamineCreation(ctx context.Context, repo pull.Repo, branch string) (closed bool, unread string, err error)
}

// Repos finds repositories and branches.
type Repos interface {
	// Repositories lists those that the forge gives us, and whether these are all.
	Repositories(ctx context.Context) (list []pull.Repo, whole bool, err error)
	// Tip returns the commit of a branch; empty if there is none.
	Tip(ctx context.Context, repo pull.Repo, branch string) (string, error)
}

// Findings looks at the repositories of the forge among those that are asked for or, if
// none is asked for, at those that the App is given.
func (f *Forge) Findings(ctx context.Context, asked []pull.Repo) []doctor.Finding {
	name := f.Seen.Name
	repos := slices.DeleteFunc(slices.Clone(asked), func(r pull.Repo) bool { return r.Forge != name })
	var findings []doctor.Finding
	note := func(what, why, do string) {
		findings = append(findings, doctor.Finding{Check: "repository", Severity: doctor.CannotTell, Forge: name, What: what, Why: why, Do: do})
	}
	if len(asked) == 0 {
		given, whole, err := f.Reader.Repositories(ctx)
		if err != nil {
			note("not all repositories can be looked at", "they could not be listed: "+err.Error(), "name them by --repo")
		}
		if !whole && err == nil {
			note("no repository was looked at", "a token does not tell which it is for", "name them by --repo OWNER/NAME")
		}
		if repos = given; len(given) > maxRepos {
			repos = given[:maxRepos]
			note(fmt.Sprintf("of %d repositories the first %d were looked at", len(given), maxRepos), "each takes calls of the rate limit",
				"name others by --repo")
		}
	}
	for _, repo := range repos {
		findings = append(findings, doctor.OfRepo(f.repo(ctx, repo, len(asked) > 0))...)
	}
	return findings
}

// repo reads one repository.
func (f *Forge) repo(ctx context.Context, repo pull.Repo, named bool) doctor.Repo {
	out := doctor.Repo{Forge: repo.Forge, Name: repo.Slug(), Named: named, Token: f.Token, Granted: f.granted(repo.Owner)}
	if err := f.read(ctx, repo, &out); err != nil {
		out.Unread = err.Error()
	}
	return out
}

// granted is what the account of a repository has accepted.
func (f *Forge) granted(owner string) doctor.Granted {
	for _, i := range f.Seen.Installations.List {
		if strings.EqualFold(i.Account, owner) {
			return doctor.Granted{Known: true, Permissions: i.Permissions, Events: i.Events}
		}
	}
	return doctor.Granted{}
}

func (f *Forge) read(ctx context.Context, repo pull.Repo, out *doctor.Repo) error {
	holding, err := f.Gate.Sources.Holding(ctx, repo)
	if err != nil {
		return err
	}
	out.Policy = policyOf(holding)
	if out.Policy.Source == doctor.NoPolicy || len(out.Policy.Faults) > 0 {
		return nil
	}
	if holding.OfOrg || holding.OfService { // the paths of its files are another's
		holding.File = ""
	}
	out.Staff = f.staff(ctx, repo, holding)
	names, defaultBranch, more, err := f.Reader.Branches(ctx, repo, MaxBranches)
	if err != nil {
		return err
	}
	out.More, out.Seen = more, len(names)
	if more {
		names, err = f.behind(ctx, repo, names, append(holding.Policy.Named(), defaultBranch))
	}
	if err != nil {
		return err
	}
	f.branches(ctx, repo, holding, names, defaultBranch, out)
	return nil
}

// behind adds to the first branches of a repository those of some names that are there.
func (f *Forge) behind(ctx context.Context, repo pull.Repo, first, names []string) ([]string, error) {
	for _, name := range names {
		if slices.Contains(first, name) {
			continue
		}
		tip, err := f.Reader.Tip(ctx, repo, name)
		if err != nil {
			return nil, err
		}
		if tip != "" {
			first = append(first, name)
		}
	}
	return first, nil
}

func policyOf(h sources.Holding) doctor.Policy {
	p := doctor.Policy{Source: doctor.OwnPolicy, File: h.File}
	switch {
	case h.OfOrg:
		p.Source = doctor.OrgPolicy
	case h.File == "":
		return doctor.Policy{Source: doctor.NoPolicy}
	case h.OfService:
		p.Source = doctor.DefaultPolicy
	}
	for _, fault := range h.Faults {
		p.Faults = append(p.Faults, fault.String())
	}
	if len(h.Faults) == 0 {
		p.Names = h.Policy.Names()
	}
	return p
}

// branches reads what the gated ones of some branches ask for. One that can't be read
// keeps nothing of the others back.
func (f *Forge) branches(ctx context.Context, repo pull.Repo, h sources.Holding, names []string, defaultBranch string, out *doctor.Repo) {
	var checks []string
	rules := map[string]policy.Rules{}
	for _, name := range names {
		if r, gated := f.Gate.Sources.Rules(h, name, defaultBranch); gated {
			rules[name] = r
			checks = append(checks, r.Check)
		}
	}
	for _, name := range names {
		r, gated := rules[name]
		if !gated {
			continue
		}
		b, err := f.Reader.ExamineBranch(ctx, repo, name)
		if err != nil {
			b = doctor.Branch{Name: name, Unread: err.Error(), StaleUnread: err.Error()}
		}
		b.Check, b.Added, b.Warn = r.Check, r.CheckAdded, r.Mode == policy.Warn
		b.Others, b.Written = checks, []string{h.Policy.Base.Check, policy.DefaultCheck}
		out.Branches = append(out.Branches, b)
	}
	for _, of := range h.Policy.Families(defaultBranch) {
		out.Families = append(out.Families, f.family(ctx, repo, of, out.Branches))
	}
}

// family finds out whether everybody may create a branch of a pattern: by a name that
// nobody has used, or else by those that there are.
func (f *Forge) family(ctx context.Context, repo pull.Repo, of policy.Family, branches []doctor.Branch) doctor.Family {
	out := doctor.Family{Pattern: of.Match, Check: of.Check}
	members := slices.DeleteFunc(slices.Clone(branches), func(b doctor.Branch) bool { return b.Check != of.Check || !of.Has(b.Name) })
	name := of.Example()
	if name == "" {
		return byMembers(out, members, "no other branch of the pattern is there to ask for")
	}
	closed, unread, err := f.Reader.ExamineCreation(ctx, repo, name)
	if err != nil {
		unread = err.Error()
	}
	if unread != "" {
		return byMembers(out, members, unread)
	}
	out.Closed = closed
	for _, b := range members { // what protects those by a pattern of its own is not told of others
		switch {
		case closed || out.Unread != "":
		case b.Blocks:
			out.Unread = "the protection of " + b.Name + " blocks it, and whether that is of the whole pattern is not told"
		case b.StaleUnread != "":
			out.Unread = b.StaleUnread
		}
	}
	return out
}

// byMembers goes by the branches of a pattern that there are: one that everybody may
// create is enough to know.
func byMembers(out doctor.Family, members []doctor.Branch, unread string) doctor.Family {
	open := func(b doctor.Branch) bool { return !b.NoCreation && !b.Blocks && b.StaleUnread == "" }
	if !slices.ContainsFunc(members, open) {
		out.Unread = unread
	}
	return out
}
