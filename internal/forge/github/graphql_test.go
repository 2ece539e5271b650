package github

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNewerFields holds which of the newer fields an older server's errors speak of: those that
// begin alike are others.
func TestNewerFields(t *testing.T) {
	t.Parallel()
	for message, want := range map[string][]string{
		"Field 'headRef' doesn't exist on type 'PullRequest'":               {"headRef"},
		"Field \"headRef\" doesn't exist":                                   {"headRef"},
		"Field `headRef` doesn't exist":                                     {"headRef"},
		"Field 'headRefName' doesn't exist on type 'PullRequest'":           nil,
		"Field 'isInMergeQueue' doesn't exist on type 'PullRequest'":        {"isMergeQueueEnabled"},
		"No such type UserStatus, so it can't be a fragment":                {limited},
		"Argument 'itemTypes' has an invalid value: BASE_REF_DELETED_EVENT": {"timelineItems"},
		"Something went wrong":                                              nil,
	} {
		if diff := cmp.Diff(want, queryErrors{{Message: message}}.newer()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", message, diff)
		}
	}
	for field, want := range map[string][]string{"headRef": {"headRef"}, "isInMergeQueue": {"isMergeQueueEnabled"}, "title": nil} {
		if diff := cmp.Diff(want, queryErrors{{Message: "no", Path: []any{"repository", "pullRequest", field}}}.newer()); diff != "" {
			t.Errorf("at %s (-want +got):\n%s", field, diff)
		}
	}
}
