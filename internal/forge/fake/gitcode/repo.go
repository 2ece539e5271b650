package gitcode

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// repo is a repository; whether it is private is a number.
func (s *Server) repo(r *fake.Repo) rest.Obj {
	one := map[bool]int{true: 1}
	return rest.Obj{
		"id": r.ID, "full_name": r.FullName(), "human_name": r.Owner.Name + "/" + r.Name, "name": r.Name, "path": r.Name,
		"namespace":      rest.Obj{"id": r.Owner.ID, "name": r.Owner.Name, "path": r.Owner.Login, "html_url": s.Link("/" + r.Owner.Login)},
		"owner":          rest.Obj{"id": userID(r.Owner), "login": r.Owner.Login, "name": r.Owner.Name, "type": "User"},
		"default_branch": r.DefaultBranch,
		"description":    "", "private": one[r.Private], "public": one[!r.Private], "internal": 0, "fork": one[r.Parent != nil], "status": "开始",
		"url": s.repoAPI(r, ""), "web_url": s.web(r, ""), "http_url_to_repo": s.web(r, ".git"), "created_at": rest.Stamp(r.Created),
		"updated_at": rest.Stamp(r.Pushed), "assignees_number": s.Defaults(r).AssigneesNumber, "members": []string{r.Owner.Login},
	}
}

func (s *Server) listRepos(c *rest.Call) (any, error) {
	if c.Who == nil {
		return nil, rest.Refuse(http.StatusUnauthorized, "401 Unauthorized")
	}
	return rest.Paged(c, c.OwnRepos(), s.repo)
}

func (s *Server) getBranch(c *rest.Call) (any, error) {
	name := c.R.PathValue("branch")
	id, ok := c.Repo.Branches[name]
	if !ok {
		return nil, rest.Refuse(http.StatusNotFound, "404 Branch Not Found")
	}
	at := c.Repo.Objects.Commit(id)
	title, _, _ := strings.Cut(at.Message, "\n")
	return rest.Obj{
		"name": name, "protected": 0, "merged": 0, "default": map[bool]int{true: 1}[name == c.Repo.DefaultBranch], "can_push": 1,
		"developers_can_merge": 0, "developers_can_push": 0,
		"commit": rest.Obj{
			"id": id.String(), "short_id": id.String()[:8], "title": title, "message": at.Message, "parent_ids": parentIDs(at),
			"author_name": at.Author.Name, "author_email": at.Author.Email, "authored_date": rest.Stamp(at.Author.When),
			"committer_name": at.Committer.Name, "committer_email": at.Committer.Email, "committed_date": rest.Stamp(at.Committer.When),
			"created_at": rest.Stamp(at.Committer.When),
		},
	}, nil
}

// listBranches lists them with less than each has alone.
func (s *Server) listBranches(c *rest.Call) (any, error) {
	return rest.Paged(c, c.BranchList(), func(name string) rest.Obj {
		tip := s.commit(c.Repo)(c.Repo.Objects.Commit(c.Repo.Branches[name]))
		_, protected := c.Repo.Required[name]
		return rest.Obj{"name": name, "protected": map[bool]int{true: 1}[protected],
			"commit": rest.Obj{"sha": tip["sha"], "url": tip["url"], "commit": tip["commit"]}}
	})
}

func parentIDs(o *object.Commit) []string {
	out := []string{}
	for _, id := range o.ParentHashes {
		out = append(out, id.String())
	}
	return out
}

// commit is a commit outside of a pull request: with its tree and all its parents.
func (s *Server) commit(r *fake.Repo) func(*object.Commit) rest.Obj {
	return func(o *object.Commit) rest.Obj {
		parents := rest.All(parentIDs(o), func(id string) rest.Obj { return rest.Obj{"sha": id, "url": s.repoAPI(r, "/commits/"+id)} })
		return rest.Obj{
			"sha": o.Hash.String(), "url": s.repoAPI(r, "/commits/"+o.Hash.String()), "html_url": s.web(r, "/commit/"+o.Hash.String()),
			"comments_url": s.repoAPI(r, "/commits/"+o.Hash.String()+"/comments"), "parents": parents,
			"commit": rest.Obj{"author": signature(o.Author), "committer": signature(o.Committer), "message": o.Message,
				"tree": rest.Obj{"sha": o.TreeHash.String(), "url": s.repoAPI(r, "/git/trees/"+o.TreeHash.String())}},
			"author": s.somebody(s.AccountByMail(o.Author.Email)), "committer": s.somebody(s.AccountByMail(o.Committer.Email)),
		}
	}
}

func signature(by object.Signature) rest.Obj {
	return rest.Obj{"name": by.Name, "email": by.Email, "date": rest.Stamp(by.When)}
}

// compare lists files with the ids of blobs; whether something was left out is a number.
func (s *Server) compare(c *rest.Call) (any, error) {
	found, err := c.Compare()
	if err != nil {
		return nil, err
	}
	commit := s.commit(c.Repo)
	return rest.Obj{
		"base_commit": commit(found.Base), "merge_base_commit": commit(found.MergeBase), "commits": rest.All(found.Commits,
			commit), "truncated": 0,
		"files": rest.All(found.Files, func(f fake.FileDiff) rest.Obj {
			blob := f.To
			if blob == nil {
				blob = f.From
			}
			return rest.Obj{"sha": blob.ID.String(), "filename": f.Path(), "status": kindOf(f), "additions": f.Additions, "deletions": f.Deletions,
				"changes": f.Additions + f.Deletions, "patch": f.Patch, "truncated": 0}
		}),
	}, nil
}

// getTree answers by a page of a tree, and by no word of how much there is besides.
func (s *Server) getTree(c *rest.Call) (any, error) {
	_, entries, err := c.GitTree()
	if err != nil {
		return nil, err
	}
	page, err := rest.Paged(c, entries, func(e fake.Placed) rest.Obj {
		return rest.Obj{"mode": fake.Octal(e.Mode), "name": e.Name, "path": e.Path, "sha": e.Hash.String(), "type": rest.ObjectKind(e.Mode),
			"md5": rest.HexID(int64(len(e.Path)), 32)}
	})
	return rest.Obj{"tree": page}, err
}

func (s *Server) listProtected(c *rest.Call) (any, error) {
	return rest.All(slices.Sorted(maps.Keys(c.Repo.Required)), func(name string) rest.Obj {
		return rest.Obj{"name": name, "merged": 0, "developers_can_merge": 0, "developers_can_push": 0, "no_one_can_push": 0,
			"merge_users": []rest.Obj{}, "push_users": []rest.Obj{}}
	}), nil
}

// getSettings tells how pull requests may merge.
func (s *Server) getSettings(c *rest.Call) (any, error) {
	d := s.Defaults(c.Repo)
	return rest.Obj{
		"merge_method": "merge", "only_allow_merge_if_all_discussions_are_resolved": d.ThreadsResolved,
		"only_allow_merge_if_pipeline_succeeds": false,
		"merge_request_setting": rest.Obj{
			"id": c.Repo.ID, "project_id": c.Repo.ID, "approval_required_testers": d.TestersNumber, "approval_required_reviewers": 0,
			"approval_required_approvers": 0, "can_force_merge": false, "approval_approvers": []rest.Obj{},
			"approval_testers": rest.All(d.Testers, func(a *fake.Account) rest.Obj {
				return rest.Obj{"id": hookUserID(a), "username": a.Login, "name": a.Name, "state": "active", "web_url": s.Link("/" + a.Login)}
			}),
		},
	}, nil
}

// putSettings changes them; testers are named by their numbers.
func (s *Server) putSettings(c *rest.Call) error {
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
			return rest.Refuse(http.StatusBadRequest, "no user %s", id)
		}
		d.Testers = append(d.Testers, s.Accounts[i])
	}
	return nil
}

func (s *Server) label(r *fake.Repo) func(*fake.Label) rest.Obj {
	return func(l *fake.Label) rest.Obj {
		at := rest.Stamp(r.Created)
		return rest.Obj{"id": l.ID, "name": l.Name, "color": "#" + strings.TrimPrefix(l.Color, "#"), "repository_id": r.ID, "created_at": at,
			"updated_at": at, "text_color": "#FFFFFF"}
	}
}

func (s *Server) listLabels(c *rest.Call) (any, error) {
	return rest.Paged(c, c.Repo.AllLabels(), s.label(c.Repo))
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
