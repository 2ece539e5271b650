package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// task is a pull request of ours: from a branch at a commit into another branch.
type task struct {
	name, branch, commit, base string
	gitee                      bool // only a Gitee's questions need it
}

// The names of our pull requests.
const (
	topicPull = "topic"
	twinPull  = "twin" // of the same branch
	modesPull = "modes"
	manyPull  = "many"
)

var tasks = []task{
	{topicPull, topicBranch, topicCommit, baseBranch, false},
	{twinPull, topicBranch, topicCommit, twinBranch, true},
	{modesPull, modesBranch, modesCommit, baseBranch, false},
	{manyPull, manyBranch, manyCommit, baseBranch, false},
}

// titleOf is the title of a pull request of ours.
func titleOf(name string) string { return "reviewgate probe: " + name }

// numbers are those of the pull requests that this run opened, in order.
func (p *Probe) numbers() (out []int) {
	for _, t := range tasks {
		if n := int(p.tasks[t.name].Number); n > 0 {
			out = append(out, n)
		}
	}
	return out
}

// begin makes our branches and pull requests.
func (p *Probe) begin(ctx context.Context, _ *Answer) error {
	for _, b := range []string{baseBranch, twinBranch, otherBranch} {
		if err := p.push(ctx, b, baseCommit); err != nil {
			return err
		}
	}
	for _, t := range tasks {
		if t.gitee && p.cfg.GitCode {
			continue
		}
		if t.name != twinPull {
			if err := p.push(ctx, t.branch, t.commit); err != nil {
				return err
			}
		}
		if err := p.open(ctx, t); err != nil {
			return fmt.Errorf("open a pull request: %w", err)
		}
	}
	return nil
}

// open opens a pull request, and waits until it is as it was opened.
func (p *Probe) open(ctx context.Context, t task) error {
	body := map[string]string{"title": titleOf(t.name), "head": t.branch, "base": t.base,
		"body": "Made by `reviewgate probe`, which closes it again."}
	var made struct {
		Number rest.Number `json:"number"`
	}
	err := p.send(ctx, http.MethodPost, p.path("pulls"), nil, body, &made)
	for range maxEarly {
		if !rest.Declined(err) { // the branch may be too new to be known
			break
		}
		if err := p.cfg.Wait(ctx, soon); err != nil {
			return err
		}
		err = p.send(ctx, http.MethodPost, p.path("pulls"), nil, body, &made)
	}
	if err != nil {
		return err
	}
	if made.Number <= 0 {
		return errors.New("the answer does not tell the number of the one that was opened")
	}
	p.tasks[t.name] = rest.Pull{Number: made.Number}
	return p.await(ctx, t.name, t.commit)
}

// How long, and how often, what was just written is waited for.
const (
	soon     = time.Second
	maxSoon  = 30
	maxEarly = 5
)

// await waits until a pull request has a commit for its head.
func (p *Probe) await(ctx context.Context, name, commit string) error {
	for range maxSoon {
		now, err := p.read(ctx, name)
		if err == nil && string(now.Head.SHA) == p.ids[commit] {
			return nil
		}
		if err != nil && rest.Status(err) != http.StatusNotFound {
			return err
		}
		if err := p.cfg.Wait(ctx, soon); err != nil {
			return err
		}
	}
	return fmt.Errorf("the pull request does not show what was pushed within %s", maxSoon*soon)
}

// read reads a pull request of ours.
func (p *Probe) read(ctx context.Context, name string) (*rest.Pull, error) {
	var now rest.Pull
	number := int(p.tasks[name].Number)
	if number == 0 {
		return nil, errNone
	}
	err := p.get(ctx, p.pullPath(name), nil, &now)
	if err == nil {
		err = now.Whole(number)
	}
	if err == nil {
		p.tasks[name] = now
	}
	return &now, err
}

// errNone says that a pull request was not opened.
var errNone = errors.New("the pull request that this needs was not opened")

// pullPath is the API's path of something on a pull request of ours.
func (p *Probe) pullPath(name string, parts ...any) string {
	return rest.PullPath(pull.Ref{Repo: p.cfg.Repo, Number: int(p.tasks[name].Number)}, parts...)
}

// web is the address of the repository's pages.
func (p *Probe) web() string {
	for i := 0; i+1 < len(p.git.Config); i += 2 {
		if p.git.Config[i] == "remote.origin.url" {
			return strings.TrimSuffix(p.git.Config[i+1], ".git")
		}
	}
	return ""
}

func (p *Probe) pageOf(number int) string {
	if p.cfg.GitCode {
		return fmt.Sprintf("%s/merge_requests/%d", p.web(), number)
	}
	return fmt.Sprintf("%s/pulls/%d", p.web(), number)
}

func (p *Probe) branchPage(name string) string { return p.web() + "/tree/" + name }

// mine lists the addresses of all that this run may have left.
func (p *Probe) mine() (out []string) {
	for _, n := range p.numbers() {
		out = append(out, p.pageOf(n))
	}
	for _, b := range names {
		if _, tried := p.pushed[b]; tried {
			out = append(out, p.branchPage(b))
		}
	}
	return out
}
