package sight

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestSurvives holds what object ids alone tell of a reviewed content, and when it
// depends on a merge of text.
func TestSurvives(t *testing.T) {
	t.Parallel()
	edit := func(old, id string) pull.Content {
		return pull.Content{Path: "a.c", Status: pull.Modified, OldMode: pull.Regular, Mode: pull.Regular, OldID: old, ID: id}
	}
	executable, renamed := edit("1", "2"), edit("1", "2")
	executable.Mode = pull.Executable
	renamed.Status, renamed.OldPath = pull.Renamed, "b.c"
	link := edit("3", "4")
	link.OldMode, link.Mode = pull.Symlink, pull.Symlink
	for name, tt := range map[string]struct {
		then, now pull.Content
		lives     bool
		depends   *Merge
	}{
		"the same":                    {edit("1", "2"), edit("1", "2"), true, nil},
		"the base took it over":       {edit("1", "2"), edit("2", "2"), true, nil},
		"another":                     {edit("1", "2"), edit("1", "3"), false, nil},
		"the base moved":              {edit("1", "2"), edit("3", "4"), false, &Merge{Base: "1", Ours: "2", Theirs: "3", Result: "4"}},
		"the mode was changed":        {edit("1", "2"), executable, false, nil},
		"from elsewhere":              {edit("1", "2"), renamed, false, nil},
		"no text, and the base moved": {link, edit("5", "6"), false, nil},
		"added, where there was none": {pull.Content{Path: "a.c", Status: pull.Added, Mode: pull.Regular, ID: "1"}, edit("0", "1"), false, nil},
		"removed, and there is one now": {pull.Content{Path: "a.c", Status: pull.Removed, OldMode: pull.Regular, OldID: "1"}, edit("1", "2"),
			false, nil},
	} {
		lives, depends := Survives(tt.then, tt.now)
		if diff := cmp.Diff(tt.depends, depends); diff != "" || lives != tt.lives {
			t.Errorf("%s: lives %v, depends (-want +got):\n%s", name, lives, diff)
		}
	}
}

// TestShownBy holds that a file which the forge's list did not show is none that somebody saw.
func TestShownBy(t *testing.T) {
	t.Parallel()
	shown := pull.Content{Path: "a.c", Status: pull.Added, Mode: pull.Regular, ID: "1"}
	h := &pull.Head{Files: []pull.Content{shown, {Path: "b.c", Status: pull.Added, Mode: pull.Regular, ID: "2"}}, Hidden: []string{"b.c"}}
	if diff := cmp.Diff(map[string]pull.Content{"a.c": shown}, ShownBy(h)); diff != "" {
		t.Error(diff)
	}
}

// TestWitnessed holds that a review is of the commit that it named at first sight only
// where no push can have moved it there, and of the bases around its time.
func TestWitnessed(t *testing.T) {
	t.Parallel()
	at := time.Unix(10_000, 0)
	first := func() *View {
		return &View{
			Req: &pull.Request{Head: "h", BaseTip: "tip", MergeBase: "m", BaseMovesKnown: true},
			Seen: &Seen{
				Sightings: []pull.Sighting{
					{Number: 1, Head: "h", BaseBranch: "main", BaseTip: "tip", At: at.Add(-time.Hour), MovesKnown: true},
					{Number: 2, Head: "h", BaseBranch: "main", BaseTip: "tip", At: at.Add(time.Second), MovesKnown: true},
				},
				Sights: []pull.Sight{{Review: 7, State: pull.Approved, Commit: "h", Before: 1, In: 2}},
			},
		}
	}
	unseen, unknown, moved, told := first(), first(), first(), first()
	unseen.Seen.Sights = nil
	unknown.Req.BaseMovesKnown = false
	moved.Seen.Sightings[1].BaseBranch = "next"
	told.Seen.Told, told.Req.BaseMovesKnown = []pull.Told{{Review: 7, State: pull.Approved, Commit: "older"}}, true
	for name, tt := range map[string]struct {
		v      *View
		commit string
		why    Why
	}{
		"seen while it was the head":     {first(), "h", ""},
		"never seen":                     {unseen, "h", WhyUnknownHead},
		"the forge's log was not read":   {unknown, "h", WhyUnproven},
		"another base, and nobody knows": {moved, "h", WhyOtherBase},
		"a delivery named another":       {told, "older", ""},
	} {
		commit, bases, why := tt.v.Witnessed(Said{Review: &pull.Review{ID: 7, State: pull.Approved, Commit: "h", At: at}})
		if commit != tt.commit || why != tt.why || (why == "") != (len(bases) > 0) {
			t.Errorf("%s: %q against %v, why %q", name, commit, bases, why)
		}
	}
}

// TestWitnessOfTheBase holds that where the forge tells of no moves two looks that show one base
// branch stand for what lay between them, that a branch which was left is one of the bases that
// somebody may have seen, and that one of which it is not known where it stood is none.
func TestWitnessOfTheBase(t *testing.T) {
	t.Parallel()
	at := time.Unix(10_000, 0)
	tip := func(branch, commit string) pull.Tip { return pull.Tip{Branch: branch, Commit: commit} }
	look := func(n int, before time.Duration, base pull.Tip, left ...pull.Tip) pull.Sighting {
		return pull.Sighting{Number: n, Head: "h", BaseBranch: base.Branch, BaseTip: base.Commit, At: at.Add(-before), Left: left}
	}
	main, later, next := tip("main", "t1"), tip("main", "t2"), tip("next", "n1")
	for name, tt := range map[string]struct {
		looks   []pull.Sighting
		witness bool
		want    []pull.Tip
		why     Why
	}{
		"it stays":                         {[]pull.Sighting{look(1, time.Hour, main), look(2, 0, main)}, true, []pull.Tip{main, main}, ""},
		"its tip moves on":                 {[]pull.Sighting{look(1, time.Hour, main), look(2, 0, later)}, true, []pull.Tip{main, later}, ""},
		"it stays, as far as anybody told": {[]pull.Sighting{look(1, time.Hour, main), look(2, 0, main)}, false, nil, WhyOtherBase},
		"retargeted long before": {[]pull.Sighting{look(1, 2*time.Hour, next), look(2, time.Hour, main, next), look(3, 0, main)}, true,
			[]pull.Tip{main, main}, ""},
		"retargeted while it was read": {[]pull.Sighting{look(1, time.Hour, next), look(2, time.Minute, main, next), look(3, 0, main)}, true,
			[]pull.Tip{next, main, next, main}, ""},
		"retargeted from nobody knows where": {[]pull.Sighting{look(1, time.Hour, next), look(2, time.Minute, main), look(3, 0, main)}, true,
			nil, WhyOtherBase},
		"retargeted with the approval": {[]pull.Sighting{look(1, time.Hour, next), look(2, 0, main, next)}, true, nil, WhyOtherBase},
		"first seen while it was read": {[]pull.Sighting{look(1, time.Minute, main), look(2, 0, main)}, true, []pull.Tip{main, main}, ""},
	} {
		in := len(tt.looks)
		v := &View{Req: &pull.Request{Head: "h", BaseTip: "t1", MergeBase: "m"}, Seen: &Seen{Sightings: tt.looks, CommitsStay: true,
			Witness: tt.witness, Sights: []pull.Sight{{Review: 7, State: pull.Approved, Commit: "h", Before: in - 1, In: in, At: at}}}}
		_, bases, why := v.Witnessed(Said{Review: &pull.Review{ID: 7, State: pull.Approved, Commit: "h", At: at}})
		if diff := cmp.Diff(tt.want, bases); diff != "" || why != tt.why {
			t.Errorf("%s: why %q (-want +got):\n%s", name, why, diff)
		}
	}
}
