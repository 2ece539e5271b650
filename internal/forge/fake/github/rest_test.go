package github_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// pluck returns a field of each row.
func pluck(rows []map[string]any, fields ...string) []string {
	var out []string
	for _, row := range rows {
		var parts []string
		for _, field := range fields {
			if row[field] != nil {
				parts = append(parts, fmt.Sprint(row[field]))
			}
		}
		out = append(out, strings.Join(parts, " "))
	}
	return out
}

func equal[T any](t *testing.T, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestFilesOfAPullRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	w.commit(fake.Change{Author: "alice", Files: text("old/moved.go", lines(30), "gone", "g\n", "chmod", "c\n", "both", "x\n",
		"big", strings.Repeat("a\n", 4000))})
	w.commit(fake.Change{
		Branch: "work", Author: "carol", Rename: map[string]string{"src/a.go": "src/renamed.go"},
		Files: map[string]*fake.File{
			"old/moved.go": nil, "new/moved.go": {Content: lines(30) + "more\n"}, "gone": nil,
			"chmod": {Content: "c\n", Mode: "100755"}, "README": {Content: "hello\nworld"},
			"bin": {Content: "\x00"}, "both": {Content: "README", Mode: "120000"}, "big": {Content: strings.Repeat("b\n", 4000)},
		},
	})
	w.open(fake.Opening{Head: "work", Author: "carol"})
	rows := w.want(200, "bob", "GET", "/repos/acme/app/pulls/1/files", nil).list(t)
	equal(t, []string{
		"README modified 1 0", "big modified 4000 4000", "bin added 0 0", "both changed 1 1", "chmod changed 0 0",
		"gone removed 0 1", "new/moved.go renamed 1 0 old/moved.go", "src/renamed.go renamed 0 0 src/a.go",
	}, pluck(rows, "filename", "status", "additions", "deletions", "previous_filename"))
	equal(t, any("@@ -1 +1,2 @@\n hello\n+world\n\\ No newline at end of file"), rows[0]["patch"])
	for _, i := range []int{1, 2, 4, 7} {
		if rows[i]["patch"] != nil {
			t.Errorf("%s has a patch", rows[i]["filename"])
		}
	}
	gone := w.want(200, "bob", "GET", "/repos/acme/app/contents/gone", nil).object(t)
	equal(t, gone["sha"], rows[5]["sha"])
}

func TestFilesAreCappedAndPaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	files := map[string]*fake.File{}
	for i := range 3100 {
		files[fmt.Sprintf("d%d/f%04d", i%50, i)] = &fake.File{Content: strings.Repeat("l\n", 10) + fmt.Sprint(i)}
	}
	w.commit(fake.Change{Branch: "wide", Author: "carol", Files: files})
	w.open(fake.Opening{Head: "wide", Author: "carol"})
	equal(t, any(float64(3100)), w.want(200, "bob", "GET", "/repos/acme/app/pulls/1", nil).object(t)["changed_files"])
	seen, patched, next := 0, 0, "/repos/acme/app/pulls/1/files?per_page=500"
	for pages := 1; next != ""; pages++ {
		a := w.want(200, "bob", "GET", next, nil)
		for _, row := range a.list(t) {
			seen++
			if row["patch"] != nil {
				patched++
			} else {
				equal(t, any(float64(0)), row["additions"])
			}
		}
		next = ""
		for link := range strings.SplitSeq(a.header.Get("Link"), ", ") {
			if url, ok := strings.CutSuffix(link, `>; rel="next"`); ok {
				next = strings.TrimPrefix(url, "<"+w.url)
			}
		}
	}
	equal(t, 3000, seen)
	if patched == 0 || patched > 20_000/11 {
		t.Errorf("%d files have a patch", patched)
	}
	a := w.want(200, "bob", "GET", "/repos/acme/app/pulls/1/files?page=2", nil)
	equal(t, 30, len(a.list(t)))
	for _, rel := range []string{"prev", "next", "first", "last"} {
		if !strings.Contains(a.header.Get("Link"), `rel="`+rel+`"`) {
			t.Errorf("no %s in %s", rel, a.header.Get("Link"))
		}
	}
}

func TestCompareAndMergeBase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	fork := w.repo.Tip("main")
	w.tick()
	w.commit(fake.Change{Author: "alice", Files: text("later", "l\n")})
	got := w.want(200, "bob", "GET", "/repos/acme/app/compare/main...feature", nil).object(t)
	equal(t, []any{"diverged", 1.0, 1.0, fork}, []any{
		got["status"], got["ahead_by"], got["behind_by"], got["merge_base_commit"].(map[string]any)["sha"],
	})
	many := map[string]*fake.File{}
	for i := range 320 {
		many[fmt.Sprint("many/", i)] = &fake.File{Content: "m"}
	}
	w.commit(fake.Change{Branch: "long", Author: "carol", Files: many})
	for i := range 299 {
		w.commit(fake.Change{Branch: "long", Author: "carol", Message: fmt.Sprint(i), Files: text("n", fmt.Sprint(i))})
	}
	got = w.want(200, "bob", "GET", "/repos/acme/app/compare/main...long", nil).object(t)
	equal(t, []int{250, 300}, []int{len(got["commits"].([]any)), len(got["files"].([]any))})
	second := w.want(200, "bob", "GET", "/repos/acme/app/compare/main...long?page=2&per_page=100", nil)
	got = second.object(t)
	equal(t, []any{100, nil}, []any{len(got["commits"].([]any)), got["files"]})
	w.open(fake.Opening{Head: "long", Author: "carol"})
	last := w.want(200, "bob", "GET", "/repos/acme/app/pulls/1/commits?per_page=100&page=3", nil)
	equal(t, 50, len(last.list(t)))
	w.want(404, "bob", "GET", "/repos/acme/app/compare/main...none", nil)
}

func TestForkAndForcePush(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	fork := must(w.repo.Fork("mallory"))(t)
	first := must(fork.Commit(fake.Change{Branch: "evil", Author: "mallory", Files: text("x", "1\n")}))(t)
	p := w.open(fake.Opening{From: fork, Head: "evil"})
	second := must(fork.Commit(fake.Change{Branch: "next", Author: "mallory", Files: text("x", "2\n")}))(t)
	check(t, fork.SetBranch("evil", second, "mallory"))
	equal(t, second, p.Head())
	for _, id := range []string{first, second} {
		w.want(200, "bob", "GET", "/repos/acme/app/commits/"+id, nil)
	}
	ref := w.want(200, "bob", "GET", "/repos/acme/app/git/ref/pull/1/head", nil).object(t)
	equal(t, any(second), ref["object"].(map[string]any)["sha"])
	events := w.want(200, "bob", "GET", "/repos/acme/app/issues/1/events", nil).list(t)
	equal(t, []string{"head_ref_force_pushed"}, pluck(events, "event"))
}

func TestConditionalRequestsAndRateLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{RateLimit: 3})
	first := w.want(200, "bob", "GET", "/repos/acme/app", nil)
	equal(t, "2", first.header.Get("X-RateLimit-Remaining"))
	again := w.want(304, "bob", "GET", "/repos/acme/app", nil, "If-None-Match", first.header.Get("ETag"))
	equal(t, "2", again.header.Get("X-RateLimit-Remaining"))
	w.want(200, "bob", "GET", "/rate_limit", nil)
	w.commit(fake.Change{Author: "alice", Branch: "another", Files: text("q", "q")})
	w.want(200, "bob", "GET", "/repos/acme/app", nil)
	w.want(404, "bob", "GET", "/repos/acme/none", nil)
	limited := w.want(403, "bob", "GET", "/repos/acme/app", nil)
	equal(t, "0", limited.header.Get("X-RateLimit-Remaining"))
	w.want(200, "alice", "GET", "/repos/acme/app", nil)
	w.ticks.Add(3600)
	w.want(200, "bob", "GET", "/repos/acme/app", nil)
	var charged int
	for _, c := range w.Calls() {
		if c.Identity == "user:bob" {
			charged += c.Points
		}
	}
	equal(t, 4, charged)
}

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	check(t, second(w.Install("acme")))
	p := w.open(fake.Opening{Head: "feature", Author: "carol"})
	app, token := w.asApp()
	pull := "/repos/acme/app/pulls/1"
	w.want(401, "nobody", "GET", "/repos/acme/app", nil)
	w.want(401, "", "POST", pull+"/reviews", obj{"event": "APPROVE"})
	w.want(200, "", "GET", pull, nil)
	w.want(401, app, "GET", pull, nil)
	w.want(403, "dave", "PUT", pull+"/merge", obj{})
	w.want(403, "dave", "POST", pull+"/requested_reviewers", obj{"reviewers": []string{"bob"}})
	w.want(422, "carol", "POST", pull+"/reviews", obj{"event": "REQUEST_CHANGES", "body": "no"})
	w.want(422, "bob", "POST", pull+"/reviews", obj{"event": "REQUEST_CHANGES"})
	w.want(422, token, "POST", pull+"/requested_reviewers", obj{"reviewers": []string{"bob", "mallory"}})
	w.want(422, token, "POST", pull+"/requested_reviewers", obj{"reviewers": []string{"carol"}})
	people, _ := p.Requested()
	equal(t, 0, len(people))
	w.want(201, token, "POST", pull+"/requested_reviewers", obj{"reviewers": []string{"bob", "alice"}})
	w.want(200, "bob", "POST", pull+"/reviews", obj{"event": "COMMENT", "body": "hm"})
	people, _ = p.Requested()
	equal(t, []string{"alice"}, people)
	w.SetPermissions(map[string]string{"metadata": "read", "checks": "write"})
	w.want(403, token, "GET", pull, nil)
	w.ticks.Add(3601)
	w.want(401, token, "GET", "/repos/acme/app", nil)
}

func second[T any](_ T, err error) error { return err }

func TestAppTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) *jwt.NumericDate { return jwt.NewNumericDate(now.Add(d)) }
	w.want(200, w.jwtOf(jwt.RegisteredClaims{Issuer: "1", ExpiresAt: at(time.Minute)}), "GET", "/app", nil)
	for _, claims := range []jwt.RegisteredClaims{
		{Issuer: "1", ExpiresAt: at(-time.Second)}, {Issuer: "1"}, {Issuer: "1", ExpiresAt: at(time.Hour)},
	} {
		w.want(401, w.jwtOf(claims), "GET", "/app", nil)
	}
	w.want(404, w.jwtOf(jwt.RegisteredClaims{Issuer: "2", ExpiresAt: at(time.Minute)}), "GET", "/app", nil) // no such App
	w.want(401, "a.b.c", "GET", "/app", nil)
}

func TestLimitsOfChecksAndStatuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	check(t, second(w.Install("acme")))
	_, token := w.asApp()
	head := w.repo.Tip("feature")
	runs := "/repos/acme/app/check-runs"
	create := func(status int, more obj) answer {
		t.Helper()
		body := obj{"name": "gate", "head_sha": head}
		for key, value := range more {
			body[key] = value
		}
		return w.want(status, token, "POST", runs, body)
	}
	create(422, obj{"status": "completed"})
	create(422, obj{"conclusion": "fine"})
	create(422, obj{"output": obj{"title": "t", "summary": strings.Repeat("é", 65_536)}})
	create(422, obj{"output": obj{"title": "t", "summary": strings.Repeat("é", 32_768)}})
	create(422, obj{"name": "gate 🚀"})
	create(422, obj{"output": obj{"title": "t", "summary": "s", "annotations": make([]obj, 51)}})
	create(422, obj{"head_sha": strings.Repeat("0", 40)})
	create(201, obj{"output": obj{"title": "🚀", "summary": strings.Repeat("é", 32_767)}})
	equal(t, any("completed"), create(201, obj{"conclusion": "success"}).object(t)["status"])
	list := w.want(200, token, "GET", "/repos/acme/app/commits/feature/check-runs", nil).object(t)
	equal(t, any(1.0), list["total_count"])
	equal(t, 2, len(w.repo.CheckRuns(head)))
	status := "/repos/acme/app/statuses/" + head
	w.want(422, token, "POST", status, obj{"state": "success", "description": strings.Repeat("x", 141)})
	w.want(422, token, "POST", status, obj{"state": "pending", "description": "waiting for mm 🚀"})
	w.want(422, token, "POST", status, obj{"state": "pending", "context": "gate 🚀"})
	for range 1000 {
		check(t, w.repo.SetStatus("carol", head, fake.Status{State: "pending", Context: "c"}))
	}
	w.want(422, token, "POST", status, obj{"state": "success", "context": "c"})
	w.want(201, token, "POST", status, obj{"state": "success", "context": "d"})
	combined := w.want(200, token, "GET", "/repos/acme/app/commits/feature/status", nil).object(t)
	equal(t, []any{"pending", 2.0}, []any{combined["state"], combined["total_count"]})
}

func TestContents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	w.commit(fake.Change{Author: "alice", Files: text("big", strings.Repeat("x", 1<<20+1))})
	big := w.want(200, "bob", "GET", "/repos/acme/app/contents/big", nil).object(t)
	equal(t, []any{"", "none"}, []any{big["content"], big["encoding"]})
	const raw = "application/vnd.github.raw+json"
	equal(t, 1<<20+1, len(w.want(200, "bob", "GET", "/repos/acme/app/contents/big", nil, "Accept", raw).body))
	blob := fmt.Sprint("/repos/acme/app/git/blobs/", big["sha"])
	equal(t, 1<<20+1, len(w.want(200, "bob", "GET", blob, nil, "Accept", "application/vnd.github.raw").body))
	equal(t, "hello\n", string(w.want(200, "bob", "GET", "/api/v3/repos/acme/app/contents/README", nil, "Accept", raw).body))
	readme := w.want(200, "bob", "GET", "/repos/acme/app/contents/README", nil).object(t)
	equal(t, any("ce013625030ba8dba906f756967f9e9ca394464a"), readme["sha"]) // as git hash-object says
	w.commit(fake.Change{Branch: "a/b", Author: "alice", Files: text("z", "z")})
	for _, path := range []string{"/commits/a/b/status", "/commits/a%2Fb/status", "/git/ref/heads/a/b", "/contents/z?ref=a/b"} {
		w.want(200, "bob", "GET", "/repos/acme/app"+path, nil)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	w.commit(fake.Change{Author: "alice", Files: text("README", "ours\n")})
	w.commit(fake.Change{Branch: "clash", From: w.repo.Tip("feature"), Author: "carol", Files: text("README", "theirs\n")})
	p, clash := w.open(fake.Opening{Head: "feature", Author: "carol"}), w.open(fake.Opening{Head: "clash", Author: "carol"})
	w.repo.Protect("main", "gate")
	equal(t, any("blocked"), w.want(200, "bob", "GET", "/repos/acme/app/pulls/1", nil).object(t)["mergeable_state"])
	w.want(http.StatusMethodNotAllowed, "bob", "PUT", "/repos/acme/app/pulls/1/merge", obj{})
	check(t, w.repo.SetStatus("carol", p.Head(), fake.Status{State: "success", Context: "gate"}))
	w.want(409, "bob", "PUT", "/repos/acme/app/pulls/1/merge", obj{"sha": strings.Repeat("1", 40)})
	w.want(200, "bob", "PUT", "/repos/acme/app/pulls/1/merge", obj{})
	if _, merged := p.State(); !merged {
		t.Error("not merged")
	}
	w.want(200, "bob", "GET", "/repos/acme/app/contents/src/b.go", nil)
	w.repo.Protect("main")
	if _, err := clash.Merge("bob"); err == nil {
		t.Error("merged in spite of a conflict")
	}
}
