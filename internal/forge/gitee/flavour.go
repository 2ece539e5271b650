package gitee

import (
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
)

// What a configuration calls these kinds of forges.
const (
	Kind        = "gitee"
	KindGitCode = "gitcode"
)

// flavour is what differs between the two servers, besides what answers leave out.
type flavour struct {
	kind  string
	title string // as people write it
	api   string // the site's own
	dir   string // of policies in a repository
	ref   string // of a pull request's head
	page  string // of a pull request, below the repository's
	// runs tells that there are check runs, threads that comments can be resolved.
	runs, threads bool
	// edits tells that it is told who edited a comment.
	edits bool
	// reviewers is the word for those who are asked for review.
	reviewers string
	// scope is what a token needs to say whose it is.
	scope  string
	limits []rest.Limit
}

// flavourOf is that of a kind; Gitee's where it is none of them.
func flavourOf(kind string) flavour {
	if kind == KindGitCode {
		return flavour{
			kind: KindGitCode, title: "GitCode", api: "https://api.gitcode.com/api/v5/", dir: ".gitcode", ref: "refs/merge-requests/%d/head",
			page: "/merge_requests/{number}", threads: true, edits: true, reviewers: "reviewers",
			scope: "all_user", limits: []rest.Limit{{Most: 50, Over: time.Minute}, {Most: 4000, Over: time.Hour}},
		}
	}
	return flavour{
		kind: Kind, title: "Gitee", api: "https://gitee.com/api/v5/", dir: ".gitee", ref: "refs/pull/%d/head", page: "/pulls/{number}",
		runs: true, reviewers: "assignees", scope: "user_info", limits: []rest.Limit{{Most: 5000, Over: time.Hour}},
	}
}

func (f flavour) isGitCode() bool { return f.kind == KindGitCode }
