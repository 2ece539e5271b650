package gitee

import (
	"context"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/gitee/past"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// policyPaths are all places of a policy: one tree may serve the mirrors of a repository on
// several forges, and GitHub's place is the last on each.
func (f flavour) policyPaths() []string {
	return []string{f.dir + "/review-gate.yml", ".github/review-gate.yml"}
}

// Traits tells what the server is like.
func (f *Forge) Traits() seam.Traits {
	web := webOf(f.url).String() + "/{repo}"
	own := f.policyPaths()[0]
	out := seam.Traits{
		Kind: f.kind, PolicyPath: own, PolicyPaths: f.policyPaths(),
		OrgRepo: f.dir, OrgPolicies: []string{own, "review-gate.yml"},
		Links:   publish.Links{Commit: web + "/commit/{commit}", File: web + "/blob/{commit}/{path}#L{line}", Checks: web + f.page},
		Dialect: formats.Gitee, Language: "zh-CN", CommitsStay: true, ReviewsUnbound: true, SilentChanges: true,
		ChecksPerRequest: true,
		HoldsSpoken:      true, CommentsApprove: true, PassOnly: true, Polled: true,
		Limits: publish.Limits{
			Title:     140,
			Summary:   60_000,
			Comment:   60_000, // of 65,535 characters
			Label:     20,
			Assignees: 10,
			Requested: 10,
		},
	}
	if f.isGitCode() {
		out.Dialect = formats.GitCode
	}
	return out
}

// Gate returns all that judging needs.
func (f *Forge) Gate() seam.Forge {
	return seam.Forge{
		Traits: f.Traits(), Source: f, Archive: f, Lister: f, Trees: linked{f.cfg.Content, f}, Publisher: f,
		Answerer: f, Marker: f, Diary: f, Rights: f, Visibility: f, Readers: f, SignIn: f.signIn(), Inspector: f, Crowd: f,
		Merged: func(ctx context.Context, repo pull.Repo, since time.Time, most int) ([]pull.Merged, error) {
			return past.Merged(ctx, f.Client, f.requestOf, repo, since, most)
		},
	}
}
