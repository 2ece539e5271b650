// Package policyfile reads the YAML in which policies are written.
//
// Parse gives the policy.Policy of a file; a Minimum is the part of a service's
// configuration that is written in the same words. The package promises that
// nothing is accepted which it does not understand, that all faults are
// reported at once, each with its line, and that keys which are left out have
// their defaults. Advise says what a valid policy leaves open. What a
// policy means is left to package policy, and the files that it names to
// package ownership.
package policyfile

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/ownersfile"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/share"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// File is a policy as it is written. Keys that are left out take their
// defaults.
type File struct {
	Version          int                              `yaml:"version" json:"version" jsonschema:"enum=1,description=Version of this format; 1."`
	Mode             Word[policy.Mode]                `yaml:"mode" json:"mode,omitempty" jsonschema:"enum=enforce,enum=warn,enum=off,default=enforce,description=enforce gates; warn lets everything pass with a warning; off writes nothing."`
	EnforceFrom      Date                             `yaml:"enforce_from" json:"enforce_from,omitempty" jsonschema:"description=Until 00:00 UTC of this day enforce means warn."`
	Since            Date                             `yaml:"since" json:"since,omitempty" jsonschema:"description=Pull requests opened before 00:00 UTC of this day get a check only\\, until somebody pushes\\, reviews or comments a command. Default: the day on which the gate came."`
	Check            CheckName                        `yaml:"check" json:"check,omitempty" jsonschema:"default=review-gate,description=Name of the check or status. {branch} in it stands for the base branch."`
	Threshold        Threshold                        `yaml:"threshold" json:"threshold,omitempty" jsonschema:"description=Share of counted files that must be reviewed: 80% is at least\\, > 80% strictly more. Default 100%."`
	MinApprovals     *AtLeastOne                      `yaml:"min_approvals" json:"min_approvals,omitempty" jsonschema:"minimum=1,default=1,description=Distinct people who must approve a file."`
	MaxUnreviewed    *NotNegative                     `yaml:"max_unreviewed" json:"max_unreviewed,omitempty" jsonschema:"minimum=0,description=At most this many files may miss review\\, whatever the threshold."`
	Untouched        Word[policy.Untouched]           `yaml:"untouched" json:"untouched,omitempty" jsonschema:"enum=warn,enum=blocks,enum=allowed,default=warn,description=A subsystem with counted files and none reviewed."`
	Overlap          Word[policy.Overlap]             `yaml:"overlap" json:"overlap,omitempty" jsonschema:"enum=any,enum=each,default=any,description=Whether one of several owning subsystems suffices."`
	Unowned          Word[policy.Unowned]             `yaml:"unowned" json:"unowned,omitempty" jsonschema:"enum=unreviewed,enum=anyone,enum=exempt,default=unreviewed,description=A file that nobody owns."`
	ReviewersCount   bool                             `yaml:"reviewers_count" json:"reviewers_count,omitempty" jsonschema:"description=Whether approvals of reviewers count as those of maintainers do."`
	AfterPush        Word[policy.AfterPush]           `yaml:"approvals_after_push" json:"approvals_after_push,omitempty" jsonschema:"enum=unchanged,enum=head,enum=keep,default=unchanged,description=Which approvals outlive a push. keep is unsafe."`
	Contributors     Word[policy.Contributors]        `yaml:"exclude_contributors" json:"exclude_contributors,omitempty" jsonschema:"enum=files,enum=committers,enum=all,enum=none,default=files,description=What people who wrote part of the change can't approve. committers leaves out authors of commits that somebody else committed\\, as backports are."`
	Trailers         Word[policy.Trailers]            `yaml:"trailers" json:"trailers,omitempty" jsonschema:"enum=off,enum=warn,enum=blocks,default=off,description=What a Reviewed-by in a commit's message does behind which no review stands that counts."`
	Unknown          Word[policy.UnknownContributors] `yaml:"unknown_contributors" json:"unknown_contributors,omitempty" jsonschema:"enum=warn,enum=blocks,default=warn,description=Files touched by commits under addresses that are nobody's: blocks asks for one approval more."`
	ChangesRequested Word[policy.ChangesRequested]    `yaml:"changes_requested" json:"changes_requested,omitempty" jsonschema:"enum=blocks,enum=ignored,default=blocks,description=A maintainer's request for changes."`
	Below            Word[policy.Below]               `yaml:"below_threshold" json:"below_threshold,omitempty" jsonschema:"enum=pending,enum=failure,default=pending,description=Outcome while review is missing."`
	Generated        Word[policy.Generated]           `yaml:"generated" json:"generated,omitempty" jsonschema:"enum=count,enum=ignore,default=count,description=Files marked linguist-generated at the base."`
	Ignore           []Glob                           `yaml:"ignore" json:"ignore,omitempty" jsonschema:"description=Files that are not counted."`
	Protected        []Glob                           `yaml:"protected" json:"protected,omitempty" jsonschema:"description=Files that must each be reviewed\\, whatever the threshold."`
	CommentApprovals *bool                            `yaml:"comment_approvals" json:"comment_approvals,omitempty" jsonschema:"description=Whether a comment such as /approve SHA approves. Default: true on Gitee and GitCode\\, whose reviews name no commit\\, else false."`
	Comment          *bool                            `yaml:"comment" json:"comment,omitempty" jsonschema:"default=true,description=Whether the gate comments when it warns or blocks."`
	Assign           Assign                           `yaml:"assign" json:"assign,omitempty" jsonschema:"description=Whom to ask for review: {max: 5} or off."`
	Respond          strictyaml.After                 `yaml:"respond_within" json:"respond_within,omitempty" jsonschema:"description=How soon a first review should come of an area that says nothing else: 12h\\, 3d or 2w\\, or off. It is told\\, and decides nothing. Default: none."`
	Labels           LabelsFile                       `yaml:"labels" json:"labels,omitempty" jsonschema:"description=Which labels the gate keeps: {subsystems: true\\, needs_review: true} or off."`
	Contact          string                           `yaml:"contact" json:"contact,omitempty" jsonschema:"description=Whom to contact about the gate."`
	Language         Word[language]                   `yaml:"language" json:"language,omitempty" jsonschema:"enum=en,enum=zh-CN,description=Language of check and comment. Default: zh-CN on Gitee and GitCode\\, else en."`
	Ownership        []SourceFile                     `yaml:"ownership" json:"ownership,omitempty" jsonschema:"description=Where ownership is written. Default: subsystems.yml beside the policy\\, in .gitee\\, .gitcode or .gitea on those forges\\, else .github/subsystems.yml."`
	People           PeopleFiles                      `yaml:"people" json:"people,omitempty" jsonschema:"description=The files that give people's logins for the e-mail addresses of ownership files: one\\, or a list that adds up. Default: none."`
	Branches         []BranchFile                     `yaml:"branches" json:"branches,omitempty" jsonschema:"description=Base branches that are gated\\, first match counts. Default: the default branch."`
	SharedCheck      []string                         `yaml:"shared_check" json:"shared_check,omitempty" jsonschema:"description=Branches\\, by name\\, that have one check on purpose. A success towards one counts for the others."`
	Override         OverrideFile                     `yaml:"override" json:"override,omitempty" jsonschema:"description=Who may override the gate\\, and stand in for missing owners of protected files."`
}

// BranchFile is one entry of branches.
type BranchFile struct {
	Match         Glob              `yaml:"match" json:"match" jsonschema:"description=Pattern of branch names."`
	Mode          Word[policy.Mode] `yaml:"mode" json:"mode,omitempty" jsonschema:"enum=enforce,enum=warn,enum=off"`
	EnforceFrom   Date              `yaml:"enforce_from" json:"enforce_from,omitempty"`
	Check         CheckName         `yaml:"check" json:"check,omitempty"`
	Threshold     Threshold         `yaml:"threshold" json:"threshold,omitempty"`
	MinApprovals  *AtLeastOne       `yaml:"min_approvals" json:"min_approvals,omitempty" jsonschema:"minimum=1"`
	MaxUnreviewed *NotNegative      `yaml:"max_unreviewed" json:"max_unreviewed,omitempty" jsonschema:"minimum=0"`
	line          int
}

// SourceFile is one entry of ownership: one of its keys, which names the
// format.
type SourceFile struct {
	Subsystems  *Place `yaml:"subsystems" json:"subsystems,omitempty" jsonschema:"description=A subsystem map at the base branch\\, or {repo: OWNER/NAME\\, ref: BRANCH\\, path: PATH} of another repository."`
	Maintainers *Place `yaml:"maintainers" json:"maintainers,omitempty" jsonschema:"description=A file in the format of Linux MAINTAINERS\\, or a directory of such files with a slash at its end."`
	Codeowners  *Place `yaml:"codeowners" json:"codeowners,omitempty" jsonschema:"description=A CODEOWNERS file; {dialect: gitlab} where it is not in the forge's own dialect. Without a path it is looked for where the forge does."`
	Owners      *Place `yaml:"owners" json:"owners,omitempty" jsonschema:"description=The name of OWNERS files in the directories of the repository."`
	OwnersYAML  *Place `yaml:"owners_yaml" json:"owners_yaml,omitempty" jsonschema:"description=A file in the format of Red Hat's owners.yaml."`
	Committers  *Place `yaml:"committers" json:"committers,omitempty" jsonschema:"description=A Markdown file with a table of paths and committers."`
	line        int
}

// places gives what is written, by format.
func (s *SourceFile) places() map[formats.Name]*Place {
	all := map[formats.Name]*Place{
		formats.Subsystems: s.Subsystems, formats.Maintainers: s.Maintainers, formats.Codeowners: s.Codeowners,
		formats.OwnersTree: s.Owners, formats.OwnersYAML: s.OwnersYAML, formats.Committers: s.Committers,
	}
	maps.DeleteFunc(all, func(_ formats.Name, p *Place) bool { return p == nil })
	return all
}

// Place is where an ownership file stands: a path of the repository, or one of
// another repository.
type Place struct {
	Repo    string        `yaml:"repo" json:"repo,omitempty"`
	Ref     string        `yaml:"ref" json:"ref,omitempty"`
	Path    string        `yaml:"path" json:"path,omitempty"`
	Dialect Word[dialect] `yaml:"dialect" json:"dialect,omitempty" jsonschema:"enum=github,enum=gitlab,enum=gitee,enum=gitcode,enum=gitea"`
	// Format is of files of people only.
	Format Word[listFormat] `yaml:"format" json:"format,omitempty" jsonschema:"enum=people,enum=sig-info,enum=committers"`
	Ignore Ignore           `yaml:"ignore" json:"ignore,omitempty" jsonschema:"description=Regular expressions of directories whose OWNERS files say nothing\\, besides Prow's own: vendor/.*/.* and the like."`
}

// Ignore is the key ignore of OWNERS files.
type Ignore []string

// UnmarshalYAML takes expressions that compile.
func (i *Ignore) UnmarshalYAML(n *yaml.Node) error {
	var texts []string
	if n.Kind != yaml.SequenceNode || n.Decode(&texts) != nil {
		return strictyaml.Errorf(n, `want a list of regular expressions of directories, such as ignore: ["^third_party$"]`)
	}
	for at, text := range texts {
		if _, err := ownersfile.ParseIgnore(text); err != nil {
			return strictyaml.Errorf(n.Content[at], "%v", err)
		}
	}
	*i = texts
	return nil
}

// PeopleFiles is the key people: a file, or a list of such.
type PeopleFiles []PeopleFile

// PeopleFile is one file of people.
type PeopleFile struct {
	Place
	line int
}

// UnmarshalYAML reads either form.
func (f *PeopleFiles) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		type plain PeopleFiles
		return n.Decode((*plain)(f))
	}
	*f = make(PeopleFiles, 1)
	return (*f)[0].UnmarshalYAML(n)
}

// UnmarshalYAML reads a Place with a path.
func (p *PeopleFile) UnmarshalYAML(n *yaml.Node) error {
	if err := p.Place.UnmarshalYAML(n); err != nil {
		return err
	}
	p.line = n.Line
	if p.Path == "" || p.Dialect != "" || p.Ignore != nil || strings.HasSuffix(p.Path, "/") || strings.ContainsAny(p.Path, "*?[") {
		return strictyaml.Errorf(n, "want the path of a file in the repository, such as people: .github/people.yml, or a list of such: "+
			"[.gitee/people.yml, {repo: acme/community, path: sig/Kernel/sig-info.yaml, format: sig-info}]")
	}
	return nil
}

// format is what the file says that it is, or what its path does.
func (p *PeopleFile) format() formats.Name {
	switch format := formats.Name(p.Format); format {
	case "":
		return formats.PeopleAt(p.Path)
	case formats.Committers:
		return formats.PeopleTable
	default:
		return format
	}
}

// OverrideFile is the key override.
type OverrideFile struct {
	// Allowed are people and teams.
	Allowed []Owner `yaml:"allowed" json:"allowed,omitempty" jsonschema:"description=People and teams."`
}

// Owners are those who are allowed.
func (o OverrideFile) Owners() []ownership.Owner {
	var out []ownership.Owner
	for _, allowed := range o.Allowed {
		out = append(out, allowed.Owner)
	}
	return out
}

// UnmarshalYAML keeps the line.
func (b *BranchFile) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, `want a branch rule, such as {match: "release/**", check: review-gate/release}`)
	}
	type plain BranchFile
	if err := strictyaml.Decode(n, (*plain)(b)); err != nil {
		return err
	}
	if b.line = n.Line; b.Match.String() == "" {
		return strictyaml.Errorf(n, `a branch rule needs a pattern, such as match: "release/**"`)
	}
	return nil
}

const wantSource = "want one ownership file, such as subsystems: .github/subsystems.yml or maintainers: MAINTAINERS"

// UnmarshalYAML keeps the line.
func (s *SourceFile) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, wantSource)
	}
	type plain SourceFile
	if err := strictyaml.Decode(n, (*plain)(s)); err != nil {
		return err
	}
	s.line = n.Line
	places := s.places()
	if len(places) != 1 || len(n.Content) != 2 {
		return strictyaml.Errorf(n, wantSource+"; give each an entry of its own")
	}
	for format, p := range places {
		switch {
		case p.Dialect != "" && format != formats.Codeowners:
			return strictyaml.Errorf(n, "only codeowners has dialects")
		case p.Format != "":
			return strictyaml.Errorf(n, "only files of people have a format; the key that names an ownership file is its format")
		case p.Ignore != nil && format != formats.OwnersTree:
			return strictyaml.Errorf(n, "only owners ignores directories; leave out paths of a map by a pattern with a leading !")
		case p.Path == "" && (format != formats.Codeowners || p.Repo != ""):
			return strictyaml.Errorf(n, wantSource)
		case format == formats.OwnersTree && (p.Repo != "" || strings.Contains(p.Path, "/")):
			return strictyaml.Errorf(n, "owners names the files that stand in the repository's directories, such as owners: OWNERS")
		case strings.HasSuffix(p.Path, "/") && format != formats.Maintainers:
			return strictyaml.Errorf(n, "want a file; only maintainers may be a directory, with a slash at its end")
		case p.Repo != "" && p.Ref == "" && strings.HasSuffix(p.Path, "/"):
			return strictyaml.Errorf(n,
				"a directory of another repository needs the branch, too: {repo: acme/maintainers, ref: main, path: MAINTAINERS/}")
		}
	}
	return nil
}

// UnmarshalYAML reads a path, or {repo: acme/maintainers, ref: main, path:
// map.yml}.
func (p *Place) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		type plain Place
		if err := strictyaml.Decode(n, (*plain)(p)); err != nil {
			return err
		}
		elsewhere := p.Repo != "" || p.Ref != ""
		if elsewhere && (!isRepo(p.Repo) || p.Ref != "" && !isBranch(p.Ref)) {
			return strictyaml.Errorf(n, "want another repository and a branch of it, such as {repo: acme/maintainers, ref: main, path: map.yml}")
		}
	} else if err := n.Decode(&p.Path); err != nil {
		return err
	}
	p.Path = strings.TrimPrefix(p.Path, "/")
	if n.Kind != yaml.MappingNode && p.Path == "" || p.Path != "" && !isPath(p.Path, true) {
		return strictyaml.Errorf(n, "want the path of a file in the repository, such as .github/subsystems.yml")
	}
	return nil
}

// source gives the place of one file.
func (p *Place) source(format formats.Name, file string, line int) policy.Source {
	s := policy.Source{Format: format, Dialect: formats.Dialect(p.Dialect), Path: p.Path, Repo: p.Repo, Ref: p.Ref,
		Pos: ownership.Pos{File: file, Line: line}}
	for _, text := range p.Ignore {
		if re, err := ownersfile.ParseIgnore(text); err == nil { // it was read before
			s.Ignore = append(s.Ignore, re)
		}
	}
	return s
}

// Places are where a policy stands by convention, whatever the forge.
func Places() []string {
	return []string{".github/review-gate.yml", ".gitee/review-gate.yml", ".gitcode/review-gate.yml", ".gitea/review-gate.yml",
		".review-gate.yml"}
}

// Parse reads a policy. path is used in messages. The error is
// strictyaml.Faults.
func Parse(path string, data []byte) (policy.Policy, error) { return Defaults{}.Parse(path, data) }

// Defaults are what holds where a policy does not say, as forges differ in it.
type Defaults struct {
	Language         string `json:"language,omitempty"` // empty: English
	CommentApprovals bool   `json:"comment_approvals,omitempty"`
}

// Parse is as the function of this name.
func (d Defaults) Parse(path string, data []byte) (policy.Policy, error) {
	var f File
	if err := strictyaml.Unmarshal(path, data, &f); err != nil {
		return policy.Policy{}, err
	}
	f.Language = cmp.Or(f.Language, Word[language](d.Language))
	if f.CommentApprovals == nil {
		f.CommentApprovals = &d.CommentApprovals
	}
	p, faults := f.policy(path)
	if len(faults) > 0 {
		return policy.Policy{}, faults
	}
	return p, nil
}

// maxSources is how many ownership sources, and how many files of people, a policy may name: each costs calls to the
// forge at every evaluation. Files of OWNERS trees and of directories are one.
const maxSources = 20

func (f *File) policy(path string) (policy.Policy, strictyaml.Faults) {
	c := checker{file: path}
	if f.Version != 1 {
		c.fault(1, "want version: 1; this gate reads no other")
	}
	p := policy.Policy{File: path, Base: f.rules()}
	for i := range f.Branches {
		b := &f.Branches[i]
		p.Branches = append(p.Branches, policy.BranchRule{Match: b.Match.Pattern, Rules: b.lay(p.Base)})
	}
	p.SharedCheck = f.SharedCheck
	c.shared(&p)
	if n := len(f.Ownership); n > maxSources {
		c.fault(f.Ownership[maxSources].line, "ownership has %d entries, and %d are read; join files, or use OWNERS files in directories", n,
			maxSources)
	}
	for _, s := range f.Ownership {
		for format, place := range s.places() { // it has one
			p.Sources = append(p.Sources, place.source(format, path, s.line))
		}
	}
	if n := len(f.People); n > maxSources {
		c.fault(f.People[maxSources].line, "people has %d entries, and %d are read; join files", n, maxSources)
	}
	for i := range f.People {
		one := &f.People[i]
		p.People = append(p.People, one.source(one.format(), path, one.line))
	}
	return p, c.faults
}

// rules fills in the defaults.
func (f *File) rules() policy.Rules {
	r := policy.Rules{
		Mode: f.Mode.or(policy.Enforce), EnforceFrom: f.EnforceFrom.Time, Since: f.Since.Time,
		Check: cmp.Or(string(f.Check), policy.DefaultCheck), Threshold: f.Threshold.Threshold,
		MinApprovals: 1, MaxUnreviewed: -1,
		Untouched: f.Untouched.or(policy.UntouchedWarn), Overlap: f.Overlap.or(policy.OverlapAny),
		Unowned: f.Unowned.or(policy.UnownedUnreviewed), ReviewersCount: f.ReviewersCount,
		AfterPush: f.AfterPush.or(policy.KeepUnchanged), Contributors: f.Contributors.or(policy.ExcludeFiles),
		Unknown:          f.Unknown.or(policy.UnknownWarn),
		Trailers:         f.Trailers.or(policy.TrailersOff),
		ChangesRequested: f.ChangesRequested.or(policy.RequestBlocks), Below: f.Below.or(policy.BelowPending),
		Generated: f.Generated.or(policy.GeneratedCount),
		Ignore:    patterns(f.Ignore), Protected: patterns(f.Protected),
		CommentApprovals: *f.CommentApprovals,
		Comment:          f.Comment == nil || *f.Comment,
		Contact:          f.Contact, Language: cmp.Or(string(f.Language), policy.DefaultLanguage),
	}
	if !r.Threshold.Set() {
		r.Threshold, _ = share.ParseThreshold("100%") // parses
	}
	if f.MinApprovals != nil {
		r.MinApprovals = int(*f.MinApprovals)
	}
	if f.MaxUnreviewed != nil {
		r.MaxUnreviewed = int(*f.MaxUnreviewed)
	}
	r.Asking, r.Labels = f.Assign.rules(), f.Labels.labels()
	r.Override, r.Respond = f.Override.Owners(), time.Duration(f.Respond)
	return r
}

// lay puts what the branch says over the policy's own rules.
func (b *BranchFile) lay(r policy.Rules) policy.Rules {
	r.Mode = b.Mode.or(r.Mode)
	r.Check = cmp.Or(string(b.Check), r.Check)
	if !b.EnforceFrom.IsZero() {
		r.EnforceFrom = b.EnforceFrom.Time
	}
	if b.Threshold.Set() {
		r.Threshold = b.Threshold.Threshold
	}
	if b.MinApprovals != nil {
		r.MinApprovals = int(*b.MinApprovals)
	}
	if b.MaxUnreviewed != nil {
		r.MaxUnreviewed = int(*b.MaxUnreviewed)
	}
	return r
}

func patterns(list []Glob) []glob.Pattern {
	var out []glob.Pattern
	for _, g := range list {
		out = append(out, g.Pattern)
	}
	return out
}

// checker collects what strict decoding can't see.
type checker struct {
	file   string
	faults strictyaml.Faults
}

func (c *checker) fault(line int, format string, args ...any) {
	c.faults = append(c.faults, strictyaml.Fault{File: c.file, Line: line, Text: fmt.Sprintf(format, args...)})
}

// shared refuses branches of one check that are judged differently: a success
// earned under the weaker rules would count for the stricter.
func (c *checker) shared(p *policy.Policy) {
	for i, name := range p.SharedCheck {
		rules, gated := p.For(name, "")
		if !gated && len(p.Branches) > 0 || strings.ContainsAny(name, `*?[]{}\`) {
			c.fault(1, "shared_check: %q: want the name of a branch that a rule of branches gates, without wildcards", name)
			continue
		}
		for _, before := range p.SharedCheck[:i] {
			if other, _ := p.For(before, ""); strings.EqualFold(other.Check, rules.Check) && !sameStrictness(other, rules) {
				c.fault(1, "shared_check: %q and %q have different rules, so a success on one would count on the other; leave one out", before, name)
			}
		}
	}
}

func sameStrictness(a, b policy.Rules) bool {
	return a.Mode == b.Mode && a.EnforceFrom.Equal(b.EnforceFrom) && a.Threshold.Equal(b.Threshold) &&
		a.MinApprovals == b.MinApprovals && a.MaxUnreviewed == b.MaxUnreviewed
}
