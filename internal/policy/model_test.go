package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// model is the rule of gate.md once more, as plainly as it goes, for the world
// of history_test.go only: a file is looked at by itself, each of its owners by
// themselves, each of their reviews by itself.
type model struct{ s policy.Snapshot }

// judge gives the outcome and the files that count as reviewed.
func (m model) judge() (policy.Outcome, []string) {
	files := m.s.Request.Files
	if len(files) == 0 && !m.s.SameTree {
		return policy.Error, nil
	}
	var reviewed []string
	for _, f := range files {
		if m.reviewed(f.Content) {
			reviewed = append(reviewed, f.Path)
		}
	}
	enough := len(reviewed)*100 >= 60*len(files)
	sure, maybe := m.blocked()
	switch {
	case sure:
		return policy.Failure, reviewed
	case maybe:
		return policy.Pending, reviewed
	case enough || m.overridden():
		return policy.Success, reviewed
	}
	return policy.Pending, reviewed
}

func ownersOf(path string) []string {
	switch {
	case strings.HasPrefix(path, "mm/"):
		return []string{"alice", "bob"}
	case strings.HasPrefix(path, "fs/"):
		return []string{"bob"}
	}
	return []string{"erin"}
}

func (m model) reviewed(c pull.Content) bool {
	return slices.ContainsFunc(ownersOf(c.Path), func(who string) bool {
		if who == m.s.Request.Author.Login || m.wrote(who, c.Path) {
			return false
		}
		return slices.ContainsFunc(m.standing(who), func(r pull.Review) bool { return m.sawAsNow(r, c) })
	})
}

// said are all approvals and refusals of a person in order, those by comment
// among them.
func (m model) said(who string) []pull.Review {
	var all []pull.Review
	for _, r := range m.s.Request.Reviews {
		if r.Author.Login == who {
			all = append(all, r)
		}
	}
	for _, c := range m.s.Request.Comments {
		words := strings.Fields(c.Body)
		if c.Author.Login == who && !c.Edited && words[0] == "/approve" && len(words) > 1 {
			all = append(all, pull.Review{State: pull.Approved, Commit: words[1], At: c.At, Body: "/approve " + strings.Join(words[2:], " ")})
		}
	}
	slices.SortStableFunc(all, func(a, b pull.Review) int { return a.At.Compare(b.At) })
	return all
}

// standing are the approvals of a person in force.
func (m model) standing(who string) []pull.Review {
	var in []pull.Review
	for _, r := range m.said(who) {
		switch r.State {
		case pull.Approved:
			in = append(in, r)
		case pull.ChangesRequested, pull.Dismissed:
			in = nil
		case pull.Commented, pull.Pending:
		}
	}
	return in
}

func (m model) wrote(who, path string) bool {
	return slices.ContainsFunc(m.s.Request.Commits, func(c pull.Commit) bool {
		return c.People[0].Login == who && (path == "" && len(c.Paths) > 0 || slices.Contains(c.Paths, path))
	})
}

// sawAsNow tells whether a review saw a file as it is now.
func (m model) sawAsNow(r pull.Review, now pull.Content) bool {
	if scope, ok := strings.CutPrefix(r.Body, "/approve "); ok && strings.TrimSpace(scope) != "" {
		if r.Edited || !slices.ContainsFunc(strings.Fields(scope), func(s string) bool {
			return now.Path == s || strings.HasSuffix(s, "/") && strings.HasPrefix(now.Path, s)
		}) {
			return false
		}
	}
	head := m.headAt(r.Commit, r.At)
	if head == nil {
		return false
	}
	for _, then := range head.Files {
		if then.Path == now.Path {
			return then == now || slices.Contains(m.s.Merges, policy.Merge{Base: then.OldID, Ours: then.ID, Theirs: now.OldID, Result: now.ID})
		}
	}
	return false
}

// headAt gives what a commit showed at a time: as seen last before it, or first
// after it, with no move of the base in between.
func (m model) headAt(id string, at time.Time) *pull.Head {
	var before, after *pull.Head
	for i := range m.s.Heads {
		h := &m.s.Heads[i]
		if h.ID == id && !h.SeenAt.After(at) {
			before = h
		}
		if h.ID == id && h.SeenAt.After(at) && after == nil {
			after = h
		}
	}
	still := func(from, to time.Time) bool {
		for _, move := range m.s.Request.BaseMoves {
			if !move.Before(from) && !move.After(to) {
				return false
			}
		}
		return true
	}
	if before != nil && still(before.SeenAt, at) {
		return before
	}
	if after != nil && still(at, after.SeenAt) {
		return after
	}
	return nil
}

// blocked tells whether a maintainer of a changed file objects, for sure or
// perhaps.
func (m model) blocked() (sure, maybe bool) {
	for _, who := range []string{"alice", "bob", "erin"} {
		if !slices.ContainsFunc(m.s.Request.Files, func(f pull.File) bool { return slices.Contains(ownersOf(f.Path), who) }) {
			continue
		}
		state := "" // of the person: objects, perhaps, or nothing
		for _, r := range m.said(who) {
			by := r.DismissedBy.Login
			switch {
			case r.State == pull.Approved:
				state = ""
			case r.State == pull.ChangesRequested:
				state = "objects"
			case r.State == pull.Dismissed && r.DismissedState == pull.Approved:
				state = ""
			case r.State == pull.Dismissed && by == "":
				state = "perhaps"
			case r.State == pull.Dismissed && (by == "dave" || m.wrote(by, "")):
				state = "objects"
			case r.State == pull.Dismissed:
				state = ""
			}
		}
		sure, maybe = sure || state == "objects", maybe || state == "perhaps"
	}
	return sure, maybe
}

// overridden tells whether olga's word stands.
func (m model) overridden() bool {
	req := m.s.Request
	stands := false
	if m.wrote("olga", "") {
		return false
	}
	for _, c := range req.Comments {
		words := strings.Fields(c.Body)
		if c.Author.Login != "olga" || words[0] != "/override" {
			continue
		}
		if words[1] == "cancel" {
			stands = false
			continue
		}
		if head := m.headAt(req.Head, c.At); !c.Edited && len(words) > 2 && words[1] == req.Head && head != nil && head.MergeBase == req.MergeBase && head.BaseBranch == req.BaseBranch {
			stands = true
		}
	}
	return stands
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

// TestModel holds Evaluate to the model on 100,000 random histories.
func TestModel(t *testing.T) {
	t.Parallel()
	const parts, each = 4, 25_000
	for part := range parts {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			seen := map[policy.Outcome]int{}
			for i := range each {
				seed := uint64(part*each + i)
				s := play(random(seed), 3+i%12).snapshot()
				v := policy.Evaluate(s)
				var reviewed []string
				for _, f := range v.Files {
					if f.State == policy.Reviewed {
						reviewed = append(reviewed, f.Path)
					}
				}
				outcome, want := model{s}.judge()
				slices.Sort(want)
				if v.Outcome != outcome || !slices.Equal(reviewed, want) {
					t.Fatalf("seed %d: %s with %v, the model says %s with %v\n%s", seed, v.Outcome, reviewed, outcome, want, describeHistory(s))
				}
				seen[outcome]++
			}
			for _, o := range []policy.Outcome{policy.Success, policy.Pending, policy.Failure} {
				if seen[o] < each/50 {
					t.Errorf("the histories are too tame: %v", seen)
				}
			}
		})
	}
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
		for _, f := range policy.Evaluate(s).Files {
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

// lives tells whether an approved head had a content, or one that merges to it.
func lives(s policy.Snapshot, h pull.Head, now pull.Content) bool {
	approved := slices.ContainsFunc(s.Request.Reviews, func(r pull.Review) bool { return r.State == pull.Approved && r.Commit == h.ID }) ||
		slices.ContainsFunc(s.Request.Comments, func(c pull.Comment) bool { return strings.HasPrefix(c.Body, "/approve "+h.ID) })
	return approved && slices.ContainsFunc(h.Files, func(c pull.Content) bool {
		return c.Path == now.Path && (c == now || slices.ContainsFunc(s.Merges, func(m policy.Merge) bool { return m.Ours == c.ID && m.Result == now.ID }))
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
		v := policy.Evaluate(h.snapshot())
		for range rapid.IntRange(1, 6).Draw(t, "alone") {
			h.step(true)
		}
		s := h.snapshot()
		after := policy.Evaluate(s)
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

// TestHistoryAddsNothingToAHead holds that no history reaches success on a head
// whose own evaluation would not: with only the approvals of that very head and
// base, or with those that a clean merge or equal content carries over, and
// never because an earlier verdict was success.
func TestHistoryAddsNothingToAHead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := play(fromRapid(t), rapid.IntRange(1, 12).Draw(t, "steps"))
		h.s.Request.Reviews = slices.Clone(h.s.Request.Reviews)
		policy.Evaluate(h.snapshot()) // an earlier verdict leaves no trace
		h.step(false)
		s := h.snapshot()
		twice := policy.Evaluate(s)
		if outcome, _ := (model{s}).judge(); twice.Outcome != outcome {
			t.Fatalf("%s, by itself %s\n%s", twice.Outcome, outcome, describeHistory(s))
		}
	})
}
