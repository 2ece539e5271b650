package rest

import "github.com/reviewgate/reviewgate/internal/pull"

// Settings are what a GitCode's repository asks for before merging.
type Settings struct {
	Resolve Flag `json:"only_allow_merge_if_all_discussions_are_resolved"`
	Rules   *struct {
		Tests     Number       `json:"approval_required_testers"`
		Testers   Many[chosen] `json:"approval_testers"`
		Approvers Many[chosen] `json:"approval_approvers"`
		Force     Flag         `json:"can_force_merge"`
	} `json:"merge_request_setting"`
}

// chosen is somebody whom settings name.
type chosen struct{ Username, Login Text }

// Asked are the logins of those who are to look at each new pull request.
func (s *Settings) Asked() (logins []string) {
	if s.Rules == nil {
		return nil
	}
	for _, who := range append(s.Rules.Testers, s.Rules.Approvers...) {
		logins = append(logins, string(who.Username+who.Login))
	}
	return logins
}

// OnlyTester reports whether a test is required, and nobody but one person can give it.
func (s *Settings) OnlyTester(login string) bool {
	return s.Rules != nil && s.Rules.Tests > 0 && len(s.Rules.Testers) == 1 &&
		pull.SameLogin(string(s.Rules.Testers[0].Username+s.Rules.Testers[0].Login), login)
}

// Forced reports whether merging by force is allowed.
func (s *Settings) Forced() bool { return s.Rules != nil && bool(s.Rules.Force) }
