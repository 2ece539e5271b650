package snapshot

import (
	"context"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/availability"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/turns"
)

// gone finds out whose accounts are gone, of the people who decide about the changed files
// and are named by login; who left is in no team. The reading of the files tells it along
// the way; for those of whom nothing was told for long one call is made, whoever causes the
// evaluation. What is not told is not gone.
func (g *Reader) gone(ctx context.Context, l *Reading) error {
	s := &l.Snapshot
	if g.cfg.Calendar == nil {
		return nil
	}
	logins, here := named(l), present(s)
	var old []string
	for _, login := range logins {
		if st := g.account(l, login); !here(login) && !st.Holds(s.Now) {
			old = append(old, login)
		}
	}
	if ask := turns.Next(&g.asked, old, maxCandidates); len(ask) > 0 {
		people, err := g.cfg.Calendar.Available(ctx, s.Request.Ref.Repo, ask)
		if err != nil {
			g.cfg.Log.WarnContext(ctx, "not known whose accounts are gone", s.Request.Ref.Fields("error", err)...)
		}
		g.Saw(people, s.Now)
	}
	var news []history.GoneAccount
	for _, login := range logins {
		st, was := g.account(l, login), remembered(l, login)
		st.Gone = st.Gone && !here(login)
		if st.Gone {
			if s.Gone == nil {
				s.Gone = map[string]bool{}
			}
			s.Gone[strings.ToLower(login)] = true
		}
		if at := st.At.Truncate(time.Microsecond); st.Gone && at.After(was.At) || !st.Gone && !was.At.IsZero() {
			news = append(news, history.GoneAccount{Login: login, At: at, Back: !st.Gone})
		}
	}
	if len(news) == 0 {
		return nil
	}
	return g.cfg.Notes.Remember(ctx, s.Request.Ref, history.Update{Gone: news})
}

// account is what was last said of somebody's account, to this process or another one.
func (g *Reader) account(l *Reading, login string) availability.Account {
	st := g.Account(login)
	if was := remembered(l, login); was.At.After(st.At) {
		return availability.Account{Gone: true, At: was.At}
	}
	return st
}

// remembered is what is remembered of a login whose account is gone; zero if nothing is.
func remembered(l *Reading, login string) history.GoneAccount {
	for _, a := range l.Memory.Gone {
		if pull.SameLogin(a.Login, login) {
			return a
		}
	}
	return history.GoneAccount{}
}

// present reports of a login whether its account is there for all to see: it said something
// on the pull request or a twin, be it under another login that it has by now.
func present(s *policy.Snapshot) func(login string) bool {
	logins, ids := map[string]bool{}, map[int64]bool{}
	for _, p := range speakers(s) {
		logins[strings.ToLower(p.Login)] = true
		ids[p.ID] = p.ID != 0
	}
	return func(login string) bool {
		key := strings.ToLower(login)
		return logins[key] || ids[s.Accounts[key]]
	}
}

// speakers are those who reviewed or commented on the pull request or a twin, one for each
// time that they did.
func speakers(s *policy.Snapshot) []pull.Person {
	var people []pull.Person
	for _, req := range append([]pull.Request{s.Request}, s.Twins...) {
		for _, r := range req.Reviews {
			people = append(people, r.Author)
		}
		for _, c := range req.Comments {
			people = append(people, c.Author)
		}
	}
	return people
}
