package gitee

import (
	"net/http"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// shortRepo is a repository within other answers.
func (s *Server) shortRepo(r *fake.Repo) rest.Obj {
	kind := "personal"
	if r.Owner.Kind == fake.Organization {
		kind = "group"
	}
	return rest.Obj{
		"id": r.ID, "full_name": r.FullName(), "human_name": r.Owner.Name + "/" + r.Name, "url": s.repoAPI(r, ""),
		"namespace": rest.Obj{"id": r.Owner.ID, "type": kind, "name": r.Owner.Name, "path": r.Owner.Login,
			"html_url": s.Link("/" + r.Owner.Login)},
		"path": r.Name, "name": r.Name, "owner": s.person(r.Owner), "assigner": s.person(r.Owner), "description": "", "private": r.Private,
		"public": !r.Private, "internal": false, "fork": r.Parent != nil, "html_url": s.web(r, ".git"),
		"ssh_url": "git@localhost:" + r.FullName() + ".git",
	}
}

func (s *Server) wholeRepo(r *fake.Repo, viewer *fake.Account) rest.Obj {
	out := s.shortRepo(r)
	for _, part := range []string{"forks", "keys", "collaborators", "hooks", "branches", "tags", "blobs", "stargazers",
		"contributors", "commits",
		"comments", "issue_comment", "issues", "pulls", "milestones", "notifications", "labels", "releases"} {
		out[part+"_url"] = s.repoAPI(r, "/"+part)
	}
	by := s.Defaults(r)
	for name, value := range (rest.Obj{
		"empty_repo": len(r.Branches) == 0, "enterprise": nil, "programs": []rest.Obj{}, "status": "开始", "recommend": false,
		"gvp": false, "homepage": s.web(r, ""), "language": nil, "forks_count": 0, "stargazers_count": 0, "watchers_count": 1,
		"default_branch": r.DefaultBranch, "open_issues_count": 0, "has_issues": true, "has_wiki": true, "issue_comment": false,
		"can_comment": true, "pull_requests_enabled": true, "has_page": false, "license": nil, "outsourced": false,
		"project_creator": r.Owner.Login, "members": []string{r.Owner.Login}, "pushed_at": rest.Stamp(r.Pushed),
		"created_at": rest.Stamp(r.Created),
		"updated_at": rest.Stamp(r.Pushed), "parent": nil, "paas": nil, "stared": false, "watched": true,
		"permission": permissions(s.Permission(r, viewer)), "relation": "normal", "assignees_number": by.AssigneesNumber,
		"testers_number": by.TestersNumber, "assignee": rest.All(by.Assignees, s.person), "testers": rest.All(by.Testers, s.person),
	}) {
		out[name] = value
	}
	return out
}

func (s *Server) listRepos(c *rest.Call) (any, error) {
	if c.Who == nil {
		return nil, rest.Refuse(http.StatusUnauthorized, "401 Unauthorized")
	}
	return rest.Paged(c, c.OwnRepos(), func(r *fake.Repo) rest.Obj { return s.wholeRepo(r, c.Who) })
}

func (s *Server) getBranch(c *rest.Call) (any, error) {
	name := c.R.PathValue("branch")
	if _, ok := c.Repo.Branches[name]; !ok {
		return nil, rest.Refuse(http.StatusNotFound, "404 Branch Not Found")
	}
	return s.branch(c.Repo)(name), nil
}

func (s *Server) listBranches(c *rest.Call) (any, error) {
	return rest.All(c.BranchList(), s.branch(c.Repo)), nil
}

// branch is a branch as it is told.
func (s *Server) branch(r *fake.Repo) func(name string) rest.Obj {
	return func(name string) rest.Obj {
		self := s.repoAPI(r, "/branches/"+name)
		_, protected := s.required[name]
		return rest.Obj{"name": name, "protected": protected, "protection_url": self + "/protection",
			"commit": s.commit(r)(r.Objects.Commit(r.Branches[name])),
			"_links": rest.Obj{"html": s.web(r, "/tree/"+name), "self": self}}
	}
}

// commit is a commit outside of a pull request: with its tree and all its parents.
func (s *Server) commit(r *fake.Repo) func(*object.Commit) rest.Obj {
	return func(o *object.Commit) rest.Obj {
		at := s.repoAPI(r, "/commits/"+o.Hash.String())
		return rest.Obj{
			"url": at, "sha": o.Hash.String(), "html_url": s.web(r, "/commit/"+o.Hash.String()), "comments_url": at + "/comments",
			"commit": rest.Obj{"author": signature(o.Author), "committer": signature(o.Committer), "message": o.Message,
				"tree": rest.Obj{"sha": o.TreeHash.String(), "url": s.repoAPI(r, "/git/trees/"+o.TreeHash.String())}},
			"author": s.somebody(s.AccountByMail(o.Author.Email)), "committer": s.somebody(s.AccountByMail(o.Committer.Email)),
			"parents": s.parents(r, o.ParentHashes),
		}
	}
}

// compare lists files with the ids of blobs, and numbers of lines that are numbers.
func (s *Server) compare(c *rest.Call) (any, error) {
	found, err := c.Compare()
	if err != nil {
		return nil, err
	}
	commit := s.commit(c.Repo)
	return rest.Obj{
		"base_commit": commit(found.Base), "merge_base_commit": commit(found.MergeBase), "commits": rest.All(found.Commits, commit),
		"files": rest.All(found.Files, func(f fake.FileDiff) rest.Obj {
			status, blob := statuses[f.Status()], f.To
			switch {
			case status == nil:
				status = "modified"
			case f.To == nil:
				status, blob = "removed", f.From
			}
			place := found.Head.String() + "/" + f.Path()
			return rest.Obj{"sha": blob.ID.String(), "filename": f.Path(), "status": status, "additions": f.Additions, "deletions": f.Deletions,
				"changes": f.Additions + f.Deletions, "blob_url": s.web(c.Repo, "/blob/"+place), "raw_url": s.web(c.Repo, "/raw/"+place),
				"content_url": s.repoAPI(c.Repo, "/contents/"+f.Path()+"?ref="+found.Head.String()), "patch": f.Patch}
		}),
	}, nil
}

func (s *Server) getTree(c *rest.Call) (any, error) {
	id, entries, err := c.GitTree()
	if err != nil {
		return nil, err
	}
	out := []rest.Obj{}
	for _, e := range entries {
		kind := rest.ObjectKind(e.Mode)
		out = append(out, rest.Obj{"path": e.Path, "mode": fake.Octal(e.Mode), "type": kind, "sha": e.Hash.String(),
			"size": c.Repo.Objects.BlobSize(e.Hash), "url": s.repoAPI(c.Repo, "/git/"+kind+"s/"+e.Hash.String())})
	}
	return rest.Obj{"sha": id.String(), "url": s.repoAPI(c.Repo, "/git/trees/"+id.String()), "tree": out, "truncated": false}, nil
}

func (s *Server) label(r *fake.Repo) func(*fake.Label) rest.Obj {
	return func(l *fake.Label) rest.Obj {
		return rest.Obj{"id": l.ID, "name": l.Name, "color": l.Color, "repository_id": r.ID, "url": s.repoAPI(r, "/labels/"+l.Name)}
	}
}

func (s *Server) listLabels(c *rest.Call) (any, error) {
	return rest.All(c.Repo.AllLabels(), s.label(c.Repo)), nil
}

func (s *Server) createLabel(c *rest.Call) (any, error) {
	made, err := c.MakeLabel()
	if err != nil {
		return nil, err
	}
	return s.label(c.Repo)(made), nil
}

func (s *Server) pullLabels(c *rest.Call) (any, error) {
	return rest.All(c.Pull.Labelled, s.label(c.Repo)), nil
}
