package fake

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// sprintf leaves a format without arguments as it is, so that a % in a link
// stays one.
func sprintf(format string, args ...any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// escapePath escapes the parts of a path for a link.
func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

func (p *PullRequest) url(end string) string {
	return p.repo.url("/pulls/%d", p.number) + end
}

func (p *PullRequest) html() string { return p.repo.web("/pull/%d", p.number) }

func (r *Repo) labelJSON(l *label) obj {
	return obj{
		"id": l.id, "node_id": nodeID("LA", l.id), "url": r.url("/labels/%s", url.PathEscape(l.name)),
		"name": l.name, "description": l.text, "color": l.color, "default": false,
	}
}

func (p *PullRequest) labelsJSON() []any {
	out := make([]any, 0, len(p.labels))
	for _, l := range p.labels {
		out = append(out, p.repo.labelJSON(l))
	}
	return out
}

// simpleJSON is a pull request as lists show it.
func (p *PullRequest) simpleJSON() obj {
	f, issue := p.repo.forge, p.repo.url("/issues/%d", p.number)
	out := obj{
		"url": p.url(""), "id": p.id, "node_id": nodeID("PR", p.id), "html_url": p.html(),
		"diff_url": p.html() + ".diff", "patch_url": p.html() + ".patch", "issue_url": issue,
		"commits_url": p.url("/commits"), "review_comments_url": p.url("/comments"),
		"review_comment_url": p.repo.url("/pulls/comments{/number}"), "comments_url": issue + "/comments",
		"statuses_url": p.repo.url("/statuses/%s", p.head), "number": p.number, "state": p.state(),
		"locked": false, "title": p.title, "user": f.userJSON(p.author), "body": p.bodyOrNull(),
		"labels": p.labelsJSON(), "milestone": nil, "active_lock_reason": nil, "created_at": stamp(p.created),
		"updated_at": stamp(p.updated), "closed_at": stampOrNull(p.closed), "merged_at": stampOrNull(p.mergedAt),
		"merge_commit_sha": hashOrNull(p.mergeID), "assignee": nil, "assignees": p.repo.forge.usersJSON(p.assignees),
		"requested_reviewers": f.usersJSON(p.users), "requested_teams": f.teamsJSON(p.teams),
		"head": p.headRepo.refJSON(p.headBranch, p.head), "base": p.repo.refJSON(p.baseBranch, p.base),
		"author_association": p.repo.association(p.author), "auto_merge": nil, "draft": p.draft,
	}
	link := func(href any) obj { return obj{"href": href} }
	out["_links"] = obj{
		"self": link(out["url"]), "html": link(out["html_url"]), "issue": link(issue),
		"comments": link(out["comments_url"]), "review_comments": link(out["review_comments_url"]),
		"review_comment": link(out["review_comment_url"]), "commits": link(out["commits_url"]),
		"statuses": link(out["statuses_url"]),
	}
	return out
}

// issueJSON is a pull request as an issue.
func (p *PullRequest) issueJSON() obj {
	f, self := p.repo.forge, p.repo.url("/issues/%d", p.number)
	return obj{
		"url": self, "repository_url": p.repo.url(""), "labels_url": self + "/labels{/name}",
		"comments_url": self + "/comments", "events_url": self + "/events", "html_url": p.html(), "id": p.id,
		"node_id": nodeID("PR", p.id), "number": p.number, "title": p.title, "user": f.userJSON(p.author),
		"labels": p.labelsJSON(), "state": p.state(), "locked": false, "assignee": nil, "assignees": f.usersJSON(p.assignees),
		"milestone": nil, "comments": len(p.comments), "created_at": stamp(p.created),
		"updated_at": stamp(p.updated), "closed_at": stampOrNull(p.closed), "body": p.bodyOrNull(),
		"author_association": p.repo.association(p.author), "draft": p.draft,
		"pull_request": obj{
			"url": p.url(""), "html_url": p.html(), "diff_url": p.html() + ".diff", "patch_url": p.html() + ".patch",
			"merged_at": stampOrNull(p.mergedAt),
		},
	}
}

// json is a pull request in full.
func (p *PullRequest) json() obj {
	out := p.simpleJSON()
	additions, deletions := 0, 0
	files := p.files()
	for _, f := range files {
		additions, deletions = additions+f.additions, deletions+f.deletions
	}
	for key, value := range (obj{
		"merged": p.merged(), "mergeable": nil, "rebaseable": nil, "mergeable_state": "unknown",
		"merged_by": p.repo.forge.userOrNull(p.mergedBy), "comments": len(p.comments), "review_comments": 0,
		"maintainer_can_modify": false, "commits": len(p.commits()), "additions": additions,
		"deletions": deletions, "changed_files": len(files),
	}) {
		out[key] = value
	}
	if p.open {
		ok := p.mergeable()
		out["mergeable"], out["rebaseable"], out["mergeable_state"] = ok, ok, p.mergeableState(ok)
	}
	return out
}

func (p *PullRequest) mergeableState(mergeable bool) string {
	switch {
	case !mergeable:
		return "dirty"
	case p.draft:
		return "draft"
	}
	if name, err := p.missingCheck(); name != "" || err != nil {
		return "blocked"
	}
	return "clean"
}

func (p *PullRequest) state() string {
	if p.open {
		return "open"
	}
	return "closed"
}

func (p *PullRequest) bodyOrNull() any {
	if p.body == "" {
		return nil
	}
	return p.body
}

func hashOrNull(id plumbing.Hash) any {
	if id.IsZero() {
		return nil
	}
	return id.String()
}

// refJSON is a branch as pull requests show it; the repository is null once it is
// deleted.
func (r *Repo) refJSON(branch string, id plumbing.Hash) obj {
	out := obj{
		"label": r.owner.login + ":" + branch, "ref": branch, "sha": id.String(),
		"user": r.forge.userJSON(r.owner), "repo": nil,
	}
	if !r.deleted {
		out["repo"] = r.json()
	}
	return out
}

func (rv *review) json() obj {
	p := rv.pull
	html := fmt.Sprintf("%s#pullrequestreview-%d", p.html(), rv.id)
	out := obj{
		"id": rv.id, "node_id": nodeID("PRR", rv.id), "user": p.repo.forge.userOrNull(rv.author), "body": rv.body,
		"state": rv.state, "html_url": html, "pull_request_url": p.url(""),
		"_links":    obj{"html": obj{"href": html}, "pull_request": obj{"href": p.url("")}},
		"commit_id": rv.commit.String(), "author_association": p.repo.association(rv.author),
	}
	if rv.state != pending {
		out["submitted_at"] = stamp(rv.submitted)
	}
	return out
}

func (c *comment) json() obj {
	p := c.pull
	out := obj{
		"id": c.id, "node_id": nodeID("IC", c.id), "url": p.repo.url("/issues/comments/%d", c.id),
		"html_url":  fmt.Sprintf("%s#issuecomment-%d", p.html(), c.id),
		"issue_url": p.repo.url("/issues/%d", p.number), "body": c.body, "user": p.repo.forge.userJSON(c.author),
		"created_at": stamp(c.created), "updated_at": stamp(c.updated()),
		"author_association": p.repo.association(c.author), "performed_via_github_app": nil,
	}
	if c.byApp {
		out["performed_via_github_app"] = p.repo.forge.appJSON()
	}
	return out
}

// json is an event as the events and timeline endpoints show it.
func (e event) json(p *PullRequest) obj {
	f := p.repo.forge
	out := obj{
		"id": e.id, "node_id": nodeID("EV", e.id), "url": p.repo.url("/issues/events/%d", e.id),
		"actor": f.userJSON(e.actor), "event": string(e.kind), "commit_id": nil, "commit_url": nil,
		"created_at": stamp(e.at), "performed_via_github_app": nil,
	}
	switch e.kind {
	case mergedEvent:
		out["commit_id"], out["commit_url"] = e.after.String(), p.repo.url("/commits/%s", e.after)
	case reviewDismissed:
		out["dismissed_review"] = obj{
			"state": strings.ToLower(e.from), "review_id": e.review.id, "dismissal_message": e.message,
		}
		if !e.after.IsZero() {
			out["dismissed_review"].(obj)["dismissal_commit_id"] = e.after.String()
		}
	case reviewRequested, requestRemoved:
		out["review_requester"] = f.userJSON(e.actor)
		if e.who != nil {
			out["requested_reviewer"] = f.userJSON(e.who)
		} else {
			out["requested_team"] = f.teamJSON(e.team)
		}
	case labeledEvent, unlabeledEvent:
		out["label"] = obj{"name": e.label.name, "color": e.label.color}
	case renamedEvent:
		out["rename"] = obj{"from": e.from, "to": e.to}
	default: // the others carry no more
	}
	return out
}

// minimalJSON is a pull request as a check run shows it.
func (p *PullRequest) minimalJSON() obj {
	side := func(r *Repo, branch string, id plumbing.Hash) obj {
		return obj{"ref": branch, "sha": id.String(), "repo": obj{"id": r.id, "url": r.url(""), "name": r.name}}
	}
	return obj{
		"id": p.id, "number": p.number, "url": p.url(""),
		"head": side(p.headRepo, p.headBranch, p.head), "base": side(p.repo, p.baseBranch, p.base),
	}
}

// checkedPulls lists the open pull requests of a commit as checks show them:
// those from forks are left out, as on GitHub.
func (r *Repo) checkedPulls(head plumbing.Hash) []any {
	out := []any{}
	for _, p := range r.pulls {
		if p.open && p.head == head && p.headRepo == r {
			out = append(out, p.minimalJSON())
		}
	}
	return out
}

func (c *checkRun) json() obj {
	r := c.repo
	return obj{
		"id": c.id, "node_id": nodeID("CR", c.id), "head_sha": c.head.String(), "name": c.name,
		"external_id": c.externalID, "url": r.url("/check-runs/%d", c.id), "html_url": r.web("/runs/%d", c.id),
		"details_url": emptyOrNull(c.detailsURL), "status": c.status, "conclusion": emptyOrNull(c.conclusion),
		"started_at": stampOrNull(c.started), "completed_at": stampOrNull(c.completed),
		"output": obj{
			"title": c.title, "summary": c.summary, "text": c.text, "annotations_count": c.annotations,
			"annotations_url": r.url("/check-runs/%d/annotations", c.id),
		},
		"check_suite": obj{"id": c.suite.id}, "app": c.suite.appJSON(), "pull_requests": r.checkedPulls(c.head),
	}
}

func emptyOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (s *checkSuite) json() obj {
	r := s.repo
	status, conclusion, runs := s.state()
	return obj{
		"id": s.id, "node_id": nodeID("CS", s.id), "head_branch": emptyOrNull(s.branch), "head_sha": s.head.String(),
		"status": status, "conclusion": emptyOrNull(conclusion), "url": r.url("/check-suites/%d", s.id),
		"before": nil, "after": s.head.String(), "pull_requests": r.checkedPulls(s.head), "app": s.appJSON(),
		"repository": r.minimalJSON(), "created_at": stamp(s.created), "updated_at": stamp(s.created),
		"head_commit": r.simpleCommitJSON(s.head), "latest_check_runs_count": runs,
		"check_runs_url": r.url("/check-suites/%d/check-runs", s.id),
	}
}

// appID is the id of the suite's app; another app's is that of its bot.
func (s *checkSuite) appID() int64 {
	if s.app == nil {
		return s.repo.forge.opts.App.ID
	}
	return s.app.id
}

func (s *checkSuite) appJSON() obj {
	out := s.repo.forge.appJSON()
	if s.app != nil {
		slug := s.slug()
		out["id"], out["slug"], out["name"], out["node_id"] = s.app.id, slug, slug, nodeID("A", s.app.id)
	}
	return out
}

func (s *status) json() obj {
	r := s.repo
	return obj{
		"id": s.id, "node_id": nodeID("SC", s.id), "url": r.url("/statuses/%s", s.head), "state": s.state,
		"avatar_url":  r.forge.web("/avatars/%d", s.creator.id),
		"description": emptyOrNull(s.description), "target_url": emptyOrNull(s.targetURL), "context": s.context,
		"created_at": stamp(s.created), "updated_at": stamp(s.created),
	}
}

func (s *status) fullJSON() obj {
	out := s.json()
	out["creator"] = s.repo.forge.userOrNull(s.creator)
	return out
}
