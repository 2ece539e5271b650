package policy

import (
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/policy/sight"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/share"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Outcome is what the gate says.
type Outcome string

// The outcomes, the first that applies (package policy, §4).
const (
	Error   Outcome = "error"   // something could not be read whole
	Failure Outcome = "failure" // a maintainer blocks
	Pending Outcome = "pending" // review is missing
	Success Outcome = "success"
)

// Verdict is the decision and all its reasons. It marshals to the JSON that
// the command line documents.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	// Unwarned is the outcome that mode enforce would give; it differs from
	// Outcome only where mode warn lets the request pass.
	Unwarned  Outcome         `json:"unwarned_outcome"`
	Mode      Mode            `json:"mode"`
	Check     string          `json:"check"`
	Ratio     share.Ratio     `json:"ratio"`
	Threshold share.Threshold `json:"threshold"`
	// Subsystems that own a counted file, in order of declaration.
	Subsystems []SubsystemVerdict `json:"subsystems"`
	// Files has a line for each changed file, in order of path.
	Files    []FileVerdict      `json:"files"`
	Blocks   []Block            `json:"blocks"`
	Reasons  []Note             `json:"reasons"`  // why the outcome is not success
	Warnings []Note             `json:"warnings"` // what people should know all the same
	Faults   []strictyaml.Fault `json:"faults"`
	Broken   Broken             `json:"broken,omitempty"`
	Contact  string             `json:"contact,omitempty"`
	Language string             `json:"language"`
	// Reviews has a line for each review that was read, in order, and why it
	// counts or not.
	Reviews []ReviewVerdict `json:"reviews"`
	// Proposal is what the pull request's own policy and ownership would bring;
	// nil if it changes neither.
	Proposal *WhatIf `json:"proposal,omitempty"`
	// Override is the override that opens the gate; nil if none does.
	Override *Override `json:"override,omitempty"`
	// Overriders are who may override it, as the policy names them.
	Overriders []string `json:"overriders,omitempty"`
	// Lifts are the requests for changes that somebody lifted for others.
	Lifts []Lift `json:"lifts,omitempty"`
	// Asked has a line for each person and team asked for review.
	Asked []RequestVerdict `json:"asked"`
	// DueAt is when the verdict may change by itself; zero: never.
	DueAt time.Time `json:"due_at,omitzero"`
}

// Override is somebody's word that stands in for missing reviews and floors of
// one head against one merge base (package policy, §4).
type Override struct {
	Who    string    `json:"who"`
	At     time.Time `json:"at"`
	Commit string    `json:"commit"`
	Reason string    `json:"reason"`
	Files  []string  `json:"files,omitempty"` // that it stands in for
}

// Lift ends a request for changes that nobody else can end: its account is gone, or it
// was dismissed by somebody whose dismissal ends nothing (package policy, §3, "Objections").
type Lift struct {
	Who    string    `json:"who"`
	Whom   string    `json:"whom"` // whose objection
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Broken is where a fault is to be mended.
type Broken string

// The places of faults.
const (
	BrokenBase Broken = "base" // in files that are read from the base branch, or from elsewhere
	BrokenHere Broken = "here" // on the pull request's own branch
	BrokenWait Broken = "wait" // nowhere: it may be over at the next look
)

// State is where one file stands.
type State string

// The states of a changed file.
const (
	Reviewed   State = "reviewed"
	Unreviewed State = "unreviewed"
	Ignored    State = "ignored"   // an ignore pattern matches; not counted
	Machine    State = "generated" // not counted
	Exempt     State = "exempt"    // nobody owns it; not counted
)

// Counted reports whether a file in this state is in the denominator.
func (s State) Counted() bool { return s == Reviewed || s == Unreviewed }

// FileVerdict is one changed file's line.
type FileVerdict struct {
	Path      string `json:"path"`
	OldPath   string `json:"old_path,omitempty"`
	State     State  `json:"state"`
	Protected bool   `json:"protected,omitempty"`
	Hidden    bool   `json:"hidden,omitempty"` // the forge's list does not show it
	// Rules say which subsystems own its paths, and where that is written.
	Rules      []RuleVerdict `json:"rules,omitempty"`
	Subsystems []string      `json:"subsystems,omitempty"` // that decide about it, by name
	ApprovedBy []string      `json:"approved_by,omitempty"`
	// Needs are what is still missing; none if reviewed.
	Needs []Need `json:"needs,omitempty"`
	// OwnNeeds are what floors still miss of it, whether reviewed or not.
	OwnNeeds []Need `json:"own_needs,omitempty"`
	Notes    []Note `json:"notes,omitempty"`
}

// ReviewVerdict is one review's line.
type ReviewVerdict struct {
	ID     int64            `json:"id"`
	Who    string           `json:"who"`
	State  pull.ReviewState `json:"state"`
	Commit string           `json:"commit,omitempty"`
	At     time.Time        `json:"at"`
	Files  int              `json:"files"`          // that it counts for
	By     string           `json:"by,omitempty"`   // whom else it speaks of
	Why    Code             `json:"why,omitempty"`  // why it counts for no file, or not for all of the person's
	Text   string           `json:"text,omitempty"` // what of its words is why
}

// Note is the sentence that says why the review does not count.
func (r ReviewVerdict) Note() Note {
	return Note{Code: r.Why, Who: r.Who, By: r.By, Commit: r.Commit, Text: r.Text}
}

// RuleVerdict is a rule by which a subsystem owns one of a file's paths.
type RuleVerdict struct {
	Path      string        `json:"path"`
	Subsystem string        `json:"subsystem"`
	Pattern   string        `json:"pattern,omitempty"` // empty for a fallback that owns what is left
	Pos       ownership.Pos `json:"pos"`
}

// Need is a number of further approvals from a group of people.
type Need struct {
	Path       string   `json:"path"`
	Subsystems []string `json:"subsystems,omitempty"` // whose people; none for override people and unowned files
	Missing    int      `json:"missing"`
	Candidates []string `json:"candidates,omitempty"` // logins, sorted
}

// SubsystemVerdict is one subsystem's row.
type SubsystemVerdict struct {
	Name       string          `json:"name"`
	Title      string          `json:"title"`              // in the policy's language
	Ratio      share.Ratio     `json:"ratio"`              // reviewed files of it
	Own        share.Ratio     `json:"own"`                // files reviewed by its own maintainers
	Floor      share.Threshold `json:"threshold,omitzero"` // on Own
	Holds      bool            `json:"holds"`              // the floor, if any
	ApprovedBy []string        `json:"approved_by,omitempty"`
	CanApprove []string        `json:"can_approve,omitempty"` // people and teams as the map names them
	Contact    string          `json:"contact,omitempty"`
	// Titles are those that the map has, by language, for pages, which people read in theirs.
	Titles map[string]string `json:"titles,omitempty"`
	Labels []string          `json:"labels,omitempty"`
	// Missing is how many files miss the review of its people, Candidates who can give it,
	// by login, whoever can for most files first; Away are those of them who are absent, and
	// NoAccount its maintainers whom the forge does not know, by name and address.
	Missing    int      `json:"missing,omitempty"`
	Candidates []string `json:"candidates,omitempty"`
	Away       []string `json:"away,omitempty"`
	NoAccount  []string `json:"no_account,omitempty"`
	// Approvers are the logins, in lower case and sorted, of the people behind
	// CanApprove.
	Approvers []string `json:"-"`
}

// AskState is what became of a request for review.
type AskState string

// The states of a request for review.
const (
	AskWaiting  AskState = "waiting"  // no answer yet
	AskAnswered AskState = "answered" // reviewed since
	AskSilent   AskState = "silent"   // no answer for too long: the next is asked
	AskAway     AskState = "away"     // away or busy: the next is asked
	AskAssigned AskState = "assigned" // a team that the forge replaced by members, who are asked now
	AskRemoved  AskState = "removed"  // taken off by hand: not asked again
	AskRefused  AskState = "refused"  // the forge does not let them be asked
)

// RequestVerdict is one request for review.
type RequestVerdict struct {
	Who    string    `json:"who"` // a login, or "@organisation/slug"
	State  AskState  `json:"state"`
	At     time.Time `json:"at,omitzero"`       // when they were asked
	ByHand bool      `json:"by_hand,omitempty"` // by somebody else than the gate
	// Why the gate asked: how many files that missed review they could approve, of
	// which subsystems, how much they had to review, and their share of what was
	// known about the files.
	Files      int      `json:"files,omitempty"`
	Subsystems []string `json:"subsystems,omitempty"`
	Load       float64  `json:"load,omitempty"`
	Knows      float64  `json:"knows,omitempty"`
	Helper     bool     `json:"helper,omitempty"` // their approval is not needed
}

// Block is a maintainer's standing request for changes.
type Block struct {
	Who        string   `json:"who"`
	Review     int64    `json:"review"`
	Commit     string   `json:"commit,omitempty"`
	Subsystems []string `json:"subsystems"`
	// Certain is false where the forge left it open: whether the person is a
	// maintainer (a team could not be read), or who dismissed the review. An
	// uncertain block makes the outcome pending.
	Certain bool `json:"certain"`
	// DismissedBy is who dismissed the review, which ends nothing. Gone tells that the
	// forge no longer shows it, or whose it is.
	DismissedBy string `json:"dismissed_by,omitempty"`
	Gone        bool   `json:"gone,omitempty"`
	// Spoken tells that it is a comment, /hold, and Review the number of that.
	Spoken bool `json:"spoken,omitempty"`
}

// Code names a sentence; package publish has the words.
type Code string

// Note is one sentence and the things it speaks of.
type Note struct {
	Code      Code      `json:"code"`
	Who       string    `json:"who,omitempty"`
	Subsystem string    `json:"subsystem,omitempty"`
	Path      string    `json:"path,omitempty"`
	Commit    string    `json:"commit,omitempty"`
	Team      string    `json:"team,omitempty"`
	By        string    `json:"by,omitempty"` // another person
	Count     int       `json:"count,omitempty"`
	Limit     int       `json:"limit,omitempty"`
	At        time.Time `json:"at,omitzero"`
	Text      string    `json:"text,omitempty"` // free text from a file or a forge
}

// The sentences about files.
const (
	NoteUnowned        Code = "unowned"                    // nobody owns Path
	NoteAnyone         Code = "anyone"                     // whoever may write can approve what nobody owns
	NoteNeedsOverride  Code = "needs_override"             // unowned and protected: override people
	NoteFallback       Code = "fallback"                   // Subsystem is unstaffed; the fallback decides
	NoteUnstaffed      Code = "unstaffed"                  // Subsystem has too few people who can approve
	NoteStale          Code = "stale"                      // changed since Who approved Commit
	NoteUnknownHead    Code = Code(sight.WhyUnknownHead)   // what Commit showed is not known whole
	NoteUnknownContent Code = "unknown_content"            // mode or object id not known on a side
	NoteUnproven       Code = Code(sight.WhyUnproven)      // that Who approved Commit before it was pushed is not excluded
	NoteOtherBase      Code = Code(sight.WhyOtherBase)     // the base branch was another when Who approved
	NoteNotHead        Code = "not_head"                   // approvals_after_push: head
	NoteContributor    Code = "contributor"                // Who took part in the change
	NoteBackport       Code = "backport"                   // Who wrote what By committed; Text may override
	NoteUnknownMaker   Code = "unknown_maker"              // Path was touched under the address Text, which is nobody's
	NoteHidden         Code = "hidden"                     // the forge's list does not show the file
	NoteOutOfScope     Code = "out_of_scope"               // Who approved other files of Commit
	NoteEdited         Code = Code(command.WhyEdited)      // the body of Who's review was changed afterwards
	NoteBadScope       Code = Code(command.WhyBadScope)    // Text, a pattern of Who's command, does not compile
	NoteLongScope      Code = Code(command.WhyLongScope)   // Who's command has more patterns than are read
	NoteNearMiss       Code = Code(command.WhyNearMiss)    // Text, a line of Who's review, may be meant as a command and is none
	NoteNoSuchPath     Code = "no_such_path"               // Text, a word of Who's scope, matched no changed file
	NoteOtherCommit    Code = Code(command.WhyOtherCommit) // the command of Who names another commit
)

// The reasons why a review counts for no file, besides those above.
const (
	NoteAuthor       Code = "author"          // by an author of the change
	NoteBot          Code = "bot"             // by a bot that may not approve
	NoteNobody       Code = "nobody"          // by a deleted account
	NoteNotOwner     Code = "not_owner"       // by somebody who may approve no changed file
	NoteSuperseded   Code = "superseded"      // by a later request for changes or dismissal
	NoteDismissed    Code = "dismissed"       // it was dismissed
	NoteOtherAccount Code = "other_account"   // by another account than the one first seen behind its login
	NoteRenamed      Code = "renamed_account" // by the account first seen as By, which has another login now
	NoteRemark       Code = "remark"          // a comment, or not submitted
	NoteStands       Code = "stands"          // a request for changes that stands
	NoteHoldsNothing Code = "holds_nothing"   // a request for changes of nobody who maintains a changed file
	NoteLifted       Code = "lifted"          // a request for changes that was taken back
)

// The reasons why a command is refused, besides those above.
const (
	NoteNoCommentApprovals Code = "no_comment_approvals" // the policy takes no approvals by comments
	NoteNeedsCommit        Code = "needs_commit"         // the command names no head, such as Commit
	NoteNeedsReason        Code = "needs_reason"         // an override lacks head or reason
	NoteOverrideBase       Code = "override_base"        // the base moved around the time when Who overrode Commit
	NoteMayNotOverride     Code = "may_not_override"     // Who is not among override.allowed
	NoteOverrideHead       Code = "override_head"        // the override of Who, for reason Text, names another commit than the head, Commit
	NoteOverrideEdited     Code = "override_edited"      // the comment of Who's override was changed afterwards
	NoteOverrideBroken     Code = "override_broken"      // policy or ownership can't be read; Text may let the mending in
	NoteOverrideNeedless   Code = "override_needless"    // nothing misses review
	NoteUnknownCommand     Code = "unknown_command"      // Text is none; By is nearly spelled so
	NoteOverrideBlocked    Code = "override_blocked"     // By requested changes, which no override lifts
	NoteNeedsObjector      Code = "needs_objector"       // a lift lacks login or reason
	NoteNoObjection        Code = "no_objection"         // nobody of that login objects
	NoteOwnObjection       Code = "own_objection"        // Who lifts their own
	NoteDismissIt          Code = "dismiss_it"           // the objection stands on the forge and can be dismissed there
	NoteOverrideHeld       Code = "override_held"        // By holds it back by a comment, which no override lifts
	NoteOwnHold            Code = "own_hold"             // Who lifts their own /hold
	NoteReleaseIt          Code = "release_it"           // the /hold of By stands, and By can take it back
)

// The reasons and warnings of a verdict.
const (
	NoteBelow           Code = "below_threshold"
	NoteTooMany         Code = "max_unreviewed" // Count unreviewed, Limit allowed
	NoteFloor           Code = "floor"          // of Subsystem does not hold
	NoteUntouched       Code = "untouched"      // no file of Subsystem is reviewed
	NoteUnbacked        Code = "unbacked"       // Text is said to have reviewed Commit, and did not
	NoteProtected       Code = "protected"      // Path is protected and not reviewed
	NoteBlocked         Code = "blocked"        // by Who
	NoteMaybeBlocked    Code = "maybe_blocked"  // by Who, as far as the forge tells
	NoteBlockVain       Code = "block_vain"     // By dismissed the objection of Who, which ends nothing; Text may lift it
	NoteBlockGone       Code = "block_gone"     // the objection of Who is no longer shown; Text may lift it
	NoteHoldGone        Code = "hold_gone"      // the /hold of Who is no longer shown; Text may lift it
	NoteLift            Code = "lift"           // Who lifted the objection of By: Text
	NoteTeamUnread      Code = "team_unread"    // Team of Subsystem; Text says why
	NoteKeepUnsafe      Code = "keep_unsafe"
	NoteRaised          Code = "raised" // the service's minimum is stricter in the keys of Text
	NoteWarnOnly        Code = "warn_only"
	NoteEnforceFrom     Code = "enforce_from" // At
	NoteEarly           Code = "early"
	NoteSource          Code = "source" // Text
	NoteNothingCounted  Code = "nothing_counted"
	NoteOverride        Code = "override"         // Who stands in for Count files at Commit: Text
	NoteOverrideDoubted Code = "override_doubted" // of Who, At: a comment that is gone may have taken it back
	NoteNotInGroup      Code = "not_in_group"     // Path is changed by the group and on no member's list
	NoteNotQueued       Code = "not_queued"       // a group's member is no longer what was queued
	NoteRenamedAhead    Code = "renamed_ahead"    // Path is at Text in the group, by a rename before it in the queue
	NoteOtherContent    Code = "other_content"    // Path is not in the group what merging gives
	NoteCrossed         Code = "crossed"          // the member and the group's base have not one merge base
	NoteMemberUnread    Code = "member_unread"    // a group's member can't be read
	NoteGroupUnread     Code = "group_unread"     // what a group is made of can't be read
	NoteNoChain         Code = "no_chain"         // what is merged with a group can't be told
	NoteUnknownEmails   Code = "unknown_emails"   // of contributors: Text
	NoteNoLogin         Code = "no_login"         // Count maintainers of Subsystem have no login here: Text
	NoteNotRequired     Code = "not_required"     // the base branch does not require the check Text
	NoteAnySource       Code = "any_source"       // the base branch takes the check Text from anybody
	NoteCrowd           Code = "crowd"            // approvals on Count pull requests of this head, Text, count for nothing: it has too many
	NoteContested       Code = "contested"        // others wrote the check Text on this head, Count times
	NoteHeadBehind      Code = "head_behind"      // the pull request's branch is at Commit, the pull request still at Text
	NoteForgeDismissed  Code = "forge_dismissed"  // the forge itself took the approval of Who back
	NoteCheckAdded      Code = "check_added"      // the check is Text, as another branch has the name that is written
	NoteSibling         Code = "sibling"          // another pull request of this head and check, Text, misses review
)
