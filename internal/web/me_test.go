package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// line is what waits for people.
type line []history.Waiting

func (q *line) Waiting(_ context.Context, forge, login string, most int) (list []history.Waiting, err error) {
	for _, w := range *q {
		if w.Ref.Repo.Forge == forge && pull.SameLogin(w.Who, login) && len(list) < most {
			list = append(list, w)
		}
	}
	return list, nil
}

// waits is a pull request that waits for somebody since a number of seconds.
func waits(repo pull.Repo, number int, w history.Wait) history.Waiting {
	return history.Waiting{Wait: w, Ref: pull.Ref{Repo: repo, Number: number}, Title: "<b>fix</b>", BaseBranch: "main", Outcome: "pending",
		Since: time.Unix(int64(number), 0).UTC()}
}

// TestMe shows people what waits for them, in the repositories that they may read, and nobody
// else's.
func TestMe(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	secret := pull.Repo{Forge: "github", Owner: "acme", Name: "vault"}
	w.queue = line{
		waits(linux, 3, history.Wait{Who: "ann", Turn: true, Files: 4, Alone: []string{"mm/<i>.c"}}),
		waits(secret, 4, history.Wait{Who: "ann", Turn: true, Files: 1}),
		waits(linux, 5, history.Wait{Who: "ann", Own: true, Turn: true}),
		waits(linux, 6, history.Wait{Who: "ann", Own: true, Files: 2}),
		waits(linux, 7, history.Wait{Who: "bob", Turn: true, Files: 9}),
		waits(linux, 8, history.Wait{Who: "ann", Turn: true, Files: 1}),
	}
	w.set("ann", true)
	ann := w.signIn("ann", "/-/me")
	seen := func() (me Me) {
		t.Helper()
		got := get(t, w, "/-/me", "Cookie", ann, "Accept", "application/json")
		if got.Code != http.StatusOK || got.Header().Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %v", got.Code, got.Header())
		}
		check(t, json.Unmarshal(got.Body.Bytes(), &me))
		return me
	}
	numbers := func(me Me) string {
		var out [3][]int
		for i, list := range [][]Waiting{me.Reviews, me.Mine, me.Others} {
			for _, one := range list {
				out[i] = append(out[i], one.Number)
			}
		}
		return fmt.Sprintf("%v %s %v", out, me.Who, me.Cut)
	}
	me := seen()
	if got := numbers(me); got != "[[3 8] [5] [6]] github:ann false" {
		t.Errorf("waiting: %s", got)
	}
	want := Waiting{Repository: "acme/linux", Number: 3, Title: "<b>fix</b>", BaseBranch: "main", Outcome: "pending", Files: 4,
		Alone: []string{"mm/<i>.c"}, Since: time.Unix(3, 0).UTC()}
	if diff := cmp.Diff(want, me.Reviews[0], cmp.AllowUnexported(Waiting{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for lang, words := range map[string][]string{
		"en":    {"2 pull requests wait for your review", "only you can approve:", "1 pull request of yours waits for you", "waits for others"},
		"zh-CN": {"2 个 PR 待您评审", "只有您可以批准", "待您处理", "待他人处理"},
	} {
		body := get(t, w, "/-/me?lang="+lang, "Cookie", ann).Body.String()
		for _, word := range append(words, `href="/github/acme/linux/3"`, "&lt;b&gt;fix", "mm/&lt;i&gt;.c", "</html>") {
			if !strings.Contains(body, word) {
				t.Errorf("in %s without %q:\n%s", lang, word, body)
			}
		}
		if strings.Contains(body, "vault") || strings.Contains(body, "<b>") {
			t.Errorf("in %s:\n%s", lang, body)
		}
	}
	w.set("ann", false)
	w.pages.Told("github", "member")
	if got := seen(); len(got.Reviews)+len(got.Mine)+len(got.Others) > 0 {
		t.Errorf("who may not read any more sees %+v", got)
	}
	if body := get(t, w, "/-/me?lang=en", "Cookie", ann).Body.String(); !strings.Contains(body, "Nothing waits for your review") {
		t.Errorf("nothing:\n%s", body)
	}
}

// TestMeIsForWhoSignedIn sends strangers to sign in.
func TestMeIsForWhoSignedIn(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	w.queue = line{waits(linux, 3, history.Wait{Who: "", Turn: true})}
	if got := get(t, w, "/-/me"); got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/-/signin?back=%2F-%2Fme" {
		t.Errorf("a page: %d %v", got.Code, got.Header())
	}
	if got := get(t, w, "/-/me", "Accept", "application/json"); got.Code != http.StatusUnauthorized || !strings.Contains(got.Body.String(), "Sign in") {
		t.Errorf("JSON: %d %s", got.Code, got.Body)
	}
}

// TestMeIsBounded holds that a page tells of so many, and says that there are more.
func TestMeIsBounded(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	for i := range maxPlaces + 5 {
		repo := pull.Repo{Forge: "github", Owner: "acme", Name: fmt.Sprint("r", i)}
		w.queue = append(w.queue, waits(repo, i+1, history.Wait{Who: "ann", Turn: true}))
	}
	ann := w.signIn("ann", "/-/me")
	if body := get(t, w, "/-/me?lang=en", "Cookie", ann).Body.String(); !strings.Contains(body, "There may be more") || w.asked != maxPlaces {
		t.Errorf("asked %d times:\n%s", w.asked, body)
	}
	w.queue = nil
	for i := range maxWaiting + 1 {
		w.queue = append(w.queue, waits(linux, i+1, history.Wait{Who: "ann", Turn: true}))
	}
	w.set("ann", true)
	if body := get(t, w, "/-/me?lang=en", "Cookie", ann).Body.String(); !strings.Contains(body, "There may be more") ||
		!strings.Contains(body, fmt.Sprint(maxWaiting, " pull requests wait")) {
		t.Errorf("of many:\n%.2000s", body)
	}
}

// TestMeTellsWhatIsDue holds that what waits for longer than an area should let it is marked, and
// that what is due next is named, while the longest waiting stays first.
func TestMeTellsWhatIsDue(t *testing.T) {
	t.Parallel()
	w := newTown(t, private(t))
	w.now = time.Unix(1000, 0).UTC()
	due := func(number, second int) history.Waiting {
		one := waits(linux, number, history.Wait{Who: "ann", Turn: true, Files: 1})
		one.Due, one.Area = time.Unix(int64(second), 0).UTC(), "mm <i>"
		return one
	}
	w.queue = line{due(1, 3000), due(2, 999), waits(linux, 3, history.Wait{Who: "ann", Turn: true}), due(5, 1000), due(4, 2000)}
	w.set("ann", true)
	ann := w.signIn("ann", "/-/me")
	var me Me
	check(t, json.Unmarshal(get(t, w, "/-/me", "Cookie", ann, "Accept", "application/json").Body.Bytes(), &me))
	var got []string
	for _, one := range me.Reviews {
		got = append(got, fmt.Sprint(one.Number, one.Overdue, !one.Due.IsZero()))
	}
	if diff := cmp.Diff([]string{"1 false true", "2 true true", "3 false false", "5 false true", "4 false true"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if me.Overdue != 1 || me.Next == nil || me.Next.Number != 5 || me.Next.Area != "mm <i>" {
		t.Errorf("%d overdue, next %+v", me.Overdue, me.Next)
	}
	for lang, words := range map[string][]string{
		"en":    {"1 of them waits for longer", "Due next:", "overdue: first review of mm &lt;i&gt; by"},
		"zh-CN": {"其中 1 个已超过", "最近到期：", "已超期", "mm &lt;i&gt; 的首次评审期限："},
	} {
		body := get(t, w, "/-/me?lang="+lang, "Cookie", ann).Body.String()
		for _, word := range append(words, `class="late"`, "1970-01-01 00:16 UTC", "</html>") {
			if !strings.Contains(body, word) {
				t.Errorf("in %s without %q:\n%s", lang, word, body)
			}
		}
	}
	w.queue = line{waits(linux, 3, history.Wait{Who: "ann", Turn: true})}
	if body := get(t, w, "/-/me?lang=en", "Cookie", ann).Body.String(); strings.Contains(body, "Due next") || strings.Contains(body, "late") {
		t.Errorf("nothing is due:\n%s", body)
	}
}
