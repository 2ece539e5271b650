package sandbox_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/sandbox"
)

func TestSmoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	p := w.open(sandbox.Opening{Head: "feature", Author: "carol"})
	got := w.want(200, "bob", "GET", "/repos/acme/app/pulls/1", nil).object(t)
	if diff := cmp.Diff(float64(p.Number()), got["number"]); diff != "" {
		t.Error(diff)
	}
	w.want(200, "alice", "POST", "/repos/acme/app/pulls/1/reviews", obj{"event": "APPROVE"})
	a := w.want(200, "alice", "POST", "/graphql", obj{"query": `{repository(owner:"acme",name:"app"){pullRequest(number:1){reviews(first:10){nodes{state author{__typename login}}}}}}`})
	t.Logf("%s", a.body)
}
