package probe_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakerest "github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/forge/giteetest"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
	"github.com/reviewgate/reviewgate/internal/probe"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// site is a double with a scratch repository, behind a door that can refuse what comes.
type site struct {
	*fakerest.Server
	t       *testing.T
	repo    *fake.Repo
	gitCode bool
	url     string // of the door
	ticks   atomic.Int64
	calls   atomic.Int64
	// refuse is told of each request by its number, and returns whether it fails, and whether it
	// was done all the same.
	refuse func(n int64) (fails, done bool)
	as     string
	// refused is a part of addresses that are refused; empty: none.
	refused string
	// instead answers requests in the server's place, and returns whether it did; nil: none.
	instead func(w http.ResponseWriter, r *http.Request) bool
	// rewrite changes answers; nil: none.
	rewrite func(body []byte) []byte
}

func newSite(t *testing.T, gitCode bool, knobs map[string]int) *site {
	t.Helper()
	gittest.Need(t)
	s := &site{t: t, gitCode: gitCode, as: giteetest.Bot}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	model := fake.New(func() time.Time { return start.Add(time.Duration(s.ticks.Load()) * time.Second) })
	cast := forgetest.Players()
	cast.Repo, cast.Files = "acme/scratch", map[string]string{"README": "hello\n"}
	var inner string
	if gitCode {
		g := giteetest.NewGitCode(t, model, fakerest.Options{Knobs: knobs}, cast)
		s.Server, s.repo, inner = g.Server.Server, g.Repo, g.URL
	} else {
		g := giteetest.NewGitee(t, model, fakerest.Options{Knobs: knobs}, cast)
		s.Server, s.repo, inner = g.Server.Server, g.Repo, g.URL
	}
	door := httptest.NewServer(s.door(inner))
	t.Cleanup(door.Close)
	s.url = door.URL
	return s
}

// door passes requests on, unless they are to fail.
func (s *site) door(inner string) http.Handler {
	to, err := url.Parse(inner)
	if err != nil {
		s.t.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(to)
	pass.ModifyResponse = func(r *http.Response) error {
		if s.rewrite == nil {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		body = s.rewrite(body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.calls.Add(1)
		fails, done := s.refused != "" && strings.Contains(r.URL.String(), s.refused), false
		if s.refuse != nil {
			fails, done = s.refuse(n)
		}
		switch {
		case s.instead != nil && s.instead(w, r):
		case !fails:
			pass.ServeHTTP(w, r)
		case done:
			pass.ServeHTTP(httptest.NewRecorder(), r)
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
}

func (s *site) now() time.Time { s.Lock(); defer s.Unlock(); return s.Now() }

// probe makes a probe of the repository, as the site's account.
func (s *site) probe() *probe.Probe {
	s.t.Helper()
	at, err := url.Parse(s.url + "/api/v5/")
	if err != nil {
		s.t.Fatal(err)
	}
	token := "token-" + s.as
	tape := &probe.Tape{Base: http.DefaultTransport}
	limits := []rest.Limit{{Most: 5000, Over: time.Hour}}
	if s.gitCode {
		limits = []rest.Limit{{Most: 50, Over: time.Minute}, {Most: 4000, Over: time.Hour}}
	}
	user := base64.StdEncoding.EncodeToString([]byte("oauth2:" + token))
	return probe.New(probe.Config{
		Repo: pull.Repo{Forge: "site", Owner: "acme", Name: "scratch"}, GitCode: s.gitCode, Tape: tape, Site: "site.example", Version: "v1",
		Client:  rest.New(rest.Config{URL: at, Token: token, Limits: limits, Transport: tape, Now: s.now}),
		Secrets: []string{token, user}, Now: s.now,
		Remote: func(context.Context, pull.Repo) (string, string, error) {
			return s.url + "/acme/scratch.git", "Authorization: Basic " + user, nil
		},
		Wait: func(ctx context.Context, d time.Duration) error {
			s.ticks.Add(int64(d / time.Second))
			return ctx.Err()
		},
	})
}

// run probes, and returns the report in English.
func (s *site) run(ctx context.Context) (probe.Report, string, error) {
	s.t.Helper()
	p := s.probe()
	if err := p.Examine(ctx); err != nil {
		return probe.Report{}, "", err
	}
	report, err := p.Run(ctx)
	var text strings.Builder
	if problem := p.Markdown(&text, report, probe.English); problem != nil {
		s.t.Fatal(problem)
	}
	return report, text.String(), err
}

// left lists what is left of a probe: branches, comments, and pull requests that are open.
func (s *site) left() (out []string) {
	s.Lock()
	defer s.Unlock()
	for name := range s.repo.Branches {
		if strings.HasPrefix(name, probe.Prefix) {
			out = append(out, name)
		}
	}
	for _, p := range s.repo.Pulls {
		if p.IsOpen {
			out = append(out, fmt.Sprint("#", p.Number()))
		}
		for _, c := range p.Conversation {
			out = append(out, fmt.Sprint("#", p.Number(), " ", c.Body))
		}
	}
	slices.Sort(out)
	return out
}

// settings reads what a report settles.
func settings(r probe.Report) map[string]int {
	out := map[string]int{}
	for _, a := range r.Answers {
		for _, s := range a.Settled {
			out[s.Knob] = s.Value
		}
	}
	return out
}

// plain are the knobs that a probe settles, as the doubles have them unless they are turned; those
// that only a Gitee has are first.
var giteeOnly = []string{fakerest.NoAdministrator, fakerest.BareRuns, fakerest.FinalIgnored, fakerest.TwinsShare}

var both = []string{
	fakerest.PushKeeps, fakerest.RewriteKeeps, fakerest.ApprovalsMove, fakerest.EmptyContents, fakerest.AskingIgnored, fakerest.BaseByCall,
	fakerest.LateComments,
}

// TestKnobs holds, for each knob that a probe settles, that the report says how it stands, both
// ways; that nothing is left; and that every other knob is named as one that is not settled.
func TestKnobs(t *testing.T) {
	t.Parallel()
	for _, gitCode := range []bool{false, true} {
		knobs := append([]string{"", fakerest.RetargetResets}, both...)
		if !gitCode {
			knobs = append(knobs, giteeOnly...)
		}
		for _, turned := range knobs {
			t.Run(fmt.Sprintf("%t %s", gitCode, turned), func(t *testing.T) {
				t.Parallel()
				holdKnob(t, gitCode, turned)
			})
		}
	}
}

func holdKnob(t *testing.T, gitCode bool, turned string) {
	t.Helper()
	want := map[string]int{}
	for _, name := range both {
		want[name] = 0
	}
	if !gitCode {
		for _, name := range giteeOnly {
			want[name] = 0
		}
	}
	knobs := map[string]int{}
	switch turned {
	case "":
	case fakerest.RetargetResets:
		knobs[turned], knobs[fakerest.BaseByCall] = 1, 1
	default:
		knobs[turned] = 1
	}
	for name, n := range knobs {
		want[name] = n
	}
	if turned == fakerest.BaseByCall {
		want[fakerest.RetargetResets] = 0
	}
	if turned == fakerest.PushKeeps { // which holds for each push
		want[fakerest.RewriteKeeps] = 1
	}
	failing := 0
	if turned == fakerest.NoAdministrator {
		for _, name := range []string{fakerest.BareRuns, fakerest.FinalIgnored, fakerest.TwinsShare} {
			delete(want, name)
		}
		failing = 3
	}
	s := newSite(t, gitCode, knobs)
	report, text, err := s.run(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got := settings(report); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("settled %v, want %v\n%s", got, want, text)
	}
	failed := 0
	for _, a := range report.Answers {
		if a.Failed != nil {
			failed++
			t.Logf("%s: %v", a.Question, a.Failed)
		}
	}
	if failed != failing || report.Whole() != (failing == 0) {
		t.Errorf("%d questions failed, want %d; whole: %t", failed, failing, report.Whole())
	}
	if left := s.left(); len(left) > 0 || len(report.Left) > 0 {
		t.Errorf("left: %v, told: %v", left, report.Left)
	}
	for _, knob := range fakerest.Knobs() {
		if !strings.Contains(text, "`"+knob.Name+"`") && (!gitCode || !slices.Contains(giteeOnly, knob.Name)) && failing == 0 {
			t.Errorf("the report does not name %s\n%s", knob.Name, text)
		}
	}
	holdSecrecy(t, text)
}

// holdSecrecy holds that a report has neither a token nor the name of an account or of the
// repository.
func holdSecrecy(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{"token-", "b2F1dGgy", "scratch.git", "acme/scratch"} {
		if strings.Contains(text, secret) {
			t.Errorf("the report has %q\n%s", secret, text)
		}
	}
	if regexp.MustCompile(`\bgate\b`).MatchString(text) {
		t.Errorf("the report has the account's login\n%s", text)
	}
}

// TestChinese holds that a report in Chinese tells the same, and that the sentences of both languages
// speak of the same values.
func TestChinese(t *testing.T) {
	t.Parallel()
	s := newSite(t, true, nil)
	p := s.probe()
	if err := p.Examine(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var en, zh strings.Builder
	if p.Markdown(&en, report, probe.English) != nil || p.Markdown(&zh, report, probe.Chinese) != nil {
		t.Fatal("not written")
	}
	if !strings.Contains(zh.String(), "推送是否重置测试与评审") || strings.Count(zh.String(), "\n") != strings.Count(en.String(), "\n") {
		t.Errorf("%s", zh.String())
	}
	holdSecrecy(t, zh.String())
	verbs := regexp.MustCompile(`%[a-z]|` + "`[^`]*`")
	for key, both := range probe.Sentences {
		if a, b := verbs.FindAllString(both[0], -1), verbs.FindAllString(both[1], -1); !slices.Equal(a, b) || both[1] == "" {
			t.Errorf("%s: %v and %v", key, a, b)
		}
	}
}

// TestRefusals holds which repositories are refused, before anything is written, and that one like
// them is not.
func TestRefusals(t *testing.T) {
	t.Parallel()
	open := func(s *site, by, head string) *fake.PullRequest {
		_, err := s.repo.Commit(fake.Change{Branch: head, Author: by, Message: "Change", Files: forgetest.Texts(map[string]string{head: "x\n"})})
		p, problem := s.repo.Open(fake.Opening{Author: by, Head: head})
		if err != nil || problem != nil {
			t.Fatal(err, problem)
		}
		return p
	}
	for name, c := range map[string]struct {
		gitCode bool
		make    func(s *site)
		says    string // empty: it is not refused
	}{
		"nothing":             {false, func(*site) {}, ""},
		"own":                 {false, func(s *site) { open(s, giteetest.Bot, "mine") }, ""},
		"somebody's":          {false, func(s *site) { open(s, "dave", "theirs") }, "somebody else's"},
		"somebody's, closed":  {false, func(s *site) { check(t, open(s, "dave", "theirs").Close("dave")) }, "somebody else's"},
		"somebody's, of many": {true, func(s *site) { open(s, "dave", "theirs"); manyOwn(s, 120) }, "somebody else's"},
		"somebody who left": {false, func(s *site) { open(s, "dave", "theirs"); check(t, s.DeleteUser("dave")) },
			"somebody else's"},
		"asks others":            {false, func(s *site) { asks(s, "alice") }, "asks other people"},
		"asks others, a GitCode": {true, func(s *site) { asks(s, "alice") }, "asks other people"},
		"asks us":                {true, func(s *site) { asks(s, giteetest.Bot) }, ""},
		"protected":              {true, func(s *site) { protect(s, "release") }, "protected"},
		"many branches": {false, func(s *site) {
			for i := range 11 {
				check(t, s.repo.SetBranch(fmt.Sprint("work-", i), "main", ""))
			}
		}, "has 12 branches"},
		"protected default": {true, func(s *site) { protect(s, "main") }, ""},
		"not ours to push":  {false, func(s *site) { s.as = "mallory" }, "may not push"},
		"no token":          {false, func(s *site) { s.as = "nobody" }, "whose token"},
		"a list unread":     {false, func(s *site) { s.refusePath("/pulls?") }, "list the pull requests"},
		"branches unread":   {false, func(s *site) { s.refusePath("/branches?") }, "list the branches"},
		"settings unread":   {true, func(s *site) { s.refusePath("/pull_request_settings") }, "asks to look"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, c.gitCode, nil)
			c.make(s)
			before := len(s.Calls())
			err := s.probe().Examine(t.Context())
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
			for _, call := range s.Calls()[before:] {
				if call.Method != http.MethodGet {
					t.Errorf("%s %s", call.Method, call.Path)
				}
			}
		})
	}
}

// TestUsed holds that what a repository tells of who uses it has it refused.
func TestUsed(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"forks_count", "stargazers_count", "open_issues_count", "empty_repo"} {
		s := newSite(t, false, nil)
		s.rewrite = func(body []byte) []byte {
			return regexp.MustCompile(`"`+field+`":(0|false)`).ReplaceAll(body, []byte(`"`+field+`":1`))
		}
		if err := s.probe().Examine(t.Context()); err == nil || !strings.Contains(err.Error(), "acme/scratch") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asks has the repository ask somebody to test each new pull request.
func asks(s *site, login string) {
	s.Lock()
	defer s.Unlock()
	who, err := s.FindAccount(login)
	check(s.t, err)
	s.Defaults(s.repo).Testers = []*fake.Account{who}
}

func protect(s *site, branch string) {
	check(s.t, s.repo.SetBranch(branch, "main", ""))
	s.repo.Require(branch, fake.RequiredCheck{Name: "ci"})
}

// manyOwn opens so many pull requests of the account's own.
func manyOwn(s *site, n int) {
	for i := range n {
		branch := fmt.Sprint("own-", i)
		_, err := s.repo.Commit(fake.Change{Branch: branch, Author: giteetest.Bot, Message: "Change",
			Files: forgetest.Texts(map[string]string{branch: "x\n"})})
		check(s.t, err)
		_, err = s.repo.Open(fake.Opening{Author: giteetest.Bot, Head: branch})
		check(s.t, err)
	}
}

// refusePath has each request fail whose address has a part.
func (s *site) refusePath(part string) { s.refused = part }

var apart = flag.Int("apart", 13, "of so many calls one fails")

// TestFailures holds that, whichever request fails, whether it was done or not, nothing of the
// probe's is left that the report does not name, and nothing at all once it is run again. What is
// not the probe's stays.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, gitCode := range []bool{false, true} {
		s := newSite(t, gitCode, nil)
		if _, _, err := s.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for n := int64(1); n <= s.calls.Load(); n += int64(*apart) {
			t.Run(fmt.Sprint(gitCode, n), func(t *testing.T) {
				t.Parallel()
				holdFailure(t, gitCode, n)
			})
		}
	}
}

func holdFailure(t *testing.T, gitCode bool, at int64) {
	t.Helper()
	s := newSite(t, gitCode, nil)
	check(t, s.repo.SetBranch("reviewgate-other", "main", ""))
	s.refuse = func(n int64) (fails, done bool) { return n == at, n%2 == 0 }
	report, text, _ := s.run(t.Context())
	if left := s.left(); len(left) > 0 && len(report.Left) == 0 {
		t.Errorf("left without a word: %v\n%s", left, text)
	}
	holdSecrecy(t, strings.ReplaceAll(text, s.url+"/acme/scratch/", ""))
	if len(s.left()) > 0 {
		if _, text, err := s.run(t.Context()); err != nil || len(s.left()) > 0 {
			t.Errorf("left: %v, %v\n%s", s.left(), err, text)
		}
	}
	if s.repo.Tip("reviewgate-other") == "" || s.repo.Tip("main") == "" {
		t.Error("what is not the probe's is gone")
	}
}

// TestCutOff holds that a run which is ended takes everything away, and that what one leaves which
// is killed is told with its address, if there is time for that, and taken away by the next one.
func TestCutOff(t *testing.T) {
	t.Parallel()
	s := newSite(t, false, nil)
	ctx, cancel := context.WithCancel(t.Context())
	s.refuse = func(n int64) (bool, bool) {
		if n == 60 {
			cancel()
		}
		return false, false
	}
	report, text, err := s.run(ctx)
	if err == nil || len(s.left()) > 0 || len(report.Left) > 0 {
		t.Errorf("%v, left: %v\n%s", err, s.left(), text)
	}

	s = newSite(t, false, nil)
	s.refuse = func(n int64) (bool, bool) { return n > 60, false }
	report, text, _ = s.run(t.Context())
	if len(s.left()) != 6+4 || report.Whole() || !strings.Contains(text, s.url+"/acme/scratch/pulls/4") ||
		!strings.Contains(text, s.url+"/acme/scratch/tree/"+probe.Prefix+"topic") {
		t.Errorf("left: %v, told: %v\n%s", s.left(), report.Left, text)
	}
	s.refuse = nil
	if _, text, err := s.run(t.Context()); err != nil || len(s.left()) > 0 {
		t.Errorf("left: %v, %v\n%s", s.left(), err, text)
	}
}
