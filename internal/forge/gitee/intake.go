package gitee

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/webhook"
)

// How deliveries prove themselves.
const (
	Signature = "signature" // by a sum over a time and the secret or, of a GitCode, over the body
	Password  = "password"  // by the secret itself
)

// freshFor is how far the time that a delivery signs may be from ours. The server's own
// word is an hour, for which anybody who saw a delivery could send bodies of their own.
const freshFor = 5 * time.Minute

// intake takes webhooks that one secret proves, and has the forge decode them.
type intake struct {
	verify func(header http.Header, now time.Time) (webhook.Proof, error)
	*Forge
}

// Verify implements webhook.Intake.
func (i intake) Verify(header http.Header, now time.Time) (webhook.Proof, error) {
	return i.verify(header, now)
}

// Intake takes the server's webhooks in the way that is configured. Only a GitCode's
// signature covers the body: whatever else a body says is nothing but where to look.
func (f *Forge) Intake(secret []byte) (webhook.Intake, error) {
	signed, err := webhook.NewSigned(secret, "X-GitCode-Signature-256", "sha256=", "X-GitCode-Delivery")
	if err != nil {
		return nil, err
	}
	word := f.cfg.WebhookMode == Password
	switch {
	case f.isGitCode() && !word:
		return intake{signed.Verify, f}, nil
	case f.isGitCode():
		return intake{func(h http.Header, _ time.Time) (webhook.Proof, error) {
			if !same([]byte(h.Get("X-GitCode-Token")), secret) {
				return nil, webhook.ErrUnsigned
			}
			return &numbered{h.Get("X-GitCode-Delivery")}, nil
		}, f}, nil
	}
	return intake{func(h http.Header, now time.Time) (webhook.Proof, error) { return stampedBy(h, now, secret, word) }, f}, nil
}

// same compares in a time that does not tell how much of a secret is right.
func same(given, want []byte) bool {
	a, b := sha256.Sum256(given), sha256.Sum256(want)
	return hmac.Equal(a[:], b[:])
}

// numbered is the proof of a delivery of which nothing in the body is signed, and which the
// server numbers.
type numbered struct{ key string }

func (*numbered) Write(p []byte) (int, error) { return len(p), nil }

// Key implements webhook.Proof.
func (n *numbered) Key() (string, error) { return n.key, nil }

// stampedBy proves a delivery by a time and a sum over it and the secret, or by the secret
// itself, as word says.
func stampedBy(h http.Header, now time.Time, secret []byte, word bool) (webhook.Proof, error) {
	stamp, token := h.Get("X-Gitee-Timestamp"), h.Get("X-Gitee-Token")
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.UnixMilli(at)).Abs() > freshFor {
		return nil, fmt.Errorf("%w: the delivery is of another time than now", webhook.ErrUnsigned)
	}
	want := secret
	if !word {
		sum := hmac.New(sha256.New, secret)
		fmt.Fprintf(sum, "%s\n%s", stamp, secret)
		want = []byte(base64.StdEncoding.EncodeToString(sum.Sum(nil)))
	}
	if !same([]byte(token), want) {
		return nil, webhook.ErrUnsigned
	}
	return &stamped{stamp, token, sha256.New()}, nil
}

// stamped is the proof of a delivery that has no number: it is told from others by its time,
// what it was signed with, and what it says, so that it counts once. The time alone would
// not do: a push, and what it means for a pull request, are told in one millisecond. What it
// says is not signed: to change it makes another delivery, which is looked at again.
type stamped struct {
	stamp, token string
	body         hash.Hash
}

// Write implements webhook.Proof.
func (s *stamped) Write(p []byte) (int, error) { return s.body.Write(p) }

// Key implements webhook.Proof. It does not tell what was signed with.
func (s *stamped) Key() (string, error) {
	sum := sha256.Sum256(fmt.Appendf(s.body.Sum(nil), "\n%s\n%s", s.stamp, s.token))
	return hex.EncodeToString(sum[:16]), nil
}

// errForm is told of hooks of an older kind.
var errForm = errors.New("the body is a form; choose JSON in the webhook's settings")

// isForm reports whether a body is no JSON by its own word.
func isForm(h http.Header) bool { return strings.Contains(h.Get("Content-Type"), "form") }
