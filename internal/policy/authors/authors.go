// Package authors tells who wrote what of a change, by the commits of it.
//
// A Signer says who stands behind a signature of a commit; Contributors joins
// what each person wrote, and lists the addresses that are nobody's. The package
// promises that somebody who is known by a login here and by a number there is
// one person, and that in doubt who signed is taken for a contributor. What
// contributors may not approve is left to package rule, reading commits to
// package gate.
package authors

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Addressee is to whom a forge says that an address belongs that it does not link by
// itself; the zero Person is nobody.
type Addressee struct {
	Email  string      `json:"email"`
	Person pull.Person `json:"person,omitzero"`
}

// Signer gives those who stand behind a signature of a commit: the account that the
// forge gives, and whom people file, mailmap and ownership sources give the address to
// (package policy, §3). A signature that is not known is no one's: that of a bot, too, whose
// address anybody can write, and one under a private address that the forge links to no
// account, whom it takes rights from all the same.
type Signer func(s *pull.Signature) (people []pull.Person, known bool)

// SignersBy makes a Signer of a map, which may be nil, and of what the forge says of
// addresses. It remembers what it said, as many commits have the same makers, and so is
// for one goroutine.
func SignersBy(owners *ownership.Map, addressees []Addressee) Signer {
	type answer struct {
		people []pull.Person
		known  bool
	}
	signer, said := signersBy(owners, addressees), map[pull.Signature]answer{}
	return func(s *pull.Signature) ([]pull.Person, bool) {
		a, ok := said[*s]
		if !ok {
			a.people, a.known = signer(s)
			said[*s] = a
		}
		return a.people, a.known
	}
}

func signersBy(owners *ownership.Map, addressees []Addressee) Signer {
	byEmail := map[string]pull.Person{}
	for _, a := range addressees {
		if a.Person != (pull.Person{}) {
			byEmail[strings.ToLower(a.Email)] = a.Person
		}
	}
	return func(s *pull.Signature) (people []pull.Person, known bool) {
		add := func(p pull.Person) {
			if !slices.Contains(people, p) {
				people = append(people, p)
			}
		}
		if s.Account != (pull.Person{}) {
			add(s.Account)
			known = !s.Account.Bot
		}
		if p, ok := pull.PrivateAddress(s.Email); ok && (p.ID == 0 || p.ID != s.Account.ID) { // an older login of it else
			add(p)
			known = known || s.Part == pull.CoAuthor && !p.Bot // forges link no trailer of the kernel's
		}
		forms := []string{s.Email}
		if owners != nil {
			logins, given := owners.Addressee(s.Name, s.Email)
			known = known || given
			for _, login := range logins {
				add(pull.Person{Login: login, Bot: pull.BotLogin(login)})
			}
			forms = append(forms, owners.Proper(s.Name, s.Email))
		}
		for _, email := range forms {
			if p, ok := byEmail[strings.ToLower(email)]; ok {
				add(p)
				known = known || !p.Bot
			}
		}
		return people, known
	}
}

// Contribution is what one person wrote of the change.
type Contribution struct {
	all   bool // touches every file: a commit's paths are not known
	paths map[string]bool
	// handedAll and handed are the same of commits that somebody else committed, who is
	// named: a backport is such a one.
	handedAll string
	handed    map[string]string
}

// Some reports whether it is anything at all: a clean merge of the base touches
// no file.
func (k *Contribution) Some() bool {
	return k != nil && (k.all || len(k.paths) > 0 || k.handedAll != "" || len(k.handed) > 0)
}

// Own reports whether a person wrote part of a file in commits of their own.
func (k *Contribution) Own(f *pull.Content) bool {
	return k.all || k.paths[f.Path] || f.OldPath != "" && k.paths[f.OldPath]
}

// HandedBy returns who committed a part of a file that the person wrote; empty if nobody
// did.
func (k *Contribution) HandedBy(f *pull.Content) string {
	if by := k.handed[f.Path]; by != "" {
		return by
	}
	if by := k.handed[f.OldPath]; by != "" && f.OldPath != "" {
		return by
	}
	return k.handedAll
}

// Contributors are the people who wrote part of the change, by login in lower
// case and by the forge's id.
type Contributors struct {
	byLogin map[string]*Contribution
	byID    map[int64]*Contribution
	// unknownAll and unknown are addresses that are nobody's, of commits that touch every
	// file, and by path.
	unknownAll string
	unknown    map[string]string
	emails     []string // all of them
}

// Emails are the addresses that are nobody's, those of bots aside; one may be there more
// than once.
func (c *Contributors) Emails() []string { return c.emails }

// New returns what nobody has written anything of yet.
func New() *Contributors {
	return &Contributors{byLogin: map[string]*Contribution{}, byID: map[int64]*Contribution{}, unknown: map[string]string{}}
}

// Add adds commits.
func (c *Contributors) Add(commits []pull.Commit, signer Signer) {
	for i := range commits {
		commit := &commits[i]
		m := makersOf(commit, signer)
		for _, p := range m.people {
			c.enter(p.Person, commit, p.handedBy)
		}
		c.emails = append(c.emails, m.unknown...)
		for _, email := range slices.Concat(m.unknown, m.bots) {
			if !commit.PathsKnown {
				c.unknownAll = email
			}
			for _, path := range commit.Paths {
				c.unknown[path] = email
			}
		}
	}
}

// enter adds a commit to what a person wrote.
func (c *Contributors) enter(p pull.Person, commit *pull.Commit, handedBy string) {
	k := c.Find(strings.ToLower(p.Login), p.ID)
	if k == nil {
		k = &Contribution{paths: map[string]bool{}, handed: map[string]string{}}
	}
	if p.Login != "" {
		c.byLogin[strings.ToLower(p.Login)] = k
	}
	if p.ID != 0 {
		c.byID[p.ID] = k
	}
	switch {
	case handedBy == "":
		k.all = k.all || !commit.PathsKnown
		for _, path := range commit.Paths {
			k.paths[path] = true
		}
	case !commit.PathsKnown:
		k.handedAll = handedBy
	default:
		for _, path := range commit.Paths {
			k.handed[path] = handedBy
		}
	}
}

// makers are those who made a commit.
type makers struct {
	people  []makerOf
	unknown []string // addresses that are nobody's
	bots    []string // and those of bots, which are nobody's either
}

type makerOf struct {
	pull.Person
	handedBy string // somebody else, who committed it; empty: nobody did
}

// nowhere stands for an address that is empty.
const nowhere = "(no address)"

// makersOf returns those who made a commit. Whoever wrote one that somebody else
// committed is marked, as by a cherry-pick or git am: somebody is a person that is
// known, and not the author under another address.
func makersOf(c *pull.Commit, signer Signer) makers {
	var m makers
	if c.Signed == nil {
		for _, p := range c.People {
			m.people = append(m.people, makerOf{Person: p})
		}
		for _, email := range c.Unknown {
			people, known := signer(&pull.Signature{Part: pull.Author, Email: email})
			for _, p := range people {
				m.people = append(m.people, makerOf{Person: p})
			}
			if !known {
				m.unknown = append(m.unknown, email)
			}
		}
		return m
	}
	var authors, others, committers []pull.Person
	authored, committed := false, false
	for i := range c.Signed {
		s := &c.Signed[i]
		if s.Nobody() {
			continue
		}
		people, known := signer(s)
		switch {
		case known:
		case slices.ContainsFunc(people, func(p pull.Person) bool { return p.Bot }):
			m.bots = append(m.bots, addressOf(s))
		default:
			m.unknown = append(m.unknown, addressOf(s))
		}
		switch s.Part {
		case pull.Committer:
			committed = committed || known
			committers = append(committers, people...)
		case pull.Author:
			authored = authored || known
			authors = append(authors, people...)
		case pull.CoAuthor:
			others = append(others, people...)
		case pull.Reviewer: // wrote nothing
		}
	}
	by := ""
	if authored && committed && len(committers) > 0 &&
		!slices.ContainsFunc(committers, func(p pull.Person) bool { return slices.ContainsFunc(authors, p.Is) }) {
		by = committers[0].Login
	}
	for _, p := range slices.Concat(authors, others) {
		handedBy := by
		if slices.ContainsFunc(committers, p.Is) {
			handedBy = ""
		}
		m.people = append(m.people, makerOf{p, handedBy})
	}
	for _, p := range committers {
		m.people = append(m.people, makerOf{Person: p})
	}
	return m
}

func addressOf(s *pull.Signature) string {
	if strings.TrimSpace(s.Email) == "" {
		return nowhere
	}
	return s.Email
}

// MadeBy reports whether some people made a commit, or, with unknown, somebody whose
// address is nobody's did.
func MadeBy(c *pull.Commit, signer Signer, some func(pull.Person) bool, unknown bool) bool {
	m := makersOf(c, signer)
	return unknown && len(m.unknown)+len(m.bots) > 0 || slices.ContainsFunc(m.people, func(p makerOf) bool { return some(p.Person) })
}

// Find returns what a person wrote; nil if nothing. Either key is enough: who is
// taken for a contributor in doubt loses an approval, and no more. What is known by the
// one and by the other, as after an account got another login, is one person's.
func (c *Contributors) Find(login string, id int64) *Contribution {
	k := c.byLogin[login]
	other := c.byID[id]
	switch {
	case id == 0 || other == nil || other == k:
		return k
	case k == nil:
		return other
	}
	k.all, k.handedAll = k.all || other.all, cmp.Or(k.handedAll, other.handedAll)
	maps.Copy(k.paths, other.paths)
	maps.Copy(k.handed, other.handed)
	c.byID[id] = k
	return k
}

// WroteAnything reports whether a person wrote any part of the change, whatever
// the policy makes of it.
func (c *Contributors) WroteAnything(p pull.Person) bool {
	return c.Find(strings.ToLower(p.Login), p.ID).Some()
}

// TouchedBy returns an address that is nobody's under which a file was touched; empty if
// there is none.
func (c *Contributors) TouchedBy(f *pull.Content) string {
	if email := c.unknown[f.Path]; email != "" {
		return email
	}
	if email := c.unknown[f.OldPath]; email != "" && f.OldPath != "" {
		return email
	}
	return c.unknownAll
}
