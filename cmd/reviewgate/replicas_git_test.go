package main

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
)

// TestReplicasWithClonesOfTheirOwn holds that what one replica judged counts with another
// one whose clone never had it, after a force push dropped it: proof lies in the database, and
// objects that are missing are fetched.
func TestReplicasWithClonesOfTheirOwn(t *testing.T) {
	gittest.Need(t)
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 100%\nassign: off\n", content: config.ContentGit, idle: true})
	w.database = postgrestest.Open(t).Database(t, "")
	w.start(nil)
	pr := w.open("topic", "mm/a.c", "fs/a.c")
	w.expect(pr, "in_progress", "0 of 2")
	w.later()
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "in_progress", "1 of 2")
	w.stop()

	w.later()
	judged := pr.Head()
	_, err := w.repo.Commit(fake.Change{Branch: "topic", From: "main", Tree: judged, Author: "dave", Message: "squashed",
		Files: map[string]*fake.File{"mm/b.c": {Content: lines("more", 20)}}})
	check0(t, err)
	w.start(nil)
	w.swept()
	w.expect(pr, "in_progress", "1 of 3")
	w.later()
	w.review(pr, "bob", fake.Approved)
	w.expect(pr, "in_progress", "2 of 3")
	w.later()
	w.push("topic", map[string]string{"mm/a.c": lines("other", 20)})
	w.expect(pr, "in_progress", "1 of 3")
}
