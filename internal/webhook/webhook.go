// Package webhook takes what forges send: it limits, authenticates, decodes
// and stores each delivery, and only then says 202.
//
// It promises that nothing is acknowledged before it is on disk, that no
// network call is made on the way, and that no body is logged. What is to be
// done about a delivery is the queue's business.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// MaxBody is the largest payload, in bytes: GitHub sends 25 MB at most
// (docs.github.com, "Webhook events and payloads").
const MaxBody = 25 << 20

// Decoder reads one forge's deliveries. It is handed authenticated bodies only.
type Decoder interface {
	Decode(header http.Header, body []byte) (Event, error)
}

// Event is a decoded delivery.
type Event struct {
	Delivery string // the forge's id of this delivery
	Kind     string // the forge's word for it
	Hints    []Hint // none where the event is of no interest
}

// Forge is one forge's intake.
type Forge struct {
	Secret  []byte // of the HMAC; never empty
	Decoder Decoder
}

// Handler serves POST /webhooks/{forge}.
type Handler struct {
	forges map[string]Forge
	inbox  Inbox
	log    *slog.Logger
	now    func() time.Time
	// Count is told of each delivery; may be nil. The forge is empty if it is
	// not configured, so that strangers can't make up names.
	Count func(forge, kind string, status int)
}

// NewHandler refuses forges without a secret: anybody could forge their
// deliveries.
func NewHandler(forges map[string]Forge, inbox Inbox, log *slog.Logger, now func() time.Time) (*Handler, error) {
	for name, f := range forges {
		if len(f.Secret) == 0 {
			return nil, fmt.Errorf("forge %s: the webhook secret is empty; put the one set on the forge into its file", name)
		}
	}
	return &Handler{forges: forges, inbox: inbox, log: log, now: now}, nil
}

// refusal is an answer other than 202.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// ServeHTTP takes one delivery.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("forge")
	event, err := h.take(w, r, name)
	status := http.StatusAccepted
	if err != nil {
		status = http.StatusServiceUnavailable
		text := "the delivery could not be stored; deliver it again"
		if refused, ok := errors.AsType[*refusal](err); ok {
			status, text = refused.status, refused.text
		} else {
			h.log.ErrorContext(r.Context(), "delivery not stored", "forge", name, "delivery", event.Delivery, "error", err)
		}
		http.Error(w, text, status)
	} else {
		w.WriteHeader(status)
	}
	if h.Count != nil {
		if _, known := h.forges[name]; !known {
			name = ""
		}
		h.Count(name, event.Kind, status)
	}
}

// take limits, authenticates, decodes and stores.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, name string) (Event, error) {
	f, ok := h.forges[name]
	if !ok {
		return Event{}, &refusal{http.StatusNotFound, "no forge of that name is configured"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return Event{}, &refusal{http.StatusRequestEntityTooLarge, "the body is larger than 25 MB"}
	}
	if err != nil {
		return Event{}, &refusal{http.StatusBadRequest, "the body ended early"}
	}
	if !signed(f.Secret, body, r.Header.Get("X-Hub-Signature-256")) {
		return Event{}, &refusal{http.StatusUnauthorized, "the signature does not fit; the secret here and on the forge must be the same"}
	}
	event, err := f.Decoder.Decode(r.Header, body)
	if err != nil {
		return event, &refusal{http.StatusBadRequest, err.Error()}
	}
	if len(event.Hints) == 0 {
		return event, nil
	}
	return event, h.accept(r.Context(), name, event)
}

func (h *Handler) accept(ctx context.Context, name string, event Event) error {
	return h.inbox.Accept(ctx, Delivery{Forge: name, ID: event.Delivery, Hints: event.Hints, ReceivedAt: h.now()})
}

// signed tells whether a signature, "sha256=" and hexadecimal digits, is that
// of the body. It takes the same time whatever the difference.
func signed(secret, body []byte, header string) bool {
	digits, ok := strings.CutPrefix(header, "sha256=")
	got, err := hex.DecodeString(digits)
	if !ok || err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(body) // never fails
	return hmac.Equal(got, mac.Sum(nil))
}
