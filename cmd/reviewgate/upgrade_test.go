package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestFormerRulesAreJudgedAgain holds that what a program of other rules judged is
// judged again, although nothing moved, and only once: a success that the former rules
// gave would stay else.
func TestFormerRulesAreJudgedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true})
	w.start(nil)
	pr := w.approved("topic")
	w.expect(pr, "success", "1 of 1")
	w.quiet()
	repo := ref(pr.Number()).Repo
	last := func() int64 {
		r, _, err := w.svc.Store().LastRun(t.Context(), ref(pr.Number()))
		check0(t, err)
		return r.ID
	}
	before := last()
	sweep := func() {
		check0(t, w.svc.Store().Raise(t.Context(), pull.Ref{Repo: repo}))
		w.quiet()
	}
	if sweep(); last() != before {
		t.Fatal("judged again, although nothing is new")
	}
	known, err := w.svc.Store().OpenKnown(t.Context(), repo)
	check0(t, err)
	lines := strings.Split(known[0].Sources, "\n")
	known[0].Sources = strings.Join(slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "\trules=") }), "\n")
	check0(t, w.svc.Store().Remember(t.Context(), known[0].Ref, history.Update{Known: &known[0]}))
	sweep()
	again := last()
	if again == before {
		t.Error("a verdict of other rules stays")
	}
	if sweep(); last() != again {
		t.Error("judged once more")
	}
}
