package github

import (
	"context"
	"fmt"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// identity is who we are on the forge.
type identity struct{ login string }

// is reports whether a login as REST gives it is ours.
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
	f.rememberSelf(login)
	return &identity{login}, nil
}

// rememberSelf remembers who we are, so that what we did ourselves is known when
// the forge tells of it.
func (f *Forge) rememberSelf(login string) {
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
			err = errIncomplete
		}
		return app.GetSlug() + "[bot]", err
	}
	return f.askViewer(ctx)
}

// restPerson reads a user of the REST API.
func restPerson(login string, id int64, kind string) pull.Person {
	return pull.Person{Login: login, ID: id, Bot: kind != "" && kind != "User" || pull.BotLogin(login)}
}
