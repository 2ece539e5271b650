package forge_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge"
)

// tripper answers requests in memory.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answer makes a response; headers are name, value, name, value.
func answer(status int, body string, headers ...string) *http.Response {
	rec := httptest.NewRecorder()
	for i := 0; i+1 < len(headers); i += 2 {
		rec.Header().Set(headers[i], headers[i+1])
	}
	rec.WriteHeader(status)
	_, _ = rec.WriteString(body) // a recorder takes everything
	return rec.Result()
}

func request(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// text reads a response whole.
func text(t *testing.T, res *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		res   *http.Response
		until time.Time // zero: no limit
		what  string
	}{
		"fine":      {res: answer(200, "ok", "X-RateLimit-Remaining", "0")},
		"forbidden": {res: answer(403, "Resource not accessible", "X-RateLimit-Remaining", "17")},
		"primary": {answer(403, "", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1772367000"),
			time.Unix(1772367001, 0), "primary rate limit"},
		"primary, reset in the past": {answer(403, "", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1000"), now.Add(time.Minute),
			"primary rate limit"},
		"primary, reset unreadable": {answer(429, "", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "soon"), now.Add(time.Minute),
			"primary rate limit"},
		"secondary with a time": {answer(403, "", "Retry-After", "90"), now.Add(90 * time.Second), "secondary rate limit"},
		"secondary, time unreadable": {answer(429, "", "Retry-After", "Sun, 01 Mar 2026 12:01:00 GMT"), now.Add(time.Minute),
			"secondary rate limit"},
		"secondary without a time": {answer(403, "You have exceeded a secondary rate limit."), now.Add(time.Minute), "secondary rate limit"},
		"secondary by its page": {answer(403,
			`{"documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`),
			now.Add(time.Minute), "secondary rate limit"},
		"secondary, old words": {answer(403, "You have triggered an abuse detection mechanism."), now.Add(time.Minute),
			"secondary rate limit"},
		"too many": {answer(429, ""), now.Add(time.Minute), "secondary rate limit"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &forge.Limits{Meter: meter, Now: func() time.Time { return now },
				Base: tripper(func(*http.Request) (*http.Response, error) { return tt.res, nil })}
			res, err := l.RoundTrip(request(t, "GET", "https://forge.example/", ""))
			limit, limited := errors.AsType[*forge.LimitError](err)
			if limited == tt.until.IsZero() {
				t.Fatalf("error %v, want a limit until %v", err, tt.until)
			}
			if !limited {
				text(t, res, err) // stays readable
				return
			}
			if !limit.Until.Equal(tt.until) || limit.What != tt.what {
				t.Errorf("%v, want %s until %v", limit, tt.what, tt.until)
			}
		})
	}
}

// TestLimitsKeepCallsBack holds that no call is made while a limit stands, and
// that calls are made again after it.
func TestLimitsKeepCallsBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	calls := 0
	l := &forge.Limits{Meter: meter, Now: func() time.Time { return now }, Base: tripper(func(*http.Request) (*http.Response, error) {
		if calls++; calls == 1 {
			return answer(429, "", "Retry-After", "60"), nil
		}
		return answer(200, "ok"), nil
	})}
	for range 3 {
		_, err := l.RoundTrip(request(t, "POST", "https://forge.example/", "body"))
		if want := "rate limit until 2026-03-01T12:01:00Z: secondary rate limit"; err == nil || err.Error() != want {
			t.Fatalf("%v, want %s", err, want)
		}
	}
	if calls != 1 {
		t.Errorf("%d calls while a limit stood", calls)
	}
	now = now.Add(time.Minute)
	res, err := l.RoundTrip(request(t, "GET", "https://forge.example/", ""))
	if got := text(t, res, err); got != "ok" || calls != 2 {
		t.Errorf("%q after %d calls", got, calls)
	}
}

// TestLimitsKeepForbiddenBodies holds that an answer that is no limit comes
// through whole.
func TestLimitsKeepForbiddenBodies(t *testing.T) {
	t.Parallel()
	l := &forge.Limits{Meter: meter, Now: time.Now,
		Base: tripper(func(*http.Request) (*http.Response, error) { return answer(403, "no entry"), nil })}
	res, err := l.RoundTrip(request(t, "GET", "https://forge.example/", ""))
	if diff := cmp.Diff("no entry", text(t, res, err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLimitsPassErrorsOn(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	l := &forge.Limits{Meter: meter, Now: time.Now, Base: tripper(func(*http.Request) (*http.Response, error) { return nil, broken })}
	if _, err := l.RoundTrip(request(t, "GET", "https://forge.example/", "")); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// meter is of a forge that has all that a Meter reads.
var meter = forge.Meter{
	Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset", Resource: "X-RateLimit-Resource",
	Refused: regexp.MustCompile(`(?i)secondary[ -]rate[ -]limit|abuse[ -](detection|rate[ -]limit)`),
}
