package web

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/response"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// TestPaceIsForWhoSignedIn holds that what is told of how soon people review is for who signed in.
func TestPaceIsForWhoSignedIn(t *testing.T) {
	t.Parallel()
	runs := shelved(t, golden(t, "6/scope.json"))
	now := time.Now()
	runs.requests = []workload.Request{{Number: 7, Who: "Alice", At: now.Add(-3 * time.Hour), Subsystems: []string{"fs"}}}
	runs.reviews = []workload.Review{{Number: 7, Who: "Alice", At: now, Subsystems: []string{"fs"}}}
	w := newTown(t, runs)
	w.set("ann", true)
	cookie := w.signIn("ann", "/github/acme/linux")
	for lang, says := range map[string]string{"en": "half their reviews came within 3.0 hours", "zh-CN": "半数请求在 3.0 小时内评审"} {
		if body := get(t, w, "/github/acme/linux/7?lang="+lang, "Cookie", cookie).Body.String(); !strings.Contains(body, says) {
			t.Errorf("who signed in does not see it:\n%s", body)
		}
		if body := get(t, w, "/github/acme/linux/7?lang="+lang).Body.String(); strings.Contains(body, "3.0") {
			t.Errorf("a stranger sees it:\n%s", body)
		}
	}
}

// TestLoadOfAreas holds the same of areas, which may be one person.
func TestLoadOfAreas(t *testing.T) {
	t.Parallel()
	runs := shelved(t, golden(t, "6/scope.json"))
	now := time.Now()
	runs.requests = []workload.Request{{Number: 7, Who: "alice-reviews", At: now.Add(-3 * time.Hour), Subsystems: []string{"mm"}},
		{Number: 8, Who: "alice-reviews", At: now, Waiting: true, Subsystems: []string{"mm"}}}
	runs.reviews = []workload.Review{{Number: 7, Who: "alice-reviews", At: now, Subsystems: []string{"mm"}}}
	w := newTown(t, runs)
	w.set("ann", true)
	body := get(t, w, "/github/acme/linux?lang=en", "Cookie", w.signIn("ann", "/github/acme/linux")).Body.String()
	if !strings.Contains(body, "3.0 hours") || strings.Contains(body, "alice-reviews") {
		t.Error(body)
	}
	if body := get(t, w, "/github/acme/linux?lang=en").Body.String(); strings.Contains(body, "3.0 hours") {
		t.Errorf("a stranger sees it:\n%s", body)
	}
}

// TestResponsesOfAreas holds that whether areas answered in time is for who signed in, and told of
// those only that have a time for it.
func TestResponsesOfAreas(t *testing.T) {
	t.Parallel()
	runs := shelved(t, golden(t, "6/scope.json"))
	now := time.Now()
	wait := func(area string, hours int, answered time.Time) response.Wait {
		return response.Wait{Area: area, Since: now.Add(-time.Duration(hours) * time.Hour), Within: 36 * time.Hour, Answered: answered}
	}
	runs.requests = []workload.Request{{Number: 8, Who: "alice-reviews", At: now, Waiting: true, Subsystems: []string{"net"}}}
	w := newTown(t, runs)
	w.set("ann", true)
	ann := w.signIn("ann", "/github/acme/linux")
	page := func(more ...string) string {
		return get(t, w, "/github/acme/linux?lang=en", more...).Body.String()
	}
	if body := page("Cookie", ann); strings.Contains(body, "First review within") {
		t.Errorf("no area has a time:\n%s", body)
	}
	runs.waits = []response.Wait{wait("mm", 10, now), wait("mm", 40, time.Time{}), wait("mm", 1, time.Time{}), wait("fs", 1, time.Time{})}
	body := page("Cookie", ann)
	for _, word := range []string{"First review within", "36 hours", "50% (1 kept, 1 missed)", `<td class="late">1</td>`, "<td>–</td><td>–</td><td>–</td>"} {
		if !strings.Contains(body, word) {
			t.Errorf("without %q:\n%s", word, body)
		}
	}
	var got Repository
	check(t, json.Unmarshal([]byte(page("Cookie", ann, "Accept", "application/json")), &got))
	want := []AreaLoad{{Area: "net", Open: 1, Hours: -1}, {Area: "fs", Hours: -1, Response: &AreaResponse{Within: 36, Open: 1, Share: -1}},
		{Area: "mm", Hours: -1, Response: &AreaResponse{Within: 36, Kept: 1, Missed: 1, Open: 1, Overdue: 1, Share: 50}}}
	if diff := cmp.Diff(want, got.Areas); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if body := page(); strings.Contains(body, "36 hours") || strings.Contains(body, "50%") {
		t.Errorf("a stranger sees it:\n%s", body)
	}
}
