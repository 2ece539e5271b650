package gitea

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// deliveryHeader names a delivery. A Forgejo sends it beside its own.
const deliveryHeader = "X-Gitea-Delivery"

// intake takes webhooks that are signed with one secret, and has the forge decode them.
type intake struct {
	webhook.Signed
	*Forge
}

// Intake takes the server's webhooks, signed with a secret over the body. A Gitea and a
// Forgejo send the same signature in the way of GitHub's, too, which has its form in front.
func (f *Forge) Intake(secret []byte) (webhook.Intake, error) {
	signed, err := webhook.NewSigned(secret, "X-Hub-Signature-256", "sha256=", deliveryHeader)
	return intake{signed, f}, err
}

// payload is what the adapter reads of any event.
type payload struct {
	Action      string      `json:"action"`
	Number      int         `json:"number"`
	Repository  *repoAnswer `json:"repository"`
	Sender      *userAnswer `json:"sender"`
	PullRequest *pullAnswer `json:"pull_request"`
	Issue       *struct {
		Number      int             `json:"number"`
		PullRequest json.RawMessage `json:"pull_request"`
	} `json:"issue"`
	Comment *struct {
		Body string `json:"body"`
	} `json:"comment"`
	Changes struct {
		Body struct {
			From string `json:"from"`
		} `json:"body"`
	} `json:"changes"`
	SHA     string `json:"sha"`
	Context string `json:"context"`
	Ref     string `json:"ref"`
	RefType string `json:"ref_type"`
	Before  string `json:"before"`
	Commits []struct {
		ID string `json:"id"`
	} `json:"commits"`
}

// Decode is that of webhook.Intake. The event's exact name stands in a header of its own;
// the headers of GitHub's, which come along, tell less. Events that change nothing the gate
// looks at give no hints.
func (f *Forge) Decode(header http.Header, body []byte) (webhook.Event, error) {
	event := webhook.Event{Kind: header.Get("X-Gitea-Event-Type")}
	if event.Kind == "" {
		event.Kind = header.Get("X-Gitea-Event")
	}
	if header.Get(deliveryHeader) == "" || event.Kind == "" {
		return event, errors.New("headers X-Gitea-Delivery and X-Gitea-Event-Type are missing")
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return event, fmt.Errorf("the body is no JSON of a %s event", event.Kind)
	}
	if p.Repository == nil {
		return event, nil
	}
	repo, err := pull.ParseRepo(f.cfg.Name, p.Repository.FullName)
	if err != nil {
		return event, err
	}
	hint := webhook.Hint{Repo: repo, RepoID: p.Repository.ID}
	if hint, ok := f.hint(event.Kind, hint, p); ok {
		event.Hints = append(event.Hints, hint)
	}
	return event, nil
}

// hint returns where an event of a repository says to look.
func (f *Forge) hint(kind string, h webhook.Hint, p payload) (webhook.Hint, bool) {
	switch {
	case kind == "pull_request_comment" || kind == "issue_comment":
		return commentHint(h, p)
	case kind == "pull_request_review_request":
		h = pullHint(h, p)
		return h, h.Number > 0 && !f.isOurs(p.Sender)
	case kind == "pull_request" || kind == "pull_request_sync" || strings.HasPrefix(kind, "pull_request_review"):
		h = pullHint(h, p)
		return h, h.Number > 0
	case kind == "status":
		h.Head, h.Check = p.SHA, p.Context
		return h, p.SHA != "" && p.Context != "" && !f.isOurs(p.Sender)
	case kind == "push":
		return pushHint(h, p)
	case kind == "delete" && p.RefType == "branch", kind == "repository":
		return h, true
	}
	return h, false
}

// pullHint names the pull request, and the head that it has then. A review comes without
// its number and its commit, so it is read.
func pullHint(h webhook.Hint, p payload) webhook.Hint {
	h.Number = p.Number
	if p.PullRequest != nil {
		h.At, h.UpdatedAt = p.PullRequest.Head.SHA, p.PullRequest.UpdatedAt.Truncate(time.Second)
	}
	return h
}

// commentHint hints at comments that hold a command or held one.
func commentHint(h webhook.Hint, p payload) (webhook.Hint, bool) {
	if p.Issue == nil || p.Comment == nil || string(p.Issue.PullRequest) == "null" || len(p.Issue.PullRequest) == 0 {
		return h, false
	}
	h.Number = p.Issue.Number
	return h, h.Number > 0 && (command.HasCommand(p.Comment.Body) || command.HasCommand(p.Changes.Body.From))
}

// none is the commit id of nothing, as a push of a new branch tells it.
const none = "0000000000000000000000000000000000000000"

// pushHint names the branch. A push that lists no commit is taken for one that rewrote it:
// the payload does not tell.
func pushHint(h webhook.Hint, p payload) (webhook.Hint, bool) {
	branch, ok := strings.CutPrefix(p.Ref, "refs/heads/")
	h.Branch, h.Default = branch, branch == p.Repository.DefaultBranch
	h.Rewritten = len(p.Commits) == 0 || strings.HasPrefix(none, p.Before)
	return h, ok
}

// isOurs reports whether we sent an event, as far as we know who we are.
func (f *Forge) isOurs(sender *userAnswer) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.self.ID != 0 && sender != nil && sender.ID == f.self.ID
}

// web is the address of the server's pages.
func (f *Forge) web() string { return f.api.Scheme + "://" + f.api.Host + webPath(f.api) }
