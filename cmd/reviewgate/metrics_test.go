package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// TestMetrics holds that each metric that deploy/README.md speaks of is there once
// something has happened, with few labels, and that it is for administrators
// alone.
func TestMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.swept()
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	w.SetFault(func(*http.Request) *fakegithub.Fault {
		return &fakegithub.Fault{Status: http.StatusForbidden, Header: http.Header{"Retry-After": {"600"}}}
	})
	w.review(pr, "alice", fake.Approved)
	body := ""
	w.until("a rate limit", func() bool {
		body = w.metrics()
		return strings.Contains(body, "reviewgate_rate_limited{") && strings.Contains(body, `cause="rate_limit",outcome="failed"`)
	})
	readme, err := os.ReadFile("../../deploy/README.md")
	check0(t, err)
	_, section, _ := strings.Cut(string(readme), "\n## Metrics")
	section, _, _ = strings.Cut(section, "\n## ")
	names := regexp.MustCompile("`(reviewgate_[a-z_]+)").FindAllStringSubmatch(section, -1)
	if len(names) < 10 {
		t.Fatalf("%d metrics in deploy/README.md", len(names))
	}
	for _, name := range names {
		if !regexp.MustCompile(`(?m)^` + name[1] + `(_count|\{| )`).MatchString(body) {
			t.Errorf("there is no %s", name[1])
		}
	}
	for _, want := range []string{
		`reviewgate_api_calls_total{code="200",endpoint="graphql Look",forge="github"}`,
		`reviewgate_api_calls_total{code="201",endpoint="POST /repos/{}/{}/check-runs",forge="github"}`,
		`reviewgate_evaluations_total{cause="",outcome="pending"} 1`,
		`reviewgate_evaluations_total{cause="rate_limit",outcome="failed"}`,
		`reviewgate_deliveries_total{event="pull_request",forge="github",reason="",status="202"} 1`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(body, "acme") || strings.Contains(body, pr.Head()) {
		t.Error("the metrics name repositories or commits: too many series")
	}
	for _, path := range []string{"/metrics", "/debug/pprof/cmdline"} {
		if status, _ := get(t, "http://"+w.svc.Admin()+path); status != http.StatusOK {
			t.Errorf("%s on the admin address: status %d", path, status)
		}
		if status, _ := get(t, "http://"+w.svc.Public()+path); status != http.StatusNotFound {
			t.Errorf("%s on the public address: status %d", path, status)
		}
	}
}

// metrics reads what the service shows.
func (w *world) metrics() string {
	w.t.Helper()
	_, body := get(w.t, "http://"+w.svc.Admin()+"/metrics")
	return body
}
