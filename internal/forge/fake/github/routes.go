package github

import (
	"net/http"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
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
	needs        string     // of an installation: permission and access
	level        fake.Level // of a user in the repository
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
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	all := slices.Concat(appRoutes(), peopleRoutes(), gitRoutes(), pullRoutes(), issueRoutes(), checkRoutes())
	for _, rt := range append(all, route{
		method: "POST", path: "/graphql", who: byAnyone, handle: serveGraphQL,
	}) {
		mux.HandleFunc(rt.method+" "+rt.path, func(w http.ResponseWriter, r *http.Request) { s.serve(rt, w, r) })
	}
	mux.HandleFunc("GET /login/oauth/authorize", s.oauth.Authorize)
	mux.HandleFunc("POST /login/oauth/access_token", s.oauth.Exchange)
	missing := route{handle: func(*call) (any, error) { return nil, notFound() }}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.serve(missing, w, r) })
	return mux
}

func appRoutes() []route {
	return []route{
		{"GET", "/app", "", fake.None, byApp, getApp},
		{"GET", "/app/hook/config", "", fake.None, byApp, getHookConfig},
		{"GET", "/app/hook/deliveries", "", fake.None, byApp, listDeliveries},
		{"GET", "/app/hook/deliveries/{id}", "", fake.None, byApp, getDelivery},
		{"POST", "/app/hook/deliveries/{id}/attempts", "", fake.None, byApp, redeliver},
		{"GET", "/app/installations", "", fake.None, byApp, listInstallations},
		{"GET", "/app/installations/{id}", "", fake.None, byApp, getInstallation},
		{"POST", "/app/installations/{id}/access_tokens", "", fake.None, byApp, createToken},
		{"GET", "/repos/{owner}/{repo}/installation", "", fake.None, byApp, getRepoInstallation},
		{"GET", "/orgs/{org}/installation", "", fake.None, byApp, getAccountInstallation},
		{"GET", "/users/{org}/installation", "", fake.None, byApp, getAccountInstallation},
		{"GET", "/installation/repositories", "metadata:read", fake.None, byToken, listInstallationRepos},
	}
}

func peopleRoutes() []route {
	const repo = "/repos/{owner}/{repo}"
	return []route{
		{"GET", "/rate_limit", "", fake.None, byAll, getRateLimit},
		{"GET", "/user", "", fake.None, byAnyone, getViewer},
		{"GET", "/users/{username}", "", fake.None, byAll, getUser},
		{"GET", "/orgs/{org}/teams", "members:read", fake.None, byAnyone, listTeams},
		{"GET", "/orgs/{org}/teams/{slug}", "members:read", fake.None, byAnyone, getTeam},
		{"GET", "/orgs/{org}/teams/{slug}/members", "members:read", fake.None, byAnyone, listTeamMembers},
		{"GET", "/orgs/{org}/teams/{slug}/teams", "members:read", fake.None, byAnyone, listChildTeams},
		{"GET", "/orgs/{org}/teams/{slug}/memberships/{username}", "members:read", fake.None, byAnyone, getTeamMembership},
		{"GET", "/orgs/{org}/members/{username}", "members:read", fake.None, byAnyone, checkMember},
		{"GET", "/orgs/{org}/memberships/{username}", "members:read", fake.None, byAnyone, getOrgMembership},
		{"GET", repo + "/collaborators", "metadata:read", fake.Write, byAnyone, listCollaborators},
		{"GET", repo + "/collaborators/{username}/permission", "metadata:read", fake.Read, byAnyone, getPermission},
		{"GET", repo + "/teams", "administration|metadata:read", fake.Read, byAnyone, listRepoTeams},
	}
}

func gitRoutes() []route {
	const repo = "/repos/{owner}/{repo}"
	return []route{
		{"GET", repo, "metadata:read", fake.Read, byAll, getRepo},
		{"GET", repo + "/branches/{rest...}", "contents:read", fake.Read, byAll, getBranch},
		{"GET", repo + "/rules/branches/{branch...}", "metadata:read", fake.Read, byAll, listRules},
		{"GET", repo + "/commits", "contents:read", fake.Read, byAll, listCommits},
		{"GET", repo + "/commits/{rest...}", "", fake.Read, byAll, serveCommit},
		{"GET", repo + "/compare/{basehead...}", "contents:read", fake.Read, byAll, compare},
		{"GET", repo + "/contents/{path...}", "contents:read", fake.Read, byAll, getContent},
		{"GET", repo + "/git/ref/{ref...}", "contents:read", fake.Read, byAll, getRef},
		{"GET", repo + "/git/trees/{sha...}", "contents:read", fake.Read, byAll, getTree},
		{"GET", repo + "/git/blobs/{sha}", "contents:read", fake.Read, byAll, getBlob},
	}
}

func pullRoutes() []route {
	const pulls = "/repos/{owner}/{repo}/pulls"
	const pull = pulls + "/{number}"
	const reads, writes = "pull_requests:read", "pull_requests:write"
	return []route{
		{"GET", pulls, reads, fake.Read, byAll, listPulls},
		{"POST", pulls, writes, fake.Read, byAll, createPull},
		{"GET", pull, reads, fake.Read, byAll, getPull},
		{"PATCH", pull, writes, fake.Read, byAll, updatePull},
		{"GET", pull + "/files", reads, fake.Read, byAll, listFiles},
		{"GET", pull + "/commits", reads, fake.Read, byAll, listPullCommits},
		{"GET", pull + "/comments", reads, fake.Read, byAll, listReviewComments},
		{"GET", pull + "/reviews", reads, fake.Read, byAll, listReviews},
		{"POST", pull + "/reviews", writes, fake.Read, byAll, createReview},
		{"GET", pull + "/reviews/{id}", reads, fake.Read, byAll, getReview},
		{"PUT", pull + "/reviews/{id}", writes, fake.Read, byAll, updateReview},
		{"POST", pull + "/reviews/{id}/events", writes, fake.Read, byAll, submitReview},
		{"PUT", pull + "/reviews/{id}/dismissals", writes, fake.Write, byAll, dismissReview},
		{"GET", pull + "/requested_reviewers", reads, fake.Read, byAll, getRequested},
		{"POST", pull + "/requested_reviewers", writes, fake.Triage, byAll, requestReviewers},
		{"DELETE", pull + "/requested_reviewers", writes, fake.Triage, byAll, unrequestReviewers},
		{"PUT", pull + "/merge", "contents:write", fake.Write, byAll, mergePull},
	}
}

func issueRoutes() []route {
	const repo = "/repos/{owner}/{repo}"
	const issue = repo + "/issues/{number}"
	const reads, writes = "issues|pull_requests:read", "issues|pull_requests:write"
	return []route{
		{"GET", issue + "/{part}", reads, fake.Read, byAll, serveIssue},
		{"POST", issue + "/comments", writes, fake.Read, byAll, createComment},
		{"PATCH", repo + "/issues/comments/{id}", writes, fake.Read, byAll, updateComment},
		{"DELETE", repo + "/issues/comments/{id}", writes, fake.Read, byAll, deleteComment},
		{"POST", issue + "/labels", writes, fake.Triage, byAll, addLabels},
		{"DELETE", issue + "/labels/{name}", writes, fake.Triage, byAll, removeLabel},
		{"POST", issue + "/assignees", writes, fake.Triage, byAll, addAssignees},
		{"POST", repo + "/labels", writes, fake.Write, byAll, createLabel},
	}
}

func checkRoutes() []route {
	const repo = "/repos/{owner}/{repo}"
	return []route{
		{"POST", repo + "/check-runs", "checks:write", fake.None, byTokenOnly, createCheckRun},
		{"PATCH", repo + "/check-runs/{id}", "checks:write", fake.None, byTokenOnly, updateCheckRun},
		{"GET", repo + "/check-runs/{id}", "checks:read", fake.Read, byAll, getCheckRun},
		{"POST", repo + "/check-runs/{id}/rerequest", "checks:write", fake.Write, byAll, rerequestRun},
		{"POST", repo + "/check-suites/{id}/rerequest", "checks:write", fake.Write, byAll, rerequestSuite},
		{"POST", repo + "/statuses/{sha}", "statuses:write", fake.Write, byAll, createStatus},
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
		{"GET", "/check-runs", "checks:read", fake.Read, byAll, listCheckRuns},
		{"GET", "/check-suites", "checks:read", fake.Read, byAll, listCheckSuites},
		{"GET", "/status", "statuses:read", fake.Read, byAll, combinedStatus},
		{"GET", "/statuses", "statuses:read", fake.Read, byAll, listStatuses},
		{"GET", "/pulls", "pull_requests:read", fake.Read, byAll, listCommitPulls},
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
