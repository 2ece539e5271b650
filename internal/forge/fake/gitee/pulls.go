package gitee

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

// pull is a pull request: without counts of its files, commits and lines.
func (s *Server) pull(p *fake.PullRequest) rest.Obj {
	r, d := p.Repo(), s.Desk(p)
	number := strconv.Itoa(p.Number())
	api, page := s.repoAPI(r, "/pulls/"+number), s.web(r, "/pulls/"+number)
	comments := s.repoAPI(r, "/pulls/comments")
	href := func(address string) rest.Obj { return rest.Obj{"href": address} }
	return rest.Obj{
		"id": p.ID, "url": api, "html_url": page, "diff_url": page + ".diff", "patch_url": page + ".patch", "issue_url": api + "/issues",
		"commits_url": api + "/commits", "review_comments_url": comments + "/{/number}", "review_comment_url": comments,
		"comments_url": s.repoAPI(r, "/"+number+"/comments"), "number": p.Number(), "state": rest.State(p), "title": p.Title, "body": p.Body,
		"assignees_number": d.Assignees, "testers_number": d.Testers, "assignees": rest.All(d.In(rest.Assignee), s.seat),
		"testers": rest.All(d.In(rest.Tester), s.seat), "api_reviewers_number": 0, "api_reviewers": []rest.Obj{}, "milestone": nil,
		"labels": rest.All(p.Labelled, s.label(r)), "locked": false, "created_at": rest.Stamp(p.Created), "updated_at": rest.Stamp(p.Updated),
		"closed_at": rest.StampOr(p.Closed, nil), "merged_at": rest.StampOr(p.MergedAt, nil), "mergeable": p.Mergeable(), "draft": p.Draft,
		"can_merge_check": s.obstacle(p) == "", "head": s.head(p), "base": s.side(r, p.BaseBranch, rest.MergeBase(p)),
		"_links": rest.Obj{"self": href(api), "html": href(page), "issue": href(api + "/issues"), "comments": href(api + "/comments"),
			"review_comments": href(api + "/comments"), "review_comment": href(comments + "/" + number), "commits": href(api + "/commits")},
		"user": s.somebody(p.Author), "ref_pull_requests": []rest.Obj{}, "close_related_issue": nil, "prune_branch": false,
	}
}

// head is where a pull request comes from; without a repository if that is gone.
func (s *Server) head(p *fake.PullRequest) rest.Obj {
	out := s.side(p.HeadRepo, p.Branch(), p.HeadID)
	if p.HeadRepo.Deleted {
		out["repo"], out["user"] = nil, nil
	}
	return out
}

// side is the head or the base of a pull request.
func (s *Server) side(r *fake.Repo, branch string, at plumbing.Hash) rest.Obj {
	return rest.Obj{"label": branch, "ref": branch, "sha": at.String(), "user": s.somebody(r.Owner), "repo": s.shortRepo(r)}
}

// statuses are Gitee's words for what became of a file; of others there is none.
var statuses = map[fake.FileStatus]any{fake.Added: "added", fake.Removed: "deleted", fake.Renamed: "renamed"}

func (s *Server) listFiles(c *rest.Call) (any, error) {
	return rest.All(c.Changes(), func(f fake.FileDiff) rest.Obj {
		at := c.Pull.HeadID // a commit, for every file that is still there
		if f.To == nil {
			at = rest.MergeBase(c.Pull)
		}
		place := at.String() + "/" + f.Path()
		return rest.Obj{
			"sha": at.String(), "filename": f.Path(), "status": statuses[f.Status()], "additions": strconv.Itoa(f.Additions),
			"deletions": strconv.Itoa(f.Deletions), "blob_url": s.web(c.Repo, "/blob/"+place), "raw_url": s.web(c.Repo, "/raw/"+place),
			"patch": rest.PatchJSON(f),
		}
	}), nil
}

func (s *Server) listCommits(c *rest.Call) (any, error) {
	commits := c.Pull.Commits()
	slices.Reverse(commits)
	return rest.All(commits[:min(len(commits), rest.MaxCommits)], func(o *object.Commit) rest.Obj {
		at := s.repoAPI(c.Repo, "/commits/"+o.Hash.String())
		out := rest.Obj{
			"url": at, "sha": o.Hash.String(), "html_url": s.web(c.Repo, "/commits/"+o.Hash.String()), "comments_url": at + "/comments",
			"commit": rest.Obj{"url": at, "author": signature(o.Author), "committer": signature(o.Committer), "message": o.Message,
				"comment_count": 0},
			"author": s.somebody(s.AccountByMail(o.Author.Email)), "committer": s.somebody(s.AccountByMail(o.Committer.Email)),
		}
		if len(o.ParentHashes) > 0 { // of a merge only the first one
			out["parents"] = s.parents(c.Repo, o.ParentHashes[:1])[0]
		}
		return out
	}), nil
}

func (s *Server) parents(r *fake.Repo, ids []plumbing.Hash) []rest.Obj {
	return rest.All(ids, func(id plumbing.Hash) rest.Obj {
		return rest.Obj{"sha": id.String(), "url": s.repoAPI(r, "/commits/"+id.String())}
	})
}

func signature(by object.Signature) rest.Obj {
	return rest.Obj{"name": by.Name, "email": by.Email, "date": rest.Stamp(by.When)}
}

// comment is a comment on a pull request.
func (s *Server) comment(said *fake.CommentRecord) rest.Obj {
	p, id := said.Pull, strconv.FormatInt(said.ID, 10)
	r := p.Repo()
	api, pull := s.repoAPI(r, "/pulls/comments/"+id), s.repoAPI(r, "/pulls/"+strconv.Itoa(p.Number()))
	page := s.web(r, "/pulls/"+strconv.Itoa(p.Number())+"#note_"+id)
	href := func(address string) rest.Obj { return rest.Obj{"href": address} }
	return rest.Obj{
		"url": api, "id": said.ID, "path": nil, "position": nil, "original_position": nil, "commit_id": nil, "original_commit_id": nil,
		"user": s.somebody(said.Author), "created_at": rest.Stamp(said.Created), "updated_at": rest.Stamp(said.Updated()), "body": said.Body,
		"html_url": page, "pull_request_url": pull, "comment_type": "pr_comment", "in_reply_to_id": nil,
		"_links": rest.Obj{"self": href(api), "html": href(page), "pull_request": href(pull)},
	}
}

func (s *Server) listComments(c *rest.Call) (any, error) {
	return rest.Paged(c, c.Conversation(), s.comment)
}

func (s *Server) createComment(c *rest.Call) (any, error) {
	made, err := c.Write()
	if err != nil {
		return nil, err
	}
	return s.comment(made), nil
}

func (s *Server) getComment(c *rest.Call) (any, error) {
	said, err := c.Comment()
	if err != nil {
		return nil, err
	}
	return s.comment(said), nil
}

// words are what the log says of what people did. They are in the language of whoever looks,
// and nobody promises them.
func words(row rest.Row) (kind, text string) {
	by, who := row.By().Login, row.Act.Who
	passed := map[rest.Role][2]string{rest.Assignee: {"review", "reviewed"}, rest.Tester: {"test", "tested"}}[row.Act.Role]
	switch row.Act.Deed {
	case rest.Accepted:
		return passed[0], who.Login + " " + passed[1] + " passed"
	case rest.TookBack:
		return passed[0], who.Login + " cancelled what was " + passed[1]
	case rest.Cleared:
		return "push", by + " pushed the code and reset it to 'Not Reviewed' and 'Not Tested'"
	case rest.Seated:
		return "assign", by + " assigned " + who.Login
	case rest.Left:
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

func (s *Server) listLog(c *rest.Call) (any, error) {
	rows := slices.Clone(s.Desk(c.Pull).Log)
	if c.Text("sort") != "asc" {
		slices.Reverse(rows)
	}
	return rest.All(rows, func(row rest.Row) rest.Obj {
		kind, text := words(row)
		return rest.Obj{"id": row.ID, "icon": kind, "content": text, "action_type": kind, "user": s.somebody(row.By()),
			"created_at": rest.Stamp(row.At)}
	}), nil
}
