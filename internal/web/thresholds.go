package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/reviewgate/reviewgate/internal/backtest"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/history/merged"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// thresholdsPath is what the address of a repository's page is followed by.
const thresholdsPath = "/-/thresholds"

// What one page judges at the most: what was merged in so many days, so many pull requests, and
// bytes of what was read when they were judged.
const (
	testedDays  = 180
	maxTested   = 200
	maxTestedIn = 64 << 20
	maxTestTime = 5 * time.Second // after which no other one is begun
)

// Thresholds is the page that tells what each threshold would have let pass of what was merged
// in a repository, as the gate judged it last.
type Thresholds struct {
	Name   string          `json:"name"` // owner/name
	Days   int             `json:"days"`
	Report backtest.Report `json:"report"`

	words backtest.Words
	home  string
}

// Rows are the thresholds, each with what it does with one approval for each file, and with two.
func (t *Thresholds) Rows() [][]backtest.Level {
	half := len(t.Report.Levels) / backtest.MaxApprovals
	var rows [][]backtest.Level
	for i := range half {
		rows = append(rows, []backtest.Level{t.Report.Levels[i], t.Report.Levels[half+i]})
	}
	return rows
}

// Areas are the areas that enough pull requests changed.
func (t *Thresholds) Areas() []backtest.Area {
	return slices.DeleteFunc(slices.Clone(t.Report.Areas), func(a backtest.Area) bool { return a.Pulls < backtest.Enough })
}

// Drawing shows the rows; it is escaped.
func (t *Thresholds) Drawing() template.HTML {
	return template.HTML(t.Report.Drawing(t.words)) //nolint:gosec // it is escaped
}

// Home is the address of the repository's page.
func (t *Thresholds) Home() string { return t.home }

// thresholds reads the page of a repository that the gate knows.
func (p *Pages) thresholds(ctx context.Context, repo pull.Repo, v visitor) (page, error) {
	repo, err := p.known(ctx, repo, v)
	if err != nil {
		return nil, err
	}
	report, err := p.tested.report(repo, p.cfg.Now(), func() (backtest.Report, error) { return p.backtest(ctx, repo) })
	if err != nil {
		return nil, err
	}
	home := Address(pull.Ref{Repo: repo})
	return &Thresholds{Name: repo.Slug(), Days: testedDays, Report: report, words: p.drawn(v.language, &report), home: home}, nil
}

// backtest judges what was merged by each threshold. What can't be restored any more, or was
// not gated, is left out.
func (p *Pages) backtest(ctx context.Context, repo pull.Repo) (backtest.Report, error) {
	past, began := gate.Past{Read: p.texts(ctx, repo)}, p.cfg.Now()
	limits := merged.Limits{Since: p.cfg.Now().AddDate(0, 0, -testedDays), Most: maxTested, Bytes: maxTestedIn}
	var failed error
	report := backtest.Run(func(yield func(backtest.Case) bool) {
		failed = merged.Each(ctx, p.cfg.Runs, repo, limits, func(r history.RunRecord) error {
			s, gated, err := past.Snapshot(r.Body)
			if err != nil && !errors.Is(err, errNotKept) {
				p.cfg.Log.WarnContext(ctx, "thresholds pass over a run", r.Ref.Fields("error", err)...)
			}
			if err == nil && gated && !yield(backtest.Judged(s)) || p.cfg.Now().Sub(began) > maxTestTime {
				return errEnough
			}
			return nil
		})
	})
	if errors.Is(failed, errEnough) {
		failed = nil
	}
	return report, failed
}

// errEnough means that no more are judged: the time is over.
var errEnough = errors.New("enough")

// drawn are the words of a report's drawing.
func (p *Pages) drawn(lang string, r *backtest.Report) backtest.Words {
	say := func(id string, fill ...any) string { return p.words.say(lang, id, fill...) }
	w := backtest.Words{Title: say("thresholds.title"), Description: say("thresholds.table"), Threshold: say("thresholds.threshold"),
		Passed: say("thresholds.passed"), Lines: [backtest.MaxApprovals]string{say("thresholds.one"), say("thresholds.two")}}
	if r.Recommended != nil {
		w.Recommended = say("thresholds.recommended", "Threshold", r.Recommended.Threshold.String())
	}
	return w
}

// hours says seconds in hours.
func hours(seconds int64) string {
	return fmt.Sprintf("%.1f", (time.Duration(seconds) * time.Second).Hours())
}

func (t *Thresholds) write(w http.ResponseWriter, p *Pages, v visitor) {
	p.show(w, v, http.StatusOK, "thresholds.html", frame{Title: t.Name, Body: t})
}

const (
	testedFor = 10 * time.Minute // that a report is shown
	maxKept   = 100              // reports that are kept
)

// tested keeps reports, so that pages that are asked for again and again are judged once.
type tested struct {
	making *semaphore.Weighted // one at once, so that other pages are not kept waiting

	mu   sync.Mutex
	kept map[pull.Repo]testedAt // by repository, in lower case
}

type testedAt struct {
	report backtest.Report
	at     time.Time
}

func newTested() *tested {
	return &tested{making: semaphore.NewWeighted(1), kept: map[pull.Repo]testedAt{}}
}

// report returns what is kept of a repository, or makes it.
func (t *tested) report(repo pull.Repo, now time.Time, makes func() (backtest.Report, error)) (backtest.Report, error) {
	key := folded(repo)
	if k, found := t.of(key); found && now.Sub(k.at) < testedFor {
		return k.report, nil
	}
	if !t.making.TryAcquire(1) {
		return backtest.Report{}, errBusy
	}
	defer t.making.Release(1)
	report, err := makes()
	if err != nil {
		return report, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) >= maxKept {
		clear(t.kept)
	}
	t.kept[key] = testedAt{report, now}
	return report, nil
}

func (t *tested) of(key pull.Repo) (testedAt, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, found := t.kept[key]
	return k, found
}
