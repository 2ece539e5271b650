package policy

import (
	"cmp"
	"slices"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Merge is a three-way merge of one file's text, by git object ids, and what
// it must give: a review of Ours against Base still holds for Result against
// Theirs if merging them is clean and gives exactly Result (gate.md §3).
type Merge struct {
	Base   string `json:"base"`   // at the merge base when it was reviewed
	Ours   string `json:"ours"`   // at the head when it was reviewed
	Theirs string `json:"theirs"` // at the merge base now
	Result string `json:"result"` // at the head now
}

// survival tells whether a reviewed content lives on in the content of now. It
// is sure where the object ids alone tell; else it depends on a merge of text.
func survival(then, now pull.Content) (lives bool, depends *Merge) {
	if then == now {
		return true, nil
	}
	if !sameKind(then, now) {
		return false, nil
	}
	mode, ok := merge3(then.OldMode, then.Mode, now.OldMode)
	if !ok || mode != now.Mode {
		return false, nil
	}
	if id, ok := merge3(then.OldID, then.ID, now.OldID); ok {
		return id == now.ID, nil
	}
	if !isText(then.Mode) || !isText(then.OldMode) || !isText(now.OldMode) {
		return false, nil
	}
	return false, &Merge{Base: then.OldID, Ours: then.ID, Theirs: now.OldID, Result: now.ID}
}

// sameKind tells whether both are a change of an existing file, by the same
// paths. What was added or removed has no base side that could have moved.
func sameKind(then, now pull.Content) bool {
	edit := func(s pull.FileStatus) bool { return s == pull.Modified || s == pull.Changed }
	renames := then.Status == pull.Renamed && now.Status == pull.Renamed
	return (renames || edit(then.Status) && edit(now.Status)) && then.Path == now.Path && then.OldPath == now.OldPath
}

// merge3 merges what can't be merged any finer.
func merge3[T comparable](base, ours, theirs T) (merged T, clean bool) {
	switch {
	case ours == theirs, theirs == base:
		return ours, true
	case ours == base:
		return theirs, true
	}
	return merged, false
}

func isText(m pull.Mode) bool { return m == pull.Regular || m == pull.Executable }

// unchanged tells whether a file is as an approval's reviewer saw it, against
// whichever base that was, and if not, why.
func (e *evaluation) unchanged(a *approval, f *pull.File) (bool, Code) {
	changed := NoteStale
	if a.seen.commit == e.s.Request.Head && len(a.seen.shown) > 1 {
		changed = NoteOtherBase // only what it was compared with, and that at the time
	}
	if !a.seen.listed(f.Path) {
		return false, changed
	}
	all := true
	for _, shown := range a.seen.shown {
		then := shown[f.Path]
		if !then.Whole() || !f.Whole() {
			return false, NoteUnknownContent
		}
		lives, depends := survival(then, f.Content)
		if depends != nil {
			e.depends[*depends] = true
			lives = e.merges[*depends]
		}
		all = all && lives
	}
	if !all {
		return false, changed
	}
	return true, ""
}

// MergesNeeded gives the merges of text that Evaluate would need to be told of
// in Snapshot.Merges, each once, in order.
func MergesNeeded(s Snapshot) []Merge {
	if len(faults(s)) > 0 {
		return nil
	}
	e := newEvaluation(s)
	if !slices.ContainsFunc(e.approvals, func(a *approval) bool { return a.seen.why == "" && !a.seen.same }) {
		return nil // every approval is of what is there now, or of nothing known
	}
	e.files()
	needed := make([]Merge, 0, len(e.depends))
	for m := range e.depends {
		needed = append(needed, m)
	}
	slices.SortFunc(needed, func(a, b Merge) int {
		return cmp.Or(cmp.Compare(a.Result, b.Result), cmp.Compare(a.Ours, b.Ours), cmp.Compare(a.Theirs, b.Theirs), cmp.Compare(a.Base, b.Base))
	})
	return needed
}
