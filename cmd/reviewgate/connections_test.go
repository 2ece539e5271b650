package main

import (
	"net"
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
