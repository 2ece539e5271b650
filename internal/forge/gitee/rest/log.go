package rest

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// LogRow is a row of what was done on a pull request. Its words are translated, and no description
// of them is published.
type LogRow struct {
	Kind      Text   `json:"action_type"`
	Action    Text   `json:"action"`
	Content   Text   `json:"content"`
	CreatedAt Moment `json:"created_at"`
}

var (
	// harmless are the kinds of rows that move no commit, whatever names or titles they hold.
	harmless = []string{"label", "enterprise_label", "assign", "assignee", "review", "reviewer", "test", "tester", "discussion", "comment",
		"title", "description", "milestone", "opened", "closed", "merged"}
	// moving is what a row says that may tell of a push, or of another base branch.
	moving = regexp.MustCompile(`(?i)push|commit|rebase|force|head|branch|target|base|sync|推送|提交|变基|分支|强制`)
)

// Moves reports whether a row may tell of a push, or of another base branch.
func (l *LogRow) Moves() bool {
	for _, kind := range []Text{l.Kind, l.Action} {
		if slices.Contains(harmless, strings.ToLower(string(kind))) {
			return false
		}
	}
	return moving.MatchString(string(l.Kind) + " " + string(l.Action) + " " + string(l.Content))
}

// MovedSince reports whether one of some rows tells, after a moment, of a push or of another base.
// That moment is in whole seconds.
func MovedSince(rows []LogRow, after time.Time) bool {
	return slices.ContainsFunc(rows, func(row LogRow) bool { return row.CreatedAt.Truncate(time.Second).After(after) && row.Moves() })
}
