// Package pull holds the nouns of a pull request as a forge shows it: the
// request, its changed files with their content on both sides, its reviews,
// commits and people.
//
// The package promises values only: it does no I/O, knows no forge and decides
// nothing. What the nouns mean for the gate is package policy's business; how
// they are read is the forge adapters'.
package pull

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNotFound means that a forge has no such thing, or does not show it to this
// credential.
var ErrNotFound = errors.New("not found")

// ErrForbidden means that this credential may not do that.
var ErrForbidden = errors.New("forbidden")

// ErrGone means that a repository is out of reach as a whole: it was deleted, or
// the App was taken out of it or suspended.
var ErrGone = errors.New("the repository is out of reach: it was deleted, or the app is not installed there, or is suspended")

// ErrTooLarge means that a file has more bytes than are read, or a history more commits:
// asking again changes nothing.
var ErrTooLarge = errors.New("too large")

// ErrRefused means that a forge does not take what is to be written, however
// often it is asked: a text that is too long, or of characters that it lacks.
var ErrRefused = errors.New("refused")

// Repo names a repository on one configured forge.
type Repo struct {
	Forge string // the forge's configured name
	Owner string // user, organisation or group; one within others is "a/b"
	Name  string
}

// String returns "forge:owner/name".
func (r Repo) String() string { return r.Forge + ":" + r.Owner + "/" + r.Name }

// Slug returns "owner/name", as people write it.
func (r Repo) Slug() string { return r.Owner + "/" + r.Name }

// OfOwner reports whether a repository is one in which, by the custom of several forges,
// an owner keeps what holds for all of theirs: its name begins with a dot.
func (r Repo) OfOwner() bool { return strings.HasPrefix(r.Name, ".") }

// Within reports whether an owner is a group, or one within it. Owners compare without
// case.
func Within(owner, group string) bool {
	return strings.HasPrefix(strings.ToLower(owner)+"/", strings.ToLower(group)+"/")
}

// ParseRepo reads "owner/name" for the named forge. The owner may have several parts, as
// a group within a group.
func ParseRepo(forge, slug string) (Repo, error) {
	at := strings.LastIndexByte(slug, '/')
	if at < 0 || slices.Contains(strings.Split(slug, "/"), "") {
		return Repo{}, fmt.Errorf("repository %q: want owner/name", slug)
	}
	return Repo{Forge: forge, Owner: slug[:at], Name: slug[at+1:]}, nil
}

// Ref names one pull request. A Number of 0 names the repository as a whole.
type Ref struct {
	Repo   Repo
	Number int
}

// String returns "forge:owner/name#12".
func (r Ref) String() string { return r.Repo.String() + "#" + strconv.Itoa(r.Number) }

// Fields returns what a line of a log says of a pull request, before more of the same:
// keys and values in turn.
func (r Ref) Fields(more ...any) []any {
	return append([]any{"forge", r.Repo.Forge, "repo", r.Repo.Slug(), "pr", r.Number}, more...)
}

// MarshalText returns String, for JSON.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText gives.
func (r *Ref) UnmarshalText(b []byte) (err error) {
	*r, err = ParseRef(string(b))
	return err
}

// IsID reports whether a text is the id of an object of git: 40 hexadecimal digits in small
// letters, or 64 of them.
func IsID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// ParseRef reads what Ref.String gives.
func ParseRef(s string) (Ref, error) {
	forge, rest, ok := strings.Cut(s, ":")
	slug, number, ok2 := strings.Cut(rest, "#")
	n, err := strconv.Atoi(number)
	if !ok || !ok2 || err != nil || n < 0 {
		return Ref{}, fmt.Errorf("reference %q: want forge:owner/name#number", s)
	}
	repo, err := ParseRepo(forge, slug)
	return Ref{Repo: repo, Number: n}, err
}

// Person is who acted on the forge. The zero Person is nobody: a deleted
// account, or an e-mail that maps to no account.
type Person struct {
	Login string `json:"Login"` // as the forge writes it; compare with SameLogin
	ID    int64  `json:"ID"`    // of the account, see AccountNumber; 0 where unknown
	Bot   bool   `json:"Bot"`   // the forge says that this is a bot or an app
}

// SameLogin reports whether two logins name one account. Logins compare without
// case; the empty login is nobody and equals nothing.
func SameLogin(a, b string) bool { return a != "" && strings.EqualFold(a, b) }

// BotLogin reports whether a login is that of an app, as people and REST write it.
func BotLogin(login string) bool { return strings.HasSuffix(login, "[bot]") }

// Is reports whether both are one account: by numeric id where both are known,
// else by login.
func (p Person) Is(o Person) bool {
	if p.ID != 0 && o.ID != 0 {
		return p.ID == o.ID
	}
	return SameLogin(p.Login, o.Login)
}

// Request is a pull request as read in one moment.
type Request struct {
	Ref        Ref    `json:"Ref"`
	Title      string `json:"Title"`
	URL        string `json:"URL"`
	Author     Person `json:"Author"`
	BaseBranch string `json:"BaseBranch"`           // name of the branch that it is to be merged into
	BaseTip    string `json:"BaseTip"`              // commit id of that branch's tip
	MergeBase  string `json:"MergeBase"`            // commit id that Files are compared against
	Head       string `json:"Head"`                 // commit id
	HeadBranch string `json:"HeadBranch,omitempty"` // of the repository itself that it comes from; empty for a fork
	// BranchTip is the tip of the branch that it comes from, where the forge says that
	// this is another commit than Head: it does not follow its branch.
	BranchTip string    `json:"BranchTip,omitempty"`
	Open      bool      `json:"Open"`
	Draft     bool      `json:"Draft"`
	UpdatedAt time.Time `json:"UpdatedAt"`

	Files      []File `json:"Files"`
	Complete   bool   `json:"Complete"`   // Files is the whole list
	Incomplete string `json:"Incomplete"` // why it is not, for people; empty if Complete
	Transient  bool   `json:"Passing"`    // Incomplete may pass by itself: read the list again

	Reviews   []Review  `json:"Reviews"`  // in order of submission, then id
	Comments  []Comment `json:"Comments"` // in order of creation, then id
	Commits   []Commit  `json:"Commits"`
	Requested []string  `json:"Requested"` // who is asked for review at this moment: logins, and teams as "@organisation/slug"
	Busy      []string  `json:"Busy"`      // logins of those who say on the forge that they are busy

	// BaseMoves are, in order, the moves of the base, the reopenings of the request
	// among them; HeadMoves the forced ones of the head. BaseMovesKnown is false if
	// neither could be read.
	BaseMoves      []BaseMove `json:"BaseMoves"`
	BaseMovesKnown bool       `json:"BaseMovesKnown"`
	HeadMoves      []HeadMove `json:"HeadMoves,omitempty"`
	OpenedAt       time.Time  `json:"OpenedAt,omitzero"`

	// Deleted are the comments that are gone, in order, as far as the forge tells; not
	// known if BaseMovesKnown is false.
	Deleted []Deletion `json:"Deleted,omitempty"`

	// ReviewRequests are what happened to requests for review, in order; AsksKnown is
	// false if they could not be read.
	ReviewRequests      []ReviewRequest `json:"Asks"`
	ReviewRequestsKnown bool            `json:"AsksKnown"`

	Labels    []string `json:"Labels"`    // that stand on it; nil where they could not be read
	Assignees []string `json:"Assignees"` // logins
	Merged    bool     `json:"Merged"`    // closed by merging
}

// OnTip reports whether the head descends from the base branch's tip, as its commits
// tell by the ids of their parents, whatever list they are from: the tip is the merge
// base then.
func (r *Request) OnTip() bool {
	parents := make(map[string][]string, len(r.Commits))
	for _, c := range r.Commits {
		parents[c.ID] = c.Parents
	}
	seen := map[string]bool{}
	for left := []string{r.Head}; len(left) > 0 && r.BaseTip != ""; {
		id := left[len(left)-1]
		left = left[:len(left)-1]
		if id == r.BaseTip {
			return true
		}
		if !seen[id] {
			seen[id] = true
			left = append(left, parents[id]...)
		}
	}
	return false
}

// Deletion is a comment that was deleted.
type Deletion struct {
	Author Person    `json:"Author,omitzero"` // of the comment; nobody where the forge does not tell
	At     time.Time `json:"At"`              // when it was deleted
}

// ReviewRequest is one request for review, or one that was taken back.
type ReviewRequest struct {
	Who     string    `json:"Who"` // a login, or a team as "@organisation/slug"
	At      time.Time `json:"At"`
	Removed bool      `json:"Removed"`
}

// ReviewState is what a review says.
type ReviewState string

// The states of a review; adapters turn a forge's words into these.
const (
	Approved         ReviewState = "APPROVED"
	ChangesRequested ReviewState = "CHANGES_REQUESTED"
	Commented        ReviewState = "COMMENTED"
	Dismissed        ReviewState = "DISMISSED"
	Pending          ReviewState = "PENDING"
)

// Review is one submitted review.
type Review struct {
	ID       int64       `json:"ID"`
	Author   Person      `json:"Author"`
	State    ReviewState `json:"State"`
	Commit   string      `json:"Commit"` // the head that it was given for; empty where the forge no longer knows
	At       time.Time   `json:"At"`
	Begun    time.Time   `json:"Begun,omitzero"` // when its author began to write it; zero where that is not known
	Body     string      `json:"Body"`
	Edited   bool        `json:"Edited"`   // its body was changed after submission
	EditedBy Person      `json:"EditedBy"` // who changed it last; nobody where the forge does not tell
	Node     string      `json:"Node"`     // the forge's key for reactions
	CanWrite bool        `json:"CanWrite"` // the forge says that its author may push to the repository
	// WriteUnknown reports that the forge did not say whether its author may.
	WriteUnknown bool `json:"WriteUnknown,omitempty"`

	// For State Dismissed: who dismissed it and what it had said before.
	// Empty where the forge does not tell.
	DismissedBy    Person      `json:"DismissedBy"`
	DismissedState ReviewState `json:"DismissedState"`
	// DismissedByForge reports that the forge took it back by itself, at a push or
	// another base: DismissedBy is who pushed.
	DismissedByForge bool `json:"DismissedByForge,omitempty"`
}

// NoWrite reports whether the forge certainly says that the review's author may not push.
func (r *Review) NoWrite() bool { return !r.CanWrite && !r.WriteUnknown && r.Author.Login != "" }

// SortReviews puts reviews in the order in which the rule takes them: by time
// of submission, then by id.
func SortReviews(reviews []Review) {
	slices.SortStableFunc(reviews, func(a, b Review) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
}

// Comment is one remark in a pull request's conversation.
type Comment struct {
	ID     int64     `json:"ID"`
	Node   string    `json:"Node"` // the forge's key for reactions
	Author Person    `json:"Author"`
	Body   string    `json:"Body"`
	At     time.Time `json:"At"`
	Edited bool      `json:"Edited"` // its body was changed after it was written
	// EditedAt is when that was last; zero where it was not, or the forge does not tell.
	EditedAt time.Time `json:"EditedAt,omitzero"`
}

// SaidAt is when the comment said last what it says.
func (c Comment) SaidAt() time.Time {
	if c.EditedAt.After(c.At) {
		return c.EditedAt
	}
	return c.At
}

// Commit is one commit of a pull request.
type Commit struct {
	ID      string   `json:"ID"`
	Parents []string `json:"Parents"`
	// Signed is whom the commit itself names as those who made it. Of commits that
	// were stored without, People are those whom the forge knew, and Unknown the
	// e-mails of the others.
	Signed  []Signature `json:"Signed,omitempty"`
	People  []Person    `json:"People"`
	Unknown []string    `json:"Unknown"`
	// Vouched are whom its message says to have reviewed it. Nobody proves that.
	Vouched []Signature `json:"Vouched,omitempty"`
	// Paths are the files that the commit touches, if PathsKnown; a commit
	// whose paths are not known touches every file.
	Paths      []string `json:"Paths"`
	PathsKnown bool     `json:"PathsKnown"`
}
