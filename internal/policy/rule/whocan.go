package rule

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// whoCan fills in, for each subsystem, how many files miss the review of its people and
// who can give it (package policy, §5): never the map's list, which names authors, contributors
// and people who approved already, too.
func (e *evaluation) whoCan(v *policy.Verdict) {
	if older(&e.s, 6) {
		return
	}
	rows := map[string]*policy.SubsystemVerdict{}
	files := map[string]map[string]int{} // by subsystem and login
	for i := range v.Subsystems {
		row := &v.Subsystems[i]
		rows[row.Name], files[row.Name] = row, map[string]int{}
	}
	for i := range v.Files {
		missing := map[string]bool{}
		for _, n := range slices.Concat(v.Files[i].Needs, v.Files[i].OwnNeeds) {
			for _, name := range n.Subsystems {
				if row := rows[name]; row != nil {
					missing[name] = true
					addCandidates(files[name], row, n.Candidates)
				}
			}
		}
		for name := range missing {
			rows[name].Missing++
		}
	}
	for _, st := range e.known() {
		row := rows[st.sub.Name]
		if row == nil || row.Missing == 0 {
			continue
		}
		for _, login := range byFiles(files[st.sub.Name]) {
			if row.Candidates = append(row.Candidates, login); e.s.Owners.Absent(login, e.s.Now) {
				row.Away = append(row.Away, login)
			}
		}
		for _, o := range approverNames(st.sub, e.rules.ReviewersCount) {
			if !o.Known() {
				row.NoAccount = append(row.NoAccount, o.Named())
			}
		}
	}
	v.Overriders = e.overriders("")
}

// addCandidates counts a file for those of some people who are of a subsystem.
func addCandidates(files map[string]int, row *policy.SubsystemVerdict, logins []string) {
	for _, login := range logins {
		if _, of := slices.BinarySearch(row.Approvers, strings.ToLower(login)); of {
			files[login]++
		}
	}
}

// byFiles orders people by the number of files that they can review, the most first.
func byFiles(files map[string]int) []string {
	return slices.SortedFunc(maps.Keys(files), func(a, b string) int { return cmp.Or(cmp.Compare(files[b], files[a]), cmp.Compare(a, b)) })
}

// overriders are who may override this pull request, as the policy names them: neither its
// authors nor those who wrote part of it, nor somebody, nor a team of which nobody else is
// known.
func (e *evaluation) overriders(but string) []string {
	var names []string
	for _, o := range e.rules.Override {
		if older(&e.s, 6) || slices.ContainsFunc(e.roster("", []ownership.Owner{o}).people, func(m member) bool {
			return !e.isAuthor(m.who) && !e.views[0].contributors.WroteAnything(m.who) && !pull.SameLogin(m.login, but)
		}) {
			names = append(names, o.String())
		}
	}
	return names
}

// menders are whom the service itself lets open the gate for a pull request that mends a
// broken policy or ownership, and touches nothing else (package policy, §4, "Override").
func menders(s *policy.Snapshot) []string {
	if older(s, 6) || !s.Mendable {
		return nil
	}
	var names []string
	for _, o := range s.ServerOverride {
		if !(pull.Person{Login: o.Login, ID: o.ID}).Is(s.Request.Author) {
			names = append(names, o.String())
		}
	}
	return names
}

// broken is where the faults of a snapshot are to be mended.
func broken(s *policy.Snapshot) policy.Broken {
	switch {
	case older(s, 6):
		return ""
	case slices.ContainsFunc(s.Faults, func(f strictyaml.Fault) bool { return f.File != "" }):
		return policy.BrokenBase
	case len(s.Faults) == 0 && mayResolveItself(*s):
		return policy.BrokenWait
	}
	return policy.BrokenHere
}
