package github

import (
	"encoding/json"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// emit sends an event to the App, if it is installed there and subscribed. The
// payload is what the forge holds at this moment, however late it arrives.
func (s *Server) emit(event, action string, i *installation, r *fake.Repo, sender *fake.Account, payload obj) {
	s.recordWorkflowEvent(event, action, r, sender, payload)
	if s.opts.WebhookURL == "" || i == nil || !s.subscribed(event, action) {
		return
	}
	payload["sender"] = s.userJSON(sender)
	payload["installation"] = obj{"id": i.id, "node_id": nodeID("IN", i.id)}
	if event == "installation" {
		payload["installation"] = s.installationJSON(i)
	}
	if action != "" {
		payload["action"] = action
	}
	d := &delivery{
		guid: newGUID(), event: event, action: action, installation: i.id,
		url: s.opts.WebhookURL, secret: s.opts.WebhookSecret,
	}
	if r != nil {
		d.repository = r.ID
		payload["repository"] = s.repoJSON(r)
	}
	if i.account.Kind == fake.Organization {
		payload["organization"] = s.orgJSON(i.account)
	}
	body, err := json.Marshal(payload)
	if err != nil {
		s.log.Error("webhook not encoded", "event", event, "error", err)
		return
	}
	if len(body) > maxPayload {
		return
	}
	d.payload = body
	s.post(d)
}

// maxPayload is how many bytes a webhook may have; larger ones are not sent
// (docs.github.com, "Webhook events and payloads").
const maxPayload = 25 << 20

// subscribed reports whether the App gets an event. It gets what concerns its
// installation, and requests to run its own checks again, in any case.
func (s *Server) subscribed(event, action string) bool {
	return event == "installation" || event == "ping" || action == "rerequested" ||
		slices.Contains(s.opts.App.Events, event)
}

// Ping sends the event that GitHub sends when a webhook is made.
func (s *Server) Ping() {
	s.Lock()
	defer s.Unlock()
	hook := obj{
		"type": "App", "id": 1, "name": "web", "active": true, "events": s.opts.App.Events, "app_id": s.opts.App.ID,
		"config": obj{"url": s.opts.WebhookURL, "content_type": "json", "insecure_ssl": "0"},
	}
	for _, i := range s.installed {
		s.emit("ping", "", i, nil, i.account, obj{"zen": "Keep it logically awesome.", "hook_id": 1, "hook": hook})
		return
	}
}

func (s *Server) emitInstallation(action string, i *installation) {
	repos := []any{}
	for _, r := range s.Repos {
		if i.covers(r) {
			repos = append(repos, obj{
				"id": r.ID, "node_id": nodeID("R", r.ID), "name": r.Name, "full_name": r.FullName(), "private": r.Private,
			})
		}
	}
	s.emit("installation", action, i, nil, i.account, obj{"repositories": repos})
}

func (s *Server) installationIn(a *fake.Account) *installation {
	for _, i := range s.installed {
		if i.account == a {
			return i
		}
	}
	return nil
}
