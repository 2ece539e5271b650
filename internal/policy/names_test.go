package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
)

func mustParse(t *testing.T, text string) policy.Policy {
	t.Helper()
	p, err := policyfile.Parse("p.yml", []byte("version: 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCheckNames holds which name a check has towards each branch (package policy, §4).
func TestCheckNames(t *testing.T) {
	t.Parallel()
	const gate = "review-gate"
	for text, want := range map[string]map[string]string{
		"":                    {"main": gate},
		"check: 'x/{branch}'": {"main": "x/main"},
		"check: 'x/{branch}'\nbranches: [{match: 'r/**'}]":            {"r/a.b_c/d-e": "x/r/a.b_c/d-e", "r/A b": "x/r/%41%20b"},
		"branches: [{match: 'release/**'}]":                           {"release/1": gate, "release/2": gate, "main": ""},
		"branches: [{match: main}, {match: 'release/**'}]":            {"main": gate, "release/1": gate + "/release/1"},
		"branches: [{match: 'release/**'}, {match: main}]":            {"main": gate, "release/1": gate + "/release/1"},
		"branches: [{match: main}, {match: stable}]":                  {"main": gate, "stable": gate + "/stable"},
		"branches: [{match: stable}, {match: main}]":                  {"stable": gate, "main": gate + "/main"},
		"branches: [{match: '**'}]":                                   {"main": gate, "dev": gate + "/dev"},
		"branches: [{match: '**'}, {match: dev}]":                     {"dev": gate, "main": gate + "/main"},
		"branches: [{match: main}, {match: dev, check: REVIEW-gate}]": {"main": gate, "dev": "REVIEW-gate/dev"},
		"branches: [{match: main}, {match: 'release/*', check: review-gate/release}]": {
			"main": gate, "release/1": gate + "/release", "release/2": gate + "/release"},
		"shared_check: [main, stable]\nbranches: [{match: main}, {match: '**'}]": {"main": gate,
			"stable": gate, "dev": gate + "/dev"},
		"branches: [{match: main}, {match: '**', check: 'g/{branch}'}]": {"main": gate,
			"Release/1": "g/%52elease/1", "release/1": "g/release/1", "release-1": "g/release-1", "büro": "g/b%C3%BCro", "a%b": "g/a%25b"},
		"branches: [{match: main, check: g/dev}, {match: '**', check: 'g/{branch}'}]": {"main": "g/dev",
			"dev": "g/dev~ef260e9aa3c673af", "x": "g/x"},
		"branches: [{match: main}, {match: 'x/*', check: 'g/{branch}'}, {match: '*', check: 'g/x/{branch}'}]": {"x/1": "g/x/1",
			"1": "g/x/1~6b86b273ff34fce1"},
		"branches: [{match: x, check: 'g-{branch}-{branch}'}, {match: main, check: gm}, {match: '*', check: 'g-{branch}'}]": {"x": "g-x-x",
			"x-x": "g-x-x~8708c70236fb5607"},
		"shared_check: [main, stable]\nbranches: [{match: 'rel-*', check: 'g/{branch}'}, {match: main, check: 'g/rel-1'}, {match: stable, " +
			"check: 'g/rel-1'}]": {"main": "g/rel-1", "stable": "g/rel-1", "rel-1": "g/rel-1~71c221cdf2e7a196"},
		"branches: [{match: 'r-*', check: 'g/{branch}'}, {match: main, check: 'g/R-1'}]": {"r-1": "g/r-1", "main": "g/R-1~0d6e4079e36703eb"},
	} {
		got := map[string]string{}
		p := mustParse(t, text+"\n")
		for branch := range want {
			r, gated := p.For(branch, "main")
			if got[branch] = r.Check; !gated {
				got[branch] = ""
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// TestNamesNeverCollide holds that no two branches have checks of one name, without
// regard to case, but those of one family with a name of its own.
func TestNamesNeverCollide(t *testing.T) {
	t.Parallel()
	branch := rapid.OneOf(rapid.SampledFrom([]string{"main", "dev", "x/1", "1", "X/1", "release/1", "Release/1", "release-1", "%52elease/1",
		"~", "main/main", "g/x"}),
		rapid.StringMatching(`[a-zA-Z%~./-]{1,6}`), rapid.StringMatching(`[aB/]{90,120}`))
	match := rapid.SampledFrom([]string{"main", "dev", "'**'", "'*'", "'x/*'", "'release/**'", "'r*'"})
	check := rapid.SampledFrom([]string{"review-gate", "Review-Gate", "review-gate/main", "'review-gate/{branch}'", "'g/{branch}'",
		"'g/x/{branch}'", "'g/{branch}/x'", "g/dev", "'{branch}'"})
	rapid.Check(t, func(t *rapid.T) {
		text := "version: 1\nbranches:\n"
		for range rapid.IntRange(1, 4).Draw(t, "rules") {
			text += "  - {match: " + match.Draw(t, "match") + ", check: " + strings.Replace(check.Draw(t, "check"), "'{", "'x{", 1) + "}\n"
		}
		p, err := policyfile.Parse("p.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		a, b := branch.Draw(t, "a"), branch.Draw(t, "b")
		ra, gatedA := p.For(a, "main")
		rb, gatedB := p.For(b, "main")
		if a == b || !gatedA || !gatedB || !strings.EqualFold(ra.Check, rb.Check) {
			return
		}
		if a == "main" || b == "main" || strings.Contains(ra.Check, "%") {
			t.Fatalf("%s\n%s and %s have the check %s", text, a, b, ra.Check)
		}
		for _, rule := range p.Branches { // a family
			if rule.Match.Match(a) {
				if !rule.Match.Match(b) || rule.Rules.Check != ra.Check {
					t.Fatalf("%s\n%s and %s have the check %s", text, a, b, ra.Check)
				}
				return
			}
		}
	})
}

func TestFor(t *testing.T) {
	t.Parallel()
	p := mustParse(t, `threshold: 80%
branches:
  - {match: "release/**", check: review-gate/release, threshold: 100%, min_approvals: 2, max_unreviewed: 0}
  - {match: "release/old", check: review-gate/never}
  - {match: "test/*", mode: off, check: review-gate/test}
  - {match: "{main,devel-*}"}
`)
	tests := map[string]string{
		"release/1.0": "review-gate/release 100%", "release/old": "review-gate/release 100%", "release": "review-gate/release 100%",
		"test/a": "review-gate/test 80%", "main": "review-gate 80%", "devel-6.6": "review-gate 80%",
		"test/a/b": "", "master": "",
	}
	for branch, want := range tests {
		got := ""
		if r, gated := p.For(branch, "master"); gated {
			got = r.Check + " " + r.Threshold.String()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", branch, diff)
		}
	}
	if _, gated := mustParse(t, "").For("master", "master"); !gated {
		t.Error("without branch rules the default branch is gated")
	}
	if _, gated := mustParse(t, "").For("main", "master"); gated {
		t.Error("without branch rules only the default branch is gated")
	}
}

func TestModeAt(t *testing.T) {
	t.Parallel()
	day := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	for mode, want := range map[string]policy.Mode{"enforce": policy.Warn, "warn": policy.Warn, "off": policy.Off} {
		r := mustParse(t, "mode: "+mode+"\nenforce_from: 2027-01-31\n").Base
		if got := r.ModeAt(day.Add(-time.Nanosecond)); got != want {
			t.Errorf("%s before: %s", mode, got)
		}
		if got := r.ModeAt(day); got != policy.Mode(mode) {
			t.Errorf("%s on the day: %s", mode, got)
		}
	}
}
