package web

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/web/signin"
)

// AdminTeam is a team whose members are admins.
type AdminTeam struct {
	Forge  string
	Name   string // organisation/slug
	Source Teams
}

// Teams tells who is in a team, as seam.Source does.
type Teams interface {
	Team(ctx context.Context, repo pull.Repo, team string) (policy.Team, error)
}

// members asks the forge who is in it.
func (t *AdminTeam) members(ctx context.Context) ([]pull.Person, error) {
	org, _, _ := strings.Cut(t.Name, "/")
	team, err := t.Source.Team(ctx, pull.Repo{Forge: t.Forge, Owner: org}, t.Name)
	if err == nil && team.Unread != "" {
		err = errors.New(team.Unread)
	}
	return team.Members, err
}

const (
	membersFor    = time.Minute      // that members whom a forge named are believed to be in a team
	teamUnreadFor = 10 * time.Second // that a team which could not be read has nobody
	memberWait    = 2 * time.Second  // that one page waits for the forge
	memberRead    = 30 * time.Second // that reading a team may take
)

// admins knows who is an admin: who is listed, and the members of teams that are.
type admins struct {
	listed func(forge, login string) bool // nil: nobody is
	teams  []*adminTeam
	log    *slog.Logger
	now    func() time.Time
}

func newAdmins(s *Steward, log *slog.Logger, now func() time.Time) *admins {
	a := &admins{listed: s.IsAdmin, log: log, now: now}
	for _, t := range s.Teams {
		a.teams = append(a.teams, &adminTeam{AdminTeam: t})
	}
	return a
}

// adminTeam is a team, and who was in it when the forge was asked last.
type adminTeam struct {
	AdminTeam

	mu      sync.Mutex
	people  []pull.Person
	until   time.Time     // that they are believed
	age     int           // how often what was known was forgotten
	reading chan struct{} // closed when it was read; nil where nobody reads it
}

// are reports whether somebody who signed in is an admin, as far as it is known or can be
// found out soon.
func (a *admins) are(ctx context.Context, who signin.Person) bool {
	ctx, cancel := context.WithTimeout(ctx, memberWait)
	defer cancel()
	return a.isListed(who) || slices.ContainsFunc(a.teams, func(t *adminTeam) bool {
		return t.Forge == who.Forge && a.fresh(ctx, t) && t.has(who)
	})
}

// seem reports whether somebody who signed in was an admin when it was found out last. It waits for
// nobody, and has what it does not know be found out.
func (a *admins) seem(ctx context.Context, who signin.Person) bool {
	return a.isListed(who) || slices.ContainsFunc(a.teams, func(t *adminTeam) bool {
		if t.Forge != who.Forge {
			return false
		}
		a.read(ctx, t)
		return t.has(who)
	})
}

func (a *admins) isListed(who signin.Person) bool {
	return a.listed != nil && a.listed(who.Forge, who.Login)
}

// has reports whether somebody is a member, by the number of the account.
func (t *adminTeam) has(who signin.Person) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return who.ID != 0 && slices.ContainsFunc(t.people, func(p pull.Person) bool { return p.ID == who.ID })
}

// fresh reports whether it is known who is in a team just now; it waits for the forge until ctx
// is done.
func (a *admins) fresh(ctx context.Context, t *adminTeam) bool {
	reading := a.read(ctx, t)
	if reading == nil {
		return true
	}
	select {
	case <-reading:
		return true
	case <-ctx.Done():
		return false
	}
}

// read has a team be read of which it is not known who is in it, once at a time, and returns what
// is closed when it was; nil where it is known.
func (a *admins) read(ctx context.Context, t *adminTeam) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reading != nil || a.now().Before(t.until) {
		return t.reading
	}
	done, age := make(chan struct{}), t.age
	t.reading = done
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), memberRead)
		defer cancel()
		people, err := t.members(ctx)
		if err != nil {
			a.log.WarnContext(ctx, "a team of admins can't be read; nobody is an admin by it", "forge", t.Forge, "team", t.Name, "error", err)
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.reading = nil
		close(done)
		if t.age != age { // an event came meanwhile: what was read may be of before
			t.people, t.until = nil, time.Time{}
			return
		}
		t.people, t.until = people, a.now().Add(membersFor)
		if err != nil {
			t.people, t.until = nil, a.now().Add(teamUnreadFor)
		}
	}()
	return done
}

// forget drops who is in the teams of a forge, after an event.
func (a *admins) forget(forge string) {
	for _, t := range a.teams {
		if t.Forge == forge {
			t.mu.Lock()
			t.age++
			t.people, t.until = nil, time.Time{}
			t.mu.Unlock()
		}
	}
}
