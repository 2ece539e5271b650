package rest

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestSettings holds whom a GitCode's settings have look at each pull request, and what lets one merge.
func TestSettings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`: "[] false false", `{"merge_request_setting":null}`: "[] false false",
		`{"merge_request_setting":{"approval_required_testers":1,"approval_testers":[{"username":"Gate"}]}}`:              "[Gate] true false",
		`{"merge_request_setting":{"approval_required_testers":"1","approval_testers":{"login":"gate"}}}`:                 "[gate] true false",
		`{"merge_request_setting":{"approval_required_testers":0,"approval_testers":[{"login":"gate"}]}}`:                 "[gate] false false",
		`{"merge_request_setting":{"approval_required_testers":1,"approval_testers":[{"login":"gate"},{"login":"bob"}]}}`: "[gate bob] false false",
		`{"merge_request_setting":{"approval_approvers":[{"username":"bob"}],"can_force_merge":1}}`:                       "[bob] false true",
	} {
		var s Settings
		err := json.Unmarshal([]byte(text), &s)
		if got := fmt.Sprint(s.Asked(), s.OnlyTester("gate"), s.Forced()); err != nil || got != want {
			t.Errorf("%s: %s, want %s; %v", text, got, want, err)
		}
	}
}
