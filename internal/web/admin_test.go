package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/service"
)

// shop is a service of which chief is the admin.
type shop struct {
	jobs    []queue.Job
	retried []string
}

func (s *shop) Backlog(context.Context) (queue.Backlog, error) {
	return queue.Backlog{Waiting: 3, Running: 1, Retrying: 2, Dead: len(s.jobs), Oldest: time.Unix(1_700_000_000, 0)}, nil
}

func (s *shop) Jobs(context.Context) ([]queue.Job, error) { return s.jobs, nil }

func (s *shop) Retry(_ context.Context, refs []pull.Ref) ([]pull.Ref, error) {
	s.retried = append(s.retried, fmt.Sprint(refs))
	return refs, nil
}

func (s *shop) steward() Steward {
	return Steward{IsAdmin: func(forge, login string) bool { return forge == "github" && login == "chief" }, Work: s,
		Settings: "listen: <b>\n", Version: "v1.2.3", State: func() service.State {
			return service.State{Deliveries: []service.Deliveries{{Forge: "github", Status: "202", Count: 12}}, Silent: []string{"gitea"},
				Limits: []service.Limit{{Forge: "github", Account: "7", Resource: "core", Remaining: 4000, Limit: 5000},
					{Forge: "github", Account: "8", Until: time.Unix(1_700_000_000, 0)}},
				Swept: time.Unix(1_700_000_000, 0),
				Findings: []doctor.Finding{{Severity: doctor.OK, What: "fine"}, {Severity: doctor.Error, What: "<i>", Why: "why", Do: "do it"},
					{Severity: doctor.Warning, What: "w"}, {Severity: doctor.CannotTell, What: "c"}}}
		}}
}

// withDead has work that was given up, and some that was not.
func withDead(t testing.TB) *town {
	t.Helper()
	w := newTown(t, private(t))
	w.shop.jobs = []queue.Job{
		{Ref: pull.Ref{Repo: linux, Number: 7}, State: queue.Dead, Failures: 9, Due: time.Unix(1_700_000_000, 0), Err: "a <b>fault</b>\nstack"},
		{Ref: pull.Ref{Repo: linux, Number: 8}, State: queue.Retrying, Failures: 1, Err: "away"},
	}
	return w
}

// TestAdmin shows an admin how the service fares, in both languages and as JSON.
func TestAdmin(t *testing.T) {
	t.Parallel()
	w := withDead(t)
	chief := w.signIn("chief", "/-/me")
	for lang, words := range map[string][]string{
		"en": {"How the service fares", "waits for a worker: 3", "given up after too many errors", "Try again", "Configuration in effect",
			"does not answer this replica", "last sweep began", "calls are kept back until", "Can&#39;t tell"},
		"zh-CN": {"服务状态", "等待执行: 3", "已放弃", "重试", "生效的配置", "没有应答本副本", "最近一次巡检", "暂停调用", "无法判定"},
	} {
		got := get(t, w, "/-/admin?lang="+lang, "Cookie", chief)
		body := got.Body.String()
		for _, word := range append(words, "v1.2.3", "github:acme/linux#7", "a &lt;b&gt;fault", "listen: &lt;b&gt;", "&lt;i&gt;",
			"do it", "4000 / 5000",
			"</html>") {
			if got.Code != http.StatusOK || !strings.Contains(body, word) {
				t.Errorf("%d in %s without %q:\n%s", got.Code, lang, word, body)
			}
		}
		if strings.Contains(body, "stack") || strings.Contains(body, "linux#8") || strings.Contains(body, "admin.") {
			t.Errorf("in %s:\n%s", lang, body)
		}
	}
	var data struct {
		Dead     []Dead
		Waiting  int
		Findings []doctor.Finding
	}
	check(t, json.Unmarshal(get(t, w, "/-/admin", "Cookie", chief, "Accept", "application/json").Body.Bytes(), &data))
	if len(data.Dead) != 1 || data.Dead[0].Ref != "github:acme/linux#7" || data.Waiting != 3 || len(data.Findings) != 4 {
		t.Errorf("%+v", data)
	}
	if body := get(t, w, "/-/me", "Cookie", chief).Body.String(); !strings.Contains(body, `href="/-/admin"`) {
		t.Error("no link leads an admin there")
	}
	empty := newTown(t, &shelf{})
	empty.drawer.all = w.drawer.all
	if body := get(t, empty, "/-/admin?lang=en", "Cookie", chief).Body.String(); strings.Contains(body, "Try") {
		t.Errorf("where nothing was given up:\n%s", body)
	}
}

// TestAdminIsForAdmins holds that there is no such page for anybody else, and that nobody else
// has anything done.
func TestAdminIsForAdmins(t *testing.T) {
	t.Parallel()
	w := withDead(t)
	w.set("ann", true)
	for who, cookie := range map[string]string{"a stranger": "", "ann": w.signIn("ann", "/-/me")} {
		for _, kind := range []string{"text/html", "application/json"} {
			got := absentPage(t, w, "/-/admin", "Cookie", cookie, "Accept", kind)
			want := absentPage(t, w, "/no/such/page", "Cookie", cookie, "Accept", kind)
			if got != want {
				t.Errorf("%s sees\n%s\nand of no page\n%s", who, got, want)
			}
		}
		if got := post(t, w, "/-/admin/retry", cookie, "same-origin", url.Values{"ref": {"all"}}); got.Code != http.StatusNotFound {
			t.Errorf("%s: %d", who, got.Code)
		}
		if body := get(t, w, "/-/signin", "Cookie", cookie).Body.String(); strings.Contains(body, "/-/admin") {
			t.Errorf("%s is led there", who)
		}
	}
	chief := w.signIn("chief", "/-/me")
	if got := post(t, w, "/-/admin/retry", chief, "cross-site", url.Values{"ref": {"all"}}); got.Code != http.StatusForbidden {
		t.Errorf("from another site: %d", got.Code)
	}
	if got := get(t, w, "/-/admin/retry?ref=all", "Cookie", chief); got.Code == http.StatusSeeOther {
		t.Errorf("by a link: %d", got.Code)
	}
	if len(w.shop.retried) > 0 {
		t.Errorf("tried again: %v", w.shop.retried)
	}
	_, none := pagesOf(t, Config{Runs: &shelf{}, Desk: w.pages.cfg.Desk, Waits: &w.queue, Home: home})
	absentPage(t, none, "/-/admin", "Cookie", chief)
}

// TestRetry has work tried again that was given up, one piece or all, and nothing else.
func TestRetry(t *testing.T) {
	t.Parallel()
	w := withDead(t)
	chief := w.signIn("chief", "/-/me")
	for ref, want := range map[string]int{"github:acme/linux#7": 303, "github:acme/linux#8": 303, "github:acme/linux#9": 303,
		"all": 303, "": 404, "nonsense": 404} {
		if got := post(t, w, "/-/admin/retry", chief, "same-origin", url.Values{"ref": {ref}}); got.Code != want ||
			want == 303 && got.Header().Get("Location") != "/-/admin" {
			t.Errorf("%q: %d %v", ref, got.Code, got.Header())
		}
	}
	large := url.Values{"x": {strings.Repeat("x", maxForm)}, "ref": {"all"}}
	if got := post(t, w, "/-/admin/retry", chief, "same-origin", large); got.Code != 404 {
		t.Errorf("a large form: %d", got.Code)
	}
	slices.Sort(w.shop.retried)
	if diff := cmp.Diff([]string{"[]", "[github:acme/linux#7]"}, w.shop.retried); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAdminIsBounded holds that a page lists so much.
func TestAdminIsBounded(t *testing.T) {
	t.Parallel()
	w := withDead(t)
	for i := range maxDead + 5 {
		w.shop.jobs = append(w.shop.jobs, queue.Job{Ref: pull.Ref{Repo: linux, Number: i + 100}, State: queue.Dead, Err: errors.ErrUnsupported.Error()})
	}
	body := get(t, w, "/-/admin", "Cookie", w.signIn("chief", "/-/me")).Body.String()
	if n := strings.Count(body, `aria-label="`); n != maxDead+2 {
		t.Errorf("%d rows", n)
	}
}
