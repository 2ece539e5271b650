package github

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Delivery is a webhook that was delivered, or could not be.
type Delivery struct {
	ID         int64
	GUID       string // X-GitHub-Delivery; a redelivery keeps it
	Event      string
	Action     string // empty for events without
	Status     int    // the receiver's; 0 if it was not reached
	Redelivery bool
	Payload    []byte
}

// delivery is a webhook to deliver, and then what came of it.
type delivery struct {
	id           int64
	guid         string
	event        string
	action       string
	installation int64
	repository   int64 // 0: none
	url, secret  string
	payload      []byte
	redelivery   bool
	header       http.Header
	status       int
	answer       string
	answered     http.Header
	at           time.Time
	took         time.Duration
}

// send makes one attempt. A delivery that fails is not tried again, as on GitHub.
func (s *Server) send(ctx context.Context, x *delivery) {
	x.at = s.Now()
	start := time.Now()
	defer func() { x.took = time.Since(start) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, x.url, bytes.NewReader(x.payload))
	if err != nil {
		x.answer = err.Error()
		return
	}
	x.header = s.headers(x)
	req.Header = x.header.Clone()
	resp, err := s.client.Do(req)
	if err != nil {
		x.answer = err.Error()
		s.log.Warn("webhook not delivered", "delivery", x.guid, "event", x.event, "error", err)
		return
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	x.status, x.answer, x.answered = resp.StatusCode, string(answer), resp.Header
}

func (s *Server) headers(x *delivery) http.Header {
	h := http.Header{}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/fake", "X-GitHub-Event": x.event,
		"X-GitHub-Delivery": x.guid, "X-GitHub-Hook-ID": "1", "X-GitHub-Hook-Installation-Target-Type": "integration",
		"X-GitHub-Hook-Installation-Target-ID": strconv.FormatInt(s.opts.App.ID, 10),
	} {
		h.Set(name, value)
	}
	if x.secret != "" {
		mac := hmac.New(sha256.New, []byte(x.secret))
		mac.Write(x.payload)
		h.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	return h
}

// post has a webhook delivered; the lock is held.
func (s *Server) post(x *delivery) {
	s.lastDelivery++
	x.id = s.lastDelivery
	s.hooks.Post(x)
}

// HoldWebhooks keeps webhooks back until ReleaseWebhooks.
func (s *Server) HoldWebhooks() { s.hooks.Hold() }

// ReleaseWebhooks sends what HoldWebhooks kept back.
func (s *Server) ReleaseWebhooks() { s.hooks.Release() }

// DropWebhooks forgets what HoldWebhooks keeps back, as if it were lost, and
// tells how many that were.
func (s *Server) DropWebhooks() int { return s.hooks.Drop() }

// FlushWebhooks waits until every webhook was delivered or has failed. It fails at the
// end of a context, if some were not by then.
func (s *Server) FlushWebhooks(ctx context.Context) error { return s.hooks.Flush(ctx) }

// Deliveries lists the webhooks that were sent, oldest first.
func (s *Server) Deliveries() []Delivery {
	var out []Delivery
	for _, d := range s.hooks.Sent() {
		out = append(out, Delivery{
			ID: d.id, GUID: d.guid, Event: d.event, Action: d.action, Status: d.status, Redelivery: d.redelivery,
			Payload: d.payload,
		})
	}
	return out
}

// Redeliver sends a webhook again.
func (s *Server) Redeliver(id int64) error {
	s.Lock()
	defer s.Unlock()
	if !s.redeliver(id) {
		return fmt.Errorf("redeliver %d: no such delivery", id)
	}
	return nil
}

func (s *Server) redeliver(id int64) bool {
	old := s.delivered(id)
	if old == nil {
		return false
	}
	s.post(&delivery{
		guid: old.guid, event: old.event, action: old.action, installation: old.installation,
		repository: old.repository, payload: old.payload, redelivery: true,
		url: s.opts.WebhookURL, secret: s.opts.WebhookSecret,
	})
	return true
}

// delivered finds a webhook that was sent; nil if there is none of an id.
func (s *Server) delivered(id int64) *delivery {
	sent := s.hooks.Sent()
	i := slices.IndexFunc(sent, func(x *delivery) bool { return x.id == id })
	if i < 0 {
		return nil
	}
	return sent[i]
}

func (x *delivery) json() obj {
	text := "OK"
	switch {
	case x.status == 0:
		text = "failed to connect to host"
	case x.status > 299:
		text = "Invalid HTTP Response: " + strconv.Itoa(x.status)
	}
	return obj{
		"id": x.id, "guid": x.guid, "delivered_at": stamp(x.at), "redelivery": x.redelivery,
		"duration": x.took.Seconds(), "status": text, "status_code": x.status, "event": x.event,
		"action": emptyOrNull(x.action), "installation_id": zeroOrNull(x.installation),
		"repository_id": zeroOrNull(x.repository), "throttled_at": nil,
	}
}

func (x *delivery) fullJSON() obj {
	out := x.json()
	out["url"] = x.url
	out["request"] = obj{"headers": flat(x.header), "payload": json.RawMessage(x.payload)}
	out["response"] = obj{"headers": flat(x.answered), "payload": x.answer}
	return out
}

func flat(h http.Header) obj {
	out := obj{}
	for name := range h {
		out[name] = h.Get(name)
	}
	return out
}

func zeroOrNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// newGUID makes a delivery id in the form of a UUID.
func newGUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
