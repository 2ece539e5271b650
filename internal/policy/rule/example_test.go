package rule_test

import (
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Alice approves what she maintains; the other file waits.
func ExampleEvaluate() {
	p, err := policyfile.Parse("review-gate.yml", []byte("version: 1\nthreshold: 80%\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	set, _, err := yamlmap.Parse("subsystems.yml",
		[]byte("version: 1\nsubsystems: [{name: mm, paths: [\"mm/**\"], maintainers: [alice]}, {name: rest, fallback: true, maintainers: "+
			"[carol]}]\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	owners, err := ownership.New(set)
	if err != nil {
		fmt.Println(err)
		return
	}
	changed := []pull.Content{
		{Path: "mm/slab.c", Status: pull.Modified, OldMode: pull.Regular, Mode: pull.Regular, OldID: "0a", ID: "0b"},
		{Path: "README", Status: pull.Modified, OldMode: pull.Regular, Mode: pull.Regular, OldID: "1a", ID: "1b"},
	}
	opened := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	s := policy.Snapshot{
		Rules: p.Base, Owners: owners, Now: opened.Add(time.Hour),
		Seen: sight.Seen{ // the gate looked when it was opened, and once the review was there
			Sightings: []pull.Sighting{{Number: 1, Head: "head", BaseBranch: "main", BaseTip: "base", At: opened, MovesKnown: true}},
			Sights:    []pull.Sight{{Review: 1, State: pull.Approved, Commit: "head", Before: 1, In: 1, Since: 1}},
		},
		Heads: []pull.Head{{ID: "head", BaseBranch: "main", MergeBase: "base", SeenAt: opened, Files: changed, Complete: true}},
		Request: pull.Request{
			Author: pull.Person{Login: "dave"}, BaseBranch: "main", BaseTip: "base", MergeBase: "base", Head: "head",
			Files: []pull.File{{Content: changed[0]}, {Content: changed[1]}}, Complete: true, BaseMovesKnown: true,
			Reviews: []pull.Review{{ID: 1, Author: pull.Person{Login: "alice"}, State: pull.Approved, Commit: "head", At: opened.Add(time.Minute)}},
		},
	}
	v := rule.Evaluate(s)
	fmt.Println(v.Outcome, v.Ratio.Reviewed, "of", v.Ratio.Counted)
	for _, f := range v.Files {
		fmt.Println(f.Path, f.State, f.ApprovedBy)
	}
	// Output:
	// pending 1 of 2
	// README unreviewed []
	// mm/slab.c reviewed [alice]
}
