package probe

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// errUsed is why a repository is refused that others use.
var errUsed = errors.New("this is no scratch repository; make a new one for the probe")

func used(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errUsed)...)
}

// usage is what a repository tells of who uses it, where it does.
type usage struct {
	rest.Repo

	Forks  rest.Number `json:"forks_count"`
	Stars  rest.Number `json:"stargazers_count"`
	Issues rest.Number `json:"open_issues_count"`
	// Those who are asked to look at each new pull request.
	Assignee rest.Many[rest.User] `json:"assignee"`
	Testers  rest.Many[rest.User] `json:"testers"`
}

// Examine finds out whose token it is, and refuses a repository that others use: one with a pull
// request of another account, open or not, with forks, stars or open issues, with a protected
// branch besides the default one or with more than ten, or that asks somebody else to look at each new pull request.
// Members are no reason, as those of an organisation are members of all its repositories. What
// can't be read whole is one. It writes nothing.
func (p *Probe) Examine(ctx context.Context) error { return p.hushed(p.examine(ctx)) }

func (p *Probe) examine(ctx context.Context) error {
	if err := p.get(ctx, "user", nil, &p.self); err != nil {
		return fmt.Errorf("find out whose token it is: %w", err)
	}
	if p.self.Login == "" {
		return errors.New("the server does not tell whose token it is")
	}
	var u usage
	if err := p.get(ctx, p.path(), nil, &u); err != nil {
		return fmt.Errorf("read %s: %w", p.cfg.Repo, err)
	}
	p.repo = u.Repo
	switch {
	case bool(u.Empty) || u.DefaultBranch == "":
		return fmt.Errorf("%s is empty; begin it with a first commit, such as a README", p.cfg.Repo)
	case u.Permission != nil && !bool(u.Permission.Push) && !bool(u.Permission.Admin):
		return fmt.Errorf("the token's account may not push to %s; make it a developer there", p.cfg.Repo)
	case u.Forks > 0 || u.Stars > 0 || u.Issues > 0:
		return used("%s has forks (%d), stars (%d) or open issues (%d)", p.cfg.Repo, u.Forks, u.Stars, u.Issues)
	}
	for _, who := range append(u.Assignee, u.Testers...) {
		if !who.Same(p.self.user()) {
			return used("%s asks other people to look at each new pull request", p.cfg.Repo)
		}
	}
	return errors.Join(p.examineSettings(ctx), p.examineBranches(ctx), p.examinePulls(ctx))
}

// examinePulls refuses pull requests of others.
func (p *Probe) examinePulls(ctx context.Context) error {
	all, err := p.list(ctx, p.path("pulls"), url.Values{"state": {"all"}})
	if err != nil {
		return fmt.Errorf("list the pull requests of %s: %w", p.cfg.Repo, err)
	}
	for _, one := range all {
		if !one.User.Same(p.self.user()) {
			return used("pull request %d of %s is somebody else's", one.Number, p.cfg.Repo)
		}
	}
	return nil
}

// listed is an entry of a list: a pull request, or a branch.
type listed struct {
	Number rest.Number `json:"number"`
	Title  rest.Text   `json:"title"`
	User   *rest.User  `json:"user"`
	Head   rest.Side   `json:"head"`
	Base   rest.Side   `json:"base"`

	Name      rest.Text `json:"name"`
	Protected rest.Flag `json:"protected"`
}

// Key tells it from others of its list.
func (l *listed) Key() string { return fmt.Sprint(l.Number, l.Name) }

// manyBranches is how many branches a repository may have at the most, besides ours: one with more
// is somebody's work.
const manyBranches = 10

// examineBranches refuses protected branches besides the default one, which nothing is done to, and
// more branches than one has to try something on.
func (p *Probe) examineBranches(ctx context.Context) error {
	all, err := p.list(ctx, p.path("branches"), nil)
	if err != nil {
		return fmt.Errorf("list the branches of %s: %w", p.cfg.Repo, err)
	}
	others := 0
	for _, b := range all {
		if !slices.Contains(names, string(b.Name)) {
			others++
		}
		if bool(b.Protected) && b.Name != p.repo.DefaultBranch {
			return used("a branch of %s besides the default one is protected", p.cfg.Repo)
		}
	}
	if others > manyBranches {
		return used("%s has %d branches", p.cfg.Repo, others)
	}
	return nil
}

// examineSettings is what Examine asks of a GitCode besides.
func (p *Probe) examineSettings(ctx context.Context) error {
	if !p.cfg.GitCode {
		return nil
	}
	var s rest.Settings
	if err := p.get(ctx, p.path("pull_request_settings"), nil, &s); err != nil {
		return fmt.Errorf("read whom %s asks to look at pull requests: %w", p.cfg.Repo, err)
	}
	if s.Rules == nil {
		return fmt.Errorf("the server does not tell whom %s asks to look at pull requests", p.cfg.Repo)
	}
	for _, who := range s.Asked() {
		if !pull.SameLogin(who, string(p.self.Login)) {
			return used("%s asks other people to look at each new pull request", p.cfg.Repo)
		}
	}
	return nil
}
