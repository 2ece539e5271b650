// Package webhook takes what forges send: it limits, authenticates, decodes
// and stores each delivery, and only then says 202.
//
// It promises that nothing is acknowledged before it is on disk, that no
// network call is made on the way, that no body is logged, and that a sender is
// not kept waiting: where a delivery can't be stored in time, or too many wait,
// it is told so, and its list of failed deliveries has it for later. What is to
// be done about a delivery is the queue's business.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"
)

// MaxBody is the largest payload, in bytes: GitHub sends 25 MB at most
// (docs.github.com, "Webhook events and payloads").
const MaxBody = 25 << 20

// What a crowd of deliveries may use. GitHub hangs up after 10 s (docs.github.com,
// "Best practices for using webhooks").
const (
	answerWithin = 8 * time.Second
	mostAtOnce   = 1024
	mostBytes    = 256 << 20 // of bodies that are read at once
)

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
	places chan struct{}       // one is taken by each delivery under way
	bytes  *semaphore.Weighted // of bodies under way
	// Count is told of each delivery and how long it took; may be nil. The forge
	// is empty if it is not configured, so that strangers can't make up names.
	Count func(forge, kind string, status int, took time.Duration)
}

// NewHandler refuses forges without a secret: anybody could forge their
// deliveries.
func NewHandler(forges map[string]Forge, inbox Inbox, log *slog.Logger, now func() time.Time) (*Handler, error) {
	for name, f := range forges {
		if len(f.Secret) == 0 {
			return nil, fmt.Errorf("forge %s: the webhook secret is empty; put the one set on the forge into its file", name)
		}
	}
	return &Handler{
		forges: forges, inbox: inbox, log: log, now: now,
		places: make(chan struct{}, mostAtOnce), bytes: semaphore.NewWeighted(mostBytes),
	}, nil
}

// refusal is an answer other than 202.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// ServeHTTP takes one delivery.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	name := r.PathValue("forge")
	event, err := h.take(w, r, name)
	status := http.StatusAccepted
	if err != nil {
		status = http.StatusServiceUnavailable
		text := "the delivery could not be stored; deliver it again"
		if refused, ok := errors.AsType[*refusal](err); ok {
			status, text = refused.status, refused.text
		} else if errors.Is(err, context.DeadlineExceeded) {
			text = "the delivery could not be stored in time; deliver it again"
			h.log.WarnContext(r.Context(), "delivery not stored in time", "forge", name, "delivery", event.Delivery)
		} else {
			h.log.ErrorContext(r.Context(), "delivery not stored", "forge", name, "delivery", event.Delivery, "error", err)
		}
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "30")
		}
		http.Error(w, text, status)
	} else {
		w.WriteHeader(status)
	}
	if h.Count != nil {
		if _, known := h.forges[name]; !known {
			name = ""
		}
		h.Count(name, event.Kind, status, time.Since(start))
	}
}

// take limits, authenticates, decodes and stores.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, name string) (Event, error) {
	f, ok := h.forges[name]
	if !ok {
		return Event{}, &refusal{http.StatusNotFound, "no forge of that name is configured"}
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
	defer cancel()
	body, release, err := h.read(ctx, w, r)
	defer release()
	if err != nil {
		return Event{}, err
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
	return event, h.accept(ctx, name, event)
}

// errCrowded sheds load at once rather than late.
var errCrowded = &refusal{http.StatusServiceUnavailable, "too many deliveries at once; deliver it again"}

// read takes a place among the deliveries under way and reads the body. release
// gives the place back, and is never nil.
func (h *Handler) read(ctx context.Context, w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	size := r.ContentLength
	if size > MaxBody {
		return nil, func() {}, &refusal{http.StatusRequestEntityTooLarge, "the body is larger than 25 MB"}
	}
	room := size
	if size < 0 {
		room = MaxBody // it does not say
	}
	select {
	case h.places <- struct{}{}:
	default:
		return nil, func() {}, errCrowded
	}
	if !h.bytes.TryAcquire(room) {
		<-h.places
		return nil, func() {}, errCrowded
	}
	release = func() {
		h.bytes.Release(room)
		<-h.places
	}
	if at, ok := ctx.Deadline(); ok {
		// A server that can't has its own limit.
		_ = http.NewResponseController(w).SetReadDeadline(at)
	}
	var b bytes.Buffer
	b.Grow(int(max(size, 0)) + bytes.MinRead)
	_, err = b.ReadFrom(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, release, &refusal{http.StatusRequestEntityTooLarge, "the body is larger than 25 MB"}
	}
	if err != nil {
		return nil, release, &refusal{http.StatusBadRequest, "the body ended early"}
	}
	return b.Bytes(), release, nil
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
