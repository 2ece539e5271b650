package publish

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/share"
)

func TestLabels(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("长", 60)
	file := func(subsystem string) policy.FileVerdict {
		return policy.FileVerdict{State: policy.Unreviewed, Subsystems: []string{subsystem},
			Needs: []policy.Need{{Subsystems: []string{subsystem}, Missing: 1}}}
	}
	v := policy.Verdict{Unwarned: policy.Pending, Files: []policy.FileVerdict{file("mm"), file(long)}, Subsystems: []policy.SubsystemVerdict{
		{Name: "mm", Labels: []string{"area/mm", "kernel"}, Ratio: share.Ratio{Counted: 1}},
		{Name: long, Labels: []string{"Kernel", " "}, Ratio: share.Ratio{Counted: 1}},
		{Name: "fs", Ratio: share.Ratio{Counted: 1, Reviewed: 1}, Holds: true},
	}}
	words, err := NewMessages()
	if err != nil {
		t.Fatal(err)
	}
	got := words.labels(v, policy.Labels{Subsystems: true, NeedsReview: true})
	if diff := cmp.Diff([]string{"area/mm", "kernel", "needs-review/mm"}, got[:3]); diff != "" || len(got) != 4 {
		t.Fatalf("%v (-want +got):\n%s", got, diff)
	}
	if n := utf8.RuneCountInString(got[3]); n != usual.Label || got[3] == shortLabel(NeedsReview+long+"x", usual.Label) ||
		!utf8.ValidString(got[3]) {
		t.Errorf("%q has %d characters", got[3], n)
	}
	if got := words.labels(v, policy.Labels{}); got != nil {
		t.Errorf("%v", got)
	}
	v.Unwarned = policy.Success
	if got := words.labels(v, policy.Labels{NeedsReview: true}); got != nil {
		t.Errorf("where all is reviewed: %v", got)
	}
}

// TestLabelsSettle holds, on random labels: what others set is never taken off,
// what somebody took off is not put back, and a plan that was carried out leaves
// nothing to do.
func TestLabelsSettle(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", "d", "e"}
	some := func(t *rapid.T, label string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 5, rapid.ID[string]).Draw(t, label)
	}
	rapid.Check(t, func(t *rapid.T) {
		standing, wanted := some(t, "standing"), some(t, "wanted")
		var own []OwnLabel
		for _, name := range some(t, "own") {
			own = append(own, OwnLabel{Name: strings.ToUpper(name), Taken: rapid.Bool().Draw(t, "taken"), Sure: rapid.Bool().Draw(t, "sure")})
		}
		l := diffLabels(standing, own, wanted)
		for _, name := range l.Remove {
			i := slices.IndexFunc(own, func(o OwnLabel) bool { return o.Name == name })
			if i < 0 || own[i].Taken || hasLabel(wanted, name) {
				t.Fatalf("%s is taken off", name)
			}
		}
		for _, o := range own {
			if (o.Taken || o.Sure) && hasLabel(l.Add, o.Name) {
				t.Fatalf("%s is put back", o.Name)
			}
		}
		standing = slices.DeleteFunc(slices.Concat(standing, l.Add), func(name string) bool { return hasLabel(l.Remove, name) })
		own = slices.DeleteFunc(own, func(o OwnLabel) bool {
			return hasLabel(l.Remove, o.Name) || hasLabel(l.Forget, o.Name) || hasLabel(l.Add, o.Name)
		})
		for i := range own {
			own[i].Taken = own[i].Taken || hasLabel(l.Taken, own[i].Name)
		}
		for _, name := range l.Add {
			own = append(own, OwnLabel{Name: name, Sure: rapid.Bool().Draw(t, "sure now")})
		}
		if again := diffLabels(standing, own, wanted); !again.Empty() {
			t.Fatalf("%+v, then %+v", l, again)
		}
	})
}
