package assign_test

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/assign"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
)

// Bob can approve both files, so nobody else is asked.
func ExampleChoose() {
	p, err := policyfile.Parse("review-gate.yml", []byte("version: 1\nthreshold: 100%\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	c := assign.Choose(assign.Input{
		Rules: p.Base,
		Room:  15,
		Verdict: policy.Verdict{Threshold: p.Base.Threshold, Files: []policy.FileVerdict{
			unreviewed("mm/slab.c", "mm", "alice", "bob"),
			unreviewed("fs/open.c", "fs", "bob", "carol"),
		}},
	})
	for _, pick := range c.Ask {
		fmt.Println(pick.Who, pick.Files)
	}
	fmt.Println("enough:", c.Enough)
	// Output:
	// bob 2
	// enough: true
}
