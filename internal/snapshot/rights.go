package snapshot

import (
	"context"
	"errors"

	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxDoubtful is of how many people one evaluation asks what they may do. What others
// said counts as that of somebody who may.
const maxDoubtful = 20

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
