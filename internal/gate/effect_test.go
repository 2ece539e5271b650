package gate

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
)

// trace is a History, and the labels of a forge, that note what is done in which order.
type trace struct {
	history.Store
	Marker
	steps []string
	lost  error            // of each Remember
	fails map[string]error // by call
}

func (t *trace) Remember(_ context.Context, _ pull.Ref, f history.Facts) error {
	var names []string
	for _, a := range f.Answered {
		names = append(names, a.Key)
	}
	for _, l := range f.Labels {
		state := map[bool]string{true: "on"}[l.Done]
		if l.Taken {
			state = "taken"
		}
		if l.Gone {
			state = "gone"
		}
		names = append(names, strings.TrimSpace(l.Name+" "+state))
	}
	t.steps = append(t.steps, "remember "+strings.Join(names, ", "))
	return t.lost
}

func (t *trace) call(what string) error {
	t.steps = append(t.steps, what)
	return t.fails[what]
}

func (t *trace) AddLabels(_ context.Context, _ pull.Ref, names []string) (put, refused []string, err error) {
	return names[:1], names[1:], t.call("add " + strings.Join(names, ", "))
}

func (t *trace) RemoveLabel(_ context.Context, _ pull.Ref, name string) error {
	return t.call("remove " + name)
}

// limit is a rate limit that ends some time.
type limit struct{ error }

func (limit) Ends() time.Time { return time.Time{} }

// TestCarry holds that an intent is remembered before the call and the answer after it,
// also beside an error, and what is made of a refusal.
func TestCarry(t *testing.T) {
	t.Parallel()
	note := func(key string) history.Facts { return history.Facts{Answered: []history.Answer{{Key: key}}} }
	lost, busy, ended := errors.New("disk full"), errors.New("503"), limit{errors.New("429")}
	refusal := fmt.Errorf("locked: %w", pull.ErrForbidden)
	whole := []string{"remember intent", "call", "remember answer"}
	for name, c := range map[string]struct {
		intent, answer history.Facts
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
		"refused, and that is an error": {intent: note("intent"), failed: refusal, steps: whole[:2], want: pull.ErrForbidden},
		"refused, but that is lost":     {answer: note("answer"), failed: refusal, lacks: "it", lost: lost, steps: whole[1:], want: lost, told: true},
		"refused up to a limit":         {failed: errors.Join(refusal, ended), lacks: "it", steps: whole[1:2], want: ended},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &strings.Builder{}
			h := &trace{lost: c.lost, fails: map[string]error{"call": c.failed}}
			g := New(Config{History: h, Log: slog.New(slog.NewTextHandler(log, nil))})
			err := g.carry(t.Context(), pull.Ref{}, effect{intent: c.intent, lacks: c.lacks, call: func(answer *history.Facts) error {
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

// TestLabels holds that what becomes of labels is remembered before it is begun, and as
// far as it came.
func TestLabels(t *testing.T) {
	t.Parallel()
	busy := errors.New("503")
	plan := publish.Labels{Forget: []string{"f"}, Taken: []string{"t"}, Add: []string{"a", "b"}, Remove: []string{"x", "y"}}
	for name, c := range map[string]struct {
		plan  publish.Labels
		fails map[string]error
		steps []string
		want  error
	}{
		"nothing":       {},
		"only known":    {plan: publish.Labels{Forget: []string{"f"}}, steps: []string{"remember f gone"}},
		"all":           {plan: plan, steps: []string{"remember f gone, t taken, a, b, x, y", "add a, b", "remove x", "remove y", "remember a on, b taken, x gone, y gone"}},
		"added in part": {plan: plan, fails: map[string]error{"add a, b": busy}, steps: []string{"remember f gone, t taken, a, b, x, y", "add a, b", "remember a on, b taken"}, want: busy},
		"removal fails": {plan: plan, fails: map[string]error{"remove x": busy}, steps: []string{"remember f gone, t taken, a, b, x, y", "add a, b", "remove x", "remember a on, b taken"}, want: busy},
		"removal refused": {plan: plan, fails: map[string]error{"remove x": pull.ErrForbidden},
			steps: []string{"remember f gone, t taken, a, b, x, y", "add a, b", "remove x", "remember a on, b taken, x gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &trace{fails: c.fails}
			g := New(Config{Forge: Forge{Marker: h}, History: h, Log: slog.New(slog.DiscardHandler)})
			if err := g.label(t.Context(), &Run{Plan: publish.Plan{Labels: c.plan}}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if diff := cmp.Diff(c.steps, h.steps); diff != "" {
				t.Error(diff)
			}
		})
	}
}
