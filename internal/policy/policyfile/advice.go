package policyfile

import (
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Advise says what a valid policy leaves open.
func Advise(p policy.Policy) []strictyaml.Fault {
	advice := []strictyaml.Fault{}
	tell := func(p ownership.Pos, text string) {
		advice = append(advice, strictyaml.Fault{File: p.File, Line: p.Line, Text: text})
	}
	if p.Base.AfterPush == policy.KeepAll {
		tell(ownership.Pos{}, "approvals_after_push: keep is unsafe: approvals stay although files changed")
	}
	if p.Base.Untouched == policy.UntouchedAllowed {
		tell(ownership.Pos{}, "untouched: allowed lets a subsystem's files pass without any review; floors in the map prevent that")
	}
	for _, s := range foreign(p) {
		tell(s.Pos, fmt.Sprintf("the owners and patterns of %s in %s become visible to everybody who can see the checks of this repository, "+
			"which may be more public; keep nothing there that they may not know. If it belongs to another owner, the service's configuration "+
			"must allow that pair, under server.trust",
			s.Path, s.Repo))
	}
	for _, name := range p.Names() {
		tell(ownership.Pos{}, name)
	}
	return advice
}

// foreign lists the sources of a policy that are of other repositories.
func foreign(p policy.Policy) []policy.Source {
	var list []policy.Source
	for _, s := range slices.Concat(p.Sources, p.People) {
		if s.Repo != "" {
			list = append(list, s)
		}
	}
	return list
}
