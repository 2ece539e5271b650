package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/share"
)

// Minimum is what a service asks of every policy; none can weaken it, by any key
// (package policy, §7). The zero Minimum asks for nothing.
//
// Each key has the meaning of the policies' key of that name, and is the weakest value
// that they may give. Where the Minimum asks for review at all, by Threshold, Floors,
// MinApprovals, MaxUnreviewed, Untouched or Overlap, keys that could get round that are
// taken for their defaults unless they are given here: nothing is ignored or exempt,
// generated files count, objections block, contributors are excluded from their files,
// approvals are for what they saw and by maintainers, policies are enforced, and the
// default branch is gated.
type Minimum struct {
	Mode      Mode            `json:"mode,omitempty"`
	Threshold share.Threshold `json:"threshold,omitzero"`
	// Floors are thresholds of subsystems by name; "*" is every one.
	Floors    map[string]share.Threshold `json:"floors,omitempty"`
	Protected []glob.Pattern             `json:"protected,omitempty"`
	// SharedCheck forbids the policies' key of that name.
	SharedCheck SharedCheck `json:"shared_check,omitempty"`

	MinApprovals     int                 `json:"min_approvals,omitempty"`
	MaxUnreviewed    *int                `json:"max_unreviewed,omitempty"`
	Untouched        Untouched           `json:"untouched,omitempty"`
	Overlap          Overlap             `json:"overlap,omitempty"`
	Unowned          Unowned             `json:"unowned,omitempty"`
	ReviewersCount   *bool               `json:"reviewers_count,omitempty"`
	AfterPush        AfterPush           `json:"approvals_after_push,omitempty"`
	Contributors     Contributors        `json:"exclude_contributors,omitempty"`
	Unknown          UnknownContributors `json:"unknown_contributors,omitempty"`
	ChangesRequested ChangesRequested    `json:"changes_requested,omitempty"`
	Generated        Generated           `json:"generated,omitempty"`
	// Ignore are the files that policies may ignore, Branches base branches that are
	// gated whatever they say. Check is the name of every check.
	Ignore   []glob.Pattern `json:"ignore,omitempty"`
	Branches []glob.Pattern `json:"branches,omitempty"`
	Check    string         `json:"check,omitempty"`
	// Override forbids the policies' key of that name: nobody stands in for review.
	Override Overriding `json:"override,omitempty"`

	lenient bool // as version 2 had it: what is not given is not asked for
}

// AnySubsystem is the name that stands for every subsystem in Minimum.Floors.
const AnySubsystem = "*"

// Version2 returns the minimum as records up to version 2 mean it.
func (m Minimum) Version2() Minimum {
	m.lenient = true
	return m
}

// asks reports whether the minimum asks for review of something.
func (m *Minimum) asks() bool {
	return m.Threshold.Set() || len(m.Floors) > 0 || m.MinApprovals > 1 || m.MaxUnreviewed != nil || m.Untouched != "" || m.Overlap != ""
}

// filled returns the minimum with what it asks for without saying so.
func (m Minimum) filled() Minimum {
	if !m.asks() || m.lenient {
		return m
	}
	m.Mode = cmp.Or(m.Mode, Enforce)
	m.Unowned = cmp.Or(m.Unowned, UnownedUnreviewed)
	m.AfterPush = cmp.Or(m.AfterPush, KeepUnchanged)
	m.Contributors = cmp.Or(m.Contributors, ExcludeFiles)
	m.ChangesRequested = cmp.Or(m.ChangesRequested, RequestBlocks)
	m.Generated = cmp.Or(m.Generated, GeneratedCount)
	if m.ReviewersCount == nil {
		m.ReviewersCount = new(bool)
	}
	return m
}

// Under returns the policy with the branches and names that a minimum asks for, and
// without what it forbids of them.
func (p Policy) Under(m Minimum) Policy {
	if m.SharedCheck == SharedForbidden {
		p.SharedCheck = nil
	}
	p.mustGate = m.asks() && !m.lenient || len(m.Branches) > 0
	p.must = m.Branches
	if m.Check == "" {
		return p
	}
	p.Base.Check = m.Check
	p.Branches = slices.Clone(p.Branches)
	for i := range p.Branches {
		p.Branches[i].Rules.Check = m.Check
	}
	return p
}

// gatedAtLeast returns the policy with rules for the branches that a minimum wants gated
// and that no rule of its own gates.
func (p Policy) gatedAtLeast(defaultBranch string) Policy {
	if !p.mustGate || len(p.Branches) == 0 && len(p.must) == 0 {
		return p
	}
	p.Branches = slices.Clone(p.Branches)
	if p.rule(defaultBranch) < 0 {
		if match, err := glob.Translate(defaultBranch, glob.Quote(defaultBranch)); err == nil {
			p.Branches = slices.Insert(p.Branches, 0, BranchRule{Match: match, Rules: p.Base}) // first, so that it keeps the name
		}
	}
	for _, match := range p.must {
		p.Branches = append(p.Branches, BranchRule{Match: match, Rules: p.Base})
	}
	return p
}

// The words of keys from the weakest to the strictest.
var (
	modes        = []Mode{Off, Warn, Enforce}
	untouchedOf  = []Untouched{UntouchedAllowed, UntouchedWarn, UntouchedBlocks}
	overlaps     = []Overlap{OverlapAny, OverlapEach}
	unownedOf    = []Unowned{UnownedExempt, UnownedAnyone, UnownedUnreviewed}
	afterPushes  = []AfterPush{KeepAll, KeepUnchanged, KeepHead}
	contributing = []Contributors{ExcludeNone, ExcludeCommitters, ExcludeFiles, ExcludeAll}
	unknowns     = []UnknownContributors{UnknownWarn, UnknownBlocks}
	requests     = []ChangesRequested{RequestIgnored, RequestBlocks}
	generatedOf  = []Generated{GeneratedIgnore, GeneratedCount}
)

// raiser raises rules, and notes which keys it raised.
type raiser struct{ keys []string }

// raise returns the stricter of two words.
func raise[T ~string](r *raiser, key string, have, least T, order []T) T {
	if least == "" || slices.Index(order, have) >= slices.Index(order, least) {
		return have
	}
	r.keys = append(r.keys, key)
	return least
}

// note notes a key of which the rules were weaker.
func (r *raiser) note(key string, weaker bool) {
	if weaker {
		r.keys = append(r.keys, key)
	}
}

// AtLeast returns rules that are as strict as the minimum.
func (r Rules) AtLeast(m Minimum) Rules {
	asked := m.asks() && !m.lenient
	m = m.filled()
	var up raiser
	if m.Mode == Enforce && !r.EnforceFrom.IsZero() {
		r.EnforceFrom = time.Time{}
		up.note("enforce_from", true)
	}
	r.Mode = raise(&up, "mode", r.Mode, m.Mode, modes)
	strict := share.Stricter(r.Threshold, m.Threshold)
	up.note("threshold", !strict.Equal(r.Threshold))
	r.Threshold = strict
	r.Untouched = raise(&up, "untouched", r.Untouched, m.Untouched, untouchedOf)
	r.Overlap = raise(&up, "overlap", r.Overlap, m.Overlap, overlaps)
	r.Unowned = raise(&up, "unowned", r.Unowned, m.Unowned, unownedOf)
	r.AfterPush = raise(&up, "approvals_after_push", r.AfterPush, m.AfterPush, afterPushes)
	r.Contributors = raise(&up, "exclude_contributors", r.Contributors, m.Contributors, contributing)
	r.Unknown = raise(&up, "unknown_contributors", r.Unknown, m.Unknown, unknowns)
	r.ChangesRequested = raise(&up, "changes_requested", r.ChangesRequested, m.ChangesRequested, requests)
	r.Generated = raise(&up, "generated", r.Generated, m.Generated, generatedOf)
	if m.ReviewersCount != nil && !*m.ReviewersCount {
		up.note("reviewers_count", r.ReviewersCount)
		r.ReviewersCount = false
	}
	if least := m.MinApprovals; r.MinApprovals < least {
		r.MinApprovals = least
		up.note("min_approvals", true)
	}
	if m.MaxUnreviewed != nil && (r.MaxUnreviewed < 0 || r.MaxUnreviewed > *m.MaxUnreviewed) {
		r.MaxUnreviewed = *m.MaxUnreviewed
		up.note("max_unreviewed", true)
	}
	if asked || len(m.Ignore) > 0 {
		r.IgnoreBound, r.MayIgnore = true, m.Ignore
		up.note("ignore", len(r.Ignore) > 0 && len(m.Ignore) == 0)
	}
	if m.Override == OverrideForbidden {
		up.note("override", len(r.Override) > 0)
		r.Override = nil
	}
	r.Protected = slices.Concat(r.Protected, m.Protected)
	r.Floors = m.Floors
	if !m.lenient {
		r.Raised = strings.Join(up.keys, ", ")
	}
	return r
}

// Ignores reports whether a path is left out of the count.
func (r *Rules) Ignores(path string) bool {
	return glob.Any(r.Ignore, path) && (!r.IgnoreBound || glob.Any(r.MayIgnore, path))
}

// Floor is the threshold of a subsystem: its own, or the minimum's if that is
// stricter.
func (r Rules) Floor(s *ownership.Subsystem) share.Threshold {
	floor := share.Stricter(share.Stricter(s.Threshold, r.Floors[AnySubsystem]), r.Floors[s.Name])
	return share.Stricter(floor, r.Floors[s.SourceName()])
}

// RespondWithin is how soon a first review of a subsystem should come: as the map says, or else
// the policy; 0: nothing says. No outcome hangs on it.
func (r Rules) RespondWithin(s *ownership.Subsystem) time.Duration {
	if s.Respond != nil {
		return *s.Respond
	}
	return r.Respond
}
