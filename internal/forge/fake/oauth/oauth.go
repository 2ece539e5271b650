// Package oauth is how the doubles of forges let people sign in to an application (RFC 6749,
// "Authorization Code Grant"; RFC 7636 where an application asks for it).
//
// It promises to be no kinder than the forges: a code is good for once and for the address that
// it was given for, and whoever does not know the application's secret has no token.
package oauth

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
)

// App is an application's registration.
type App struct {
	ClientID, Secret string
	// Choose answers people of whom the query does not say who they are, by as=LOGIN; nil: they
	// say no.
	Choose http.HandlerFunc
}

// Desk is where a forge asks people, and gives tokens. Its methods may be called from several
// goroutines. Nobody signs in before Allow.
type Desk struct {
	// Refused is the status where no token is given. GitHub answers 200 (docs.github.com,
	// "Troubleshooting OAuth app access token request errors").
	Refused int

	mu    sync.Mutex
	app   App
	codes map[string]grant
	given int
}

// grant is what a person allowed, until it is changed for a token.
type grant struct{ login, challenge, redirect string }

// Allow has people sign in to an application, and forgets what was allowed before.
func (d *Desk) Allow(app App) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.app, d.codes = app, map[string]grant{}
}

// Authorize sends a browser back with a code, as if its person had said yes.
func (d *Desk) Authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	d.mu.Lock()
	app := d.app
	d.mu.Unlock()
	switch login := q.Get("as"); {
	case err != nil || app.ClientID == "" || q.Get("client_id") != app.ClientID:
		http.NotFound(w, r)
		return
	case login == "" && app.Choose != nil:
		app.Choose(w, r)
		return
	default:
		back.RawQuery = d.answer(login, q).Encode()
	}
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// answer is what somebody's browser takes back: a code, or that they said no.
func (d *Desk) answer(login string, q url.Values) url.Values {
	answer := url.Values{"state": {q.Get("state")}}
	if login == "" {
		answer.Set("error", "access_denied")
		return answer
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.given++
	code := fmt.Sprintf("code-%d", d.given)
	d.codes[code] = grant{login, q.Get("code_challenge"), q.Get("redirect_uri")}
	answer.Set("code", code)
	return answer
}

// Exchange gives a token for a code, once.
func (d *Desk) Exchange(w http.ResponseWriter, r *http.Request) {
	code := r.PostFormValue("code")
	d.mu.Lock()
	app, allowed := d.app, d.codes[code]
	delete(d.codes, code)
	d.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	status, answer := http.StatusOK, map[string]string{"access_token": "token-" + allowed.login, "token_type": "bearer", "scope": ""}
	switch {
	case app.ClientID == "" || r.PostFormValue("client_id") != app.ClientID || r.PostFormValue("client_secret") != app.Secret:
		status, answer = cmp.Or(d.Refused, http.StatusUnauthorized), map[string]string{"error": "incorrect_client_credentials"}
	case allowed.login == "" || cmp.Or(r.PostFormValue("redirect_uri"), allowed.redirect) != allowed.redirect ||
		allowed.challenge != "" && allowed.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		status, answer = cmp.Or(d.Refused, http.StatusUnauthorized), map[string]string{"error": "bad_verification_code"}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // whoever asked may be gone
}
