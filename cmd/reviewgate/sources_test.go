package main

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// TestDirectoryAtTheBaseMoves holds that a verdict which rests on what is a
// directory of the base's tree falls when that changes.
func TestDirectoryAtTheBaseMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nassign: off\ncomment: false\nownership: [{maintainers: MAINTAINERS}]\n",
		files: map[string]string{
			"lib/foobar.c": "one\n",
			"MAINTAINERS":  "FOO\nM:\tA <a@k.example> [@alice]\nF:\tlib/foo\n\nTHE REST\nM:\tC <c@k.example> [@carol]\nF:\t*\nF:\t*/\n",
		}})
	w.swept()
	w.push("topic", map[string]string{"lib/foobar.c": "two\n"})
	pr := w.open("topic")
	w.expect(pr, "in_progress", "0 of 1")
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
	w.quiet()
	w.pushAs("carol", "main", map[string]string{"lib/foo/x.c": "one\n"}) // foobar.c is left to THE REST
	w.quiet()
	check0(t, w.svc.Sweeper().Sweep(t.Context()))
	w.expect(pr, "in_progress", "0 of 1")
}

// TestOddDirectoryHoldsUpNoSweep holds that the name of a directory in a pull
// request is not taken for anything else.
func TestOddDirectoryHoldsUpNoSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nassign: off\ncomment: false\nownership: [{owners: OWNERS}]\n",
		files: map[string]string{"OWNERS": "approvers: [carol]\n"}})
	w.swept()
	w.push("topic", map[string]string{"x@y:z/a.c": "one\n"})
	pr := w.open("topic")
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	check0(t, w.svc.Sweeper().Sweep(t.Context()))
	w.quiet()
}
