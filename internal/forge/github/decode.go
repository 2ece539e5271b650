package github

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// payload is what the adapter reads of any event.
type payload struct {
	Action       string `json:"action"`
	Number       int    `json:"number"`
	Installation *struct {
		ID      int64         `json:"id"`
		Account *loginPayload `json:"account"`
	} `json:"installation"`
	Repository *struct {
		ID            int64  `json:"id"`
		FullName      string `json:"full_name"`
		DefaultBranch string `json:"default_branch"`
	} `json:"repository"`
	Organization *loginPayload  `json:"organization"`
	Sender       *loginPayload  `json:"sender"`
	Repositories []repoPayload  `json:"repositories"`
	Added        []repoPayload  `json:"repositories_added"`
	PullRequest  *pullPayload   `json:"pull_request"`
	Review       *reviewPayload `json:"review"`
	Issue        *struct {
		Number      int       `json:"number"`
		UpdatedAt   time.Time `json:"updated_at"`
		PullRequest *struct{} `json:"pull_request"`
	} `json:"issue"`
	Comment *struct {
		Body string `json:"body"`
	} `json:"comment"`
	Changes struct {
		Body struct {
			From string `json:"from"`
		} `json:"body"`
	} `json:"changes"`
	CheckRun   *checkPayload `json:"check_run"`
	CheckSuite *checkPayload `json:"check_suite"`
	Team       *struct {
		Slug   string    `json:"slug"`
		Parent *struct{} `json:"parent"`
	} `json:"team"`
	statusPayload
	pushPayload
}

type pullPayload struct {
	Number    int       `json:"number"`
	UpdatedAt time.Time `json:"updated_at"`
	Head      struct {
		SHA string `json:"sha"`
	} `json:"head"`
}

type reviewPayload struct {
	ID       int64  `json:"id"`
	State    string `json:"state"`
	CommitID string `json:"commit_id"`
	Body     string `json:"body"`
	User     *struct {
		Login string `json:"login"`
		ID    int64  `json:"id"`
		Type  string `json:"type"`
	} `json:"user"`
}

type loginPayload struct {
	Login string `json:"login"`
}

type repoPayload struct {
	FullName string `json:"full_name"`
}

type checkPayload struct {
	Name    string `json:"name"`
	HeadSHA string `json:"head_sha"`
	App     *struct {
		ID int64 `json:"id"`
	} `json:"app"`
}

type statusPayload struct {
	SHA     string `json:"sha"`
	Context string `json:"context"`
	Commit  struct {
		Parents []struct {
			SHA string `json:"sha"`
		} `json:"parents"`
	} `json:"commit"`
}

// beside hints at the pull request whose test merge a status is on: the head is the
// last parent of that commit.
func (p statusPayload) beside(h webhook.Hint) []webhook.Hint {
	n := len(p.Commit.Parents)
	if n < 2 || p.Commit.Parents[n-1].SHA == "" {
		return nil
	}
	h.Head, h.Beside = p.Commit.Parents[n-1].SHA, true
	return []webhook.Hint{h}
}

// Decode is that of webhook.Intake. Events that change nothing the gate looks
// at give no hints.
func (f *Forge) Decode(header http.Header, body []byte) (webhook.Event, error) {
	event := webhook.Event{Kind: header.Get("X-GitHub-Event")}
	if header.Get(deliveryHeader) == "" || event.Kind == "" {
		return event, fmt.Errorf("headers X-GitHub-Delivery and X-GitHub-Event are missing")
	}
	var p payload
	if err := unmarshalWanted(body, &p); err != nil {
		return event, fmt.Errorf("the body is no JSON of a %s event", event.Kind)
	}
	if p.Installation != nil && p.Installation.Account != nil {
		f.learn(p.Installation.Account.Login, p.Installation.ID)
	}
	switch event.Kind {
	case "installation", "installation_repositories":
		event.Hints = f.installed(p)
		return event, nil
	case "team", "membership", "organization":
		event.Hints = f.teamHints(event.Kind, p)
	}
	if p.Repository == nil {
		return event, nil
	}
	repo, err := pull.ParseRepo(f.cfg.Name, p.Repository.FullName)
	if err != nil {
		return webhook.Event{Kind: event.Kind}, err
	}
	if p.Installation != nil {
		f.learn(repo.Owner, p.Installation.ID)
	}
	if hint, ok := f.hint(event.Kind, repo, p); ok {
		event.Hints = append(event.Hints, hint)
		if event.Kind == "status" {
			event.Hints = append(event.Hints, p.beside(hint)...)
		}
	}
	return event, nil
}

// hint returns where an event of a repository says to look.
func (f *Forge) hint(kind string, repo pull.Repo, p payload) (webhook.Hint, bool) {
	h := webhook.Hint{Repo: repo, RepoID: p.Repository.ID}
	switch kind {
	case "pull_request":
		return pullHint(h, p)
	case "pull_request_review":
		return reviewHint(h, p)
	case "issue_comment":
		return commentHint(h, p)
	case "check_run", "check_suite":
		return f.checkHint(kind, h, p)
	case "status":
		h.Head, h.Check = p.SHA, p.Context
		return h, p.SHA != "" && p.Context != "" && !f.isOurs(p.Sender)
	case "push":
		return f.pushHint(h, p)
	case "merge_group":
		f.learnQueue(repo)
		return h, p.Action == "checks_requested"
	case "repository":
		return h, p.Action == "renamed" || p.Action == "transferred" || p.Action == "deleted" || p.Action == "unarchived"
	case "member":
		return h, p.Action == "added" || p.Action == "removed" || p.Action == "edited"
	case "team": // its rights in the repository
		return h, p.Action == "added_to_repository" || p.Action == "removed_from_repository" || p.Action == "edited"
	}
	return h, false
}

// pullHint names the pull request. When it enters or leaves a merge queue, the
// groups behind it are built anew, so then it is the whole repository.
func pullHint(h webhook.Hint, p payload) (webhook.Hint, bool) {
	switch p.Action {
	case "enqueued", "dequeued":
		return h, true
	case "opened", "reopened", "synchronize", "edited", "ready_for_review", "converted_to_draft", "closed":
		if h.Number = p.Number; p.PullRequest != nil {
			h.At, h.UpdatedAt = p.PullRequest.Head.SHA, p.PullRequest.UpdatedAt
		}
		return h, p.Number > 0
	}
	return h, false
}

// reviewHint tells, besides where to look, what was submitted, and for which commit,
// or that it was dismissed.
func reviewHint(h webhook.Hint, p payload) (webhook.Hint, bool) {
	if p.PullRequest == nil {
		return h, false
	}
	h.Number, h.At, h.UpdatedAt = p.PullRequest.Number, p.PullRequest.Head.SHA, p.PullRequest.UpdatedAt
	if r := p.Review; r != nil && r.ID != 0 {
		told := pull.Told{Review: r.ID, State: pull.ReviewState(strings.ToUpper(r.State)), Commit: r.CommitID}
		told.Dismissed = p.Action == "dismissed"
		if r.User != nil {
			told.Author = pull.Person{Login: r.User.Login, ID: r.User.ID, Bot: r.User.Type == "Bot"}
		}
		told.Body = command.Condense(r.Body)
		decides := told.State == pull.Approved || told.State == pull.ChangesRequested
		if told.Dismissed || p.Action == "submitted" && decides && r.CommitID != "" {
			h.Review = &told
		}
	}
	return h, h.Number > 0
}

// commentHint hints at comments that hold a command or held one.
func commentHint(h webhook.Hint, p payload) (webhook.Hint, bool) {
	if p.Issue == nil || p.Comment == nil || p.Issue.PullRequest == nil {
		return h, false
	}
	h.Number = p.Issue.Number
	if p.Action != "deleted" {
		h.UpdatedAt = p.Issue.UpdatedAt
	}
	switch p.Action {
	case "created", "deleted":
		return h, h.Number > 0 && command.HasCommand(p.Comment.Body)
	case "edited":
		return h, h.Number > 0 && (command.HasCommand(p.Comment.Body) || command.HasCommand(p.Changes.Body.From))
	}
	return h, false
}

// checkHint is somebody asking for our checks again, or another app writing one.
// The payload's list of pull requests is empty for forks, so the head is the
// hint.
func (f *Forge) checkHint(kind string, h webhook.Hint, p payload) (webhook.Hint, bool) {
	c := p.CheckRun
	if kind == "check_suite" {
		c = p.CheckSuite
	}
	if c == nil || c.HeadSHA == "" {
		return h, false
	}
	h.Head = c.HeadSHA
	ours := f.cfg.App != nil && c.App != nil && c.App.ID == f.cfg.App.ID
	switch {
	case p.Action == "rerequested":
		return h, ours || f.cfg.App == nil || c.App == nil
	case kind == "check_run" && (p.Action == "created" || p.Action == "completed"):
		h.Check = c.Name
		return h, c.Name != "" && !ours
	}
	return h, false
}

// isOurs reports whether we sent an event, as far as we know who we are.
func (f *Forge) isOurs(sender *loginPayload) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.self != nil && sender != nil && f.self.is(sender.Login)
}

// teamHints names the teams whose members may be others than before. Members of
// a team are members of the teams above it, of which the payload shows one at
// most, so of a team below another it is all teams of the organisation.
func (f *Forge) teamHints(kind string, p payload) []webhook.Hint {
	if p.Organization == nil || p.Organization.Login == "" {
		return nil
	}
	h := webhook.Hint{Repo: pull.Repo{Forge: f.cfg.Name, Owner: p.Organization.Login}, Team: p.Organization.Login + "/"}
	one := p.Team != nil && p.Team.Parent == nil
	switch kind + " " + p.Action {
	case "team edited", "team deleted", "organization member_added", "organization member_removed":
		// A team may have got another name or another team above it, or have had
		// teams below it.
	case "team created", "team added_to_repository", "team removed_from_repository", "membership added", "membership removed":
		if one {
			h.Team += p.Team.Slug
		}
	default:
		return nil
	}
	return []webhook.Hint{h}
}

// installed hints at each repository that the App was given.
func (f *Forge) installed(p payload) []webhook.Hint {
	if p.Action != "created" && p.Action != "added" && p.Action != "unsuspend" && p.Action != "new_permissions_accepted" {
		return nil
	}
	var hints []webhook.Hint
	for _, r := range append(p.Repositories, p.Added...) {
		if repo, err := pull.ParseRepo(f.cfg.Name, r.FullName); err == nil {
			hints = append(hints, webhook.Hint{Repo: repo})
		}
	}
	return hints
}
