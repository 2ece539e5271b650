package github

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"github.com/bradleyfalzon/ghinstallation/v2"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// RequestRef is GitHub's ref of a pull request's head.
func RequestRef(number int) string { return fmt.Sprintf("refs/pull/%d/head", number) }

// Remote tells where a repository's git is, and the header that opens it (docs.github.com,
// "Authenticating as a GitHub App installation": HTTP-based Git access).
func (f *Forge) Remote(ctx context.Context, repo pull.Repo) (address, header string, err error) {
	c, err := f.client(ctx, repo)
	if err != nil {
		return "", "", err
	}
	token, err := c.signed.bare(ctx)
	if err != nil {
		return "", "", fmt.Errorf("get a token for the git of %s: %w", repo, kind(err))
	}
	user := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + token))
	return gitURL(f.api, repo), "Authorization: Basic " + user, nil
}

// gitURL is where a repository is that an API tells of: api.github.com of github.com, and
// /api/v3/ of a server's own top.
func gitURL(api *url.URL, repo pull.Repo) string {
	top := url.URL{Scheme: api.Scheme, Host: api.Host, Path: strings.TrimSuffix(strings.TrimSuffix(api.Path, "/"), "/api/v3")}
	if top.Host == "api.github.com" {
		top.Host = "github.com"
	}
	return top.JoinPath(url.PathEscape(repo.Owner), url.PathEscape(repo.Name)+".git").String()
}

// bare returns the token that requests are signed with at present.
func (c *credential) bare(ctx context.Context) (string, error) {
	signer, _ := c.current()
	if install, ok := signer.(*ghinstallation.Transport); ok {
		return install.Token(ctx)
	}
	_, token, _ := c.ring.current()
	return token, nil
}
