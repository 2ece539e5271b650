package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// payload is what the adapter reads of any event.
type payload struct {
	Action       string `json:"action"`
	Number       int    `json:"number"`
	Ref          string `json:"ref"`
	Deleted      bool   `json:"deleted"`
	Installation *struct {
		ID      int64 `json:"id"`
		Account *struct {
			Login string `json:"login"`
		} `json:"account"`
	} `json:"installation"`
	Repository *struct {
		Name          string `json:"name"`
		FullName      string `json:"full_name"`
		DefaultBranch string `json:"default_branch"`
	} `json:"repository"`
	Repositories []struct {
		FullName string `json:"full_name"`
	} `json:"repositories"`
	Added []struct {
		FullName string `json:"full_name"`
	} `json:"repositories_added"`
	PullRequest *struct {
		Number int `json:"number"`
	} `json:"pull_request"`
	Issue *struct {
		Number      int       `json:"number"`
		PullRequest *struct{} `json:"pull_request"`
	} `json:"issue"`
	Comment *struct {
		Body string `json:"body"`
	} `json:"comment"`
	CheckRun   *checkPayload `json:"check_run"`
	CheckSuite *checkPayload `json:"check_suite"`
}

type checkPayload struct {
	HeadSHA string `json:"head_sha"`
	App     *struct {
		ID int64 `json:"id"`
	} `json:"app"`
}

// pullActions are the actions on a pull request after which it is looked at
// again.
var pullActions = map[string]bool{
	"opened": true, "reopened": true, "synchronize": true, "edited": true,
	"ready_for_review": true, "converted_to_draft": true, "closed": true,
}

// recheck is the command that asks to look again.
var recheck = regexp.MustCompile(`(?m)^/recheck\s*$`)

// Decode implements webhook.Decoder. Events that change nothing the gate looks
// at give no hints.
func (f *Forge) Decode(header http.Header, body []byte) (webhook.Event, error) {
	event := webhook.Event{Delivery: header.Get("X-GitHub-Delivery"), Kind: header.Get("X-GitHub-Event")}
	if event.Delivery == "" || event.Kind == "" {
		return event, fmt.Errorf("headers X-GitHub-Delivery and X-GitHub-Event are missing")
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return event, fmt.Errorf("the body is no JSON of a %s event", event.Kind)
	}
	if p.Installation != nil && p.Installation.Account != nil {
		f.learn(p.Installation.Account.Login, p.Installation.ID)
	}
	if event.Kind == "installation" || event.Kind == "installation_repositories" {
		event.Hints = f.installed(p)
		return event, nil
	}
	if p.Repository == nil {
		return event, nil
	}
	repo, err := pull.ParseRepo(f.cfg.Name, p.Repository.FullName)
	if err != nil {
		return event, err
	}
	if p.Installation != nil {
		f.learn(repo.Owner, p.Installation.ID)
	}
	if hint, ok := f.hint(event.Kind, repo, p); ok {
		event.Hints = []webhook.Hint{hint}
	}
	return event, nil
}

// hint gives where an event of a repository says to look.
func (f *Forge) hint(kind string, repo pull.Repo, p payload) (webhook.Hint, bool) {
	h := webhook.Hint{Repo: repo}
	switch kind {
	case "pull_request":
		h.Number = p.Number
		return h, pullActions[p.Action] && p.Number > 0
	case "pull_request_review":
		if p.PullRequest != nil {
			h.Number = p.PullRequest.Number
		}
		return h, h.Number > 0
	case "issue_comment":
		if p.Issue == nil || p.Comment == nil || p.Issue.PullRequest == nil {
			return h, false
		}
		h.Number = p.Issue.Number
		body := strings.ReplaceAll(p.Comment.Body, "\r\n", "\n")
		return h, h.Number > 0 && p.Action == "created" && recheck.MatchString(body)
	case "check_run":
		return f.rerequested(h, p.Action, p.CheckRun)
	case "check_suite":
		return f.rerequested(h, p.Action, p.CheckSuite)
	case "push":
		branch, ok := strings.CutPrefix(p.Ref, "refs/heads/")
		h.Branch, h.Default = branch, branch == p.Repository.DefaultBranch
		return h, ok && !p.Deleted
	}
	return h, false
}

// rerequested is somebody asking for our check again. The payload's list of
// pull requests is empty for forks, so the head is the hint.
func (f *Forge) rerequested(h webhook.Hint, action string, c *checkPayload) (webhook.Hint, bool) {
	if action != "rerequested" || c == nil || c.HeadSHA == "" {
		return h, false
	}
	if f.cfg.App != nil && c.App != nil && c.App.ID != f.cfg.App.ID {
		return h, false
	}
	h.Head = c.HeadSHA
	return h, true
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
