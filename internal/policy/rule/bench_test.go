package rule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// largeSnapshot has a number of files in 200 subsystems of three maintainers,
// and 100 reviews of two heads, the earlier of which differs in every tenth
// file.
func largeSnapshot(tb testing.TB, files int) policy.Snapshot {
	tb.Helper()
	text := []byte("version: 1\nsubsystems:\n")
	for i := range 200 {
		text = fmt.Appendf(text, "  - {name: s%[1]d, paths: [\"dir%[1]d/**\"], maintainers: [m%[1]d, n%[1]d, \"@acme/t%[2]d\"]}\n", i, i%20)
	}
	set, _, err := yamlmap.Parse("map.yml", text)
	if err != nil {
		tb.Fatal(err)
	}
	owners, err := ownership.New(set)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := policyfile.Parse("policy.yml", []byte("version: 1\nthreshold: 80%\n"))
	if err != nil {
		tb.Fatal(err)
	}
	s := policy.Snapshot{Owners: owners, Rules: p.Base, Teams: map[string]policy.Team{}, Now: epoch.Add(time.Hour)}
	for i := range 20 {
		s.Teams[fmt.Sprintf("acme/t%d", i)] = policy.Team{Members: []pull.Person{{Login: fmt.Sprintf("t%d", i)}}}
	}
	s.Request = pull.Request{Author: pull.Person{Login: "author"}, Head: "h2", BaseBranch: "main", MergeBase: "m", Complete: true,
		BaseMovesKnown: true}
	heads := []pull.Head{{ID: "h1", SeenAt: epoch}, {ID: "h2", SeenAt: epoch.Add(time.Minute)}}
	for i := range files {
		c := pull.Content{Path: fmt.Sprintf("dir%d/sub/file%d.c", i%200, i), Status: pull.Modified, OldMode: pull.Regular, Mode: pull.Regular,
			OldID: "o", ID: "n"}
		s.Request.Files = append(s.Request.Files, pull.File{Content: c})
		heads[1].Files = append(heads[1].Files, c)
		if i%10 == 0 {
			c.ID = "old"
		}
		heads[0].Files = append(heads[0].Files, c)
	}
	for i := range heads {
		heads[i].BaseBranch, heads[i].MergeBase, heads[i].Complete = "main", "m", true
	}
	s.Heads = heads
	for i := range 100 {
		s.Request.Reviews = append(s.Request.Reviews, pull.Review{ID: int64(i), State: pull.Approved,
			Author: pull.Person{Login: fmt.Sprintf("m%d", i*2)}, Commit: heads[i%2].ID, At: epoch.Add(2 * time.Minute)})
	}
	return s
}

func BenchmarkEvaluate(b *testing.B) {
	for _, files := range []int{30, 300, 3000} {
		b.Run(fmt.Sprintf("files=%d", files), func(b *testing.B) {
			s := largeSnapshot(b, files)
			b.ReportAllocs()
			for b.Loop() {
				rule.Evaluate(s)
			}
		})
	}
}

// TestEvaluateAllocatesLinearly holds the allocations per file to a constant.
func TestEvaluateAllocatesLinearly(t *testing.T) {
	perFile := func(files int) float64 {
		s := largeSnapshot(t, files)
		return testing.AllocsPerRun(3, func() { rule.Evaluate(s) }) / float64(files)
	}
	if small, large := perFile(1000), perFile(8000); large > small*1.1 {
		t.Errorf("%.1f allocations per file at 1,000 files, %.1f at 8,000", small, large)
	}
}
