package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/coverage"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/web"
)

// TestRepositoryIsDrawn holds that who owns the tree is found out once a page is looked at, through
// the API and a clone, also where owners stand in the tree's own directories; and that what is
// merged shows in its week.
func TestRepositoryIsDrawn(t *testing.T) {
	t.Parallel()
	trees := "version: 1\nthreshold: 100%\nownership: [{owners: OWNERS}]\n"
	inTree := map[string]string{"mm/OWNERS": "approvers: [alice]\n", "fs/OWNERS": "approvers: [bob]\n", "lib/x/y.c": "y\n", "net/a.c": "a\n"}
	for name, o := range map[string]worldOptions{
		"api":    {policy: "version: 1\nthreshold: 100%\n", content: "api"},
		"git":    {policy: "version: 1\nthreshold: 100%\n", content: "git"},
		"OWNERS": {policy: trees, content: "git", files: inTree},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			w.swept()
			pr := w.open("topic", "mm/a.c")
			w.expect(pr, "in_progress", "0 of 1")
			w.quiet()
			here := "http://" + w.svc.Public() + "/github/acme/linux"
			if _, body := w.page(here + "?lang=en"); !strings.Contains(body, "It is being found out") {
				t.Errorf("the first look:\n%s", body)
			}
			page := func() (got web.Repository) {
				check0(t, json.Unmarshal(w.json(here), &got))
				return got
			}
			wait(t, time.Minute, "the tree is surveyed", func() bool { return page().Coverage != nil })
			got := page().Coverage
			folders := map[string]coverage.Folder{}
			for _, f := range got.Folders {
				folders[f.Path] = f
			}
			if got.Why != "" || got.Base != "main" || len(got.Commit) != 40 || folders["mm/"].Owned == 0 || folders["fs/"].Owned == 0 ||
				folders["mm/"].Unowned+folders["mm/"].Fallback+folders["mm/"].Unstaffed > 0 {
				t.Errorf("%+v", got)
			}
			if o.files != nil && folders["net/"] != (coverage.Folder{Path: "net/", Unowned: 1}) {
				t.Errorf("%+v", folders["net/"])
			}
			if err := compileSchema(t, "page-repository").Validate(instance(t, w.json(here))); err != nil {
				t.Error(err)
			}
			w.review(pr, "alice", fake.Approved)
			w.expect(pr, "success", "1 of 1")
			_, err := pr.Merge("alice")
			check0(t, err)
			wait(t, time.Minute, "the week is told", func() bool { return len(page().Weeks) > 0 })
			week := page().Weeks[0]
			week.Start = time.Time{}
			if diff := cmp.Diff(web.Week{Pulls: 1, Passed: 1, Reviewed: 1, Counted: 1}, week); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, body := w.page(here + "?lang=zh-CN"); strings.Count(body, "<svg") != 2 || !strings.Contains(body, "代码树归属") {
				t.Errorf("drawn:\n%s", body)
			}
		})
	}
}
