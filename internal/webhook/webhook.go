// Package webhook takes what forges send: it limits, authenticates, decodes
// and stores each delivery, and only then says 202.
//
// It promises that nothing is acknowledged before it is on disk, that no
// network call is made on the way, that no body is logged, and that a sender is
// not kept waiting: where a delivery can't be stored in time, or too many wait,
// it is told so, and its list of failed deliveries has it for later. Whoever can't
// sign uses up nothing that others need: what is not signed at all is not read, and
// what may be signed holds a bounded memory, of which the slowest lose theirs first.
// What is to be done about a delivery is the queue's business.
package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// MaxBody is the largest payload that is taken, in bytes: forges that bound theirs send
// 25 MB at most.
const MaxBody = 25 << 20

const (
	// answerWithin is how long a delivery may take, from its header to the disk. Forges
	// hang up after 10 s.
	answerWithin = 8 * time.Second
	// maxStoring is how many deliveries, all of them signed, wait for the disk at once.
	// Beyond it one is refused at once rather than late, and the forge keeps it.
	maxStoring = 512
	// drainFor is how long the rest of a body is awaited that is not read, so that its
	// sender sees the answer before the connection is closed.
	drainFor = time.Second
)

// Event is a decoded delivery.
type Event struct {
	Kind  string // the forge's word for it
	Hints []Hint // none where the event is of no interest
}

// Handler serves POST /webhooks/{forge}.
type Handler struct {
	forges map[string]Intake
	inbox  Inbox
	log    *slog.Logger
	now    func() time.Time
	bodies *bodies
	places chan struct{} // one is taken by each delivery that is being stored
	// Count is told of each delivery, why it was not taken and how long it took; may be
	// nil. The forge is empty if it is not configured, so that strangers can't make up
	// names.
	Count func(forge, kind string, status int, reason string, took time.Duration)
}

// NewHandler takes deliveries of some forges, by the name in their path.
func NewHandler(forges map[string]Intake, inbox Inbox, log *slog.Logger, now func() time.Time) *Handler {
	return &Handler{
		forges: forges, inbox: inbox, log: log, now: now,
		bodies: newBodies(), places: make(chan struct{}, maxStoring),
	}
}

// refusal is an answer other than 202.
type refusal struct {
	status int
	reason string // in a word
	text   string
}

// Why a delivery was not taken, besides the reasons of refusals.
const (
	ignored   = "ignored"    // it is about nothing that concerns the gate
	notStored = "not_stored" // the disk refused it, or was too slow
)

func (r *refusal) Error() string { return r.text }

// ServeHTTP takes one delivery.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	name := r.PathValue("forge")
	event, key, whole, err := h.take(w, r, name)
	if !whole {
		turnAway(w)
	}
	status, reason := http.StatusAccepted, ""
	if _, known := h.forges[name]; !known {
		name = ""
	}
	log := h.log.With("forge", name, "delivery", key)
	switch {
	case err != nil:
		refused := h.refused(r.Context(), log, err)
		if status, reason = refused.status, refused.reason; status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "30")
		}
		http.Error(w, refused.text, status)
	case len(event.Hints) == 0:
		reason = ignored
		log.DebugContext(r.Context(), "delivery ignored", "event", event.Kind)
		fallthrough
	default:
		w.WriteHeader(status)
	}
	if h.Count != nil {
		h.Count(name, event.Kind, status, reason, time.Since(start))
	}
}

// refused returns the answer to a delivery that is not taken, and logs it: what is the
// sender's doing for those who look for it, what is ours for everybody.
func (h *Handler) refused(ctx context.Context, log *slog.Logger, err error) *refusal {
	if refused, ok := errors.AsType[*refusal](err); ok {
		log.DebugContext(ctx, "delivery refused", "reason", refused.reason, "status", refused.status)
		return refused
	}
	if errors.Is(err, context.DeadlineExceeded) {
		log.WarnContext(ctx, "delivery not stored in time")
		return &refusal{http.StatusServiceUnavailable, notStored, "the delivery could not be stored in time; deliver it again"}
	}
	log.ErrorContext(ctx, "delivery not stored", "error", err)
	return &refusal{http.StatusServiceUnavailable, notStored, "the delivery could not be stored; deliver it again"}
}

// turnAway has a connection closed whose request was not read whole, soon and
// whatever still comes.
func turnAway(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(drainFor)) // a server that can't has its own limit
}

// errUnsigned is told whatever is wrong with a signature.
var errUnsigned = &refusal{http.StatusUnauthorized, "signature",
	"the signature does not fit; the secret here and on the forge must be the same"}

// take limits, authenticates, decodes and stores. key is the delivery's, empty where it is
// not authentic; whole reports whether the body was read to its end.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, name string) (event Event, key string, whole bool, err error) {
	forge, ok := h.forges[name]
	if !ok {
		return Event{}, "", false, &refusal{http.StatusNotFound, "unknown_forge", "no forge of that name is configured"}
	}
	proof, err := forge.Verify(r.Header, h.now())
	if err != nil {
		return Event{}, "", false, unsigned(err)
	}
	if r.ContentLength > MaxBody {
		return Event{}, "", false, errLarge
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
	defer cancel()
	event, key, whole, err = h.decode(ctx, w, r, forge, proof)
	if err != nil || len(event.Hints) == 0 {
		return event, key, whole, err
	}
	return event, key, whole, h.accept(ctx, Delivery{Forge: name, ID: key, Hints: event.Hints, ReceivedAt: h.now()})
}

// unsigned is the answer to a delivery that can't be told from anybody's.
func unsigned(err error) error {
	if errors.Is(err, ErrUnsigned) {
		return errUnsigned
	}
	return &refusal{http.StatusUnauthorized, "signature", err.Error()}
}

// decode reads a body, and decodes it if it is signed. Its memory is free again when
// it returns.
func (h *Handler) decode(ctx context.Context, w http.ResponseWriter, r *http.Request, forge Intake, proof Proof) (event Event, key string,
	whole bool, err error) {
	body, release, err := h.bodies.read(ctx, w, r, proof)
	defer release()
	if err != nil {
		return Event{}, "", false, err
	}
	if key, err = proof.Key(); err != nil {
		return Event{}, "", true, unsigned(err)
	}
	if event, err = forge.Decode(r.Header, body); err != nil {
		return event, key, true, &refusal{http.StatusBadRequest, "malformed", err.Error()}
	}
	return event, key, true, nil
}

// accept stores what a delivery hints at.
func (h *Handler) accept(ctx context.Context, d Delivery) error {
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		return errCrowded
	}
	return h.inbox.Accept(ctx, d)
}
