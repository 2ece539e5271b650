package gitee

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestRecorded decodes the recorded answers of both servers as the adapter reads them.
func TestRecorded(t *testing.T) {
	t.Parallel()
	for file, c := range map[string]struct {
		into any
		ok   func(v any) bool
	}{
		"gitee/pr.json": {&rest.Pull{}, func(v any) bool {
			p := v.(*rest.Pull)
			return p.Whole(6) == nil && p.ID == 4730187 && p.IsOpen() && len(p.Asked()) == 0 && p.TestersNumber == 1 && !p.CreatedAt.IsZero() &&
				p.HeadBranch(pull.Repo{Owner: "kit101", Name: "drone-yml-test"}) == "crud"
		}},
		"gitee/pulls.json": {&[]listedAnswer{}, func(v any) bool {
			all := *v.(*[]listedAnswer)
			return len(all) == 3 && all[0].whole() == nil && all[2].whole() == nil
		}},
		"gitee/pr_comment.json":  {&rest.Comment{}, func(v any) bool { c := v.(*rest.Comment).Read(); return c.ID == 6922557 && !c.Edited }},
		"gitee/pr_comments.json": {&rest.Many[rest.Comment]{}, func(v any) bool { l := *v.(*rest.Many[rest.Comment]); return len(l) > 0 && l[0].Note() > 0 }},
		"gitee/pr_commits.json":  {&rest.Many[rest.Commit]{}, func(v any) bool { return (*v.(*rest.Many[rest.Commit]))[0].Author.Person().Login == "kit101" }},
		"gitee/compare.json": {&struct {
			Commits rest.Many[rest.Commit] `json:"commits"`
		}{}, nil},
		"gitee/repo.json": {&rest.Repo{}, func(v any) bool {
			r := v.(*rest.Repo)
			return r.Slug() == "kit101/drone-yml-test" && r.DefaultBranch == "master" && bool(r.Permission.Admin)
		}},
		"gitee/user.json": {&rest.User{}, func(v any) bool { return v.(*rest.User).Person() == pull.Person{Login: "kit101", ID: 1535738} }},
		"gitcode/go-gitcode/pr/pull_requests.json": {&rest.Pull{}, func(v any) bool {
			p := v.(*rest.Pull)
			return p.Whole(1) == nil && p.IsOpen() && !p.IsMerged() && !bool(p.Mergeable.Rules.Resolve) && bool(*p.Mergeable.Tested) &&
				p.HeadBranch(pull.Repo{Owner: "org-a", Name: "test1"}) == "pr1" && p.HasLabel("bug")
		}},
		"gitcode/go-gitcode/pr/pull_requests_comments.json": {&rest.Many[rest.Comment]{}, func(v any) bool {
			return (*v.(*rest.Many[rest.Comment]))[0].Note() == 40480995
		}},
		"gitcode/go-gitcode/pr/pull_requests_create_comment.json": {&rest.Comment{}, func(v any) bool { return v.(*rest.Comment).Note() == 0 }},
		"gitcode/go-gitcode/pr/pull_requests_commits.json":        {&rest.Many[rest.Commit]{}, nil},
		"gitcode/go-gitcode/pr/pull_requests_add_labels.json":     {&rest.Many[rest.Label]{}, func(v any) bool { return len(*v.(*rest.Many[rest.Label])) == 3 }},
		"gitcode/go-gitcode/user/user.json":                       {&rest.User{}, func(v any) bool { return v.(*rest.User).Person().ID == 0 }},
	} {
		if err := json.Unmarshal(readShared(t, file), c.into); err != nil || c.ok != nil && !c.ok(c.into) {
			t.Errorf("%s: %v: %+v", file, err, c.into)
		}
	}
}

// TestTraps holds that of a commit nothing is read that has two shapes or two meanings: the
// adapter takes accounts from the API, and files, trees and parents from git alone.
func TestTraps(t *testing.T) {
	t.Parallel()
	var traps struct {
		Object json.RawMessage `json:"pr_commits_parents_is_an_object"`
		Array  json.RawMessage `json:"compare_parents_is_an_array"`
		Lacks  []string        `json:"pr_answer_has_no"`
	}
	if err := json.Unmarshal(readShared(t, "gitee/traps.json"), &traps); err != nil {
		t.Fatal(err)
	}
	for _, parents := range []json.RawMessage{traps.Object, traps.Array} {
		var c rest.Commit
		text := `{"author":{"id":5,"login":"alice"},"commit":{"author":{"email":"a@x"}},"parents":` + string(parents) + `}`
		if err := json.Unmarshal([]byte(text), &c); err != nil || c.Author.Person().ID != 5 {
			t.Errorf("%s: %v", parents, err)
		}
	}
	var recorded map[string]any
	if err := json.Unmarshal(readShared(t, "gitee/pr.json"), &recorded); err != nil {
		t.Fatal(err)
	}
	for _, field := range traps.Lacks {
		if recorded[field] != nil {
			t.Errorf("the recorded answer tells %s", field)
		}
	}
	calls := ""
	for _, kind := range []string{Kind, KindGitCode} {
		s, f := newSite(t, kind, nil)
		if _, err := f.Look(t.Context(), request, nil, false); err != nil {
			t.Error(err)
		}
		calls += strings.Join(s.calls, "\n")
	}
	if strings.Contains(calls, "/files") || strings.Contains(calls, "git/trees") {
		t.Errorf("content is asked of the API:\n%s", calls)
	}
}
