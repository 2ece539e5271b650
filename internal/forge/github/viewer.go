package github

import (
	"context"

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
	if err := f.post(ctx, pull.Repo{}, viewerText, map[string]any{}, &a); err != nil {
		return "", err
	}
	if a.Viewer.Login == "" {
		return "", errHollow
	}
	return a.Viewer.Login, nil
}
