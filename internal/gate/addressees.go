package gate

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// How the gate asks whose addresses are that a forge does not link by itself: those of
// trailers that it does not know, and those that the mailmap gives.
const (
	maxAddressees  = 10             // at most in one evaluation
	keptAddressees = 4096           // answers that are kept
	addresseeFor   = 24 * time.Hour // for which somebody's is kept
	nobodyFor      = 10 * time.Minute
)

// addressee is an answer, and when it was given.
type addressee struct {
	pull.Person
	at time.Time
}

// addressees asks the forge for those whom the sources do not know.
func (g *Gate) addressees(ctx context.Context, l *loaded) error {
	s := &l.snapshot
	if g.cfg.Directory == nil {
		return nil
	}
	var old []string
	answers := map[string]pull.Person{}
	emails := unsettled(s)
	for _, email := range emails {
		known, fresh := g.cache.addressee(email, s.Now)
		if known.Login != "" || fresh {
			answers[email] = known
		}
		if !fresh {
			old = append(old, email)
		}
	}
	unknown := inTurn(&g.cache.asks, old, maxAddressees)
	for _, email := range emails {
		if known, ok := answers[email]; ok && !slices.Contains(unknown, email) { // an old answer is better than none
			s.Addressees = append(s.Addressees, policy.Addressee{Email: email, Person: known})
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	ref := s.Request.Ref
	found, untold, err := g.cfg.Directory.Addressees(ctx, ref.Repo, unknown)
	if err != nil {
		return err
	}
	if untold != "" {
		g.cfg.Log.WarnContext(ctx, "the forge does not tell whose addresses are; they count as nobody's", "forge", ref.Repo.Forge, "repo", ref.Repo.Slug(), "pr", ref.Number, "why", untold)
	}
	for _, email := range unknown {
		g.cache.keepAddressee(email, found[email], s.Now)
		s.Addressees = append(s.Addressees, policy.Addressee{Email: email, Person: found[email]})
	}
	return nil
}

// unsettled lists the addresses, in lower case, of which only the forge could say whose
// they are, in order of the commits.
func unsettled(s *policy.Snapshot) []string {
	signer := policy.SignersBy(s.Owners, nil)
	var emails []string
	add := func(email string) {
		if email = strings.ToLower(strings.TrimSpace(email)); strings.Contains(email, "@") && !slices.Contains(emails, email) && len(emails) < keptAddressees {
			emails = append(emails, email)
		}
	}
	for _, list := range slices.Concat(commitLists(s)...) {
		for i := range *list {
			for j := range (*list)[i].Signed {
				sig := &(*list)[i].Signed[j]
				if people, known := signer(sig); known || len(people) > 0 || sig.Nobody() {
					continue
				}
				if sig.Part == pull.CoAuthor {
					add(sig.Email)
				}
				if s.Owners == nil {
					continue
				}
				if proper := s.Owners.Proper(sig.Name, sig.Email); !strings.EqualFold(proper, sig.Email) {
					add(proper)
				}
			}
		}
	}
	return emails
}

// addressee returns what a forge said of an address, and reports whether that is not too
// long ago.
func (c *cache) addressee(email string, now time.Time) (of pull.Person, isFresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.addressees[email]
	fresh := nobodyFor
	if a.Login != "" {
		fresh = addresseeFor
	}
	return a.Person, ok && now.Sub(a.at) < fresh
}

func (c *cache) keepAddressee(email string, p pull.Person, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.addressees) >= keptAddressees {
		clear(c.addressees)
	}
	c.addressees[email] = addressee{p, now}
}
