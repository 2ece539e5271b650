package github_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/forge/githubtest"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

func check(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// testKey is the App's key in all worlds, as making one takes long. It is short, as
// most of what the tests do is to sign.
var testKey = sync.OnceValues(
	func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 1024) }) //nolint:gosec // it guards nothing

// world is a forge in memory with acme/linux, and the adapter as an app of it.
type world struct {
	*fakegithub.Server
	t    *testing.T
	url  string
	repo *fake.Repo
	app  *github.Forge

	key       []byte
	transport http.RoundTripper
	path      string // of the API's root
}

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}

func newWorld(t *testing.T, transport http.RoundTripper) *world {
	t.Helper()
	key, err := testKey()
	check(t, err)
	forge := githubtest.NewDouble(t, fake.New(time.Now), fakegithub.Options{App: fakegithub.App{Key: key}}, forgetest.Cast{
		Repo: "acme/linux", People: []string{"alice", "bob", "carol", "dave", "mallory"},
		Owners: []string{"carol"}, Members: []string{"alice", "bob"},
		Teams: []fake.Team{
			{Org: "acme", Slug: "kernel", Name: "kernel", Members: []string{"carol"}},
			{Org: "acme", Slug: "mm", Name: "mm", Parent: "kernel", Members: []string{"alice"}},
		},
		Roles: map[string]string{"alice": "write", "bob": "write"},
		Files: map[string]string{"a.c": "a\n", "b.c": "b\n", github.PolicyPath: "version: 1\n"}, Installed: true,
	})
	w := &world{Server: forge.Server, t: t, url: forge.HTTP.URL, repo: forge.Repo}
	w.key, err = w.AppKey()
	check(t, err)
	w.transport = transport
	w.as(func(*github.Config) {})
	return w
}

// as makes the adapter anew with a changed configuration.
func (w *world) as(change func(*github.Config)) {
	w.t.Helper()
	cfg := github.Config{Name: "github", APIURL: w.url + w.path, App: &github.App{ID: 1, Key: w.key}, Transport: w.transport}
	change(&cfg)
	var err error
	w.app, err = github.New(cfg)
	check(w.t, err)
}

func (w *world) commit(branch, author string, texts map[string]string) string {
	w.t.Helper()
	id, err := w.repo.Commit(fake.Change{Branch: branch, Author: author, Message: "change", Files: forgetest.Texts(texts)})
	check(w.t, err)
	return id
}

func (w *world) open(branch string, texts map[string]string) (pull.Ref, *fake.PullRequest) {
	w.t.Helper()
	w.commit(branch, "dave", texts)
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: branch})
	check(w.t, err)
	return pull.Ref{Repo: linux, Number: pr.Number()}, pr
}

func (w *world) look(ref pull.Ref) seam.Look {
	w.t.Helper()
	look, err := w.app.Look(w.t.Context(), ref, []string{"none.yml"}, true)
	check(w.t, err)
	return look
}

// change reads list and sides.
func (w *world) change(look seam.Look) seam.Change {
	w.t.Helper()
	c, err := w.app.Files(w.t.Context(), look)
	check(w.t, err, w.app.Sides(w.t.Context(), look, &c))
	return c
}

func TestChangeKnowsBothSides(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.commit("topic", "dave", map[string]string{"new.c": "new\n"})
	_, err := w.repo.Commit(fake.Change{Branch: "topic", Author: "dave", Message: "more", Rename: map[string]string{"a.c": "moved.c"},
		Files: map[string]*fake.File{"b.c": nil, "link": {Content: "new.c", Mode: pull.Symlink}}})
	check(t, err)
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic"})
	check(t, err)
	c := w.change(w.look(pull.Ref{Repo: linux, Number: pr.Number()}))
	got := map[string]string{}
	for _, f := range c.Files {
		if !f.Whole() {
			t.Errorf("not whole: %+v", f.Content)
		}
		got[f.Path] = fmt.Sprint(f.Status, " ", f.OldPath, " ", f.OldMode, ">", f.Mode)
	}
	want := map[string]string{"new.c": "added  >100644", "moved.c": "renamed a.c 100644>100644", "b.c": "removed  100644>",
		"link": "added  >120000"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.Incomplete != "" || c.SameTree {
		t.Errorf("%+v", c)
	}
}

// TestCaps holds that what GitHub does not list whole is never taken for whole.
func TestCaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	texts := map[string]string{}
	for i := range 3001 {
		texts[fmt.Sprintf("d/f%d.c", i)] = "x\n"
	}
	ref, _ := w.open("many", texts)
	c := w.change(w.look(ref))
	if !c.Capped || c.Incomplete != "" || len(c.Files) != 3000 {
		t.Errorf("3001 files: %d listed, capped %v, incomplete %q", len(c.Files), c.Capped, c.Incomplete)
	}
	w.commit("fewer", "dave", texts)
	_, err := w.repo.Commit(fake.Change{Branch: "fewer", Author: "dave", Files: map[string]*fake.File{"d/f0.c": nil, "d/f1.c": nil}})
	check(t, err)
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "fewer"})
	check(t, err)
	c = w.change(w.look(pull.Ref{Repo: linux, Number: pr.Number()}))
	if c.Capped || c.Incomplete != "" || len(c.Files) != 2999 {
		t.Errorf("2999 files: %d listed, capped %v, incomplete %q", len(c.Files), c.Capped, c.Incomplete)
	}
}

// TestSidesOfWholeFiles holds that what is known is not asked for again, but the
// moment is.
func TestSidesOfWholeFiles(t *testing.T) {
	t.Parallel()
	asked := 0
	w := newWorld(t, meddler(func(_ *http.Request, sent, answer string) string {
		asked += strings.Count(sent, ": file(path: $p")
		return answer
	}))
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n", "b.c": "new\n", "c.c": "new\n"})
	look := w.look(ref)
	c := w.change(look)
	want := c
	asked = 0
	c.After = seam.Revision{}
	c.Files = slices.Clone(c.Files)
	c.Files[1].OldMode = ""
	check(t, w.app.Sides(t.Context(), look, &c))
	if diff := cmp.Diff(want, c); diff != "" || asked != 2 {
		t.Errorf("asked for %d sides (-want +got):\n%s", asked, diff)
	}
}

// TestMoveSeenByOneQuery holds that of the queries for many files each one's moment counts: a head
// that moved under one of them moved.
func TestMoveSeenByOneQuery(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 900 { // in several queries
		files[fmt.Sprintf("d/f%03d.c", i)] = "x\n"
	}
	first, last := "d/f000.c", "d/f899.c"
	for _, under := range []string{first, last, "no file"} {
		var head string
		var queries atomic.Int64
		w := newWorld(t, meddler(func(_ *http.Request, sent, answer string) string {
			if !strings.Contains(sent, "query Change") {
				return answer
			}
			queries.Add(1)
			if strings.Contains(sent, under) {
				return strings.ReplaceAll(answer, `"headRefOid":"`+head, `"headRefOid":"`+strings.Repeat("d", 40))
			}
			return answer
		}))
		ref, pr := w.open("topic", files)
		head = pr.Head()
		look := w.look(ref)
		c := w.change(look)
		if moved := c.After != look.Revision(); moved != (under != "no file") || queries.Load() < 2 {
			t.Errorf("moved under %s: %t after %d queries", under, moved, queries.Load())
		}
	}
}

func TestListThatDiffersFromTheCountIsIncomplete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n", "b.c": "new\n"})
	look := w.look(ref)
	look.ChangedFiles = 3
	c, err := w.app.Files(t.Context(), look)
	check(t, err)
	if c.Incomplete == "" || !c.Transient {
		t.Errorf("two files of three pass for whole: %+v", c)
	}
}

func TestTeams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	team, err := w.app.Team(t.Context(), linux, "acme/kernel")
	check(t, err)
	var logins []string
	for _, m := range team.Members {
		logins = append(logins, m.Login)
	}
	slices.Sort(logins)
	if diff := cmp.Diff([]string{"alice", "carol"}, logins); diff != "" || team.Unread != "" {
		t.Errorf("child teams (-want +got):\n%s", diff)
	}
	gone, err := w.app.Team(t.Context(), linux, "acme/none")
	check(t, err)
	if gone.Unread == "" || gone.Members != nil {
		t.Errorf("a team that is not there: %+v", gone)
	}
}

func TestHeadAtOfALostCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, _ := w.open("topic", map[string]string{"a.c": "new\n"})
	h, err := w.app.HeadAt(t.Context(), w.look(ref), strings.Repeat("0", 39)+"1")
	check(t, err)
	if h.Complete {
		t.Errorf("%+v", h)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	_, err := w.app.Look(t.Context(), pull.Ref{Repo: linux, Number: 99}, nil, false)
	wantKind(t, err, forge.ErrNotFound)
	token, err := github.New(github.Config{Name: "github", APIURL: w.url, Token: "token-mallory"})
	check(t, err)
	_, err = token.SetCheck(t.Context(), pull.Ref{Repo: linux}, publish.Check{Head: w.repo.Tip("main"), Name: "x", Outcome: policy.Success},
		seam.Written{})
	wantKind(t, err, forge.ErrForbidden)
	w.SetRateLimit(0)
	_, err = w.app.Tip(t.Context(), linux, "main")
	wantLimit(t, err)
	_, err = w.app.Look(t.Context(), pull.Ref{Repo: linux, Number: 1}, nil, false)
	wantLimit(t, err)
}

func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("error %v, want %v", err, kind)
	}
}

func wantLimit(t *testing.T, err error) {
	t.Helper()
	limit, ok := errors.AsType[*forge.LimitError](err)
	if !ok || !limit.Until.After(time.Now()) {
		t.Errorf("error %v, want a limit", err)
	}
}

// TestBlobInJSON holds that a server that answers with JSON where raw content
// is asked for is understood.
func TestBlobInJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, acceptJSON{http.DefaultTransport})
	entries, err := w.app.Entries(t.Context(), linux, w.repo.Tip("main"), []string{"a.c"})
	check(t, err)
	data, err := w.app.Blob(t.Context(), linux, entries["a.c"].ID, 1<<20)
	check(t, err)
	if string(data) != "a\n" {
		t.Errorf("blob %q", data)
	}
}

// TestLargeBlob holds that of a file that is too large no more is read than the bound.
func TestLargeBlob(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]http.RoundTripper{"raw": http.DefaultTransport, "json": acceptJSON{http.DefaultTransport}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, transport)
			tip := w.commit("large", "dave", map[string]string{"large": strings.Repeat("x", 5000)})
			entries, err := w.app.Entries(t.Context(), linux, tip, []string{"large"})
			check(t, err)
			for most, want := range map[int]error{5000: nil, 4999: pull.ErrTooLarge, 10: pull.ErrTooLarge} {
				if _, err := w.app.Blob(t.Context(), linux, entries["large"].ID, most); !errors.Is(err, want) {
					t.Errorf("at most %d bytes: %v", most, err)
				}
			}
		})
	}
}

// TestEndlessBlob holds that what is too large is not read on.
func TestEndlessBlob(t *testing.T) {
	t.Parallel()
	body := &endless{}
	w := newWorld(t, answerBlobs{http.DefaultTransport, body})
	if _, err := w.app.Blob(t.Context(), linux, strings.Repeat("a", 40), 10_000); !errors.Is(err, pull.ErrTooLarge) {
		t.Errorf("%v", err)
	}
	if body.read > 1<<20 {
		t.Errorf("%d bytes were read", body.read)
	}
}

// endless is a body that ends only after 64 MB.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read += len(p); e.read > 64<<20 {
		return 0, io.EOF
	}
	return len(p), nil
}

func (*endless) Close() error { return nil }

// answerBlobs gives a body for every blob.
type answerBlobs struct {
	base http.RoundTripper
	body io.ReadCloser
}

func (a answerBlobs) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.Contains(req.URL.Path, "/git/blobs/") {
		return a.base.RoundTrip(req)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/octet-stream"}}, Body: a.body,
		Request: req}, nil
}

type acceptJSON struct{ base http.RoundTripper }

func (a acceptJSON) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Accept", "application/json")
	return a.base.RoundTrip(req)
}
