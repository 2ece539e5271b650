package gitee

import (
	"net/http"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/v5"
)

// pages are the parameters of lists with pages.
const pages = " page per_page"

func (s *Server) routes() []v5.Route {
	return slices.Concat(s.peopleRoutes(), s.contentRoutes(), s.pullRoutes(), s.talkRoutes(), s.deskRoutes(), s.labelRoutes(), s.checkRoutes())
}

func (s *Server) peopleRoutes() []v5.Route {
	const repo = "/repos/{owner}/{repo}"
	return []v5.Route{
		{Method: "GET", Path: "/user", Handle: func(c *v5.Call) (any, error) { return s.wholePerson(c.Who), nil }},
		{Method: "GET", Path: "/users/{username}", Handle: s.getUser},
		{Method: "GET", Path: "/user/repos", Query: "visibility affiliation type sort direction q" + pages, Handle: s.listRepos},
		{Method: "GET", Path: repo, Handle: func(c *v5.Call) (any, error) { return s.wholeRepo(c.Repo, c.Who), nil }},
		{Method: "PUT", Path: repo + "/reviewer", Body: "assignees* testers* assignees_number* testers_number*", Level: fake.Admin,
			Handle: v5.Then(v5.SetReviewers, v5.Empty)},
		{Method: "GET", Path: repo + "/collaborators", Query: pages, Level: fake.Read, Handle: s.listMembers},
		{Method: "GET", Path: repo + "/collaborators/{username}", Status: http.StatusNoContent, Handle: s.checkMember},
		{Method: "GET", Path: repo + "/collaborators/{username}/permission", Handle: s.getPermission},
		{Method: "GET", Path: "/orgs/{org}/memberships/{username}", Handle: s.getMembership},
	}
}

func (s *Server) contentRoutes() []v5.Route {
	const repo = "/repos/{owner}/{repo}"
	return []v5.Route{
		{Method: "GET", Path: repo + "/branches/{branch...}", Handle: s.getBranch},
		{Method: "GET", Path: repo + "/compare/{basehead}", Handle: s.compare},
		{Method: "GET", Path: repo + "/contents/{path...}", Query: "ref", Handle: v5.Contents},
		{Method: "GET", Path: repo + "/raw/{path...}", Query: "ref", Handle: v5.RawFile},
		{Method: "GET", Path: repo + "/git/trees/{sha}", Query: "recursive", Handle: s.getTree},
		{Method: "GET", Path: repo + "/git/blobs/{sha}", Handle: v5.GitBlob},
	}
}

func (s *Server) pullRoutes() []v5.Route {
	const pulls, pull = "/repos/{owner}/{repo}/pulls", "/repos/{owner}/{repo}/pulls/{number}"
	return []v5.Route{
		{Method: "GET", Path: pulls, Query: "state head base sort since direction milestone_number labels" + pages, Handle: s.listPulls},
		{Method: "GET", Path: pull, Handle: s.getPull},
		{Method: "PATCH", Path: pull, Level: fake.Write,
			Body:   "title body state milestone_number labels assignees_number testers_number draft close_related_issue",
			Handle: v5.Then(v5.UpdatePull, s.getPull)},
		{Method: "GET", Path: pull + "/files", Handle: s.listFiles},
		{Method: "GET", Path: pull + "/commits", Handle: s.listCommits},
		{Method: "GET", Path: pull + "/operate_logs", Query: "sort", Handle: s.listLog},
		{Method: "PUT", Path: pull + "/merge", Level: fake.Write,
			Body:   "merge_method prune_source_branch close_related_issue title description",
			Handle: func(c *v5.Call) (any, error) { return c.Merge(s.obstacle(c.Pull)) }},
	}
}

func (s *Server) talkRoutes() []v5.Route {
	const pulls, pull = "/repos/{owner}/{repo}/pulls", "/repos/{owner}/{repo}/pulls/{number}"
	return []v5.Route{
		{Method: "GET", Path: pull + "/comments", Query: "direction comment_type" + pages, Handle: s.listComments},
		{Method: "POST", Path: pull + "/comments", Body: "body* commit_id path position", Status: http.StatusCreated, Handle: s.createComment},
		{Method: "GET", Path: pulls + "/comments/{id}", Handle: s.getComment},
		{Method: "PATCH", Path: pulls + "/comments/{id}", Body: "body*", Handle: v5.Then(v5.EditComment, s.getComment)},
		{Method: "DELETE", Path: pulls + "/comments/{id}", Status: http.StatusNoContent, Handle: v5.Then(v5.DeleteComment, v5.Nothing)},
	}
}

func (s *Server) deskRoutes() []v5.Route {
	const pull = "/repos/{owner}/{repo}/pulls/{number}"
	return []v5.Route{
		{Method: "POST", Path: pull + "/assignees", Body: "assignees*", Level: fake.Write, Status: http.StatusCreated,
			Handle: v5.Then(v5.SeatNamed(v5.Assignee, "assignees"), s.getPull)},
		{Method: "DELETE", Path: pull + "/assignees", Query: "assignees*", Level: fake.Write,
			Handle: v5.Then(v5.Unseat(v5.Assignee, "assignees"), s.getPull)},
		{Method: "PATCH", Path: pull + "/assignees", Body: "reset_all", Handle: v5.Then(v5.Reset(v5.Assignee), s.getPull)},
		{Method: "POST", Path: pull + "/testers", Body: "testers*", Level: fake.Write, Status: http.StatusCreated,
			Handle: v5.Then(v5.SeatNamed(v5.Tester, "testers"), s.getPull)},
		{Method: "DELETE", Path: pull + "/testers", Query: "testers*", Level: fake.Write,
			Handle: v5.Then(v5.Unseat(v5.Tester, "testers"), s.getPull)},
		{Method: "PATCH", Path: pull + "/testers", Body: "reset_all", Handle: v5.Then(v5.Reset(v5.Tester), s.getPull)},
		{Method: "POST", Path: pull + "/review", Body: "force", Status: http.StatusNoContent, Handle: v5.Then(v5.Pass(v5.Assignee), v5.Nothing)},
		{Method: "POST", Path: pull + "/test", Body: "force", Status: http.StatusNoContent, Handle: v5.Then(v5.Pass(v5.Tester), v5.Nothing)},
	}
}

func (s *Server) labelRoutes() []v5.Route {
	const repo, pull = "/repos/{owner}/{repo}", "/repos/{owner}/{repo}/pulls/{number}"
	return []v5.Route{
		{Method: "GET", Path: repo + "/labels", Handle: s.listLabels},
		{Method: "POST", Path: repo + "/labels", Body: "name* color*", Level: fake.Write, Status: http.StatusCreated, Handle: s.createLabel},
		{Method: "GET", Path: pull + "/labels", Query: pages, Handle: s.pullLabels},
		{Method: "POST", Path: pull + "/labels", List: true, Level: fake.Write, Status: http.StatusCreated,
			Handle: v5.Then(v5.AddLabels, s.pullLabels)},
		{Method: "PUT", Path: pull + "/labels", List: true, Level: fake.Write, Handle: v5.Then(v5.SetLabels, s.pullLabels)},
		{Method: "DELETE", Path: pull + "/labels/{name}", Level: fake.Write, Status: http.StatusNoContent,
			Handle: v5.Then(v5.RemoveLabel, v5.Nothing)},
	}
}

func (s *Server) checkRoutes() []v5.Route {
	const repo = "/repos/{owner}/{repo}"
	const texts = " details_url status started_at completed_at conclusion output actions"
	return []v5.Route{
		{Method: "POST", Path: repo + "/check-runs", Body: "name* head_sha* pull_request_id" + texts, Level: fake.Admin, Status: http.StatusCreated,
			Handle: s.createRun},
		{Method: "PATCH", Path: repo + "/check-runs/{id}", Body: "name*" + texts, Level: fake.Admin, Handle: s.updateRun},
		{Method: "GET", Path: repo + "/check-runs/{id}", Level: fake.Admin, Handle: s.getRun},
		{Method: "GET", Path: repo + "/check-runs/{id}/annotations", Query: pages, Level: fake.Admin, Handle: s.listAnnotations},
		{Method: "GET", Path: repo + "/commits/{ref}/check-runs", Query: "pull_request_id check_name status filter" + pages, Level: fake.Admin,
			Handle: s.listRuns},
	}
}
