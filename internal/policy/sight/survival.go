package sight

import (
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Merge is a three-way merge of one file's text, by git object ids, and what
// it must give: a review of Ours against Base still holds for Result against
// Theirs if merging them is clean and gives exactly Result (package policy, §3).
type Merge struct {
	Base   string `json:"base"`   // at the merge base when it was reviewed
	Ours   string `json:"ours"`   // at the head when it was reviewed
	Theirs string `json:"theirs"` // at the merge base now
	Result string `json:"result"` // at the head now
}

// Survives reports whether a reviewed content lives on in the content of now. It
// is sure where the object ids alone tell; else it depends on a merge of text.
func Survives(then, now pull.Content) (lives bool, depends *Merge) {
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

// sameKind reports whether both are a change of an existing file, by the same
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
