package web

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/web/signin"
)

const (
	seenFor  = time.Minute // that what a forge said of a repository is believed
	maxKnown = 10_000      // repositories and people of which it is
	maxAsked = 120         // repositories that one person has the forge asked about in that time
)

// question is whether somebody may read a repository; everybody where the person is nobody.
type question struct {
	repo pull.Repo // in lower case: who asks writes it as they like
	who  signin.Person
}

// folded is a repository as it is kept: forges compare names without case.
func folded(repo pull.Repo) pull.Repo {
	repo.Owner, repo.Name = strings.ToLower(repo.Owner), strings.ToLower(repo.Name)
	return repo
}

// known is what a forge said.
type known struct {
	may bool
	at  time.Time
}

// visible remembers who may read which repositories.
type visible struct {
	forges  map[string]Visibility
	readers map[string]Readers
	log     *slog.Logger
	now     func() time.Time

	mu    sync.Mutex
	known map[question]known
	asked map[signin.Person]int // since counted
	since time.Time
	age   int // how often something was forgotten
}

// may reports whether somebody may read a repository, or everybody may. What the forge does
// not say is no, and why it does not is for the log.
func (v *visible) may(ctx context.Context, repo pull.Repo, who signin.Person) bool {
	public := v.forges[repo.Forge]
	if public != nil && v.recall(ctx, question{repo: folded(repo)}, func() (bool, error) { return public.Public(ctx, repo) }) {
		return true
	}
	forge := v.readers[repo.Forge]
	if forge == nil || who.Forge != repo.Forge || who.ID == 0 {
		return false
	}
	return v.recall(ctx, question{folded(repo), who}, func() (bool, error) {
		if !v.count(who) {
			return false, nil
		}
		return forge.MayRead(ctx, repo, who.Person)
	})
}

// recall returns what the forge said lately, or asks it.
func (v *visible) recall(ctx context.Context, q question, ask func() (bool, error)) bool {
	now := v.now()
	v.mu.Lock()
	k, found := v.known[q]
	age := v.age
	v.mu.Unlock()
	if found && now.Sub(k.at) < seenFor {
		return k.may
	}
	may, err := ask()
	if err != nil && !errors.Is(err, pull.ErrNotFound) && !errors.Is(err, pull.ErrForbidden) {
		v.log.WarnContext(ctx, "the forge does not say who may read a repository; its pages are not shown", "repo", q.repo.String(), "error", err)
		return false
	}
	may = may && err == nil
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.age != age { // an event came meanwhile: what was said may be of before
		return may
	}
	if len(v.known) >= maxKnown {
		clear(v.known)
	}
	v.known[q] = known{may, now}
	return may
}

// count counts that the forge is asked for somebody, and reports whether it may be.
func (v *visible) count(who signin.Person) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now := v.now(); now.Sub(v.since) >= seenFor || len(v.asked) >= maxKnown {
		v.since = now
		clear(v.asked)
	}
	v.asked[who]++
	return v.asked[who] <= maxAsked
}

// forget drops what a forge said.
func (v *visible) forget(forge string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.age++
	maps.DeleteFunc(v.known, func(q question, _ known) bool { return q.repo.Forge == forge })
}

// Told drops what a forge said of who may read what, where an event may have changed that: of
// members, collaborators, teams and repositories. kind is the forge's word for the event.
func (p *Pages) Told(forge, kind string) {
	for _, word := range []string{"member", "team", "organi", "repositor", "installation", "public", "collaborator", "push project"} {
		if strings.Contains(strings.ToLower(kind), word) {
			p.visible.forget(forge)
			p.admins.forget(forge)
			return
		}
	}
}
