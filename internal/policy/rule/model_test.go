package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
)

func ownersOf(path string) []string {
	switch {
	case strings.HasPrefix(path, "mm/"):
		return []string{"alice", "bob"}
	case strings.HasPrefix(path, "fs/"):
		return []string{"bob"}
	}
	return []string{"erin"}
}

func play(draw dice, steps int) *history {
	h := newHistory(draw)
	for range steps {
		h.step(false)
	}
	return h
}

func describeHistory(s policy.Snapshot) string {
	return fmt.Sprintf("heads %+v\nreviews %+v\ncomments %+v\ncommits %+v\nmoves %v\nfiles %+v\nmerges %v",
		s.Heads, s.Request.Reviews, s.Request.Comments, s.Request.Commits, s.Request.BaseMoves, s.Request.Files, s.Merges)
}

func fromRapid(t *rapid.T) dice {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "draw") }
}

// TestReviewedIsUnchanged holds that a file that counts as reviewed is, for some
// approval in force by an owner, as that approval's head had it, or a clean
// merge of that.
func TestReviewedIsUnchanged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := play(fromRapid(t), rapid.IntRange(1, 15).Draw(t, "steps")).snapshot()
		for _, f := range rule.Evaluate(s).Files {
			if f.State != policy.Reviewed {
				continue
			}
			i := slices.IndexFunc(s.Request.Files, func(g pull.File) bool { return g.Path == f.Path })
			if !slices.ContainsFunc(s.Heads, func(h pull.Head) bool { return lives(s, h, s.Request.Files[i].Content) }) {
				t.Fatalf("%s is reviewed, but never was as it is\n%s", f.Path, describeHistory(s))
			}
		}
	})
}

// lives reports whether an approved head had a content, or one that merges to it.
func lives(s policy.Snapshot, h pull.Head, now pull.Content) bool {
	approved := slices.ContainsFunc(s.Request.Reviews, func(r pull.Review) bool { return r.State == pull.Approved && r.Commit == h.ID }) ||
		slices.ContainsFunc(s.Request.Comments, func(c pull.Comment) bool { return strings.HasPrefix(c.Body, "/approve "+h.ID) })
	return approved && slices.ContainsFunc(h.Files, func(c pull.Content) bool {
		return c.Path == now.Path &&
			(c == now || slices.ContainsFunc(s.Merges, func(m sight.Merge) bool { return m.Ours == c.ID && m.Result == now.ID }))
	})
}

// TestTheAuthorAloneRaisesNothing holds that whatever the author does alone, no
// file becomes reviewed that was not, unless it is again as it was when it was
// reviewed, and no block ends.
func TestTheAuthorAloneRaisesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := play(fromRapid(t), rapid.IntRange(1, 10).Draw(t, "steps"))
		h.s.Request.Reviews = slices.Clone(h.s.Request.Reviews)
		v := rule.Evaluate(h.snapshot())
		for range rapid.IntRange(1, 6).Draw(t, "alone") {
			h.step(true)
		}
		s := h.snapshot()
		after := rule.Evaluate(s)
		if v.Override == nil && after.Override != nil {
			// An override of a head that is back again stands again: it was
			// bound to that head and base, and nobody took it back.
			if !strings.Contains(after.Override.Commit, s.Request.Head) {
				t.Fatalf("an override of another head")
			}
		}
		for _, f := range after.Files {
			if f.State != policy.Reviewed {
				continue
			}
			for _, who := range f.ApprovedBy {
				if who == "dave" {
					t.Fatalf("%s is reviewed by its author", f.Path)
				}
			}
			i := slices.IndexFunc(s.Request.Files, func(g pull.File) bool { return g.Path == f.Path })
			if !slices.ContainsFunc(s.Heads, func(h pull.Head) bool { return lives(s, h, s.Request.Files[i].Content) }) {
				t.Fatalf("%s became reviewed\n%s", f.Path, describeHistory(s))
			}
		}
		for _, b := range v.Blocks {
			still := slices.ContainsFunc(after.Blocks, func(a policy.Block) bool { return a.Who == b.Who })
			touches := slices.ContainsFunc(s.Request.Files, func(f pull.File) bool { return slices.Contains(ownersOf(f.Path), b.Who) })
			if touches && !still {
				t.Fatalf("the block of %s is gone\n%s", b.Who, describeHistory(s))
			}
		}
	})
}
