package publish

import (
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/policy"
)

// TestCommentSaysWhoIsAsked holds that the comment names those who are asked, and
// changes with them.
func TestCommentSaysWhoIsAsked(t *testing.T) {
	t.Parallel()
	words, err := NewMessages()
	if err != nil {
		t.Fatal(err)
	}
	want := Wanted{Verdict: policy.Verdict{Unwarned: policy.Pending, Outcome: policy.Pending, Language: "en", Asked: []policy.RequestVerdict{
		{Who: "bob", State: policy.AskSilent}, {Who: "@acme/mm", State: policy.AskWaiting}, {Who: "zoe", State: policy.AskRefused}}}}
	before := words.commentBody(want)
	if !strings.Contains(before, "Asked for review: `@acme/mm`, `bob`  \n") {
		t.Error(before)
	}
	want.Verdict.Asked = want.Verdict.Asked[:1]
	if words.commentBody(want) == before {
		t.Error("the comment does not change")
	}
}

// TestAskedSaysOnlyWhatIsKnown holds that nothing is said of what somebody knows or has to do
// where that is nothing.
func TestAskedSaysOnlyWhatIsKnown(t *testing.T) {
	t.Parallel()
	words, err := NewMessages()
	if err != nil {
		t.Fatal(err)
	}
	say := func(a policy.RequestVerdict) string {
		a.Who, a.State, a.Files, a.Subsystems = "alice", policy.AskWaiting, 1, []string{"mm"}
		return words.Asked("en", a).Markdown()
	}
	nothing := say(policy.RequestVerdict{})
	if strings.Contains(nothing, "0%") || strings.Contains(nothing, "0.0") {
		t.Error(nothing)
	}
	for _, a := range []policy.RequestVerdict{{Knows: 0.5}, {Load: 2}} {
		if say(a) == nothing {
			t.Errorf("%+v is not said", a)
		}
	}
}
