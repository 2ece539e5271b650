package snapshot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
)

const (
	// maxDoubtful is of how many people one evaluation asks what they may do. What others
	// said counts as that of somebody who may.
	maxDoubtful = 20
	// maxWriters is of how many people who approved one evaluation asks whether they may write,
	// where that is enough to approve. Those of others count for nothing.
	maxWriters = 20
)

// writers asks of those who approved whether they may write, where whoever may can approve what
// nobody owns and the forge does not say so with the approval.
func (g *Reader) writers(ctx context.Context, l *Reading) error {
	s := &l.Snapshot
	unowned := func(f pull.File) bool {
		return slices.ContainsFunc(f.Paths(), func(p string) bool { return len(s.Owners.Explain(p)) == 0 })
	}
	if g.cfg.Rights == nil || s.Rules.Unowned != policy.UnownedAnyone || s.Owners == nil || !slices.ContainsFunc(s.Request.Files, unowned) {
		return nil
	}
	may := map[string]bool{}
	s.Request.Reviews = slices.Clone(s.Request.Reviews)
	for _, reviews := range reviewLists(s) {
		for i := range reviews {
			r := &reviews[i]
			if !r.WriteUnknown || r.State != pull.Approved || r.Author.Login == "" || r.Author.Bot || r.Author.Is(s.Request.Author) {
				continue
			}
			login := strings.ToLower(r.Author.Login)
			if _, asked := may[login]; !asked && len(may) < maxWriters {
				var err error
				if may[login], err = g.mayWrite(ctx, s.Request.Ref.Repo, r.Author.Login); err != nil {
					return err
				}
			}
			r.CanWrite = may[login]
		}
	}
	return nil
}

// reviewLists are the reviews of a request and of its twins.
func reviewLists(s *policy.Snapshot) [][]pull.Review {
	lists := [][]pull.Review{s.Request.Reviews}
	for i := range s.Twins {
		s.Twins[i].Reviews = slices.Clone(s.Twins[i].Reviews)
		lists = append(lists, s.Twins[i].Reviews)
	}
	return lists
}

// mayWrite reports whether somebody certainly may.
func (g *Reader) mayWrite(ctx context.Context, repo pull.Repo, login string) (bool, error) {
	may, err := g.cfg.Rights.MayPush(ctx, repo, login)
	if errors.Is(err, pull.ErrNotFound) || errors.Is(err, pull.ErrForbidden) {
		return false, nil
	}
	return may, err
}

// powerless asks of those who took something back, or hold something, whether they may
// write, where a team that they might be of can't be read: or any stranger could.
func (g *Reader) powerless(ctx context.Context, l *Reading) error {
	s := &l.Snapshot
	if g.cfg.Rights == nil {
		return nil
	}
	doubtful := rule.Doubtful(*s)
	for _, login := range doubtful[:min(len(doubtful), maxDoubtful)] {
		may, err := g.cfg.Rights.MayPush(ctx, s.Request.Ref.Repo, login)
		switch {
		case errors.Is(err, pull.ErrNotFound), errors.Is(err, pull.ErrForbidden):
		case err != nil:
			return err
		case !may:
			s.Powerless = append(s.Powerless, login)
		}
	}
	return nil
}
