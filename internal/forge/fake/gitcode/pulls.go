package gitcode

import (
	"slices"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

func (s *Server) getPull(c *rest.Call) (any, error) { return s.pull(c.Pull), nil }

func (s *Server) listPulls(c *rest.Call) (any, error) { return rest.Paged(c, c.PullList(), s.pull) }

// openedPull is what a new pull request is answered by, in GitLab's words.
func (s *Server) openedPull(c *rest.Call) (any, error) {
	p := c.Pull
	return rest.Obj{"id": p.ID, "number": p.Number(), "title": p.Title, "state": opened(p), "source_branch": p.Branch(),
		"target_branch": p.BaseBranch, "sha": p.HeadID.String(), "html_url": s.pull(p)["html_url"], "created_at": rest.Stamp(p.Created)}, nil
}

// changedPull is all that a change of a pull request answers by.
func (s *Server) changedPull(c *rest.Call) (any, error) {
	p := c.Pull
	return rest.Obj{"title": p.Title, "body": p.Body, "state": opened(p), "created_at": rest.Stamp(p.Created),
		"updated_at": rest.Stamp(p.Updated)}, nil
}

// opened is GitLab's word for a state.
func opened(p *fake.PullRequest) string {
	if state := rest.State(p); state != "open" {
		return state
	}
	return "opened"
}

func (s *Server) pull(p *fake.PullRequest) rest.Obj {
	r, d := p.Repo(), s.Desk(p)
	number := strconv.Itoa(p.Number())
	page, api := s.web(r, "/merge_requests/"+number), s.repoAPI(r, "/pulls/"+number)
	return rest.Obj{
		"id": p.ID, "html_url": page, "number": p.Number(), "state": rest.State(p), "title": p.Title, "url": api,
		"issue_url": api + "/issues", "body": p.Body, "assignees_number": d.Assignees, "assignees": rest.All(d.In(rest.Assignee), s.seated),
		"testers": rest.All(d.In(rest.Tester), s.seated), "approval_reviewers": rest.All(d.In(rest.Reviewer), s.seated),
		"labels": rest.All(p.Labelled, s.label(r)), "created_at": rest.Stamp(p.Created), "updated_at": rest.Stamp(p.Updated),
		"closed_at": rest.StampOr(p.Closed, ""), "merged_at": rest.StampOr(p.MergedAt, ""), "draft": p.Draft, "can_merge_check": true,
		"prune_branch": false, "mergeable": p.Mergeable(), "user": s.somebody(p.Author), "head": s.head(p),
		"base": s.side(r, p.BaseBranch, rest.MergeBase(p)), "mergeable_state": s.mergeableState(p),
	}
}

func (s *Server) head(p *fake.PullRequest) rest.Obj {
	out := s.side(p.HeadRepo, p.Branch(), p.HeadID)
	out["user"] = s.somebody(p.HeadRepo.Owner)
	if p.HeadRepo.Deleted {
		out["repo"] = nil
	}
	return out
}

func (s *Server) side(r *fake.Repo, branch string, at plumbing.Hash) rest.Obj {
	return rest.Obj{"ref": branch, "sha": at.String(), "label": branch,
		"repo": rest.Obj{"path": r.Name, "name": r.Name, "full_name": r.FullName(), "namespace": rest.Obj{"path": r.Owner.Login},
			"html_url": s.web(r, "")}}
}

// mergeableState tells what keeps a pull request from being merged.
func (s *Server) mergeableState(p *fake.PullRequest) rest.Obj {
	d, r := s.Desk(p), p.Repo()
	_, based := r.Branches[p.BaseBranch]
	return rest.Obj{
		"merge_request_id": p.ID, "state": s.Server.Obstacle(p) == "", "status_without_user_auth": true, "conflict_passed": p.Mergeable(),
		"branch_missing_passed": based && !p.HeadRepo.Deleted, "non_ff_passed": true, "mr_state_passed": p.IsOpen, "merged_by_user_passed": true,
		"work_in_progress_passed": !p.Draft, "resolve_discussion_passed": s.Resolved(p), "ci_state_passed": true, "merge_by_self_passed": true,
		"can_force_merge": false, "approval_reviewers_required_passed": d.Passed(rest.Reviewer),
		"approval_approvers_required_passed": d.Passed(rest.Assignee), "approval_testers_required_passed": d.Passed(rest.Tester),
		"merge_request_switch": rest.Obj{
			"review_mode": "approval", "merge_method": "merge",
			"only_allow_merge_if_all_discussions_are_resolved": s.Defaults(r).ThreadsResolved, "disable_merge_by_self": false,
			"only_allow_merge_if_pipeline_succeeds": false, "disable_squash_merge": false, "squash_merge_with_no_merge_commit": false,
			"approval_required_reviewers_count": d.Reviewers, "approval_required_reviewers_branch": "*", "add_notes_after_merged": false,
			"mark_auto_merged_mr_as_closed": false, "can_force_merge": false, "can_reopen": true,
		},
		"reason": rest.Obj{}, "check_tasks_num": 0,
	}
}

// listFiles lists files with the id of a commit, and of the blob that each became.
func (s *Server) listFiles(c *rest.Call) (any, error) {
	return rest.All(c.Changes(), func(f fake.FileDiff) rest.Obj {
		at, blob := c.Pull.HeadID, plumbing.ZeroHash
		if f.To != nil {
			blob = f.To.ID
		}
		place := at.String() + "/" + f.Path()
		return rest.Obj{"sha": at.String(), "filename": f.Path(), "additions": f.Additions, "deletions": f.Deletions, "blob_id": blob.String(),
			"blob_url": s.web(c.Repo, "/blob/"+place), "raw_url": s.web(c.Repo, "/raw/"+place), "patch": rest.PatchJSON(f)}
	}), nil
}

// kinds are the words of files.json for what became of a file.
var kinds = map[fake.FileStatus]string{fake.Added: "new", fake.Removed: "deleted", fake.Renamed: "renamed"}

func kindOf(f fake.FileDiff) string {
	if kind := kinds[f.Status()]; kind != "" {
		return kind
	}
	return "modified"
}

// filesJSON lists all files, with their count and the commits that they are between.
func (s *Server) filesJSON(c *rest.Call) (any, error) {
	p, files := c.Pull, c.Pull.Files()
	more, less := 0, 0
	diffs := rest.All(files, func(f fake.FileDiff) rest.Obj {
		more, less = more+f.Additions, less+f.Deletions
		blob := ""
		if f.To != nil {
			blob = f.To.ID.String()
		}
		patch := rest.PatchJSON(f)
		return rest.Obj{"added_lines": f.Additions, "remove_lines": f.Deletions, "new_blob_id": blob,
			"head":      rest.Obj{"commit_id": p.HeadID.String(), "url": s.web(c.Repo, "/blob/"+p.HeadID.String()+"/"+f.Path())},
			"statistic": rest.Obj{"new_path": patch["new_path"], "old_path": patch["old_path"], "path": f.Path(), "type": kindOf(f), "view": 0}}
	})
	return rest.Obj{"code": 200, "count": len(files), "added_lines": more, "remove_lines": less, "diffs": diffs,
		"diff_refs": rest.Obj{"base_sha": rest.MergeBase(p).String(), "head_sha": p.HeadID.String(), "start_sha": p.BaseID.String()}}, nil
}

func (s *Server) listCommits(c *rest.Call) (any, error) {
	commits := c.Pull.Commits()
	slices.Reverse(commits)
	return rest.Paged(c, commits[:min(len(commits), rest.MaxCommits)], func(o *object.Commit) rest.Obj {
		parents := rest.Obj{"sha": "", "shas": parentIDs(o)}
		if len(o.ParentHashes) > 0 {
			parents["sha"] = o.ParentHashes[0].String()
		}
		return rest.Obj{
			"sha": o.Hash.String(), "html_url": s.web(c.Repo, "/commit/"+o.Hash.String()), "parents": parents,
			"commit": rest.Obj{"author": signature(o.Author), "committer": signature(o.Committer), "message": o.Message},
			"author": s.somebody(s.AccountByMail(o.Author.Email)), "committer": s.somebody(s.AccountByMail(o.Committer.Email)),
		}
	})
}

// words are what the log says of what people did; those of acceptances nobody knows.
func words(row rest.Row) (action, text string) {
	if row.Act.Deed != "" {
		return string(row.Act.Role), string(row.Act.Deed)
	}
	e := row.Event
	switch e.Kind { //nolint:exhaustive // of the others a line says that they happened
	case fake.Labeled:
		return "label", "add label " + e.Label.Name
	case fake.Unlabeled:
		return "label", "delete label " + e.Label.Name
	case fake.PullReopened:
		return "opened", "reopen from codehub"
	case fake.PullClosed:
		if e.Pull.IsMerged() {
			return "merged", "merged from codehub, merge_commit_sha: " + e.Pull.MergeID.String()
		}
		return "closed", "closed from codehub"
	case fake.TitleChanged:
		return "title", "changed title"
	}
	return "update", string(e.Kind)
}

func (s *Server) listLog(c *rest.Call) (any, error) {
	rows := slices.Clone(s.Desk(c.Pull).Log)
	if c.Text("sort") != "asc" {
		slices.Reverse(rows)
	}
	return rest.Paged(c, rows, func(row rest.Row) rest.Obj {
		action, text := words(row)
		by := row.By()
		return rest.Obj{
			"id": row.ID, "action": action, "action_type": action, "content": text, "merge_request_id": c.Pull.ID, "project": c.Repo.FullName(),
			"created_at": rest.Stamp(row.At), "updated_at": rest.Stamp(row.At), "discussion_id": rest.HexID(row.ID, 40),
			"user": rest.Obj{"id": userID(by), "name": by.Name, "login": by.Login, "nick_name": by.Name, "state": "active", "email": by.Email,
				"name_cn": "", "web_url": s.Link("/" + by.Login)},
		}
	})
}
