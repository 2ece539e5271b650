package main

import (
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/reviewgate/reviewgate/internal/pull"
)

func ref(number int) pull.Ref {
	return pull.Ref{Repo: pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}, Number: number}
}

func copyTo(b *strings.Builder, r io.Reader) error {
	_, err := io.Copy(b, r)
	return err
}

// answer is a JSON answer that no server gave.
func answer(req *http.Request, body string) *http.Response {
	return &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: req}
}

// depthCounter finds how many calls came one after the other: a call is one
// deeper than the deepest that had ended when it began.
type depthCounter struct {
	base  http.RoundTripper
	mu    sync.Mutex
	ended int
	check int // depth of the first write of a check
}

func (d *depthCounter) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended, d.check = 0, 0
}

func (d *depthCounter) atCheck() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.check
}

// RoundTrip implements http.RoundTripper.
func (d *depthCounter) RoundTrip(req *http.Request) (*http.Response, error) {
	d.mu.Lock()
	depth := d.ended + 1
	if d.check == 0 && strings.Contains(req.URL.Path, "/check-runs") {
		d.check = depth
	}
	d.mu.Unlock()
	res, err := d.base.RoundTrip(req)
	d.mu.Lock()
	d.ended = max(d.ended, depth)
	d.mu.Unlock()
	return res, err
}
