package github

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// actionsSlug is the app that a workflow's own token acts as.
const actionsSlug = "github-actions"

// WorkflowEvent is an event for which GitHub Actions looks for workflows.
type WorkflowEvent struct {
	Name    string // such as pull_request_review; a pull_request event is also one of pull_request_target
	Payload []byte // of the file that GITHUB_EVENT_PATH names
	// Fork reports whether it is of a pull request from a fork.
	Fork bool
}

// RecordWorkflowEvents has the forge record from now on what starts workflows, for
// WorkflowEvents.
func (s *Server) RecordWorkflowEvents() {
	s.Lock()
	defer s.Unlock()
	s.recordsWorkflows = true
}

// WorkflowEvents returns what happened since the last call. What a workflow did with
// its own token is not among it (docs.github.com, "Triggering a workflow"); what an
// App did is.
func (s *Server) WorkflowEvents() []WorkflowEvent {
	s.Lock()
	defer s.Unlock()
	events := s.workflowEvents
	s.workflowEvents = nil
	return events
}

// heard reports whether anybody listens for events.
func (s *Server) heard() bool { return s.opts.WebhookURL != "" || s.recordsWorkflows }

// recordWorkflowEvent records an event of a repository.
func (s *Server) recordWorkflowEvent(event, action string, r *fake.Repo, sender *fake.Account, payload obj) {
	if !s.recordsWorkflows || r == nil || sender != nil && sender.Login == actionsSlug+botSuffix {
		return
	}
	payload = maps.Clone(payload)
	payload["sender"], payload["repository"] = s.userJSON(sender), s.repoJSON(r)
	if action != "" {
		payload["action"] = action
	}
	if commits, ok := payload["commits"].([]any); ok && event == "push" {
		payload["commits"] = withoutPaths(commits)
	}
	body, err := json.Marshal(payload)
	if err != nil {
		s.log.Error("event of a workflow not encoded", "event", event, "error", err)
		return
	}
	s.workflowEvents = append(s.workflowEvents, WorkflowEvent{Name: event, Payload: body, Fork: ofFork(body)})
}

// withoutPaths leaves out what Actions is not told of a push (docs.github.com,
// "Events that trigger workflows", push).
func withoutPaths(commits []any) []any {
	var out []any
	for _, c := range commits {
		c := maps.Clone(c.(obj)) //nolint:forcetypeassert // of pushCommitJSON
		for _, key := range []string{"added", "removed", "modified"} {
			delete(c, key)
		}
		out = append(out, c)
	}
	return out
}

// eventPull is what payloads tell of a pull request.
type eventPull struct {
	Number int `json:"number"`
	Head   struct {
		Ref  string `json:"ref"`
		SHA  string `json:"sha"`
		Repo *struct {
			FullName string `json:"full_name"`
			ID       int64  `json:"id"`
		} `json:"repo"`
	} `json:"head"`
	Base struct {
		Ref  string `json:"ref"`
		Repo struct {
			ID int64 `json:"id"`
		} `json:"repo"`
	} `json:"base"`
}

func (p *eventPull) fork() bool { return p.Head.Repo == nil || p.Head.Repo.ID != p.Base.Repo.ID }

func ofFork(payload []byte) bool {
	var e struct {
		Pull *eventPull `json:"pull_request"`
	}
	return json.Unmarshal(payload, &e) == nil && e.Pull != nil && e.Pull.fork()
}

// Run returns the workflow_run event of a workflow of the default branch that ran for
// an event. A run for a pull request from a fork names none, only its head
// (actions/runner, github/docs#22501); so does one for a branch.
func (e WorkflowEvent) Run(workflow, action string) (WorkflowEvent, error) {
	var of struct {
		Ref        string         `json:"ref"`
		After      string         `json:"after"`
		Repository map[string]any `json:"repository"`
		Pull       *eventPull     `json:"pull_request"`
		Group      *struct {
			HeadSHA string `json:"head_sha"`
			HeadRef string `json:"head_ref"`
		} `json:"merge_group"`
	}
	if err := json.Unmarshal(e.Payload, &of); err != nil {
		return WorkflowEvent{}, err
	}
	run := obj{"name": workflow, "event": e.Name, "pull_requests": []any{}, "head_sha": of.After, "head_branch": branchOf(of.Ref),
		"head_repository": obj{"full_name": of.Repository["full_name"]}, "status": action}
	if p := of.Pull; p != nil {
		run["head_sha"], run["head_branch"], run["head_repository"] = p.Head.SHA, p.Head.Ref, nil
		if p.Head.Repo != nil {
			run["head_repository"] = obj{"full_name": p.Head.Repo.FullName}
		}
		if !p.fork() {
			run["pull_requests"] = []any{obj{"number": p.Number, "head": obj{"ref": p.Head.Ref, "sha": p.Head.SHA}, "base": obj{"ref": p.Base.Ref}}}
		}
	}
	if of.Group != nil {
		run["head_sha"], run["head_branch"] = of.Group.HeadSHA, branchOf(of.Group.HeadRef)
	}
	body, err := json.Marshal(obj{"action": action, "workflow_run": run, "repository": of.Repository})
	return WorkflowEvent{Name: "workflow_run", Payload: body}, err
}

// branchOf is a branch's name without refs/heads/.
func branchOf(ref string) string {
	const heads = "refs/heads/"
	if len(ref) > len(heads) && ref[:len(heads)] == heads {
		return ref[len(heads):]
	}
	return ref
}

// WorkflowToken makes the token of one job of a workflow, GITHUB_TOKEN, with the
// permissions that the workflow asks for. readOnly is what GitHub makes of them for a
// run on an event of a fork's or Dependabot's pull request, save pull_request_target:
// each write becomes a read, and is refused with 403.
func (s *Server) WorkflowToken(r *fake.Repo, permissions map[string]string, readOnly bool) (string, error) {
	s.Lock()
	defer s.Unlock()
	bot, err := s.AppAccount(actionsSlug)
	if err != nil {
		return "", err
	}
	granted := map[string]string{}
	for name, access := range permissions {
		if granted[name] = access; readOnly && access == "write" {
			granted[name] = "read"
		}
	}
	only := &installation{id: s.NextID(), account: r.Owner, repos: []*fake.Repo{r}, created: s.Now()}
	token := newToken()
	s.tokens[token] = &identity{account: bot, install: only, permissions: granted,
		expires: s.opts.App.Clock().Add(tokenLife), key: "workflow:" + r.FullName()}
	return token, nil
}

// InstallationToken makes a token of the App's installation for a repository, as
// actions/create-github-app-token does for a workflow that has the App's key.
func (s *Server) InstallationToken(r *fake.Repo) (token string, expires time.Time, err error) {
	s.Lock()
	defer s.Unlock()
	i := s.installationOf(r)
	if i == nil {
		return "", time.Time{}, notFound()
	}
	token, expires = s.issue(i)
	return token, expires, nil
}

func newToken() string {
	b := make([]byte, 18)
	_, _ = rand.Read(b) // never fails
	return "ghs_" + hex.EncodeToString(b)
}

// permission is what an installation's token may do in an area.
func (c *call) permission(name string) string {
	if c.who.permissions != nil {
		return c.who.permissions[name]
	}
	if c.who.install != nil {
		return c.who.install.permissions(c.s)[name]
	}
	return c.s.opts.App.Permissions[name]
}

// viewer is who asks, by GraphQL. An app has its whole login there.
func (q *query) viewer() *fake.Account {
	who := *q.call.who.account
	who.Kind = fake.Person
	return &who
}

// checkApp is the app that a caller writes check runs as.
func (c *call) checkApp() *fake.Account {
	if c.who.permissions != nil {
		return c.who.account
	}
	return c.s.bot
}
