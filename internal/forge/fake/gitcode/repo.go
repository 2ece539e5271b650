package gitcode

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/v5"
)

// repo is a repository; whether it is private is a number.
func (s *Server) repo(r *fake.Repo) v5.Obj {
	one := map[bool]int{true: 1}
	return v5.Obj{
		"id": r.ID, "full_name": r.FullName(), "human_name": r.Owner.Name + "/" + r.Name, "name": r.Name, "path": r.Name,
		"namespace": v5.Obj{"id": r.Owner.ID, "name": r.Owner.Name, "path": r.Owner.Login, "html_url": s.Link("/" + r.Owner.Login)},
		"owner":     v5.Obj{"id": userID(r.Owner), "login": r.Owner.Login, "name": r.Owner.Name, "type": "User"}, "default_branch": r.DefaultBranch,
		"description": "", "private": one[r.Private], "public": one[!r.Private], "internal": 0, "fork": one[r.Parent != nil], "status": "开始",
		"url": s.repoAPI(r, ""), "web_url": s.web(r, ""), "http_url_to_repo": s.web(r, ".git"), "created_at": v5.Stamp(r.Created),
		"updated_at": v5.Stamp(r.Pushed), "assignees_number": s.Defaults(r).AssigneesNumber, "members": []string{r.Owner.Login},
	}
}

func (s *Server) listRepos(c *v5.Call) (any, error) {
	if c.Who == nil {
		return nil, v5.Refuse(http.StatusUnauthorized, "401 Unauthorized")
	}
	return v5.Paged(c, c.OwnRepos(), s.repo)
}

func (s *Server) getBranch(c *v5.Call) (any, error) {
	name := c.R.PathValue("branch")
	id, ok := c.Repo.Branches[name]
	if !ok {
		return nil, v5.Refuse(http.StatusNotFound, "404 Branch Not Found")
	}
	at := c.Repo.Objects.Commit(id)
	title, _, _ := strings.Cut(at.Message, "\n")
	return v5.Obj{
		"name": name, "protected": 0, "merged": 0, "default": map[bool]int{true: 1}[name == c.Repo.DefaultBranch], "can_push": 1,
		"developers_can_merge": 0, "developers_can_push": 0,
		"commit": v5.Obj{
			"id": id.String(), "short_id": id.String()[:8], "title": title, "message": at.Message, "parent_ids": parentIDs(at),
			"author_name": at.Author.Name, "author_email": at.Author.Email, "authored_date": v5.Stamp(at.Author.When),
			"committer_name": at.Committer.Name, "committer_email": at.Committer.Email, "committed_date": v5.Stamp(at.Committer.When),
			"created_at": v5.Stamp(at.Committer.When),
		},
	}, nil
}

func parentIDs(o *object.Commit) []string {
	out := []string{}
	for _, id := range o.ParentHashes {
		out = append(out, id.String())
	}
	return out
}

// commit is a commit outside of a pull request: with its tree and all its parents.
func (s *Server) commit(r *fake.Repo) func(*object.Commit) v5.Obj {
	return func(o *object.Commit) v5.Obj {
		parents := v5.All(parentIDs(o), func(id string) v5.Obj { return v5.Obj{"sha": id, "url": s.repoAPI(r, "/commits/"+id)} })
		return v5.Obj{
			"sha": o.Hash.String(), "url": s.repoAPI(r, "/commits/"+o.Hash.String()), "html_url": s.web(r, "/commit/"+o.Hash.String()),
			"comments_url": s.repoAPI(r, "/commits/"+o.Hash.String()+"/comments"), "parents": parents,
			"commit": v5.Obj{"author": signature(o.Author), "committer": signature(o.Committer), "message": o.Message,
				"tree": v5.Obj{"sha": o.TreeHash.String(), "url": s.repoAPI(r, "/git/trees/"+o.TreeHash.String())}},
			"author": s.somebody(s.AccountByMail(o.Author.Email)), "committer": s.somebody(s.AccountByMail(o.Committer.Email)),
		}
	}
}

func signature(by object.Signature) v5.Obj {
	return v5.Obj{"name": by.Name, "email": by.Email, "date": v5.Stamp(by.When)}
}

// compare lists files with the ids of blobs; whether something was left out is a number.
func (s *Server) compare(c *v5.Call) (any, error) {
	found, err := c.Compare()
	if err != nil {
		return nil, err
	}
	commit := s.commit(c.Repo)
	return v5.Obj{
		"base_commit": commit(found.Base), "merge_base_commit": commit(found.MergeBase), "commits": v5.All(found.Commits, commit), "truncated": 0,
		"files": v5.All(found.Files, func(f fake.FileDiff) v5.Obj {
			blob := f.To
			if blob == nil {
				blob = f.From
			}
			return v5.Obj{"sha": blob.ID.String(), "filename": f.Path(), "status": kindOf(f), "additions": f.Additions, "deletions": f.Deletions,
				"changes": f.Additions + f.Deletions, "patch": f.Patch, "truncated": 0}
		}),
	}, nil
}

// getTree answers by a page of a tree, and by no word of how much there is besides.
func (s *Server) getTree(c *v5.Call) (any, error) {
	_, entries, err := c.GitTree()
	if err != nil {
		return nil, err
	}
	page, err := v5.Paged(c, entries, func(e fake.Placed) v5.Obj {
		return v5.Obj{"mode": fake.Octal(e.Mode), "name": e.Name, "path": e.Path, "sha": e.Hash.String(), "type": v5.ObjectKind(e.Mode),
			"md5": v5.HexID(int64(len(e.Path)), 32)}
	})
	return v5.Obj{"tree": page}, err
}

func (s *Server) listProtected(c *v5.Call) (any, error) {
	return v5.All(slices.Sorted(maps.Keys(c.Repo.Required)), func(name string) v5.Obj {
		return v5.Obj{"name": name, "merged": 0, "developers_can_merge": 0, "developers_can_push": 0, "no_one_can_push": 0,
			"merge_users": []v5.Obj{}, "push_users": []v5.Obj{}}
	}), nil
}

// getSettings tells how pull requests may merge.
func (s *Server) getSettings(c *v5.Call) (any, error) {
	d := s.Defaults(c.Repo)
	return v5.Obj{
		"merge_method": "merge", "only_allow_merge_if_all_discussions_are_resolved": d.ThreadsResolved,
		"only_allow_merge_if_pipeline_succeeds": false,
		"merge_request_setting": v5.Obj{
			"id": c.Repo.ID, "project_id": c.Repo.ID, "approval_required_testers": d.TestersNumber, "approval_required_reviewers": 0,
			"approval_required_approvers": 0, "can_force_merge": false, "approval_approvers": []v5.Obj{},
			"approval_testers": v5.All(d.Testers, func(a *fake.Account) v5.Obj {
				return v5.Obj{"id": hookUserID(a), "username": a.Login, "name": a.Name, "state": "active", "web_url": s.Link("/" + a.Login)}
			}),
		},
	}, nil
}

// putSettings changes them; testers are named by their numbers.
func (s *Server) putSettings(c *v5.Call) error {
	d := s.Defaults(c.Repo)
	if c.Has("only_allow_merge_if_all_discussions_are_resolved") {
		d.ThreadsResolved = c.Yes("only_allow_merge_if_all_discussions_are_resolved")
	}
	if c.Has("approval_required_testers") {
		d.TestersNumber = c.Number("approval_required_testers")
	}
	if !c.Has("approval_tester_ids") {
		return nil
	}
	d.Testers = nil
	for _, id := range c.Names("approval_tester_ids") {
		i := slices.IndexFunc(s.Accounts, func(a *fake.Account) bool { return strconv.FormatInt(hookUserID(a), 10) == id })
		if i < 0 {
			return v5.Refuse(http.StatusBadRequest, "no user %s", id)
		}
		d.Testers = append(d.Testers, s.Accounts[i])
	}
	return nil
}

func (s *Server) label(r *fake.Repo) func(*fake.Label) v5.Obj {
	return func(l *fake.Label) v5.Obj {
		at := v5.Stamp(r.Created)
		return v5.Obj{"id": l.ID, "name": l.Name, "color": "#" + strings.TrimPrefix(l.Color, "#"), "repository_id": r.ID, "created_at": at,
			"updated_at": at, "text_color": "#FFFFFF"}
	}
}

func (s *Server) listLabels(c *v5.Call) (any, error) {
	return v5.Paged(c, c.Repo.AllLabels(), s.label(c.Repo))
}

func (s *Server) createLabel(c *v5.Call) (any, error) {
	made, err := c.MakeLabel()
	if err != nil {
		return nil, err
	}
	return s.label(c.Repo)(made), nil
}

func (s *Server) pullLabels(c *v5.Call) (any, error) {
	return v5.All(c.Pull.Labelled, s.label(c.Repo)), nil
}
