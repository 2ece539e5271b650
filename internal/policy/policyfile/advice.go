package policyfile

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
)

// Advise says what a valid policy leaves open.
func Advise(p policy.Policy) []string {
	var advice []string
	if p.Base.AfterPush == policy.KeepAll {
		advice = append(advice, "approvals_after_push: keep is unsafe: approvals stay although files changed")
	}
	if p.Base.Untouched == policy.UntouchedAllowed {
		advice = append(advice, "untouched: allowed lets a subsystem's files pass without any review; floors in the map prevent that")
	}
	for _, s := range foreign(p) {
		advice = append(advice, fmt.Sprintf("%s: the owners and patterns of %s in %s become visible to everybody who can see the checks of this repository, which may be more public; keep nothing there that they may not know. If it belongs to another owner, the service's configuration must allow that pair, under server.trust",
			place(s.Pos), s.Path, s.Repo))
	}
	return append(advice, p.Names()...)
}

// place is where something stands in a file, or the file where the line is not kept.
func place(p ownership.Pos) string {
	if p.Line == 0 {
		return p.File
	}
	return p.String()
}

// foreign lists the sources of a policy that are of other repositories.
func foreign(p policy.Policy) []policy.Source {
	var list []policy.Source
	for _, s := range p.Sources {
		if s.Repo != "" {
			list = append(list, s)
		}
	}
	if p.People != nil && p.People.Repo != "" {
		list = append(list, *p.People)
	}
	return list
}
