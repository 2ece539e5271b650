package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// page asks for a page as a stranger would.
func (w *world) page(address string) (code int, body string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil)
	check0(w.t, err)
	res, err := http.DefaultClient.Do(req)
	check0(w.t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	check0(w.t, err)
	return res.StatusCode, string(data)
}

// json asks for what a page shows.
func (w *world) json(address string) []byte {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil)
	check0(w.t, err)
	req.Header.Set("Accept", "application/json")
	res, err := http.DefaultClient.Do(req)
	check0(w.t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	check0(w.t, err)
	if res.StatusCode != http.StatusOK {
		w.t.Errorf("%s: %d", address, res.StatusCode)
	}
	return data
}

// TestDetailsLeadToThePage follows the link of a check: it shows what the check says, more and
// in either language, and nothing once the repository is private.
func TestDetailsLeadToThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 100%\nassign: off\n", idle: true})
	const home = "https://gate.example.org"
	w.extra = "public_url: " + home + "/\n"
	w.start(nil)
	pr := w.open("topic", "mm/a.c", "fs/a.c")
	w.expect(pr, "in_progress", "0 of 2")
	w.later()
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "in_progress", "1 of 2")
	w.quiet()
	details := w.run(pr.Head()).DetailsURL
	if details != home+"/github/acme/linux/1" {
		t.Fatalf("the check leads to %q", details)
	}
	here := "http://" + w.svc.Public() + strings.TrimPrefix(details, home)
	for lang, words := range map[string][]string{
		"en":    {"1 of 2 files reviewed", "Waiting for review", "fs/a.c", "alice"},
		"zh-CN": {"等待评审", "fs/a.c"},
	} {
		code, body := w.page(here + "?lang=" + lang)
		for _, word := range words {
			if code != http.StatusOK || !strings.Contains(body, word) {
				t.Errorf("%d in %s without %q:\n%s", code, lang, word, body)
			}
		}
	}
	if code, body := w.page(strings.TrimSuffix(here, "/1")); code != http.StatusOK || !strings.Contains(body, "#1") {
		t.Errorf("the repository's page: %d\n%s", code, body)
	}
	for page, format := range map[string]string{here: "request", here + "?if=bob&q=mm": "request",
		strings.TrimSuffix(here, "/1") + "?path=mm/a.c": "repository", strings.TrimSuffix(here, "/1") + "/-/thresholds": "thresholds"} {
		text := w.json(page)
		if err := compileSchema(t, "page-"+format).Validate(instance(t, text)); err != nil {
			t.Errorf("%s is not as its schema says: %v\n%s", page, err, text)
		}
	}
	w.repo.Private = true
	w.ahead.Add(int64(2 * 60e9))
	if code, _ := w.page(here); code != http.StatusNotFound {
		t.Errorf("a private repository: %d", code)
	}
}

// TestSupposedAfterARebase holds that what a page supposes is what comes to pass, just after
// the base moved and the head was made again on top of it, too.
func TestSupposedAfterARebase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 100%\nassign: off\n", idle: true})
	w.start(nil)
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.later()
	base := w.pushAs("carol", "main", map[string]string{"README": "another"})
	head, err := w.repo.Commit(fake.Change{Branch: "rebased", From: base, Author: "dave", Message: "again",
		Files: map[string]*fake.File{"mm/a.c": {Content: lines("more", 30)}}})
	check0(t, err, w.repo.SetBranch("topic", head, "dave"))
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	here := "http://" + w.svc.Public() + "/github/acme/linux/1?if=alice"
	if code, body := w.page(here); code != http.StatusOK || !strings.Contains(body, "1 of 1 file reviewed") {
		t.Errorf("%d:\n%s", code, body)
	}
	w.later()
	w.review(pr, "alice", fake.Approved)
	w.expect(pr, "success", "1 of 1")
}
