package signin

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// flow is what a browser holds between the way to a forge and the way back. It is in a cookie
// of its own, so that who begins and never comes back leaves nothing with us.
type flow struct {
	Forge    string `json:"forge"`
	State    string `json:"state"`    // that the forge gives back
	Verifier string `json:"verifier"` // of the code (RFC 7636)
	Back     string `json:"back"`     // page to show after it
}

func (f flow) encode() string {
	data, err := json.Marshal(f)
	if err != nil {
		return "" // unreachable: texts can be written
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// flow reads what a browser holds.
func (d *Desk) flow(r *http.Request) (f flow, ok bool) {
	c, err := r.Cookie(d.cookie("-signin"))
	if err != nil {
		return f, false
	}
	data, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || json.Unmarshal(data, &f) != nil {
		return f, false
	}
	f.Back = Local(f.Back)
	return f, f.State != ""
}

// setFlow has a browser hold a text for so many seconds, or no more where they are negative.
func (d *Desk) setFlow(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: d.cookie("-signin"), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: d.secure,
		SameSite: http.SameSiteLaxMode})
}

func sameSecret(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// Start is the page that is shown where no other is named.
const Start = "/-/me"

const maxBack = 512 // bytes of an address

// Local returns the address of a page of ours that a text names, and Start for anything else:
// another host's, one of signing in, or one that a browser may read in another way.
func Local(text string) string {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxBack || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(text, "/") || strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' || c == '\\' }) {
		return Start
	}
	clean := path.Clean(u.Path)
	if clean != strings.TrimSuffix(u.Path, "/") || strings.HasPrefix(clean, "/-/sign") {
		return Start
	}
	return (&url.URL{Path: clean, RawQuery: u.RawQuery}).String()
}
