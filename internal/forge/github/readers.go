package github

import (
	"context"
	"fmt"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// MayRead implements seam.Readers: whoever has any permission may read all of a repository
// (docs.github.com, "Get repository permissions for a user"; maintain is told as write, triage
// as read).
func (f *Forge) MayRead(ctx context.Context, repo pull.Repo, who pull.Person) (bool, error) {
	c, err := f.client(ctx, repo)
	if err != nil {
		return false, err
	}
	level, _, err := c.rest.Repositories.GetPermissionLevel(ctx, repo.Owner, repo.Name, who.Login)
	if err != nil {
		return false, fmt.Errorf("read what %s may read of %s: %w", who.Login, repo, kind(err))
	}
	if who.ID == 0 || level.GetUser().GetID() != who.ID {
		return false, nil
	}
	switch level.GetPermission() {
	case "admin", "write", "read":
		return true, nil
	}
	return false, nil // a new word gives no right
}

// signIn is that of an App, whose tokens for people need no scope, and which holds a code to
// who began (docs.github.com, "Generating a user access token for a GitHub App").
func (f *Forge) signIn() seam.SignIn {
	web := f.api.Scheme + "://" + strings.TrimPrefix(f.api.Host, "api.") + "/login/oauth/"
	return seam.SignIn{AuthURL: web + "authorize", TokenURL: web + "access_token", UserURL: f.api.JoinPath("user").String(), PKCE: true}
}
