package pull

import "time"

// Sighting is where a pull request stood when it was looked at. One is kept for
// each look that showed something else than the one before.
type Sighting struct {
	// Number counts the sightings of a pull request from 1.
	Number     int    `json:"number"`
	Head       string `json:"head"`
	BaseBranch string `json:"base_branch"`
	BaseTip    string `json:"base_tip"`
	// At is when it was first seen so, by the forge's clock.
	At time.Time `json:"at"`
	// Moves is how many of the request's BaseMoves had happened by then, if
	// MovesKnown.
	Moves      int  `json:"moves,omitempty"`
	MovesKnown bool `json:"moves_known,omitempty"`
	// Left are the branches, and their tips now, that the pull request was to be
	// merged into since the sighting before.
	Left []Tip `json:"left,omitempty"`
}

// Tip is a branch and the commit at its end.
type Tip struct {
	Branch string `json:"branch"`
	Commit string `json:"commit"`
}

// Base is what the head was compared with.
func (s *Sighting) Base() Tip { return Tip{s.BaseBranch, s.BaseTip} }

// Same tells whether two sightings show the same.
func (s *Sighting) Same(o *Sighting) bool {
	return s.Head == o.Head && s.BaseBranch == o.BaseBranch && s.BaseTip == o.BaseTip && s.Moves == o.Moves && s.MovesKnown == o.MovesKnown
}

// Sight is a review as it was first seen in a state. What the forge says of it
// later, of its commit or its words, does not change what its author saw and
// meant.
type Sight struct {
	Review int64       `json:"review"`
	State  ReviewState `json:"state"`
	Commit string      `json:"commit,omitempty"` // that it named; empty where it named none
	Body   string      `json:"body,omitempty"`   // as far as it holds commands
	Edited bool        `json:"edited,omitempty"` // after its submission, when it was first seen
	// Before is how many sightings there had been without it, In the number of the
	// first one that had it.
	Before int `json:"before"`
	In     int `json:"in"`
	// Since is the number of a sighting from long before its author began.
	Since int `json:"since"`
}

// Told is what a signed delivery said of a review when it was submitted.
type Told struct {
	Review int64       `json:"review"`
	State  ReviewState `json:"state"`
	Commit string      `json:"commit,omitempty"`
	Body   string      `json:"body,omitempty"` // as far as it holds commands
	// Dismissed tells that a delivery told of its dismissal, too.
	Dismissed bool `json:"dismissed,omitempty"`
}

// HeadMove is a move of the head branch that git calls forced.
type HeadMove struct {
	Before, After string // commit ids; empty where the forge does not tell
	At            time.Time
}
