package policy

import (
	"slices"
	"time"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/share"
)

// Minimum is what a service asks of every policy; none can weaken it (gate.md
// §7). The zero Minimum asks for nothing.
type Minimum struct {
	Mode      Mode      `yaml:"mode" json:"mode,omitempty" env:"MODE"`
	Threshold Threshold `yaml:"threshold" json:"threshold,omitzero" env:"THRESHOLD"`
	// Floors are thresholds of subsystems by name; "*" is every one.
	Floors    map[string]Threshold `yaml:"floors" json:"floors,omitempty" env:"-"`
	Protected []Glob               `yaml:"protected" json:"protected,omitempty" env:"-"`
	// SharedCheck forbids the policies' key of that name.
	SharedCheck SharedCheck `yaml:"shared_check" json:"shared_check,omitempty" env:"SHARED_CHECK"`
}

// AnySubsystem is the name that stands for every subsystem in Minimum.Floors.
const AnySubsystem = "*"

// AtLeast gives rules that are as strict as the minimum.
func (r Rules) AtLeast(m Minimum) Rules {
	switch {
	case m.Mode == Enforce:
		r.Mode, r.EnforceFrom = Enforce, time.Time{}
	case m.Mode == Warn && r.Mode == Off:
		r.Mode = Warn
	}
	r.Threshold = share.Stricter(r.Threshold, m.Threshold.Threshold)
	r.Protected = slices.Concat(r.Protected, patterns(m.Protected))
	r.Floors = m.Floors
	return r
}

// floor is the threshold of a subsystem: its own, or the minimum's if that is
// stricter.
func (r Rules) floor(s *ownership.Subsystem) share.Threshold {
	floor := share.Stricter(share.Stricter(s.Threshold, r.Floors[AnySubsystem].Threshold), r.Floors[s.Name].Threshold)
	return share.Stricter(floor, r.Floors[s.SourceName()].Threshold)
}
