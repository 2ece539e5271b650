package gitee

import (
	"slices"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/v5"
)

func (s *Server) getPull(c *v5.Call) (any, error) { return s.pull(c.Pull), nil }

func (s *Server) listPulls(c *v5.Call) (any, error) { return v5.Paged(c, c.PullList(), s.pull) }

// pull is a pull request: without counts of its files, commits and lines.
func (s *Server) pull(p *fake.PullRequest) v5.Obj {
	r, d := p.Repo(), s.Desk(p)
	number := strconv.Itoa(p.Number())
	api, page := s.repoAPI(r, "/pulls/"+number), s.web(r, "/pulls/"+number)
	comments := s.repoAPI(r, "/pulls/comments")
	href := func(address string) v5.Obj { return v5.Obj{"href": address} }
	return v5.Obj{
		"id": p.ID, "url": api, "html_url": page, "diff_url": page + ".diff", "patch_url": page + ".patch", "issue_url": api + "/issues",
		"commits_url": api + "/commits", "review_comments_url": comments + "/{/number}", "review_comment_url": comments,
		"comments_url": s.repoAPI(r, "/"+number+"/comments"), "number": p.Number(), "state": v5.State(p), "title": p.Title, "body": p.Body,
		"assignees_number": d.Assignees, "testers_number": d.Testers, "assignees": v5.All(d.In(v5.Assignee), s.seat),
		"testers": v5.All(d.In(v5.Tester), s.seat), "api_reviewers_number": 0, "api_reviewers": []v5.Obj{}, "milestone": nil,
		"labels": v5.All(p.Labelled, s.label(r)), "locked": false, "created_at": v5.Stamp(p.Created), "updated_at": v5.Stamp(p.Updated),
		"closed_at": v5.StampOr(p.Closed, nil), "merged_at": v5.StampOr(p.MergedAt, nil), "mergeable": p.Mergeable(), "draft": p.Draft,
		"can_merge_check": s.obstacle(p) == "", "head": s.head(p), "base": s.side(r, p.BaseBranch, v5.MergeBase(p)),
		"_links": v5.Obj{"self": href(api), "html": href(page), "issue": href(api + "/issues"), "comments": href(api + "/comments"),
			"review_comments": href(api + "/comments"), "review_comment": href(comments + "/" + number), "commits": href(api + "/commits")},
		"user": s.somebody(p.Author), "ref_pull_requests": []v5.Obj{}, "close_related_issue": nil, "prune_branch": false,
	}
}

// head is where a pull request comes from; without a repository if that is gone.
func (s *Server) head(p *fake.PullRequest) v5.Obj {
	out := s.side(p.HeadRepo, p.Branch(), p.HeadID)
	if p.HeadRepo.Deleted {
		out["repo"], out["user"] = nil, nil
	}
	return out
}

// side is the head or the base of a pull request.
func (s *Server) side(r *fake.Repo, branch string, at plumbing.Hash) v5.Obj {
	return v5.Obj{"label": branch, "ref": branch, "sha": at.String(), "user": s.somebody(r.Owner), "repo": s.shortRepo(r)}
}

// statuses are Gitee's words for what became of a file; of others there is none.
var statuses = map[fake.FileStatus]any{fake.Added: "added", fake.Removed: "deleted", fake.Renamed: "renamed"}

func (s *Server) listFiles(c *v5.Call) (any, error) {
	return v5.All(c.Changes(), func(f fake.FileDiff) v5.Obj {
		at := c.Pull.HeadID // a commit, for every file that is still there
		if f.To == nil {
			at = v5.MergeBase(c.Pull)
		}
		place := at.String() + "/" + f.Path()
		return v5.Obj{
			"sha": at.String(), "filename": f.Path(), "status": statuses[f.Status()], "additions": strconv.Itoa(f.Additions),
			"deletions": strconv.Itoa(f.Deletions), "blob_url": s.web(c.Repo, "/blob/"+place), "raw_url": s.web(c.Repo, "/raw/"+place),
			"patch": v5.PatchJSON(f),
		}
	}), nil
}

func (s *Server) listCommits(c *v5.Call) (any, error) {
	commits := c.Pull.Commits()
	slices.Reverse(commits)
	return v5.All(commits[:min(len(commits), v5.MaxCommits)], func(o *object.Commit) v5.Obj {
		at := s.repoAPI(c.Repo, "/commits/"+o.Hash.String())
		out := v5.Obj{
			"url": at, "sha": o.Hash.String(), "html_url": s.web(c.Repo, "/commits/"+o.Hash.String()), "comments_url": at + "/comments",
			"commit": v5.Obj{"url": at, "author": signature(o.Author), "committer": signature(o.Committer), "message": o.Message, "comment_count": 0},
			"author": s.somebody(s.AccountByMail(o.Author.Email)), "committer": s.somebody(s.AccountByMail(o.Committer.Email)),
		}
		if len(o.ParentHashes) > 0 { // of a merge only the first one
			out["parents"] = s.parents(c.Repo, o.ParentHashes[:1])[0]
		}
		return out
	}), nil
}

func (s *Server) parents(r *fake.Repo, ids []plumbing.Hash) []v5.Obj {
	return v5.All(ids, func(id plumbing.Hash) v5.Obj {
		return v5.Obj{"sha": id.String(), "url": s.repoAPI(r, "/commits/"+id.String())}
	})
}

func signature(by object.Signature) v5.Obj {
	return v5.Obj{"name": by.Name, "email": by.Email, "date": v5.Stamp(by.When)}
}

// comment is a comment on a pull request.
func (s *Server) comment(said *fake.CommentRecord) v5.Obj {
	p, id := said.Pull, strconv.FormatInt(said.ID, 10)
	r := p.Repo()
	api, pull := s.repoAPI(r, "/pulls/comments/"+id), s.repoAPI(r, "/pulls/"+strconv.Itoa(p.Number()))
	page := s.web(r, "/pulls/"+strconv.Itoa(p.Number())+"#note_"+id)
	href := func(address string) v5.Obj { return v5.Obj{"href": address} }
	return v5.Obj{
		"url": api, "id": said.ID, "path": nil, "position": nil, "original_position": nil, "commit_id": nil, "original_commit_id": nil,
		"user": s.somebody(said.Author), "created_at": v5.Stamp(said.Created), "updated_at": v5.Stamp(said.Updated()), "body": said.Body,
		"html_url": page, "pull_request_url": pull, "comment_type": "pr_comment", "in_reply_to_id": nil,
		"_links": v5.Obj{"self": href(api), "html": href(page), "pull_request": href(pull)},
	}
}

func (s *Server) listComments(c *v5.Call) (any, error) {
	return v5.Paged(c, c.Conversation(), s.comment)
}

func (s *Server) createComment(c *v5.Call) (any, error) {
	made, err := c.Write()
	if err != nil {
		return nil, err
	}
	return s.comment(made), nil
}

func (s *Server) getComment(c *v5.Call) (any, error) {
	said, err := c.Comment()
	if err != nil {
		return nil, err
	}
	return s.comment(said), nil
}

// words are what the log says of what people did. They are in the language of whoever looks,
// and nobody promises them.
func words(row v5.Row) (kind, text string) {
	by, who := row.By().Login, row.Act.Who
	passed := map[v5.Role][2]string{v5.Assignee: {"review", "reviewed"}, v5.Tester: {"test", "tested"}}[row.Act.Role]
	switch row.Act.Deed {
	case v5.Accepted:
		return passed[0], who.Login + " " + passed[1] + " passed"
	case v5.TookBack:
		return passed[0], who.Login + " cancelled what was " + passed[1]
	case v5.Cleared:
		return "push", by + " pushed the code and reset it to 'Not Reviewed' and 'Not Tested'"
	case v5.Seated:
		return "assign", by + " assigned " + who.Login
	case v5.Left:
		return "assign", by + " unassigned " + who.Login
	}
	e := row.Event
	switch e.Kind { //nolint:exhaustive // of the others a line says that they happened
	case fake.Labeled:
		return "label", by + " added label " + e.Label.Name
	case fake.Unlabeled:
		return "label", by + " removed label " + e.Label.Name
	case fake.HeadMoved:
		return "push", by + " pushed the code"
	}
	return "update", by + ": " + string(e.Kind)
}

func (s *Server) listLog(c *v5.Call) (any, error) {
	rows := slices.Clone(s.Desk(c.Pull).Log)
	if c.Text("sort") != "asc" {
		slices.Reverse(rows)
	}
	return v5.All(rows, func(row v5.Row) v5.Obj {
		kind, text := words(row)
		return v5.Obj{"id": row.ID, "icon": kind, "content": text, "action_type": kind, "user": s.somebody(row.By()),
			"created_at": v5.Stamp(row.At)}
	}), nil
}
