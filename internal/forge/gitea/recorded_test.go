package gitea

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// recordings is where answers of a real server are.
const recordings = "../../../../shared/data/gitea/stories"

// exchange is one line of a recording: a call with its answer, or a delivery.
type exchange struct {
	Kind    string            `json:"kind"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// readRecording reads the story of a number, such as 03.
func readRecording(t *testing.T, number string) []exchange {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(recordings, number+"-*.jsonl"))
	if err != nil || len(found) != 1 {
		if os.Getenv("REVIEWGATE_SHARED") == "required" {
			t.Fatalf("no recording %s in %s", number, recordings)
		}
		t.Skipf("no recording %s in %s", number, recordings)
	}
	file, err := os.Open(found[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out []exchange
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e exchange
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// player answers each call as it was answered last in the first so many exchanges of a
// recording; what was never asked there is an empty list.
type player struct {
	all  []exchange
	upTo int
}

func (p *player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked := strings.TrimPrefix(r.URL.Path, "/api/v1")
	if asked == "/user" {
		fmt.Fprint(w, `{"id":7,"login":"gate"}`)
		return
	}
	if page := r.URL.Query().Get("page"); page != "" && page != "1" {
		fmt.Fprint(w, `[]`)
		return
	}
	for _, e := range slices.Backward(p.all[:p.upTo]) {
		path, _, _ := strings.Cut(e.Path, "?")
		if e.Method == r.Method && path == asked {
			w.WriteHeader(e.Status)
			w.Write(e.Body) //nolint:errcheck // a test's answer
			return
		}
	}
	fmt.Fprint(w, `[]`)
}

// nothing is a content of empty commits.
type nothing struct{}

func (nothing) MergeBases(context.Context, pull.Repo, string, string) ([]string, error) {
	return []string{"base"}, nil
}

func (nothing) Trees(context.Context, pull.Repo, []string) (map[string][]gittree.Entry, error) {
	return nil, nil
}

func (nothing) Commits(context.Context, pull.Repo, string, string) ([]pull.Commit, error) {
	return nil, nil
}

func (nothing) Blob(context.Context, pull.Repo, string, int) ([]byte, error) { return nil, nil }

func (nothing) Entries(context.Context, pull.Repo, string, []string) (map[string]seam.Entry, error) {
	return map[string]seam.Entry{}, nil
}

func (nothing) Files(context.Context, seam.Look) (seam.Change, error) { return seam.Change{}, nil }

func (nothing) HeadAt(context.Context, seam.Look, string) (pull.Head, error) { return pull.Head{}, nil }

// talkOf reads who said what of the pull request that a recording asked for last.
func talkOf(t *testing.T, number string) pull.Request {
	t.Helper()
	p := &player{all: readRecording(t, number)}
	p.upTo = len(p.all)
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "gitea", APIURL: server.URL + "/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range slices.Backward(p.all) {
		path, _, _ := strings.Cut(e.Path, "?")
		if parts := strings.Split(path, "/"); len(parts) == 7 && parts[6] == "reviews" && e.Method == http.MethodGet {
			repo := pull.Repo{Forge: "gitea", Owner: parts[2], Name: parts[3]}
			pr, err := strconv.Atoi(parts[5])
			if err != nil {
				t.Fatal(err)
			}
			r := pull.Request{Ref: pull.Ref{Repo: repo, Number: pr}}
			if err := f.fillTalk(t.Context(), &r); err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	t.Fatalf("recording %s asks for no reviews", number)
	return pull.Request{}
}

// tellTalk says in a line what was read.
func tellTalk(r pull.Request) string {
	var out []string
	for _, v := range r.Reviews {
		text := fmt.Sprintf("%s %s", v.Author.Login, v.State)
		if v.State == pull.Dismissed {
			text += fmt.Sprintf(" by %q of %s", v.DismissedBy.Login, v.DismissedState)
		}
		if v.DismissedByForge {
			text += " by itself"
		}
		if v.NoWrite() {
			text += ", no write"
		}
		out = append(out, text)
	}
	for _, a := range r.ReviewRequests {
		out = append(out, fmt.Sprintf("asked %s, removed %t", a.Who, a.Removed))
	}
	for _, m := range r.BaseMoves {
		out = append(out, fmt.Sprintf("%s from %q", m.Kind, m.Before.Branch))
	}
	for _, m := range r.HeadMoves {
		out = append(out, fmt.Sprintf("forced %.4s to %.4s", m.Before, m.After))
	}
	if len(r.Requested) > 0 {
		out = append(out, "requested "+strings.Join(r.Requested, " "))
	}
	return strings.Join(out, "; ")
}

// TestRecorded holds what is read of a real server's answers.
func TestRecorded(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"02": "bob APPROVED; carol CHANGES_REQUESTED; carol COMMENTED; dave APPROVED, no write; erin APPROVED, no write; bob APPROVED; " +
			"forced cad1 to 2af7",
		"03": `bob DISMISSED by "root" of APPROVED; carol COMMENTED; dave APPROVED, no write; erin APPROVED, no write; ` +
			`bob DISMISSED by "" of APPROVED; forced cad1 to 2af7`,
		"04": "asked bob, removed false; asked @kern/mm, removed false; asked carol, removed false; asked erin, removed false; " +
			"asked dave, removed false; asked @kern/readers, removed false; asked bob, removed true; " +
			"requested bob @kern/mm carol erin dave @kern/readers",
		"06": `bob DISMISSED by "alice" of APPROVED by itself`,
		"07": `bob APPROVED; retargeted from "main"`,
		"16": `bob DISMISSED by "" of APPROVED; carol COMMENTED; david APPROVED, no write;  APPROVED; bob DISMISSED by "" of APPROVED`,
		"20": `bob APPROVED; reopened from ""`,
	} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			if got := tellTalk(talkOf(t, number)); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

// TestDeliveries decodes every recorded delivery.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	f, err := New(Config{Name: "gitea", APIURL: "https://gitea.example.org/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	f.self = pull.Person{Login: "gate", ID: 7}
	hints := map[string]int{}
	for n := 1; n <= 27; n++ {
		for _, e := range readRecording(t, fmt.Sprintf("%02d", n)) {
			if e.Kind != "delivery" {
				continue
			}
			header := http.Header{}
			for k, v := range e.Headers {
				header.Set(k, v)
			}
			event, err := f.Decode(header, e.Body)
			if err != nil {
				t.Errorf("story %d, %s: %v", n, event.Kind, err)
			}
			for _, h := range event.Hints {
				if h.Repo.Name == "" || h.RepoID == 0 {
					t.Errorf("story %d, %s: %+v", n, event.Kind, h)
				}
				hints[event.Kind]++
			}
		}
	}
	t.Log(hints)
	for _, kind := range []string{"pull_request", "pull_request_sync", "pull_request_review_approved", "pull_request_review_rejected", "push",
		"status"} {
		if hints[kind] == 0 {
			t.Errorf("no hint of %s", kind)
		}
	}
}
