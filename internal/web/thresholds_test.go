package web

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// seenMerged is the record of a look that saw a pull request merged.
const seenMerged = `{"v":7,"inputs":{"snapshot":{"Request":{"Merged":true}}}}`

// mergedShelf keeps some records, each of a pull request that was merged with it.
func mergedShelf(t testing.TB, bodies ...[]byte) *shelf {
	t.Helper()
	all := shelved(t, bodies...)
	s := &shelf{}
	for i, run := range all.runs {
		run.Ref.Number = i + 1
		seen := run
		seen.Body, seen.Outcome = []byte(seenMerged), ""
		s.runs = append(s.runs, run, seen)
		s.closed = append(s.closed, history.PullState{Ref: run.Ref})
	}
	return s
}

// passing are 20 records of one pull request that passed.
func passing(t testing.TB) (bodies [][]byte) {
	t.Helper()
	for range 20 {
		bodies = append(bodies, golden(t, "7/codeowners.json"))
	}
	return bodies
}

// TestThresholds shows what each threshold would have let pass, in both languages and as JSON.
func TestThresholds(t *testing.T) {
	t.Parallel()
	runs := mergedShelf(t, passing(t)...)
	open := runs.runs[0]
	open.Ref.Number = 99 // it was closed unmerged
	runs.runs, runs.closed = append(runs.runs, open), append(runs.closed, history.PullState{Ref: open.Ref})
	h := handler(t, runs, &says{public: true})
	for lang, wants := range map[string][]string{
		"en": {"20 pull requests were merged", "Recommended: threshold 100% with min_approvals 1.", "<th scope=\"row\">50%</th><td>20</td>",
			"9 in 10"},
		"zh-CN": {"有 20 个已合入", "建议：threshold 取 100%"},
	} {
		w := get(t, h, "/github/acme/linux/-/thresholds?lang="+lang)
		for _, want := range wants {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d, no %q in\n%s", lang, w.Code, want, w.Body)
			}
		}
		drawing := w.Body.String()
		drawing = drawing[strings.Index(drawing, "<svg viewBox=\"0 0 640") : strings.LastIndex(drawing, "</svg>")+len("</svg>")]
		if err := xml.Unmarshal([]byte(drawing), new(any)); err != nil || strings.Contains(drawing, "style") {
			t.Errorf("%v in %s", err, drawing)
		}
	}
	var out Thresholds
	w := get(t, h, "/github/acme/linux/-/thresholds", "Accept", "application/json")
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || out.Report.Pulls != 20 || out.Report.Recommended == nil || out.Days != 180 {
		t.Errorf("%v: %s", err, w.Body)
	}
	link := `<a href="/github/acme/linux/-/thresholds">`
	if page := get(t, h, "/github/acme/linux"); !strings.Contains(page.Body.String(), link) {
		t.Errorf("the repository's page has no link:\n%s", page.Body)
	}
}

// TestThresholdsOfLittle holds that nothing merged, and what can't be read any more, is told
// as that.
func TestThresholdsOfLittle(t *testing.T) {
	t.Parallel()
	few := mergedShelf(t, golden(t, "7/codeowners.json"), golden(t, "7/policy-broken.json"))
	few.runs[0].Body = []byte("{}")
	for name, runs := range map[string]*shelf{"nothing": mergedShelf(t, golden(t, "7/codeowners.json")), "unread": few} {
		if name == "nothing" {
			runs.closed = nil
		}
		w := get(t, handler(t, runs, &says{public: true}), "/github/acme/linux/-/thresholds?lang=en")
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Recommended") || strings.Contains(w.Body.String(), "<figure>") {
			t.Errorf("%s: %d\n%s", name, w.Code, w.Body)
		}
	}
}

// TestThresholdsArePrivate holds that they are shown to whom the repository's page is, and of
// no pull request.
func TestThresholdsArePrivate(t *testing.T) {
	t.Parallel()
	runs := mergedShelf(t, golden(t, "7/codeowners.json"))
	for page, forge := range map[string]Visibility{
		"/github/acme/linux/-/thresholds": &says{}, "/github/acme/other/-/thresholds": &says{public: true},
		"/github/acme/linux/7/-/thresholds": &says{public: true}, "/github/-/thresholds": &says{public: true},
	} {
		if w := get(t, handler(t, runs, forge), page); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", page, w.Code)
		}
	}
}

// counting tells how often it was asked for what is closed.
type counting struct {
	*shelf
	asked chan struct{}
	leave chan struct{}
}

func (c counting) LastJudged(ctx context.Context, ref pull.Ref) (history.RunRecord, bool, error) {
	c.asked <- struct{}{}
	<-c.leave
	return c.shelf.LastJudged(ctx, ref)
}

// TestThresholdsAreKept holds that they are made once for many visitors, and one at a time, and
// keep no other page waiting.
func TestThresholdsAreKept(t *testing.T) {
	t.Parallel()
	runs := counting{mergedShelf(t, golden(t, "7/codeowners.json")), make(chan struct{}, 10), make(chan struct{})}
	h := handler(t, runs, &says{public: true})
	done := make(chan int)
	go func() { done <- get(t, h, "/github/acme/linux/-/thresholds").Code }()
	<-runs.asked
	if w := get(t, h, "/github/ACME/linux/-/thresholds"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("while it is made: %d", w.Code)
	}
	if w := get(t, h, "/github/acme/linux/1"); w.Code != http.StatusOK {
		t.Errorf("another page: %d", w.Code)
	}
	close(runs.leave)
	if code := <-done; code != http.StatusOK {
		t.Errorf("%d", code)
	}
	for range 3 {
		get(t, h, "/github/ACME/linux/-/thresholds")
	}
	if n := len(runs.asked); n != 0 {
		t.Errorf("made %d times more", n)
	}
}

// TestThresholdsEnd holds that the page takes so long at the most, and tells of what was judged.
func TestThresholdsEnd(t *testing.T) {
	t.Parallel()
	runs := mergedShelf(t, passing(t)...)
	p := pages(t, runs, &says{public: true})
	now := time.Now()
	p.cfg.Now = func() time.Time { now = now.Add(time.Second); return now }
	report, err := p.backtest(t.Context(), linux)
	if err != nil || report.Pulls == 0 || report.Pulls >= 20 {
		t.Errorf("%d judged, %v", report.Pulls, err)
	}
}
