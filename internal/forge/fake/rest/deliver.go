package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// letter is a webhook to deliver, and then what came of it.
type letter struct {
	hook   Hook
	event  string
	body   []byte
	at     time.Time
	header http.Header
	status int
}

// Delivered is a webhook that was delivered, or could not be.
type Delivered struct {
	Event  string
	Header http.Header
	Body   []byte
	Status int // the receiver's; 0 if it was not reached
}

// Tell sends a webhook of an event with a body that was made at a time, if there is somebody
// to send it to; under the lock.
func (s *Server) Tell(event string, body any, at time.Time) {
	s.told++
	if s.hook.URL == "" {
		return
	}
	text, err := json.Marshal(body)
	if err != nil {
		s.log.Error("webhook not encoded", "event", event, "error", err)
		return
	}
	s.hooks.Post(&letter{hook: s.hook, event: event, body: text, at: at})
}

// Silent reports whether people did something since it was last asked of which no webhook
// told. What bots did is not asked for.
func (s *Server) Silent() bool {
	s.Lock()
	defer s.Unlock()
	silent := s.silent
	s.silent = false
	return silent
}

// Listen remembers whether a webhook told of what somebody did; under the lock.
func (s *Server) Listen(by *fake.Account, tell func()) {
	before := s.told
	tell()
	s.silent = s.silent || s.told == before && (by == nil || by.Kind != fake.Bot)
}

// Hook is where webhooks go to; under the lock.
func (s *Server) Hook() Hook { return s.hook }

// send makes one attempt.
func (s *Server) send(ctx context.Context, x *letter) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, x.hook.URL, bytes.NewReader(x.body))
	if err != nil {
		s.log.Warn("webhook not delivered", "event", x.event, "error", err)
		return
	}
	s.Lock()
	x.header = s.dialect.Headers(x.hook, x.event, x.body, x.at)
	s.Unlock()
	req.Header = x.header.Clone()
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		s.log.Warn("webhook not delivered", "event", x.event, "error", err)
		return
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	x.status = resp.StatusCode
}

// Deliveries lists the webhooks that were sent, oldest first.
func (s *Server) Deliveries() []Delivered {
	var out []Delivered
	for _, x := range s.hooks.Sent() {
		out = append(out, Delivered{x.event, x.header, x.body, x.status})
	}
	return out
}
