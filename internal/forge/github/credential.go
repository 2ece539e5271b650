package github

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/golang-jwt/jwt/v4"
)

// keyring holds the App's key, or the token, and reads it again where GitHub
// refuses it, as after a rotation.
type keyring struct {
	cfg *Config

	mu    sync.Mutex
	key   *rsa.PrivateKey
	token string
	turn  int       // goes up with each new key or token
	tried time.Time // when it was last read again
}

// reloadPause keeps many refused calls from reading the file over and over.
const reloadPause = 5 * time.Second

func parseKey(pem []byte) (*rsa.PrivateKey, error) {
	key, err := jwt.ParseRSAPrivateKeyFromPEM(pem)
	if err != nil {
		return nil, errors.New("the app's private key is no RSA key in PEM; download it again from the app's settings")
	}
	return key, nil
}

// current returns what to sign with now.
func (k *keyring) current() (key *rsa.PrivateKey, token string, turn int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.key, k.token, k.turn
}

// renew reads key or token again, unless that was done since the given turn,
// and reports whether there is a new one. What can't be read leaves the old.
func (k *keyring) renew(turn int) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.turn != turn {
		return true, nil
	}
	if k.cfg.Reload == nil || k.cfg.Now().Sub(k.tried) < reloadPause {
		return false, nil
	}
	k.tried = k.cfg.Now()
	data, err := k.cfg.Reload()
	if err != nil {
		return false, fmt.Errorf("read the credential again: %w", err)
	}
	if k.cfg.App == nil {
		if string(data) == k.token {
			return false, nil
		}
		k.token = string(data)
	} else {
		key, err := parseKey(data)
		if err != nil || key.Equal(k.key) {
			return false, err
		}
		k.key = key
	}
	k.turn++
	return true, nil
}

// credential signs requests as the App, as an installation of it, or with the
// token.
type credential struct {
	ring         *keyring
	installation int64 // 0: the token; appItself: the App
	api          string
	base         http.RoundTripper

	mu     sync.Mutex
	signer http.RoundTripper
	turn   int       // of the keyring, when signer was made
	made   time.Time // when GitHub gave the present token of an installation
}

// A token that was just made is unknown to some of GitHub's servers for some
// seconds, and then known without its permissions: calls are answered 401, then 403
// (octokit/auth-app.js#65, octokit/handbook#8).
const (
	tokenYoung = 10 * time.Second // so long after it was made that may be so
	tokenTries = 3                // a wait of Waits.Token before the first of them, twice as long before each other
)

// RoundTrip sends a signed request. One that is refused while the token is young is
// sent again after some seconds. Where GitHub refuses the credential, that is
// renewed and the request sent once more. Both need its body to be had again.
func (c *credential) RoundTrip(req *http.Request) (*http.Response, error) {
	signer, turn := c.current()
	res, err := signer.RoundTrip(req)
	wait := c.ring.cfg.Waits.Token
	for range tokenTries {
		if err != nil || !repeatable(req) || !c.early(res) || pause(req.Context(), wait) != nil {
			break
		}
		res, err = resend(signer, req, res)
		wait *= 2
	}
	if !unauthorized(res, err) {
		return res, err
	}
	renewed, problem := c.ring.renew(turn)
	if problem != nil {
		err = errors.Join(err, problem)
	}
	// An installation's token may have been revoked before its time.
	if !renewed && c.installation <= 0 || !repeatable(req) {
		return res, err
	}
	return resend(c.afresh(signer), req, res)
}

// repeatable reports whether a request's body can be had again.
func repeatable(req *http.Request) bool { return req.Body == nil || req.GetBody != nil }

// resend sends a request once more, and closes its first answer.
func resend(by http.RoundTripper, req *http.Request, first *http.Response) (*http.Response, error) {
	if first != nil {
		first.Body.Close()
	}
	again := req.Clone(req.Context())
	if req.Body != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		again.Body = body
	}
	return by.RoundTrip(again)
}

// early reports whether a refusal may be for the youth of the token.
func (c *credential) early(res *http.Response) bool {
	if !c.young() || res.StatusCode != http.StatusForbidden {
		return c.young() && res.StatusCode == http.StatusUnauthorized
	}
	limit, err := meter.LimitOf(res, c.ring.cfg.Now())
	return err == nil && limit == nil
}

// young reports whether an installation's token was made just now.
func (c *credential) young() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.installation > 0 && c.ring.cfg.Now().Before(c.made.Add(tokenYoung))
}

func (c *credential) gotToken() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made = c.ring.cfg.Now()
}

// pause waits, unless the context ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func unauthorized(res *http.Response, err error) bool {
	return err == nil && res.StatusCode == http.StatusUnauthorized || err != nil && status(err) == http.StatusUnauthorized
}

// current returns the signer of the present key.
func (c *credential) current() (http.RoundTripper, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, _, turn := c.ring.current(); c.signer == nil || c.turn != turn {
		c.make()
	}
	return c.signer, c.turn
}

// afresh returns a signer other than the one that was refused.
func (c *credential) afresh(refused http.RoundTripper) http.RoundTripper {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.signer == refused {
		c.make()
	}
	return c.signer
}

func (c *credential) make() {
	key, token, turn := c.ring.current()
	c.turn = turn
	if c.installation == 0 {
		c.signer = &bearer{token, c.base}
		return
	}
	app := ghinstallation.NewAppsTransportFromPrivateKey(tokenGuard{c.base, c.gotToken}, c.ring.cfg.App.ID, key)
	app.BaseURL = c.api
	c.signer = app
	if c.installation != appItself {
		install := ghinstallation.NewFromAppsTransport(app, c.installation)
		install.BaseURL = c.api
		c.signer = install
	}
}

// tokenGuard refuses answers to the making of a token that hold none: the
// library takes any 2xx for one. It tells of each token that was made.
type tokenGuard struct {
	base http.RoundTripper
	made func()
}

// maxToken bounds such an answer, in bytes.
const maxToken = 1 << 20

func (g tokenGuard) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := g.base.RoundTrip(req)
	if err != nil || req.Method != http.MethodPost || !strings.HasSuffix(req.URL.Path, "/access_tokens") || res.StatusCode/100 != 2 {
		return res, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxToken))
	res.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("read the installation's token: %w", err)
	}
	var made struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires_at"`
	}
	if json.Unmarshal(body, &made) != nil || made.Token == "" || made.Expires.IsZero() {
		return nil, errors.New("the answer to the making of an installation's token holds none")
	}
	g.made()
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// bearer adds a token.
type bearer struct {
	token string
	base  http.RoundTripper
}

func (b *bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+b.token)
	return b.base.RoundTrip(req)
}
