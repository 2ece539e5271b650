package snapshot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/authors"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/sources"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// How the gate asks whose addresses are that a forge does not link by itself: those of
// trailers that it does not know, and those that the mailmap gives.
const (
	maxAddressees = 10             // at most in one evaluation; another one follows for the rest
	maxNamed      = 100            // at most of one pull request; with more it is an error
	addresseeFor  = 24 * time.Hour // for which somebody's is kept
	nobodyFor     = 10 * time.Minute
)

// addressee is an answer, and when it was given.
type addressee struct {
	pull.Person
	at time.Time
}

// addressees asks the forge for those whom the sources do not know.
func (g *Reader) addressees(ctx context.Context, l *Reading) error {
	s := &l.Snapshot
	if g.cfg.Directory == nil {
		return nil
	}
	var old []string
	answers := map[string]pull.Person{}
	emails := unsettled(s)
	for _, email := range emails {
		known, told, fresh := g.cache.addressee(email, s.Now)
		if told {
			answers[email] = known
		}
		if !fresh {
			old = append(old, email)
		}
	}
	unknown := turns.Next(&g.asked, old, maxAddressees)
	for _, email := range emails {
		if known, ok := answers[email]; ok && !slices.Contains(unknown, email) { // an old answer is better than none
			s.Addressees = append(s.Addressees, authors.Addressee{Email: email, Person: known})
		}
	}
	rest := slices.ContainsFunc(emails, func(email string) bool {
		_, known := answers[email]
		return !known && !slices.Contains(unknown, email)
	})
	if err := g.unnamed(ctx, s, rest, len(emails)); err != nil || len(unknown) == 0 {
		return err
	}
	ref := s.Request.Ref
	found, untold, err := g.cfg.Directory.Addressees(ctx, ref.Repo, unknown)
	if err != nil {
		return err
	}
	if untold != "" {
		g.cfg.Log.WarnContext(ctx, "the forge does not tell whose addresses are; they count as nobody's", ref.Fields("why", untold)...)
	}
	for _, email := range unknown {
		g.cache.addressees.Keep(email, addressee{found[email], s.Now})
		s.Addressees = append(s.Addressees, authors.Addressee{Email: email, Person: found[email]})
	}
	return nil
}

// unnamed has a pull request wait for what is not known yet of its addresses: whoever's
// they are would else approve what they wrote.
func (g *Reader) unnamed(ctx context.Context, s *policy.Snapshot, rest bool, named int) error {
	if !rest {
		return nil
	}
	s.Mendable = false
	if named > maxNamed || g.cfg.Raise == nil {
		s.Faults = append(s.Faults, sources.Fault(
			fmt.Sprintf("the commits name so many people by addresses of which only the forge could say whose they are (%d; %d are looked up "+
				"at a time, and %d in all) that who wrote what is not known; merge fewer at once, or name the addresses in .mailmap or the people "+
				"file", named, maxAddressees, maxNamed)))
		return nil
	}
	s.Faults = append(s.Faults, sources.Fault(
		fmt.Sprintf("of the addresses in the commits %d are looked up at a time; the pull request is judged again for the rest in a moment",
			maxAddressees)))
	return g.cfg.Raise(ctx, s.Request.Ref)
}

// unsettled lists the addresses, in lower case, of which only the forge could say whose
// they are, in order of the commits.
func unsettled(s *policy.Snapshot) []string {
	signer := authors.SignersBy(s.Owners, nil)
	var emails []string
	add := func(email string) {
		if email = strings.ToLower(strings.TrimSpace(email)); strings.Contains(email, "@") && !slices.Contains(emails, email) &&
			len(emails) < maxAddressed {
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

// addressee returns what a forge said of an address, and reports whether it said anything,
// and whether that is not too long ago.
func (c *cache) addressee(email string, now time.Time) (of pull.Person, told, isFresh bool) {
	a, ok := c.addressees.Get(email)
	fresh := nobodyFor
	if a.Login != "" {
		fresh = addresseeFor
	}
	return a.Person, ok, ok && now.Sub(a.at) < fresh
}
