package gitea

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// readerTeam is a team that has rights in a repository, by part of it.
type readerTeam struct {
	ID         int64             `json:"id"`
	Permission string            `json:"permission"`
	Units      map[string]string `json:"units_map"`
}

// reads reports whether its members may read files and pull requests. Of other parts, such as a
// wiki, nothing follows.
func (t *readerTeam) reads() bool {
	if t.Permission == "owner" || t.Permission == "admin" {
		return true
	}
	may := func(unit string) bool {
		switch t.Units[unit] {
		case "read", "write", "admin", "owner":
			return true
		}
		return false
	}
	return may("repo.code") && may("repo.pulls")
}

// MayRead implements seam.Readers. The server's word on one person's permission says read of
// who may read the wiki alone, so it is not asked: who may read are the owner, collaborators,
// whose rights are to all parts, and members of teams with rights to files and pull requests.
// Administrators of the server, who may everything, are shown to nobody.
func (f *Forge) MayRead(ctx context.Context, repo pull.Repo, who pull.Person) (bool, error) {
	var account userAnswer
	if err := f.get(ctx, "users/"+url.PathEscape(who.Login), nil, &account); err != nil {
		return false, fmt.Errorf("read who %s is: %w", who.Login, err)
	}
	if who.ID == 0 || account.ID != who.ID {
		return false, nil
	}
	var found struct {
		Owner userAnswer `json:"owner"`
	}
	if err := f.get(ctx, repoPath(repo), nil, &found); err != nil {
		return false, fmt.Errorf("read who owns %s: %w", repo, err)
	}
	if found.Owner.ID == who.ID {
		return true, nil
	}
	collaborators, err := list[userAnswer](ctx, f, repoPath(repo, "collaborators"), nil)
	if err != nil {
		return false, fmt.Errorf("read who collaborates on %s: %w", repo, err)
	}
	if slices.ContainsFunc(collaborators, func(u userAnswer) bool { return u.ID == who.ID }) {
		return true, nil
	}
	return f.inReaderTeam(ctx, repo, who)
}

// inReaderTeam reports whether somebody is a member of a team that may read a repository.
func (f *Forge) inReaderTeam(ctx context.Context, repo pull.Repo, who pull.Person) (bool, error) {
	teams, err := list[readerTeam](ctx, f, repoPath(repo, "teams"), nil)
	if err != nil {
		return false, fmt.Errorf("read the teams of %s: %w", repo, err)
	}
	for i := range teams {
		if !teams[i].reads() {
			continue
		}
		var member userAnswer
		err := f.get(ctx, fmt.Sprintf("teams/%d/members/%s", teams[i].ID, url.PathEscape(who.Login)), nil, &member)
		switch {
		case err == nil && member.ID == who.ID:
			return true, nil
		case err != nil && !errors.Is(err, forge.ErrNotFound) && !errors.Is(err, forge.ErrForbidden):
			return false, fmt.Errorf("read who is of a team of %s: %w", repo, err)
		}
	}
	return false, nil
}

// signIn is as of docs.gitea.com, "OAuth2 Provider".
func (f *Forge) signIn() seam.SignIn {
	web := f.web() + "/login/oauth/"
	return seam.SignIn{AuthURL: web + "authorize", TokenURL: web + "access_token", UserURL: f.api.JoinPath("user").String(),
		Scopes: []string{"read:user"}, PKCE: true}
}
