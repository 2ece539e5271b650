package gitcode

import (
	"net/http"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/v5"
)

// pages are the parameters of lists with pages.
const pages = " page per_page"

func (s *Server) routes() []v5.Route {
	return slices.Concat(s.peopleRoutes(), s.contentRoutes(), s.pullRoutes(), s.talkRoutes(), s.deskRoutes(), s.labelRoutes())
}

func (s *Server) peopleRoutes() []v5.Route {
	const repo = "/repos/{owner}/{repo}"
	return []v5.Route{
		{Method: "GET", Path: "/user", Handle: func(c *v5.Call) (any, error) { return s.wholePerson(c.Who), nil }},
		{Method: "GET", Path: "/users/{username}", Handle: s.getUser},
		{Method: "GET", Path: "/user/repos", Query: "visibility affiliation type sort direction q repo_type" + pages, Handle: s.listRepos},
		{Method: "GET", Path: repo, Handle: func(c *v5.Call) (any, error) { return s.repo(c.Repo), nil }},
		{Method: "PUT", Path: repo + "/reviewer", Body: "assignees testers assignees_number testers_number", Level: fake.Admin,
			Handle: v5.Then(v5.SetReviewers, v5.Empty)},
		{Method: "GET", Path: repo + "/collaborators", Query: pages, Level: fake.Read, Handle: s.listMembers},
		{Method: "GET", Path: repo + "/collaborators/{username}", Handle: s.checkMember},
		{Method: "GET", Path: repo + "/collaborators/{username}/permission", Handle: s.getPermission},
		{Method: "GET", Path: repo + "/pull_request_settings", Level: fake.Write, Handle: s.getSettings},
		{Method: "PUT", Path: repo + "/pull_request_settings", Level: fake.Admin,
			Body:   "approval_required_testers approval_tester_ids only_allow_merge_if_all_discussions_are_resolved can_force_merge",
			Handle: v5.Then(s.putSettings, s.getSettings)},
		{Method: "GET", Path: repo + "/protect_branches", Handle: s.listProtected},
	}
}

func (s *Server) contentRoutes() []v5.Route {
	const repo = "/repos/{owner}/{repo}"
	return []v5.Route{
		{Method: "GET", Path: repo + "/branches/{branch...}", Handle: s.getBranch},
		{Method: "GET", Path: repo + "/compare/{basehead}", Query: "straight suffix", Handle: s.compare},
		{Method: "GET", Path: repo + "/contents/{path...}", Query: "ref", Handle: v5.Contents},
		{Method: "GET", Path: repo + "/raw/{path...}", Query: "ref", Handle: v5.RawFile},
		{Method: "GET", Path: repo + "/git/trees/{sha}", Query: "recursive file_path" + pages, Handle: s.getTree},
		{Method: "GET", Path: repo + "/git/blobs/{sha}", Handle: v5.GitBlob},
	}
}

func (s *Server) pullRoutes() []v5.Route {
	const pulls, pull = "/repos/{owner}/{repo}/pulls", "/repos/{owner}/{repo}/pulls/{number}"
	return []v5.Route{
		{Method: "GET", Path: pulls, Handle: s.listPulls, Query: "state base since direction sort milestone_number labels author assignee reviewer " +
			"merged_after merged_before only_count created_after created_before updated_before updated_after" + pages},
		{Method: "GET", Path: pull, Handle: s.getPull},
		{Method: "PATCH", Path: pull, Level: fake.Write, Body: "title body state milestone_number labels draft close_related_issue",
			Handle: v5.Then(v5.UpdatePull, s.changedPull)},
		{Method: "GET", Path: pull + "/files", Handle: s.listFiles},
		{Method: "GET", Path: pull + "/files.json", Handle: s.filesJSON},
		{Method: "GET", Path: pull + "/commits", Query: pages, Handle: s.listCommits},
		{Method: "GET", Path: pull + "/operate_logs", Query: "sort" + pages, Handle: s.listLog},
		{Method: "GET", Path: pull + "/option_reviewers", Level: fake.Read, Handle: s.listOptions},
		{Method: "PUT", Path: pull + "/merge", Level: fake.Write, Body: "merge_method title description",
			Handle: func(c *v5.Call) (any, error) { return c.Merge(s.Server.Obstacle(c.Pull)) }},
	}
}

func (s *Server) talkRoutes() []v5.Route {
	const pulls, pull = "/repos/{owner}/{repo}/pulls", "/repos/{owner}/{repo}/pulls/{number}"
	return []v5.Route{
		{Method: "GET", Path: pull + "/comments", Query: "direction comment_type" + pages, Handle: s.listComments},
		{Method: "POST", Path: pull + "/comments", Body: "body* path position", Status: http.StatusCreated, Handle: s.createComment},
		{Method: "PUT", Path: pull + "/comments/{discussion}", Body: "resolved*", Handle: v5.Then(s.resolve, v5.Empty)},
		{Method: "GET", Path: pulls + "/comments/{id}", Handle: s.getComment},
		{Method: "PATCH", Path: pulls + "/comments/{id}", Body: "body*", Handle: v5.Then(v5.EditComment, v5.Empty)},
		{Method: "DELETE", Path: pulls + "/comments/{id}", Handle: v5.Then(v5.DeleteComment, v5.Empty)},
		{Method: "GET", Path: pulls + "/comment/{id}/modify_history", Handle: s.listEdits},
	}
}

func (s *Server) deskRoutes() []v5.Route {
	const pull = "/repos/{owner}/{repo}/pulls/{number}"
	return []v5.Route{
		{Method: "POST", Path: pull + "/assignees", Body: "assignees*", Level: fake.Write, Status: http.StatusCreated,
			Handle: v5.Then(v5.SeatNamed(v5.Assignee, "assignees"), s.countAssignees)},
		{Method: "DELETE", Path: pull + "/assignees", Query: "assignees*", Level: fake.Write,
			Handle: v5.Then(v5.Unseat(v5.Assignee, "assignees"), v5.Empty)},
		{Method: "PATCH", Path: pull + "/assignees", Body: "reset_all", Handle: v5.Then(v5.Reset(v5.Assignee, v5.Reviewer), v5.Empty)},
		{Method: "POST", Path: pull + "/reviewers", Body: "reviewers* add", Level: fake.Write, Status: http.StatusCreated,
			Handle: v5.Then(s.seat(v5.Reviewer, "reviewers"), s.listSeats(v5.Reviewer))},
		{Method: "DELETE", Path: pull + "/reviewers", Body: "reviewers*", Level: fake.Write,
			Handle: v5.Then(v5.Unseat(v5.Reviewer, "reviewers"), s.listSeats(v5.Reviewer))},
		{Method: "POST", Path: pull + "/testers", Body: "testers* add", Level: fake.Write, Status: http.StatusCreated,
			Handle: v5.Then(s.seat(v5.Tester, "testers"), s.listSeats(v5.Tester))},
		{Method: "DELETE", Path: pull + "/testers", Body: "testers*", Level: fake.Write,
			Handle: v5.Then(v5.Unseat(v5.Tester, "testers"), s.listSeats(v5.Tester))},
		{Method: "PATCH", Path: pull + "/testers", Body: "reset_all", Handle: v5.Then(v5.Reset(v5.Tester), v5.Empty)},
		{Method: "POST", Path: pull + "/review", Body: "force", Status: http.StatusCreated,
			Handle: v5.Then(v5.Pass(v5.Assignee, v5.Reviewer), v5.Empty)},
		{Method: "POST", Path: pull + "/test", Body: "force", Status: http.StatusCreated, Handle: v5.Then(v5.Pass(v5.Tester), v5.Empty)},
	}
}

func (s *Server) labelRoutes() []v5.Route {
	const repo, pull = "/repos/{owner}/{repo}", "/repos/{owner}/{repo}/pulls/{number}"
	return []v5.Route{
		{Method: "GET", Path: repo + "/labels", Query: pages, Handle: s.listLabels},
		{Method: "POST", Path: repo + "/labels", Body: "name* color*", Form: true, Level: fake.Write, Status: http.StatusCreated,
			Handle: s.createLabel},
		{Method: "GET", Path: pull + "/labels", Handle: s.pullLabels},
		{Method: "POST", Path: pull + "/labels", List: true, Level: fake.Write, Status: http.StatusCreated,
			Handle: v5.Then(v5.AddLabels, s.pullLabels)},
		{Method: "PUT", Path: pull + "/labels", List: true, Level: fake.Write, Handle: v5.Then(v5.SetLabels, v5.Empty)},
		{Method: "DELETE", Path: pull + "/labels/{name}", Level: fake.Write, Handle: v5.Then(v5.RemoveLabel, v5.Empty)},
	}
}
