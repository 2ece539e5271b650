package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/web"
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
	args := []string{"backtest", "--api-url", w.server.URL + "/", "--token-file", token, "--repo", "acme/linux", "--since", "9000d",
		"--source",
		"subsystems:" + tree}
	if code := run(t.Context(), args, nil, &out, &problems); code != exitPass ||
		!strings.Contains(out.String(), "2 merged pull requests; 1 of them reviewed by") ||
		!strings.Contains(out.String(), "\n100%       1 of 2 (50%)") {
		t.Errorf("exit %d\n%s%s", code, &out, &problems)
	}
}

// TestThresholdsOfWhatWasMerged holds that the page of a repository's thresholds knows what was
// merged, as the gate judged it before, and nothing that was closed otherwise.
func TestThresholdsOfWhatWasMerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nmode: warn\nassign: off\n", idle: true})
	w.start(nil)
	closed, half := w.open("closed", "mm/a.c"), w.open("half", "mm/b.c", "fs/b.c")
	w.expect(closed, "success", "0 of 1")
	w.expect(half, "success", "0 of 2")
	w.later()
	w.review(half, "alice", fake.Approved)
	w.expect(half, "success", "1 of 2")
	check0(t, closed.Close("dave"))
	_, err := half.Merge("carol")
	check0(t, err)
	w.served()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.svc.Public()+"/github/acme/linux/-/thresholds", nil)
	check0(t, err)
	req.Header.Set("Accept", "application/json")
	res, err := http.DefaultClient.Do(req)
	check0(t, err)
	defer res.Body.Close()
	var out web.Thresholds
	check0(t, json.NewDecoder(res.Body).Decode(&out))
	r := out.Report
	if r.Pulls != 1 || r.Reviewed != 1 || r.Timed != 1 || r.Levels[0].Passed != 1 || r.Levels[1].Passed != 0 || r.Levels[0].Wait == nil {
		t.Errorf("%+v", r)
	}
}
