package forgetest

import (
	"context"
	"log/slog"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/service"
)

// World is a forge as people see it, with one repository that is gated: what they do there,
// and what is shown to them. A repository is named by its path, the gated one also by "",
// and a fork of it by its owner; a pull request is named by its number. Whatever implements
// its parts speaks to a forge in memory, or by HTTP to a live one.
//
// The optional parts are nil where the forge has nothing of the kind; stories that need one
// are skipped then.
type World struct {
	Forge string // configured name
	Repo  string // path of the repository
	// Policy is the path of the policy.
	Policy string
	// Bot is the login that the gate's comments are by, App the name that its checks have
	// in CheckRun.App. Sourced reports that a branch may expect a check of that App.
	Bot, App string
	Sourced  bool
	// PassOnly tells that nothing is shown of a check but whether it is a success: neither
	// its title, nor what else it came to.
	PassOnly bool
	// Holds tells that nobody can request changes, and that /hold in a comment stands in.
	Holds bool

	Git
	Forks
	Requests
	Endings
	Reviewers
	Conversation
	Askers
	Marks
	People
	Checks
	Branches
	Hooks

	Teams     Teams
	Orgs      Orgs
	Runs      Runs
	Spam      Spam
	Calendar  Calendar
	Repointer Repointer
	Reactions Reactions
	Merges    Merges
	Queue     Queue
	Calls     Calls
	Knobs     Knobs
	// Without names what else the forge lacks, of the needs of stories.
	Without []string

	// Now is the forge's clock, and Pass has it and the service's go on.
	Now  func() time.Time
	Pass func(time.Duration)
	// Sweeps counts how often the open pull requests were listed.
	Sweeps func() int
	// Changed may have something after the gate has looked or written; nil: it is looked
	// every now and then.
	Changed <-chan struct{}
	// Silent reports whether people did something since it was last asked that the forge tells
	// by no event, so that a sweep finds it; nil: there is nothing of the kind.
	Silent func() bool
	// Deliver sets where webhooks are sent to.
	Deliver func(url string)
	// Connect reaches the forge as the gate does, and Serve a service that watches it, on
	// the same database each time.
	Connect func() (service.Forge, error)
	Serve   func(ctx context.Context, log *slog.Logger, now func() time.Time) (*service.Service, error)
}

// Ref names the repository as the gate does.
func (w *World) Ref() (pull.Ref, error) {
	repo, err := pull.ParseRepo(w.Forge, w.Repo)
	return pull.Ref{Repo: repo}, err
}

// Opening describes a pull request to open.
type Opening struct {
	Author string
	From   string // owner of the fork; empty for a branch of the repository
	Head   string // branch
	Base   string // the default branch if empty
	Draft  bool
}

// Pull is a pull request as the forge shows it.
type Pull struct {
	Number       int
	Head         string // commit id
	Branch, Base string
	Open, Merged bool
	Group        string // commit that a merge queue tests it in; empty if it is in none
}

// Git is what is pushed.
type Git interface {
	// Push makes a commit on a branch, and returns its id.
	Push(repo string, c fake.Change) (string, error)
	// SetBranch has a branch at a commit, or deletes it where that is empty.
	SetBranch(repo, branch, commit, pusher string) error
	// Tip is the commit of a branch or an id; empty if there is none.
	Tip(repo, rev string) string
	// Content is what a file of the gated repository holds; false if there is none.
	Content(rev, path string) (string, bool)
}

// Forks are made and deleted.
type Forks interface {
	Fork(owner string) error
	DeleteFork(owner string) error
}

// Requests are the pull requests.
type Requests interface {
	Open(o Opening) (number int, err error)
	Pulls() []Pull // all, oldest first
	Retarget(number int, by, base string) error
	SetDraft(number int, by string, draft bool) error
}

// Endings close pull requests, and open them again.
type Endings interface {
	Close(number int, by string) error
	Reopen(number int, by string) error
	Merge(number int, by string) error
	// DeleteBranch deletes the branch of a merged pull request by the button on its page.
	DeleteBranch(number int, by string) error
}

// Reviewers review.
type Reviewers interface {
	Review(number int, r fake.Review) (id int64, err error)
	Submit(number int, by string, review int64, state fake.ReviewState) error
	Dismiss(number int, by string, review int64) error
	EditReview(number int, by string, review int64, body string) error
}

// Conversation is what is said below a pull request.
type Conversation interface {
	Comment(number int, by, body string) (id int64, err error)
	EditComment(number int, by string, id int64, body string) error
	DeleteComment(number int, by string, id int64) error
	Comments(number int) []fake.Comment // oldest first
}

// Askers ask for review.
type Askers interface {
	RequestReviewers(number int, by string, people, teams []string) error
	UnrequestReviewers(number int, by string, people, teams []string) error
	Requested(number int) (people, teams []string)
}

// Marks are labels and assignees.
type Marks interface {
	AddLabel(number int, by, name string) error
	RemoveLabel(number int, by, name string) error
	Labels(number int) []string
	Assignees(number int) []string
}

// People are accounts, and what they may do in the repository.
type People interface {
	AddUser(u fake.User) error
	DeleteUser(login string) error
	RenameUser(login, to string) error
	SetCollaborator(login, role string) error
}

// Checks are what is written on commits.
type Checks interface {
	// CheckRuns lists checks of a commit, oldest first, among them all of the gate's; a
	// status that the gate wrote is one, too.
	CheckRuns(commit string) []fake.CheckRun
	SetStatus(by, commit string, s fake.Status) error
}

// Branches are protected.
type Branches interface {
	Require(branch string, checks ...fake.RequiredCheck)
	// Passes reports whether a pull request has passed a check, as if its base branch
	// required it.
	Passes(number int, check fake.RequiredCheck) (bool, error)
	// Obstacle says what keeps a pull request from being merged now, if its base branch
	// also required some checks; empty if nothing does.
	Obstacle(number int, checks ...fake.RequiredCheck) (string, error)
}

// Hooks are the webhooks.
type Hooks interface {
	HoldWebhooks()
	ReleaseWebhooks()
	DropWebhooks() int // those that wait
	// FlushWebhooks waits until those on their way have arrived.
	FlushWebhooks(ctx context.Context) error
}

// Teams are those of organisations.
type Teams interface {
	AddTeam(t fake.Team) error
	AddTeamMember(org, slug, login string) error
	RemoveTeamMember(org, slug, login string) error
	RemoveTeam(org, slug string) error
}

// Orgs are organisations, and what their teams may do in the repository.
type Orgs interface {
	AddOrg(login string, owners, members []string) error
	SetTeam(slug, role string) error
}

// Runs are checks that apps write, and are asked for again.
type Runs interface {
	CheckByApp(slug, commit, name string, conclusion fake.Conclusion) (int64, error)
	ChangeCheck(id int64, conclusion fake.Conclusion) error // which no event tells
	RerequestCheck(by string, id int64) error
	TurnStale() // those that are incomplete
}

// Spam is what accounts wrote that are hidden from others.
type Spam interface {
	HideUser(login string, hide bool) error
}

// Calendar tells who is busy.
type Calendar interface {
	SetLimited(login string, limited bool) error
}

// Repointer has the forge say that a review was given for another commit.
type Repointer interface {
	Repoint(number int, review int64, commit string) error
}

// Reactions are those on comments.
type Reactions interface {
	Reactions(number int, comment int64) []fake.Reaction
}

// Merges are the commits that merging would give.
type Merges interface {
	TestMerge(number int) (commit string, err error)
}

// Queue are merge queues.
type Queue interface {
	SetQueueRules(branch string, rules fake.QueueRules)
	Enqueue(number int, by string) error
	Dequeue(number int, by string) error
	TimeOutQueues()
}

// Calls are those of the gate to the forge.
type Calls interface {
	Charged() (points int, tally string) // since the last reset
	Reset()
	Refused() int // those that asked one person for review, and were refused
}

// Knobs are ways in which the forge may behave.
type Knobs interface {
	// Turn sets one by its name: to a number, 0 for off.
	Turn(name string, n int) error
	// ForgetTokens takes the gate's tokens back.
	ForgetTokens()
}
