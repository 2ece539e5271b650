package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/workload"
)

// records are evaluations that the gate once stored; each is one of github:acme/linux#7 here.
const records = "../gate/testdata/records"

// says is what a forge says of repositories.
type says struct {
	public bool
	err    error
	asked  atomic.Int32
}

func (s *says) Public(context.Context, pull.Repo) (bool, error) {
	s.asked.Add(1)
	return s.public, s.err
}

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// golden reads the record of a case.
func golden(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(records, name))
	check(t, err)
	return data
}

// shelved keeps records as the runs of one pull request, the newest last.
func shelved(t testing.TB, bodies ...[]byte) *shelf {
	t.Helper()
	s := &shelf{}
	for i, body := range bodies {
		shown, err := gate.Show(body)
		check(t, err)
		s.runs = append(s.runs, history.RunRecord{ID: int64(i + 1), Ref: pull.Ref{Repo: linux, Number: 7}, Head: shown.Head, At: shown.At,
			Outcome: string(shown.Verdict.Outcome), Body: body})
	}
	return s
}

func handler(t testing.TB, runs Runs, forge Visibility) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	pages(t, runs, forge).Register(mux)
	return mux
}

func pages(t testing.TB, runs Runs, forge Visibility) *Pages {
	t.Helper()
	p, _ := pagesOf(t, Config{Runs: runs, Forges: map[string]Visibility{"github": forge}})
	return p
}

func get(t testing.TB, h http.Handler, address string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

// TestEveryRecordIsShown makes the page of each evaluation that was ever released, in both
// languages: no message is missing, and no template stops halfway.
func TestEveryRecordIsShown(t *testing.T) {
	t.Parallel()
	missing := regexp.MustCompile(`\b(outcome|state|column|review|fail|request|filter|suppose|area)\.[a-z_]+\b`)
	shown := 0
	check(t, fs.WalkDir(os.DirFS(records), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		h := handler(t, shelved(t, golden(t, path)), &says{public: true})
		for _, lang := range []string{"en", "zh-CN"} {
			w := get(t, h, "/github/acme/linux/7?lang="+lang)
			body := w.Body.String()
			if w.Code != http.StatusOK || !strings.Contains(body, "</html>") || !strings.Contains(body, `lang="`+lang+`"`) {
				t.Errorf("%s in %s: %d\n%s", path, lang, w.Code, body)
			}
			if id := missing.FindString(body); id != "" && !strings.Contains(id, ".yml") {
				t.Errorf("%s in %s: the message %s is missing", path, lang, id)
			}
		}
		shown++
		return nil
	}))
	if shown < 50 {
		t.Errorf("%d records were shown", shown)
	}
}

// TestWordsAreWhole holds that both languages have the same messages.
func TestWordsAreWhole(t *testing.T) {
	t.Parallel()
	ids := func(lang string) (list []string) {
		data, err := locales.ReadFile("locales/" + lang + ".yml")
		check(t, err)
		var all map[string]any
		check(t, yaml.Unmarshal(data, &all))
		for id := range all {
			list = append(list, id)
		}
		slices.Sort(list)
		return list
	}
	if en, zh := ids("en"), ids("zh-CN"); !slices.Equal(en, zh) {
		t.Errorf("en has %v\nzh-CN has %v", en, zh)
	}
}

// TestPrivateIsAbsent holds that what not everybody may read looks like what is not there.
func TestPrivateIsAbsent(t *testing.T) {
	t.Parallel()
	body := golden(t, "6/codeowners.json")
	absent := absentPage(t, handler(t, &shelf{}, &says{public: true}), "/github/acme/linux/7")
	for name, forge := range map[string]Visibility{
		"private": &says{}, "not there": &says{err: pull.ErrNotFound}, "untold": &says{err: errors.New("away")},
	} {
		for _, page := range []string{"/github/acme/linux/7", "/github/acme/linux"} {
			runs := shelved(t, body)
			runs.open = []history.PullState{{Ref: pull.Ref{Repo: linux, Number: 7}, Open: true}}
			if got := absentPage(t, handler(t, runs, forge), page); got != absent {
				t.Errorf("%s, %s:\n%s", name, page, got)
			}
		}
	}
	if w := get(t, handler(t, shelved(t, body), nil), "/github/acme/linux/7"); w.Code != http.StatusNotFound {
		t.Errorf("a forge that does not tell: %d", w.Code)
	}
}

// TestVisibilityIsKept holds that a forge is asked about a repository once a minute, and about
// none that the gate does not know.
func TestVisibilityIsKept(t *testing.T) {
	t.Parallel()
	forge := &says{public: true}
	h := handler(t, shelved(t, golden(t, "6/codeowners.json")), forge)
	for range 5 {
		get(t, h, "/github/acme/linux/7")
		get(t, h, "/github/acme/other/7")
		get(t, h, "/github/acme/other")
	}
	for _, at := range []string{"ACME/linux", "Acme/Linux", "acme/LINUX"} { // one repository, however it is written
		for page, names := range map[string]string{"": `"name":"acme/linux"`, "/-/thresholds": `"name":"acme/linux"`, "/7": `"acme/linux"`} {
			w := get(t, h, "/github/"+at+page, "Accept", "application/json")
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), names) {
				t.Errorf("%s%s: %d\n%s", at, page, w.Code, w.Body)
			}
		}
	}
	if n := forge.asked.Load(); n != 1 {
		t.Errorf("the forge was asked %d times", n)
	}
}

// TestManyVisitors holds that few pages are made at once, and the others are turned away.
func TestManyVisitors(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan struct{}, 100), make(chan struct{})
	runs := slow{shelved(t, golden(t, "6/codeowners.json")), inside, leave}
	h := handler(t, runs, &says{public: true})
	codes := make(chan int, atOnce+1)
	for range atOnce {
		go func() { codes <- get(t, h, "/github/acme/linux/7").Code }()
	}
	for range atOnce {
		<-inside
	}
	if w := get(t, h, "/github/acme/linux/7"); w.Code != http.StatusServiceUnavailable || len(inside) > 0 {
		t.Errorf("%d, %d more inside", w.Code, len(inside))
	}
	close(leave)
	for range atOnce {
		if code := <-codes; code != http.StatusOK {
			t.Errorf("%d", code)
		}
	}
}

// slow is a shelf that takes its time.
type slow struct {
	*shelf
	inside, leave chan struct{}
}

func (s slow) RunsOf(ctx context.Context, ref pull.Ref) ([]history.RunSummary, error) {
	s.inside <- struct{}{}
	<-s.leave
	return s.shelf.RunsOf(ctx, ref)
}

// hostile is a record in which strangers' words have everything that they might.
func hostile(t *testing.T) []byte {
	t.Helper()
	const words = `</code><script>alert(1)</script><img src=x onerror=alert(1)>" onload=x ` + "\u202e"
	var record map[string]any
	check(t, json.Unmarshal(golden(t, "6/codeowners.json"), &record))
	request := record["inputs"].(map[string]any)["snapshot"].(map[string]any)["Request"].(map[string]any)
	request["Title"], request["BaseBranch"], request["URL"] = words, words, "javascript:alert(1)"
	for _, f := range record["verdict"].(map[string]any)["files"].([]any) {
		f.(map[string]any)["path"] = words
	}
	for _, s := range record["verdict"].(map[string]any)["subsystems"].([]any) {
		s.(map[string]any)["title"], s.(map[string]any)["contact"] = words, words
	}
	data, err := json.Marshal(record)
	check(t, err)
	return data
}

// TestStrangersWordsAreData holds that what people write stays text.
func TestStrangersWordsAreData(t *testing.T) {
	t.Parallel()
	h := handler(t, shelved(t, hostile(t)), &says{public: true})
	body := get(t, h, `/github/acme/linux/7?q="><script>alert(2)</script>&lang=en`).Body.String() +
		get(t, h, "/github/acme/linux/7").Body.String()
	for _, bad := range []string{"<script>alert", "<img", `" onload=x`, "javascript:", "\u202e"} {
		if at := strings.Index(body, bad); at >= 0 {
			t.Errorf("%q stands in the page: %s", bad, body[max(0, at-200):at+50])
		}
	}
}

// TestHeaders holds what browsers are told on each kind of answer.
func TestHeaders(t *testing.T) {
	t.Parallel()
	h := handler(t, shelved(t, golden(t, "6/codeowners.json")), &says{public: true})
	for _, address := range []string{"/github/acme/linux/7", "/github/acme/none/1", "/-/pages.css", "/-/none"} {
		w := get(t, h, address)
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", address, w.Header())
		}
	}
	for _, dir := range []string{"/-/", "/-/../web.go", "/-/locales/en.yml"} {
		if w := get(t, h, dir); w.Code == http.StatusOK {
			t.Errorf("%s is served", dir)
		}
	}
}

// TestJSON gives the same as data, and nothing new where there is nothing.
func TestJSON(t *testing.T) {
	t.Parallel()
	h := handler(t, shelved(t, golden(t, "6/codeowners.json"), golden(t, "6/codeowners.json")), &says{public: true})
	w := get(t, h, "/github/acme/linux/7", "Accept", "application/json")
	var got struct {
		Run      int64
		Newest   bool
		Timeline []Evaluation
		Outcome  string
		Sentence string
		Files    []struct{ Path, Why string }
	}
	check(t, json.Unmarshal(w.Body.Bytes(), &got))
	if got.Run != 2 || !got.Newest || len(got.Timeline) != 2 || got.Outcome != "success" || got.Sentence == "" || len(got.Files) == 0 ||
		got.Files[0].Why == "" || strings.Contains(got.Files[0].Why, "<") {
		t.Errorf("%s", w.Body)
	}
	if w := get(t, h, "/github/acme/linux/7?since=2"); w.Code != http.StatusNoContent {
		t.Errorf("nothing newer: %d", w.Code)
	}
	if w := get(t, h, "/github/acme/linux/7?run=1", "Accept", "application/json"); !strings.Contains(w.Body.String(), `"newest":false`) {
		t.Errorf("an older one: %s", w.Body)
	}
}

// TestSuppose says what would be shown if people approved: with all who can help, what misses
// review has it.
func TestSuppose(t *testing.T) {
	t.Parallel()
	h := handler(t, shelved(t, golden(t, "6/scope.json")), &says{public: true})
	ask := func(query string) (got Request) {
		var seen struct {
			Candidates []Candidate
			Suppose    *Supposition
			Outcome    string
		}
		check(t, json.Unmarshal(get(t, h, "/github/acme/linux/7"+query, "Accept", "application/json").Body.Bytes(), &seen))
		return Request{Candidates: seen.Candidates, Suppose: seen.Suppose, Outcome: seen.Outcome}
	}
	now := ask("")
	if now.Outcome != "pending" || now.Suppose != nil || len(now.Candidates) == 0 {
		t.Fatalf("%+v", now)
	}
	query := "?if=mallory"
	for _, c := range now.Candidates {
		query += "&if=" + c.Login
	}
	if s := ask(query).Suppose; s == nil || s.Outcome != "success" || slices.Contains(s.People, "mallory") {
		t.Errorf("%s: %+v", query, s)
	}
	if s := ask("?if=mallory").Suppose; s != nil {
		t.Errorf("somebody who can't help: %+v", s)
	}
	if body := get(t, h, "/github/acme/linux/7"+query).Body.String(); !strings.Contains(body, `role="status"`) {
		t.Error("the page does not show it")
	}
}

// TestRepository lists open pull requests, what waits before what passes.
func TestRepository(t *testing.T) {
	t.Parallel()
	runs := &shelf{}
	for i, outcome := range []string{"success", "pending", "error", "pending", ""} {
		runs.open = append(runs.open, history.PullState{Ref: pull.Ref{Repo: linux, Number: i + 1}, Open: true, Outcome: outcome,
			BaseBranch: "main", UpdatedAt: time.Unix(int64(1000-i), 0)})
	}
	h := handler(t, runs, &says{public: true})
	var got Repository
	check(t, json.Unmarshal(get(t, h, "/github/acme/linux", "Accept", "application/json").Body.Bytes(), &got))
	var order []int
	for _, k := range got.Open {
		order = append(order, k.Number)
	}
	if !slices.Equal(order, []int{3, 4, 2, 5, 1}) || got.All != 5 {
		t.Errorf("%v of %d", order, got.All)
	}
	if body := get(t, h, "/github/acme/linux").Body.String(); !strings.Contains(body, `href="/github/acme/linux/3"`) {
		t.Error(body)
	}
}

// TestOwnersOfAPath holds that a repository's page says who owns a path, by the newest map that is
// kept, and what areas have to review, of nobody by name.
func TestOwnersOfAPath(t *testing.T) {
	t.Parallel()
	runs := shelved(t, golden(t, "6/scope.json"))
	runs.open = []history.PullState{{Ref: pull.Ref{Repo: linux, Number: 9}, Outcome: "pending", UpdatedAt: time.Now()},
		{Ref: pull.Ref{Repo: linux, Number: 7}, Outcome: "pending", BaseBranch: "main"}}
	runs.requests = []workload.Request{{Number: 7, Who: "alice-reviews", At: time.Now(), Waiting: true, Subsystems: []string{"mm"}}}
	h := handler(t, runs, &says{public: true})
	ask := func(query string) (got Repository) {
		body := get(t, h, "/github/acme/linux"+query, "Accept", "application/json").Body.Bytes()
		check(t, json.Unmarshal(body, &got))
		return got
	}
	got := ask("?path=/mm/../mm/slab.c")
	e := got.Explored
	if e == nil || !e.Known || e.Path != "mm/slab.c" || e.Number != 7 || len(e.Owners) != 1 || e.Owners[0].Area != "mm" ||
		len(e.Owners[0].Maintainers) == 0 || e.Owners[0].Rule == "" || !strings.Contains(e.Owners[0].Place, ":") {
		t.Errorf("%+v", e)
	}
	if e := ask("?path=nobody/has/it").Explored; e == nil || !e.Known {
		t.Errorf("%+v", e)
	}
	if e := ask("?path=" + strings.Repeat("a/", 3000)).Explored; e != nil {
		t.Errorf("a path beyond all bounds: %+v", e)
	}
	if len(got.Areas) > 0 {
		t.Errorf("a stranger sees what areas have to do: %+v", got.Areas)
	}
	if len(got.Standing) != 1 || got.Standing[0].Count != 2 {
		t.Errorf("%+v", got.Standing)
	}
	for _, lang := range []string{"en", "zh-CN"} {
		body := get(t, h, "/github/acme/linux?path=mm/slab.c&lang="+lang).Body.String()
		if !strings.Contains(body, "mm/slab.c") || !strings.Contains(body, "#7") || strings.Contains(body, "alice-reviews") {
			t.Error(body)
		}
	}
	runs.runs = nil
	if e := ask("?path=mm/slab.c").Explored; e == nil || e.Known {
		t.Errorf("without an evaluation: %+v", e)
	}
}

// many is a record of a pull request of so many files, of three areas.
func many(tb testing.TB, files int) []byte {
	tb.Helper()
	var record map[string]any
	check(tb, json.Unmarshal(golden(tb, "6/scope.json"), &record))
	verdict := record["verdict"].(map[string]any)
	like := verdict["files"].([]any)[0]
	text, err := json.Marshal(like)
	check(tb, err)
	var all []any
	for i := range files {
		var f map[string]any
		check(tb, json.Unmarshal(text, &f))
		f["path"], f["state"] = fmt.Sprintf("drivers/%d/file%d.c", i%3, i), []string{"reviewed", "unreviewed"}[i%2]
		all = append(all, f)
	}
	verdict["files"] = all
	data, err := json.Marshal(record)
	check(tb, err)
	return data
}

// BenchmarkRequest makes the page of a pull request of 3,000 files, its evaluation before it read
// for what changed.
func BenchmarkRequest(b *testing.B) {
	body := many(b, 3000)
	h := handler(b, shelved(b, body, body), &says{public: true})
	for _, query := range []string{"", "?q=drivers/1"} {
		b.Run("q="+query, func(b *testing.B) {
			for b.Loop() {
				if w := get(b, h, "/github/acme/linux/7"+query); w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

// BenchmarkRepository makes the page of a repository with 1,000 open pull requests.
func BenchmarkRepository(b *testing.B) {
	runs := &shelf{}
	for i := range 1000 {
		runs.open = append(runs.open, history.PullState{Ref: pull.Ref{Repo: linux, Number: i + 1}, Open: true, Outcome: "pending",
			BaseBranch: "main", UpdatedAt: time.Unix(int64(i), 0)})
	}
	h := handler(b, runs, &says{public: true})
	for b.Loop() {
		if w := get(b, h, "/github/acme/linux"); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}

// TestAreasHaveTitlesInThePagesLanguage holds that an area is named as who reads the page reads, where
// the map has that, else as the policy does.
func TestAreasHaveTitlesInThePagesLanguage(t *testing.T) {
	t.Parallel()
	var record map[string]any
	check(t, json.Unmarshal(golden(t, "6/scope.json"), &record))
	area := record["verdict"].(map[string]any)["subsystems"].([]any)[0].(map[string]any)
	area["title"], area["titles"] = "Memory", map[string]string{"zh-CN": "内存管理"}
	body, err := json.Marshal(record)
	check(t, err)
	h := handler(t, shelved(t, body), &says{public: true})
	for lang, want := range map[string]string{"en": "Memory", "zh-CN": "内存管理"} {
		var got struct {
			Areas []Area `json:"areas"`
		}
		check(t, json.Unmarshal(get(t, h, "/github/acme/linux/7?lang="+lang, "Accept", "application/json").Body.Bytes(), &got))
		if got.Areas[0].Title != want {
			t.Errorf("in %s: %q", lang, got.Areas[0].Title)
		}
	}
}
