package tables

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestKindsAreListed holds that each kind of facts has a name and a version of its own,
// and that its keys are on the list of stored keys, under its name.
func TestKindsAreListed(t *testing.T) {
	t.Parallel()
	listed, err := os.ReadFile("../testdata/keys.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, k := range kinds {
		if k.name == "" || k.version < 1 || seen[k.name] {
			t.Errorf("%q, version %d: named twice, or not at all", k.name, k.version)
		}
		seen[k.name] = true
		if !strings.Contains("\n"+string(listed), "\n"+k.name+".value.") {
			t.Errorf("%s: its keys are not listed; add its type to TestStoredKeys", k.name)
		}
	}
}

// TestFactsComeBack holds that each kind reads what it writes, in its order, and under which
// key it lies.
func TestFactsComeBack(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 1, 2, 3, 4, 5, 678_901_234, time.FixedZone("", 3600))
	facts := history.Update{
		Asked:      []requests.Requested{{Head: "h", Login: "Ärger-Bob", At: at}, {Head: "g", Login: "@acme/MM"}},
		Comment:    &history.CommentRecord{ID: "1", Digest: "d", Done: true},
		Labels:     []history.LabelRecord{{Name: "Needs Review", At: at}, {Name: "FS", Gone: true}},
		Objections: []pull.Objection{{Review: 7, Spoken: true, At: at}, {Review: 12}},
		Cancels:    []policy.Cancel{{Who: pull.Person{Login: "Ann", ID: 7}, At: at}, {}},
		Answered:   []history.Answer{{Key: "review 6"}},
		Accounts:   []history.Account{{Login: "Ann", ID: 7}},
		Gone:       []history.GoneAccount{{Login: "Zoe", At: at}, {Login: "Ann", Back: true}},
	}
	stored := at.UTC().Truncate(time.Microsecond)
	want := history.PullHistory{
		Asked: []requests.Requested{{Head: "h", Login: "Ärger-Bob", At: stored}, facts.Asked[1]}, Comment: *facts.Comment,
		Labels: []history.LabelRecord{{Name: "Needs Review", At: stored}}, Objections: facts.Objections,
		Cancels: []policy.Cancel{{}, {Who: facts.Cancels[0].Who, At: stored}}, Answered: facts.Answered, Accounts: facts.Accounts,
		Gone: []history.GoneAccount{{Login: "Zoe", At: stored}},
	}
	var keys []string
	var got history.PullHistory
	for _, k := range kinds {
		rows, err := k.rows(&facts)
		if err != nil {
			t.Fatal(err)
		}
		var bodies, turns []string
		for i, row := range rows {
			keys = append(keys, k.name+": "+row.key)
			if row.body != "" {
				bodies, turns = append([]string{row.body}, bodies...), append([]string{strconv.Itoa(98 + i)}, turns...)
			}
		}
		if err := k.read([]byte("["+strings.Join(bodies, ",")+"]"), []byte("["+strings.Join(turns, ",")+"]"), &got); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("memory (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		"asked: h Ärger-bob", "asked: g @acme/mm", "comment: ", "label: needs review", "label: fs",
		"objection: 00000000000000000007 1", "objection: 00000000000000000012 0",
		"cancelled: 00001798855445678901 ann", "cancelled: 00000000000000000000 ", "answered: review 6", "account: ann",
		"gone: zoe", "gone: ann",
	}, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}
