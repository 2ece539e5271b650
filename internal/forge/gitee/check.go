package gitee

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// way is by what a check is shown.
type way string

// The ways, the surest first.
const (
	byRun    way = "run"    // a check run, which a protected branch may require
	byTester way = "tester" // our place among the testers: passed, or not
	byThread way = "thread" // a thread of ours: resolved, or not
	byLabel  way = "label"  // a label: there, or not. It keeps nothing from being merged
)

// markID is the id of a check: its way, the pull request's number, and the server's own id
// where there is one.
type markID struct {
	way    way
	number int
	id     string
}

func (m markID) String() string { return fmt.Sprintf("%s/%d/%s", m.way, m.number, m.id) }

// parseMark reads what String gives; the zero markID for anything else.
func parseMark(s string) (m markID) {
	parts := strings.SplitN(s, "/", 3)
	if len(parts) != 3 {
		return m
	}
	if _, err := fmt.Sscanf(parts[1], "%d", &m.number); err != nil {
		return markID{}
	}
	m.way, m.id = way(parts[0]), parts[2]
	return m
}

// SetCheck implements seam.Publisher by a check run where we may write some, which takes an
// administrator of the repository; else by the ways of pass. A check belongs to a pull
// request on both servers, and so does what stands in for one.
func (f *Forge) SetCheck(ctx context.Context, ref pull.Ref, c publish.Check, before seam.Written) (string, error) {
	if before.Outcome == policy.Success && c.Outcome != policy.Success {
		ctx = forge.Urgent(ctx)
	}
	id, err := f.setCheck(ctx, ref, c, before)
	if err != nil {
		return "", fmt.Errorf("write check %q on %s of %s: %w", c.Name, c.Head, ref, err)
	}
	return id.String(), nil
}

func (f *Forge) setCheck(ctx context.Context, ref pull.Ref, c publish.Check, before seam.Written) (markID, error) {
	if ref.Number <= 0 {
		return markID{}, fmt.Errorf("%s has no checks of commits alone", f.title)
	}
	if _, err := f.whoami(ctx); err != nil {
		return markID{}, err
	}
	p, _, err := f.readPull(ctx, ref)
	if err != nil {
		return markID{}, err
	}
	if f.writesRuns(ref.Repo) {
		id, err := f.setRun(ctx, ref, p, c, before)
		switch {
		case err != nil:
		case c.Outcome != policy.Success:
			err = f.clear(ctx, ref, p) // what stood in for runs when we were no administrator
		case f.testMissing(p) && string(p.Head.SHA) == c.Head:
			err = f.setTest(ctx, ref, c.Head, p, true)
		}
		if !errors.Is(err, forge.ErrForbidden) {
			f.note(ref.Repo, func(m *repoMemory) { m.way = byRun })
			return id, err
		}
		f.note(ref.Repo, func(m *repoMemory) { no := false; m.admin = &no })
	}
	return f.pass(ctx, ref, p, c, before)
}

// writesRuns reports whether we may write check runs, as far as that is known.
func (f *Forge) writesRuns(repo pull.Repo) bool {
	may := f.recall(repo).admin
	return f.runs && (may == nil || *may)
}

// CheckOn implements seam.Inspector: what the way shows by which a check is written now. Of
// the ways other than runs it tells only a pass from everything else.
func (f *Forge) CheckOn(ctx context.Context, ref pull.Ref, head, name string, anybody bool) (policy.Outcome, error) {
	shown, err := f.checkOn(ctx, ref, head, name, anybody)
	if err != nil {
		return "", fmt.Errorf("read check %q on %s of %s: %w", name, head, ref, err)
	}
	return shown, nil
}

func (f *Forge) checkOn(ctx context.Context, ref pull.Ref, head, name string, anybody bool) (policy.Outcome, error) {
	if _, err := f.whoami(ctx); err != nil {
		return "", err
	}
	p, _, err := f.readPull(ctx, ref)
	if err != nil {
		return "", err
	}
	if f.writesRuns(ref.Repo) {
		latest, ours, err := f.runsOn(ctx, ref, p, head, name)
		if !anybody {
			latest = ours
		}
		if err == nil && latest.outcome() == policy.Success && f.testMissing(p) && string(p.Head.SHA) == head {
			return policy.Pending, nil
		}
		if !errors.Is(err, forge.ErrForbidden) {
			return latest.outcome(), err
		}
	}
	if string(p.Head.SHA) != head {
		return "", nil
	}
	return f.passOn(ctx, ref, p)
}

// Found implements seam.Finder by check runs: what stands in for them shows itself on the
// pull request, and is written over without being found.
func (f *Forge) Found(ctx context.Context, repo pull.Repo, head string, names ...string) ([]seam.FoundCheck, error) {
	if !f.writesRuns(repo) {
		return nil, nil
	}
	all, err := rest.ListAs[runList](ctx, f.Client, rest.RepoPath(repo, "commits", head, "check-runs"), url.Values{"filter": {"all"}})
	if errors.Is(err, forge.ErrForbidden) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for checks on %s of %s: %w", head, repo, err)
	}
	var out []seam.FoundCheck
	for _, name := range names {
		var latest runAnswer
		for _, r := range all {
			if string(r.Name) == name && r.ID > latest.ID {
				latest = r
			}
		}
		if latest.ID > 0 {
			id := markID{byRun, latest.request(), fmt.Sprint(latest.ID)}
			out = append(out, seam.FoundCheck{Name: name, Outcome: latest.outcome(), ID: id.String()})
		}
	}
	return out, nil
}
