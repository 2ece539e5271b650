package gitea

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestCutter holds that short texts pass as they are, that of long ones the beginning does, and
// that what comes out is JSON wherever one is cut.
func TestCutter(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{`a`, `\n`, `\"`, `\\`, `\u4e2d`, `\ud83d\ude00`, "中"} {
		for shift := range len(unit) + 1 {
			long := strings.Repeat("x", shift) + strings.Repeat(unit, maxText/len(unit)+20)
			in := fmt.Sprintf(`{"a":"[\"x\\","b\"":[%s,"%s",{"c":"%s"}],"d":null}`, "1.5e3", long, unit)
			for name, r := range map[string]io.Reader{"at once": strings.NewReader(in), "by bytes": iotest.OneByteReader(strings.NewReader(in))} {
				var got map[string]any
				err := json.NewDecoder(newCutter(r)).Decode(&got)
				list, ok := got[`b"`].([]any)
				if err != nil || got["a"] != `["x\` || !ok || len(list) != 3 {
					t.Fatalf("%s, %s shifted %d: %.100v, %v", name, unit, shift, got, err)
				}
				if text, ok := list[1].(string); !ok || !strings.HasSuffix(text, cutMark) || len(text) > maxText+10+len(cutMark) {
					t.Errorf("%s, %s shifted %d: %d bytes", name, unit, shift, len(text))
				}
			}
		}
	}
	whole := `["` + strings.Repeat(`\"`, maxText/2) + `", "\\", {}]`
	if out, err := io.ReadAll(newCutter(iotest.HalfReader(strings.NewReader(whole)))); err != nil || string(out) != whole {
		t.Errorf("what has just as much: %d bytes of %d, %v", len(out), len(whole), err)
	}
	failed := newCutter(io.MultiReader(strings.NewReader(`["a`), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if out, err := io.ReadAll(failed); string(out) != `["a` || err == nil {
		t.Errorf("an answer that breaks off: %q, %v", out, err)
	}
}

// talkative serves a pull request that somebody wrote much to: any list has entries with a text.
func talkative(t *testing.T, texts ...string) *Forge {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/user") {
			io.WriteString(w, `{"id":7,"login":"gate"}`) //nolint:errcheck // a test's answer
			return
		}
		var out bytes.Buffer
		for i, text := range texts {
			said, err := json.Marshal(text)
			if err != nil {
				t.Error(err)
			}
			fmt.Fprintf(&out, `%c{"id":%d,"number":%d,"user":{"id":9,"login":"u"},"type":"comment","state":"%s","body":%s,`+
				`"head":{"sha":"1"},"base":{"ref":"main","repo":{}}}`, "[,"[min(i, 1)], i+1, i+1,
				map[bool]string{true: "APPROVED", false: "open"}[strings.HasSuffix(r.URL.Path, "/reviews")], said)
		}
		out.WriteString("]")
		if r.FormValue("page") > "1" {
			out.Reset()
			out.WriteString("[]")
		}
		w.Header().Set("X-Total-Count", fmt.Sprint(len(texts)))
		w.Write(out.Bytes()) //nolint:errcheck // a test's answer
	}))
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "gitea", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestLongTexts holds that nobody can stop the gate for a pull request, or for a repository, by
// a text that is as long as a server takes it; and that one that is not read to its end gives
// nothing that its end might take back.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	f := talkative(t, "/approve mm/\n/override because\n"+strings.Repeat("well, ", maxAnswer/6+1), "/approve mm/")
	repo := pull.Repo{Forge: "gitea", Owner: "a", Name: "b"}
	reviews, err := list[reviewAnswer](t.Context(), f, repoPath(repo, "pulls", 1, "reviews"), nil)
	if err != nil || len(reviews) != 2 {
		t.Fatalf("%d reviews, %v", len(reviews), err)
	}
	for i, want := range []command.Why{command.WhyNearMiss, ""} {
		body := reviews[i].review().Body
		if why := command.ScopeOf(body, false, "", 100).Why; why != want {
			t.Errorf("review %d, %q: %q, want %q", i, body, why, want)
		}
	}
	comments, err := f.comments(t.Context(), pull.Ref{Repo: repo, Number: 1})
	if err != nil || len(comments) != 2 || !strings.Contains(comments[0].Body, "/override cancel") || comments[1].Body != "/approve mm/" {
		t.Errorf("comments: %.200v, %v", comments, err)
	}
	rows, err := listHoled[rowAnswer](t.Context(), f, repoPath(repo, "issues", 1, "timeline"), 0, no)
	if err != nil || len(rows) != 2 || rows[0].Body != "" {
		t.Errorf("timeline: %.200v, %v", rows, err)
	}
	if open, err := f.OpenRequests(t.Context(), repo); err != nil || len(open) != 2 {
		t.Errorf("open: %d, %v", len(open), err)
	}
}

// TestAPageOfLongTexts holds that a page of the longest texts that are read is read.
func TestAPageOfLongTexts(t *testing.T) {
	t.Parallel()
	texts := make([]string, pageSize)
	for i := range texts {
		texts[i] = strings.Repeat("<", maxText/6+1) // six bytes each, as they are sent
	}
	f := talkative(t, texts...)
	repo := pull.Repo{Forge: "gitea", Owner: "a", Name: "b"}
	reviews, err := list[reviewAnswer](t.Context(), f, repoPath(repo, "pulls", 1, "reviews"), nil)
	if err != nil || len(reviews) != pageSize {
		t.Errorf("%d reviews, %v", len(reviews), err)
	}
}
