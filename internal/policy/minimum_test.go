package policy_test

import (
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/share"
)

func minimumOf(t *testing.T, text string) policy.Minimum {
	t.Helper()
	var m policyfile.Minimum
	if err := yaml.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m.Policy()
}

// judged returns the rules for the branch main of a policy under a minimum, whether it is
// gated, and whether two paths are left out of the count.
func judged(t *testing.T, text, minimum string) (r policy.Rules, gated bool) {
	t.Helper()
	p, err := policyfile.Parse("p.yml", []byte("version: 1\n"+text))
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
		holds           func(r policy.Rules, gated bool) bool
	}{
		"ignore": {"ignore: [\"**\"]", "threshold: 80%", func(r policy.Rules, _ bool) bool { return !r.Ignores("mm/a.c") }},
		"ignore, some allowed": {"ignore: [\"**\"]", "{threshold: 80%, ignore: [\"docs/**\"]}",
			func(r policy.Rules, _ bool) bool { return !r.Ignores("mm/a.c") && r.Ignores("docs/a") }},
		"ignore, nothing asked": {"ignore: [\"**\"]", "mode: enforce",
			func(r policy.Rules, _ bool) bool { return r.Ignores("mm/a.c") && r.Raised == "" }},
		"generated": {"generated: ignore", "threshold: 80%",
			func(r policy.Rules, _ bool) bool { return r.Generated == policy.GeneratedCount }},
		"generated, allowed": {"generated: ignore", "{threshold: 80%, generated: ignore}",
			func(r policy.Rules, _ bool) bool { return r.Generated == policy.GeneratedIgnore && r.Raised == "" }},
		"unowned": {"unowned: exempt", "floors: {mm: 100%}",
			func(r policy.Rules, _ bool) bool { return r.Unowned == policy.UnownedUnreviewed }},
		"unowned, anyone allowed": {"unowned: exempt", "{threshold: 80%, unowned: anyone}",
			func(r policy.Rules, _ bool) bool { return r.Unowned == policy.UnownedAnyone }},
		"exclude_contributors": {"exclude_contributors: none", "threshold: 80%",
			func(r policy.Rules, _ bool) bool { return r.Contributors == policy.ExcludeFiles }},
		"committers": {"exclude_contributors: committers", "{threshold: 80%, exclude_contributors: committers}",
			func(r policy.Rules, _ bool) bool { return r.Contributors == policy.ExcludeCommitters }},
		"unknown_contributors": {"", "unknown_contributors: blocks",
			func(r policy.Rules, _ bool) bool { return r.Unknown == policy.UnknownBlocks }},
		"changes_requested": {"changes_requested: ignored", "threshold: 80%",
			func(r policy.Rules, _ bool) bool { return r.ChangesRequested == policy.RequestBlocks }},
		"min_approvals": {"min_approvals: 1", "min_approvals: 2",
			func(r policy.Rules, _ bool) bool { return r.MinApprovals == 2 && r.Unowned == policy.UnownedUnreviewed }},
		"min_approvals of branch": {"min_approvals: 3\nbranches: [{match: main, min_approvals: 1}]", "min_approvals: 2",
			func(r policy.Rules, _ bool) bool { return r.MinApprovals == 2 }},
		"threshold of a branch": {"branches: [{match: main, threshold: 0%}]", "threshold: 80%",
			func(r policy.Rules, _ bool) bool { return r.Threshold.String() == "80%" }},
		"max_unreviewed":           {"max_unreviewed: 9", "max_unreviewed: 2", func(r policy.Rules, _ bool) bool { return r.MaxUnreviewed == 2 }},
		"max_unreviewed, left out": {"", "max_unreviewed: 0", func(r policy.Rules, _ bool) bool { return r.MaxUnreviewed == 0 }},
		"untouched": {"untouched: allowed", "untouched: blocks",
			func(r policy.Rules, _ bool) bool { return r.Untouched == policy.UntouchedBlocks }},
		"overlap": {"", "overlap: each", func(r policy.Rules, _ bool) bool { return r.Overlap == policy.OverlapEach }},
		"approvals_after_push": {"approvals_after_push: keep", "threshold: 80%",
			func(r policy.Rules, _ bool) bool { return r.AfterPush == policy.KeepUnchanged }},
		"a stricter value stays": {"approvals_after_push: head\nexclude_contributors: all\nthreshold: 90%", "threshold: 80%",
			func(r policy.Rules, _ bool) bool {
				return r.AfterPush == policy.KeepHead && r.Contributors == policy.ExcludeAll && r.Threshold.String() == "90%" && r.Raised == ""
			}},
		"reviewers_count": {"reviewers_count: true", "threshold: 80%", func(r policy.Rules, _ bool) bool { return !r.ReviewersCount }},
		"reviewers_count, allowed": {"reviewers_count: true", "{threshold: 80%, reviewers_count: true}",
			func(r policy.Rules, _ bool) bool { return r.ReviewersCount }},
		"override": {"override: {allowed: [dave]}", "override: forbidden",
			func(r policy.Rules, _ bool) bool { return len(r.Override) == 0 }},
		"override, nothing said": {"override: {allowed: [dave]}", "threshold: 80%",
			func(r policy.Rules, _ bool) bool { return len(r.Override) == 1 }},
		"branches": {"branches: [{match: nothing}]", "threshold: 80%", func(r policy.Rules, gated bool) bool {
			return gated && r.Check == policy.DefaultCheck && r.Threshold.String() == "100%"
		}},
		"branches, nothing asked": {"branches: [{match: nothing}]", "mode: enforce", func(_ policy.Rules, gated bool) bool { return !gated }},
		"mode": {"mode: warn", "threshold: 80%",
			func(r policy.Rules, _ bool) bool { return r.Mode == policy.Enforce && r.Raised == "mode" }},
		"mode, off": {"mode: off", "max_unreviewed: 0", func(r policy.Rules, _ bool) bool { return r.Mode == policy.Enforce }},
		"mode, warn allowed": {"mode: off", "{threshold: 80%, mode: warn}",
			func(r policy.Rules, _ bool) bool { return r.Mode == policy.Warn }},
		"mode, off allowed": {"mode: off", "{threshold: 80%, mode: off}",
			func(r policy.Rules, _ bool) bool { return r.Mode == policy.Off && r.Raised == "" }},
		"mode, nothing asked": {"mode: warn", "override: forbidden", func(r policy.Rules, _ bool) bool { return r.Mode == policy.Warn }},
		"enforce_from, no mode": {"enforce_from: 2999-01-01", "threshold: 80%",
			func(r policy.Rules, _ bool) bool { return r.EnforceFrom.IsZero() }},
		"mode of the branch": {"branches: [{match: main, mode: off}]", "mode: enforce",
			func(r policy.Rules, gated bool) bool { return gated && r.Mode == policy.Enforce }},
		"enforce_from": {"enforce_from: 2999-01-01", "mode: enforce",
			func(r policy.Rules, _ bool) bool { return r.EnforceFrom.IsZero() && r.Raised == "enforce_from" }},
		"check": {"check: mine\nbranches: [{match: main, check: ours}]", "check: review-gate",
			func(r policy.Rules, _ bool) bool { return r.Check == "review-gate" }},
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
	for _, text := range []string{"version: 1\n", "version: 1\nbranches: [{match: dev}]\n",
		"version: 1\nbranches: [{match: \"**\", mode: warn}]\n"} {
		p, err := policyfile.Parse("p.yml", []byte(text))
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

// TestFloorsHoldForEveryNamesake holds that a floor of the service's minimum is
// not lost where a source has two areas of one name.
func TestFloorsHoldForEveryNamesake(t *testing.T) {
	t.Parallel()
	all, err := share.ParseThreshold("100%")
	if err != nil {
		t.Fatal(err)
	}
	rules := policy.Rules{}.AtLeast(policy.Minimum{Floors: map[string]share.Threshold{"mm": all}})
	m, err := ownership.New(ownership.Ruleset{Subsystems: []ownership.Subsystem{
		{Name: "mm", Pos: ownership.Pos{File: "MAINTAINERS", Line: 3}}, {Name: "mm", Pos: ownership.Pos{File: "MAINTAINERS", Line: 9}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range m.Subsystems() {
		if !rules.Floor(s).Set() {
			t.Errorf("%s has no floor", s.Name)
		}
	}
}

// TestRespondWithin holds that what the map says of an area comes before the policy's, off, too.
func TestRespondWithin(t *testing.T) {
	t.Parallel()
	rules := policy.Rules{Respond: time.Hour}
	for _, c := range []struct {
		says *time.Duration
		want time.Duration
	}{{nil, time.Hour}, {new(time.Minute), time.Minute}, {new(time.Duration(0)), 0}} {
		if got := rules.RespondWithin(&ownership.Subsystem{Respond: c.says}); got != c.want {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}
