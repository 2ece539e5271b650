package github

import (
	"context"
	"errors"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// viewerText asks who a token acts as. Unlike REST's /user it also answers tokens of
// an App's installation, a workflow's GITHUB_TOKEN among them, with the App's whole
// login.
const viewerText = "query Viewer { viewer { login } }"

func (f *Forge) askViewer(ctx context.Context) (string, error) {
	var a struct {
		Viewer struct {
			Login string `json:"login"`
		} `json:"viewer"`
	}
	err := f.post(ctx, pull.Repo{}, viewerText, map[string]any{}, &a)
	if _, refused := errors.AsType[queryErrors](err); refused { // a server that does not know it
		user, _, restErr := f.clientOf(0).rest.Users.Get(ctx, "")
		if restErr == nil && user.GetLogin() != "" {
			return user.GetLogin(), nil
		}
	}
	if err != nil {
		return "", err
	}
	if a.Viewer.Login == "" {
		return "", errIncomplete
	}
	return a.Viewer.Login, nil
}
