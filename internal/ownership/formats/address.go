package formats

import (
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/people"
)

// addresses is what the people file, the mailmap and the sources' own pairs of login
// and address say of addresses together: whom any of them names (package policy, §3).
type addresses struct {
	mailmap people.Mailmap
	// by is by address in lower case, as it is written and as the mailmap corrects it.
	by map[string]*addressee
	// named is how people with a login, in lower case, are called where that is said first.
	named map[string]person
}

type person struct{ name, email string }

type addressee struct{ logins []string }

func (b *beside) addresses(sets []ownership.Ruleset, forge string) *addresses {
	a := &addresses{mailmap: b.mailmap, by: map[string]*addressee{}, named: map[string]person{}}
	for name, email := range b.people.Addresses() {
		logins, _ := b.people.Logins(email, forge)
		a.give(name, email, logins...)
	}
	for i := range sets {
		for j := range sets[i].Subsystems {
			s := &sets[i].Subsystems[j]
			for _, o := range slices.Concat(s.Maintainers, s.Reviewers) {
				if o.Login != "" && o.Email != "" {
					a.give(o.Name, o.Email, o.Login)
				}
			}
		}
	}
	return a
}

// give adds people to whom an address belongs.
func (a *addresses) give(name, email string, logins ...string) {
	if len(logins) == 1 { // an address of several is nobody's name
		if key := strings.ToLower(logins[0]); a.named[key] == (person{}) {
			a.named[key] = person{name, email}
		}
	}
	for _, form := range a.forms(name, email) {
		of := a.by[form]
		if of == nil {
			of = &addressee{}
			a.by[form] = of
		}
		for _, login := range logins {
			if login = strings.ToLower(login); !slices.Contains(of.logins, login) {
				of.logins = append(of.logins, login)
			}
		}
	}
}

// Addressee implements ownership.Addresses.
func (a *addresses) Addressee(name, email string) (logins []string, known bool) {
	for _, form := range a.forms(name, email) {
		if of := a.by[form]; of != nil {
			logins, known = append(logins, of.logins...), true
		}
	}
	slices.Sort(logins)
	return slices.Compact(logins), known
}

// Named implements ownership.Addresses.
func (a *addresses) Named(login string) (name, email string) {
	p := a.named[strings.ToLower(login)]
	return p.name, p.email
}

// Proper implements ownership.Addresses.
func (a *addresses) Proper(name, email string) string {
	_, proper := a.mailmap.Lookup(name, email)
	return proper
}

// forms gives an address as it is written and as the mailmap corrects it, in lower
// case.
func (a *addresses) forms(name, email string) []string {
	email = strings.TrimSpace(email)
	forms := []string{strings.ToLower(email), strings.ToLower(a.Proper(name, email))}
	return slices.Compact(forms)
}
