package policy

import (
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/ownersfile"
	"github.com/reviewgate/reviewgate/internal/share"
)

// The words of a policy. Each type's zero value is its default.
type (
	// Mode says whether the gate gates.
	Mode string
	// Untouched says what a subsystem with counted files and none reviewed does.
	Untouched string
	// Overlap says whose approval a file with several owners needs.
	Overlap string
	// Unowned says what a file without owner needs.
	Unowned string
	// AfterPush says which approvals outlive a push.
	AfterPush string
	// Contributors says what people who took part in the change may approve.
	Contributors string
	// Trailers says what a Reviewed-by does behind which no review stands.
	Trailers string
	// UnknownContributors says what commits under addresses that are nobody's do.
	UnknownContributors string
	// ChangesRequested says what a maintainer's request for changes does.
	ChangesRequested string
	// Below says which outcome missing review has.
	Below string
	// Generated says whether generated files count.
	Generated string
	// Strategy says which people are asked for review.
	Strategy string
	// TeamAsking says how the members of a team are asked.
	TeamAsking string
	// SharedCheck says whether branches may have one check on purpose.
	SharedCheck string
	// Overriding says whether policies may name people who override.
	Overriding string
)

// The values of the words above.
const (
	Enforce Mode = "enforce"
	Warn    Mode = "warn"
	Off     Mode = "off"

	UntouchedWarn    Untouched = "warn"
	UntouchedBlocks  Untouched = "blocks"
	UntouchedAllowed Untouched = "allowed"

	OverlapAny  Overlap = "any"
	OverlapEach Overlap = "each"

	UnownedUnreviewed Unowned = "unreviewed"
	UnownedAnyone     Unowned = "anyone"
	UnownedExempt     Unowned = "exempt"

	KeepUnchanged AfterPush = "unchanged"
	KeepHead      AfterPush = "head"
	KeepAll       AfterPush = "keep"

	ExcludeFiles      Contributors = "files"
	ExcludeCommitters Contributors = "committers"
	ExcludeAll        Contributors = "all"
	ExcludeNone       Contributors = "none"

	TrailersOff    Trailers = "off"
	TrailersWarn   Trailers = "warn"
	TrailersBlocks Trailers = "blocks"

	UnknownWarn   UnknownContributors = "warn"
	UnknownBlocks UnknownContributors = "blocks"

	RequestBlocks  ChangesRequested = "blocks"
	RequestIgnored ChangesRequested = "ignored"

	BelowPending Below = "pending"
	BelowFailure Below = "failure"

	GeneratedCount  Generated = "count"
	GeneratedIgnore Generated = "ignore"

	AskCover   Strategy = "cover"
	AskBalance Strategy = "balance"
	AskAll     Strategy = "all"

	TeamsExpand TeamAsking = "expand"
	TeamsAsk    TeamAsking = "ask"

	SharedForbidden   SharedCheck = "forbidden"
	OverrideForbidden Overriding  = "forbidden"
)

// Words are all values, the default first.
func (Mode) Words() []Mode { return []Mode{Enforce, Warn, Off} }

// Words are all values, the default first.
func (Untouched) Words() []Untouched {
	return []Untouched{UntouchedWarn, UntouchedBlocks, UntouchedAllowed}
}

// Words are all values, the default first.
func (Overlap) Words() []Overlap { return []Overlap{OverlapAny, OverlapEach} }

// Words are all values, the default first.
func (Unowned) Words() []Unowned { return []Unowned{UnownedUnreviewed, UnownedAnyone, UnownedExempt} }

// Words are all values, the default first.
func (AfterPush) Words() []AfterPush { return []AfterPush{KeepUnchanged, KeepHead, KeepAll} }

// Words are all values, the default first.
func (Contributors) Words() []Contributors {
	return []Contributors{ExcludeFiles, ExcludeCommitters, ExcludeAll, ExcludeNone}
}

// Words are all values, the default first.
func (Trailers) Words() []Trailers { return []Trailers{TrailersOff, TrailersWarn, TrailersBlocks} }

// Words are all values, the default first.
func (UnknownContributors) Words() []UnknownContributors {
	return []UnknownContributors{UnknownWarn, UnknownBlocks}
}

// Words are all values, the default first.
func (ChangesRequested) Words() []ChangesRequested {
	return []ChangesRequested{RequestBlocks, RequestIgnored}
}

// Words are all values, the default first.
func (Below) Words() []Below { return []Below{BelowPending, BelowFailure} }

// Words are all values, the default first.
func (Generated) Words() []Generated { return []Generated{GeneratedCount, GeneratedIgnore} }

// Words are all values, the default first.
func (Strategy) Words() []Strategy { return []Strategy{AskCover, AskBalance, AskAll} }

// Words are all values, the default first.
func (TeamAsking) Words() []TeamAsking { return []TeamAsking{TeamsExpand, TeamsAsk} }

// Words are all values that can be written.
func (SharedCheck) Words() []SharedCheck { return []SharedCheck{SharedForbidden} }

// Words are all values that can be written.
func (Overriding) Words() []Overriding { return []Overriding{OverrideForbidden} }

// Names of things that a policy may leave out.
const (
	DefaultCheck    = "review-gate"
	DefaultLanguage = "en"
	DefaultAskMax   = 5
	DefaultReassign = 3 * 24 * time.Hour
)

// Policy is a project's whole policy: the rules and the branches that they
// gate.
type Policy struct {
	File     string // where it was read from, for messages
	Base     Rules  // what holds where a branch says nothing else
	Branches []BranchRule
	Sources  []Source
	People   []Source // files that say who is who
	// SharedCheck are branches that have one check although their names could be
	// kept apart.
	SharedCheck []string

	mustGate bool           // the default branch, as a minimum asks
	must     []glob.Pattern // and these
}

// Source names one ownership file: of the repository, at the base branch's tip,
// or of another one, at the tip of a branch of that.
type Source struct {
	Format  formats.Name
	Dialect formats.Dialect // of CODEOWNERS; empty: the forge's own
	Path    string          // of OWNERS trees the name of the files
	Places  []string        // of a map by convention, of which the first counts that there is; nil: Path
	// Repo is "owner/name" of another repository on the same forge, Ref one of
	// its branches; empty for its default branch. Without Repo it is a file of
	// the repository itself.
	Repo, Ref string
	Ignore    ownersfile.Ignore // directories in which OWNERS files say nothing
	Pos       ownership.Pos
}

// BranchRule gates the base branches that match.
type BranchRule struct {
	Match glob.Pattern
	Rules Rules // complete: the policy's own, with the branch's laid over
}

// Rules are what one pull request is judged by.
type Rules struct {
	Mode             Mode
	EnforceFrom      time.Time // until then enforce means warn; zero: at once
	Since            time.Time // people are told of pull requests opened earlier only if something happens on them; zero: since it exists
	Check            string
	CheckAdded       bool // to Check, the branch: another one would have the same
	Threshold        share.Threshold
	Floors           map[string]share.Threshold // of the service's minimum, by subsystem
	MinApprovals     int
	MaxUnreviewed    int // -1: no cap
	Untouched        Untouched
	Overlap          Overlap
	Unowned          Unowned
	ReviewersCount   bool
	AfterPush        AfterPush
	Contributors     Contributors
	Unknown          UnknownContributors
	Trailers         Trailers
	ChangesRequested ChangesRequested
	Below            Below
	Generated        Generated
	Ignore           []glob.Pattern
	// MayIgnore is what a minimum lets Ignore leave out, if IgnoreBound. Raised are the
	// keys that the minimum made stricter.
	MayIgnore        []glob.Pattern
	IgnoreBound      bool
	Raised           string
	Protected        []glob.Pattern
	Override         []ownership.Owner // who may override, and who stands in for owners of unowned protected files
	CommentApprovals bool              // comments of the form /approve SHA approve
	Comment          bool
	Asking           AssignRules
	Respond          time.Duration // within which a first review should come of an area that says nothing else; 0: none
	Labels           Labels
	Contact          string
	Language         string
}

// AssignRules says whom to ask for review.
type AssignRules struct {
	Max       int // people asked at most; 0: nobody is asked
	Strategy  Strategy
	Teams     TeamAsking
	Reassign  time.Duration // after which silence means that the next is asked; 0: never
	Assignees bool          // who is asked is made an assignee, too
}

// Labels says which labels the gate keeps.
type Labels struct {
	Subsystems  bool // those that the map gives to the subsystems of counted files
	NeedsReview bool // "needs-review/" and the name of each subsystem that misses review
}

// For returns the rules for a base branch, and whether it is gated at all. The
// first branch rule that matches counts; without rules only the default branch
// is gated (package policy, §4).
func (p Policy) For(branch, defaultBranch string) (Rules, bool) {
	p = p.gatedAtLeast(defaultBranch)
	if len(p.Branches) == 0 {
		r := p.Base
		r.Check = strings.ReplaceAll(r.Check, branchMark, encodeBranch(branch))
		return r, branch == defaultBranch
	}
	i := p.rule(branch)
	if i < 0 {
		return Rules{}, false
	}
	r := p.Branches[i].Rules
	r.Check, r.CheckAdded = p.name(i, branch, defaultBranch)
	return r, true
}

// ModeAt returns the mode in force at a time: before EnforceFrom, enforce means
// warn.
func (r Rules) ModeAt(now time.Time) Mode {
	if r.Mode == Enforce && now.Before(r.EnforceFrom) {
		return Warn
	}
	return r.Mode
}
