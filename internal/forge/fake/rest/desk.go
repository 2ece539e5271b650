package rest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// Role is what somebody is to do with a pull request.
type Role string

// The roles. Reviewers stand beside assignees on GitCode alone.
const (
	Assignee Role = "assignee"
	Reviewer Role = "reviewer"
	Tester   Role = "tester"
)

// Desk is who is to look at a pull request, and who has accepted it. Its fields are read
// under the forge's lock.
type Desk struct {
	Seats     []*Seat
	Assignees int // how many of them must accept
	Reviewers int
	Testers   int
	Log       []Row // oldest first
}

// Seat is somebody at a desk.
type Seat struct {
	Role      Role
	Who       *fake.Account
	Accept    bool // and no more: neither for which commit nor when
	Default   bool // by the repository's settings
	CodeOwner bool
}

// Defaults are whom a repository has look at each new pull request.
type Defaults struct {
	Assignees, Testers             []*fake.Account
	AssigneesNumber, TestersNumber int
	// ThreadsResolved lets nothing merge while a thread is not resolved.
	ThreadsResolved bool
}

// Deed is what happened at a desk.
type Deed string

// The deeds.
const (
	Seated   Deed = "seated"
	Left     Deed = "left"
	Accepted Deed = "accepted"
	TookBack Deed = "took back"
	Cleared  Deed = "cleared" // all acceptances, by a push or another base
)

// Act is a deed: By did it, for Who.
type Act struct {
	Deed    Deed
	Role    Role
	By, Who *fake.Account
	Pull    *fake.PullRequest
}

// Row is an entry of a pull request's log: an act, or what the model told.
type Row struct {
	ID    int64
	At    time.Time
	Act   Act
	Event fake.Event
}

// By is who did it.
func (r Row) By() *fake.Account {
	if r.Act.By != nil {
		return r.Act.By
	}
	return r.Event.By
}

// Desk is that of a pull request; under the lock.
func (s *Server) Desk(p *fake.PullRequest) *Desk {
	d := s.desks[p.ID]
	if d == nil {
		d = &Desk{}
		s.desks[p.ID] = d
	}
	return d
}

// Defaults are those of a repository; under the lock.
func (s *Server) Defaults(r *fake.Repo) *Defaults {
	d := s.customs[r.ID]
	if d == nil {
		d = &Defaults{}
		s.customs[r.ID] = d
	}
	return d
}

// In lists the seats of a role, without accounts that are gone.
func (d *Desk) In(role Role) []*Seat {
	return slices.DeleteFunc(slices.Clone(d.Seats), func(seat *Seat) bool { return seat.Role != role || seat.Who.Deleted })
}

// seat finds somebody's seat; nil if there is none.
func (d *Desk) seat(role Role, who *fake.Account) *Seat {
	i := slices.IndexFunc(d.Seats, func(seat *Seat) bool { return seat.Role == role && seat.Who == who })
	if i < 0 {
		return nil
	}
	return d.Seats[i]
}

// Passed reports whether as many of a role have accepted as must.
func (d *Desk) Passed(role Role) bool {
	need := map[Role]int{Assignee: d.Assignees, Reviewer: d.Reviewers, Tester: d.Testers}[role]
	for _, seat := range d.In(role) {
		if seat.Accept {
			need--
		}
	}
	return need <= 0
}

// act does something at a desk: it is logged, told, and moves the pull request as far as it
// does on the forge.
func (s *Server) act(a Act) {
	d := s.Desk(a.Pull)
	d.Log = append(d.Log, Row{ID: s.NextID(), At: s.Now(), Act: a})
	if s.Is(ApprovalsMove) {
		a.Pull.Touch()
	}
	if a.Deed == Cleared { // by what is told itself
		s.dialect.HeedAct(a)
		return
	}
	s.Listen(a.By, func() { s.dialect.HeedAct(a) })
}

// Sit gives somebody a seat, unless it is there; under the lock.
func (s *Server) Sit(p *fake.PullRequest, role Role, who, by *fake.Account) {
	if d := s.Desk(p); d.seat(role, who) == nil {
		d.Seats = append(d.Seats, &Seat{Role: role, Who: who})
		s.act(Act{Seated, role, by, who, p})
	}
}

// Leave takes a seat away, with what was accepted there; under the lock.
func (s *Server) Leave(p *fake.PullRequest, role Role, who, by *fake.Account) {
	d := s.Desk(p)
	if seat := d.seat(role, who); seat != nil {
		d.Seats = slices.DeleteFunc(d.Seats, func(o *Seat) bool { return o == seat })
		s.act(Act{Left, role, by, who, p})
	}
}

// Accept has somebody accept at a seat, and reports whether there is one; under the lock.
func (s *Server) Accept(p *fake.PullRequest, role Role, who *fake.Account) bool {
	seat := s.Desk(p).seat(role, who)
	if seat != nil && !seat.Accept {
		seat.Accept = true
		s.act(Act{Accepted, role, who, who, p})
	}
	return seat != nil
}

// TakeBack has somebody take back what was accepted at a seat; under the lock.
func (s *Server) TakeBack(p *fake.PullRequest, role Role, who *fake.Account) {
	if seat := s.Desk(p).seat(role, who); seat != nil && seat.Accept {
		seat.Accept = false
		s.act(Act{TookBack, role, who, who, p})
	}
}

// clear takes back all that was accepted.
func (s *Server) clear(p *fake.PullRequest, by *fake.Account, roles ...Role) {
	some := false
	for _, seat := range s.Desk(p).Seats {
		if len(roles) == 0 || slices.Contains(roles, seat.Role) {
			some = some || seat.Accept
			seat.Accept = false
		}
	}
	if some {
		s.act(Act{Deed: Cleared, By: by, Pull: p})
	}
}

// Askable finds people who may be given a seat: those who may write. Of others a call is
// refused, or they are passed over. Under the lock.
func (s *Server) Askable(r *fake.Repo, logins []string) ([]*fake.Account, error) {
	var out []*fake.Account
	for _, login := range logins {
		a, err := s.FindAccount(strings.TrimSpace(login))
		switch {
		case err == nil && r.Granted(a) >= fake.Write:
			out = append(out, a)
		case !s.Is(AskingIgnored):
			return nil, Refuse(http.StatusBadRequest, "%s can not be found in the members of the project", login)
		}
	}
	return out, nil
}

// SeatNamed handles a call that gives people seats, by a value with their logins.
func SeatNamed(role Role, name string) func(*Call) error {
	return func(c *Call) error {
		people, err := c.s.Askable(c.Repo, c.Names(name))
		for _, who := range people {
			c.s.Sit(c.Pull, role, who, c.Who)
		}
		return err
	}
}

// Unseat handles a call that takes seats away.
func Unseat(role Role, name string) func(*Call) error {
	return func(c *Call) error {
		for _, login := range c.Names(name) {
			if a, err := c.s.FindAccount(login); err == nil {
				c.s.Leave(c.Pull, role, a, c.Who)
			}
		}
		return nil
	}
}

// Pass handles a call by which somebody accepts at a seat; with force, who administrates
// accepts for all.
func Pass(roles ...Role) func(*Call) error {
	return func(c *Call) error {
		if c.Yes("force") {
			return c.force(roles)
		}
		if !c.Pull.IsOpen {
			return Refuse(http.StatusBadRequest, "the pull request is not open")
		}
		seated := false
		for _, role := range roles {
			seated = c.s.Accept(c.Pull, role, c.Who) || seated
		}
		if !seated {
			return Refuse(http.StatusForbidden, "403 Forbidden")
		}
		return nil
	}
}

func (c *Call) force(roles []Role) error {
	if c.s.Level(c.Repo, c.Who) < fake.Admin {
		return Refuse(http.StatusForbidden, "403 Forbidden")
	}
	for _, seat := range c.s.Desk(c.Pull).Seats {
		if slices.Contains(roles, seat.Role) {
			c.s.Accept(c.Pull, seat.Role, seat.Who)
		}
	}
	return nil
}

// Reset handles a call that takes acceptances back: the caller's, or with reset_all, which
// is for who administrates, everybody's.
func Reset(roles ...Role) func(*Call) error {
	return func(c *Call) error {
		all := c.Yes("reset_all")
		if all && c.s.Level(c.Repo, c.Who) < fake.Admin {
			return Refuse(http.StatusForbidden, "403 Forbidden")
		}
		if all || c.s.Is(ResetAsOne) {
			c.s.clear(c.Pull, c.Who, roles...)
			return nil
		}
		for _, role := range roles {
			c.s.TakeBack(c.Pull, role, c.Who)
		}
		return nil
	}
}
