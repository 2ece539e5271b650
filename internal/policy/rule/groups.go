package rule

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// group is people of whom some must approve a file's path: those of
// one subsystem, or of several under overlap any.
type group struct {
	subsystems []*subsystemState
	names      []string
	least      int         // approvals: the policy's, or more where a subsystem asks for more
	eligible   []member    // who can approve, contributors to a file not yet left out
	approvals  []*approval // those by eligible people
	lonely     bool        // has too few only because of the author and accounts that are gone
	unread     []policy.Note
}

// groupOf returns the group of some subsystems; it is built once.
func (e *evaluation) groupOf(subs []*ownership.Subsystem) *group {
	var buf [64]byte
	key := buf[:0]
	for _, s := range subs {
		key = binary.AppendUvarint(key, uint64(e.state(s).order))
	}
	if g := e.groups[string(key)]; g != nil {
		return g
	}
	g := e.newGroup(subs)
	e.groups[string(key)] = g
	return g
}

func (e *evaluation) newGroup(subs []*ownership.Subsystem) *group {
	g := &group{least: e.rules.MinApprovals}
	all := &roster{}
	for _, s := range subs {
		r := e.approvers(s)
		g.subsystems = append(g.subsystems, e.state(s))
		g.least = max(g.least, s.MinApprovals)
		g.names = append(g.names, s.Name)
		g.unread = append(g.unread, r.unread...)
		all.people = append(all.people, r.people...)
	}
	slices.SortStableFunc(all.people, func(a, b member) int { return strings.Compare(a.login, b.login) })
	all.people = slices.CompactFunc(all.people, func(a, b member) bool { return a.login == b.login })
	e.staff(g, all)
	return g
}

// staff fills in who of a roster can approve.
func (e *evaluation) staff(g *group, all *roster) {
	absent := 0
	fit := &roster{}
	for _, m := range all.people {
		away, bot := e.unfit(m)
		switch {
		case bot:
		case away:
			absent++
		default:
			fit.people = append(fit.people, m)
		}
	}
	g.eligible = fit.people
	g.lonely = len(g.eligible) < g.least && len(g.eligible)+absent >= g.least && len(g.unread) == 0
	for _, a := range e.approvals {
		m, ok := fit.find(a.who)
		if ok && (!a.who.Bot || m.bot) {
			g.approvals = append(g.approvals, a)
		}
	}
}

// overrideGroup is the people of override.allowed, who stand in for owners of
// protected files that have none.
func (e *evaluation) overrideGroup() *group {
	if e.override == nil {
		all := e.roster("", e.rules.Override)
		e.override = &group{unread: all.unread, least: e.rules.MinApprovals}
		e.staff(e.override, all)
	}
	return e.override
}

// anyone is the group of all humans with write permission who approved.
func (e *evaluation) anyone() *group {
	if e.writers != nil {
		return e.writers
	}
	e.writers = &group{least: e.rules.MinApprovals}
	for _, a := range e.approvals {
		if a.CanWrite && !a.who.Bot && !e.isAuthor(a.who) {
			e.writers.approvals = append(e.writers.approvals, a)
		}
	}
	return e.writers
}

// need holds one group to one path of a file. The approvals that count are
// added to by, by login.
func (e *evaluation) need(g *group, path string, f *pull.File, by map[string]bool, notes *[]policy.Note) (policy.Need, bool) {
	n := policy.Need{Path: path, Subsystems: g.names}
	var counted []string
	for _, a := range g.approvals {
		ok, why := e.counts(a, f)
		if ok {
			if !slices.Contains(counted, a.login) {
				counted = append(counted, a.login)
			}
			if by != nil {
				by[a.who.Login] = true
			}
		} else if notes != nil {
			*notes = append(*notes, e.whyNot(a, f, why))
		}
	}
	least := g.least
	if e.rules.Unknown == policy.UnknownBlocks {
		if email := e.views[0].contributors.TouchedBy(&f.Content); email != "" {
			least++
			if notes != nil {
				*notes = append(*notes, policy.Note{Code: policy.NoteUnknownMaker, Path: f.Path, Text: email})
			}
		}
	}
	if len(counted) >= least {
		return policy.Need{}, true
	}
	n.Missing = least - len(counted)
	n.Candidates = e.candidates(g, f, counted)
	return n, false
}

// candidates are the eligible people who have not approved and did not write
// part of the file.
func (e *evaluation) candidates(g *group, f *pull.File, counted []string) []string {
	var logins []string
	for _, m := range g.eligible {
		if !slices.Contains(counted, m.login) && !e.wrote(e.views[0], m.login, m.who.ID, &f.Content) {
			logins = append(logins, m.who.Login)
		}
	}
	return logins
}

// whyNot says why an approval does not count for a file.
func (e *evaluation) whyNot(a *approval, f *pull.File, why policy.Code) policy.Note {
	n := policy.Note{Code: why, Who: a.who.Login, Commit: a.seen.Commit}
	switch {
	case why == a.void:
		n.Text = a.text
	case why == policy.NoteBackport:
		k := a.on.contributors.Find(a.login, a.who.ID)
		n.By, n.Text = k.HandedBy(&f.Content), strings.Join(e.overriders(""), ", ")
	}
	return n
}
