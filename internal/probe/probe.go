// Package probe tries on a scratch repository what nobody has told of a Gitee or of a GitCode:
// what a push does to reviews and tests, whether a completed check can be changed, how lists of
// files show modes. What it finds out is a Report, which names for each question what was sent,
// what was answered, and which knob of the doubles (package fake/rest) that settles.
//
// It promises to touch nothing but branches whose names begin with Prefix and that are at a commit
// of a probe's, and pull requests of the account's between them; to refuse a repository that others
// use; and to take away what it made, also where a step fails or its context ends, and what an
// earlier run left that had no time for that. A Report holds neither the token nor the name of an
// account or of the repository, but for the addresses of what is left.
package probe

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Help says what is done, to whom, and what is left.
//
//nolint:lll // a terminal wraps it
const Help = `No description tells what a push does to reviews there, whether a completed check can be changed, and more. The report answers that, question by question, with what was sent and answered, in Markdown for an issue. It holds neither the token nor the names of accounts and of the repository.
It pushes branches whose names begin with "` + Prefix + `", opens pull requests between them, tests and reviews one of them as the token's account, and takes all that away again, also when it is interrupted; what is left all the same is listed with its address. Closed pull requests and check runs stay, as nobody can delete them. What an earlier run left it takes away first. A branch of these names that holds anything else than a probe's own commits is nobody's to take away: it ends the run before it begins.
It says what it will do and waits until the repository's name is typed, unless --yes is given. It refuses a repository that others use: one with a pull request of another account, open or not, with forks, stars or open issues, with a protected branch besides the default one or more than ten, or that asks somebody else to look at each new pull request. It needs git.
The token comes from GITEE_TOKEN or GITCODE_TOKEN, --token-file, or --config.

Exit code: 0 everything was tried and nothing is left, 1 something could not be tried or is left, 2 it did not begin.`

// Prefix is how the names of all branches begin that a probe makes.
const Prefix = "reviewgate-probe-"

// Config says what to try, and where. All but GitCode, Now and Wait is set.
type Config struct {
	Repo    pull.Repo
	GitCode bool // else a Gitee
	Client  *rest.Client
	Tape    *Tape // through which the client speaks
	// Remote returns where the repository's git is, and the header that opens it.
	Remote func(ctx context.Context, repo pull.Repo) (address, header string, err error)
	// Secrets are what no report may hold, such as the token.
	Secrets []string
	Site    string // the server's name, as reports tell it
	Version string // of this program
	Now     func() time.Time
	Wait    func(ctx context.Context, d time.Duration) error // nil: by a timer
}

// Probe tries one repository, once.
type Probe struct {
	cfg  Config
	self account
	repo rest.Repo
	git  gitcmd.Git
	ids  map[string]string // of our commits, by local ref

	tasks   map[string]rest.Pull // ours, by what each is for
	pushed  map[string]string    // where we had our branches, by name; empty of one that was but tried
	posted  []rest.Number        // the check runs that were written
	closed  map[int]bool         // pull requests of ours that were seen closed
	secrets []string
	report  Report
}

// account is whose token it is. Its names are told nobody.
type account struct {
	ID    rest.Text `json:"id"`
	Login rest.Text `json:"login"`
	Name  rest.Text `json:"name"`
	Email rest.Text `json:"email"`
	// Other names that a server has for it.
	User    rest.Text `json:"username"`
	Spelled rest.Text `json:"user_name"`
	Nick    rest.Text `json:"nick_name"`
}

// names are what no report may hold of it.
func (a *account) names() (out []string) {
	for _, name := range []rest.Text{a.Email, a.Login, a.Name, a.User, a.Spelled, a.Nick} {
		if len(name) > 1 {
			out = append(out, string(name))
		}
	}
	return out
}

// user is the account as other answers show it.
func (a *account) user() *rest.User { return &rest.User{ID: a.ID, Login: a.Login} }

// New makes a probe. It makes no call.
func New(cfg Config) *Probe {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Wait == nil {
		cfg.Wait = wait
	}
	return &Probe{cfg: cfg, tasks: map[string]rest.Pull{}, pushed: map[string]string{}, closed: map[int]bool{}, secrets: cfg.Secrets}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxPatience is how long a call waits at most for the server's limits.
const maxPatience = 90 * time.Second

// paced makes a call, and makes it again when a limit that keeps it back has passed.
func (p *Probe) paced(ctx context.Context, do func() error) error {
	for left := maxPatience; ; {
		err := do()
		limit, kept := errors.AsType[*forge.LimitError](err)
		if !kept || limit.Failing {
			return err
		}
		d := max(limit.Ends().Sub(p.cfg.Now()), time.Second)
		if left -= d; left < 0 {
			return err
		}
		if err := p.cfg.Wait(ctx, d); err != nil {
			return err
		}
	}
}

// send is a call of the API.
func (p *Probe) send(ctx context.Context, method, path string, query url.Values, body, out any) error {
	return p.paced(ctx, func() error {
		_, err := p.cfg.Client.Call(ctx, method, path, query, body, out)
		return err
	})
}

func (p *Probe) get(ctx context.Context, path string, query url.Values, out any) error {
	return p.send(ctx, http.MethodGet, path, query, nil, out)
}

// list is a call for all pages of a list.
func (p *Probe) list(ctx context.Context, path string, query url.Values) (out []listed, err error) {
	err = p.paced(ctx, func() error {
		out, err = rest.List[listed](ctx, p.cfg.Client, path, query)
		return err
	})
	return out, err
}

// path is that of something in the repository.
func (p *Probe) path(parts ...any) string { return rest.RepoPath(p.cfg.Repo, parts...) }

// Run tries everything, and takes away what it made. Examine comes first. The report holds what
// was found out before an error, and what is left.
func (p *Probe) Run(ctx context.Context) (Report, error) {
	report, err := p.run(ctx)
	return report, p.hushed(err)
}

func (p *Probe) run(ctx context.Context) (Report, error) {
	dir, err := os.MkdirTemp("", Prefix)
	if err != nil {
		return p.report, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is a temporary folder
	if err := p.openGit(ctx, dir); err != nil {
		return p.report, err
	}
	if err := p.sweep(ctx); err != nil {
		return p.report, err
	}
	err = p.try(ctx)
	p.undo(ctx)
	p.report.Closed = len(p.closed)
	return p.report, err
}
