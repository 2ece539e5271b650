package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// trace is a History, the turns of it and a forge, which note what is done in which order.
type trace struct {
	history.Store
	seam.Marker
	seam.Publisher
	memory history.PullHistory
	steps  []string
	fails  map[string]error // by call
}

func (t *trace) Remember(_ context.Context, _ pull.Ref, f history.Update) error {
	var names []string
	for _, l := range f.Labels {
		for _, is := range []struct {
			flag bool
			word string
		}{{l.Done, " done"}, {l.Taken, " taken"}, {l.Gone, " gone"}} {
			if is.flag {
				l.Name += is.word
			}
		}
		names = append(names, l.Name)
	}
	if c := f.Comment; c != nil {
		t.memory.Comment = *c
		names = append(names, fmt.Sprintf("comment %q %s %v", c.ID, c.Digest, c.Done))
	}
	t.steps = append(t.steps, "remember "+strings.Join(names, ", "))
	return nil
}

func (t *trace) Recall(context.Context, pull.Ref) (history.PullHistory, error) {
	return t.memory, t.call("recall")
}

func (t *trace) Turn(_ context.Context, _ pull.Repo, on, name string) (func(), error) {
	return func() { _ = t.call("end") }, t.call("turn of " + name + " on " + on)
}

func (t *trace) UpsertComment(_ context.Context, _ pull.Ref, body, id string, search bool) (string, error) {
	return "9", t.call(fmt.Sprintf("write %s over %q, search %v", body, id, search))
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
		"nothing":    {},
		"only known": {plan: publish.Labels{Forget: []string{"f"}}, steps: []string{"remember f gone"}},
		"all": {plan: plan, steps: []string{"remember f gone, t done taken, a, b, x, y", "add a, b", "remove x", "remove y",
			"remember a done, b done taken, x gone, y gone"}},
		"added in part": {plan: plan, fails: map[string]error{"add a, b": busy},
			steps: []string{"remember f gone, t done taken, a, b, x, y", "add a, b", "remember a done, b done taken"}, want: busy},
		"removal fails": {plan: plan, fails: map[string]error{"remove x": busy},
			steps: []string{"remember f gone, t done taken, a, b, x, y", "add a, b", "remove x", "remember a done, b done taken"}, want: busy},
		"removal refused": {plan: plan, fails: map[string]error{"remove x": pull.ErrForbidden},
			steps: []string{"remember f gone, t done taken, a, b, x, y", "add a, b", "remove x", "remember a done, b done taken, x gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &trace{fails: c.fails}
			g := New(Config{Forge: seam.Forge{Marker: h}, History: h, Log: slog.New(slog.DiscardHandler)})
			if err := g.label(t.Context(), &Run{Plan: publish.Plan{Labels: c.plan}}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if diff := cmp.Diff(c.steps, h.steps); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestComment holds that the comment is written in its turn, and over what stands then.
func TestComment(t *testing.T) {
	t.Parallel()
	in := func(steps ...string) []string {
		return slices.Concat([]string{"turn of comment on #7", "recall"}, steps, []string{"end"})
	}
	const first, second, wrote = `remember comment "" new false`, `remember comment "8" new false`, `remember comment "9" new true`
	const write, search, edit = `write text over "", search false`, `write text over "", search true`, `write text over "8", search false`
	busy := errors.New("503")
	for name, c := range map[string]struct {
		was    history.CommentRecord
		judged bool // meanwhile
		fails  map[string]error
		steps  []string
		want   error
	}{
		"the first":        {steps: in(first, write, wrote)},
		"over another":     {was: history.CommentRecord{ID: "8", Digest: "old", Done: true}, steps: in(second, edit, wrote)},
		"the same":         {was: history.CommentRecord{ID: "8", Digest: "new", Done: true}, steps: in()},
		"not answered":     {was: history.CommentRecord{Digest: "new"}, steps: in(first, search, wrote)},
		"edit unanswered":  {was: history.CommentRecord{ID: "8", Digest: "new"}, steps: in(second, edit, wrote)},
		"judged meanwhile": {judged: true, steps: in()},
		"locked":           {fails: map[string]error{write: pull.ErrForbidden}, steps: in(first, write)},
		"fails":            {fails: map[string]error{write: busy}, steps: in(first, write), want: busy},
		"no turn":          {fails: map[string]error{"turn of comment on #7": busy}, steps: in()[:1], want: busy},
		"not recalled":     {fails: map[string]error{"recall": busy}, steps: in(), want: busy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &trace{memory: history.PullHistory{Comment: c.was}, fails: c.fails}
			g := New(Config{Forge: seam.Forge{Publisher: h}, History: h, Turns: h, Log: slog.New(slog.DiscardHandler)})
			still := func(history.PullHistory) bool { return !c.judged }
			if err := g.setComment(t.Context(), pull.Ref{Number: 7}, &publish.Comment{Body: "text", Digest: "new"}, history.PullHistory{},
				still); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if diff := cmp.Diff(c.steps, h.steps); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestUnanswered holds that a write which was not answered counts as one that may have been
// served, or not.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	for record, want := range map[history.CommentRecord]publish.Current{
		{}:                                   {},
		{ID: "8", Done: true}:                {HasComment: true},
		{Digest: "new"}:                      {HasComment: true},
		{ID: "8", Digest: "new"}:             {HasComment: true},
		{ID: "8", Digest: "new", Done: true}: {HasComment: true, Comment: "new"},
	} {
		if diff := cmp.Diff(want, noted(record)); diff != "" {
			t.Errorf("comment %+v: %s", record, diff)
		}
	}
	now := time.Unix(10_000, 0)
	records := []history.LabelRecord{{Name: "old", At: now.Add(-shownBy), Done: true}, {Name: "new", At: now, Done: true},
		{Name: "begun", At: now.Add(-shownBy)}}
	if diff := cmp.Diff([]publish.OwnLabel{{Name: "old", Sure: true}, {Name: "new"}, {Name: "begun"}}, ownLabels(records, now)); diff != "" {
		t.Error(diff)
	}
}
