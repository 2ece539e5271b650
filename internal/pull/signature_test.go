package pull_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestMessageMakers holds whom a commit's message names as those who wrote part of it.
func TestMessageMakers(t *testing.T) {
	t.Parallel()
	const message = "mm: fix\n\n" +
		"Co-authored-by: Ann Example <ann@example.org>\n\n" + // an earlier block
		"Co-Developed-By : Bob <bob@example.org>\r\n" +
		"co-developed-by:carl@example.org\n" +
		"Co-authored-by: Dan <dan@example.org>, Eve <eve@example.org>\n" +
		"Co-authored-by: Folded\n  <folded@example.org>\n" +
		"Co-authored-by：宽 <wide@example.org>\n" +
		"  Co-authored-by: Indented <indented@example.org>\n" +
		"Co-authored-by: Ann Example <ann@example.org>\n" +
		"Co-authored-by: nobody\n" +
		"Signed-off-by: S <s@example.org>\nReviewed-by: R <r@example.org>\nAcked-by: A <a@example.org>\nTested-by: T <t@example.org>\n" +
		"Reported-by: P <p@example.org>\nSuggested-by: U <u@example.org>\nCc: C <c@example.org>\nsee Co-authored-by: x <x@example.org>\n"
	var got []string
	for _, s := range pull.MessageMakers(message) {
		if s.Part != pull.CoAuthor {
			t.Errorf("%+v", s)
		}
		got = append(got, s.Name+" "+s.Email)
	}
	want := []string{
		"Ann Example ann@example.org", "Bob bob@example.org", " carl@example.org", "Dan dan@example.org", "Eve eve@example.org",
		"Folded folded@example.org",
		"宽 wide@example.org", "Indented indented@example.org",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPrivateAddress holds which accounts hide behind addresses.
func TestPrivateAddress(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]pull.Person{
		"7+Alice@users.noreply.github.com":                {Login: "alice", ID: 7},
		"alice@users.noreply.github.com":                  {Login: "alice"},
		"4+dependabot[bot]@users.noreply.github.com":      {Login: "dependabot[bot]", ID: 4, Bot: true},
		"9+a-b@users.noreply.ghe.example.org":             {Login: "a-b", ID: 9},
		"noreply@github.com":                              {},
		"alice@users.noreply.github.com.example.org>":     {},
		"99999999999999999999+a@users.noreply.github.com": {},
		"alice@example.org":                               {},
		"":                                                {},
	} {
		if got, ok := pull.PrivateAddress(email); got != want || ok != (want.Login != "") {
			t.Errorf("%s: %+v, want %+v", email, got, want)
		}
	}
}

// TestNobody holds that a forge's own committer is nobody, and that nobody else is.
func TestNobody(t *testing.T) {
	t.Parallel()
	for s, want := range map[pull.Signature]bool{
		{Part: pull.Committer, Email: "noreply@github.com"}:             true,
		{Part: pull.Committer, Email: "NoReply@ghe.example.org"}:        true,
		{Part: pull.Committer, Email: "no-reply@gitee.com"}:             true,
		{Part: pull.Author, Email: "noreply@github.com"}:                false,
		{Part: pull.Committer, Email: "7+a@users.noreply.github.com"}:   false,
		{Part: pull.Committer, Email: ""}:                               false,
		{Part: pull.Committer, Email: "noreply.alice@corp.example.org"}: false,
	} {
		if got := s.Nobody(); got != want {
			t.Errorf("%+v: %v", s, got)
		}
	}
}

// TestMessageVouchers holds whom a message says to have reviewed the commit, and that they wrote
// none of it.
func TestMessageVouchers(t *testing.T) {
	t.Parallel()
	const message = "mm: change\n\nReviewed-by: Alice <alice@example.org>\nReviewed-By：Bob <bob@example.org>\nAcked-by: C <c@example.org>\n" +
		" reviewed-by: alice@example.org, Dan <dan@example.org>\nCo-authored-by: E <e@example.org>\nReviewed-by: nobody\n"
	var got []string
	for _, s := range pull.MessageVouchers(message) {
		if s.Part != pull.Reviewer {
			t.Errorf("%+v", s)
		}
		got = append(got, s.Name+"|"+s.Email)
	}
	want := []string{"Alice|alice@example.org", "Bob|bob@example.org", "|alice@example.org", "Dan|dan@example.org"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if makers := pull.MessageMakers(message); len(makers) != 1 || makers[0].Email != "e@example.org" {
		t.Errorf("makers: %+v", makers)
	}
}

func FuzzMessageMakers(f *testing.F) {
	f.Add("x\n\nCo-authored-by: A <a@b>\n b <c@d>\n")
	f.Fuzz(func(t *testing.T, message string) {
		for _, s := range pull.MessageMakers(message) {
			if s.Email == "" || s.Part != pull.CoAuthor {
				t.Errorf("%+v", s)
			}
			pull.PrivateAddress(s.Email)
		}
	})
}

// TestLongMessages holds that whoever writes a message of many megabytes, of one line that goes
// on and on or of ever more people, keeps nobody busy with it: what is kept of it is bounded.
func TestLongMessages(t *testing.T) {
	t.Parallel()
	long := pull.MessageMakers("Co-authored-by: Ann\n" + strings.Repeat(" x\n", 4<<20) + " <ann@example.org>\n")
	if len(long) != 1 || long[0].Email != "ann@example.org" {
		t.Errorf("%d makers", len(long))
	}
	var crowd strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&crowd, "Co-authored-by: Bob <%d@example.org>\n", i)
	}
	if got := pull.MessageMakers(crowd.String()); len(got) != 1000 || got[999].Email != "999@example.org" {
		t.Errorf("%d makers", len(got))
	}
}
