package policy

import (
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// maxListed is how many areas of one kind are told; of the rest the number is.
const maxListed = 20

// DeadEnds says where a change would wait for somebody who is not there, by the owners that
// hold with a policy in a file: the policy itself, and areas of one maintainer or of none.
func DeadEnds(m *ownership.Map, p *Policy, file string) []strictyaml.Fault {
	list := []strictyaml.Fault{}
	m = m.Approving(p.Base.ReviewersCount)
	if file != "" && len(p.Base.Override) == 0 && !canApprove(m, m.Match(file)) {
		list = append(list, strictyaml.Fault{
			Text: fmt.Sprintf("nobody may approve a change of %s itself: no area with a maintainer owns it; give it an owner, or name people "+
				"under override.allowed", file)})
	}
	h := m.Health(nil)
	list = append(list, lacking(h.Unstaffed, "has nobody who can approve; name a maintainer with a login")...)
	return append(list, lacking(h.Single, "has a single maintainer, who can't approve own changes")...)
}

// canApprove reports whether some owners have somebody who can approve whom a forge knows.
func canApprove(m *ownership.Map, owners []*ownership.Subsystem) bool {
	return slices.ContainsFunc(owners, func(s *ownership.Subsystem) bool { return slices.ContainsFunc(m.Approvers(s), ownership.Owner.Known) })
}

// lacking tells of areas that lack people.
func lacking(areas []ownership.Lacking, what string) (list []strictyaml.Fault) {
	for i, a := range areas {
		if i == maxListed {
			return append(list, strictyaml.Fault{Text: fmt.Sprintf("and %d more, each of which %s; `reviewgate health` lists them", len(areas)-i,
				what)})
		}
		list = append(list, strictyaml.Fault{File: a.Pos.File, Line: a.Pos.Line, Text: fmt.Sprintf("subsystem %s %s", a.Subsystem, what)})
	}
	return list
}
