package gitee

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// logPage is how many rows are read, the newest first.
const logPage = 100

// Pushed implements seam.Diary by what the server wrote down: nothing else tells that a push was
// taken back by another one before anybody looked.
func (f *Forge) Pushed(ctx context.Context, ref pull.Ref, after time.Time) (bool, error) {
	query := url.Values{"sort": {"desc"}}
	if f.isGitCode() {
		query.Set("per_page", "100")
		query.Set("page", "1")
	}
	var rows rest.Many[rest.LogRow]
	err := f.Get(ctx, rest.PullPath(ref, "operate_logs"), query, &rows)
	if errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return rest.MovedSince(rows, after) || f.isGitCode() && len(rows) >= logPage && rows[len(rows)-1].CreatedAt.After(after), nil
}
