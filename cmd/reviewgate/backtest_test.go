package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// TestBacktest judges what was merged on a forge, by the map of a tree.
func TestBacktest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 100%\n"})
	token, tree := w.dir+"/token", w.dir+"/map.yml"
	check0(t, writePrivate(token, []byte("token-alice")))
	check0(t, writePrivate(tree, []byte("version: 1\nsubsystems: [{name: mm, paths: [\"mm/**\"], maintainers: [alice]}]\n")))
	pr := w.open("topic", "mm/a.c")
	w.review(pr, "alice", fake.Approved)
	other := w.open("other", "mm/b.c", "x.c")
	for _, p := range []*fake.PullRequest{pr, other} {
		_, err := p.Merge("carol")
		check0(t, err)
	}
	var out, problems bytes.Buffer
	args := []string{"backtest", "--api-url", w.server.URL + "/", "--token-file", token, "--repo", "acme/linux", "--since", "9000d", "--source",
		"subsystems:" + tree}
	if code := run(t.Context(), args, nil, &out, &problems); code != exitPass ||
		!strings.Contains(out.String(), "2 merged pull requests; 1 of them reviewed by") || !strings.Contains(out.String(), "\n100%       1 of 2 (50%)") {
		t.Errorf("exit %d\n%s%s", code, &out, &problems)
	}
}
