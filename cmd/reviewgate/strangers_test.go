package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/webhook"
)

// strangers are connections that try to keep others out; each is called again and
// again, until its context ends.
func strangers() map[string]func(context.Context, net.Conn) {
	head := func(c net.Conn, more string) error {
		_, err := fmt.Fprintf(c, "POST /webhooks/github HTTP/1.1\r\nHost: gate\r\nX-GitHub-Event: pull_request\r\n%s\r\n", more)
		return err
	}
	wrong := "X-Hub-Signature-256: " + signedBy("another secret", nil) + "\r\n"
	large := fmt.Sprintf("Content-Length: %d\r\n", webhook.MaxBody)
	silent := func(ctx context.Context, c net.Conn) {
		hears := make(chan struct{})
		go func() {
			_, _ = io.Copy(io.Discard, c) // until the server has enough
			close(hears)
		}()
		select {
		case <-hears:
		case <-ctx.Done():
		}
	}
	drip := func(ctx context.Context, c net.Conn, text string) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for ctx.Err() == nil {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	}
	after := func(more string, then func(context.Context, net.Conn)) func(context.Context, net.Conn) {
		return func(ctx context.Context, c net.Conn) {
			if head(c, more) == nil {
				then(ctx, c)
			}
		}
	}
	zeros := make([]byte, 1<<20)
	return map[string]func(context.Context, net.Conn){
		"announced, unsigned": after(large, silent),
		"announced, 2 MB":     after(wrong+fmt.Sprintf("Content-Length: %d\r\n", 2<<20), silent),
		"announced, nothing":  after(wrong+large, silent),
		"announced, some":     after(wrong+large, func(ctx context.Context, c net.Conn) { drip(ctx, c, string(zeros[:100<<10])) }),
		"a byte a second":     after(wrong+large, func(ctx context.Context, c net.Conn) { drip(ctx, c, "x") }),
		"small, a byte":       after(wrong+"Content-Length: 20000\r\n", func(ctx context.Context, c net.Conn) { drip(ctx, c, "x") }),
		"chunked": after(wrong+"Transfer-Encoding: chunked\r\n",
			func(ctx context.Context, c net.Conn) { drip(ctx, c, "1\r\nx\r\n") }),
		"chunked, one megabyte": after(wrong+"Transfer-Encoding: chunked\r\n", func(ctx context.Context, c net.Conn) {
			drip(ctx, c, "100000\r\n"+string(zeros)+"\r\n")
		}),
		"header without end": func(ctx context.Context, c net.Conn) {
			if _, err := io.WriteString(c, "POST /webhooks/github HTTP/1.1\r\n"); err == nil {
				drip(ctx, c, "X-More: x\r\n")
			}
		},
		"idle": silent,
		"finished": after(wrong+large, func(ctx context.Context, c net.Conn) {
			for range webhook.MaxBody >> 20 {
				if _, err := c.Write(zeros); err != nil {
					return
				}
			}
			_, _ = c.Read(make([]byte, 100))
		}),
		"probes": func(ctx context.Context, c net.Conn) {
			if _, err := io.WriteString(c, "GET /readyz HTTP/1.1\r\nHost: gate\r\n\r\n"); err == nil {
				_, _ = c.Read(make([]byte, 200))
			}
		},
	}
}

// besiege has so many connections at once behave in a way until it is ended.
func besiege(address string, connections int, how func(context.Context, net.Conn)) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for ctx.Err() == nil {
				c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
				if err != nil {
					return
				}
				stop := context.AfterFunc(ctx, func() { c.Close() })
				how(ctx, c)
				stop()
				c.Close()
			}
		})
	}
	return func() { cancel(); all.Wait() }
}

// largeDelivery is one of 20 MB.
func largeDelivery(id string, number int) delivery { return pullDelivery(id, number).filled(20 << 20) }

// filled is a delivery with so many bytes more.
func (d delivery) filled(bytes int) delivery {
	d.body = append(d.body[:len(d.body)-1], `,"filler":"`+strings.Repeat("x", bytes)+`"}`...)
	return d
}

// honest delivers 390 events from the address of the strangers, of which every third is
// of a comment as long as it may be, and a large one from another; it returns how many were not accepted, by status. A large one from the
// strangers' own address stands in line behind theirs, which is told only.
func honest(t testing.TB, address, prefix string) (refused map[int]int) {
	t.Helper()
	const small, senders = 390, 16
	refused = map[int]int{}
	var mu sync.Mutex
	var next atomic.Int64
	send := func(d delivery, client *http.Client) {
		if status := d.postBy(t, client, address); status != http.StatusAccepted {
			mu.Lock()
			defer mu.Unlock()
			refused[status]++
		}
	}
	other := &http.Client{Transport: &http.Transport{
		DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext}}
	defer other.CloseIdleConnections()
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for i := int(next.Add(1)); i <= small; i = int(next.Add(1)) {
				d := pullDelivery(fmt.Sprint(prefix, i), 1+i%20)
				if i%3 == 0 {
					d = d.filled(100 << 10)
				}
				send(d, http.DefaultClient)
			}
		})
	}
	all.Go(func() { send(largeDelivery(fmt.Sprint(prefix, "large"), 1), other) })
	all.Go(func() {
		start := time.Now()
		status := largeDelivery(fmt.Sprint(prefix, "same"), 1).postBy(t, http.DefaultClient, address)
		t.Logf("a large one of their address: status %d after %s", status, time.Since(start).Round(time.Millisecond))
	})
	all.Wait()
	return refused
}

// TestStrangersKeepNobodyOut has 200 connections at a time try to, from the very
// address that honest deliveries come from, as behind a proxy; each of those is
// accepted, and memory stays bounded.
func TestStrangersKeepNobodyOut(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("measures, by itself and without the race detector: go test -run TestStrangersKeepNobodyOut ./cmd/reviewgate")
	}
	w := newWorld(t, worldOptions{idle: true})
	p := w.spawn(builtProgram(t))
	// bound is on resident memory: a third is the program, 50 MB two large bodies.
	const crowd, bound = 200, 220 << 10
	w.until("ready", func() bool { status, _ := get(t, "http://"+p.public+"/readyz"); return status == http.StatusOK })
	all := strangers()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			end := besiege(p.public, crowd, all[name])
			<-time.After(time.Second) // all are there
			start := time.Now()
			refused := honest(t, p.public, fmt.Sprintf("d%d-", i))
			end()
			peak := residentKB(t, p.cmd.Process.Pid, peakLine)
			took := time.Since(start).Round(time.Millisecond)
			t.Logf("%s: refused %v, took %s, peak so far %d MB", name, refused, took, peak>>10)
			if took > 20*time.Second {
				t.Errorf("%s: it takes %s to deliver what takes one second otherwise", name, took)
			}
			if len(refused) > 0 {
				t.Errorf("%s: not accepted, by status: %v", name, refused)
			}
			if peak > bound {
				t.Errorf("%s: %d kB resident, want %d at most", name, peak, bound)
			}
		})
	}
}
