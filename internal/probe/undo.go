package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// How long, and how often, taking everything away is tried, whatever ended the run.
const (
	undoWithin   = 3 * time.Minute
	tries        = 5
	betweenTries = 3 * time.Second
)

// undo takes away what was made, and notes what is left. It goes on until a look finds nothing of
// ours: a server may say of what is there still that it was taken away, and tell late of what is new.
func (p *Probe) undo(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	p.report.Left = p.mine()
	for try := range tries {
		if try > 0 && p.cfg.Wait(ctx, betweenTries) != nil {
			return
		}
		there, err := p.clean(ctx)
		if err != nil { // it could not be found out what there is
			p.report.Left = p.mine()
			continue
		}
		if p.report.Left = there; len(there) == 0 {
			return
		}
	}
}

// errForeign says that a branch has the name of one of ours and is at another commit than we made.
var errForeign = errors.New("a branch has the name of one of the probe's, and holds what no probe made; rename it, or take it away")

// clean takes away the comments of our pull requests, closes those that are open, and takes our
// branches away: of this run and of earlier ones. It returns the addresses of what was there. An error
// is that it could not be found out what there is.
func (p *Probe) clean(ctx context.Context) (there []string, err error) {
	open, err := p.list(ctx, p.path("pulls"), url.Values{"state": {"open"}})
	if err != nil {
		return nil, err
	}
	numbers := p.numbers()
	for _, one := range open {
		if p.isOwn(one.Title, one.User, &one.Head, &one.Base) && !slices.Contains(numbers, int(one.Number)) {
			numbers = append(numbers, int(one.Number))
		}
	}
	for _, number := range numbers {
		found, err := p.cleanPull(ctx, number)
		if err != nil {
			return there, err
		}
		there = append(there, found...)
	}
	heads, err := p.heads(ctx)
	if err != nil {
		return there, err
	}
	for _, name := range names {
		id, is := heads[name]
		if !is {
			continue
		}
		there = append(there, p.branchPage(name))
		if ours, err := p.isOurs(ctx, name, id); err != nil || !ours {
			continue // it stays, and is told
		}
		if failed := p.deleteBranch(ctx, name, id); ctx.Err() != nil {
			return there, failed
		}
	}
	return there, nil
}

// sweep is clean before anything was made: until nothing is left of earlier runs. It writes nothing
// where a branch of our names is not ours.
func (p *Probe) sweep(ctx context.Context) error {
	heads, err := p.heads(ctx)
	if err != nil {
		return err
	}
	for name, id := range heads {
		if ours, err := p.isOurs(ctx, name, id); err != nil || !ours {
			return fmt.Errorf("%s: %w", p.branchPage(name), errors.Join(err, errForeign))
		}
	}
	var there []string
	for range tries {
		if there, err = p.clean(ctx); err != nil || len(there) == 0 {
			return err
		}
		if err := p.cfg.Wait(ctx, soon); err != nil {
			return err
		}
	}
	return fmt.Errorf("what an earlier run left can't be taken away: %v", there)
}

// isOwn reports whether a pull request is one that this account had a probe open.
func (p *Probe) isOwn(title rest.Text, user *rest.User, head, base *rest.Side) bool {
	named := slices.ContainsFunc(tasks, func(t task) bool { return titleOf(t.name) == string(title) && t.branch == string(head.Ref) })
	return named && slices.Contains(names, string(base.Ref)) && user.Same(p.self.user())
}

// cleanPull takes away what is ours of a pull request that is, and returns the addresses of what was
// there.
func (p *Probe) cleanPull(ctx context.Context, number int) (there []string, err error) {
	path := rest.PullPath(pull.Ref{Repo: p.cfg.Repo, Number: number})
	var now rest.Pull
	err = p.get(ctx, path, nil, &now)
	if err == nil {
		err = now.Whole(number)
	}
	if err != nil || !p.isOwn(now.Title, now.User, &now.Head, &now.Base) {
		return nil, err
	}
	if string(now.Title) == titleOf(topicPull) {
		if there, err = p.cleanComments(ctx, number); err != nil {
			return there, err
		}
	}
	if !now.IsOpen() {
		p.closed[number] = true
		return there, nil
	}
	there = append(there, p.pageOf(number))
	if failed := p.send(ctx, http.MethodPatch, path, nil, map[string]string{"state": "closed"}, nil); ctx.Err() != nil {
		return there, failed
	}
	return there, nil // what came of it the next look tells
}

// comment is one of a list.
type comment struct{ rest.Comment }

// cleanComments takes away our comments on a pull request.
func (p *Probe) cleanComments(ctx context.Context, number int) (there []string, err error) {
	ref := pull.Ref{Repo: p.cfg.Repo, Number: number}
	var all []comment
	err = p.paced(ctx, func() error {
		all, err = rest.List[comment](ctx, p.cfg.Client, rest.PullPath(ref, "comments"), nil)
		return err
	})
	for _, c := range all {
		text := strings.TrimSpace(string(c.Body))
		if !c.User.Same(p.self.user()) || text != commentText && text != editedText {
			continue
		}
		there = append(there, fmt.Sprintf("%s#note_%d", p.pageOf(number), c.Note()))
		if gone := p.send(ctx, http.MethodDelete, p.path("pulls", "comments", c.Note()), nil, nil, nil); ctx.Err() != nil {
			return there, gone
		}
	}
	return there, err
}
