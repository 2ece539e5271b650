package policyfile

import (
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/share"
)

// Minimum is a policy.Minimum as it is written in a service's configuration, or in its
// environment.
type Minimum struct {
	// Mode is warn, which keeps policies from being off, or enforce, which keeps them from
	// only warning, too. Where review is asked for it is enforce unless given.
	Mode Word[policy.Mode] `yaml:"mode" env:"MODE"`
	// Threshold is the share of files that every policy asks for at the least.
	Threshold Threshold `yaml:"threshold" env:"THRESHOLD"`
	// Floors are thresholds of subsystems by name; "*" is every one.
	Floors map[string]Threshold `yaml:"floors" env:"-"`
	// Protected are files that must each be reviewed everywhere.
	Protected []Glob `yaml:"protected" env:"-"`
	// SharedCheck forbids the policies' key of that name.
	SharedCheck Word[policy.SharedCheck] `yaml:"shared_check" env:"SHARED_CHECK"`

	MinApprovals     AtLeastOne                       `yaml:"min_approvals" env:"MIN_APPROVALS"`
	MaxUnreviewed    *NotNegative                     `yaml:"max_unreviewed" env:"MAX_UNREVIEWED"`
	Untouched        Word[policy.Untouched]           `yaml:"untouched" env:"UNTOUCHED"`
	Overlap          Word[policy.Overlap]             `yaml:"overlap" env:"OVERLAP"`
	Unowned          Word[policy.Unowned]             `yaml:"unowned" env:"UNOWNED"`
	ReviewersCount   *bool                            `yaml:"reviewers_count" env:"REVIEWERS_COUNT"`
	AfterPush        Word[policy.AfterPush]           `yaml:"approvals_after_push" env:"APPROVALS_AFTER_PUSH"`
	Contributors     Word[policy.Contributors]        `yaml:"exclude_contributors" env:"EXCLUDE_CONTRIBUTORS"`
	Unknown          Word[policy.UnknownContributors] `yaml:"unknown_contributors" env:"UNKNOWN_CONTRIBUTORS"`
	ChangesRequested Word[policy.ChangesRequested]    `yaml:"changes_requested" env:"CHANGES_REQUESTED"`
	Generated        Word[policy.Generated]           `yaml:"generated" env:"GENERATED"`
	// Ignore are the files that policies may ignore.
	Ignore []Glob `yaml:"ignore" env:"-"`
	// Branches are base branches that are gated whatever policies say.
	Branches []Glob `yaml:"branches" env:"-"`
	// Check is the name of every check.
	Check CheckName `yaml:"check" env:"CHECK"`
	// Override forbids the policies' key of that name: nobody stands in for review.
	Override Word[policy.Overriding] `yaml:"override" env:"OVERRIDE"`
}

// Policy gives what the minimum asks for.
func (m *Minimum) Policy() policy.Minimum {
	out := policy.Minimum{
		Mode: policy.Mode(m.Mode), Threshold: m.Threshold.Threshold, Protected: patterns(m.Protected),
		SharedCheck:  policy.SharedCheck(m.SharedCheck),
		MinApprovals: int(m.MinApprovals), MaxUnreviewed: (*int)(m.MaxUnreviewed),
		Untouched: policy.Untouched(m.Untouched), Overlap: policy.Overlap(m.Overlap), Unowned: policy.Unowned(m.Unowned),
		ReviewersCount: m.ReviewersCount,
		AfterPush:      policy.AfterPush(m.AfterPush), Contributors: policy.Contributors(m.Contributors),
		Unknown:          policy.UnknownContributors(m.Unknown),
		ChangesRequested: policy.ChangesRequested(m.ChangesRequested), Generated: policy.Generated(m.Generated),
		Ignore: patterns(m.Ignore), Branches: patterns(m.Branches), Check: string(m.Check), Override: policy.Overriding(m.Override),
	}
	for name, floor := range m.Floors {
		if out.Floors == nil {
			out.Floors = map[string]share.Threshold{}
		}
		out.Floors[name] = floor.Threshold
	}
	return out
}
