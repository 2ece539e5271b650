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
func (f *Forge) isSelf(u *rest.User) bool { return f.selfAnswer().Same(u) }

func (f *Forge) isSelfPerson(p pull.Person) bool {
	self := f.selfAnswer()
	return self != nil && self.Person().Is(p)
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
	told, err := f.permission(ctx, repo, login)
	if err != nil {
		return false, err
	}
	return told.MayPush()
}

func (f *Forge) permission(ctx context.Context, repo pull.Repo, login string) (told rest.Permission, err error) {
	if err := f.Get(ctx, rest.RepoPath(repo, "collaborators", login, "permission"), nil, &told); err != nil {
		return told, fmt.Errorf("read what %s may do in %s: %w", login, repo, err)
	}
	return told, nil
}

// MayRead implements seam.Readers.
func (f *Forge) MayRead(ctx context.Context, repo pull.Repo, who pull.Person) (bool, error) {
	told, err := f.permission(ctx, repo, who.Login)
	if err != nil || !told.Of(who.ID) {
		return false, err
	}
	return told.MayRead()
}

// signIn is as of gitee.com/api/v5/oauth_doc, and of GitCode's page on OAuth.
func (f *Forge) signIn() seam.SignIn {
	web := webOf(f.url).JoinPath("oauth")
	return seam.SignIn{AuthURL: web.JoinPath("authorize").String(), TokenURL: web.JoinPath("token").String(),
		UserURL: f.url.JoinPath("user").String(), Scopes: []string{f.scope}}
}

// Public implements seam.Visibility.
func (f *Forge) Public(ctx context.Context, repo pull.Repo) (bool, error) {
	r, err := f.readRepo(ctx, repo)
	return err == nil && r.ForEverybody(), err
}
