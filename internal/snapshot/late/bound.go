package late

import (
	"context"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Bound returns the commit that a review was given for which names none and is seen for the
// first time, and when its author may have begun: the head, if it stood at the look before, too,
// and the forge's diary tells of no push in between, which may have been taken back (package
// policy, §3, "What a review saw"). It is empty where that is not known.
func Bound(ctx context.Context, diary seam.Diary, ref pull.Ref, before []pull.Sighting, now *pull.Sighting) (commit string, begun time.Time,
	err error) {
	commit = history.BoundTo(before, now)
	if len(before) == 0 {
		return commit, begun, nil
	}
	begun = before[len(before)-1].At
	if commit == "" || diary == nil {
		return commit, begun, nil
	}
	pushed, err := diary.Pushed(ctx, ref, begun)
	if err != nil {
		return "", begun, fmt.Errorf("read what was pushed to %s: %w", ref, err)
	}
	if pushed {
		commit = ""
	}
	return commit, begun, nil
}
