package policyfile

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
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
		return strictyaml.Errorf(n, "invalid date %q: use YYYY-MM-DD, such as 2027-01-31", n.Value)
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

// MarshalYAML writes an owner as policies do.
func (o Owner) MarshalYAML() (any, error) { return o.String(), nil }

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
		return strictyaml.Errorf(n, "check name %q: letters, digits, spaces and . _ / - only, and {branch} for the base branch, 100 at most",
			n.Value)
	}
	*v = CheckName(n.Value)
	return nil
}

// Word is one of the words of a policy; empty where none is given.
type Word[T words[T]] string

// words is a type that lists its values.
type words[T any] interface {
	~string
	Words() []T
}

type (
	// language is one that the words exist in.
	language string
	// dialect is whose CODEOWNERS a file is.
	dialect formats.Dialect
	// listFormat is how a file of people is written.
	listFormat formats.Name
)

// Words are those of the key language.
func (language) Words() []language { return []language{policy.DefaultLanguage, "zh-CN"} }

// Words are those of the key dialect.
func (dialect) Words() []dialect {
	return []dialect{dialect(formats.GitHub), dialect(formats.GitLab), dialect(formats.Gitee), dialect(formats.GitCode),
		dialect(formats.Gitea)}
}

// Words are those of the key format. A table of committers says here who is who.
func (listFormat) Words() []listFormat {
	return []listFormat{listFormat(formats.People), listFormat(formats.SigInfo), listFormat(formats.Committers)}
}

// UnmarshalYAML refuses words that are not listed.
func (w *Word[T]) UnmarshalYAML(n *yaml.Node) error {
	known := T("").Words()
	if !slices.Contains(known, T(n.Value)) {
		texts := make([]string, len(known))
		for i, k := range known {
			texts[i] = string(k)
		}
		return strictyaml.Errorf(n, "%q is unknown here; write one of %s", n.Value, strings.Join(texts, ", "))
	}
	*w = Word[T](n.Value)
	return nil
}

// or gives the word, or the usual one where none is given.
func (w Word[T]) or(usual T) T { return cmp.Or(T(w), usual) }
