package policyfile

import (
	"cmp"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Assign is the key assign; what it leaves out takes the default.
type Assign struct {
	Off       bool                    `yaml:"-" json:"-"`
	Max       AskMax                  `yaml:"max" json:"max,omitempty" jsonschema:"minimum=1,maximum=15,default=5,description=People asked at most."`
	Strategy  Word[policy.Strategy]   `yaml:"strategy" json:"strategy,omitempty" jsonschema:"enum=cover,enum=balance,enum=all,default=cover,description=The fewest who suffice\\, the least loaded who suffice\\, or all who can help."`
	Teams     Word[policy.TeamAsking] `yaml:"teams" json:"teams,omitempty" jsonschema:"enum=expand,enum=ask,default=expand,description=Ask members of a team one by one\\, or the team itself."`
	Reassign  *strictyaml.After       `yaml:"reassign_after" json:"reassign_after,omitempty" jsonschema:"default=3d,description=Silence after which the next person is asked\\, or off."`
	Assignees bool                    `yaml:"assignees" json:"assignees,omitempty" jsonschema:"description=Whether those who are asked become assignees\\, too."`
}

// LabelsFile is the key labels; what it leaves out takes the default.
type LabelsFile struct {
	Off         bool  `yaml:"-" json:"-"`
	Subsystems  *bool `yaml:"subsystems" json:"subsystems,omitempty" jsonschema:"default=true,description=The labels that the map gives to subsystems."`
	NeedsReview bool  `yaml:"needs_review" json:"needs_review,omitempty" jsonschema:"description=A label needs-review/NAME for each subsystem that misses review."`
}

// UnmarshalYAML reads off or {max: 5}.
func (a *Assign) UnmarshalYAML(n *yaml.Node) error {
	if strictyaml.IsOff(n) {
		*a = Assign{Off: true}
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "assign %q: write off, or {max: 5}", n.Value)
	}
	type plain Assign
	return strictyaml.Decode(n, (*plain)(a))
}

// rules fills in the defaults.
func (a Assign) rules() policy.AssignRules {
	if a.Off {
		return policy.AssignRules{Strategy: policy.AskCover, Teams: policy.TeamsExpand}
	}
	out := policy.AssignRules{
		Max: cmp.Or(int(a.Max), policy.DefaultAskMax), Strategy: a.Strategy.or(policy.AskCover), Teams: a.Teams.or(policy.TeamsExpand),
		Reassign: policy.DefaultReassign, Assignees: a.Assignees,
	}
	if a.Reassign != nil {
		out.Reassign = time.Duration(*a.Reassign)
	}
	return out
}

// UnmarshalYAML reads off or {subsystems: true, needs_review: true}.
func (l *LabelsFile) UnmarshalYAML(n *yaml.Node) error {
	if strictyaml.IsOff(n) {
		*l = LabelsFile{Off: true}
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "labels %q: write off, or {needs_review: true}", n.Value)
	}
	type plain LabelsFile
	return strictyaml.Decode(n, (*plain)(l))
}

func (l LabelsFile) labels() policy.Labels {
	if l.Off {
		return policy.Labels{}
	}
	return policy.Labels{Subsystems: l.Subsystems == nil || *l.Subsystems, NeedsReview: l.NeedsReview}
}
