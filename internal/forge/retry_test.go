package forge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge"
)

const pause = time.Second

// TestRetry plays answers, one a try, and counts the tries.
func TestRetry(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	tests := map[string]struct {
		method, url string
		answers     []any // a status or an error
		want        string
		tries       int
	}{
		"fine":                {"GET", "/", []any{200}, "200", 1},
		"not found":           {"GET", "/", []any{404}, "404", 1},
		"our fault":           {"GET", "/", []any{500}, "500", 1},
		"bad gateway":         {"GET", "/", []any{502, 200}, "200", 2},
		"unavailable":         {"GET", "/", []any{503, 200}, "200", 2},
		"time-out at gateway": {"GET", "/", []any{504, 200}, "200", 2},
		"broken connection":   {"GET", "/", []any{broken, 200}, "200", 2},
		"twice at most":       {"GET", "/", []any{502, 503, 200}, "503", 2},
		"broken twice":        {"GET", "/", []any{broken, broken}, "connection reset", 2},
		"a write":             {"POST", "/", []any{502}, "502", 1},
		"a query":             {"POST", "/graphql", []any{502, 200}, "200", 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var bodies []string
				start := time.Now()
				r := &forge.Retry{Wait: pause, Safe: isQuery, Base: tripper(func(req *http.Request) (*http.Response, error) {
					body, err := io.ReadAll(req.Body)
					bodies = append(bodies, string(body))
					if status, ok := tt.answers[len(bodies)-1].(int); ok {
						return answer(status, ""), err
					}
					return nil, broken
				})}
				got := ""
				res, err := r.RoundTrip(request(t, tt.method, "https://forge.example"+tt.url, "body"))
				if err != nil {
					got = err.Error()
				} else {
					got = fmt.Sprint(res.StatusCode)
					text(t, res, err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				for _, body := range bodies {
					if body != "body" {
						t.Errorf("a try had the body %q", body)
					}
				}
				if waited := time.Since(start); len(bodies) != tt.tries || tt.tries == 2 && (waited < pause/2 || waited > 2*pause) {
					t.Errorf("%d tries, want %d; waited %s", len(bodies), tt.tries, waited)
				}
			})
		})
	}
}

func isQuery(req *http.Request) bool { return req.URL.Path == "/graphql" }

// TestRetryStopsWithTheContext holds that nobody waits for a caller who left.
func TestRetryStopsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		tries := 0
		r := &forge.Retry{Wait: time.Hour, Safe: isQuery, Base: tripper(func(*http.Request) (*http.Response, error) {
			tries++
			time.AfterFunc(time.Second, cancel)
			return answer(502, ""), nil
		})}
		_, err := r.RoundTrip(request(t, "GET", "https://forge.example/", "").WithContext(ctx))
		if !errors.Is(err, context.Canceled) || tries != 1 {
			t.Errorf("%v after %d tries", err, tries)
		}
		res, err := r.RoundTrip(request(t, "GET", "https://forge.example/", "").WithContext(ctx))
		if text(t, res, err); tries != 2 {
			t.Errorf("%d tries", tries)
		}
	})
}

// TestRetryNeedsTheBodyAgain holds that half a request is never sent.
func TestRetryNeedsTheBodyAgain(t *testing.T) {
	t.Parallel()
	tries := 0
	r := &forge.Retry{Wait: pause, Safe: isQuery, Base: tripper(func(*http.Request) (*http.Response, error) {
		tries++
		return answer(502, "whole"), nil
	})}
	req := request(t, "POST", "https://forge.example/graphql", "body")
	req.GetBody = nil
	res, err := r.RoundTrip(req)
	if got := text(t, res, err); got != "whole" || tries != 1 {
		t.Errorf("%q after %d tries", got, tries)
	}
}
