package backtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/backtest"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/simulate"
)

// TestText holds what is said of a past, and that names from files are quoted.
func TestText(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, strings.Replace(areas, "name: mm", `name: "mm\u0007"`, 1), "")
	timed := many(18, 0, 0)
	for i := range timed {
		timed[i].Pushed = time.Unix(0, 0)
		timed[i].Request.Reviews[0].At = time.Unix(int64(i)*3600, 0)
		timed[i].Request.UpdatedAt = timed[i].Request.Reviews[0].At
	}
	for name, tt := range map[string]struct {
		merged []pull.Merged
		wants  []string
	}{
		"few": {timed, []string{"18 merged pull requests; 18 of them reviewed", "100%       18 of 18 (100%)   8h 0m", "16h 0m",
			"no recommendation: 18 pull requests were reviewed by people whom the map names, 20 are needed", "none of 2 areas was changed by 20 pull"}},
		"one": {timed[:1], []string{"1 merged pull request; 1 of them"}},
		"enough": {append(many(2, 0, 0), timed...), []string{"recommended: threshold: 100%, min_approvals: 1",
			"of 20 that were reviewed at all, 20 would have passed; 0 would have needed more", "\"mm\\a\"", "20 of 20 (100%)  100%"}},
		"price":   {many(18, 2, 0), []string{"recommended: threshold: 50%", "  55% would have kept 2 more"}},
		"nowhere": {many(0, 0, 30), []string{"0 of them reviewed by people whom the map names for their files, 30 only by others"}},
		"seldom":  {unevenly(), []string{"no recommendation: even at 50% only 18 of 20 (90%)"}},
	} {
		r := backtest.Run(f.Cases(tt.merged))
		text := r.Text()
		for _, want := range tt.wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
	}
}

// unevenly are pull requests of which two have one file of three reviewed.
func unevenly() []pull.Merged {
	merged := many(18, 0, 0)
	for range 2 {
		merged = append(merged, backtest.FromFile([]simulate.Pull{{Author: "erin", Merged: true, Reviewers: []string{"bob"},
			Paths: []string{"mm/a.c", "fs/c.c", "fs/d.c"}}})...)
	}
	return merged
}

// TestDrawing holds that what is drawn is one document with words for who does not see it,
// and escaped.
func TestDrawing(t *testing.T) {
	t.Parallel()
	f := frame(t, formats.Subsystems, areas, "")
	r := backtest.Run(f.Cases(many(18, 2, 0)))
	wellFormed(t, r.SVG())
	if !strings.Contains(r.SVG(), `points="60,40 114,66 `) || !strings.Contains(r.SVG(), ">recommended: 50%<") {
		t.Error(r.SVG())
	}
	w := r.English()
	w.Title = "<script>"
	page := r.Drawing(w)
	wellFormed(t, page)
	if strings.Contains(page, "<script>") || strings.Contains(page, "<style>") {
		t.Error(page)
	}
	empty := backtest.Run(f.Cases(nil))
	wellFormed(t, empty.SVG())
}
