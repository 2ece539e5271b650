package sources

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// maxMaps bounds the compiled maps that are kept.
const maxMaps = 64

// Map is a compiled map of ownership, or what is wrong with its sources.
type Map struct {
	Owners   *ownership.Map
	Warnings []ownership.Warning
	Faults   strictyaml.Faults
	Files    []KeptSource
	// elsewhere tells that a source was not read that a proposal may not have read.
	Elsewhere bool
	unsure    bool // another reading of the same files may bring something else
}

// Fault is a fault of no one place.
func Fault(text string) strictyaml.Fault { return strictyaml.Fault{Text: text} }

// noPolicy is the source where a repository and its organisation have none, so that
// the service's own holds, if it has one.
const noPolicy = "default"

// Policy is a policy and where it was found.
type Policy struct {
	File   File
	source string // tells this one from any other
	// fault says why there is no file to read; empty if there is one, or nothing.
	fault string
	// elsewhere tells that it is of another repository, unread that it is not shown.
	elsewhere, unread bool
	defaults          policyfile.Defaults
}

// None reports whether there is no policy anywhere.
func (f *Policy) None() bool {
	return f.fault == "" && f.source == noPolicy && len(f.File.Data) == 0
}

// Parse reads the policy. The error is strictyaml.Faults.
func (f *Policy) Parse() (policy.Policy, error) {
	if f.fault != "" {
		return policy.Policy{}, strictyaml.Faults{{File: f.File.Path, Text: f.fault}}
	}
	return f.defaults.Parse(f.File.Path, f.File.Data)
}

// Faults are what is wrong with it, as far as a check may show it.
func (f *Policy) Faults(err error) strictyaml.Faults {
	faults := strictyaml.AsFaults(err)
	if !f.elsewhere {
		return faults
	}
	shown := make(strictyaml.Faults, len(faults))
	for i, fault := range faults {
		if shown[i] = withheld(fault, f.File.Path); f.unread {
			shown[i] = fault // it quotes nothing
		}
	}
	return shown
}

// OwnPolicy is what stands at the place of the repository's policy.
func (r *Reader) OwnPolicy(look *seam.Look) PlacedFile {
	at := cmp.Or(look.PolicyPath, r.cfg.Traits.PolicyPath)
	return Place(map[string]seam.Entry{at: look.Policy, path.Dir(at): look.PolicyAbove}, at)
}

// FindPolicy looks in the order of package policy, §7: the repository's default branch,
// the organisation's repository for such, the service's own. own is what stands
// at its place in the repository.
func (r *Reader) FindPolicy(ctx context.Context, repo pull.Repo, own PlacedFile) (Policy, error) {
	if len(r.cfg.ForcePolicy.Data) > 0 {
		return Policy{File: r.cfg.ForcePolicy, source: "forced", defaults: r.cfg.Traits.Defaults()}, nil
	}
	if own.Entry.ID != "" {
		return r.ReadPolicy(ctx, repo, own, File{Path: own.path})
	}
	org := pull.Repo{Forge: repo.Forge, Owner: repo.Owner, Name: r.cfg.Traits.OrgRepo}
	if repo == org || r.cfg.Traits.OrgPolicies == nil {
		return Policy{File: r.cfg.DefaultPolicy, source: noPolicy, defaults: r.cfg.Traits.Defaults()}, nil
	}
	entries, err := r.cfg.Archive.Entries(ctx, org, seam.DefaultTip, WithParents(r.cfg.Traits.OrgPolicies))
	if errors.Is(err, pull.ErrForbidden) || errors.Is(err, pull.ErrGone) {
		return unreadPolicy(File{Path: org.Slug()}, org.Name), nil
	}
	if err != nil && !errors.Is(err, pull.ErrNotFound) {
		return Policy{}, fmt.Errorf("look for the organisation's policy: %w", err)
	}
	for _, name := range r.cfg.Traits.OrgPolicies {
		if f := Place(entries, name); f.Entry.ID != "" {
			found, err := r.ReadPolicy(ctx, org, f, File{Path: org.Slug() + "/" + name})
			if hidden(err) {
				return unreadPolicy(found.File, org.Name), nil
			}
			found.source, found.elsewhere = org.Name+":"+found.source, true
			return found, err
		}
	}
	return Policy{File: r.cfg.DefaultPolicy, source: noPolicy, defaults: r.cfg.Traits.Defaults()}, nil
}

// unreadPolicy is what stands for the policy of an organisation that is not shown: there
// may be one, so that nothing passes (package policy, §7).
func unreadPolicy(named File, org string) Policy {
	return Policy{File: named, source: org + ":unread", elsewhere: true, unread: true,
		fault: "this gate may not read the organisation's policy; have the app given that repository with permission to read its contents, " +
			"or give this repository a policy of its own"}
}

// maxPolicy is the largest policy that is read, in bytes.
const maxPolicy = 256 << 10

// ReadPolicy reads a policy that is there, unless what is there is no file.
func (r *Reader) ReadPolicy(ctx context.Context, repo pull.Repo, f PlacedFile, named File) (found Policy, err error) {
	found = Policy{File: named, source: f.Entry.State(), fault: f.Misplaced(), defaults: r.cfg.Traits.Defaults()}
	if found.fault == "" {
		found.File.Data, err = r.Blob(ctx, repo, f.Entry, maxPolicy)
	}
	if errors.Is(err, pull.ErrTooLarge) {
		found.fault, err = fmt.Sprintf("more than the %d bytes that are read of a policy; say it with fewer words", maxPolicy), nil
	}
	return found, err
}
