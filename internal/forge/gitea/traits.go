package gitea

import (
	"strconv"

	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// PolicyPath is where repositories on a Gitea keep their policy.
const PolicyPath = ".gitea/review-gate.yml"

// policyPaths are all places of a policy: one tree may serve the mirrors of a repository on
// several forges, and GitHub's place is the last on each.
func policyPaths() []string { return []string{PolicyPath, ".github/review-gate.yml"} }

// Traits tells what a Gitea is like.
func (f *Forge) Traits() seam.Traits {
	web := f.web() + "/{repo}"
	return seam.Traits{
		Kind: Kind, PolicyPath: PolicyPath, PolicyPaths: policyPaths(), OrgRepo: ".gitea", OrgPolicies: []string{PolicyPath, "review-gate.yml"},
		Links: publish.Links{Commit: web + "/commit/{commit}", File: web + "/src/commit/{commit}/{path}#L{line}",
			Checks: web + "/pulls/{number}"},
		Dialect: formats.Gitea, CommitsStay: true, SilentChanges: true,
		Limits: publish.Limits{
			Title:     300, // kept of a status' description
			Comment:   65000,
			Label:     50,
			Assignees: 10,
			Requested: 15,
		},
	}
}

// Gate returns all that judging needs.
func (f *Forge) Gate() seam.Forge {
	return seam.Forge{
		Traits: f.Traits(), Source: f, Archive: f, Lister: f, Trees: linked{f.cfg.Content, f}, Publisher: f,
		Answerer: f, Marker: f, Rights: f, Visibility: f, Readers: f, SignIn: f.signIn(), Directory: f, Inspector: f, Finder: f, Protection: f,
		Merged: f.Merged,
	}
}

// RequestRef is the ref of a pull request's head in its repository.
func RequestRef(number int) string { return "refs/pull/" + strconv.Itoa(number) + "/head" }
