package gitee

import (
	"context"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// whoami asks once whose token it is.
func (f *Forge) whoami(ctx context.Context) (*rest.User, error) {
	f.mu.Lock()
	self := f.self
	f.mu.Unlock()
	if self != nil {
		return self, nil
	}
	var u rest.User
	if err := f.Get(ctx, "user", nil, &u); err != nil {
		return nil, fmt.Errorf("ask who we are: %w", err)
	}
	if u.Login == "" {
		return nil, forge.MissingField("who we are")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.self = &u
	return f.self, nil
}

// isSelf reports whether somebody is us, as far as we know who we are.
func (f *Forge) isSelf(u *rest.User) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.self.Same(u)
}

func (f *Forge) isSelfPerson(p pull.Person) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.self != nil && f.self.Person().Is(p)
}

// told says of ourselves and of those whom the configuration lists that they are bots.
func (f *Forge) told(p pull.Person) pull.Person {
	listed := func(login string) bool { return pull.SameLogin(login, p.Login) }
	p.Bot = f.isSelfPerson(p) || slices.ContainsFunc(f.cfg.Bots, listed)
	return p
}

// Team implements seam.Source: there are none.
func (f *Forge) Team(context.Context, pull.Repo, string) (policy.Team, error) {
	return policy.Team{Unread: f.title + " has no teams; list the people of this one in the people file"}, nil
}

// MayPush implements seam.Rights.
func (f *Forge) MayPush(ctx context.Context, repo pull.Repo, login string) (bool, error) {
	level, _, err := f.permission(ctx, repo, login)
	if err != nil {
		return false, fmt.Errorf("read what %s may do in %s: %w", login, repo, err)
	}
	return level == admin || level == write, nil
}

// The words for what somebody may do in a repository.
const (
	admin = "admin"
	write = "write"
)

// permissions are all words that are known; developers may push.
var permissions = map[rest.Text]string{
	admin: admin, "owner": admin, "maintainer": admin, "master": admin, write: write, "push": write, "developer": write, "read": "read",
	"pull": "read", "reporter": "read", "guest": "read", "none": "none",
}

// permissionAnswer is what somebody may do in a repository.
type permissionAnswer struct {
	ID         rest.Text `json:"id"` // of the account
	Permission rest.Text `json:"permission"`
	All        struct {
		Admin rest.Flag `json:"admin"`
	} `json:"permissions"`
}

// permission returns admin, write, read or none, and the answer that says so. A word that is
// not known is an error, as it takes rights away.
func (f *Forge) permission(ctx context.Context, repo pull.Repo, login string) (string, permissionAnswer, error) {
	var told permissionAnswer
	if err := f.Get(ctx, rest.RepoPath(repo, "collaborators", login, "permission"), nil, &told); err != nil {
		return "", told, err
	}
	level, known := permissions[told.Permission]
	switch {
	case bool(told.All.Admin):
		return admin, told, nil
	case !known:
		return "", told, fmt.Errorf("the permission %q is not known; a newer reviewgate may know it", told.Permission)
	}
	return level, told, nil
}

// MayRead implements seam.Readers. Guests may read no files.
func (f *Forge) MayRead(ctx context.Context, repo pull.Repo, who pull.Person) (bool, error) {
	level, told, err := f.permission(ctx, repo, who.Login)
	if err != nil {
		return false, fmt.Errorf("read what %s may read of %s: %w", who.Login, repo, err)
	}
	if who.ID == 0 || pull.AccountNumber(string(told.ID)) != who.ID {
		return false, nil
	}
	return level != "none" && told.Permission != "guest", nil
}

// signIn is as of gitee.com/api/v5/oauth_doc, and of GitCode's page on OAuth.
func (f *Forge) signIn() seam.SignIn {
	web := webOf(f.url).JoinPath("oauth")
	return seam.SignIn{AuthURL: web.JoinPath("authorize").String(), TokenURL: web.JoinPath("token").String(),
		UserURL: f.url.JoinPath("user").String(), Scopes: []string{f.scope}}
}
