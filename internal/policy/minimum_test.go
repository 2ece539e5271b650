package policy

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/share"
)

// TestFloorsHoldForEveryNamesake holds that a floor of the service's minimum is
// not lost where a source has two areas of one name.
func TestFloorsHoldForEveryNamesake(t *testing.T) {
	t.Parallel()
	all, err := share.ParseThreshold("100%")
	if err != nil {
		t.Fatal(err)
	}
	rules := Rules{}.AtLeast(Minimum{Floors: map[string]Threshold{"mm": {all}}})
	m, err := ownership.New(ownership.Ruleset{Subsystems: []ownership.Subsystem{
		{Name: "mm", Pos: ownership.Pos{File: "MAINTAINERS", Line: 3}}, {Name: "mm", Pos: ownership.Pos{File: "MAINTAINERS", Line: 9}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range m.Subsystems() {
		if !rules.floor(s).Set() {
			t.Errorf("%s has no floor", s.Name)
		}
	}
}

// decided says of every key of the policy how a minimum holds against it: the keys of
// Minimum that cover it, or why it can't weaken one.
func decided() map[string]string {
	return map[string]string{
		"version":              "says how the file is read",
		"mode":                 "covered by mode",
		"enforce_from":         "covered by mode",
		"since":                "says who is told, and nothing of what passes",
		"check":                "covered by check",
		"threshold":            "covered by threshold",
		"min_approvals":        "covered by min_approvals",
		"max_unreviewed":       "covered by max_unreviewed",
		"untouched":            "covered by untouched",
		"overlap":              "covered by overlap",
		"unowned":              "covered by unowned",
		"reviewers_count":      "covered by reviewers_count",
		"approvals_after_push": "covered by approvals_after_push",
		"exclude_contributors": "covered by exclude_contributors",
		"unknown_contributors": "covered by unknown_contributors",
		"changes_requested":    "covered by changes_requested",
		"generated":            "covered by generated",
		"ignore":               "covered by ignore",
		"branches":             "covered by branches, and each of its keys by that of its name",
		"shared_check":         "covered by shared_check",
		"override":             "covered by override",
		"protected":            "only adds to protected",
		"below_threshold":      "either value keeps the gate closed",
		"comment_approvals":    "a comment approves one commit, as its author's review of it would",
		"comment":              "words",
		"assign":               "asks people",
		"labels":               "labels",
		"contact":              "words",
		"language":             "words",
		"ownership":            "the map is the project's own, and protected; floors hold for its areas by name",
		"people":               "who is who, in the project's own map",
	}
}

func yamlKeys(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); key != "" && key != "-" {
			keys = append(keys, key)
		}
	}
	return keys
}

// TestEveryKeyIsDecidedAbout fails on a key of the policy about which nobody decided
// whether it can weaken a minimum.
func TestEveryKeyIsDecidedAbout(t *testing.T) {
	t.Parallel()
	has := yamlKeys(reflect.TypeFor[Minimum]())
	all := yamlKeys(reflect.TypeFor[File]())
	for _, key := range all {
		how, ok := decided()[key]
		if !ok {
			t.Errorf("nobody decided whether the policy's key %s can weaken a minimum", key)
		}
		if by, covered := strings.CutPrefix(how, "covered by "); covered {
			if by, _, _ = strings.Cut(by, ","); !slices.Contains(has, by) {
				t.Errorf("%s is to be covered by %s, which a minimum lacks", key, by)
			}
		}
	}
	for key := range decided() {
		if !slices.Contains(all, key) {
			t.Errorf("the policy has no key %s", key)
		}
	}
	for _, key := range yamlKeys(reflect.TypeFor[BranchFile]()) {
		if how := decided()[key]; key != "match" && !strings.HasPrefix(how, "covered by ") {
			t.Errorf("the key %s of branches is not covered: %s", key, how)
		}
	}
}

func minimumOf(t *testing.T, text string) (m Minimum) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// judged gives the rules for the branch main of a policy under a minimum, whether it is
// gated, and whether two paths are left out of the count.
func judged(t *testing.T, text, minimum string) (r Rules, gated bool) {
	t.Helper()
	p, err := Parse("p.yml", []byte("version: 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	m := minimumOf(t, minimum)
	r, gated = p.Under(m).For("main", "main")
	return r.AtLeast(m), gated
}

// TestMinimumCannotBeVoided holds that no key gets round a minimum that asks for review,
// and that one which gives the key lets policies go that far.
func TestMinimumCannotBeVoided(t *testing.T) {
	t.Parallel()
	for key, tt := range map[string]struct {
		policy, minimum string
		holds           func(r Rules, gated bool) bool
	}{
		"ignore":                   {"ignore: [\"**\"]", "threshold: 80%", func(r Rules, _ bool) bool { return !r.ignores("mm/a.c") }},
		"ignore, some allowed":     {"ignore: [\"**\"]", "{threshold: 80%, ignore: [\"docs/**\"]}", func(r Rules, _ bool) bool { return !r.ignores("mm/a.c") && r.ignores("docs/a") }},
		"ignore, nothing asked":    {"ignore: [\"**\"]", "mode: enforce", func(r Rules, _ bool) bool { return r.ignores("mm/a.c") && r.Raised == "" }},
		"generated":                {"generated: ignore", "threshold: 80%", func(r Rules, _ bool) bool { return r.Generated == GeneratedCount }},
		"generated, allowed":       {"generated: ignore", "{threshold: 80%, generated: ignore}", func(r Rules, _ bool) bool { return r.Generated == GeneratedIgnore && r.Raised == "" }},
		"unowned":                  {"unowned: exempt", "floors: {mm: 100%}", func(r Rules, _ bool) bool { return r.Unowned == UnownedUnreviewed }},
		"unowned, anyone allowed":  {"unowned: exempt", "{threshold: 80%, unowned: anyone}", func(r Rules, _ bool) bool { return r.Unowned == UnownedAnyone }},
		"exclude_contributors":     {"exclude_contributors: none", "threshold: 80%", func(r Rules, _ bool) bool { return r.Contributors == ExcludeFiles }},
		"committers":               {"exclude_contributors: committers", "{threshold: 80%, exclude_contributors: committers}", func(r Rules, _ bool) bool { return r.Contributors == ExcludeCommitters }},
		"unknown_contributors":     {"", "unknown_contributors: blocks", func(r Rules, _ bool) bool { return r.Unknown == UnknownBlocks }},
		"changes_requested":        {"changes_requested: ignored", "threshold: 80%", func(r Rules, _ bool) bool { return r.ChangesRequested == RequestBlocks }},
		"min_approvals":            {"min_approvals: 1", "min_approvals: 2", func(r Rules, _ bool) bool { return r.MinApprovals == 2 && r.Unowned == UnownedUnreviewed }},
		"min_approvals of branch":  {"min_approvals: 3\nbranches: [{match: main, min_approvals: 1}]", "min_approvals: 2", func(r Rules, _ bool) bool { return r.MinApprovals == 2 }},
		"threshold of a branch":    {"branches: [{match: main, threshold: 0%}]", "threshold: 80%", func(r Rules, _ bool) bool { return r.Threshold.String() == "80%" }},
		"max_unreviewed":           {"max_unreviewed: 9", "max_unreviewed: 2", func(r Rules, _ bool) bool { return r.MaxUnreviewed == 2 }},
		"max_unreviewed, left out": {"", "max_unreviewed: 0", func(r Rules, _ bool) bool { return r.MaxUnreviewed == 0 }},
		"untouched":                {"untouched: allowed", "untouched: blocks", func(r Rules, _ bool) bool { return r.Untouched == UntouchedBlocks }},
		"overlap":                  {"", "overlap: each", func(r Rules, _ bool) bool { return r.Overlap == OverlapEach }},
		"approvals_after_push":     {"approvals_after_push: keep", "threshold: 80%", func(r Rules, _ bool) bool { return r.AfterPush == KeepUnchanged }},
		"a stricter value stays": {"approvals_after_push: head\nexclude_contributors: all\nthreshold: 90%", "threshold: 80%", func(r Rules, _ bool) bool {
			return r.AfterPush == KeepHead && r.Contributors == ExcludeAll && r.Threshold.String() == "90%" && r.Raised == ""
		}},
		"reviewers_count":          {"reviewers_count: true", "threshold: 80%", func(r Rules, _ bool) bool { return !r.ReviewersCount }},
		"reviewers_count, allowed": {"reviewers_count: true", "{threshold: 80%, reviewers_count: true}", func(r Rules, _ bool) bool { return r.ReviewersCount }},
		"override":                 {"override: {allowed: [dave]}", "override: forbidden", func(r Rules, _ bool) bool { return len(r.Override) == 0 }},
		"override, nothing said":   {"override: {allowed: [dave]}", "threshold: 80%", func(r Rules, _ bool) bool { return len(r.Override) == 1 }},
		"branches": {"branches: [{match: nothing}]", "threshold: 80%", func(r Rules, gated bool) bool {
			return gated && r.Check == DefaultCheck && r.Threshold.String() == "100%"
		}},
		"branches, nothing asked": {"branches: [{match: nothing}]", "mode: enforce", func(_ Rules, gated bool) bool { return !gated }},
		"mode":                    {"mode: warn", "threshold: 80%", func(r Rules, _ bool) bool { return r.Mode == Enforce && r.Raised == "mode" }},
		"mode, off":               {"mode: off", "max_unreviewed: 0", func(r Rules, _ bool) bool { return r.Mode == Enforce }},
		"mode, warn allowed":      {"mode: off", "{threshold: 80%, mode: warn}", func(r Rules, _ bool) bool { return r.Mode == Warn }},
		"mode, off allowed":       {"mode: off", "{threshold: 80%, mode: off}", func(r Rules, _ bool) bool { return r.Mode == Off && r.Raised == "" }},
		"mode, nothing asked":     {"mode: warn", "override: forbidden", func(r Rules, _ bool) bool { return r.Mode == Warn }},
		"enforce_from, no mode":   {"enforce_from: 2999-01-01", "threshold: 80%", func(r Rules, _ bool) bool { return r.EnforceFrom.IsZero() }},
		"mode of the branch":      {"branches: [{match: main, mode: off}]", "mode: enforce", func(r Rules, gated bool) bool { return gated && r.Mode == Enforce }},
		"enforce_from":            {"enforce_from: 2999-01-01", "mode: enforce", func(r Rules, _ bool) bool { return r.EnforceFrom.IsZero() && r.Raised == "enforce_from" }},
		"check":                   {"check: mine\nbranches: [{match: main, check: ours}]", "check: review-gate", func(r Rules, _ bool) bool { return r.Check == "review-gate" }},
	} {
		if r, gated := judged(t, tt.policy, tt.minimum); !tt.holds(r, gated) {
			t.Errorf("%s: %q under %q gives %+v, gated %v", key, tt.policy, tt.minimum, r, gated)
		}
	}
}

// TestMinimumOfBranches holds that branches of a minimum are gated whatever the policy
// says, and that their checks' names stay apart.
func TestMinimumOfBranches(t *testing.T) {
	t.Parallel()
	m := minimumOf(t, "{threshold: 80%, branches: [\"release/*\"]}")
	for _, text := range []string{"version: 1\n", "version: 1\nbranches: [{match: dev}]\n", "version: 1\nbranches: [{match: \"**\", mode: warn}]\n"} {
		p, err := Parse("p.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]string{}
		for _, branch := range []string{"main", "release/1", "release/2"} {
			r, gated := p.Under(m).For(branch, "main")
			if other := names[strings.ToLower(r.Check)]; !gated || other != "" {
				t.Errorf("%q: %s is gated %v as %s, which is also of %q", text, branch, gated, r.Check, other)
			}
			names[strings.ToLower(r.Check)] = branch
		}
		if _, gated := p.Under(m).For("other", "main"); gated != strings.Contains(text, "**") {
			t.Errorf("%q: other is gated %v", text, gated)
		}
	}
}
