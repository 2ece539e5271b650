package fake

import (
	"net/http"
	"slices"
	"strings"
)

// caller is who may use a route.
type caller int

const (
	byAll       caller = iota // everyone, for reading what is public; users and installations
	byAnyone                  // users and installations, also for reading
	byApp                     // the App, by its JWT
	byToken                   // installations, and there is no repository in the path
	byTokenOnly               // installations only
)

// route is one endpoint of the API.
type route struct {
	method, path string
	needs        string // of an installation: permission and access
	level        level  // of a user in the repository
	who          caller
	handle       func(*call) (any, error)
}

func (rt route) resource() string {
	if rt.path == "/graphql" {
		return "graphql"
	}
	return "core"
}

// routes makes the handler of the whole API.
func (f *Forge) routes() http.Handler {
	mux := http.NewServeMux()
	all := slices.Concat(appRoutes(), peopleRoutes(), gitRoutes(), pullRoutes(), issueRoutes(), checkRoutes())
	for _, rt := range append(all, route{
		method: "POST", path: "/graphql", who: byAnyone, handle: serveGraphQL,
	}) {
		mux.HandleFunc(rt.method+" "+rt.path, func(w http.ResponseWriter, r *http.Request) { f.serve(rt, w, r) })
	}
	missing := route{handle: func(*call) (any, error) { return nil, notFound() }}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { f.serve(missing, w, r) })
	return mux
}

func appRoutes() []route {
	return []route{
		{"GET", "/app", "", none, byApp, getApp},
		{"GET", "/app/hook/config", "", none, byApp, getHookConfig},
		{"GET", "/app/hook/deliveries", "", none, byApp, listDeliveries},
		{"GET", "/app/hook/deliveries/{id}", "", none, byApp, getDelivery},
		{"POST", "/app/hook/deliveries/{id}/attempts", "", none, byApp, redeliver},
		{"GET", "/app/installations", "", none, byApp, listInstallations},
		{"GET", "/app/installations/{id}", "", none, byApp, getInstallation},
		{"POST", "/app/installations/{id}/access_tokens", "", none, byApp, createToken},
		{"GET", "/repos/{owner}/{repo}/installation", "", none, byApp, getRepoInstallation},
		{"GET", "/orgs/{org}/installation", "", none, byApp, getAccountInstallation},
		{"GET", "/users/{org}/installation", "", none, byApp, getAccountInstallation},
		{"GET", "/installation/repositories", "metadata:read", none, byToken, listInstallationRepos},
	}
}

func peopleRoutes() []route {
	const repo = "/repos/{owner}/{repo}"
	return []route{
		{"GET", "/rate_limit", "", none, byAll, getRateLimit},
		{"GET", "/user", "", none, byAnyone, getViewer},
		{"GET", "/users/{username}", "", none, byAll, getUser},
		{"GET", "/orgs/{org}/teams", "members:read", none, byAnyone, listTeams},
		{"GET", "/orgs/{org}/teams/{slug}", "members:read", none, byAnyone, getTeam},
		{"GET", "/orgs/{org}/teams/{slug}/members", "members:read", none, byAnyone, listTeamMembers},
		{"GET", "/orgs/{org}/teams/{slug}/teams", "members:read", none, byAnyone, listChildTeams},
		{"GET", "/orgs/{org}/teams/{slug}/memberships/{username}", "members:read", none, byAnyone, getTeamMembership},
		{"GET", "/orgs/{org}/members/{username}", "members:read", none, byAnyone, checkMember},
		{"GET", "/orgs/{org}/memberships/{username}", "members:read", none, byAnyone, getOrgMembership},
		{"GET", repo + "/collaborators", "metadata:read", write, byAnyone, listCollaborators},
		{"GET", repo + "/collaborators/{username}/permission", "metadata:read", read, byAnyone, getPermission},
		{"GET", repo + "/teams", "administration|metadata:read", read, byAnyone, listRepoTeams},
	}
}

func gitRoutes() []route {
	const repo = "/repos/{owner}/{repo}"
	return []route{
		{"GET", repo, "metadata:read", read, byAll, getRepo},
		{"GET", repo + "/branches/{rest...}", "contents:read", read, byAll, getBranch},
		{"GET", repo + "/rules/branches/{branch...}", "metadata:read", read, byAll, listRules},
		{"GET", repo + "/commits", "contents:read", read, byAll, listCommits},
		{"GET", repo + "/commits/{rest...}", "", read, byAll, serveCommit},
		{"GET", repo + "/compare/{basehead...}", "contents:read", read, byAll, compare},
		{"GET", repo + "/contents/{path...}", "contents:read", read, byAll, getContent},
		{"GET", repo + "/git/ref/{ref...}", "contents:read", read, byAll, getRef},
		{"GET", repo + "/git/trees/{sha...}", "contents:read", read, byAll, getTree},
		{"GET", repo + "/git/blobs/{sha}", "contents:read", read, byAll, getBlob},
	}
}

func pullRoutes() []route {
	const pulls = "/repos/{owner}/{repo}/pulls"
	const pull = pulls + "/{number}"
	const reads, writes = "pull_requests:read", "pull_requests:write"
	return []route{
		{"GET", pulls, reads, read, byAll, listPulls},
		{"POST", pulls, writes, read, byAll, createPull},
		{"GET", pull, reads, read, byAll, getPull},
		{"PATCH", pull, writes, read, byAll, updatePull},
		{"GET", pull + "/files", reads, read, byAll, listFiles},
		{"GET", pull + "/commits", reads, read, byAll, listPullCommits},
		{"GET", pull + "/comments", reads, read, byAll, listReviewComments},
		{"GET", pull + "/reviews", reads, read, byAll, listReviews},
		{"POST", pull + "/reviews", writes, read, byAll, createReview},
		{"GET", pull + "/reviews/{id}", reads, read, byAll, getReview},
		{"PUT", pull + "/reviews/{id}", writes, read, byAll, updateReview},
		{"POST", pull + "/reviews/{id}/events", writes, read, byAll, submitReview},
		{"PUT", pull + "/reviews/{id}/dismissals", writes, write, byAll, dismissReview},
		{"GET", pull + "/requested_reviewers", reads, read, byAll, getRequested},
		{"POST", pull + "/requested_reviewers", writes, triage, byAll, requestReviewers},
		{"DELETE", pull + "/requested_reviewers", writes, triage, byAll, unrequestReviewers},
		{"PUT", pull + "/merge", "contents:write", write, byAll, mergePull},
	}
}

func issueRoutes() []route {
	const repo = "/repos/{owner}/{repo}"
	const issue = repo + "/issues/{number}"
	const reads, writes = "issues|pull_requests:read", "issues|pull_requests:write"
	return []route{
		{"GET", issue + "/{part}", reads, read, byAll, serveIssue},
		{"POST", issue + "/comments", writes, read, byAll, createComment},
		{"PATCH", repo + "/issues/comments/{id}", writes, read, byAll, updateComment},
		{"DELETE", repo + "/issues/comments/{id}", writes, read, byAll, deleteComment},
		{"POST", issue + "/labels", writes, triage, byAll, addLabels},
		{"DELETE", issue + "/labels/{name}", writes, triage, byAll, removeLabel},
		{"POST", issue + "/assignees", writes, triage, byAll, addAssignees},
		{"POST", repo + "/labels", writes, write, byAll, createLabel},
	}
}

func checkRoutes() []route {
	const repo = "/repos/{owner}/{repo}"
	return []route{
		{"POST", repo + "/check-runs", "checks:write", none, byTokenOnly, createCheckRun},
		{"PATCH", repo + "/check-runs/{id}", "checks:write", none, byTokenOnly, updateCheckRun},
		{"GET", repo + "/check-runs/{id}", "checks:read", read, byAll, getCheckRun},
		{"POST", repo + "/check-runs/{id}/rerequest", "checks:write", write, byAll, rerequestRun},
		{"POST", repo + "/check-suites/{id}/rerequest", "checks:write", write, byAll, rerequestSuite},
		{"POST", repo + "/statuses/{sha}", "statuses:write", write, byAll, createStatus},
	}
}

// serveIssue tells the reading endpoints below an issue from that of a comment,
// which has as many parts.
func serveIssue(c *call) (any, error) {
	const issues = "/repos/{owner}/{repo}/issues"
	part := c.r.PathValue("part")
	if c.r.PathValue("number") == "comments" {
		c.pattern = issues + "/comments/{id}"
		c.r.SetPathValue("id", part)
		return getComment(c)
	}
	handle := map[string]func(*call) (any, error){
		"comments": listComments, "labels": listIssueLabels, "events": listEvents, "timeline": listTimeline,
	}[part]
	if handle == nil {
		return nil, notFound()
	}
	c.pattern = issues + "/{number}/" + part
	return handle(c)
}

// commitParts are the endpoints below a commit. They are told apart by the end
// of the path, since the name of a branch may hold slashes.
func commitParts() []route {
	return []route{
		{"GET", "/check-runs", "checks:read", read, byAll, listCheckRuns},
		{"GET", "/check-suites", "checks:read", read, byAll, listCheckSuites},
		{"GET", "/status", "statuses:read", read, byAll, combinedStatus},
		{"GET", "/statuses", "statuses:read", read, byAll, listStatuses},
		{"GET", "/pulls", "pull_requests:read", read, byAll, listCommitPulls},
	}
}

func serveCommit(c *call) (any, error) {
	const prefix = "/repos/{owner}/{repo}/commits/{ref}"
	rest := c.r.PathValue("rest")
	for _, part := range commitParts() {
		if ref, ok := strings.CutSuffix(rest, part.path); ok {
			c.pattern = prefix + part.path
			c.r.SetPathValue("ref", ref)
			if err := c.grantedHere(part.needs); err != nil {
				return nil, err
			}
			return part.handle(c)
		}
	}
	c.pattern = prefix
	c.r.SetPathValue("ref", rest)
	if err := c.grantedHere("contents:read"); err != nil {
		return nil, err
	}
	return getCommit(c)
}

// grantedHere checks an installation's permissions if it covers the
// repository; elsewhere it reads what is public.
func (c *call) grantedHere(needs string) error {
	if c.who.install == nil || !c.who.install.covers(c.repo) {
		return nil
	}
	return c.granted(needs)
}
