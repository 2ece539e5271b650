package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// identity is who we are on the forge.
type identity struct{ login string }

// is tells whether a login as REST gives it is ours.
func (i *identity) is(login string) bool { return pull.SameLogin(i.login, login) }

// whoami asks once: an App, and a token of one, is "slug[bot]", any other token its
// user.
func (f *Forge) whoami(ctx context.Context) (*identity, error) {
	f.mu.Lock()
	self := f.self
	f.mu.Unlock()
	if self != nil {
		return self, nil
	}
	login, err := f.askWhoami(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask who we are: %w", kind(err))
	}
	f.introduce(login)
	return &identity{login}, nil
}

// introduce remembers who we are, so that what we did ourselves is known when
// the forge tells of it.
func (f *Forge) introduce(login string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if login != "" {
		f.self = &identity{login}
	}
}

func (f *Forge) askWhoami(ctx context.Context) (string, error) {
	if f.cfg.App != nil {
		app, _, err := f.asApp().Apps.Get(ctx, "")
		if err == nil && app.GetSlug() == "" {
			err = errHollow
		}
		return app.GetSlug() + "[bot]", err
	}
	return f.askViewer(ctx)
}

// The permissions and events that the App needs.
var (
	wantPermissions = map[string]string{
		"checks": "write", "contents": "read", "members": "read", "merge_queues": "read", "metadata": "read",
		"pull_requests": "write", "statuses": "read",
	}
	wantEvents = []string{
		"check_run", "check_suite", "issue_comment", "member", "membership", "merge_group", "organization",
		"pull_request", "pull_request_review", "push", "repository", "status", "team",
	}
)

// Check asks the App's settings and names what is missing; none for a token,
// whose rights can't be asked.
func (f *Forge) Check(ctx context.Context) (missing []string, err error) {
	if f.cfg.App == nil {
		return nil, nil
	}
	req, err := f.asApp().NewRequest(http.MethodGet, "app", nil)
	if err != nil {
		return nil, err
	}
	var app struct { // the library knows fewer permissions
		Slug        string            `json:"slug"`
		Permissions map[string]string `json:"permissions"`
		Events      []string          `json:"events"`
	}
	if _, err := f.asApp().Do(ctx, req, &app); err != nil {
		return nil, fmt.Errorf("read the app's settings: %w", kind(err))
	}
	if app.Slug == "" {
		return nil, fmt.Errorf("read the app's settings: %w", errHollow)
	}
	f.introduce(app.Slug + "[bot]")
	for name, want := range wantPermissions {
		if have := app.Permissions[name]; have != want && have != "write" {
			missing = append(missing, "permission "+name+": "+want)
		}
	}
	for _, event := range wantEvents {
		if !slices.Contains(app.Events, event) {
			missing = append(missing, "event "+event)
		}
	}
	slices.Sort(missing)
	return missing, nil
}

// restPerson reads a user of the REST API.
func restPerson(login string, id int64, kind string) pull.Person {
	return pull.Person{Login: login, ID: id, Bot: kind != "" && kind != "User" || pull.BotLogin(login)}
}
