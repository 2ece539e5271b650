package policyfile_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
)

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
		"trailers":             "only asks for more",
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
		"respond_within":       "tells whether reviews came in time, and nothing of what passes",
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
	has := yamlKeys(reflect.TypeFor[policyfile.Minimum]())
	all := yamlKeys(reflect.TypeFor[policyfile.File]())
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
	for _, key := range yamlKeys(reflect.TypeFor[policyfile.BranchFile]()) {
		if how := decided()[key]; key != "match" && !strings.HasPrefix(how, "covered by ") {
			t.Errorf("the key %s of branches is not covered: %s", key, how)
		}
	}
}
