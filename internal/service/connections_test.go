package service

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestConnectionsAreBounded holds that of more connections than there may be the oldest
// one that waits is closed.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	all := newOpenConnections(maxConnections)
	var ends []net.Conn
	for range maxConnections + 1 {
		near, far := net.Pipe()
		defer near.Close()
		ends = append(ends, far)
		all.with(t.Context(), near)
	}
	if len(all.all) != maxConnections || len(all.by) != maxConnections {
		t.Errorf("%d connections, want %d", len(all.all), maxConnections)
	}
	if _, err := ends[0].Read(make([]byte, 1)); err == nil {
		t.Error("the oldest one is still open")
	}
}

// TestConnectionAtWorkStays holds that of a connection at work and one that waits, the
// latter is closed, however young it is.
func TestConnectionAtWorkStays(t *testing.T) {
	t.Parallel()
	all := newOpenConnections(2)
	var near []net.Conn
	for range 3 {
		here, far := net.Pipe()
		defer far.Close()
		near = append(near, here)
	}
	all.with(t.Context(), near[0])
	all.note(near[0], http.StateActive)
	all.with(t.Context(), near[1])
	all.with(t.Context(), near[2])
	if all.by[near[0]] == nil || all.by[near[1]] != nil || all.by[near[2]] == nil {
		t.Errorf("%d are left, and not the one at work and the newest", len(all.all))
	}
}

// TestHeadersAreBounded holds that a request whose header is too large is refused, and one
// of many times what forges send is not.
func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check0(t, err)
	server := newPublicServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), slog.New(slog.DiscardHandler))
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	defer func() {
		check0(t, server.Close())
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	const slack = 8 << 10 // that net/http reads ahead
	for size, want := range map[int]int{maxHeader - 200: http.StatusOK, maxHeader + slack + 1: http.StatusRequestHeaderFieldsTooLarge} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+listener.Addr().String()+"/webhooks/github", nil)
		check0(t, err)
		req.Header.Set("X-Much", strings.Repeat("a", size))
		res, err := http.DefaultClient.Do(req)
		check0(t, err)
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("a header of %d bytes: %s, want %d", size, res.Status, want)
		}
	}
}

// check0 ends a test at an error.
func check0(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
