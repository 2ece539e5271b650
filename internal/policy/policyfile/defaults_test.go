package policyfile_test

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
)

// TestDefaults holds that what a forge says holds where a policy does not say.
func TestDefaults(t *testing.T) {
	t.Parallel()
	of := policyfile.Defaults{Language: "zh-CN", CommentApprovals: true}
	for text, want := range map[string][2]any{
		"version: 1\n": {"zh-CN", true},
		"version: 1\nlanguage: en\ncomment_approvals: false\n": {"en", false},
		"version: 1\ncomment_approvals: true\n":                {"zh-CN", true},
	} {
		p, err := of.Parse("p.yml", []byte(text))
		if err != nil || p.Base.Language != want[0] || p.Base.CommentApprovals != want[1] {
			t.Errorf("%q: %q, %t, %v", text, p.Base.Language, p.Base.CommentApprovals, err)
		}
	}
	if _, err := of.Parse("p.yml", []byte("version: 1\nlanguage: de\n")); err == nil {
		t.Error("a language that is not known is taken")
	}
	if p, err := policyfile.Parse("p.yml", []byte("version: 1\n")); err != nil || p.Base.Language != "en" || p.Base.CommentApprovals {
		t.Errorf("without a forge: %+v, %v", p.Base, err)
	}
}
