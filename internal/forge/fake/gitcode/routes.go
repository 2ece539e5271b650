package gitcode

import (
	"net/http"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// pages are the parameters of lists with pages.
const pages = " page per_page"

func (s *Server) routes() []rest.Route {
	return slices.Concat(s.peopleRoutes(), s.contentRoutes(), s.pullRoutes(), s.talkRoutes(), s.deskRoutes(), s.labelRoutes())
}

func (s *Server) peopleRoutes() []rest.Route {
	const repo = "/repos/{owner}/{repo}"
	return []rest.Route{
		{Method: "GET", Path: "/user", Handle: func(c *rest.Call) (any, error) { return s.wholePerson(c.Who), nil }},
		{Method: "GET", Path: "/users/{username}", Handle: s.getUser},
		{Method: "GET", Path: "/user/repos", Query: "visibility affiliation type sort direction q repo_type" + pages, Handle: s.listRepos},
		{Method: "GET", Path: repo, Handle: func(c *rest.Call) (any, error) { return s.repo(c.Repo), nil }},
		{Method: "PUT", Path: repo + "/reviewer", Body: "assignees testers assignees_number testers_number", Level: fake.Admin,
			Handle: rest.Then(rest.SetReviewers, rest.Empty)},
		{Method: "GET", Path: repo + "/collaborators", Query: pages, Level: fake.Read, Handle: s.listMembers},
		{Method: "GET", Path: repo + "/collaborators/{username}", Handle: s.checkMember},
		{Method: "GET", Path: repo + "/collaborators/{username}/permission", Handle: s.getPermission},
		{Method: "GET", Path: repo + "/pull_request_settings", Level: fake.Write, Handle: s.getSettings},
		{Method: "PUT", Path: repo + "/pull_request_settings", Level: fake.Admin,
			Body:   "approval_required_testers approval_tester_ids only_allow_merge_if_all_discussions_are_resolved can_force_merge",
			Handle: rest.Then(s.putSettings, s.getSettings)},
		{Method: "GET", Path: repo + "/protect_branches", Handle: s.listProtected},
	}
}

func (s *Server) contentRoutes() []rest.Route {
	const repo = "/repos/{owner}/{repo}"
	return []rest.Route{
		{Method: "GET", Path: repo + "/branches", Query: "sort direction" + pages, Handle: s.listBranches},
		{Method: "GET", Path: repo + "/branches/{branch...}", Handle: s.getBranch},
		{Method: "GET", Path: repo + "/compare/{basehead}", Query: "straight suffix", Handle: s.compare},
		{Method: "GET", Path: repo + "/contents/{path...}", Query: "ref", Handle: rest.Contents},
		{Method: "GET", Path: repo + "/raw/{path...}", Query: "ref", Handle: rest.RawFile},
		{Method: "GET", Path: repo + "/git/trees/{sha}", Query: "recursive file_path" + pages, Handle: s.getTree},
		{Method: "GET", Path: repo + "/git/blobs/{sha}", Handle: rest.GitBlob},
	}
}

func (s *Server) pullRoutes() []rest.Route {
	const pulls, pull = "/repos/{owner}/{repo}/pulls", "/repos/{owner}/{repo}/pulls/{number}"
	return []rest.Route{
		{Method: "GET", Path: pulls, Handle: s.listPulls,
			Query: "state base since direction sort milestone_number labels author assignee reviewer " +
				"merged_after merged_before only_count created_after created_before updated_before updated_after" + pages},
		{Method: "POST", Path: pulls, Level: fake.Write,
			Body: "title* head* base* body draft milestone_number labels issue assignees testers prune_source_branch squash " +
				"squash_commit_message fork_path close_related_issue",
			Handle: rest.Then(rest.OpenPull, s.openedPull)},
		{Method: "GET", Path: pull, Handle: s.getPull},
		{Method: "PATCH", Path: pull, Level: fake.Write, Body: "title body state milestone_number labels draft close_related_issue",
			Handle: rest.Then(rest.UpdatePull, s.changedPull)},
		{Method: "GET", Path: pull + "/files", Handle: s.listFiles},
		{Method: "GET", Path: pull + "/files.json", Handle: s.filesJSON},
		{Method: "GET", Path: pull + "/commits", Query: pages, Handle: s.listCommits},
		{Method: "GET", Path: pull + "/operate_logs", Query: "sort" + pages, Handle: s.listLog},
		{Method: "GET", Path: pull + "/option_reviewers", Level: fake.Read, Handle: s.listOptions},
		{Method: "PUT", Path: pull + "/merge", Level: fake.Write, Body: "merge_method title description",
			Handle: func(c *rest.Call) (any, error) { return c.Merge(s.Server.Obstacle(c.Pull)) }},
	}
}

func (s *Server) talkRoutes() []rest.Route {
	const pulls, pull = "/repos/{owner}/{repo}/pulls", "/repos/{owner}/{repo}/pulls/{number}"
	return []rest.Route{
		{Method: "GET", Path: pull + "/comments", Query: "direction comment_type" + pages, Handle: s.listComments},
		{Method: "POST", Path: pull + "/comments", Body: "body* path position", Status: http.StatusCreated, Handle: s.createComment},
		{Method: "PUT", Path: pull + "/comments/{discussion}", Body: "resolved*", Handle: rest.Then(s.resolve, rest.Empty)},
		{Method: "GET", Path: pulls + "/comments/{id}", Handle: s.getComment},
		{Method: "PATCH", Path: pulls + "/comments/{id}", Body: "body*", Handle: rest.Then(rest.EditComment, rest.Empty)},
		{Method: "DELETE", Path: pulls + "/comments/{id}", Handle: rest.Then(rest.DeleteComment, rest.Empty)},
		{Method: "GET", Path: pulls + "/comment/{id}/modify_history", Handle: s.listEdits},
	}
}

func (s *Server) deskRoutes() []rest.Route {
	const pull = "/repos/{owner}/{repo}/pulls/{number}"
	return []rest.Route{
		{Method: "POST", Path: pull + "/assignees", Body: "assignees*", Level: fake.Write, Status: http.StatusCreated,
			Handle: rest.Then(rest.SeatNamed(rest.Assignee, "assignees"), s.countAssignees)},
		{Method: "DELETE", Path: pull + "/assignees", Query: "assignees*", Level: fake.Write,
			Handle: rest.Then(rest.Unseat(rest.Assignee, "assignees"), rest.Empty)},
		{Method: "PATCH", Path: pull + "/assignees", Body: "reset_all", Handle: rest.Then(rest.Reset(rest.Assignee, rest.Reviewer), rest.Empty)},
		{Method: "POST", Path: pull + "/reviewers", Body: "reviewers* add", Level: fake.Write, Status: http.StatusCreated,
			Handle: rest.Then(s.seat(rest.Reviewer, "reviewers"), s.listSeats(rest.Reviewer))},
		{Method: "DELETE", Path: pull + "/reviewers", Body: "reviewers*", Level: fake.Write,
			Handle: rest.Then(rest.Unseat(rest.Reviewer, "reviewers"), s.listSeats(rest.Reviewer))},
		{Method: "POST", Path: pull + "/testers", Body: "testers* add", Level: fake.Write, Status: http.StatusCreated,
			Handle: rest.Then(s.seat(rest.Tester, "testers"), s.listSeats(rest.Tester))},
		{Method: "DELETE", Path: pull + "/testers", Body: "testers*", Level: fake.Write,
			Handle: rest.Then(rest.Unseat(rest.Tester, "testers"), s.listSeats(rest.Tester))},
		{Method: "PATCH", Path: pull + "/testers", Body: "reset_all", Handle: rest.Then(rest.Reset(rest.Tester), rest.Empty)},
		{Method: "POST", Path: pull + "/review", Body: "force", Status: http.StatusCreated,
			Handle: rest.Then(rest.Pass(rest.Assignee, rest.Reviewer), rest.Empty)},
		{Method: "POST", Path: pull + "/test", Body: "force", Status: http.StatusCreated, Handle: rest.Then(rest.Pass(rest.Tester), rest.Empty)},
	}
}

func (s *Server) labelRoutes() []rest.Route {
	const repo, pull = "/repos/{owner}/{repo}", "/repos/{owner}/{repo}/pulls/{number}"
	return []rest.Route{
		{Method: "GET", Path: repo + "/labels", Query: pages, Handle: s.listLabels},
		{Method: "POST", Path: repo + "/labels", Body: "name* color*", Form: true, Level: fake.Write, Status: http.StatusCreated,
			Handle: s.createLabel},
		{Method: "GET", Path: pull + "/labels", Handle: s.pullLabels},
		{Method: "POST", Path: pull + "/labels", List: true, Level: fake.Write, Status: http.StatusCreated,
			Handle: rest.Then(rest.AddLabels, s.pullLabels)},
		{Method: "PUT", Path: pull + "/labels", List: true, Level: fake.Write, Handle: rest.Then(rest.SetLabels, rest.Empty)},
		{Method: "DELETE", Path: pull + "/labels/{name}", Level: fake.Write, Handle: rest.Then(rest.RemoveLabel, rest.Empty)},
	}
}
