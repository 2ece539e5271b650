package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/web/signin"
)

// Steward is what admins are shown of the service, and may do. All fields are set, but Teams.
type Steward struct {
	IsAdmin  func(forge, login string) bool
	Teams    []AdminTeam
	Work     Work
	State    func() service.State
	Settings string // the configuration in effect, without secrets
	Version  string // of the program
}

// Work is what the service has to do.
type Work interface {
	Backlog(ctx context.Context) (queue.Backlog, error)
	// Jobs lists the references that have work, the longest unserved first.
	Jobs(ctx context.Context) ([]queue.Job, error)
	// Retry has references that have work run at once, or all that were given up if none is
	// named, and tells which.
	Retry(ctx context.Context, refs []pull.Ref) ([]pull.Ref, error)
}

// Admin is the page of how the service fares.
type Admin struct {
	service.State

	Version  string    `json:"version"`
	Waiting  int       `json:"waiting"`
	Running  int       `json:"running"`
	Retrying int       `json:"retrying"`
	GivenUp  int       `json:"given_up"`
	Oldest   time.Time `json:"oldest,omitzero"` // when the longest unfinished work arrived
	Dead     []Dead    `json:"dead"`            // work that was given up, MaxDead of it at most
	Settings string    `json:"settings"`
}

// Dead is work that was given up.
type Dead struct {
	Ref      string    `json:"ref"`
	Failures int       `json:"failures"`
	At       time.Time `json:"at"` // when it was given up
	Error    string    `json:"error"`
}

const (
	maxDead = 200     // pieces of work that one page lists
	maxForm = 4 << 10 // bytes of what a form sends
)

// admin reads the page of how the service fares. Whoever is no admin is told that there is none.
func (p *Pages) admin(_ http.ResponseWriter, r *http.Request, v visitor) (page, error) {
	if !v.signed || !p.admins.are(r.Context(), v.who) {
		return nil, errNoPage
	}
	work := p.cfg.Steward.Work
	now, err := work.Backlog(r.Context())
	if err != nil {
		return nil, err
	}
	jobs, err := work.Jobs(r.Context())
	if err != nil {
		return nil, err
	}
	out := &Admin{State: p.cfg.Steward.State(), Version: p.cfg.Steward.Version, Waiting: now.Waiting, Running: now.Running,
		Retrying: now.Retrying, GivenUp: now.Dead, Oldest: now.Oldest, Dead: []Dead{}, Settings: p.cfg.Steward.Settings}
	for _, j := range jobs {
		if j.State == queue.Dead && len(out.Dead) < maxDead {
			line, _, _ := strings.Cut(j.Err, "\n") // a panic's error has its stack below
			out.Dead = append(out.Dead, Dead{j.Ref.String(), j.Failures, j.Due, line})
		}
	}
	return out, nil
}

// retry has work tried again that was given up: what the form names, or all of it.
func (p *Pages) retry(w http.ResponseWriter, r *http.Request, v visitor) (page, error) {
	if !v.signed || !p.admins.are(r.Context(), v.who) {
		return nil, errNoPage
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	var refs []pull.Ref
	if text := r.PostFormValue("ref"); text != "all" {
		ref, err := pull.ParseRef(text)
		if err != nil {
			return nil, errNoPage
		}
		refs = []pull.Ref{ref}
	}
	jobs, err := p.cfg.Steward.Work.Jobs(r.Context())
	if err != nil {
		return nil, err
	}
	dead := func(ref pull.Ref) bool {
		return slices.ContainsFunc(jobs, func(j queue.Job) bool {
			return j.State == queue.Dead && strings.EqualFold(j.Ref.String(), ref.String())
		})
	}
	if slices.ContainsFunc(refs, func(ref pull.Ref) bool { return !dead(ref) }) { // somebody else, or an event, was first
		return elsewhere("/-/admin"), nil
	}
	retried, err := p.cfg.Steward.Work.Retry(r.Context(), refs)
	if err != nil {
		return nil, err
	}
	for _, ref := range retried {
		p.cfg.Log.InfoContext(r.Context(), "an admin has work tried again that was given up", append(ref.Fields(), "admin", adminName(v.who))...)
	}
	return elsewhere("/-/admin"), nil
}

func adminName(who signin.Person) string { return who.Forge + ":" + who.Login }

func (a *Admin) write(w http.ResponseWriter, p *Pages, v visitor) {
	p.show(w, v, http.StatusOK, "admin.html", frame{Title: p.words.say(v.language, "admin"), Body: a})
}
