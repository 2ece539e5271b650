package seamtest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// hint is what a webhook hints at.
type hint webhook.Hint

// meant says in a word what a hint is about.
func (h hint) meant(ref pull.Ref) string {
	switch {
	case h.Number == ref.Number && h.Repo == ref.Repo:
		return fmt.Sprintf("#%d", h.Number)
	case h.Team != "":
		return "@" + h.Team
	case h.Repo != ref.Repo:
		return "elsewhere"
	case h.Check != "":
		return h.Check
	}
	return h.Branch
}

// inbox keeps what deliveries hint at.
type inbox struct {
	mu  sync.Mutex
	got []hint
}

// listen takes a world's webhooks as a service does, until the test ends.
func listen(s *trial) *inbox {
	s.t.Helper()
	in := &inbox{}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/{forge}",
		webhook.NewHandler(map[string]webhook.Intake{s.Forge: s.forge.Intake}, in, slog.New(slog.DiscardHandler), time.Now))
	server := httptest.NewServer(mux)
	s.t.Cleanup(server.Close)
	must(s.t, s.FlushWebhooks(s.t.Context()))
	s.Deliver(server.URL + "/webhooks/" + s.Forge)
	return in
}

// Accept implements webhook.Inbox.
func (in *inbox) Accept(_ context.Context, d webhook.Delivery) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, h := range d.Hints {
		in.got = append(in.got, hint(h))
	}
	return nil
}

// take returns what came since it was last asked.
func (in *inbox) take() []hint {
	in.mu.Lock()
	defer in.mu.Unlock()
	out := in.got
	in.got = nil
	return out
}
