//go:build !nodemo

// Package stages has the forges in memory on which the demo can be played.
package stages

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"

	"github.com/reviewgate/reviewgate/internal/demo"
	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegitcode "github.com/reviewgate/reviewgate/internal/forge/fake/gitcode"
	fakegitee "github.com/reviewgate/reviewgate/internal/forge/fake/gitee"
	"github.com/reviewgate/reviewgate/internal/forge/fake/githost"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
	"github.com/reviewgate/reviewgate/internal/forge/fake/oauth"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
	"github.com/reviewgate/reviewgate/internal/forge/gitee"
	"github.com/reviewgate/reviewgate/internal/policy"
)

// githubDemo is GitHub's double, on which the gate is an app.
type githubDemo struct{ *fakegithub.Server }

// Stage is a forge in memory, and how a service reaches it: as an app, or with a token.
type Stage struct {
	Scene  demo.Scene
	Forge  demo.Forge
	API    string // below the forge's address
	AppID  int64
	AppKey string
	Token  string
	SignIn func(oauth.App)
	Close  func()
}

// GitHub serves a model as GitHub.
func GitHub(model *fake.Forge) (Stage, error) {
	remote, err := fakegithub.New(model, fakegithub.Options{})
	if err != nil {
		return Stage{}, err
	}
	key, err := remote.AppKey()
	if err != nil {
		return Stage{}, err
	}
	return Stage{Scene: demo.English(), Forge: githubDemo{remote}, AppID: 1, AppKey: string(key), SignIn: remote.AllowSignIn,
		Close: remote.Close}, nil
}

// Introduce implements demo.Forge.
func (g githubDemo) Introduce(repo *fake.Repo, url, secret string) error {
	g.SetWebhook(url, secret)
	_, err := g.Install(repo.Owner.Login)
	return err
}

// Checks implements demo.Forge.
func (githubDemo) Checks(p *fake.PullRequest) []fake.CheckRun { return p.Repo().CheckRuns(p.Head()) }

// Approve implements demo.Forge.
func (githubDemo) Approve(_ context.Context, p *fake.PullRequest, login string) error {
	_, err := p.Review(fake.Review{By: login, State: fake.Approved})
	return err
}

// Object implements demo.Forge.
func (githubDemo) Object(_ context.Context, p *fake.PullRequest, login string) error {
	_, err := p.Review(fake.Review{By: login, State: fake.ChangesRequested, Body: "Please split this."})
	return err
}

// demoBot is the gate's account where it has one of its own.
const demoBot = "review-gate"

// giteeDemo is the double of a Gitee or a GitCode, with its repositories by git. People act on
// it by the API.
type giteeDemo struct {
	*rest.Server

	handler http.Handler
	url     string
	seats   string // what those are called who are asked
	more    string // that has one more be asked, not another one
	checks  func(p *fake.PullRequest) []fake.CheckRun
	welcome func(repo *fake.Repo) error
}

// Gitee serves a model as a Gitee or a GitCode, with its repositories by git in a directory.
func Gitee(kind string, model *fake.Forge, dir string) (Stage, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return Stage{}, fmt.Errorf("--forge %s reads what commits hold by git, 2.39 or later: install it, and try again: %w", kind, err)
	}
	d := &giteeDemo{seats: "assignees"}
	title, ref := "Gitee", "refs/pull/%d/head"
	if kind == gitee.KindGitCode {
		double := fakegitcode.New(model, rest.Options{})
		title, ref, d.Server = "GitCode", "refs/merge-requests/%d/head", double.Server
		d.seats, d.more = "reviewers", `, "add": true`
		d.checks, d.welcome = func(p *fake.PullRequest) []fake.CheckRun { return testedAs(p, double.Passes(p)) }, func(repo *fake.Repo) error {
			return testBy(double, repo)
		}
	} else {
		double := fakegitee.New(model, rest.Options{})
		d.Server, d.welcome = double.Server, func(*fake.Repo) error { double.Require("main", policy.DefaultCheck); return nil }
		d.checks = func(p *fake.PullRequest) []fake.CheckRun { return newest(double.Runs(p.Head())) }
	}
	if err := d.AddUser(fake.User{Login: demoBot, Bot: true}); err != nil {
		return Stage{}, err
	}
	d.handler = githost.New(dir, model, func(n int) string { return fmt.Sprintf(ref, n) }).Before(d.Server)
	return Stage{Scene: demo.Chinese(kind, title), Forge: d, API: "api/v5/", Token: "token-" + demoBot, SignIn: d.AllowSignIn,
		Close: d.Close}, nil
}

// testBy has each new pull request wait for the gate's account as its only tester.
func testBy(double *fakegitcode.Server, repo *fake.Repo) error {
	double.Lock()
	defer double.Unlock()
	bot, err := double.FindAccount(demoBot)
	if err != nil {
		return err
	}
	d := double.Defaults(repo)
	d.Testers, d.TestersNumber = []*fake.Account{bot}, 1
	return nil
}

// newest is the last of some checks, which is the one that counts.
func newest(runs []fake.CheckRun) []fake.CheckRun { return runs[max(0, len(runs)-1):] }

// testedAs is a check where the forge has none: what the gate's comment says, and whether its test
// passed.
func testedAs(p *fake.PullRequest, passes bool) []fake.CheckRun {
	run := fake.CheckRun{Name: policy.DefaultCheck, Status: fake.InProgress}
	for _, c := range p.Comments() {
		for line := range strings.Lines(c.Body) {
			if c.Author == demoBot && strings.HasPrefix(line, "已评审") {
				run.Title = strings.TrimSpace(line)
			}
		}
	}
	if passes {
		all := len(p.Files())
		run.Status, run.Conclusion, run.Title = fake.Completed, fake.Success, fmt.Sprintf("已评审 %d/%d", all, all)
	}
	return []fake.CheckRun{run}
}

// ServeHTTP implements demo.Forge.
func (d *giteeDemo) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// SetURL implements demo.Forge.
func (d *giteeDemo) SetURL(url string) {
	d.url = url
	d.Server.SetURL(url)
}

// Introduce implements demo.Forge: the gate's account administrates the repository.
func (d *giteeDemo) Introduce(repo *fake.Repo, url, secret string) error {
	if err := repo.SetCollaborator(demoBot, "admin"); err != nil {
		return err
	}
	d.SetWebhook(rest.Hook{URL: url, Secret: secret})
	return d.welcome(repo)
}

// Checks implements demo.Forge.
func (d *giteeDemo) Checks(p *fake.PullRequest) []fake.CheckRun { return d.checks(p) }

// Approve implements demo.Forge: somebody who is asked accepts.
func (d *giteeDemo) Approve(ctx context.Context, p *fake.PullRequest, login string) error {
	path := fmt.Sprintf("%sapi/v5/repos/%s/pulls/%d/", d.url, p.Repo().FullName(), p.Number())
	if err := post(ctx, path+d.seats, login, `{"`+d.seats+`": "`+login+`"`+d.more+`}`); err != nil {
		return err
	}
	return post(ctx, path+"review", login, `{}`)
}

// Object implements demo.Forge: nobody requests changes here, but a comment holds.
func (d *giteeDemo) Object(_ context.Context, p *fake.PullRequest, login string) error {
	_, err := p.Comment(login, "/hold 请拆分提交")
	return err
}

// post asks a double for something as a person.
func post(ctx context.Context, address, login, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer token-"+login)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode > 299 {
		err = fmt.Errorf("%s answers %s: %s", address, res.Status, said)
	}
	return err
}
