package policyfile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// TestParseFaults has a fault for each key that can have one.
func TestParseFaults(t *testing.T) {
	t.Parallel()
	const noThreshold = `; write 80% for at least 80%, or "> 80%" for strictly more`
	const aMap = "want the path of a file in the repository, such as .github/subsystems.yml"
	const aRepo = "want another repository and a branch of it, such as {repo: acme/maintainers, ref: main, path: map.yml}"
	tests := []struct{ in, want string }{
		{"mode: Enforce", `"Enforce" is unknown here; write one of enforce, warn, off`},
		{"mode: [warn]", `"" is unknown here; write one of enforce, warn, off`},
		{"enforce_from: soon", `invalid date "soon": use YYYY-MM-DD, such as 2027-01-31`},
		{"enforce_from: 2027-02-30", `invalid date "2027-02-30": use YYYY-MM-DD, such as 2027-01-31`},
		{"check: 'a:b'", `check name "a:b": letters, digits, spaces and . _ / - only, and {branch} for the base branch, 100 at most`},
		{"check: ''", `check name "": letters, digits, spaces and . _ / - only, and {branch} for the base branch, 100 at most`},
		{"threshold: 101%", `threshold "101%": more than 100% can't be reached` + noThreshold},
		{"threshold: -1%", `threshold "-1%": want a percentage between 0% and 100%` + noThreshold},
		{"threshold: '> 100%'", `threshold "> 100%": nothing is more than 100%; write "100%"` + noThreshold},
		{"threshold: [80%]", `threshold "": want a percentage between 0% and 100%` + noThreshold},
		{"min_approvals: 0", "0 approvals: at least 1, for with less nothing would be reviewed"},
		{"min_approvals: two", `"two" is no whole number`},
		{"min_approvals: 1.5", `"1.5" is no whole number`},
		{"max_unreviewed: -1", "-1 files: 0 or more, or leave the key out for no cap"},
		{"untouched: block", `"block" is unknown here; write one of warn, blocks, allowed`},
		{"overlap: all", `"all" is unknown here; write one of any, each`},
		{"unowned: nobody", `"nobody" is unknown here; write one of unreviewed, anyone, exempt`},
		{"reviewers_count: maybe", "cannot unmarshal !!str `maybe` into bool"},
		{"approvals_after_push: drop", `"drop" is unknown here; write one of unchanged, head, keep`},
		{"exclude_contributors: some", `"some" is unknown here; write one of files, committers, all, none`},
		{"changes_requested: block", `"block" is unknown here; write one of blocks, ignored`},
		{"below_threshold: success", `"success" is unknown here; write one of pending, failure`},
		{"generated: yes", `"yes" is unknown here; write one of count, ignore`},
		{"ignore: ['!a']", `pattern "!a": a leading ! has no meaning here; only subsystem paths exclude`},
		{"ignore: ['']", `pattern "": empty; write "**" for everything`},
		{"ignore: a", "cannot unmarshal !!str `a` into []policy.Glob"},
		{"protected: ['a{b']", `pattern "a{b": braces do not fit; write {a,b}, or \{ for the character itself`},
		{"protected: [~]", "missing value: set one or remove the key"},
		{"comment: never", "cannot unmarshal !!str `never` into bool"},
		{"assign: on", `assign "on": write off, or {max: 5}`},
		{"assign: [5]", `assign "": write off, or {max: 5}`},
		{"assign: {max: 0}", "0 people: between 1 and 15 can be asked; to ask nobody write assign: off"},
		{"assign: {max: 16}", "16 people: between 1 and 15 can be asked; to ask nobody write assign: off"},
		{"assign: {max: 2.5}", `"2.5" is no whole number`},
		{"assign: {most: 1}", `unknown key "most"; known here: assignees, max, reassign_after, strategy, teams`},
		{"assign: {strategy: best}", `"best" is unknown here; write one of cover, balance, all`},
		{"assign: {teams: all}", `"all" is unknown here; write one of expand, ask`},
		{"assign: {reassign_after: 3}", `"3" is no time to wait; write it as 12h, 3d or 2w, or off`},
		{"assign: {reassign_after: 0d}", `"0d" is no time to wait; write it as 12h, 3d or 2w, or off`},
		{"respond_within: 2", `"2" is no time to wait; write it as 12h, 3d or 2w, or off`},
		{"respond_within: {mm: 2d}", `"" is no time to wait; write it as 12h, 3d or 2w, or off`},
		{"branches: [{match: main, respond_within: 2d}]", `unknown key "respond_within"; known here: check, ` +
			"enforce_from, match, max_unreviewed, min_approvals, mode, threshold"},
		{"labels: mine", `labels "mine": write off, or {needs_review: true}`},
		{"labels: {needs-review: true}", `unknown key "needs-review"; did you mean "needs_review"?`},
		{"language: zh", `"zh" is unknown here; write one of en, zh-CN`},
		{"contact: [a]", "cannot unmarshal !!seq into string"},
		{"ownership: [{subsystems: ../x}]", aMap},
		{"ownership: [{subsystems: /}]", aMap},
		{"ownership: [map.yml]", wantSource},
		{"ownership: [{codeowner: x}]", `unknown key "codeowner"; did you mean "codeowners"?`},
		{"ownership: [{maintainers: M, owners: OWNERS}]", wantSource + "; give each an entry of its own"},
		{"ownership: [{}]", wantSource + "; give each an entry of its own"},
		{"ownership: [{maintainers: {dialect: gitlab, path: M}}]", "only codeowners has dialects"},
		{"ownership: [{codeowners: {dialect: gogs}}]", `"gogs" is unknown here; write one of github, gitlab, gitee, gitcode, gitea`},
		{"ownership: [{codeowners: {repo: acme/x}}]", wantSource},
		{"ownership: [{maintainers: {}}]", wantSource},
		{"ownership: [{owners: a/OWNERS}]", "owners names the files that stand in the repository's directories, such as owners: OWNERS"},
		{"ownership: [{owners: {repo: acme/x, path: OWNERS}}]",
			"owners names the files that stand in the repository's directories, such as owners: OWNERS"},
		{"ownership: [{maintainers: {repo: acme/x, path: M/}}]",
			"a directory of another repository needs the branch, too: {repo: acme/maintainers, ref: main, path: MAINTAINERS/}"},
		{"ownership: [{subsystems: {repo: acme/x, ref: a..b, path: m.yml}}]", aRepo},
		{"ownership: [{subsystems: {repo: acme/x, ref: a/./b, path: m.yml}}]", aRepo},
		{"ownership: [{subsystems: {repo: acme/x, ref: a.lock, path: m.yml}}]", aRepo},
		{"ownership: [{subsystems: {repo: acme/.., path: m.yml}}]", aRepo},
		{"ownership: [{subsystems: {repo: acme/x, path: a/../m.yml}}]", aMap},
		{"ownership: [{subsystems: //a}]", aMap},
		{"ownership: [{subsystems: a/}]", "want a file; only maintainers may be a directory, with a slash at its end"},
		{"ownership: [{codeowners: {path: a, ignore: [b]}}]",
			"only owners ignores directories; leave out paths of a map by a pattern with a leading !"},
		{"ownership: [{owners: {path: OWNERS, ignore: b}}]",
			`want a list of regular expressions of directories, such as ignore: ["^third_party$"]`},
		{"ownership: [{owners: {path: OWNERS, ignore: ['(']}}]",
			"error parsing regexp: missing closing ): `(`; want a regular expression for directories, such as ^third_party$"},
		{"ownership: [{<<: {owners: OWNERS}}]", "merge keys are not read; write out the keys that << would bring"},
		{"people: a/", aPeopleFile},
		{"people: ../people.yml", "want the path of a file in the repository, such as .github/subsystems.yml"},
		{"people: {}", aPeopleFile},
		{"people: sig/*/sig-info.yaml", aPeopleFile},
		{"people: [{path: p.yml, format: subsystems}]", `"subsystems" is unknown here; write one of people, sig-info, committers`},
		{"people: [a.yml, {path: b.yml, fromat: people}]", `unknown key "fromat"; did you mean "format"?`},
		{"people: [" + strings.Repeat("p.yml, ", 21) + "]", "people has 21 entries, and 20 are read; join files"},
		{"ownership: [{subsystems: {path: m.yml, format: committers}}]",
			"only files of people have a format; the key that names an ownership file is its format"},
		{"branches: [{mode: warn}]", `a branch rule needs a pattern, such as match: "release/**"`},
		{"branches: [main]", `want a branch rule, such as {match: "release/**", check: review-gate/release}`},
		{"branches: [{match: a, untouched: warn}]",
			`unknown key "untouched"; known here: check, enforce_from, match, max_unreviewed, min_approvals, mode, threshold`},
		{"branches: [{match: a, min_approvals: 0}]", "0 approvals: at least 1, for with less nothing would be reviewed"},
		{"override: {allowed: [acme/x]}", `owner "acme/x": write a team with a leading @ and in quotes, "@acme/x"`},
		{"override: {allow: [a]}", `unknown key "allow"; did you mean "allowed"?`},
		{"treshold: 80%", `unknown key "treshold"; did you mean "threshold"?`},
		{"version: 1", `duplicate key "version" (first on line 1)`},
	}
	for _, tt := range tests {
		_, err := policyfile.Parse("p.yml", []byte("version: 1\n\n"+tt.in+"\n"))
		if err == nil {
			t.Errorf("%s: no error", tt.in)
			continue
		}
		if diff := cmp.Diff("p.yml:3: "+tt.want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.in, diff)
		}
	}
}

const wantSource = "want one ownership file, such as subsystems: .github/subsystems.yml or maintainers: MAINTAINERS"

const aPeopleFile = "want the path of a file in the repository, such as people: .github/people.yml, or a list of such: " +
	"[.gitee/people.yml, {repo: acme/community, path: sig/Kernel/sig-info.yaml, format: sig-info}]"

// TestParsePeople: what a file of people is says its path, unless the policy does.
func TestParsePeople(t *testing.T) {
	t.Parallel()
	p := mustParse(t, `people:
  - .gitee/people.yml
  - {repo: acme/community, ref: master, path: sig/Kernel/sig-info.yaml}
  - docs/COMMITTERS.md
  - {path: docs/who.txt, format: committers}
  - {path: sig.yaml, format: sig-info}
  - {path: who.md, format: people}
`)
	want := []policy.Source{
		{Format: formats.People, Path: ".gitee/people.yml"},
		{Format: formats.SigInfo, Repo: "acme/community", Ref: "master", Path: "sig/Kernel/sig-info.yaml"},
		{Format: formats.PeopleTable, Path: "docs/COMMITTERS.md"},
		{Format: formats.PeopleTable, Path: "docs/who.txt"},
		{Format: formats.SigInfo, Path: "sig.yaml"},
		{Format: formats.People, Path: "who.md"},
	}
	for i := range want {
		want[i].Pos = ownership.Pos{File: "p.yml", Line: i + 3}
	}
	if diff := cmp.Diff(want, p.People); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if advice := policyfile.Advise(p); len(advice) != 1 || advice[0].Line != 4 {
		t.Errorf("%v", advice)
	}
}

func TestParseSources(t *testing.T) {
	t.Parallel()
	p := mustParse(t, `ownership:
  - maintainers: MAINTAINERS
  - codeowners: {dialect: gitlab}
  - codeowners: .github/CODEOWNERS
  - owners: OWNERS
  - owners_yaml: redhat/owners.yaml
  - committers: docs/committers.md
  - subsystems: {repo: acme/maintainers, ref: main, path: map.yml}
  - maintainers: {repo: acme/maintainers, ref: main, path: MAINTAINERS/}
people: .github/people.yml
`)
	want := []policy.Source{
		{Format: formats.Maintainers, Path: "MAINTAINERS"},
		{Format: formats.Codeowners, Dialect: formats.GitLab},
		{Format: formats.Codeowners, Path: ".github/CODEOWNERS"},
		{Format: formats.OwnersTree, Path: "OWNERS"},
		{Format: formats.OwnersYAML, Path: "redhat/owners.yaml"},
		{Format: formats.Committers, Path: "docs/committers.md"},
		{Format: formats.Subsystems, Repo: "acme/maintainers", Ref: "main", Path: "map.yml"},
		{Format: formats.Maintainers, Repo: "acme/maintainers", Ref: "main", Path: "MAINTAINERS/"},
	}
	for i := range want {
		want[i].Pos = ownership.Pos{File: "p.yml", Line: i + 3}
	}
	if diff := cmp.Diff(want, p.Sources); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]policy.Source{{Format: formats.People, Path: ".github/people.yml", Pos: ownership.Pos{File: "p.yml", Line: 11}}},
		p.People); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}

func TestParseFindsAllFaults(t *testing.T) {
	t.Parallel()
	_, err := policyfile.Parse("p.yml", []byte("version: 1\nmode: on\nbranches:\n  - match: 'a['\n  - mtach: b\nassign: {max: 99}\n"))
	want := []string{"p.yml:2", "p.yml:4", "p.yml:5", "p.yml:6"}
	var got []string
	for _, f := range strictyaml.AsFaults(err) {
		got = append(got, strings.Join(strings.SplitN(f.String(), ":", 3)[:2], ":"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"mode: warn\n", "version: 2\n", "version: 0\n"} {
		if _, err := policyfile.Parse("p.yml", []byte(in)); err == nil || err.Error() != "p.yml:1: want version: 1; this gate reads no other" {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func mustParse(t *testing.T, text string) policy.Policy {
	t.Helper()
	p, err := policyfile.Parse("p.yml", []byte("version: 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParseDefaults(t *testing.T) {
	t.Parallel()
	got := mustParse(t, "").Base
	if got.Threshold.String() != "100%" {
		t.Errorf("threshold %s", got.Threshold)
	}
	got.Threshold = policy.Rules{}.Threshold
	want := policy.Rules{
		Mode: policy.Enforce, Check: "review-gate", MinApprovals: 1, MaxUnreviewed: -1,
		Untouched: policy.UntouchedWarn, Overlap: policy.OverlapAny, Unowned: policy.UnownedUnreviewed,
		AfterPush: policy.KeepUnchanged, Contributors: policy.ExcludeFiles, Unknown: policy.UnknownWarn, Trailers: policy.TrailersOff,
		ChangesRequested: policy.RequestBlocks,
		Below:            policy.BelowPending, Generated: policy.GeneratedCount, Comment: true, Language: "en",
		Asking: policy.AssignRules{Max: 5, Strategy: policy.AskCover, Teams: policy.TeamsExpand, Reassign: 72 * time.Hour},
		Labels: policy.Labels{Subsystems: true},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(policy.Rules{}.Threshold)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseForms(t *testing.T) {
	t.Parallel()
	p := mustParse(t, "assign: off\ncomment: false\nmax_unreviewed: 0\nthreshold: 80\nownership: [{subsystems: /a/b.yml}]\noverride: "+
		"{allowed: [alice, '@acme/x']}\n")
	r := p.Base
	for text, want := range map[string]time.Duration{"": 0, "respond_within: off\n": 0,
		"respond_within: 2d\nbranches: [{match: main}]\n": 48 * time.Hour} {
		p := mustParse(t, text)
		if p.Base.Respond != want || len(p.Branches) > 0 && p.Branches[0].Rules.Respond != want {
			t.Errorf("%q: %v", text, p.Base.Respond)
		}
	}
	asking := mustParse(t, "assign: {strategy: balance, teams: ask, reassign_after: 2w, assignees: true}\nlabels: {needs_review: true, "+
		"subsystems: false}\n").Base
	if diff := cmp.Diff(policy.AssignRules{Max: 5, Strategy: policy.AskBalance, Teams: policy.TeamsAsk, Reassign: 14 * 24 * time.Hour,
		Assignees: true}, asking.Asking); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if silent := mustParse(t, "assign: {reassign_after: off}\nlabels: off\n").Base; silent.Asking.Reassign != 0 ||
		silent.Labels != (policy.Labels{}) || asking.Labels != (policy.Labels{NeedsReview: true}) {
		t.Errorf("%+v, %+v", silent, asking.Labels)
	}
	if r.Asking.Max != 0 || r.Comment || r.MaxUnreviewed != 0 || r.Threshold.String() != "80%" || len(r.Override) != 2 {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff([]policy.Source{{Format: formats.Subsystems, Path: "a/b.yml"}}, p.Sources[:1],
		cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Pos" }, cmp.Ignore())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := p.Sources[0].Pos.String(); got != "p.yml:6" {
		t.Error(got)
	}
}

// TestSharedCheckHasOneStrictness holds that branches that share a check on purpose
// are judged alike.
func TestSharedCheckHasOneStrictness(t *testing.T) {
	t.Parallel()
	const first = "shared_check: [main, dev]\nbranches:\n  - {match: main}\n  - "
	for _, rule := range []string{
		"{match: 'd*', threshold: 100%}", "{match: dev, mode: warn}", "{match: dev, min_approvals: 2}", "{match: dev, max_unreviewed: 3}",
		"{match: dev, enforce_from: 2027-01-31}", "{match: dev, threshold: '> 80%'}", "{match: dev, check: Review-Gate, mode: warn}",
	} {
		_, err := policyfile.Parse("p.yml", []byte("version: 1\nthreshold: 80%\n"+first+rule+"\n"))
		if err == nil || !strings.Contains(err.Error(), `"main" and "dev" have different rules`) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	for _, rule := range []string{
		"{match: dev}", "{match: dev, threshold: 80.0%}", "{match: dev, mode: enforce, min_approvals: 1}",
		"{match: dev, check: review-gate/dev, threshold: 100%}",
	} {
		mustParse(t, "threshold: 80%\n"+first+rule+"\n")
	}
	for _, list := range []string{"[other]", "['release/*']"} {
		if _, err := policyfile.Parse("p.yml",
			[]byte("version: 1\nshared_check: "+list+"\nbranches: [{match: main}, {match: 'release/**'}]\n")); err == nil {
			t.Errorf("shared_check: %s is taken", list)
		}
	}
}

// FuzzParse holds the parser to its promises: no panic, faults with a file and
// words, and rules that are whole.
func FuzzParse(f *testing.F) {
	seeds := []string{
		"version: 1\n", "version: 1\nassign: off\n", "version: 1\nassign: {max: 3}\nignore: ['**/*.lock']\n",
		"version: 1\nbranches: [{match: a, check: b, threshold: '> 66.67%', enforce_from: 2027-01-31}]\n",
		"version: 1\noverride: {allowed: ['@a/b']}\nownership: [{subsystems: x}]\n", "version: 1\nthreshold: ~\n", "<<: {version: 1}\n",
	}
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policyfile.Parse("p.yml", data)
		if err != nil {
			for _, fault := range strictyaml.AsFaults(err) {
				if fault.Text == "" || fault.File != "p.yml" {
					t.Errorf("a fault without words or file: %q", fault.String())
				}
			}
			return
		}
		rules := []policy.Rules{p.Base}
		for _, b := range p.Branches {
			rules = append(rules, b.Rules)
		}
		for _, r := range rules {
			if r.MinApprovals < 1 || r.MaxUnreviewed < -1 || r.Asking.Max < 0 || r.Asking.Max > 15 || r.Asking.Reassign < 0 ||
				!r.Threshold.Set() || r.Check == "" || r.Mode == "" || r.Language == "" {
				t.Errorf("%+v", r)
			}
			for _, o := range r.Override {
				if o.Login == "" && o.Team == "" {
					t.Errorf("nobody may override: %+v", r.Override)
				}
			}
		}
	})
}
