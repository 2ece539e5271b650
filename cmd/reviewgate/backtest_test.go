package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/gitee"
	"github.com/reviewgate/reviewgate/internal/forge/giteetest"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
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

// TestBacktestOnBoth judges what was merged on a Gitee and on a GitCode: whoever accepts in the end
// is taken to have accepted what was merged.
func TestBacktestOnBoth(t *testing.T) {
	t.Parallel()
	gittest.Need(t)
	for kind, begin := range map[string]func(t *testing.T, cast forgetest.Cast) (giteetest.Place, string){
		gitee.Kind: func(t *testing.T, cast forgetest.Cast) (giteetest.Place, string) {
			g := giteetest.NewGitee(t, fake.New(time.Now), rest.Options{Limits: unlimited()}, cast)
			return g.Place, "assignees"
		},
		gitee.KindGitCode: func(t *testing.T, cast forgetest.Cast) (giteetest.Place, string) {
			g := giteetest.NewGitCode(t, fake.New(time.Now), rest.Options{Limits: unlimited()}, cast)
			return g.Place, "reviewers"
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			place, seats := begin(t, doubleCast(forgetest.Setting{}, kind, "."+kind))
			for i, paths := range [][]string{{"mm/a.c"}, {"mm/b.c", "x.c"}, {"mm/c.c"}} {
				branch, files := fmt.Sprint("topic", i), map[string]*fake.File{}
				for _, path := range paths {
					files[path] = &fake.File{Content: "new\n"}
				}
				_, err := place.Repo.Commit(fake.Change{Branch: branch, From: "main", Author: "dave", Message: "m", Files: files})
				check0(t, err)
				pr, err := place.Repo.Open(fake.Opening{Author: "dave", Head: branch})
				check0(t, err)
				path := fmt.Sprintf("/repos/acme/linux/pulls/%d/", pr.Number())
				if i < 2 {
					asked := place.Call(t, "alice", http.MethodPost, path+seats, map[string]any{seats: "alice"})
					if given := place.Call(t, "alice", http.MethodPost, path+"review", map[string]any{}); max(asked.Status, given.Status) > 299 {
						t.Fatalf("%s, %s", asked.Body, given.Body)
					}
				}
				_, err = pr.Merge("carol")
				check0(t, err)
			}
			c := &doubleCrash{t: t, kind: kind}
			c.configure(place.URL)
			owners := filepath.Join(t.TempDir(), "map.yml")
			check0(t, writePrivate(owners, []byte("version: 1\nsubsystems: [{name: mm, paths: [\"mm/**\"], maintainers: [alice]}]\n")))
			var out, problems bytes.Buffer
			args := []string{"backtest", "--config", c.config, "--forge", kind, "--repo", "acme/linux", "--source", "subsystems:" + owners}
			if code := run(t.Context(), args, nil, &out, &problems); code != exitPass ||
				!strings.Contains(out.String(), "3 merged pull requests; 2 of them reviewed by") ||
				!strings.Contains(out.String(), "\n100%       1 of 3 (33%)") {
				t.Errorf("exit %d\n%s%s", code, &out, &problems)
			}
		})
	}
}

// TestBacktestOfGenerated holds that files which a tree marks as generated are left out where the
// policy says so, and that it is told where which are is not known.
func TestBacktestOfGenerated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"review-gate.yml": "version: 1\ngenerated: ignore\n", ".gitattributes": "*.pb.go linguist-generated\n",
		"map.yml":   "version: 1\nsubsystems: [{name: mm, paths: [\"mm/**\"], maintainers: [alice]}]\n",
		"prs.jsonl": `{"pr": 1, "author": "dave", "created": 1, "merged": 9, "files": [["mm/a.c"], ["b.pb.go"]], "reviewers": ["alice"]}`} {
		check0(t, writePrivate(filepath.Join(dir, name), []byte(text)))
	}
	args := []string{"backtest", "--from", dir + "/prs.jsonl", "--source", "subsystems:" + dir + "/map.yml",
		"--policy", dir + "/review-gate.yml"}
	for passed, tree := range map[string][]string{"\n100%       1 of 1": {"--local", dir}, "\n100%       0 of 1": nil} {
		var out, problems bytes.Buffer
		if code := run(t.Context(), append(args, tree...), nil, &out, &problems); code != exitPass || !strings.Contains(out.String(), passed) ||
			strings.Contains(problems.String(), "generated files") != (tree == nil) {
			t.Errorf("%s: exit %d\n%s%s", tree, code, &out, &problems)
		}
	}
}
