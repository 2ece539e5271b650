package pull

import (
	"encoding/json"
	"time"
)

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
	HeadMoves  int  `json:"head_moves,omitempty"` // the same of the request's HeadMoves
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

// Same reports whether two sightings show the same.
func (s *Sighting) Same(o *Sighting) bool {
	return s.Head == o.Head && s.BaseBranch == o.BaseBranch && s.BaseTip == o.BaseTip && s.Moves == o.Moves && s.MovesKnown == o.MovesKnown &&
		s.HeadMoves == o.HeadMoves
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
	// At is when it was first seen, where the forge gives reviews no time.
	At time.Time `json:"at,omitzero"`
	// Since is the number of a sighting from long before its author began.
	Since int `json:"since"`
	// HeadMoves is how many of the request's HeadMoves had happened by then.
	HeadMoves int `json:"head_moves,omitempty"`
	// By is whose it is, where the forge numbers reviews by their authors.
	By Person `json:"by,omitzero"`
}

// Objection is a request for changes as it was last read. It goes on blocking where the
// forge no longer shows it, or no longer says whose it is, because an account is gone or
// hidden.
type Objection struct {
	Review int64     `json:"review"`
	Spoken bool      `json:"spoken,omitempty"` // Review is a comment, /hold
	Author Person    `json:"author"`
	Commit string    `json:"commit,omitempty"`
	At     time.Time `json:"at"`
	// Teams are those among the owners of the time that the author was seen to be in,
	// "organisation/slug" in lower case, sorted.
	Teams []string `json:"teams,omitempty"`
	// NoWrite tells that the forge certainly said of the author to have no write permission.
	NoWrite bool `json:"no_write,omitempty"`
	// Ended tells that it was taken back, by a dismissal or an approval that was seen.
	Ended bool `json:"ended,omitempty"`
	// Lifted is who ended it in place of its author; zero where nobody did.
	Lifted Lifted `json:"lifted,omitzero"`
}

// Lifted is the act of somebody who ended another's request for changes.
type Lifted struct {
	By     string    `json:"by"` // the login of that time
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Told is what a signed delivery said of a review when it was submitted.
type Told struct {
	Review int64       `json:"review"`
	State  ReviewState `json:"state"`
	Commit string      `json:"commit,omitempty"`
	Body   string      `json:"body,omitempty"` // as far as it holds commands
	Author Person      `json:"author,omitzero"`
	// Dismissed tells that a delivery told of its dismissal, too.
	Dismissed bool `json:"dismissed,omitempty"`
	// ReceivedAt is when the last of them came that told something new.
	ReceivedAt time.Time `json:"received_at,omitzero"`
}

// Spoken is the state under which a comment with commands is seen, as a review is.
const Spoken ReviewState = "SPOKEN"

// Withdrawn is the state under which it is noted that a review was taken back, where the
// forge shows no more than that it is gone.
const Withdrawn ReviewState = "WITHDRAWN"

// MoveKind is how the base of a pull request moved.
type MoveKind string

// The kinds of moves.
const (
	Retargeted MoveKind = "retargeted" // to another branch
	Followed   MoveKind = "followed"   // by the forge: the branch was merged there, and deleted
	Rewritten  MoveKind = "rewritten"  // the branch was force-pushed
	Reopened   MoveKind = "reopened"   // after a time in which the forge may not have followed
	Remade     MoveKind = "remade"     // the branch was deleted, or made anew
)

// BaseMove is a moment after which the same head may be compared with another
// commit.
type BaseMove struct {
	At   time.Time `json:"at"`
	Kind MoveKind  `json:"kind,omitempty"` // empty where it is not known
	// Before is what had stood there: of a retargeting the branch, of a rewriting
	// the commit. Empty parts are not known.
	Before Tip `json:"before,omitzero"`
}

// UnmarshalJSON reads a move, or, as records of version 1 have it, its time.
func (m *BaseMove) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*m = BaseMove{}
		return json.Unmarshal(b, &m.At)
	}
	type plain BaseMove
	return json.Unmarshal(b, (*plain)(m))
}

// Proof is a moment at which the forge itself noted that a commit was there.
type Proof struct {
	Commit string    `json:"commit"`
	Branch string    `json:"branch,omitempty"` // that it was pushed to; empty where the forge does not tell
	At     time.Time `json:"at"`
}

// HeadMove is a move of the head branch that git calls forced.
type HeadMove struct {
	Before string    `json:"before,omitempty"` // commit id; empty where the forge does not tell
	After  string    `json:"after,omitempty"`
	At     time.Time `json:"at"`
}
