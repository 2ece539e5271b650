package rule

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/authors"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/share"
)

// evaluation is the work of one Evaluate.
type evaluation struct {
	s         policy.Snapshot
	rules     policy.Rules
	authors   []pull.Person
	views     []*view     // the request and its twins
	facts     sight.Facts // of them
	given     []given     // all reviews, those that comments give among them, in order
	people    []*reviewerState
	approvals []*approval
	states    map[*ownership.Subsystem]*subsystemState
	groups    map[string]*group
	override  *group           // people of override.allowed
	doubted   *policy.Override // that would stand if it certainly was not taken back
	writers   *group           // humans with write permission who approved
	signer    authors.Signer
	merges    map[sight.Merge]bool // of text that are known to be clean
	depends   map[sight.Merge]bool // of text that files depend on
	// deciders are the logins, in lower case, of all who may approve something or override;
	// nil until somebody asks.
	deciders map[string]bool
}

// subsystemState is what the evaluation finds out about one subsystem.
type subsystemState struct {
	sub        *ownership.Subsystem
	order      int
	approvers  *roster // whose approval counts; read on first use
	maintainer *roster // who may block; read on first use
	ratio, own share.Ratio
	approvedBy map[string]bool
	touched    bool        // it owns a changed file, counted or not
	staffing   policy.Code // NoteUnstaffed or NoteFallback where it has too few people
}

// roster is the people behind a list of owners.
type roster struct {
	people []member      // by login
	unread []policy.Note // teams whose members are not known
}

type member struct {
	login string // in lower case
	who   pull.Person
	bot   bool // listed as a bot that may approve
}

// logins lists the people, in lower case and sorted.
func (r *roster) logins() []string {
	logins := make([]string, len(r.people))
	for i, m := range r.people {
		logins[i] = m.login
	}
	return logins
}

func (r *roster) find(p pull.Person) (member, bool) {
	i, ok := slices.BinarySearchFunc(r.people, strings.ToLower(p.Login), func(m member, login string) int {
		return cmp.Compare(m.login, login)
	})
	if !ok || p.Login == "" || !r.people[i].who.Is(p) {
		return member{}, false
	}
	return r.people[i], true
}

func newEvaluation(s policy.Snapshot) *evaluation {
	e := &evaluation{
		s: s, rules: s.Rules, authors: []pull.Person{s.Request.Author},
		states: map[*ownership.Subsystem]*subsystemState{},
		groups: map[string]*group{},
		merges: map[sight.Merge]bool{}, depends: map[sight.Merge]bool{},
	}
	for _, m := range s.Merges {
		e.merges[m] = true
	}
	for _, t := range s.Twins {
		e.authors = append(e.authors, t.Author)
	}
	for _, c := range s.Crowd {
		e.authors = append(e.authors, c.Author)
	}
	e.views = []*view{{View: sight.View{Req: &e.s.Request, Seen: &e.s.Seen, Heads: e.s.Heads}}}
	for i := range e.s.Twins {
		v := &view{View: sight.View{Req: &e.s.Twins[i], Seen: &sight.Seen{}}}
		if i < len(e.s.TwinSeen) {
			v.Seen = &e.s.TwinSeen[i]
		}
		if i < len(e.s.TwinHeads) {
			v.Heads = e.s.TwinHeads[i]
		}
		e.views = append(e.views, v)
	}
	e.signer = authors.SignersBy(s.Owners, s.Addressees)
	if older(&s, 3) {
		e.signer = func(*pull.Signature) ([]pull.Person, bool) { return nil, false } // nobody asked then
	}
	e.facts.Compared = s.Compared
	for _, v := range e.views {
		e.facts.Views = append(e.facts.Views, &v.View)
		v.contributors = e.contributions(v)
	}
	e.given = e.reviewsGiven()
	e.people = e.standings()
	for _, st := range e.people {
		e.approvals = append(e.approvals, st.approvals...)
	}
	return e
}

// state returns what is known of a subsystem.
func (e *evaluation) state(sub *ownership.Subsystem) *subsystemState {
	st := e.states[sub]
	if st == nil {
		st = &subsystemState{sub: sub, order: e.s.Owners.Place(sub), approvedBy: map[string]bool{}}
		e.states[sub] = st
	}
	return st
}

// touched marks a subsystem as one of a changed file, counted or not.
func (e *evaluation) touch(sub *ownership.Subsystem) { e.state(sub).touched = true }

// known returns the subsystems that the evaluation met, in order of declaration.
func (e *evaluation) known() []*subsystemState {
	return slices.SortedFunc(maps.Values(e.states), func(a, b *subsystemState) int { return cmp.Compare(a.order, b.order) })
}

// approvers returns the people whose approval counts for a subsystem, read on
// first use.
func (e *evaluation) approvers(sub *ownership.Subsystem) *roster {
	st := e.state(sub)
	if st.approvers == nil {
		st.approvers = e.roster(sub.Name, approverNames(sub, e.rules.ReviewersCount))
	}
	return st.approvers
}

// maintainers returns the people who may block for a subsystem.
func (e *evaluation) maintainers(sub *ownership.Subsystem) *roster {
	st := e.state(sub)
	if st.maintainer == nil {
		st.maintainer = e.roster(sub.Name, sub.Maintainers)
	}
	return st.maintainer
}

// approverNames are the owners whose approval counts, as the map names them.
func approverNames(sub *ownership.Subsystem, reviewersCount bool) []ownership.Owner {
	if reviewersCount {
		return slices.Concat(sub.Maintainers, sub.Reviewers)
	}
	return sub.Maintainers
}

// roster resolves owners to people.
func (e *evaluation) roster(subsystem string, owners []ownership.Owner) *roster {
	r := &roster{}
	add := func(p pull.Person, bot bool) {
		r.people = append(r.people, member{login: strings.ToLower(p.Login), who: p, bot: bot})
	}
	for _, o := range owners {
		if !o.Known() {
			continue
		}
		if o.Team == "" {
			add(pull.Person{Login: o.Login, ID: cmp.Or(o.ID, e.s.Accounts[strings.ToLower(o.Login)])}, o.Bot)
			continue
		}
		team, ok := e.s.Teams[policy.TeamKey(o.Team)]
		if !ok || team.Unread != "" {
			r.unread = append(r.unread, policy.Note{Code: policy.NoteTeamUnread, Subsystem: subsystem, Team: o.Team, Text: team.Unread})
			continue
		}
		for _, p := range team.Members {
			p.ID = cmp.Or(p.ID, e.s.Accounts[strings.ToLower(p.Login)]) // of a list, which has logins only
			add(p, false)
		}
	}
	// One entry per login; a listing as a bot that may approve says most.
	slices.SortStableFunc(r.people, func(a, b member) int {
		if c := cmp.Compare(a.login, b.login); c != 0 || a.bot == b.bot {
			return c
		}
		if a.bot {
			return -1
		}
		return 1
	})
	r.people = slices.CompactFunc(r.people, func(a, b member) bool { return a.login == b.login })
	return r
}

// unfit tells why a person can never approve here: the author, gone, or a bot
// that is not listed as one.
func (e *evaluation) unfit(m member) (authorOrGone, bot bool) {
	return e.isAuthor(m.who) || e.s.Gone[m.login], !m.bot && (m.who.Bot || pull.BotLogin(m.login))
}

// ownerNames lists a subsystem's approvers whom the forge knows, as its map
// names them.
func ownerNames(sub *ownership.Subsystem, reviewers bool) []string {
	names := []string{}
	for _, o := range approverNames(sub, reviewers) {
		if o.Known() {
			names = append(names, o.String())
		}
	}
	return names
}

func sortedLogins(set map[string]bool) []string {
	logins := make([]string, 0, len(set))
	for l := range set {
		logins = append(logins, l)
	}
	slices.Sort(logins)
	return logins
}
