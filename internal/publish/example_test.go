package publish_test

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/share"
)

// A plan is what must change on the forge; once it is carried out, the next one is empty.
func ExampleMessages_Diff() {
	words, err := publish.NewMessages()
	if err != nil {
		fmt.Println(err)
		return
	}
	want := publish.Wanted{Head: "4f1e0e33", Gated: true, Open: true, Ask: []string{"alice"}, Verdict: policy.Verdict{
		Outcome: policy.Pending, Check: "review-gate", Ratio: share.Ratio{Reviewed: 4, Counted: 7}, Language: "en",
	}}
	plan := words.Diff(publish.Current{}, want)
	fmt.Println(plan.Check.Name, plan.Check.Outcome, plan.Ask)

	now := publish.Current{Checks: []publish.StandingCheck{{Head: plan.Check.Head, Name: plan.Check.Name, Outcome: plan.Check.Outcome,
		Digest: plan.Check.Digest}}}
	want.Ask = nil
	fmt.Println(words.Diff(now, want).Empty())
	// Output:
	// review-gate pending [alice]
	// true
}
