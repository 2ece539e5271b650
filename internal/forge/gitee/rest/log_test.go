package rest

import (
	"testing"
	"time"
)

// TestWhatTheLogTells holds what a row may tell of, in either language: what others name or label
// so is no push.
func TestWhatTheLogTells(t *testing.T) {
	t.Parallel()
	for row, want := range map[LogRow]bool{
		{Kind: "push", Content: "dave pushed the code and reset it to 'Not Reviewed'"}: true,
		{Kind: "update", Content: "dave 推送了新的提交"}:                                      true,
		{Kind: "update", Content: "changed target branch from main to next"}:           true,
		{Action: "commit"}: true,
		{Kind: "label", Content: "add label push-back"}:                       false,
		{Action: "title", Content: "changed the title to: rebase the branch"}: false,
		{Kind: "Review", Content: "alice reviewed passed"}:                    false,
		{Kind: "draft", Content: "draft"}:                                     false,
		{}:                                                                    false,
	} {
		if got := row.Moves(); got != want {
			t.Errorf("%+v: %t", row, got)
		}
	}
}

// TestRowsOfTheSameSecond holds that a push that was seen is none since: looks know whole seconds.
func TestRowsOfTheSameSecond(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 9, 0, 0, 900e6, time.UTC)
	row := LogRow{Kind: "push", CreatedAt: Moment{Time: at}}
	if MovedSince([]LogRow{row}, at.Truncate(time.Second)) || !MovedSince([]LogRow{row}, at.Add(-2*time.Second)) {
		t.Error("a push of the second of the look is not told apart from a later one")
	}
}
