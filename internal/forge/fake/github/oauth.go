package github

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// OAuth is the App's registration for people who sign in by it.
type OAuth struct{ ClientID, Secret string }

// grantedCode is what a person allowed, until it is changed for a token.
type grantedCode struct{ login, challenge, redirect string }

// AllowSignIn has the server take people who sign in by the App: whom the query of
// /login/oauth/authorize names as "as" is the one whose browser it is.
func (s *Server) AllowSignIn(o OAuth) {
	s.Lock()
	defer s.Unlock()
	s.oauth, s.codes = o, map[string]grantedCode{}
}

// authorizePage sends a browser back with a code, as if its person had said yes.
func (s *Server) authorizePage(w http.ResponseWriter, r *http.Request) {
	s.Lock()
	defer s.Unlock()
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || s.oauth.ClientID == "" || q.Get("client_id") != s.oauth.ClientID {
		http.NotFound(w, r)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	if q.Get("as") == "" {
		answer.Set("error", "access_denied")
	} else {
		code := fmt.Sprintf("code-%d", len(s.codes)+1)
		s.codes[code] = grantedCode{q.Get("as"), q.Get("code_challenge"), q.Get("redirect_uri")}
		answer.Set("code", code)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// changeCode gives a token for a code, once. GitHub answers 200 whatever is wrong
// (docs.github.com, "Troubleshooting OAuth app access token request errors").
func (s *Server) changeCode(w http.ResponseWriter, r *http.Request) {
	s.Lock()
	defer s.Unlock()
	code := r.PostFormValue("code")
	grant, ok := s.codes[code]
	delete(s.codes, code)
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	answer := map[string]string{"access_token": "token-" + grant.login, "token_type": "bearer", "scope": ""}
	switch {
	case r.PostFormValue("client_id") != s.oauth.ClientID || r.PostFormValue("client_secret") != s.oauth.Secret:
		answer = map[string]string{"error": "incorrect_client_credentials"}
	case !ok || cmp.Or(r.PostFormValue("redirect_uri"), grant.redirect) != grant.redirect ||
		grant.challenge != "" && grant.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		answer = map[string]string{"error": "bad_verification_code"}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(answer) // whoever asked may be gone
}
