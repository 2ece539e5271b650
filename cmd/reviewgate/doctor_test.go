package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/doctor/survey"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
)

// clinic is a world whose set-up is as it should be, and what a test may spoil of it.
type clinic struct {
	*world
	key    []byte
	id     int
	public string
	args   []string
	hook   *httptest.Server
	status int    // by which webhooks are answered
	secret string // the token; empty: alice's
}

const reviewGate = "review-gate"

func newClinic(t *testing.T, o worldOptions) *clinic {
	t.Helper()
	o.idle = true
	c := &clinic{world: newWorld(t, o), id: 1, status: http.StatusAccepted}
	var err error
	c.key, err = c.AppKey()
	check0(t, err)
	c.hook = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(c.status) }))
	t.Cleanup(c.hook.Close)
	c.public = c.hook.URL
	c.SetWebhook(c.hook.URL+"/webhooks/github", testSecret)
	c.repo.Require("main", fake.RequiredCheck{Name: reviewGate, App: c.AppSlug()})
	check0(t, forgetest.MakeStore(filepath.Join(c.dir, "gate.db")))
	check0(t, c.SetPermissionsFor("administration", "read"))
	return c
}

// SetPermissionsFor changes one permission; no access takes it away.
func (c *clinic) SetPermissionsFor(name, access string) error {
	permissions := c.permissions()
	if permissions[name] = access; access == "" {
		delete(permissions, name)
	}
	c.SetPermissions(permissions)
	return nil
}

func (c *clinic) permissions() map[string]string {
	return maps.Clone(map[string]string{
		"checks": "write", "contents": "read", "members": "read", "merge_queues": "read", "metadata": "read",
		"pull_requests": "write", "statuses": "write", "administration": "read",
	})
}

// file writes the configuration.
func (c *clinic) file() string {
	c.t.Helper()
	c.keys = ""
	if c.public != "" {
		c.keys = "public_url: " + c.public + "\n"
	}
	file := c.configure(c.dir)
	text, err := os.ReadFile(file)
	check0(c.t, err, os.WriteFile(filepath.Join(c.dir, "app.pem"), c.key, 0o600))
	changed := strings.Replace(string(text), "app: {id: 1,", fmt.Sprintf("app: {id: %d,", c.id), 1)
	if c.token {
		before, rest, _ := strings.Cut(changed, "    app:")
		_, after, _ := strings.Cut(rest, "\n")
		changed = before + "    token_file: token\n" + after
		check0(c.t, os.WriteFile(filepath.Join(c.dir, "token"), []byte(or(c.secret, "token-alice")+"\n"), 0o600))
	}
	check0(c.t, os.WriteFile(file, []byte(changed), 0o600))
	return file
}

// doctor runs the command.
func (c *clinic) doctor() (code int, report doctor.Report) {
	c.t.Helper()
	check0(c.t, c.FlushWebhooks(context.Background()))
	var out, errs bytes.Buffer
	code = run(c.t.Context(), append([]string{"doctor", "--config", c.file(), "--format", "json"}, c.args...), nil, &out, &errs)
	if code == exitError {
		c.t.Fatalf("exit 2: %s", &errs)
	}
	check0(c.t, json.Unmarshal(out.Bytes(), &report))
	return code, report
}

// wanted is a finding that is wanted: its check, severity, and words of it.
type wanted struct {
	check    string
	severity doctor.Severity
	words    string
}

func (c *clinic) want(code int, all ...wanted) {
	c.t.Helper()
	got, report := c.doctor()
	if got != code {
		c.t.Errorf("exit %d, want %d", got, code)
	}
	errors := 0
	for _, want := range all {
		if want.severity == doctor.Error {
			errors++
		}
		if !holds(report, want) {
			c.t.Errorf("no finding %+v", want)
		}
	}
	if report.Errors != errors {
		c.t.Errorf("%d errors, want %d", report.Errors, errors)
	}
	for _, f := range report.Findings {
		if f.Severity != doctor.OK && (f.Why == "" || f.Do == "") {
			c.t.Errorf("it says not why, or not what to do: %+v", f)
		}
	}
	if c.t.Failed() {
		text, _ := json.MarshalIndent(report, "", " ")
		c.t.Logf("%s", text)
	}
}

func holds(report doctor.Report, want wanted) bool {
	for _, f := range report.Findings {
		if f.Check == want.check && f.Severity == want.severity && strings.Contains(f.What+"\n"+f.Why+"\n"+f.Do, want.words) {
			return true
		}
	}
	return false
}

// TestDoctorOfAllWell holds that a set-up without a fault has no finding but good ones, and
// advice on people who may be missed, with every call held to GitHub's description of it elsewhere.
func TestDoctorOfAllWell(t *testing.T) {
	t.Parallel()
	c := newClinic(t, worldOptions{})
	c.ResetCalls()
	c.want(exitPass,
		wanted{"credential", doctor.OK, "acting as reviewgate[bot], App 1"}, wanted{"installation", doctor.OK, "acme; it is given 1 repository"},
		wanted{"clock", doctor.OK, ""}, wanted{"permissions", doctor.OK, ""}, wanted{"webhook", doctor.OK, c.hook.URL},
		wanted{"webhook_secret", doctor.OK, ""},
		wanted{"webhook_deliveries", doctor.OK, ""}, wanted{"policy", doctor.OK, "gates 1 branch"},
		wanted{"check_required", doctor.OK, reviewGate},
		wanted{"dismiss_stale", doctor.OK, ""}, wanted{"database", doctor.OK, "gate.db"},
		wanted{"staff", doctor.Warning, "subsystem mm has a single maintainer"}, wanted{"override", doctor.Warning, "names nobody"})
	_, report := c.doctor()
	advice := 3 // mm, core and whoever mends the policy
	if report.Warnings != advice || report.CannotTell > 0 {
		t.Errorf("%+v", report)
	}
	for _, call := range c.Calls() {
		if call.Method != http.MethodGet && call.Pattern != "/graphql" && !strings.HasSuffix(call.Pattern, "/access_tokens") {
			t.Errorf("it wrote: %+v", call)
		}
	}
	t.Logf("two looks take\n%s", tally(c.Calls()))
}

// spoiled is one thing that is wrong with a set-up, and what is found of it.
type spoiled struct {
	options worldOptions
	spoil   func(t *testing.T, c *clinic)
	code    int
	want    []wanted
}

func hold(t *testing.T, cases map[string]spoiled) {
	t.Helper()
	for name, s := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t, s.options)
			s.spoil(t, c)
			c.want(s.code, s.want...)
		})
	}
}

// refuse has calls to paths that end so answered as those that may not be made.
func refuse(c *clinic, suffix string) {
	c.SetFault(func(r *http.Request) *fakegithub.Fault {
		if strings.Contains(r.URL.Path, suffix) {
			return &fakegithub.Fault{Status: http.StatusForbidden, Body: `{"message":"Resource not accessible by integration"}`}
		}
		return nil
	})
}

func TestDoctorOfTheApp(t *testing.T) {
	t.Parallel()
	hold(t, map[string]spoiled{
		"key of another app": {spoil: func(t *testing.T, c *clinic) {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			check0(t, err)
			c.RotateKey(key)
		}, code: exitFail, want: []wanted{{"credential", doctor.Error, "App id and key do not belong together"}}},
		"no such app": {spoil: func(_ *testing.T, c *clinic) { c.id = 2 }, code: exitFail,
			want: []wanted{{"credential", doctor.Error, "App id and key do not belong together: the forge knows no App with the id 2"}}},
		"no key": {spoil: func(_ *testing.T, c *clinic) { c.key = []byte("a key\n") }, code: exitFail,
			want: []wanted{{"credential", doctor.Error, "no RSA key in PEM"}}},
		"clock a bit off": {spoil: func(_ *testing.T, c *clinic) { c.ahead.Add(int64(40 * time.Second)) },
			want: []wanted{{"clock", doctor.Warning, "behind"}}},
		"clock off": {options: worldOptions{ownTime: true}, spoil: func(_ *testing.T, c *clinic) { c.ahead.Add(int64(10 * time.Minute)) },
			code: exitFail,
			want: []wanted{{"credential", doctor.Error, "refuses the times"}, {"clock", doctor.Error, "10m"}}},
		"clock off the other way": {options: worldOptions{ownTime: true},
			spoil: func(_ *testing.T, c *clinic) { c.ahead.Add(-int64(10 * time.Minute)) }, code: exitFail,
			want: []wanted{{"credential", doctor.Error, "refuses the times"}, {"clock", doctor.Error, "ahead of"}}},
		"clock off told as a wrong key": {spoil: func(t *testing.T, c *clinic) {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			check0(t, err)
			c.RotateKey(key)
			c.ahead.Add(int64(5 * time.Minute))
		}, code: exitFail, want: []wanted{{"credential", doctor.Error, "refuses the times"}, {"clock", doctor.Error, "behind"}}},
		"server does not answer": {spoil: func(_ *testing.T, c *clinic) {
			c.SetFault(func(*http.Request) *fakegithub.Fault { return &fakegithub.Fault{Status: http.StatusBadGateway} })
		}, want: []wanted{{"credential", doctor.CannotTell, "502"}}},
		"missing permission": {spoil: func(t *testing.T, c *clinic) { check0(t, c.SetPermissionsFor("checks", "read")) }, code: exitFail,
			want: []wanted{{"permissions", doctor.Error, "the App lacks the permission checks: write"}}},
		"missing optional permission": {spoil: func(t *testing.T, c *clinic) { check0(t, c.SetPermissionsFor("members", "")) },
			want: []wanted{{"permissions", doctor.Warning, "members: read"}}},
		"permission not accepted": {spoil: func(_ *testing.T, c *clinic) {
			accepted := c.permissions()
			accepted["pull_requests"] = "read"
			c.Accept("acme", accepted)
		}, code: exitFail, want: []wanted{{"permissions", doctor.Error, "acme has not accepted the permission pull_requests: write"}}},
		"missing event": {spoil: func(_ *testing.T, c *clinic) {
			c.SetEvents("pull_request", "issue_comment", "push", "check_run", "check_suite", "status", "team", "membership", "organization",
				"member", "repository", "merge_group")
		}, code: exitFail, want: []wanted{{"events", doctor.Error, "pull_request_review"}}},
		"suspended": {spoil: func(_ *testing.T, c *clinic) { c.Suspend("acme", true) },
			want: []wanted{{"installation", doctor.Warning, "suspended in acme"}, {"installation", doctor.Warning, "nowhere"}}},
		"installed nowhere": {spoil: func(_ *testing.T, c *clinic) { c.Uninstall("acme") },
			want: []wanted{{"installation", doctor.Warning, "nothing to watch"}}},
	})
}

func TestDoctorOfTheWebhook(t *testing.T) {
	t.Parallel()
	push := func(c *clinic) { c.push("topic", map[string]string{"a": "b"}) }
	hold(t, map[string]spoiled{
		"elsewhere": {spoil: func(_ *testing.T, c *clinic) { c.SetWebhook("https://other.example/webhooks/github", testSecret) },
			code: exitFail, want: []wanted{{"webhook", doctor.Error, "other.example"}}},
		"relayed": {spoil: func(_ *testing.T, c *clinic) { push(c); c.public = "https://gate.example" },
			want: []wanted{{"webhook", doctor.Warning, "unless it is meant"}}},
		"of another name": {spoil: func(_ *testing.T, c *clinic) { c.SetWebhook(c.hook.URL+"/webhooks/other", testSecret) }, code: exitFail,
			want: []wanted{{"webhook", doctor.Error, "/webhooks/github"}}},
		"no public_url": {spoil: func(_ *testing.T, c *clinic) { c.public = "" }, want: []wanted{{"webhook", doctor.CannotTell, "public_url"}}},
		"none": {spoil: func(_ *testing.T, c *clinic) { c.SetWebhook("", testSecret) }, code: exitFail,
			want: []wanted{{"webhook", doctor.Error, "no webhook"}}},
		"no secret": {spoil: func(_ *testing.T, c *clinic) { c.SetWebhook(c.hook.URL+"/webhooks/github", "") }, code: exitFail,
			want: []wanted{{"webhook_secret", doctor.Error, "no secret"}}},
		"a form": {spoil: func(_ *testing.T, c *clinic) { c.SetHookSettings("form", false) }, code: exitFail,
			want: []wanted{{"webhook", doctor.Error, "form"}}},
		"no certificates": {spoil: func(_ *testing.T, c *clinic) { c.SetHookSettings("json", true) },
			want: []wanted{{"webhook", doctor.Warning, "certificates"}}},
		"same address in other words": {spoil: func(_ *testing.T, c *clinic) { c.public = strings.Replace(c.public, "http:", "HTTP:", 1) + "/" },
			want: []wanted{{"webhook", doctor.OK, "goes to"}}},
		"refused": {spoil: func(_ *testing.T, c *clinic) { c.status = http.StatusUnauthorized; push(c) }, code: exitFail,
			want: []wanted{{"webhook_deliveries", doctor.Error, "1 failed: 1 with HTTP 401"}}},
		"refused before": {spoil: func(t *testing.T, c *clinic) {
			c.status = http.StatusServiceUnavailable
			push(c)
			check0(t, c.FlushWebhooks(t.Context()))
			c.status = http.StatusAccepted
			c.push("topic", map[string]string{"a": "c"})
		}, want: []wanted{{"webhook_deliveries", doctor.Warning, "of the last 2 webhooks 1 failed: 1 with HTTP 503"}}},
		"unreadable": {spoil: func(_ *testing.T, c *clinic) { refuse(c, "/app/hook/") },
			want: []wanted{{"webhook", doctor.CannotTell, ""}, {"webhook_deliveries", doctor.CannotTell, ""}}},
	})
}

func TestDoctorOfABranch(t *testing.T) {
	t.Parallel()
	requires := func(checks ...fake.RequiredCheck) func(*testing.T, *clinic) {
		return func(_ *testing.T, c *clinic) { c.repo.Require("main", checks...) }
	}
	const patterns = testPolicy + "branches:\n  - {match: main}\n  - {match: \"release/*\", check: gate}\n"
	release := func(_ *testing.T, c *clinic) {
		c.push("release/1", map[string]string{"a": "b"})
		c.repo.Require("release/1", fake.RequiredCheck{Name: "gate", App: c.AppSlug()})
	}
	hold(t, map[string]spoiled{
		"not required": {spoil: requires(), code: exitFail, want: []wanted{{"check_required", doctor.Error, "does not require"}}},
		"not required yet": {options: worldOptions{policy: testPolicy + "mode: warn\n"}, spoil: requires(),
			want: []wanted{{"check_required", doctor.Warning, "does not require"}}},
		"by a ruleset": {spoil: func(_ *testing.T, c *clinic) { c.UseRulesets(c.repo) },
			want: []wanted{{"check_required", doctor.OK, "from this App"}}},
		"from anybody": {spoil: requires(fake.RequiredCheck{Name: reviewGate}),
			want: []wanted{{"check_required", doctor.Warning, "from anybody"}}},
		"from anybody without statuses": {spoil: func(t *testing.T, c *clinic) {
			c.repo.Require("main", fake.RequiredCheck{Name: reviewGate})
			check0(t, c.SetPermissionsFor("statuses", "read"))
		}, want: []wanted{{"check_required", doctor.Warning, "statuses: write"}}},
		"from another app": {spoil: func(t *testing.T, c *clinic) {
			check0(t, c.AddUsers("other[bot]"))
			c.repo.Require("main", fake.RequiredCheck{Name: reviewGate, App: "other"})
		}, code: exitFail, want: []wanted{{"check_required", doctor.Error, "from another app"}}},
		"under another name": {options: worldOptions{policy: testPolicy + "check: gate\n"},
			spoil: requires(fake.RequiredCheck{Name: reviewGate}), code: exitFail,
			want: []wanted{{"check_required", doctor.Error, "gate"},
				{"check_name", doctor.Warning, `requires the check "review-gate", and the one towards it is "gate"`}}},
		"another name of ours": {spoil: func(_ *testing.T, c *clinic) {
			c.repo.Require("main", fake.RequiredCheck{Name: reviewGate, App: c.AppSlug()},
				fake.RequiredCheck{Name: "review-gate/main", App: c.AppSlug()}, fake.RequiredCheck{Name: "ci"})
		}, code: exitFail, want: []wanted{{"check_name", doctor.Error, "review-gate/main"}}},
		"dismisses by a ruleset": {spoil: func(_ *testing.T, c *clinic) {
			c.SetBehaviour(fakegithub.Behaviour{Behaviour: fake.Behaviour{DismissStale: true}})
		},
			want: []wanted{{"dismiss_stale", doctor.Warning, "stale"}}},
		"dismisses": {spoil: func(_ *testing.T, c *clinic) { c.repo.ProtectReviews("main") },
			want: []wanted{{"dismiss_stale", doctor.Warning, "stale"}}},
		"may dismiss": {spoil: func(t *testing.T, c *clinic) {
			c.repo.ProtectReviews("main")
			check0(t, c.SetPermissionsFor("administration", ""))
		}, want: []wanted{{"dismiss_stale", doctor.CannotTell, "administration: read"}}},
		"unreadable rulesets": {spoil: func(_ *testing.T, c *clinic) { c.repo.Require("main"); refuse(c, "/rules/branches/") },
			want: []wanted{{"check_required", doctor.CannotTell, "not accessible"}, {"dismiss_stale", doctor.CannotTell, ""}}},
		"unreadable rulesets required by the protection": {spoil: func(_ *testing.T, c *clinic) { refuse(c, "/rules/branches/") },
			want: []wanted{{"check_required", doctor.OK, ""}}},
		"no answer for one branch": {options: worldOptions{policy: patterns}, spoil: func(t *testing.T, c *clinic) {
			release(t, c)
			c.SetFault(func(r *http.Request) *fakegithub.Fault {
				if strings.HasSuffix(r.URL.Path, "/rules/branches/main") || strings.HasSuffix(r.URL.Path, "/example") {
					return &fakegithub.Fault{Status: http.StatusBadGateway}
				}
				return nil
			})
		}, want: []wanted{{"check_required", doctor.CannotTell, "502"}, {"check_required", doctor.OK, `"gate"`},
			{"creation", doctor.Warning, "can create one"}}},
		"queue": {spoil: func(_ *testing.T, c *clinic) { c.repo.EnableQueue("main") }, want: []wanted{{"merge_queue", doctor.OK, ""}}},
		"queue not to be read": {spoil: func(t *testing.T, c *clinic) {
			c.repo.EnableQueue("main")
			check0(t, c.SetPermissionsFor("merge_queues", ""))
		}, code: exitFail, want: []wanted{{"permissions", doctor.Warning, "merge_queues"}, {"merge_queue", doctor.Error, "merge_queues: read"}}},
		"pattern that anybody may create": {options: worldOptions{policy: patterns}, spoil: release,
			want: []wanted{{"creation", doctor.Warning, "can create one"}, {"check_required", doctor.OK, `"gate"`}}},
		"pattern that not everybody may create": {options: worldOptions{policy: patterns}, spoil: func(t *testing.T, c *clinic) {
			release(t, c)
			c.repo.RestrictCreation("release/*")
		}, want: []wanted{{"creation", doctor.OK, ""}}},
		"pattern that can't be asked": {options: worldOptions{policy: patterns}, spoil: func(t *testing.T, c *clinic) {
			release(t, c)
			refuse(c, "/rules/branches/release/")
		}, want: []wanted{{"creation", doctor.CannotTell, "not accessible"}, {"dismiss_stale", doctor.CannotTell, ""}}},
		"one branch that not everybody may create": {options: worldOptions{policy: patterns}, spoil: func(t *testing.T, c *clinic) {
			release(t, c)
			c.repo.RestrictCreation("release/1*")
		}, want: []wanted{{"creation", doctor.Warning, ""}}},
		"pattern of many names": {options: worldOptions{policy: strings.Replace(patterns, "check: gate", `check: "gate/{branch}"`, 1)},
			spoil: func(_ *testing.T, c *clinic) {
				c.push("release/1", map[string]string{"a": "b"})
				c.repo.Require("release/1", fake.RequiredCheck{Name: "gate/release/1", App: c.AppSlug()})
			}, want: []wanted{{"check_required", doctor.OK, "gate/release/1"}}},
	})
}

func TestDoctorOfThePolicy(t *testing.T) {
	t.Parallel()
	none := worldOptions{policy: "none"}
	hold(t, map[string]spoiled{
		"broken": {options: worldOptions{policy: "version: 1\nthreshold: many\n"}, spoil: func(*testing.T, *clinic) {}, code: exitFail,
			want: []wanted{{"policy", doctor.Error, "threshold"}}},
		"none": {options: none, spoil: func(*testing.T, *clinic) {}, want: []wanted{{"policy", doctor.OK, "nothing is gated"}}},
		"none asked for": {options: none, spoil: func(_ *testing.T, c *clinic) { c.args = []string{"--repo", "acme/linux"} },
			want: []wanted{{"policy", doctor.Warning, ".github/review-gate.yml"}}},
		"organisation's": {options: none, spoil: func(t *testing.T, c *clinic) {
			org, err := c.AddRepo(fake.RepoOptions{Owner: "acme", Name: ".github"})
			check0(t, err)
			_, err = org.Commit(fake.Change{Author: "carol", Message: "policy",
				Files: map[string]*fake.File{"review-gate.yml": {Content: testPolicy}}})
			check0(t, err)
			c.args = []string{"--repo", "acme/linux"}
		}, code: exitFail, want: []wanted{{"policy", doctor.OK, "of the organisation, acme/.github/review-gate.yml"},
			{"ownership", doctor.Error, ".github/subsystems.yml: there is no such file"}, {"check_required", doctor.OK, ""}}},
		"an empty team": {spoil: func(t *testing.T, c *clinic) {
			check0(t, c.AddTeam(fake.Team{Org: "acme", Slug: "hollow"}))
			text := "version: 1\nsubsystems:\n  - {name: mm, paths: [\"mm/**\"], maintainers: [\"@acme/hollow\", \"@acme/nowhere\"]}\n"
			_, err := c.repo.Commit(fake.Change{Author: "carol", Message: "map",
				Files: map[string]*fake.File{".github/subsystems.yml": {Content: text}}})
			check0(t, err)
		}, want: []wanted{{"staff", doctor.Warning, "@acme/hollow"},
			{"staff", doctor.Warning, "nobody may approve a change of .github/review-gate.yml"},
			{"staff", doctor.CannotTell, "has somebody who can approve"}}},
		"of no branch": {options: worldOptions{policy: testPolicy + "branches:\n  - {match: none}\n"},
			spoil: func(*testing.T, *clinic) {}, want: []wanted{{"policy", doctor.Warning, "no branch"}}},
		"no such repository": {spoil: func(_ *testing.T, c *clinic) { c.args = []string{"--repo", "acme/other"} },
			want: []wanted{{"repository", doctor.CannotTell, ""}}},
		"many branches": {options: worldOptions{policy: testPolicy +
			"branches:\n  - {match: main}\n  - {match: stable, check: gate}\n  - {match: none, check: other}\n"},
			spoil: func(_ *testing.T, c *clinic) {
				for i := range survey.MaxBranches {
					c.push(fmt.Sprintf("a%d", i), map[string]string{"a": "b"})
				}
				c.push("stable", map[string]string{"a": "b"})
			}, code: exitFail, want: []wanted{{"protection", doctor.CannotTell, "more than 300"}, {"policy", doctor.OK, "gates 2 branches"},
				{"check_required", doctor.OK, reviewGate}, {"check_required", doctor.Error, `"gate"`}}},
	})
}

func TestDoctorOfTheDatabase(t *testing.T) {
	t.Parallel()
	hold(t, map[string]spoiled{
		"open to others": {spoil: func(t *testing.T, c *clinic) { check0(t, os.Chmod(filepath.Join(c.dir, "gate.db"), 0o644)) },
			want: []wanted{{"file_modes", doctor.Warning, "0644"}}},
		"not there yet": {spoil: func(t *testing.T, c *clinic) { check0(t, os.Remove(filepath.Join(c.dir, "gate.db"))) },
			want: []wanted{{"database", doctor.OK, "not there yet"}}},
		"none": {spoil: func(t *testing.T, c *clinic) {
			check0(t, os.WriteFile(filepath.Join(c.dir, "gate.db"), []byte("something else entirely, and long enough"), 0o600))
		}, code: exitFail,
			want: []wanted{{"database", doctor.Error, ""}}},
		"no directory": {spoil: func(_ *testing.T, c *clinic) { c.database = "sqlite:" + filepath.Join(c.dir, "a", "b", "gate.db") },
			code: exitFail, want: []wanted{{"database", doctor.Error, "create the directory"}}},
		"no server": {spoil: func(_ *testing.T, c *clinic) { c.database = "postgres://nobody@127.0.0.1:1/gate" }, code: exitFail,
			want: []wanted{{"database", doctor.Error, "is the server up"}}},
	})
}

func TestDoctorOfAToken(t *testing.T) {
	t.Parallel()
	o := worldOptions{token: true}
	named := func(_ *testing.T, c *clinic) {
		c.args = []string{"--repo", "acme/linux"}
		c.repo.Require("main", fake.RequiredCheck{Name: reviewGate})
	}
	token := []wanted{{"credential", doctor.OK, "alice's"}, {"statuses", doctor.Warning, "by hand"}, {"permissions", doctor.OK, "repo"}}
	hold(t, map[string]spoiled{
		"as it should be": {options: o, spoil: named, want: append(token, wanted{"check_required", doctor.OK, reviewGate})},
		"not named": {options: o, spoil: func(*testing.T, *clinic) {},
			want: append(token, wanted{"repository", doctor.CannotTell, "--repo"})},
		"from an app": {options: o, spoil: func(_ *testing.T, c *clinic) { c.args = []string{"--repo", "acme/linux"} }, code: exitFail,
			want: []wanted{{"check_required", doctor.Error, "a token's statuses do not count"}}},
		"no token": {options: o, spoil: func(_ *testing.T, c *clinic) { c.secret = "token-nobody" }, code: exitFail,
			want: []wanted{{"credential", doctor.Error, "Bad credentials"}}},
		"without scopes": {options: o, spoil: func(_ *testing.T, c *clinic) { c.SetScopes("alice", "gist") }, code: exitFail,
			want: []wanted{{"permissions", doctor.Error, "repo or public_repo"}, {"permissions", doctor.Warning, "read:org"}}},
		"fine-grained": {options: o, spoil: func(_ *testing.T, c *clinic) { c.SetScopes("alice", "") },
			want: []wanted{{"permissions", doctor.CannotTell, ""}}},
	})
}

// TestDoctorInWords holds what people read, and that a configuration that can't be read
// is no finding.
func TestDoctorInWords(t *testing.T) {
	t.Parallel()
	c := newClinic(t, worldOptions{})
	c.repo.Require("main")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"doctor", "--config", c.file()}, nil, &out, &errs); code != exitFail {
		t.Errorf("exit %d: %s", code, &errs)
	}
	const want = `error: github acme/linux main: the branch does not require the check "review-gate"
  why: pull requests are merged whatever it says
  do: require "review-gate" in the branch's protection or in a ruleset, with the App as its expected source
`
	if text := out.String(); !strings.Contains(text, want) || !strings.HasSuffix(text, "errors: 1, warnings: 3, cannot tell: 0\n") {
		t.Errorf("%s", text)
	}
	for _, args := range [][]string{{"--config", filepath.Join(c.dir, "none.yml")}, {"--config", c.file(), "--repo", "linux"},
		{"--config", c.file(), "--repo", "other:acme/linux"}} {
		if code := run(t.Context(), append([]string{"doctor"}, args...), nil, &out, &errs); code != exitError {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}

// TestDoctorOfADirectory holds that a map which is a directory of the repository is looked at, too.
func TestDoctorOfADirectory(t *testing.T) {
	t.Parallel()
	c := newClinic(t, worldOptions{policy: "version: 1\nownership:\n  - maintainers: MAINTAINERS.d/\n",
		files: map[string]string{"MAINTAINERS.d/mm": "MM\nM:\tAlice <alice@example.org> [@alice]\nS:\tMaintained\nF:\tmm/\n"}})
	c.want(exitPass, wanted{"policy", doctor.OK, "gates 1 branch"}, wanted{"staff", doctor.Warning, "MM has a single maintainer"})
}
