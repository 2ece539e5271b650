package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestRenamed holds that the page of what was judged while its repository had another name leads to
// pages that there are now.
func TestRenamed(t *testing.T) {
	t.Parallel()
	runs := shelved(t, golden(t, "6/scope.json"))
	runs.runs[0].Ref.Repo.Name = "unix"
	h := handler(t, runs, &says{public: true})
	body := get(t, h, "/github/acme/unix/7").Body.String()
	if !strings.Contains(body, `href="/github/acme/unix"`) || !strings.Contains(body, `hx-get="/github/acme/unix/7?since=1"`) ||
		strings.Contains(body, `"/github/acme/linux`) {
		t.Error(body)
	}
	if body = get(t, h, "/github/acme/unix/7", "Accept", "application/json").Body.String(); !strings.Contains(body, `"ref":"github:acme/unix#7"`) {
		t.Error(body)
	}
}

// TestLanguageIsKept holds that who chose a language reads on in it, on this page's parts and on
// others, and that the links to the other one lead to the same page.
func TestLanguageIsKept(t *testing.T) {
	t.Parallel()
	h := handler(t, shelved(t, golden(t, "6/scope.json"), golden(t, "6/scope.json")), &says{public: true})
	chose := get(t, h, "/github/acme/linux/7?run=1&q=mm%2F&lang=zh-CN", "Accept-Language", "en")
	for _, link := range []string{`href="/github/acme/linux/7?lang=en&amp;q=mm%2F&amp;run=1"`, `href="/github/acme/linux/7?lang=zh-CN&amp;q=mm%2F&amp;run=1"`} {
		if !strings.Contains(chose.Body.String(), link) {
			t.Errorf("without %s:\n%s", link, chose.Body)
		}
	}
	cookies := chose.Result().Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode {
		t.Fatal(cookies)
	}
	keeps := []string{"Accept-Language", "en", "Cookie", cookies[0].Name + "=" + cookies[0].Value}
	for _, page := range []string{"/github/acme/linux/7?since=1", "/github/acme/linux", "/github/acme/none"} {
		if w := get(t, h, page, keeps...); w.Header().Get("Content-Language") != "zh-CN" || !strings.Contains(w.Body.String(), `lang="zh-CN">`) {
			t.Errorf("%s: %s", page, w.Body)
		}
	}
	if w := get(t, h, "/github/acme/linux/7?lang=en", keeps...); w.Header().Get("Content-Language") != "en" {
		t.Errorf("it can't be chosen again: %s", w.Body)
	}
	if w := get(t, h, "/github/acme/linux/7", "Accept-Language", "zh"); len(w.Result().Cookies()) != 0 {
		t.Errorf("who chose nothing has %v", w.Result().Cookies())
	}
	long := get(t, h, "/github/acme/linux/7?q="+strings.Repeat("x", maxQuery))
	if !strings.Contains(long.Body.String(), `href="/github/acme/linux/7?lang=en"`) {
		t.Errorf("%s", long.Body)
	}
}

// TestNothingSupposed holds that a page is shown, and says why, where it can't tell what would be.
func TestNothingSupposed(t *testing.T) {
	t.Parallel()
	var record map[string]any
	check(t, json.Unmarshal(golden(t, "6/scope.json"), &record))
	delete(record["inputs"].(map[string]any), "files") //nolint:errcheck,forcetypeassert // it panics
	pruned, err := json.Marshal(record)
	check(t, err)
	for lang, want := range map[string]string{"en": "a file that it went by is not kept", "zh-CN": "不再保留"} {
		w := get(t, handler(t, shelved(t, pruned), &says{public: true}), "/github/acme/linux/7?if=alice&lang="+lang)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d\n%s", w.Code, w.Body)
		}
	}
	people, asked := []string{}, "/github/acme/linux/7?lang=en"
	for i := range maxSuppose + 1 {
		people, asked = append(people, fmt.Sprint("p", i)), asked+fmt.Sprint("&if=p", i)
	}
	all, err := json.Marshal(people)
	check(t, err)
	crowd := []byte(strings.ReplaceAll(string(golden(t, "6/scope.json")), `["alice"]`, string(all)))
	if w := get(t, handler(t, shelved(t, crowd), &says{public: true}), asked); !strings.Contains(w.Body.String(), "Choose 20 people at most") {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
}

// TestAreasOfAnEvaluation holds that the link of an area leads to its files in the evaluation that is
// shown.
func TestAreasOfAnEvaluation(t *testing.T) {
	t.Parallel()
	h := handler(t, shelved(t, golden(t, "6/scope.json"), golden(t, "6/scope.json")), &says{public: true})
	for page, link := range map[string]string{"?run=1": "?run=1&amp;q=mm#files", "?run=2": "?q=mm#files", "": "?q=mm#files"} {
		body := get(t, h, "/github/acme/linux/7"+page).Body.String()
		if n := strings.Count(body, `"/github/acme/linux/1`+link+`"`); n != 3 {
			t.Errorf("%s: %d\n%s", page, n, body)
		}
	}
}

// closing is the run that saw the pull request of a record closed.
func closing(t testing.TB, body []byte, merged bool) []byte {
	t.Helper()
	text := string(body)
	from, to := strings.Index(text, `"verdict":`), strings.Index(text, `,"plan":`)
	text = text[:from] + `"verdict":{}` + text[to:]
	return []byte(strings.ReplaceAll(strings.ReplaceAll(text, `"Open":true`, `"Open":false`), `"Merged":false`, fmt.Sprintf(`"Merged":%t`, merged)))
}

// TestClosed holds that the page of a pull request that was closed says so, and how it was judged
// last, and that the run that saw it closed is none that judged no files.
func TestClosed(t *testing.T) {
	t.Parallel()
	judged, public := golden(t, "6/scope.json"), &says{public: true}
	for merged, says := range map[bool]map[string]string{
		true: {"en": "It was merged", "zh-CN": "已合并"}, false: {"en": "It is closed", "zh-CN": "已关闭"}} {
		runs := shelved(t, judged, closing(t, judged, merged), closing(t, judged, merged))
		h := handler(t, runs, public)
		for lang, says := range says {
			for _, page := range []string{"?lang=", "?head=" + runs.runs[0].Head + "&lang="} {
				body := get(t, h, "/github/acme/linux/7"+page+lang).Body.String()
				for _, want := range []string{says, "mm/b.c", "since=3", "50%", `<li aria-current="true"><a href="/github/acme/linux/1?run=1">`} {
					if !strings.Contains(body, want) {
						t.Errorf("%s%s: no %q in\n%s", page, lang, want, body)
					}
				}
			}
			body := get(t, h, "/github/acme/linux/7?run=2&lang="+lang).Body.String()
			if !strings.Contains(body, says) || strings.Contains(body, "100%") || strings.Contains(body, "mm/b.c") {
				t.Errorf("%s", body)
			}
		}
		if w := get(t, h, "/github/acme/linux/7?since=3"); w.Code != http.StatusNoContent {
			t.Errorf("%d where there is nothing newer", w.Code)
		}
	}
	again := handler(t, shelved(t, judged, closing(t, judged, false), judged), public)
	w := get(t, again, "/github/acme/linux/7", "Accept", "application/json")
	if !strings.Contains(w.Body.String(), `"changes":[]`) || strings.Contains(w.Body.String(), `"closed"`) {
		t.Errorf("opened again: %s", w.Body)
	}
	alone := get(t, handler(t, shelved(t, closing(t, judged, true)), public), "/github/acme/linux/7")
	if body := alone.Body.String(); alone.Code != http.StatusOK || !strings.Contains(body, "It was merged") || strings.Contains(body, "100%") {
		t.Errorf("of which nothing else is kept: %d\n%s", alone.Code, body)
	}
}
