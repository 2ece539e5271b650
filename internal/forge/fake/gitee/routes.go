package gitee

import (
	"net/http"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// pages are the parameters of lists with pages.
const pages = " page per_page"

func (s *Server) routes() []rest.Route {
	return slices.Concat(s.peopleRoutes(), s.contentRoutes(), s.pullRoutes(), s.talkRoutes(), s.deskRoutes(), s.labelRoutes(), s.checkRoutes())
}

func (s *Server) peopleRoutes() []rest.Route {
	const repo = "/repos/{owner}/{repo}"
	return []rest.Route{
		{Method: "GET", Path: "/user", Handle: func(c *rest.Call) (any, error) { return s.wholePerson(c.Who), nil }},
		{Method: "GET", Path: "/users/{username}", Handle: s.getUser},
		{Method: "GET", Path: "/user/repos", Query: "visibility affiliation type sort direction q" + pages, Handle: s.listRepos},
		{Method: "GET", Path: repo, Handle: func(c *rest.Call) (any, error) { return s.wholeRepo(c.Repo, c.Who), nil }},
		{Method: "PUT", Path: repo + "/reviewer", Body: "assignees* testers* assignees_number* testers_number*", Level: fake.Admin,
			Handle: rest.Then(rest.SetReviewers, rest.Empty)},
		{Method: "GET", Path: repo + "/collaborators", Query: pages, Level: fake.Read, Handle: s.listMembers},
		{Method: "GET", Path: repo + "/collaborators/{username}", Status: http.StatusNoContent, Handle: s.checkMember},
		{Method: "GET", Path: repo + "/collaborators/{username}/permission", Handle: s.getPermission},
		{Method: "GET", Path: "/orgs/{org}/memberships/{username}", Handle: s.getMembership},
	}
}

func (s *Server) contentRoutes() []rest.Route {
	const repo = "/repos/{owner}/{repo}"
	return []rest.Route{
		{Method: "GET", Path: repo + "/branches", Query: pages, Handle: s.listBranches},
		{Method: "GET", Path: repo + "/branches/{branch...}", Handle: s.getBranch},
		{Method: "GET", Path: repo + "/compare/{basehead}", Handle: s.compare},
		{Method: "GET", Path: repo + "/contents/{path...}", Query: "ref", Handle: rest.Contents},
		{Method: "GET", Path: repo + "/raw/{path...}", Query: "ref", Handle: rest.RawFile},
		{Method: "GET", Path: repo + "/git/trees/{sha}", Query: "recursive", Handle: s.getTree},
		{Method: "GET", Path: repo + "/git/blobs/{sha}", Handle: rest.GitBlob},
	}
}

func (s *Server) pullRoutes() []rest.Route {
	const pulls, pull = "/repos/{owner}/{repo}/pulls", "/repos/{owner}/{repo}/pulls/{number}"
	return []rest.Route{
		{Method: "GET", Path: pulls, Query: "state head base sort since direction milestone_number labels" + pages, Handle: s.listPulls},
		{Method: "POST", Path: pulls, Level: fake.Write, Status: http.StatusCreated,
			Body:   "title* head* base* body milestone_number labels issue assignees testers prune_source_branch",
			Handle: rest.Then(rest.OpenPull, s.getPull)},
		{Method: "GET", Path: pull, Handle: s.getPull},
		{Method: "PATCH", Path: pull, Level: fake.Write,
			Body:   "title body state milestone_number labels assignees_number testers_number draft close_related_issue",
			Handle: rest.Then(rest.UpdatePull, s.getPull)},
		{Method: "GET", Path: pull + "/files", Handle: s.listFiles},
		{Method: "GET", Path: pull + "/commits", Handle: s.listCommits},
		{Method: "GET", Path: pull + "/operate_logs", Query: "sort", Handle: s.listLog},
		{Method: "PUT", Path: pull + "/merge", Level: fake.Write,
			Body:   "merge_method prune_source_branch close_related_issue title description",
			Handle: func(c *rest.Call) (any, error) { return c.Merge(s.obstacle(c.Pull)) }},
	}
}

func (s *Server) talkRoutes() []rest.Route {
	const pulls, pull = "/repos/{owner}/{repo}/pulls", "/repos/{owner}/{repo}/pulls/{number}"
	return []rest.Route{
		{Method: "GET", Path: pull + "/comments", Query: "direction comment_type" + pages, Handle: s.listComments},
		{Method: "POST", Path: pull + "/comments", Body: "body* commit_id path position", Status: http.StatusCreated, Handle: s.createComment},
		{Method: "GET", Path: pulls + "/comments/{id}", Handle: s.getComment},
		{Method: "PATCH", Path: pulls + "/comments/{id}", Body: "body*", Handle: rest.Then(rest.EditComment, s.getComment)},
		{Method: "DELETE", Path: pulls + "/comments/{id}", Status: http.StatusNoContent, Handle: rest.Then(rest.DeleteComment, rest.Nothing)},
	}
}

func (s *Server) deskRoutes() []rest.Route {
	const pull = "/repos/{owner}/{repo}/pulls/{number}"
	return []rest.Route{
		{Method: "POST", Path: pull + "/assignees", Body: "assignees*", Level: fake.Write, Status: http.StatusCreated,
			Handle: rest.Then(rest.SeatNamed(rest.Assignee, "assignees"), s.getPull)},
		{Method: "DELETE", Path: pull + "/assignees", Query: "assignees*", Level: fake.Write,
			Handle: rest.Then(rest.Unseat(rest.Assignee, "assignees"), s.getPull)},
		{Method: "PATCH", Path: pull + "/assignees", Body: "reset_all", Handle: rest.Then(rest.Reset(rest.Assignee), s.getPull)},
		{Method: "POST", Path: pull + "/testers", Body: "testers*", Level: fake.Write, Status: http.StatusCreated,
			Handle: rest.Then(rest.SeatNamed(rest.Tester, "testers"), s.getPull)},
		{Method: "DELETE", Path: pull + "/testers", Query: "testers*", Level: fake.Write,
			Handle: rest.Then(rest.Unseat(rest.Tester, "testers"), s.getPull)},
		{Method: "PATCH", Path: pull + "/testers", Body: "reset_all", Handle: rest.Then(rest.Reset(rest.Tester), s.getPull)},
		{Method: "POST", Path: pull + "/review", Body: "force", Status: http.StatusNoContent,
			Handle: rest.Then(rest.Pass(rest.Assignee), rest.Nothing)},
		{Method: "POST", Path: pull + "/test", Body: "force", Status: http.StatusNoContent,
			Handle: rest.Then(rest.Pass(rest.Tester), rest.Nothing)},
	}
}

func (s *Server) labelRoutes() []rest.Route {
	const repo, pull = "/repos/{owner}/{repo}", "/repos/{owner}/{repo}/pulls/{number}"
	return []rest.Route{
		{Method: "GET", Path: repo + "/labels", Handle: s.listLabels},
		{Method: "POST", Path: repo + "/labels", Body: "name* color*", Level: fake.Write, Status: http.StatusCreated, Handle: s.createLabel},
		{Method: "GET", Path: pull + "/labels", Query: pages, Handle: s.pullLabels},
		{Method: "POST", Path: pull + "/labels", List: true, Level: fake.Write, Status: http.StatusCreated,
			Handle: rest.Then(rest.AddLabels, s.pullLabels)},
		{Method: "PUT", Path: pull + "/labels", List: true, Level: fake.Write, Handle: rest.Then(rest.SetLabels, s.pullLabels)},
		{Method: "DELETE", Path: pull + "/labels/{name}", Level: fake.Write, Status: http.StatusNoContent,
			Handle: rest.Then(rest.RemoveLabel, rest.Nothing)},
	}
}

func (s *Server) checkRoutes() []rest.Route {
	const repo = "/repos/{owner}/{repo}"
	const texts = " details_url status started_at completed_at conclusion output actions"
	return []rest.Route{
		{Method: "POST", Path: repo + "/check-runs", Body: "name* head_sha* pull_request_id" + texts, Level: fake.Admin,
			Status: http.StatusCreated,
			Handle: s.createRun},
		{Method: "PATCH", Path: repo + "/check-runs/{id}", Body: "name*" + texts, Level: fake.Admin, Handle: s.updateRun},
		{Method: "GET", Path: repo + "/check-runs/{id}", Level: fake.Admin, Handle: s.getRun},
		{Method: "GET", Path: repo + "/check-runs/{id}/annotations", Query: pages, Level: fake.Admin, Handle: s.listAnnotations},
		{Method: "GET", Path: repo + "/commits/{ref}/check-runs", Query: "pull_request_id check_name status filter" + pages, Level: fake.Admin,
			Handle: s.listRuns},
	}
}
