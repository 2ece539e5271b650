package forge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
)

// failingForge answers with a status, or an error, and counts.
type failingForge struct {
	calls  int
	status int // 0: no answer
	err    error
	broken string // the one path that fails, if it is not empty
}

func (f *failingForge) RoundTrip(req *http.Request) (*http.Response, error) {
	f.calls++
	if f.broken != "" && req.URL.Path != f.broken {
		return answer(200, ""), nil
	}
	if f.status == 0 {
		return nil, f.err
	}
	return answer(f.status, ""), nil
}

func newBreaker() *forge.Breaker {
	return &forge.Breaker{Thing: func(r *http.Request) string { return r.URL.Path }, Now: time.Now}
}

// call makes one, and returns until when it is put off; zero if it was sent.
func call(t *testing.T, trip http.RoundTripper, path string) time.Time {
	t.Helper()
	res, err := trip.RoundTrip(request(t, "GET", "https://forge.example"+path, ""))
	if limit, ok := errors.AsType[*forge.LimitError](err); ok {
		if !limit.Failing {
			t.Errorf("told as a limit: %v", limit)
		}
		return limit.Until
	}
	if err == nil {
		res.Body.Close()
	}
	return time.Time{}
}

// TestBreaker holds that a forge which fails is asked now and then only, whoever asks,
// and as before as soon as it is back.
func TestBreaker(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for name, f := range map[string]*failingForge{"502": {status: 502}, "500": {status: 500}, "no answer": {err: broken},
		"too late": {err: context.DeadlineExceeded}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker()
				trips := []http.RoundTripper{b.Guard(f), b.Guard(f)} // of two credentials
				start := time.Now()
				for i := 0; time.Since(start) < 5*time.Minute; i++ {
					if until := call(t, trips[i%2], fmt.Sprint("/", i%20)); !until.IsZero() {
						if wait := time.Until(until); wait <= 0 || wait > 19*time.Second {
							t.Fatalf("put off by %s", wait)
						}
					}
					<-time.After(10 * time.Millisecond)
				}
				if f.calls < 20 || f.calls > 40 {
					t.Errorf("%d calls in five minutes", f.calls)
				}
				f.status = 404 // it is back
				<-time.After(15 * time.Second)
				for i := range 50 {
					if until := call(t, trips[i%2], "/x"); !until.IsZero() {
						t.Fatalf("put off until %s, although it is back", until)
					}
				}
			})
		})
	}
}

// TestBreakerLeavesOthersAlone holds what does not open it.
func TestBreakerLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	ours := &forge.LimitError{Until: time.Now().Add(time.Hour), What: "our own pace"}
	for name, tt := range map[string]struct {
		forge failingForge
		path  func(i int) string
	}{
		"one thing that always fails": {failingForge{status: 502}, func(int) string { return "/1" }},
		"two things that always fail": {failingForge{status: 502}, func(i int) string { return fmt.Sprint("/", i%2) }},
		"one thing among many":        {failingForge{status: 502, broken: "/1"}, func(i int) string { return fmt.Sprint("/", i%9) }},
		"what is not there":           {failingForge{status: 404}, func(i int) string { return fmt.Sprint("/", i) }},
		"what is forbidden":           {failingForge{status: 403}, func(i int) string { return fmt.Sprint("/", i) }},
		"limits":                      {failingForge{err: ours}, func(i int) string { return fmt.Sprint("/", i) }},
		"callers who leave":           {failingForge{err: context.Canceled}, func(i int) string { return fmt.Sprint("/", i) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trip := newBreaker().Guard(&tt.forge)
			const calls = 200
			for i := range calls {
				res, err := trip.RoundTrip(request(t, "GET", "https://forge.example"+tt.path(i), ""))
				if err == nil {
					res.Body.Close()
				}
			}
			if tt.forge.calls != calls {
				t.Errorf("%d of %d calls were sent", tt.forge.calls, calls)
			}
		})
	}
}

// TestBreakerTriesOneAtATime holds that one finds out, while others wait for it, and that
// one who gives up makes room for the next.
func TestBreakerTriesOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker()
		down := b.Guard(&failingForge{status: 502})
		for i := range 10 {
			call(t, down, fmt.Sprint("/", i))
		}
		<-time.After(2 * time.Second)
		answers := make(chan error)
		slow := b.Guard(tripper(func(*http.Request) (*http.Response, error) { return nil, <-answers }))
		var all sync.WaitGroup
		all.Go(func() { call(t, slow, "/a") })
		synctest.Wait()
		for range 5 {
			if call(t, down, "/b").IsZero() {
				t.Error("two find out at once")
			}
		}
		answers <- context.Canceled
		all.Wait()
		fine := &failingForge{status: 200}
		if until := call(t, b.Guard(fine), "/c"); !until.IsZero() || fine.calls != 1 {
			t.Errorf("put off until %s, although nobody finds out any more", until)
		}
	})
}
