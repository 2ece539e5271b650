package fake

// Why is the kind of a refusal. A dialect answers each in its own way.
type Why string

// The refusals.
const (
	NotFound      Why = "not found"
	NoBase        Why = "no such base"
	NoHead        Why = "no such head"
	NothingNew    Why = "nothing to merge"
	OpenAlready   Why = "open already"
	NotReopenable Why = "can't be reopened"
	NotMergeable  Why = "can't be merged"
	HeadModified  Why = "head modified"
	NoCommit      Why = "no such commit"
	BadReview     Why = "no such review can be given"
	NotAskable    Why = "can't be asked for review"
	NoTeam        Why = "no such team"
	EmptyComment  Why = "empty comment"
	LongComment   Why = "comment too long"
	NoLabel       Why = "no such label"
	NotQueueable  Why = "can't be queued"
	TooManyOfName Why = "too many of that name"
)

// Refusal is what the forge answers to an act that it does not allow.
type Refusal struct {
	Why  Why
	Text string // a sentence, where there is more to say; of NoTeam the slug
}

func (r *Refusal) Error() string {
	if r.Text == "" {
		return string(r.Why)
	}
	return r.Text
}

func refuse(why Why, text string) error { return &Refusal{why, text} }
