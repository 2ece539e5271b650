package github

import (
	"net/url"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// Kind is what a configuration calls this kind of forge.
const Kind = "github"

// maxRequested is how many people and teams can be asked for review of one pull request
// (docs.github.com, "Request reviewers for a pull request").
const maxRequested = 15

// Traits tells what GitHub is like, as the credential uses it.
func (f *Forge) Traits() seam.Traits {
	return seam.Traits{
		Kind: Kind, PolicyPath: PolicyPath, OrgRepo: ".github", OrgPolicies: []string{PolicyPath, "review-gate.yml"},
		Links:   links(f.api),
		Dialect: formats.GitHub, WritesRuns: f.App(), Limits: publish.Limits{
			Title:       140,   // docs.github.com, "Create a commit status"
			Summary:     65535, // whatever the documentation says: "summary exceeds a maximum bytesize of 65535" (dorny/test-reporter#57)
			Comment:     65535,
			Label:       50, // "Create a label"; the error says so
			Annotations: 50, // "Create a check run"
			Assignees:   10, // "Assigning issues and pull requests to other GitHub users"
			Requested:   maxRequested,
		},
	}
}

// links are to the pages of the server that an API belongs to: api.github.com's are on
// github.com, an Enterprise Server's on the same host.
func links(api *url.URL) publish.Links {
	web := api.Scheme + "://" + strings.TrimPrefix(api.Host, "api.") + "/{repo}"
	return publish.Links{Commit: web + "/commit/{commit}", File: web + "/blob/{commit}/{path}#L{line}", Checks: web + "/pull/{number}/checks"}
}

// Gate returns all that judging needs.
func (f *Forge) Gate() seam.Forge {
	return seam.Forge{
		Traits: f.Traits(), Source: f, Archive: f, Lister: f, Trees: f, Publisher: f, Crowd: f, Queues: f, Answerer: f,
		Calendar: f, Marker: f, Rights: f, Visibility: f, Readers: f, SignIn: f.signIn(), Directory: f, Inspector: f, Protection: f, Beside: f,
		Merged: f.Merged,
	}
}
