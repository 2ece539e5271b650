// Package signin lets people prove who they are by their forge's OAuth 2.0, and remembers it.
//
// It promises that a session is of whoever the forge named for the very browser that began,
// that what a browser holds tells nothing and is stored nowhere, that a session ends when its
// time is over, when it is not used, and at once when somebody signs out, and that strangers
// cause neither rows in a database nor more than a few calls. A forge's token is used once, to
// ask whose it is, and thrown away. What people may see is decided by who asks.
package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"golang.org/x/oauth2"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Lifetime is how long somebody is signed in at most.
const Lifetime = 7 * 24 * time.Hour

// Idle is how long they are without a look at a page.
const Idle = 24 * time.Hour

const (
	flowTime    = 10 * time.Minute // from the way to the forge to the way back
	callTimeout = 10 * time.Second // of each call to the forge
	maxAnswer   = 1 << 20          // bytes of what it says
	atOnce      = 4                // people whose coming back is looked at at once
)

// Forge is one by which people sign in.
type Forge struct {
	seam.SignIn

	ClientID, Secret string // of the gate's registration
}

// Config says who may sign in where. All fields are set.
type Config struct {
	Home      string           // address at which people reach the pages, without a slash at its end
	Forges    map[string]Forge // by configured name
	Sessions  history.Sessions
	Transport http.RoundTripper // carries the calls to forges
}

// Person is somebody who signed in.
type Person struct {
	Forge string // configured name
	pull.Person
}

// Desk signs people in and out.
type Desk struct {
	cfg      Config
	sessions *scs.SessionManager
	client   *http.Client
	comers   comers
	turn     chan struct{}
	secure   bool
}

// New makes no call.
func New(cfg Config) *Desk {
	d := &Desk{cfg: cfg, secure: strings.HasPrefix(cfg.Home, "https://"), turn: make(chan struct{}, atOnce),
		client: &http.Client{Timeout: callTimeout, Transport: cfg.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	d.sessions = &scs.SessionManager{Lifetime: Lifetime, IdleTimeout: Idle, Store: shelf{cfg.Sessions}, Codec: codec{}, HashTokenInStore: true,
		Cookie: scs.SessionCookie{Name: d.cookie(""), HttpOnly: true, Path: "/", SameSite: http.SameSiteLaxMode, Secure: d.secure,
			Persist: true}}
	return d
}

// cookie is the name of one of ours. Browsers let none but this host set one of that prefix
// (RFC 6265bis, 4.1.3.2).
func (d *Desk) cookie(name string) string {
	if d.secure {
		return "__Host-reviewgate" + name
	}
	return "reviewgate" + name
}

// Forges lists the names of the forges by which people sign in.
func (d *Desk) Forges() []string { return slices.Sorted(maps.Keys(d.cfg.Forges)) }

// Why somebody could not sign in.
const (
	Unknown = "unknown" // nobody signs in by a forge of that name
	Often   = "often"   // too many tries from one address
	Again   = "again"   // what came back does not belong to what this browser began
	Refused = "refused" // the person, or the forge, said no
	Away    = "away"    // the forge did not say who it is
)

// Error says why.
type Error struct {
	Why string // one of the words above
	err error  // for the log; may be nil
}

func (e *Error) Error() string {
	if e.err == nil {
		return "sign in: " + e.Why
	}
	return fmt.Sprintf("sign in: %s: %v", e.Why, e.err)
}

// Unwrap returns what it came from.
func (e *Error) Unwrap() error { return e.err }

// oauth is the registration at a forge.
func (d *Desk) oauth(name string) (Forge, *oauth2.Config, error) {
	f, ok := d.cfg.Forges[name]
	if !ok {
		return f, nil, &Error{Why: Unknown}
	}
	return f, &oauth2.Config{ClientID: f.ClientID, ClientSecret: f.Secret, Scopes: f.Scopes,
		RedirectURL: d.cfg.Home + "/-/signin/" + name + "/back",
		Endpoint:    oauth2.Endpoint{AuthURL: f.AuthURL, TokenURL: f.TokenURL, AuthStyle: oauth2.AuthStyleInParams}}, nil
}

// Begin returns the address at a forge to which a browser is sent to sign in. It is to come
// back to a page of ours; an address of anything else is not kept.
func (d *Desk) Begin(w http.ResponseWriter, r *http.Request, forge, back string) (string, error) {
	f, cfg, err := d.oauth(forge)
	if err != nil {
		return "", err
	}
	if !d.comers.allow(addressOf(r), time.Now()) {
		return "", &Error{Why: Often}
	}
	began := flow{Forge: forge, State: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier(), Back: Local(back)}
	d.setFlow(w, began.encode(), int(flowTime.Seconds()))
	var options []oauth2.AuthCodeOption
	if f.PKCE {
		options = append(options, oauth2.S256ChallengeOption(began.Verifier))
	}
	return cfg.AuthCodeURL(began.State, options...), nil
}

// Finish signs in whom a forge sent back, and returns the page to show. An *Error says why it
// does not.
func (d *Desk) Finish(w http.ResponseWriter, r *http.Request, forge string) (back string, err error) {
	f, cfg, err := d.oauth(forge)
	if err != nil {
		return "", err
	}
	began, ok := d.flow(r)
	d.setFlow(w, "", -1) // whatever comes of it, it is over
	q := r.URL.Query()
	switch {
	case !ok || began.Forge != forge || !sameSecret(began.State, q.Get("state")):
		return "", &Error{Why: Again}
	case q.Get("error") != "" || q.Get("code") == "":
		return "", &Error{Why: Refused}
	case !d.comers.allow(addressOf(r), time.Now()):
		return "", &Error{Why: Often}
	}
	who, err := d.ask(r.Context(), f, cfg, q.Get("code"), began.Verifier)
	if err != nil {
		return "", err
	}
	return began.Back, d.start(w, r, Person{forge, who})
}

// ask changes a code for a token, and asks whose that is.
func (d *Desk) ask(ctx context.Context, f Forge, cfg *oauth2.Config, code, verifier string) (pull.Person, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return pull.Person{}, &Error{Away, ctx.Err()}
	}
	var options []oauth2.AuthCodeOption
	if f.PKCE {
		options = append(options, oauth2.VerifierOption(verifier))
	}
	token, err := cfg.Exchange(context.WithValue(ctx, oauth2.HTTPClient, d.client), code, options...)
	if err != nil {
		return pull.Person{}, &Error{Away, withoutBody(err)}
	}
	who, err := d.whose(ctx, f, token.AccessToken)
	if err != nil {
		return pull.Person{}, &Error{Away, err}
	}
	return who, nil
}

// withoutBody keeps of a refusal what the log may have: a body may repeat what was sent.
func withoutBody(err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return fmt.Errorf("change the code for a token: %w", err)
	}
	return fmt.Errorf("the forge gives no token: HTTP %d %s; see that client_id, client_secret_file and the callback address are those of "+
		"its registration", refused.Response.StatusCode, strconv.Quote(refused.ErrorCode))
}

// whose asks a forge who somebody is.
func (d *Desk) whose(ctx context.Context, f Forge, token string) (who pull.Person, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.UserURL, nil)
	if err != nil {
		return who, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	res, err := d.client.Do(req)
	if err != nil {
		return who, fmt.Errorf("ask whose token it is: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return who, fmt.Errorf("ask whose token it is: HTTP %d", res.StatusCode)
	}
	var answer struct {
		ID    any    `json:"id"` // a number or a text
		Login string `json:"login"`
	}
	read := json.NewDecoder(io.LimitReader(res.Body, maxAnswer))
	read.UseNumber()
	if err := read.Decode(&answer); err != nil {
		return who, fmt.Errorf("ask whose token it is: %w", err)
	}
	switch id := answer.ID.(type) {
	case json.Number:
		who = pull.Person{Login: answer.Login, ID: pull.AccountNumber(id.String())}
	case string:
		who = pull.Person{Login: answer.Login, ID: pull.AccountNumber(id)}
	}
	if who.ID == 0 || who.Login == "" {
		return pull.Person{}, errors.New("ask whose token it is: the forge names no account")
	}
	return who, nil
}
