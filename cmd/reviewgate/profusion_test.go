package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// TestProfusion holds that what strangers write on a pull request, however much, gets few
// answers, and that of what is stored of it little is theirs.
func TestProfusion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.HoldWebhooks()
	for i := range 40 {
		w.comment(pr, "mallory", fmt.Sprintf("/why %d.c\n", i)+strings.Repeat("/why mm/a.c and more\n", 2500))
	}
	w.comment(pr, "mallory", "/recheck")
	w.ReleaseWebhooks()
	w.served()
	replies := 0
	for _, c := range pr.Comments() {
		if c.Author == "reviewgate[bot]" {
			replies++
		}
	}
	if replies > 6 {
		t.Errorf("%d comments in answer to a stranger", replies)
	}
	run, ok, err := w.svc.Store().LastRun(t.Context(), refOf(pr))
	check0(t, err)
	if !ok || len(run.Body) > 200<<10 {
		t.Errorf("the record has %d bytes", len(run.Body))
	}
	w.later()
	w.comment(pr, "alice", "/why mm/a.c")
	w.until("an answer to a maintainer", func() bool {
		n := 0
		for _, c := range pr.Comments() {
			if c.Author == "reviewgate[bot]" {
				n++
			}
		}
		return n > replies
	})
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
}
