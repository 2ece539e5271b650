package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

const secret = "correct horse"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// inbox remembers deliveries, or fails.
type inbox struct {
	err error
	got []webhook.Delivery
}

func (i *inbox) Accept(_ context.Context, d webhook.Delivery) error {
	if i.err == nil {
		i.got = append(i.got, d)
	}
	return i.err
}

// decoder reads "look" as a hint, "bad" as a fault and the rest as nothing.
type decoder struct{ calls int }

var repo = pull.Repo{Forge: "github", Owner: "acme", Name: "kernel"}

func (d *decoder) Decode(_ http.Header, body []byte) (webhook.Event, error) {
	d.calls++
	event := webhook.Event{Kind: "push"}
	switch {
	case bytes.HasPrefix(body, []byte("look")):
		event.Hints = []webhook.Hint{{Repo: repo, Number: 12}}
	case bytes.HasPrefix(body, []byte("bad")):
		return event, errors.New("the body is no JSON of a push event")
	}
	return event, nil
}

// world is a handler with all that it touches.
type world struct {
	t       *testing.T
	inbox   inbox
	decoder decoder
	log     bytes.Buffer
	counted []string
	server  http.Handler
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	h := webhook.NewHandler(intakes(t, &w.decoder), &w.inbox,
		slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), func() time.Time { return noon })
	h.Count = func(forge, kind string, status int, reason string, _ time.Duration) {
		w.counted = append(w.counted, strings.TrimSpace(fmt.Sprintf("%s %s %d %s", forge, kind, status, reason)))
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/{forge}", h)
	w.server = mux
	return w
}

// intakes are of one forge, which signs by secret.
func intakes(t *testing.T, d decoding) map[string]webhook.Intake {
	t.Helper()
	s, err := webhook.NewSigned([]byte(secret), "X-Signature", "sha256=", "X-Delivery")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]webhook.Intake{"github": struct {
		webhook.Signed
		decoding
	}{s, d}}
}

type decoding interface {
	Decode(header http.Header, body []byte) (webhook.Event, error)
}

func sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body)) // never fails
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// post sends a delivery and gives status and text of the answer.
func (w *world) post(path string, body io.Reader, signature string) string {
	req := httptest.NewRequestWithContext(w.t.Context(), "POST", path, body)
	req.Header.Set("X-Delivery", "d-1")
	if signature != "" {
		req.Header.Set("X-Signature", signature)
	}
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, req)
	return fmt.Sprintf("%d %s", rec.Code, strings.TrimSpace(rec.Body.String()))
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.post("/webhooks/github", strings.NewReader("look"), sign(secret, "look")); got != "202 " {
		t.Error(got)
	}
	want := []webhook.Delivery{{Forge: "github", ID: "d-1", Hints: []webhook.Hint{{Repo: repo, Number: 12}}, ReceivedAt: noon}}
	if diff := cmp.Diff(want, w.inbox.got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := w.post("/webhooks/github", strings.NewReader("of no interest"), sign(secret, "of no interest")); got != "202 " ||
		len(w.inbox.got) != 1 {
		t.Errorf("%s, %d deliveries stored; an event without hints is not stored", got, len(w.inbox.got))
	}
	if log := w.log.String(); strings.Count(log, "\n") != 1 ||
		!strings.Contains(log, `level=DEBUG msg="delivery ignored" forge=github delivery=d-1 event=push`) {
		t.Errorf("log: %s", log)
	}
	if diff := cmp.Diff([]string{"github push 202", "github push 202 ignored"}, w.counted); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// zeros is an endless body.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	const unsigned = "401 the signature does not fit; the secret here and on the forge must be the same"
	upper := "sha256=" + strings.ToUpper(strings.TrimPrefix(sign(secret, "look"), "sha256="))
	tests := map[string]struct {
		path, signature string
		body            io.Reader
		want            string
		decoded         int
	}{
		"unknown forge": {"/webhooks/gitea", sign(secret, "look"), strings.NewReader("look"), "404 no forge of that name is configured",
			0},
		"no signature":         {"/webhooks/github", "", strings.NewReader("look"), unsigned, 0},
		"another secret":       {"/webhooks/github", sign("wrong", "look"), strings.NewReader("look"), unsigned, 0},
		"empty secret":         {"/webhooks/github", sign("", "look"), strings.NewReader("look"), unsigned, 0},
		"another body":         {"/webhooks/github", sign(secret, "look"), strings.NewReader("look!"), unsigned, 0},
		"the old algorithm":    {"/webhooks/github", "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709", strings.NewReader("look"), unsigned, 0},
		"no algorithm":         {"/webhooks/github", strings.TrimPrefix(sign(secret, "look"), "sha256="), strings.NewReader("look"), unsigned, 0},
		"no digits":            {"/webhooks/github", "sha256=", strings.NewReader("look"), unsigned, 0},
		"not digits":           {"/webhooks/github", "sha256=xyz", strings.NewReader("look"), unsigned, 0},
		"half the digits":      {"/webhooks/github", sign(secret, "look")[:39], strings.NewReader("look"), unsigned, 0},
		"digits in upper case": {"/webhooks/github", upper, strings.NewReader("look"), "202", 1},
		"cannot be decoded":    {"/webhooks/github", sign(secret, "bad"), strings.NewReader("bad"), "400 the body is no JSON of a push event", 1},
		"ends early":           {"/webhooks/github", sign(secret, "look"), iotest.ErrReader(io.ErrUnexpectedEOF), "400 the body ended early", 0},
		"too large": {"/webhooks/github", sign(secret, "look"), io.LimitReader(zeros{}, webhook.MaxBody+1),
			"413 the body is larger than 25 MB", 0},
		"as large as allowed": {"/webhooks/github", "", io.LimitReader(zeros{}, webhook.MaxBody), unsigned, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if diff := cmp.Diff(tt.want, strings.TrimSpace(w.post(tt.path, tt.body, tt.signature))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if w.decoder.calls != tt.decoded || tt.want != "202" && len(w.inbox.got) > 0 {
				t.Errorf("decoded %d times, %d stored", w.decoder.calls, len(w.inbox.got))
			}
		})
	}
}

// TestNotStoredIsNotAcknowledged holds that the forge can deliver again what
// the inbox did not take, that the reason is logged and not told, and that
// nobody's payload gets into the log.
func TestNotStoredIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.inbox.err = errors.New("disk full at /var/lib")
	const body = "look: private words"
	if got := w.post("/webhooks/github", strings.NewReader(body),
		sign(secret, body)); got != "503 the delivery could not be stored; deliver it again" {
		t.Error(got)
	}
	log := w.log.String()
	if !strings.Contains(log, "forge=github delivery=d-1") || !strings.Contains(log, "disk full") {
		t.Errorf("log: %s", log)
	}
	for _, private := range []string{"private words", secret, sign(secret, body)} {
		if strings.Contains(log, private) {
			t.Errorf("the log has %q: %s", private, log)
		}
	}
	if diff := cmp.Diff([]string{"github push 503 not_stored"}, w.counted); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestStrangersLeaveNoTrace holds that strangers can't fill the log but for who debugs,
// and make up names neither there nor for the metrics.
func TestStrangersLeaveNoTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("/webhooks/github", strings.NewReader("look"), sign("wrong", "look"))
	w.post("/webhooks/nowhere", strings.NewReader("look"), "")
	for _, line := range strings.Split(strings.TrimSpace(w.log.String()), "\n") {
		if !strings.Contains(line, "level=DEBUG") || strings.Contains(line, "nowhere") {
			t.Error(line)
		}
	}
	if diff := cmp.Diff([]string{"github  401 signature", "404 unknown_forge"}, w.counted); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOnlyPost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/webhooks/github", nil))
	if rec.Code != http.StatusMethodNotAllowed {
		t.Error(rec.Code)
	}
}

func TestEmptySecretIsRefused(t *testing.T) {
	t.Parallel()
	_, err := webhook.NewSigned(nil, "X-Signature", "sha256=", "X-Delivery")
	if want := "the webhook secret is empty; put the one set on the forge into its file"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestCountIsOptional(t *testing.T) {
	t.Parallel()
	h := webhook.NewHandler(nil, &inbox{}, slog.New(slog.DiscardHandler), time.Now)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "POST", "/webhooks/x", nil))
	if rec.Code != http.StatusNotFound {
		t.Error(rec.Code)
	}
}
