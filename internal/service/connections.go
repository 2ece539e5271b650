package service

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Bounds on connections to the public address, whoever makes them.
const (
	// maxConnections is how many there are at once: those that webhook bounds by
	// themselves (512 that store, 512 that send and twice 256 that wait for memory), of
	// 30 kB each. Beyond it the oldest is closed whose request was turned
	// away, or else that has no request under way, of the address that has the most of
	// these; a sender whose idle connection is gone makes a new one.
	maxConnections = 1536
	// maxHeader bounds a request's header, in bytes; a forge's have about a thousand. Beyond
	// it the answer is 431.
	maxHeader = 16 << 10
	// headerWithin is how long a header may take, and idleFor how long a connection is
	// kept for the next one. Beyond it the connection is closed.
	headerWithin = 5 * time.Second
	idleFor      = 2 * time.Minute
	// answeredWithin bounds a request from its header to its end.
	answeredWithin = time.Minute
)

// newPublicServer serves strangers, within bounds.
func newPublicServer(handler http.Handler, log *slog.Logger) *http.Server {
	all := newOpenConnections(maxConnections)
	return &http.Server{
		Handler: all.handle(handler), ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: headerWithin, ReadTimeout: answeredWithin, WriteTimeout: answeredWithin, IdleTimeout: idleFor,
		MaxHeaderBytes: maxHeader, ConnState: all.note, ConnContext: all.with,
	}
}

// openConnections are all that a server has.
type openConnections struct {
	most int

	mu  sync.Mutex
	all []*connection // in the order in which they began to wait, or were made
	by  map[net.Conn]*connection
}

type connection struct {
	net.Conn
	address string
	waits   bool // for the header of its first request, or of its next one
	leaves  bool // its last request has its answer
}

func newOpenConnections(most int) *openConnections {
	return &openConnections{most: most, by: map[net.Conn]*connection{}}
}

// note is the server's http.Server.ConnState.
func (c *openConnections) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew: // with has told of it
	case http.StateActive:
		if one := c.by[conn]; one != nil {
			one.waits = false
		}
	case http.StateIdle:
		if one := c.by[conn]; one != nil {
			one.waits = true
			c.all = append(slices.DeleteFunc(c.all, func(o *connection) bool { return o == one }), one)
		}
	case http.StateClosed, http.StateHijacked:
		c.forget(c.by[conn])
	}
}

// connectionKey carries a request's connection in its context.
type connectionKey struct{}

// with is the server's http.Server.ConnContext: the first that is told of a connection.
func (c *openConnections) with(ctx context.Context, conn net.Conn) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) >= c.most {
		c.closeOne()
	}
	one := &connection{Conn: conn, address: hostOf(conn), waits: true}
	c.all, c.by[conn] = append(c.all, one), one
	return context.WithValue(ctx, connectionKey{}, one)
}

// handle notes the connections that end with an answer: the server keeps each for a
// moment, so that its sender sees the answer.
func (c *openConnections) handle(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if one, ok := r.Context().Value(connectionKey{}).(*connection); ok && w.Header().Get("Connection") == "close" {
			c.mu.Lock()
			defer c.mu.Unlock()
			one.leaves = true
		}
	})
}

// closeOne closes the oldest that leaves or, if none does, the oldest that waits, of the
// address with most that do.
func (c *openConnections) closeOne() {
	waiting := map[string]int{}
	var oldest *connection
	for _, one := range c.all {
		if one.waits {
			waiting[one.address]++
		}
		if oldest == nil && one.leaves {
			oldest = one
		}
	}
	for _, one := range c.all {
		if one.waits && (oldest == nil || !oldest.leaves && waiting[one.address] > waiting[oldest.address]) {
			oldest = one
		}
	}
	if oldest != nil { // else all are at work, which has bounds of its own
		_ = oldest.Close() // it is given up either way
		c.forget(oldest)
	}
}

func (c *openConnections) forget(one *connection) {
	if one != nil {
		delete(c.by, one.Conn)
		c.all = slices.DeleteFunc(c.all, func(o *connection) bool { return o == one })
	}
}

func hostOf(conn net.Conn) string {
	at := conn.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(at); err == nil {
		return host
	}
	return at
}
