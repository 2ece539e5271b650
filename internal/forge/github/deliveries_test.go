package github_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// failing is a forge that could not bring a number of deliveries, all of them two
// hours ago, and brings each that is asked for again.
type failing struct{ left, brought int }

func (f *failing) RoundTrip(req *http.Request) (*http.Response, error) {
	status, body := http.StatusOK, "[]"
	switch {
	case req.Method == http.MethodPost:
		f.brought++
		status, body = http.StatusAccepted, "{}"
	case f.brought < f.left:
		at := time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339)
		var all []string
		for i := f.brought; i < f.left; i++ {
			all = append(all, fmt.Sprintf(`{"id": %d, "guid": "g%d", "delivered_at": %q, "status_code": 503}`, i+1, i, at))
		}
		body = "[" + strings.Join(all, ",") + "]"
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

// TestRedeliverTellsOfMore holds that what one call leaves is told of, so that
// nobody takes the time before it for done.
func TestRedeliverTellsOfMore(t *testing.T) {
	t.Parallel()
	f := &failing{left: 150}
	w := newWorld(t, f)
	for _, want := range []struct {
		asked int
		more  bool
	}{{100, true}, {50, false}, {0, false}} {
		asked, more, err := w.app.Redeliver(t.Context(), time.Now().Add(-3*time.Hour))
		if err != nil || asked != want.asked || more != want.more {
			t.Errorf("%d asked for, more %t (%v), want %v", asked, more, err, want)
		}
	}
}
