package gitea

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// whoami asks once whose token it is.
func (f *Forge) whoami(ctx context.Context) (pull.Person, error) {
	f.mu.Lock()
	self := f.self
	f.mu.Unlock()
	if self.ID != 0 {
		return self, nil
	}
	var u userAnswer
	if err := f.get(ctx, "user", nil, &u); err != nil {
		return pull.Person{}, fmt.Errorf("ask who we are: %w", err)
	}
	if u.ID <= 0 || u.Login == "" {
		return pull.Person{}, forge.MissingField("who we are")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.self = pull.Person{Login: u.Login, ID: u.ID, Bot: true}
	return f.self, nil
}

// known says of ourselves that we are a bot; of nobody else the server tells.
func (f *Forge) known(p pull.Person) pull.Person {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.Bot = f.self.ID != 0 && p.Is(f.self)
	return p
}

func orgPath(org, what string) string { return "orgs/" + url.PathEscape(org) + "/" + what }

// Team implements seam.Source. A server shows the members of a team to its members and to
// the organisation's owners, so the gate's account has to be one of them. There are no teams
// within teams.
func (f *Forge) Team(ctx context.Context, repo pull.Repo, team string) (policy.Team, error) {
	org, name, _ := strings.Cut(team, "/")
	members, err := f.members(ctx, org, name)
	switch {
	case errors.Is(err, forge.ErrNotFound):
		return policy.Team{Unread: "the forge shows no such team; the gate's account has to be a member of it, or an owner of " + org}, nil
	case errors.Is(err, forge.ErrForbidden):
		return policy.Team{Unread: "the gate's account may not see its members; make it a member of the team, or an owner of " + org}, nil
	case err != nil:
		return policy.Team{}, fmt.Errorf("read team %s for %s: %w", team, repo, err)
	}
	return policy.Team{Members: members}, nil
}

func (f *Forge) members(ctx context.Context, org, name string) ([]pull.Person, error) {
	teams, err := list[teamAnswer](ctx, f, orgPath(org, "teams"), nil)
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		if !strings.EqualFold(t.Name, name) {
			continue
		}
		users, err := list[userAnswer](ctx, f, fmt.Sprintf("teams/%d/members", t.ID), nil)
		if err != nil {
			return nil, err
		}
		out := make([]pull.Person, 0, len(users))
		for i := range users {
			if p := users[i].person(); p.Login != "" {
				out = append(out, f.known(p))
			}
		}
		return out, nil
	}
	return nil, forge.ErrNotFound
}

// MayPush implements seam.Rights. The server's word on one person's permission does not know
// of rights that a team has to a part of a repository, so it is not asked: who may be
// assigned is each who may write to any part of it, and more. Left out are administrators of
// the server, who may everything, and whom the server shows to nobody else.
func (f *Forge) MayPush(ctx context.Context, repo pull.Repo, login string) (bool, error) {
	var writers []userAnswer
	if err := f.get(ctx, repoPath(repo, "assignees"), nil, &writers); err != nil {
		return false, fmt.Errorf("read who may write to %s: %w", repo, err)
	}
	if slices.ContainsFunc(writers, func(u userAnswer) bool { return strings.EqualFold(u.Login, login) }) {
		return true, nil
	}
	if err := f.get(ctx, "users/"+url.PathEscape(login), nil, nil); err != nil { // of an account that is gone nobody says what it might do
		return false, fmt.Errorf("read what %s may do in %s: %w", login, repo, err)
	}
	return false, nil
}

// Public implements seam.Visibility. A repository whose owner is shown to members only, or to
// who is signed in, is "internal".
func (f *Forge) Public(ctx context.Context, repo pull.Repo) (bool, error) {
	var answer struct {
		Private  *bool `json:"private"`
		Internal bool  `json:"internal"`
	}
	if err := f.get(ctx, repoPath(repo), nil, &answer); err != nil {
		return false, fmt.Errorf("read who may read %s: %w", repo, err)
	}
	if answer.Private == nil {
		return false, forge.MissingField("whether the repository is private")
	}
	return !*answer.Private && !answer.Internal, nil
}

// Addressees implements seam.Directory: people who show their address are found by a search,
// which goes by a part of it, too. Of those who hide theirs, and of second addresses, only
// the commits that somebody authored or committed tell.
func (f *Forge) Addressees(ctx context.Context, _ pull.Repo, emails []string) (found map[string]pull.Person, untold string, err error) {
	found = map[string]pull.Person{}
	for _, email := range emails {
		var answer struct {
			Data []struct {
				userAnswer

				Email string `json:"email"`
			} `json:"data"`
		}
		query := url.Values{"q": {email}, "limit": {strconv.Itoa(pageSize)}}
		if err := f.get(ctx, "users/search", query, &answer); err != nil {
			return nil, "", fmt.Errorf("ask whose address %s is: %w", email, err)
		}
		for _, u := range answer.Data {
			if who := u.person(); who.Login != "" && strings.EqualFold(u.Email, email) {
				found[email] = f.known(who)
			}
		}
	}
	return found, "", nil
}
