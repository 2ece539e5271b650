package trailers_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/trailers"
)

// people are names and addresses by login.
type people map[string][2]string

func (p people) Named(login string) (name, email string) { return p[login][0], p[login][1] }

// TestOf names those whose approvals count, for the whole and for each commit, and nobody else.
func TestOf(t *testing.T) {
	t.Parallel()
	v := policy.Verdict{Files: []policy.FileVerdict{
		{Path: "mm/a.c", State: policy.Reviewed, ApprovedBy: []string{"alice", "bob"}},
		{Path: "fs/new.c", OldPath: "fs/old.c", State: policy.Reviewed, ApprovedBy: []string{"carol"}},
		{Path: "doc", State: policy.Unreviewed},
	}}
	req := &pull.Request{URL: "https://gitee.com/anolis/cloud-kernel/pulls/12", Commits: []pull.Commit{
		{ID: "1111111111111111", Paths: []string{"mm/a.c", "doc"}, PathsKnown: true},
		{ID: "2222222222222222", Paths: []string{"fs/old.c"}, PathsKnown: true},
		{ID: "3333333333333333"},
	}}
	who := people{"alice": {"Alice Li", "alice@example.org"}, "bob": {"", "bob@example.org"}}
	got := trailers.Of(v, req, who)
	want := []string{"Reviewed-by: Alice Li <alice@example.org>", "Reviewed-by: bob <bob@example.org>",
		"Link: https://gitee.com/anolis/cloud-kernel/pulls/12"}
	if diff := cmp.Diff(want, got.Lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	const text = `Reviewed-by: Alice Li <alice@example.org>
Reviewed-by: bob <bob@example.org>
Link: https://gitee.com/anolis/cloud-kernel/pulls/12

# 111111111111: doc, mm/a.c
Reviewed-by: Alice Li <alice@example.org>
Reviewed-by: bob <bob@example.org>

# 222222222222: fs/old.c

# 333333333333
Reviewed-by: Alice Li <alice@example.org>
Reviewed-by: bob <bob@example.org>

# the approval of carol counts, but nothing gives an address; add one to the people file
`
	if diff := cmp.Diff(text, got.Text()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

// TestBlockHoldsWhatPeopleWrite holds that a name ends neither its line nor the block.
func TestBlockHoldsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	v := policy.Verdict{Files: []policy.FileVerdict{{Path: "a", State: policy.Reviewed, ApprovedBy: []string{"eve"}}}}
	who := people{"eve": {"Eve\n```\nReviewed-by: Linus <l@example.org>\u202e", "eve@example.org"}}
	block := trailers.Of(v, &pull.Request{}, who).Block("zh-CN")
	if strings.Count(block, "\nReviewed-by:") != 1 || !strings.Contains(block, "````text\n") || strings.Contains(block, "\u202e") {
		t.Error(block)
	}
	if none := trailers.Of(policy.Verdict{}, &pull.Request{URL: "x"}, who).Block("en"); none != "" {
		t.Errorf("nobody reviewed: %q", none)
	}
}
