package seam

import (
	"context"
	"time"

	"github.com/reviewgate/reviewgate/internal/gittree"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Source reads one forge. Errors of kind forge.ErrNotFound and
// *forge.LimitError keep their kind.
type Source interface {
	// Look reads a pull request and where its policy and ownership stand, in
	// one moment: everything but the files. owned names paths to look up at
	// the base branch's tip; inline asks for small files' text along with it.
	Look(ctx context.Context, ref pull.Ref, owned []string, inline bool) (Look, error)
	// Files reads the list of changed files and the merge base.
	Files(ctx context.Context, look Look) (Change, error)
	// Sides adds to a change what each file is on both sides and, after
	// everything else, the moment again.
	Sides(ctx context.Context, look Look, c *Change) error
	// Team reads the members of "organisation/slug", child teams included. A
	// team that is gone or not readable comes back with Unread set, not as an
	// error.
	Team(ctx context.Context, repo pull.Repo, team string) (policy.Team, error)
}

// Archive reads what is not of this moment.
type Archive interface {
	// Blob reads a file by object id; one of more bytes than most is
	// pull.ErrTooLarge, and not read.
	Blob(ctx context.Context, repo pull.Repo, id string, most int) ([]byte, error)
	// Entries looks paths up in a commit's tree, or at the tip of the default
	// branch, by the name DefaultTip.
	Entries(ctx context.Context, repo pull.Repo, commit string, paths []string) (map[string]Entry, error)
	// HeadAt reads what a commit that was never recorded changes against the
	// base branch of look. The head is not Complete where git no longer gives
	// all of it.
	HeadAt(ctx context.Context, look Look, commit string) (pull.Head, error)
	// Noted returns when the forge itself noted that a commit was pushed: times of its
	// checks and statuses, never dates within commits.
	Noted(ctx context.Context, repo pull.Repo, commit string) ([]pull.Proof, error)
}

// DefaultTip names the tip of a repository's default branch where a commit id
// is asked for.
const DefaultTip = "HEAD"

// Lister lists what a sweep compares. Lists that did not change should cost
// the forge's rate limit nothing.
type Lister interface {
	// OpenRequests lists the open pull requests of a repository.
	OpenRequests(ctx context.Context, repo pull.Repo) ([]Listed, error)
	// Tip returns the commit id of a branch's tip; empty if there is no such
	// branch.
	Tip(ctx context.Context, repo pull.Repo, branch string) (string, error)
}

// Publisher writes to one forge. Each write done twice is as good as done
// once.
type Publisher interface {
	// SetCheck writes a check over what is known of the one before it, and gives
	// the id to use next time. ref has no number where it is not for one pull request
	// alone. What stands afterwards shows the check's outcome, or
	// it is an error; pull.ErrRefused where the forge takes no such text.
	SetCheck(ctx context.Context, ref pull.Ref, c publish.Check, before Written) (string, error)
	// RequestReviewers asks people, by login, and teams, as
	// "@organisation/slug", for review, and returns those who are asked now and
	// those whom the forge refused, also beside an error: of the others nothing is
	// known then.
	RequestReviewers(ctx context.Context, ref pull.Ref, names []string) (asked, refused []string, err error)
	// UnrequestReviewers takes requests for review back, by names as in RequestReviewers.
	// One that does not stand is no error.
	UnrequestReviewers(ctx context.Context, ref pull.Ref, names []string) error
	// UpsertComment writes the gate's one comment. id is that of an earlier write,
	// empty where there is none; pull.ErrNotFound where somebody deleted that one; search asks to look on the forge for one whose id is
	// not known. A comment is ours by our identity and publish.Mark.
	UpsertComment(ctx context.Context, ref pull.Ref, body, id string, search bool) (string, error)
}

// Written is what is known of the last write of a check of one name to a head.
type Written struct {
	ID      string         // the forge's; empty where there is none, or it is not known
	Outcome policy.Outcome // that stands; empty where that is not known
	Search  bool           // there may be another one on the forge: look for it first
	// Anew asks for a new one if the one that stands is completed: somebody wants the
	// check to run again, and is to see that it does.
	Anew bool
	// Alone reports that the forge takes the check from us alone, so that what others
	// write under its name counts for nothing.
	Alone bool
}

// Trees reads the graph of commits and their trees. What an object id names
// never changes, so answers may be kept. A forge serves it, or a local clone.
type Trees interface {
	// MergeBases returns all best common ancestors of two commits, in order of
	// id: none where the histories have nothing in common, several where they
	// crossed. pull.ErrTooLarge means that more lies between them than is read.
	MergeBases(ctx context.Context, repo pull.Repo, a, b string) ([]string, error)
	// Trees returns the entries of trees, by the id that was asked for: a tree's,
	// or a commit's for its root. An id that is missing is an error, and so is
	// a list that was cut.
	Trees(ctx context.Context, repo pull.Repo, ids []string) (map[string][]gittree.Entry, error)
	// Commits returns the commits that a head has and a base has not, with the people
	// who made them; more than are read are pull.ErrTooLarge.
	Commits(ctx context.Context, repo pull.Repo, base, head string) ([]pull.Commit, error)
}

// Entry is what a commit's tree has at a path: a file, a directory, a symbolic
// link, which is not followed, or a submodule. The zero Entry means that the
// tree was read and has nothing there.
type Entry struct {
	ID   string
	Mode pull.Mode
	Text []byte // the content, where it came along; nil if not
}

// Look is one moment of a pull request.
type Look struct {
	// Request lacks Files. MergeBase is where the forge's list of commits meets the
	// base, empty where it does not tell: the list may be that of an older base.
	Request       pull.Request
	At            time.Time // when the forge answered, by its own clock
	DefaultBranch string
	DefaultTip    string
	ChangedFiles  int // the forge's count, or Untold
	Policy        Entry
	PolicyAbove   Entry  // what stands at the policy's directory, which may be a link
	PolicyPath    string // of Policy, where it is not Traits.PolicyPath
	Owned         map[string]Entry
	// Candidates are logins of people who may be asked for review: Sides finds
	// out along the way who of them is busy, and whose account is gone.
	Candidates []string
	OwnedAt    string // commit to read ownership at instead of the base branch's tip; empty for that
	// MoreCommits tells that the forge has more commits than it lists.
	MoreCommits string
	HasQueue    bool   // the base branch has a merge queue
	Queued      bool   // the pull request waits in it
	MergeCommit string // what a merged pull request became on its base branch; empty where it is not told
	// TestMerge is the commit that merging would give, and what statuses on it show, by
	// name in lower case: they decide before those of the head.
	TestMerge TestMerge
	// Statuses are what statuses on the head show, by name in lower case.
	Statuses map[string]policy.Outcome
	// Blocks is how the check keeps the pull request from being merged, where forges differ in
	// it from one repository to the next; empty: as is usual.
	Blocks publish.Blocking
}

// Untold is the count of changed files where the forge tells none.
const Untold = -1

// TestMerge is the commit that merging a pull request would give.
type TestMerge struct {
	Commit string                    // empty where the forge knows none
	Shows  map[string]policy.Outcome // empty for a state that the gate does not write
}

// Revision is what must be the same before and after everything else is read.
type Revision struct {
	Head, BaseBranch, BaseTip string
	ChangedFiles              int
	Open                      bool
}

// Revision returns the look's own moment.
func (l Look) Revision() Revision {
	r := l.Request
	return Revision{Head: r.Head, BaseBranch: r.BaseBranch, BaseTip: r.BaseTip, ChangedFiles: l.ChangedFiles, Open: r.Open}
}

// Change is what Source.Files and then Source.Sides read.
type Change struct {
	MergeBase  string
	Files      []pull.File // modes and ids as far as the list tells, then all
	Incomplete string      // why Files is not the whole list; empty if it is
	Capped     bool        // the forge lists no more than this; the rest is in the trees
	Transient  bool        // another reading may bring the whole list
	SameTree   bool        // head and merge base have one tree
	After      Revision
	// Commits are those of the head, by commit ids, where the look's list was not to
	// be trusted; else nil.
	Commits []pull.Commit
	People  Availability // of the look's Candidates
}

// Listed is an open pull request as a list shows it.
type Listed struct {
	Number        int
	Head          string
	BaseBranch    string
	DefaultBranch string // of the repository
	UpdatedAt     time.Time
	HeadBranch    string
	HeadRepo      string // OWNER/NAME; empty if it is gone
}

// IsLink reports whether an entry is a symbolic link or a submodule.
func (e Entry) IsLink() bool { return e.Mode == pull.Symlink || e.Mode == pull.Submodule }

// State tells what stands at a path from anything else that may stand there.
func (e Entry) State() string {
	if e.IsLink() { // the text of a link may be what a file held before
		return e.ID + " " + string(e.Mode)
	}
	return e.ID
}

// OutcomeOf is that of a word that several forges have for the state of a status or the
// conclusion of a check; empty for a word that the gate does not write. An error of a
// status is a failure.
func OutcomeOf(word string) policy.Outcome {
	switch word {
	case "success":
		return policy.Success
	case "failure", "error":
		return policy.Failure
	case "pending":
		return policy.Pending
	}
	return ""
}

// Visible is what can be seen of an outcome on the forge.
func Visible(o policy.Outcome) policy.Outcome {
	if o == policy.Error {
		return policy.Failure
	}
	return o
}
