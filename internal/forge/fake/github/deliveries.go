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
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
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

// deliverer sends webhooks, one after the other in the order of the events. A
// delivery that fails is not tried again, as on GitHub. It has a goroutine
// only while there is something to send.
type deliverer struct {
	server *Server
	client *http.Client
	ctx    context.Context // ends with the forge; deliveries have no caller
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	lastID  int64
	queue   []*delivery
	done    []*delivery
	held    bool
	shuffle bool
	running bool
	idle    chan struct{} // closed when the queue is empty and nothing is under way
}

func newDeliverer(s *Server) *deliverer {
	d := &deliverer{server: s, client: &http.Client{Timeout: 10 * time.Second}, lastID: 5000, idle: make(chan struct{})}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	close(d.idle)
	return d
}

func (d *deliverer) close() {
	d.cancel()
	d.mu.Lock()
	d.queue = nil
	d.mu.Unlock()
	d.wg.Wait()
}

// add queues a delivery.
func (d *deliverer) add(x *delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		return
	}
	if len(d.queue) == 0 && !d.running {
		d.idle = make(chan struct{})
	}
	d.lastID++
	x.id = d.lastID
	d.queue = append(d.queue, x)
	d.start()
}

// start runs the sender if there is work for it; the lock is held.
func (d *deliverer) start() {
	if d.running || d.held || len(d.queue) == 0 {
		return
	}
	d.running = true
	d.wg.Go(d.run)
}

func (d *deliverer) run() {
	for {
		d.mu.Lock()
		if d.held || len(d.queue) == 0 {
			d.running = false
			if len(d.queue) == 0 {
				close(d.idle)
			}
			d.mu.Unlock()
			return
		}
		x := d.next()
		d.mu.Unlock()
		d.send(x)
		d.mu.Lock()
		d.done = append(d.done, x)
		d.mu.Unlock()
	}
}

// next takes the webhook that goes out next, which with Shuffle may be any of those
// that wait; the lock is held.
func (d *deliverer) next() *delivery {
	i := 0
	if d.shuffle {
		i = mathrand.IntN(len(d.queue))
	}
	x := d.queue[i]
	d.queue = slices.Delete(d.queue, i, i+1)
	return x
}

// send makes one attempt.
func (d *deliverer) send(x *delivery) {
	x.at = d.server.Now()
	start := time.Now()
	defer func() { x.took = time.Since(start) }()
	req, err := http.NewRequestWithContext(d.ctx, http.MethodPost, x.url, bytes.NewReader(x.payload))
	if err != nil {
		x.answer = err.Error()
		return
	}
	x.header = d.headers(x)
	req.Header = x.header.Clone()
	resp, err := d.client.Do(req)
	if err != nil {
		x.answer = err.Error()
		d.server.log.Warn("webhook not delivered", "delivery", x.guid, "event", x.event, "error", err)
		return
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	x.status, x.answer, x.answered = resp.StatusCode, string(answer), resp.Header
}

func (d *deliverer) headers(x *delivery) http.Header {
	h := http.Header{}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/fake", "X-GitHub-Event": x.event,
		"X-GitHub-Delivery": x.guid, "X-GitHub-Hook-ID": "1", "X-GitHub-Hook-Installation-Target-Type": "integration",
		"X-GitHub-Hook-Installation-Target-ID": strconv.FormatInt(d.server.opts.App.ID, 10),
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

// HoldWebhooks keeps webhooks back until ReleaseWebhooks.
func (s *Server) HoldWebhooks() {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	s.hooks.held = true
}

// ReleaseWebhooks sends what HoldWebhooks kept back.
func (s *Server) ReleaseWebhooks() {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	s.hooks.held = false
	s.hooks.start()
}

// DropWebhooks forgets what HoldWebhooks keeps back, as if it were lost, and
// tells how many that were.
func (s *Server) DropWebhooks() int {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	n := len(s.hooks.queue)
	s.hooks.queue = nil
	if n > 0 && !s.hooks.running {
		close(s.hooks.idle)
	}
	return n
}

// FlushWebhooks waits until every webhook was delivered or has failed. It fails at the
// end of a context, if some were not by then.
func (s *Server) FlushWebhooks(ctx context.Context) error {
	s.hooks.mu.Lock()
	idle := s.hooks.idle
	s.hooks.mu.Unlock()
	select {
	case <-idle:
		return nil
	default:
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for webhooks: %w", ctx.Err())
	}
}

// Deliveries lists the webhooks that were sent, oldest first.
func (s *Server) Deliveries() []Delivery {
	var out []Delivery
	for _, d := range slices.Backward(s.hooks.newest()) {
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
	old := s.hooks.find(id)
	if old == nil {
		return false
	}
	s.hooks.add(&delivery{
		guid: old.guid, event: old.event, action: old.action, installation: old.installation,
		repository: old.repository, payload: old.payload, redelivery: true,
		url: s.opts.WebhookURL, secret: s.opts.WebhookSecret,
	})
	return true
}

// newest lists what was delivered, newest first.
func (d *deliverer) newest() []*delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := slices.Clone(d.done)
	slices.Reverse(out)
	return out
}

func (d *deliverer) find(id int64) *delivery {
	for _, x := range d.newest() {
		if x.id == id {
			return x
		}
	}
	return nil
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
