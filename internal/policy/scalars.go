package policy

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/share"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Date is a day, at 00:00 UTC.
type Date struct{ time.Time }

// Wrappers that read their values from YAML.
type (
	// Threshold is the share of files that must be reviewed.
	Threshold struct{ share.Threshold }
	// Glob is a pattern of paths or of branch names.
	Glob struct{ glob.Pattern }
	// Owner is a person or a team.
	Owner struct{ ownership.Owner }
)

// UnmarshalYAML reads 2027-01-01.
func (d *Date) UnmarshalYAML(n *yaml.Node) error {
	day, err := time.ParseInLocation(time.DateOnly, n.Value, time.UTC)
	if err != nil {
		return strictyaml.Errorf(n, "%q is no day; write it as 2027-01-31", n.Value)
	}
	d.Time = day
	return nil
}

// UnmarshalYAML reads what share.ParseThreshold reads.
func (t *Threshold) UnmarshalYAML(n *yaml.Node) (err error) {
	if t.Threshold, err = share.ParseThreshold(n.Value); err != nil {
		return strictyaml.Errorf(n, "%v", err)
	}
	return nil
}

// UnmarshalYAML compiles the pattern.
func (g *Glob) UnmarshalYAML(n *yaml.Node) (err error) {
	if strings.HasPrefix(n.Value, "!") {
		return strictyaml.Errorf(n, "pattern %q: a leading ! has no meaning here; only subsystem paths exclude", n.Value)
	}
	if g.Pattern, err = glob.Compile(n.Value); err != nil {
		return strictyaml.Errorf(n, "%v", err)
	}
	return nil
}

// MarshalText gives the pattern as written, for JSON.
func (g Glob) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads what MarshalText gives.
func (g *Glob) UnmarshalText(b []byte) (err error) {
	g.Pattern, err = glob.Compile(string(b))
	return err
}

// UnmarshalYAML reads a login or a team.
func (o *Owner) UnmarshalYAML(n *yaml.Node) (err error) {
	if o.Owner, err = ownership.ParseOwner(n.Value); err != nil {
		return strictyaml.Errorf(n, "%v", err)
	}
	return nil
}

// Values that are checked as they are read.
type (
	// AskMax is how many people can be asked.
	AskMax int
	// AtLeastOne is a number from 1.
	AtLeastOne int
	// NotNegative is a number from 0.
	NotNegative int
	// CheckName is a name that forges show.
	CheckName string
	// SharedCheck says whether branches may have one check on purpose.
	SharedCheck string
	// Language is one that the words exist in.
	Language string
)

// UnmarshalYAML refuses numbers that no forge takes.
func (v *AskMax) UnmarshalYAML(n *yaml.Node) error {
	number, err := strictyaml.Int(n)
	if err != nil {
		return err
	}
	if *v = AskMax(number); number < 1 || number > 15 {
		return strictyaml.Errorf(n, "%d people: between 1 and 15 can be asked; to ask nobody write assign: off", number)
	}
	return nil
}

// UnmarshalYAML refuses numbers below 1.
func (v *AtLeastOne) UnmarshalYAML(n *yaml.Node) error {
	number, err := strictyaml.Int(n)
	if err != nil {
		return err
	}
	*v = AtLeastOne(number)
	if *v < 1 {
		return strictyaml.Errorf(n, "%d approvals: at least 1, for with less nothing would be reviewed", *v)
	}
	return nil
}

// UnmarshalYAML refuses numbers below 0.
func (v *NotNegative) UnmarshalYAML(n *yaml.Node) error {
	number, err := strictyaml.Int(n)
	if err != nil {
		return err
	}
	*v = NotNegative(number)
	if *v < 0 {
		return strictyaml.Errorf(n, "%d files: 0 or more, or leave the key out for no cap", *v)
	}
	return nil
}

var checkName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9 ._/-]|\{branch\}){0,99}$`)

// UnmarshalYAML refuses names that a forge would not show.
func (v *CheckName) UnmarshalYAML(n *yaml.Node) error {
	if !checkName.MatchString(n.Value) {
		return strictyaml.Errorf(n, "check name %q: letters, digits, spaces and . _ / - only, and {branch} for the base branch, 100 at most", n.Value)
	}
	*v = CheckName(n.Value)
	return nil
}

// SharedForbidden forbids it.
const SharedForbidden SharedCheck = "forbidden"

// UnmarshalYAML reads SharedForbidden.
func (v *SharedCheck) UnmarshalYAML(n *yaml.Node) error { return word(n, v, SharedForbidden) }

// word reads one of the known words into v.
func word[T ~string](n *yaml.Node, v *T, known ...T) error {
	if !slices.Contains(known, T(n.Value)) {
		words := make([]string, len(known))
		for i, k := range known {
			words[i] = string(k)
		}
		return strictyaml.Errorf(n, "%q is unknown here; write one of %s", n.Value, strings.Join(words, ", "))
	}
	*v = T(n.Value)
	return nil
}

// UnmarshalYAML reads one of the words of Language.
func (v *Language) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, "en", "zh-CN")
}

// UnmarshalYAML reads one of the words of Mode.
func (v *Mode) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, Enforce, Warn, Off)
}

// UnmarshalYAML reads one of the words of Untouched.
func (v *Untouched) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, UntouchedWarn, UntouchedBlocks, UntouchedAllowed)
}

// UnmarshalYAML reads one of the words of Overlap.
func (v *Overlap) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, OverlapAny, OverlapEach)
}

// UnmarshalYAML reads one of the words of Unowned.
func (v *Unowned) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, UnownedUnreviewed, UnownedAnyone, UnownedExempt)
}

// UnmarshalYAML reads one of the words of AfterPush.
func (v *AfterPush) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, KeepUnchanged, KeepHead, KeepAll)
}

// UnmarshalYAML reads one of the words of Contributors.
func (v *Contributors) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, ExcludeFiles, ExcludeCommitters, ExcludeAll, ExcludeNone)
}

// UnmarshalYAML reads one of the words of UnknownContributors.
func (v *UnknownContributors) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, UnknownWarn, UnknownBlocks)
}

// UnmarshalYAML reads one of the words of ChangesRequested.
func (v *ChangesRequested) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, RequestBlocks, RequestIgnored)
}

// UnmarshalYAML reads one of the words of Below.
func (v *Below) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, BelowPending, BelowFailure)
}

// UnmarshalYAML reads one of the words of Generated.
func (v *Generated) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, GeneratedCount, GeneratedIgnore)
}

// UnmarshalYAML reads one of the words of Dialect.
func (v *Dialect) UnmarshalYAML(n *yaml.Node) error {
	return word(n, v, Dialect(formats.GitHub), Dialect(formats.GitLab), Dialect(formats.Gitee))
}
