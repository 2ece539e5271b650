package gitee

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// projectAnswer is a repository as events name it: its path, and never its name, which is
// for display.
type projectAnswer struct {
	ID            rest.Number `json:"id"`
	Path          rest.Text   `json:"path_with_namespace"`
	DefaultBranch rest.Text   `json:"default_branch"`
}

// payload is what the adapter reads of any event, of either server.
type payload struct {
	Hook        rest.Text      `json:"hook_name"`
	Object      rest.Text      `json:"object_kind"`
	Action      rest.Text      `json:"action"`
	Number      rest.Number    `json:"number"`
	Project     *projectAnswer `json:"project"`
	Repository  *projectAnswer `json:"repository"`
	Sender      *rest.User     `json:"sender"`
	User        *eventUser     `json:"user"`
	PullRequest *numbers       `json:"pull_request"`
	Request     *numbers       `json:"merge_request"`
	Attributes  *attributes    `json:"object_attributes"`
	Note        rest.Text      `json:"note"`
	Comment     *struct {
		ID   rest.Number `json:"id"`
		Body rest.Text   `json:"body"`
	} `json:"comment"`
	Run *struct {
		Name rest.Text `json:"name"`
		Head rest.Text `json:"head_sha"`
	} `json:"check_run"`
	Ref    rest.Text   `json:"ref"`
	Before rest.Text   `json:"before"`
	Count  rest.Number `json:"total_commits_count"`
}

// numbers are what an event calls a pull request by.
type numbers struct {
	Number rest.Number `json:"number"`
	IID    rest.Number `json:"iid"`
}

func (n *numbers) of() int {
	if n == nil {
		return 0
	}
	return int(max(n.Number, n.IID))
}

// eventUser is who acted, as a GitCode tells: numbers here are none that the API knows.
type eventUser struct {
	Login rest.Text `json:"username"`
}

// attributes are what a GitCode's event is about.
type attributes struct {
	ID     rest.Number `json:"id"`
	IID    rest.Number `json:"iid"`
	Note   rest.Text   `json:"note"`
	Action rest.Text   `json:"action"`
}

// kinds are the words for events that matter, in both spellings, and of a GitCode's bodies.
var kinds = map[string]string{
	"Merge Request Hook": "pull", "merge_request_hooks": "pull", "merge_request": "pull",
	"Note Hook": "note", "note_hooks": "note", "note": "note", "Push Hook": "push", "push_hooks": "push", "push": "push",
}

// Decode is that of webhook.Intake. What a body says is where to look, and no more: an
// action that is not known is one after which to look again.
func (f *Forge) Decode(header http.Header, body []byte) (webhook.Event, error) {
	event := webhook.Event{Kind: header.Get("X-Gitee-Event")}
	if f.isGitCode() {
		event.Kind = header.Get("X-GitCode-Event")
		if header.Get("X-GitCode-Delivery") == "" {
			return event, errors.New("header X-GitCode-Delivery is missing")
		}
	}
	if isForm(header) {
		return event, errForm
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return event, fmt.Errorf("the body is no JSON of a %q event", event.Kind)
	}
	for _, word := range []rest.Text{p.Hook, p.Object} {
		if event.Kind == "" {
			event.Kind = string(word)
		}
	}
	at := p.Project
	if at == nil || at.Path == "" {
		at = p.Repository
	}
	if at == nil || at.Path == "" {
		return event, nil
	}
	repo, err := pull.ParseRepo(f.cfg.Name, string(at.Path))
	if err != nil {
		return event, err
	}
	if hint, ok := f.hint(kinds[event.Kind], webhook.Hint{Repo: repo, RepoID: int64(at.ID)}, &p, string(at.DefaultBranch)); ok {
		event.Hints = append(event.Hints, hint)
	}
	return event, nil
}

// hint returns where an event of a repository says to look.
func (f *Forge) hint(kind string, h webhook.Hint, p *payload, defaultBranch string) (webhook.Hint, bool) {
	switch {
	case p.Run != nil:
		return f.runHint(h, p)
	case kind == "pull":
		h.Number = int(max(p.Number, rest.Number(p.PullRequest.of())))
		if p.Attributes != nil {
			h.Number = max(h.Number, int(p.Attributes.IID))
		}
		return h, h.Number > 0
	case kind == "note":
		h.Number, h.Review = max(p.PullRequest.of(), p.Request.of()), spokenIn(p)
		return h, h.Number > 0 && !f.isOwnNote(p) && holdsCommand(p)
	case kind == "push":
		return pushHint(h, p, defaultBranch)
	}
	return h, false
}

// spokenIn is the comment of an event, which the API may show a moment later; nil where it is
// not told. It is nothing more than what to wait for.
func spokenIn(p *payload) *pull.Told {
	id := rest.Number(0)
	switch {
	case p.Comment != nil:
		id = p.Comment.ID
	case p.Attributes != nil:
		id = p.Attributes.ID
	}
	if id <= 0 {
		return nil
	}
	return &pull.Told{Review: int64(id), State: pull.Spoken, Dismissed: p.Action == "deleted"}
}

// isOwnNote reports whether we wrote a comment, as far as we know who we are.
func (f *Forge) isOwnNote(p *payload) bool {
	return f.isSelf(p.Sender) || p.User != nil && f.isSelfPerson(pull.Person{Login: string(p.User.Login)})
}

// holdsCommand reports whether a comment holds a command, or may have held one: what it said
// before it was edited or deleted is not told.
func holdsCommand(p *payload) bool {
	said, action := p.Note, p.Action
	if p.Comment != nil && p.Comment.Body != "" {
		said = p.Comment.Body
	}
	if p.Attributes != nil {
		said, action = p.Attributes.Note, p.Attributes.Action
	}
	created := action == "comment" || action == "create" || action == ""
	return !created || command.HasCommand(string(said))
}

// runHint names the check that somebody wrote or, asked for anew, the commit.
func (f *Forge) runHint(h webhook.Hint, p *payload) (webhook.Hint, bool) {
	h.Head, h.Check = string(p.Run.Head), string(p.Run.Name)
	if p.Action == "rerequested" || p.Action == "requested_action" {
		h.Check = ""
		return h, h.Head != ""
	}
	return h, h.Head != "" && h.Check != "" && !f.isSelf(p.Sender)
}

// none is the commit id of nothing, as a push of a new branch tells it.
const none = "0000000000000000000000000000000000000000"

// pushHint names the branch. A push that lists no commit is taken for one that rewrote it:
// the payload does not tell.
func pushHint(h webhook.Hint, p *payload, defaultBranch string) (webhook.Hint, bool) {
	branch, ok := strings.CutPrefix(string(p.Ref), "refs/heads/")
	h.Branch, h.Default = branch, branch == defaultBranch
	h.Rewritten = p.Count == 0 || strings.HasPrefix(none, string(p.Before))
	return h, ok
}
