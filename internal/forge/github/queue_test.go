package github_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// enqueue opens a pull request for a file and queues it.
func (w *world) enqueue(branch string) *fake.PullRequest {
	w.t.Helper()
	_, err := w.repo.Commit(fake.Change{Branch: branch, From: w.repo.Tip("main"), Author: "dave",
		Files: map[string]*fake.File{branch + ".c": {Content: branch}}})
	check(w.t, err)
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: branch})
	check(w.t, err, pr.Enqueue("carol"))
	return pr
}

func TestMergeQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	none, err := w.app.MergeQueue(t.Context(), linux, "main")
	if err != nil || none.Groups != nil {
		t.Errorf("%v, %v", none, err)
	}
	w.repo.EnableQueue("main")
	one, two := w.enqueue("one"), w.enqueue("two")
	got, err := w.app.MergeQueue(t.Context(), linux, "main")
	check(t, err)
	want := seam.Queue{Tip: w.repo.Tip("main"), AllGreen: true, Groups: []seam.Group{
		{Head: one.QueueHead(), Base: w.repo.Tip("main"), Members: []seam.Member{{Number: one.Number(), Head: one.Head()}}},
		{Head: two.QueueHead(), Base: one.QueueHead(), Members: []seam.Member{{Number: two.Number(), Head: two.Head()}}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMergeQueueGroups holds that entries of one head are one group, in the
// order of the queue and from all pages, and that who waits for one is in none.
func TestMergeQueueGroups(t *testing.T) {
	t.Parallel()
	entry := func(position int, base, head string, number int) string {
		commit := func(id string) string {
			if id == "" {
				return "null"
			}
			return fmt.Sprintf(`{"oid":%q}`, id)
		}
		return fmt.Sprintf(`{"position":%d,"baseCommit":%s,"headCommit":%s,"pullRequest":{"number":%d,"headRefOid":"h%d"}}`,
			position, commit(base), commit(head), number, number)
	}
	page := func(more bool, nodes ...string) string {
		return fmt.Sprintf(`{"data":{"repository":{"mergeQueue":{"entries":{"totalCount":4,"pageInfo":{"hasNextPage":%v,"endCursor":"c"},"nodes":[%s]}}}}}`,
			more, strings.Join(nodes, ","))
	}
	pages := []string{page(true, entry(3, "m", "n", 7), entry(1, "b", "m", 5)), page(false, entry(2, "b2", "m", 6), entry(4, "", "", 8))}
	w := newWorld(t, meddler(func(_ *http.Request, sent, answer string) string {
		if strings.Contains(sent, "mergeQueue(") {
			answer, pages = pages[0], pages[1:]
		}
		return answer
	}))
	got, err := w.app.MergeQueue(t.Context(), linux, "main")
	check(t, err)
	want := seam.Queue{Groups: []seam.Group{
		{Head: "m", Base: "b", Members: []seam.Member{{Number: 5, Head: "h5"}, {Number: 6, Head: "h6"}}},
		{Head: "n", Base: "m", Members: []seam.Member{{Number: 7, Head: "h7"}}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	pages = []string{page(false, entry(1, "b", "m", 5))}
	if got, err := w.app.MergeQueue(t.Context(), linux, "main"); err == nil {
		t.Errorf("one entry of four passes: %v", got)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref, pr := w.open("topic", map[string]string{"a.c": "new\n"})
	comment, err := pr.Comment("alice", "/approve")
	check(t, err)
	review, err := pr.Review(fake.Review{By: "bob", State: fake.Approved, Body: "/approve a.c"})
	check(t, err)
	r := w.look(ref).Request
	for range 2 {
		check(t, w.app.React(t.Context(), linux, r.Comments[0].Node, seam.ThumbsUp),
			w.app.React(t.Context(), linux, r.Reviews[0].Node, seam.Eyes))
	}
	const us = "reviewgate[bot]"
	got := [][]fake.Reaction{pr.Reactions(comment), pr.Reactions(review)}
	if diff := cmp.Diff([][]fake.Reaction{{{By: us, Content: "👍"}}, {{By: us, Content: "👀"}}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := w.app.React(t.Context(), linux, "IC_1", seam.Eyes); err == nil {
		t.Error("reacted to nothing")
	}
	_, err = pr.Comment("mallory", "copied\n\n<!-- reviewgate:reply 7 -->")
	check(t, err)
	for range 2 {
		check(t, w.app.Reply(t.Context(), ref, "7", "no such path\n"), w.app.Reply(t.Context(), ref, "77", "nor this\n"))
	}
	_, err = w.app.UpsertComment(t.Context(), ref, publish.Mark+" ours", "", true)
	check(t, err)
	var bodies []string
	for _, c := range pr.Comments() {
		if c.Author == us {
			bodies = append(bodies, c.Body)
		}
	}
	want := []string{"no such path\n\n<!-- reviewgate:reply 7 -->", "nor this\n\n<!-- reviewgate:reply 77 -->", publish.Mark + " ours"}
	if diff := cmp.Diff(want, bodies); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
