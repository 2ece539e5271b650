package seam

// Oddity is something that a forge should not do, or hardly ever.
type Oddity string

// The oddities that are counted.
const (
	TextRefused   Oddity = "text_refused"   // a check's text
	ReviewMoved   Oddity = "review_moved"   // a review names another commit than when it was first seen
	AnswersBehind Oddity = "answers_behind" // it shows less than its own events told
	ListStale     Oddity = "list_stale"     // the list of files is not that of the base branch
	Contested     Oddity = "contested"      // somebody else wrote our check, on the head or on the test merge
	WrongMerge    Oddity = "wrong_merge"    // a merge queue merged another tree than the one that was checked
)

// Oddities lists them all.
func Oddities() []Oddity {
	return []Oddity{TextRefused, ReviewMoved, AnswersBehind, ListStale, Contested, WrongMerge}
}
