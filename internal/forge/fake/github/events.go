package github

import (
	"maps"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// webhookNames are the webhooks that tell what happens, with their actions. What is not
// among them GitHub tells nobody.
func webhookNames() words[fake.Kind] {
	return words[fake.Kind]{
		{fake.PullOpened, "pull_request.opened"}, {fake.PullClosed, "pull_request.closed"},
		{fake.PullReopened, "pull_request.reopened"}, {fake.PullEdited, "pull_request.edited"},
		{fake.MadeReady, "pull_request.ready_for_review"}, {fake.MadeDraft, "pull_request.converted_to_draft"},
		{fake.BaseChanged, "pull_request.edited"}, {fake.BaseMovedOn, "pull_request.edited"},
		{fake.HeadMoved, "pull_request.synchronize"}, {fake.ReviewRequested, "pull_request.review_requested"},
		{fake.RequestRemoved, "pull_request.review_request_removed"},
		{fake.Labeled, "pull_request.labeled"}, {fake.Unlabeled, "pull_request.unlabeled"},
		{fake.Enqueued, "pull_request.enqueued"}, {fake.Dequeued, "pull_request.dequeued"},
		{fake.ReviewSubmitted, "pull_request_review.submitted"}, {fake.ReviewEdited, "pull_request_review.edited"},
		{fake.ReviewDismissed, "pull_request_review.dismissed"},
		{fake.CommentCreated, "issue_comment.created"}, {fake.CommentEdited, "issue_comment.edited"},
		{fake.CommentDeleted, "issue_comment.deleted"},
		{fake.Pushed, "push"}, {fake.GroupBuilt, "merge_group.checks_requested"}, {fake.GroupDropped, "merge_group.destroyed"},
		{fake.CheckCreated, "check_run.created"}, {fake.CheckCompleted, "check_run.completed"},
		{fake.CheckRerequested, "check_run.rerequested"}, {fake.SuiteRerequested, "check_suite.rerequested"},
		{fake.StatusPosted, "status"},
		{fake.TeamCreated, "team.created"}, {fake.TeamDeleted, "team.deleted"},
		{fake.TeamGranted, "team.added_to_repository"}, {fake.TeamRevoked, "team.removed_from_repository"},
		{fake.TeamJoined, "membership.added"}, {fake.TeamLeft, "membership.removed"},
		{fake.OrgJoined, "organization.member_added"}, {fake.OrgLeft, "organization.member_removed"},
		{fake.RightsAdded, "member.added"}, {fake.RightsChanged, "member.edited"}, {fake.RightsRemoved, "member.removed"},
		{fake.RepoRenamed, "repository.renamed"}, {fake.RepoTransferred, "repository.transferred"},
		{fake.RepoDeleted, "repository.deleted"},
	}
}

// heed sends the webhook of what happened on the forge. GitHub spares an App not what it
// did itself.
func (s *Server) heed(e fake.Event) {
	if e.Kind == fake.Pushed && e.Entry == nil && !e.After.IsZero() {
		s.suiteOnPush(e.Repo, e.After)
	}
	name := webhookNames().say(e.Kind)
	if name == "" || !s.heard() || e.Review != nil && e.Review.State == fake.Pending {
		return // spares working out the changed files
	}
	event, action, _ := strings.Cut(name, ".")
	i := s.installationIn(e.By)
	if e.Repo != nil {
		i = s.installationOf(e.Repo)
	}
	s.emit(event, action, i, e.Repo, e.By, s.payload(event, e))
}

// suiteOnPush makes the suite that an App with the right to write checks gets on
// each push, before it has written anything.
func (s *Server) suiteOnPush(r *fake.Repo, head plumbing.Hash) {
	if s.installationOf(r) != nil && s.opts.App.Permissions["checks"] == "write" {
		r.SuiteOf(head, s.bot)
	}
}

// payload is what an event tells besides what all of them do.
func (s *Server) payload(event string, e fake.Event) obj {
	switch event {
	case "pull_request":
		out := obj{"number": e.Pull.Number(), "pull_request": s.pullJSON(e.Pull)}
		maps.Copy(out, s.pullDetails(e))
		return out
	case "pull_request_review":
		return s.reviewPayload(e)
	case "issue_comment":
		return withChanges(obj{"issue": s.issueJSON(e.Pull), "comment": s.commentJSON(e.Comment)}, e)
	case "push":
		return s.pushPayload(e)
	case "merge_group":
		return s.groupPayload(e)
	case "check_run":
		return obj{event: s.checkEventJSON(e.Check)}
	case "check_suite":
		return obj{event: s.suiteJSON(e.Suite)}
	case "status":
		return s.statusPayload(e.Status)
	case "team":
		return obj{"team": s.teamJSON(e.Team)}
	case "membership":
		return obj{"scope": "team", "member": s.userJSON(e.Who), "team": s.teamJSON(e.Team)}
	case "organization":
		return s.orgPayload(e.By, e.Who)
	case "member":
		return obj{"member": s.userJSON(e.Who)}
	default:
		return s.repositoryPayload(e)
	}
}

// withChanges adds what title and body were.
func withChanges(out obj, e fake.Event) obj {
	changes := obj{}
	for name, was := range map[string]*string{"title": e.Title, "body": e.Body} {
		if was != nil {
			changes[name] = obj{"from": *was}
		}
	}
	if len(changes) > 0 {
		out["changes"] = changes
	}
	return out
}

// pullDetails are further fields of an event of a pull request.
func (s *Server) pullDetails(e fake.Event) obj {
	switch {
	case e.Kind == fake.BaseChanged || e.Kind == fake.BaseMovedOn:
		return obj{"changes": obj{"base": obj{"ref": obj{"from": e.From}, "sha": obj{"from": e.Before.String()}}}}
	case e.Kind == fake.HeadMoved:
		return obj{"before": e.Before.String(), "after": e.After.String()}
	case e.Kind == fake.Dequeued:
		return obj{"reason": reasons().say(e.Reason)}
	case e.Who != nil:
		return obj{"requested_reviewer": s.userJSON(e.Who)}
	case e.Team != nil:
		return obj{"requested_team": s.teamJSON(e.Team)}
	case e.Label != nil:
		return obj{"label": s.labelJSON(e.Repo, e.Label)}
	}
	return withChanges(obj{}, e)
}

func (s *Server) reviewPayload(e fake.Event) obj {
	body := s.reviewJSON(e.Review)
	body["state"] = strings.ToLower(reviewStates().say(e.Review.State))
	if e.Review.Body == "" {
		body["body"] = nil
	}
	return withChanges(obj{"review": body, "pull_request": s.simplePullJSON(e.Pull)}, e)
}

func (s *Server) groupPayload(e fake.Event) obj {
	q := e.Entry
	out := obj{"merge_group": obj{
		"head_sha": q.Head.String(), "head_ref": "refs/heads/" + q.Ref(), "base_sha": q.Base.String(),
		"base_ref": "refs/heads/" + q.Queue.Branch, "head_commit": s.simpleCommitJSON(e.Repo, q.Head),
	}}
	if e.Kind == fake.GroupDropped {
		out["reason"] = groupReasons().say(e.Reason)
	}
	return out
}

func (s *Server) statusPayload(o *fake.StatusRecord) obj {
	return obj{
		"id": o.ID, "sha": o.Head.String(), "name": o.Repo.FullName(), "context": o.Context, "state": statusStates().say(o.State),
		"description": emptyOrNull(o.Description), "target_url": emptyOrNull(o.TargetURL), "branches": []any{},
		"commit": s.commitJSON(o.Repo, o.Repo.Objects.Commit(o.Head)), "created_at": stamp(o.Created), "updated_at": stamp(o.Created),
	}
}

// orgPayload tells that somebody joined or left an organisation.
func (s *Server) orgPayload(org, who *fake.Account) obj {
	role := org.Role(who)
	if role == "" {
		role = "unaffiliated"
	}
	return obj{"membership": obj{
		"url": s.link("/orgs/%s/memberships/%s", org.Login, who.Login), "state": "active", "role": role,
		"organization_url": s.link("/orgs/%s", org.Login), "user": s.userJSON(who),
	}}
}

func (s *Server) repositoryPayload(e fake.Event) obj {
	switch {
	case e.Who != nil:
		return obj{"changes": obj{"owner": obj{"from": obj{"organization": s.userJSON(e.Who)}}}}
	case e.From != "":
		return obj{"changes": obj{"repository": obj{"name": obj{"from": e.From}}}}
	}
	return obj{}
}

// A push event lists so many commits, and so many paths of each kind of a commit
// (docs.github.com, "Webhook events and payloads"; octo-sts/app#978).
const (
	maxPushCommits = 2048
	maxPushPaths   = 3000
)

func (s *Server) pushPayload(e fake.Event) obj {
	r, from, to := e.Repo, e.Before, e.After
	commits := []any{}
	if !to.IsZero() {
		base, known := from, known(r, e.Branch)
		if from.IsZero() {
			base = r.Branches[r.DefaultBranch]
		}
		for _, c := range r.Objects.Between(base, to) {
			commits = append(commits, s.pushCommitJSON(r, c, !known[c.Hash]))
		}
	}
	if len(commits) > maxPushCommits {
		commits = commits[len(commits)-maxPushCommits:]
	}
	return obj{
		"ref": "refs/heads/" + e.Branch, "before": from.String(), "after": to.String(), "base_ref": nil,
		"created": from.IsZero(), "deleted": to.IsZero(), "forced": e.Forced, "commits": commits,
		"head_commit": s.simpleCommitJSON(r, to), "compare": s.repoWeb(r, "/compare/%s...%s", from, to),
		"pusher": obj{"name": e.By.Login, "email": e.By.Email},
	}
}

// known returns the commits that other branches have.
func known(r *fake.Repo, except string) map[plumbing.Hash]bool {
	var tips []plumbing.Hash
	for name, tip := range r.Branches {
		if name != except {
			tips = append(tips, tip)
		}
	}
	return r.Objects.Reach(tips...)
}

// pushCommitJSON is a commit as a push lists it, with the paths that it changes
// against its first parent.
func (s *Server) pushCommitJSON(r *fake.Repo, c *object.Commit, distinct bool) obj {
	out := s.simpleCommitJSON(r, c.Hash).(obj)
	added, removed, modified := []string{}, []string{}, []string{}
	for _, d := range r.Objects.TreeDiff(firstTree(r, c), c.TreeHash) {
		switch {
		case d.From == nil:
			added = append(added, d.Path())
		case d.To == nil:
			removed = append(removed, d.Path())
		default:
			modified = append(modified, d.Path())
		}
	}
	cut := func(paths []string) []string { return paths[:min(len(paths), maxPushPaths)] }
	out["added"], out["removed"], out["modified"], out["distinct"] = cut(added), cut(removed), cut(modified), distinct
	out["url"] = s.repoWeb(r, "/commit/%s", c.Hash)
	return out
}

// checkEventJSON is a check run with its suite, as events show it.
func (s *Server) checkEventJSON(c *fake.CheckRecord) obj {
	out := s.checkJSON(c)
	out["check_suite"] = s.suiteJSON(c.Suite)
	return out
}
