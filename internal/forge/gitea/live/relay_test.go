package live

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // to see what the server has yet to deliver
)

// relay stands between the server and the service, and can hold webhooks back. It answers
// the server at once: a delivery that was answered with an error would not come again.
type relay struct {
	*httptest.Server
	from *server
	db   *sql.DB

	mu     sync.Mutex
	target string // of the service; empty: nowhere
	held   bool
	queue  []*http.Request
	busy   int // under way to the service
}

func newRelay(s *server) (*relay, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "gitea.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	r := &relay{from: s, db: db}
	r.Server = httptest.NewServer(r)
	return r, nil
}

// ServeHTTP takes a webhook.
func (r *relay) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	again, err := http.NewRequest(http.MethodPost, "http://nowhere/", bytes.NewReader(body))
	if err != nil {
		return
	}
	again.Header = req.Header.Clone()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue = append(r.queue, again)
	if !r.held {
		r.send()
	}
}

// send sends what waits, in order. The caller holds mu.
func (r *relay) send() {
	waiting := r.queue
	r.queue = nil
	r.busy++
	target := r.target
	go func() {
		for _, req := range waiting {
			next, err := http.NewRequest(http.MethodPost, target, req.Body)
			if err != nil || target == "" {
				continue
			}
			next.Header = req.Header
			if res, err := http.DefaultClient.Do(next); err == nil {
				res.Body.Close()
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.busy--
	}()
}

// deliver sets where webhooks go to.
func (r *relay) deliver(url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.target = url
}

// HoldWebhooks implements forgetest.Hooks.
func (r *relay) HoldWebhooks() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = true
}

// ReleaseWebhooks implements forgetest.Hooks.
func (r *relay) ReleaseWebhooks() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = false
	r.send()
}

// DropWebhooks implements forgetest.Hooks.
func (r *relay) DropWebhooks() int {
	r.settle()
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.queue)
	r.queue = nil
	return n
}

// settle waits until the server has sent all that it has to send.
func (r *relay) settle() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for r.undelivered(ctx) > 0 || r.from.thinks() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return
		}
	}
}

// undelivered counts the deliveries that the server has yet to make.
func (r *relay) undelivered(ctx context.Context) (n int) {
	if err := r.db.QueryRowContext(ctx, "SELECT count(*) FROM hook_task WHERE is_delivered = 0").Scan(&n); err != nil {
		return 0
	}
	return n
}

// FlushWebhooks implements forgetest.Hooks.
func (r *relay) FlushWebhooks(ctx context.Context) error {
	for {
		waiting := r.undelivered(context.WithoutCancel(ctx))
		r.mu.Lock()
		waiting += r.busy
		if !r.held {
			waiting += len(r.queue)
		}
		r.mu.Unlock()
		if waiting == 0 && !r.from.thinks() {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
