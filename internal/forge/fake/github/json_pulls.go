package github

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
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

func (s *Server) pullURL(p *fake.PullRequest, end string) string {
	return s.repoURL(p.Repo(), "/pulls/%d", p.Number()) + end
}

func (s *Server) pullHTML(p *fake.PullRequest) string {
	return s.repoWeb(p.Repo(), "/pull/%d", p.Number())
}

func (s *Server) labelJSON(r *fake.Repo, l *fake.Label) obj {
	return obj{
		"id": l.ID, "node_id": nodeID("LA", l.ID), "url": s.repoURL(r, "/labels/%s", url.PathEscape(l.Name)),
		"name": l.Name, "description": l.Text, "color": l.Color, "default": false,
	}
}

func (s *Server) labelsJSON(p *fake.PullRequest) []any {
	out := make([]any, 0, len(p.Labelled))
	for _, l := range p.Labelled {
		out = append(out, s.labelJSON(p.Repo(), l))
	}
	return out
}

// simplePullJSON is a pull request as lists show it.
func (s *Server) simplePullJSON(p *fake.PullRequest) obj {
	issue := s.repoURL(p.Repo(), "/issues/%d", p.Number())
	out := obj{
		"url": s.pullURL(p, ""), "id": p.ID, "node_id": nodeID("PR", p.ID), "html_url": s.pullHTML(p),
		"diff_url": s.pullHTML(p) + ".diff", "patch_url": s.pullHTML(p) + ".patch", "issue_url": issue,
		"commits_url": s.pullURL(p, "/commits"), "review_comments_url": s.pullURL(p, "/comments"),
		"review_comment_url": s.repoURL(p.Repo(), "/pulls/comments{/number}"), "comments_url": issue + "/comments",
		"statuses_url": s.repoURL(p.Repo(), "/statuses/%s", p.HeadID), "number": p.Number(), "state": state(p),
		"locked": false, "title": p.Title, "user": s.userJSON(p.Author), "body": bodyOrNull(p),
		"labels": s.labelsJSON(p), "milestone": nil, "active_lock_reason": nil, "created_at": stamp(p.Created),
		"updated_at": stamp(p.Updated), "closed_at": stampOrNull(p.Closed), "merged_at": stampOrNull(p.MergedAt),
		"merge_commit_sha": hashOrNull(p.MergeID), "assignee": nil, "assignees": s.usersJSON(p.Assigned),
		"requested_reviewers": s.usersJSON(p.AskedUsers), "requested_teams": s.teamsJSON(p.AskedTeams),
		"head": s.refJSON(p.HeadRepo, p.Branch(), p.HeadID), "base": s.refJSON(p.Repo(), p.BaseBranch, p.BaseID),
		"author_association": association(p.Repo(), p.Author), "auto_merge": nil, "draft": p.Draft,
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
func (s *Server) issueJSON(p *fake.PullRequest) obj {
	self := s.repoURL(p.Repo(), "/issues/%d", p.Number())
	return obj{
		"url": self, "repository_url": s.repoURL(p.Repo(), ""), "labels_url": self + "/labels{/name}",
		"comments_url": self + "/comments", "events_url": self + "/events", "html_url": s.pullHTML(p), "id": p.ID,
		"node_id": nodeID("PR", p.ID), "number": p.Number(), "title": p.Title, "user": s.userJSON(p.Author),
		"labels": s.labelsJSON(p), "state": state(p), "locked": false, "assignee": nil, "assignees": s.usersJSON(p.Assigned),
		"milestone": nil, "comments": len(p.Conversation), "created_at": stamp(p.Created),
		"updated_at": stamp(p.Updated), "closed_at": stampOrNull(p.Closed), "body": bodyOrNull(p),
		"author_association": association(p.Repo(), p.Author), "draft": p.Draft,
		"pull_request": obj{
			"url": s.pullURL(p, ""), "html_url": s.pullHTML(p), "diff_url": s.pullHTML(p) + ".diff", "patch_url": s.pullHTML(p) + ".patch",
			"merged_at": stampOrNull(p.MergedAt),
		},
	}
}

// pullJSON is a pull request in full.
func (s *Server) pullJSON(p *fake.PullRequest) obj {
	out := s.simplePullJSON(p)
	additions, deletions := 0, 0
	files := p.Files()
	for _, f := range files {
		additions, deletions = additions+f.Additions, deletions+f.Deletions
	}
	for key, value := range (obj{
		"merged": p.IsMerged(), "mergeable": nil, "rebaseable": nil, "mergeable_state": "unknown",
		"merged_by": s.userOrNull(p.MergedBy), "comments": len(p.Conversation), "review_comments": 0,
		"maintainer_can_modify": false, "commits": len(p.Commits()), "additions": additions,
		"deletions": deletions, "changed_files": len(files),
	}) {
		out[key] = value
	}
	if p.IsOpen {
		ok := p.Mergeable()
		out["mergeable"], out["rebaseable"], out["mergeable_state"] = ok, ok, s.mergeableState(p, ok)
	}
	return out
}

func (s *Server) mergeableState(p *fake.PullRequest, mergeable bool) string {
	switch {
	case !mergeable:
		return "dirty"
	case p.Draft:
		return "draft"
	}
	if name, err := p.MissingCheck(); name != "" || err != nil {
		return "blocked"
	}
	return "clean"
}

func state(p *fake.PullRequest) string {
	if p.IsOpen {
		return "open"
	}
	return "closed"
}

func bodyOrNull(p *fake.PullRequest) any {
	if p.Body == "" {
		return nil
	}
	return p.Body
}

func hashOrNull(id plumbing.Hash) any {
	if id.IsZero() {
		return nil
	}
	return id.String()
}

// refJSON is a branch as pull requests show it; the repository is null once it is
// deleted.
func (s *Server) refJSON(r *fake.Repo, branch string, id plumbing.Hash) obj {
	out := obj{
		"label": r.Owner.Login + ":" + branch, "ref": branch, "sha": id.String(),
		"user": s.userJSON(r.Owner), "repo": nil,
	}
	if !r.Deleted {
		out["repo"] = s.repoJSON(r)
	}
	return out
}

func (s *Server) reviewJSON(rv *fake.ReviewRecord) obj {
	p := rv.Pull
	html := fmt.Sprintf("%s#pullrequestreview-%d", s.pullHTML(p), rv.ID)
	out := obj{
		"id": rv.ID, "node_id": nodeID("PRR", rv.ID), "user": s.userOrNull(rv.Author), "body": rv.Body,
		"state": reviewStates().say(rv.State), "html_url": html, "pull_request_url": s.pullURL(p, ""),
		"_links":    obj{"html": obj{"href": html}, "pull_request": obj{"href": s.pullURL(p, "")}},
		"commit_id": rv.Commit.String(), "author_association": association(p.Repo(), rv.Author),
	}
	if rv.State != fake.Pending {
		out["submitted_at"] = stamp(rv.Submitted)
	}
	return out
}

func (s *Server) commentJSON(c *fake.CommentRecord) obj {
	p := c.Pull
	out := obj{
		"id": c.ID, "node_id": nodeID("IC", c.ID), "url": s.repoURL(p.Repo(), "/issues/comments/%d", c.ID),
		"html_url":  fmt.Sprintf("%s#issuecomment-%d", s.pullHTML(p), c.ID),
		"issue_url": s.repoURL(p.Repo(), "/issues/%d", p.Number()), "body": c.Body, "user": s.userJSON(c.Author),
		"created_at": stamp(c.Created), "updated_at": stamp(c.Updated()),
		"author_association": association(p.Repo(), c.Author), "performed_via_github_app": nil,
	}
	if c.ByApp {
		out["performed_via_github_app"] = s.appJSON()
	}
	return out
}

// eventJSON is an event as the events and timeline endpoints show it.
func (s *Server) eventJSON(e fake.Event, p *fake.PullRequest) obj {
	out := obj{
		"id": e.ID, "node_id": nodeID("EV", e.ID), "url": s.repoURL(p.Repo(), "/issues/events/%d", e.ID),
		"actor": s.userJSON(e.By), "event": historyEvents().say(e.Kind), "commit_id": nil, "commit_url": nil,
		"created_at": stamp(e.At), "performed_via_github_app": nil,
	}
	switch e.Kind {
	case fake.PullMerged:
		out["commit_id"], out["commit_url"] = e.After.String(), s.repoURL(p.Repo(), "/commits/%s", e.After)
	case fake.ReviewDismissed:
		out["dismissed_review"] = obj{
			"state": strings.ToLower(reviewStates().say(e.Was)), "review_id": e.Review.ID, "dismissal_message": dismissalMessage(e),
		}
		if !e.After.IsZero() {
			out["dismissed_review"].(obj)["dismissal_commit_id"] = e.After.String()
		}
	case fake.ReviewRequested, fake.RequestRemoved:
		out["review_requester"] = s.userJSON(e.By)
		if e.Who != nil {
			out["requested_reviewer"] = s.userJSON(e.Who)
		} else {
			out["requested_team"] = s.teamJSON(e.Team)
		}
	case fake.Labeled, fake.Unlabeled:
		out["label"] = obj{"name": e.Label.Name, "color": e.Label.Color}
	case fake.TitleChanged:
		out["rename"] = obj{"from": e.From, "to": e.To}
	default: // the others carry no more
	}
	return out
}

// minimalPullJSON is a pull request as a check run shows it.
func (s *Server) minimalPullJSON(p *fake.PullRequest) obj {
	side := func(r *fake.Repo, branch string, id plumbing.Hash) obj {
		return obj{"ref": branch, "sha": id.String(), "repo": obj{"id": r.ID, "url": s.repoURL(r, ""), "name": r.Name}}
	}
	return obj{
		"id": p.ID, "number": p.Number(), "url": s.pullURL(p, ""),
		"head": side(p.HeadRepo, p.Branch(), p.HeadID), "base": side(p.Repo(), p.BaseBranch, p.BaseID),
	}
}

// checkedPulls lists the open pull requests of a commit as checks show them:
// those from forks are left out, as on GitHub.
func (s *Server) checkedPulls(r *fake.Repo, head plumbing.Hash) []any {
	out := []any{}
	for _, p := range r.Pulls {
		if p.IsOpen && p.HeadID == head && p.HeadRepo == r {
			out = append(out, s.minimalPullJSON(p))
		}
	}
	return out
}

func (s *Server) checkJSON(c *fake.CheckRecord) obj {
	r := c.Repo
	return obj{
		"id": c.ID, "node_id": nodeID("CR", c.ID), "head_sha": c.Head.String(), "name": c.Name,
		"external_id": c.ExternalID, "url": s.repoURL(r, "/check-runs/%d", c.ID), "html_url": s.repoWeb(r, "/runs/%d", c.ID),
		"details_url": emptyOrNull(c.DetailsURL), "status": checkStatuses().say(c.Status),
		"conclusion": emptyOrNull(conclusions().say(c.Conclusion)),
		"started_at": stampOrNull(c.Started), "completed_at": stampOrNull(c.Completed),
		"output": obj{
			"title": c.Title, "summary": c.Summary, "text": c.Text, "annotations_count": c.Annotations,
			"annotations_url": s.repoURL(r, "/check-runs/%d/annotations", c.ID),
		},
		"check_suite": obj{"id": c.Suite.ID}, "app": s.suiteAppJSON(c.Suite), "pull_requests": s.checkedPulls(r, c.Head),
	}
}

func emptyOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (s *Server) suiteJSON(o *fake.Suite) obj {
	r := o.Repo
	status, conclusion, runs := o.State()
	return obj{
		"id": o.ID, "node_id": nodeID("CS", o.ID), "head_branch": emptyOrNull(o.Branch), "head_sha": o.Head.String(),
		"status": checkStatuses().say(status), "conclusion": emptyOrNull(conclusions().say(conclusion)),
		"url":    s.repoURL(r, "/check-suites/%d", o.ID),
		"before": nil, "after": o.Head.String(), "pull_requests": s.checkedPulls(r, o.Head), "app": s.suiteAppJSON(o),
		"repository": s.minimalRepoJSON(r), "created_at": stamp(o.Created), "updated_at": stamp(o.Created),
		"head_commit": s.simpleCommitJSON(r, o.Head), "latest_check_runs_count": runs,
		"check_runs_url": s.repoURL(r, "/check-suites/%d/check-runs", o.ID),
	}
}

// appID is the id of the suite's app; another app's is that of its bot.
func (s *Server) appID(o *fake.Suite) int64 {
	if o.App == s.bot {
		return s.opts.App.ID
	}
	return o.App.ID
}

func appSlug(o *fake.Suite) string { return strings.TrimSuffix(o.App.Login, botSuffix) }

func (s *Server) suiteAppJSON(o *fake.Suite) obj {
	out := s.appJSON()
	if o.App != s.bot {
		slug := appSlug(o)
		out["id"], out["slug"], out["name"], out["node_id"] = o.App.ID, slug, slug, nodeID("A", o.App.ID)
	}
	return out
}

func (s *Server) statusJSON(o *fake.StatusRecord) obj {
	r := o.Repo
	return obj{
		"id": o.ID, "node_id": nodeID("SC", o.ID), "url": s.repoURL(r, "/statuses/%s", o.Head), "state": statusStates().say(o.State),
		"avatar_url":  s.web("/avatars/%d", o.Creator.ID),
		"description": emptyOrNull(o.Description), "target_url": emptyOrNull(o.TargetURL), "context": o.Context,
		"created_at": stamp(o.Created), "updated_at": stamp(o.Created),
	}
}

func (s *Server) fullStatusJSON(o *fake.StatusRecord) obj {
	out := s.statusJSON(o)
	out["creator"] = s.userOrNull(o.Creator)
	return out
}
