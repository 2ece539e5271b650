package github

import (
	"net/http"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// getBranch answers a branch, and what is below it.
func getBranch(c *call) (any, error) {
	name := c.r.PathValue("rest")
	if branch, ok := strings.CutSuffix(name, "/protection"); ok && !c.s.hasBranch(c.repo, name) {
		c.pattern = "/repos/{owner}/{repo}/branches/{branch}/protection"
		return c.protection(branch)
	}
	c.pattern = "/repos/{owner}/{repo}/branches/{branch}"
	tip, ok := c.repo.Branches[name]
	if !ok {
		return nil, &failure{status: http.StatusNotFound, message: "Branch not found"}
	}
	protection := obj{"enabled": false, "required_status_checks": obj{"enforcement_level": "off", "contexts": []any{}, "checks": []any{}}}
	if names, checks := c.requiredJSON(name); len(names) > 0 && !c.s.rulesets[c.repo] {
		protection = obj{"enabled": true, "required_status_checks": obj{"enforcement_level": "everyone", "contexts": names, "checks": checks}}
	}
	if slices.Contains(c.repo.Dismisses, name) {
		protection["enabled"] = true
	}
	self := c.s.repoURL(c.repo, "/branches/%s", escapePath(name))
	return obj{
		"name": name, "commit": c.s.commitJSON(c.repo, c.repo.Objects.Commit(tip)), "protected": protection["enabled"],
		"protection": protection, "protection_url": self + "/protection",
		"_links": obj{"self": self, "html": c.s.repoWeb(c.repo, "/tree/%s", escapePath(name))},
	}, nil
}

func (s *Server) hasBranch(r *fake.Repo, name string) bool {
	_, ok := r.Branches[name]
	return ok
}

// requiredJSON are the checks that a branch requires.
func (c *call) requiredJSON(branch string) (names []string, checks []any) {
	names, checks = []string{}, []any{}
	for _, check := range c.repo.Required[branch] {
		names = append(names, check.Name)
		checks = append(checks, obj{"context": check.Name, "app_id": c.s.sourceID(check.App)})
	}
	return names, checks
}

// protection is a branch's protection, for those who administrate.
func (c *call) protection(branch string) (any, error) {
	if err := c.granted("administration:read"); err != nil {
		return nil, err
	}
	names, checks := c.requiredJSON(branch)
	switch {
	case !c.s.hasBranch(c.repo, branch):
		return nil, &failure{status: http.StatusNotFound, message: "Branch not found"}
	case (len(names) == 0 || c.s.rulesets[c.repo]) && !slices.Contains(c.repo.Dismisses, branch):
		return nil, &failure{status: http.StatusNotFound, message: "Branch not protected"}
	}
	self := c.s.repoURL(c.repo, "/branches/%s/protection", escapePath(branch))
	out := obj{
		"url": self,
		"required_status_checks": obj{
			"url": self + "/required_status_checks", "strict": false, "contexts": names, "checks": checks,
			"contexts_url": self + "/required_status_checks/contexts",
		},
		"enforce_admins": obj{"url": self + "/enforce_admins", "enabled": true},
	}
	if slices.Contains(c.repo.Dismisses, branch) {
		out["required_pull_request_reviews"] = obj{
			"url": self + "/required_pull_request_reviews", "dismiss_stale_reviews": true, "require_code_owner_reviews": false,
			"required_approving_review_count": 1,
		}
	}
	return out, nil
}

// listRules lists what rulesets ask of a branch: the required checks where the
// repository has them there, the merge queue, and what a story set besides.
func listRules(c *call) (any, error) {
	branch := c.r.PathValue("branch")
	rule := func(kind string, parameters obj) obj {
		out := obj{"type": kind, "ruleset_source_type": "Repository", "ruleset_source": c.repo.FullName(), "ruleset_id": 1}
		if parameters != nil {
			out["parameters"] = parameters
		}
		return out
	}
	out := []any{}
	if required := c.repo.Required[branch]; c.s.rulesets[c.repo] && len(required) > 0 {
		checks := []any{}
		for _, check := range required {
			one := obj{"context": check.Name}
			if id := c.s.sourceID(check.App); id != nil {
				one["integration_id"] = id
			}
			checks = append(checks, one)
		}
		out = append(out, rule("required_status_checks", obj{"required_status_checks": checks, "strict_required_status_checks_policy": false}))
	}
	if c.s.behaviour.DismissStale {
		out = append(out, rule("pull_request", obj{
			"dismiss_stale_reviews_on_push": true, "require_code_owner_review": false, "require_last_push_approval": false,
			"required_approving_review_count": 1, "required_review_thread_resolution": false,
		}))
	}
	if !c.repo.MayCreate(branch) {
		out = append(out, rule("creation", nil))
	}
	if c.repo.Queues[branch] != nil {
		out = append(out, rule("merge_queue", obj{
			"check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5, "max_entries_to_merge": 5,
			"merge_method": "MERGE", "min_entries_to_merge": 1, "min_entries_to_merge_wait_minutes": 5,
		}))
	}
	return paged(c, out, func(o any) obj { return o.(obj) }), nil
}

// sourceID is the number of an app; null for anybody.
func (s *Server) sourceID(slug string) any {
	switch a, err := s.FindAccount(slug + botSuffix); {
	case slug == "" || err != nil:
		return nil
	case slug == s.opts.App.Slug:
		return s.opts.App.ID
	default:
		return a.ID
	}
}
