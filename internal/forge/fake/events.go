package fake

import (
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// Kind is what happened. A dialect has its own words for it, and passes over what its
// forge tells nobody.
type Kind string

// What happens to a pull request.
const (
	PullOpened      Kind = "pull request opened"
	PullClosed      Kind = "pull request closed"
	PullReopened    Kind = "pull request reopened"
	PullMerged      Kind = "pull request merged"
	PullEdited      Kind = "pull request edited" // Title, Body: what they were
	TitleChanged    Kind = "title changed"       // From, To
	MadeReady       Kind = "made ready for review"
	MadeDraft       Kind = "made a draft"
	BaseChanged     Kind = "base changed"          // From, To, Before
	BaseMovedOn     Kind = "base's branch deleted" // From, To, Before: its own base took its place
	BaseForcePushed Kind = "base force-pushed"     // Before, After
	BaseDeleted     Kind = "base deleted"          // From
	HeadMoved       Kind = "head moved"            // Before, After
	HeadForcePushed Kind = "head force-pushed"     // Before, After
	ReviewRequested Kind = "review requested"      // of Who or of Team
	RequestRemoved  Kind = "request for review removed"
	ReviewSubmitted Kind = "review submitted"
	ReviewEdited    Kind = "review edited"    // Body: what it was
	ReviewDismissed Kind = "review dismissed" // Was, Message, and After where a push did it
	CommentCreated  Kind = "comment created"
	CommentEdited   Kind = "comment edited"  // Body: what it was
	CommentDeleted  Kind = "comment deleted" // Who: its author
	Labeled         Kind = "labeled"
	Unlabeled       Kind = "unlabeled"
	Enqueued        Kind = "enqueued"
	Dequeued        Kind = "dequeued" // Reason
)

// What happens elsewhere.
const (
	Pushed           Kind = "pushed"             // Branch, Before, After, Forced; Entry for a queue's own branch
	GroupBuilt       Kind = "merge group built"  // Entry
	GroupDropped     Kind = "merge group gone"   // Entry, Reason
	CheckCreated     Kind = "check created"      // Check
	CheckCompleted   Kind = "check completed"    // Check
	CheckRerequested Kind = "check asked for"    // Check
	SuiteRerequested Kind = "checks asked for"   // Suite
	StatusPosted     Kind = "status posted"      // Status
	TeamCreated      Kind = "team created"       // Team
	TeamDeleted      Kind = "team deleted"       // Team
	TeamJoined       Kind = "team joined"        // Team, Who
	TeamLeft         Kind = "team left"          // Team, Who
	TeamGranted      Kind = "team granted"       // Team, Repo
	TeamRevoked      Kind = "team revoked"       // Team, Repo
	OrgJoined        Kind = "joined"             // By is the organisation
	OrgLeft          Kind = "left"               // By is the organisation
	RightsAdded      Kind = "rights added"       // Who, Repo
	RightsChanged    Kind = "rights changed"     // Who, Repo
	RightsRemoved    Kind = "rights removed"     // Who, Repo
	RepoRenamed      Kind = "repository renamed" // From
	RepoTransferred  Kind = "repository moved"   // Who: its owner until now
	RepoDeleted      Kind = "repository deleted"
)

// Reason is why the forge did something by itself, or on its way to something else.
type Reason string

// Why a pull request or its commit leaves a merge queue, and why approvals are dismissed.
const (
	ByHand            Reason = "by hand"
	ChecksFailed      Reason = "checks failed"
	ChecksLate        Reason = "checks too late"
	HeadChanged       Reason = "head changed"
	Merged            Reason = "merged"
	LeftQueue         Reason = "left the queue"
	Outdated          Reason = "outdated"
	MergeBaseMoved    Reason = "merge base moved"
	BaseBranchChanged Reason = "base branch changed"
)

// Event is something that happened: a fact with references to what it concerns, which
// are to be read before the subscriber returns. Which of its fields are set follows from
// its kind.
type Event struct {
	ID            int64 // of an entry of a pull request's history
	At            time.Time
	Kind          Kind
	By            *Account
	Repo          *Repo
	Pull          *PullRequest
	Review        *ReviewRecord
	Comment       *CommentRecord
	Label         *Label
	Who           *Account
	Team          *TeamRecord
	Check         *CheckRecord
	Suite         *Suite
	Status        *StatusRecord
	Entry         *QueueEntry
	Branch        string
	From, To      string // branches, titles, names
	Title, Body   *string
	Before, After plumbing.Hash
	Forced        bool
	Was           ReviewState
	Message       string
	Reason        Reason
}

// Subscribe hands every event from now on to a function, in order and under the forge's
// lock.
func (f *Forge) Subscribe(heed func(Event)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.subscribers = append(f.subscribers, heed)
}

func (f *Forge) tell(e Event) {
	for _, heed := range f.subscribers {
		heed(e)
	}
}

func (r *Repo) tell(e Event) {
	e.Repo = r
	r.forge.tell(e)
}

func (p *PullRequest) tell(e Event) {
	e.Pull = p
	p.repo.tell(e)
}

// record keeps an event in the pull request's history, of which nobody is told.
func (p *PullRequest) record(e Event) {
	e.ID, e.At = p.repo.forge.NextID(), p.repo.forge.Now()
	p.History = append(p.History, e)
}

// happen records an event, and tells of it.
func (p *PullRequest) happen(e Event) {
	p.record(e)
	p.tell(e)
}
