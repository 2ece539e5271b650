package github

import (
	"io"
	"net/http"
	"sync"

	"golang.org/x/sync/semaphore"
)

// atOnce lets so many calls be under way at once, from the sending to the end of the
// answer; others wait. That a transport has few connections is not enough: over HTTP/2 each
// carries a hundred calls.
type atOnce struct {
	base   http.RoundTripper
	places *semaphore.Weighted
}

func newAtOnce(base http.RoundTripper, most int64) *atOnce {
	return &atOnce{base, semaphore.NewWeighted(most)}
}

// RoundTrip implements http.RoundTripper.
func (a *atOnce) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := a.places.Acquire(req.Context(), 1); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	leave := sync.OnceFunc(func() { a.places.Release(1) })
	res, err := a.base.RoundTrip(req)
	if err != nil {
		leave()
		return nil, err
	}
	res.Body = leaving{res.Body, leave}
	return res, nil
}

// leaving is a body whose end leaves a place to others.
type leaving struct {
	io.ReadCloser
	leave func()
}

func (b leaving) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.leave()
	}
	return n, err
}

func (b leaving) Close() error {
	defer b.leave()
	return b.ReadCloser.Close()
}
