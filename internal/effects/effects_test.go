package effects

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// trace is a History which notes what is done in which order.
type trace struct {
	history.Store
	steps []string
	lost  error            // of each Remember
	fails map[string]error // by call
}

func (t *trace) Remember(_ context.Context, _ pull.Ref, f history.Update) error {
	t.steps = append(t.steps, "remember "+f.Answered[0].Key)
	return t.lost
}

func (t *trace) call(what string) error {
	t.steps = append(t.steps, what)
	return t.fails[what]
}

// limit is a rate limit that ends some time.
type limit struct{ error }

func (limit) Ends() time.Time { return time.Time{} }

// TestCarry holds that an intent is remembered before the call and the answer after it,
// also beside an error, and what is made of a refusal.
func TestCarry(t *testing.T) {
	t.Parallel()
	note := func(key string) history.Update { return history.Update{Answered: []history.Answer{{Key: key}}} }
	lost, busy, ended := errors.New("disk full"), errors.New("503"), limit{errors.New("429")}
	refusal := fmt.Errorf("locked: %w", pull.ErrForbidden)
	whole := []string{"remember intent", "call", "remember answer"}
	for name, c := range map[string]struct {
		intent, answer history.Update
		failed, lost   error
		lacks          string
		steps          []string
		want           error // its kind
		told           bool
	}{
		"done":                          {intent: note("intent"), answer: note("answer"), steps: whole},
		"as good twice":                 {answer: note("answer"), steps: whole[1:]},
		"nothing to remember":           {steps: whole[1:2]},
		"no intent, no call":            {intent: note("intent"), answer: note("answer"), lost: lost, steps: whole[:1], want: lost},
		"answer lost":                   {answer: note("answer"), lost: lost, steps: whole[1:], want: lost},
		"not answered":                  {intent: note("intent"), failed: busy, lacks: "it", steps: whole[:2], want: busy},
		"answered in part":              {intent: note("intent"), answer: note("answer"), failed: busy, lacks: "it", steps: whole, want: busy},
		"refused":                       {intent: note("intent"), answer: note("answer"), failed: refusal, lacks: "it", steps: whole, told: true},
		"not there":                     {failed: pull.ErrNotFound, lacks: "it", steps: whole[1:2], told: true},
		"not taken":                     {failed: pull.ErrRefused, lacks: "it", steps: whole[1:2], told: true},
		"refused, and that is an error": {intent: note("intent"), failed: refusal, steps: whole[:2], want: pull.ErrForbidden},
		"refused, but that is lost": {answer: note("answer"), failed: refusal, lacks: "it", lost: lost, steps: whole[1:], want: lost,
			told: true},
		"refused up to a limit": {failed: errors.Join(refusal, ended), lacks: "it", steps: whole[1:2], want: ended},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &strings.Builder{}
			h := &trace{lost: c.lost, fails: map[string]error{"call": c.failed}}
			w := New(Config{History: h, Log: slog.New(slog.NewTextHandler(log, nil))})
			err := w.Carry(t.Context(), pull.Ref{}, Effect{Intent: c.intent, Lacks: c.lacks, Call: func(answer *history.Update) error {
				*answer = c.answer
				return h.call("call")
			}})
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if diff := cmp.Diff(c.steps, h.steps); diff != "" {
				t.Error(diff)
			}
			if told := strings.Contains(log.String(), "msg=it"); told != c.told {
				t.Errorf("told %v: %s", told, log)
			}
		})
	}
}

// TestContestsAreBounded holds that of so many names it is counted how often others write
// them, and the newest stays.
func TestContestsAreBounded(t *testing.T) {
	t.Parallel()
	repo, now := pull.Repo{Forge: "f", Owner: "o", Name: "r"}, time.Unix(0, 0)
	told := 0
	w := New(Config{Contests: &Contests{}, Noticed: func(seam.Oddity) { told++ }, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return now }})
	write := func(i int) error {
		return w.Contest(t.Context(), pull.Ref{Repo: repo, Number: 1}, publish.Check{Head: fmt.Sprint(i), Name: "Review-Gate"})
	}
	for i := range maxContests + 10 {
		if err := write(i); err != nil {
			t.Fatal(err)
		}
		if n := len(w.cfg.Contests.counts); n > maxContests {
			t.Fatalf("%d are kept, want %d at most", n, maxContests)
		}
	}
	const last = maxContests + 9
	for range levels()[0].from - 1 {
		if err := write(last); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.cfg.Contests.Told(repo, fmt.Sprint(last), "review-gate"); got != levels()[0].from || told != maxContests+10+
		levels()[0].from-1 {
		t.Errorf("told of %d times, noticed %d", got, told)
	}
	if _, ok := errors.AsType[*ContestedError](write(last)); !ok {
		t.Error("it is written over without a pause")
	}
}
