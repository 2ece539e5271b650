package web

import (
	"net/http"

	"github.com/reviewgate/reviewgate/internal/web/signin"
)

// Entrance is the page on which people choose by which forge they sign in.
type Entrance struct {
	Forges []string `json:"forges"` // configured names
	Back   string   `json:"back"`   // page that is shown after it
}

func (e *Entrance) write(w http.ResponseWriter, p *Pages, v visitor) {
	p.show(w, v, http.StatusOK, "signin.html", frame{Title: p.words.say(v.language, "signin"), Body: e})
}

// elsewhere sends a browser on.
type elsewhere string

func (e elsewhere) write(w http.ResponseWriter, _ *Pages, _ visitor) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Location", string(e))
	w.WriteHeader(http.StatusSeeOther)
}

func (p *Pages) signIn(_ http.ResponseWriter, r *http.Request, _ visitor) (page, error) {
	return &Entrance{p.cfg.Desk.Forges(), signin.Local(r.URL.Query().Get("back"))}, nil
}

// begin sends a browser to a forge.
func (p *Pages) begin(w http.ResponseWriter, r *http.Request, _ visitor) (page, error) {
	to, err := p.cfg.Desk.Begin(w, r, r.PathValue("forge"), r.URL.Query().Get("back"))
	return elsewhere(to), err
}

// finish signs in who comes back from a forge.
func (p *Pages) finish(w http.ResponseWriter, r *http.Request, _ visitor) (page, error) {
	back, err := p.cfg.Desk.Finish(w, r, r.PathValue("forge"))
	return elsewhere(back), err
}

func (p *Pages) signOut(w http.ResponseWriter, r *http.Request, _ visitor) (page, error) {
	return elsewhere("/-/signin"), p.cfg.Desk.End(w, r)
}

// notSignedIn says why somebody is not, and what to do.
func (p *Pages) notSignedIn(w http.ResponseWriter, r *http.Request, v visitor, why *signin.Error) {
	code := http.StatusForbidden
	switch why.Why {
	case signin.Often:
		code = http.StatusTooManyRequests
		w.Header().Set("Retry-After", "60")
	case signin.Away:
		code = http.StatusBadGateway
		p.cfg.Log.WarnContext(r.Context(), "somebody could not sign in", "forge", r.PathValue("forge"), "error", why)
	}
	title := p.words.say(v.language, "signin.fail."+why.Why)
	v.path, v.query = "/-/signin", nil
	p.show(w, v, code, "signin.html", frame{Title: title, Body: &Entrance{p.cfg.Desk.Forges(), signin.Start}})
}
