package fake

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// account is a user, a bot or an organisation.
type account struct {
	id          int64
	login, name string
	email       string
	kind        string // "User", "Bot" or "Organization"
	limited     bool   // indicates limited availability
	hidesEmail  bool   // shows it nowhere but in commits
	deleted     bool
	hidden      bool // flagged as spam: nobody else sees what it wrote
	created     time.Time
	members     []membership // of an organisation
}

type membership struct {
	who  *account
	role string // "admin" or "member"
}

// team is a team of an organisation.
type team struct {
	id         int64
	org        *account
	slug, name string
	parent     *team
	members    []*account
	created    time.Time
}

// User is a person for AddUser.
type User struct {
	Login string
	Name  string // the login if empty
	Email string // login@example.com if empty
	Bot   bool   // an account of type Bot
	// HidesEmail keeps the address out of what can be searched.
	HidesEmail bool
}

// AddUser adds a person. The token of user alice is "token-alice".
func (f *Forge) AddUser(u User) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	kind := "User"
	if u.Bot {
		kind = "Bot"
	}
	a, err := f.addAccount(u.Login, kind)
	if err != nil {
		return err
	}
	a.name = cmp.Or(u.Name, u.Login)
	a.email, a.hidesEmail = cmp.Or(u.Email, u.Login+"@example.com"), u.HidesEmail
	f.tokens["token-"+a.login] = &identity{account: a, key: "user:" + a.login, scopes: "repo, read:org"}
	return nil
}

// AddUsers adds people by login.
func (f *Forge) AddUsers(logins ...string) error {
	for _, login := range logins {
		if err := f.AddUser(User{Login: login}); err != nil {
			return err
		}
	}
	return nil
}

// DeleteUser deletes an account: it becomes a null author, or GitHub's ghost.
func (f *Forge) DeleteUser(login string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.account(login)
	if err != nil {
		return err
	}
	a.deleted = true
	delete(f.byLogin, strings.ToLower(login))
	delete(f.tokens, "token-"+a.login)
	return nil
}

// HideUser flags an account as spam, or no longer: what it wrote vanishes for others, and
// comes back.
func (f *Forge) HideUser(login string, hide bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.account(login)
	if err != nil {
		return err
	}
	a.hidden = hide
	return nil
}

// sees tells whether an account is shown what another wrote.
func sees(viewer, by *account) bool { return by == nil || !by.hidden || viewer == by }

// RenameUser gives an account another login; its id stays, as on GitHub.
func (f *Forge) RenameUser(login, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.account(login)
	if err != nil {
		return err
	}
	if f.byLogin[strings.ToLower(to)] != nil {
		return fmt.Errorf("rename %s: %s is taken", login, to)
	}
	delete(f.byLogin, strings.ToLower(login))
	f.tokens["token-"+to] = f.tokens["token-"+a.login]
	delete(f.tokens, "token-"+a.login)
	a.login = to
	f.byLogin[strings.ToLower(to)] = a
	return nil
}

// SetLimited sets whether a user's status indicates limited availability.
func (f *Forge) SetLimited(login string, limited bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.account(login)
	if err == nil {
		a.limited = limited
	}
	return err
}

// AddOrg adds an organisation with its owners and members.
func (f *Forge) AddOrg(login string, owners, members []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	org, err := f.addAccount(login, "Organization")
	if err != nil {
		return err
	}
	for role, logins := range map[string][]string{"admin": owners, "member": members} {
		for _, login := range logins {
			a, err := f.account(login)
			if err != nil {
				return err
			}
			org.members = append(org.members, membership{a, role})
		}
	}
	slices.SortFunc(org.members, func(a, b membership) int { return cmp.Compare(a.who.id, b.who.id) })
	return nil
}

// Team is a team for AddTeam.
type Team struct {
	Org, Slug string
	Name      string // the slug if empty
	Parent    string // slug of the team that it is a child of
	Members   []string
}

// AddTeam adds a team; its members become members of the organisation.
func (f *Forge) AddTeam(t Team) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	org, err := f.account(t.Org)
	if err != nil {
		return err
	}
	nt := &team{id: f.nextID(), org: org, slug: t.Slug, name: cmp.Or(t.Name, t.Slug), created: f.now()}
	if t.Parent != "" {
		if nt.parent = f.team(org, t.Parent); nt.parent == nil {
			return fmt.Errorf("add team %s: no parent team %s", t.Slug, t.Parent)
		}
	}
	f.teams = append(f.teams, nt)
	for _, login := range t.Members {
		if err := f.join(nt, login); err != nil {
			return err
		}
	}
	f.emitTeam("created", nt)
	return nil
}

func (f *Forge) join(t *team, login string) error {
	a, err := f.account(login)
	if err != nil {
		return fmt.Errorf("team %s: %w", t.slug, err)
	}
	if !slices.Contains(t.members, a) {
		t.members = append(t.members, a)
	}
	if t.org.role(a) == "" {
		t.org.members = append(t.org.members, membership{a, "member"})
		f.emitOrg("member_added", t.org, a)
	}
	return nil
}

// AddTeamMember adds a person to a team.
func (f *Forge) AddTeamMember(org, slug, login string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, err := f.teamOf(org, slug)
	if err != nil {
		return err
	}
	if err := f.join(t, login); err != nil {
		return err
	}
	f.emitMembership("added", t, f.byLogin[strings.ToLower(login)])
	return nil
}

// RemoveTeamMember takes a person out of a team; the membership of the
// organisation stays.
func (f *Forge) RemoveTeamMember(org, slug, login string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, err := f.teamOf(org, slug)
	if err != nil {
		return err
	}
	a, err := f.account(login)
	if err != nil {
		return err
	}
	t.members = slices.DeleteFunc(t.members, func(m *account) bool { return m == a })
	f.emitMembership("removed", t, a)
	return nil
}

// RemoveMember takes a person out of an organisation and of all its teams.
func (f *Forge) RemoveMember(org, login string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, err := f.account(org)
	if err != nil {
		return err
	}
	a, err := f.account(login)
	if err != nil {
		return err
	}
	for _, t := range f.teams {
		if t.org == o && slices.Contains(t.members, a) {
			t.members = slices.DeleteFunc(t.members, func(m *account) bool { return m == a })
			f.emitMembership("removed", t, a)
		}
	}
	o.members = slices.DeleteFunc(o.members, func(m membership) bool { return m.who == a })
	f.emitOrg("member_removed", o, a)
	return nil
}

// RemoveTeam deletes a team with its child teams.
func (f *Forge) RemoveTeam(org, slug string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, err := f.teamOf(org, slug)
	if err != nil {
		return err
	}
	f.removeTeam(t)
	return nil
}

func (f *Forge) removeTeam(t *team) {
	for _, child := range f.children(t) {
		f.removeTeam(child)
	}
	f.teams = slices.DeleteFunc(f.teams, func(o *team) bool { return o == t })
	for _, r := range f.repos {
		r.teams = slices.DeleteFunc(r.teams, func(g teamGrant) bool { return g.team == t })
	}
	f.emitTeam("deleted", t)
}

func (f *Forge) teamOf(org, slug string) (*team, error) {
	o, err := f.account(org)
	if err != nil {
		return nil, err
	}
	t := f.team(o, slug)
	if t == nil {
		return nil, fmt.Errorf("no team %s/%s", org, slug)
	}
	return t, nil
}

func (f *Forge) addAccount(login, kind string) (*account, error) {
	if login == "" || f.byLogin[strings.ToLower(login)] != nil {
		return nil, fmt.Errorf("add account %q: the login is empty or taken", login)
	}
	a := &account{id: f.nextID(), login: login, name: login, kind: kind, created: f.now()}
	f.accounts = append(f.accounts, a)
	f.byLogin[strings.ToLower(login)] = a
	return a, nil
}

func (f *Forge) account(login string) (*account, error) {
	a := f.byLogin[strings.ToLower(login)]
	if a == nil {
		return nil, fmt.Errorf("no account %q", login)
	}
	return a, nil
}

// accountOf finds the account of an e-mail, or nil.
func (f *Forge) accountOf(email string) *account {
	for _, a := range f.accounts {
		if email != "" && sameName(a.email, email) && !a.deleted {
			return a
		}
	}
	return nil
}

// bot is the account that the App acts as.
func (f *Forge) bot() *account { return f.byLogin[strings.ToLower(f.opts.App.Slug)+"[bot]"] }

func (f *Forge) team(org *account, slug string) *team {
	for _, t := range f.teams {
		if t.org == org && sameName(t.slug, slug) {
			return t
		}
	}
	return nil
}

func (f *Forge) children(parent *team) []*team {
	var out []*team
	for _, t := range f.teams {
		if t.parent == parent {
			out = append(out, t)
		}
	}
	return out
}

// membersOf lists a team's members with those of its child teams.
func (f *Forge) membersOf(t *team) []*account {
	out := slices.Clone(t.members)
	for _, child := range f.children(t) {
		for _, a := range f.membersOf(child) {
			if !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return slices.DeleteFunc(out, func(a *account) bool { return a.deleted })
}

// role is an account's role in an organisation, empty if it has none.
func (org *account) role(a *account) string {
	for _, m := range org.members {
		if m.who == a && !a.deleted {
			return m.role
		}
	}
	return ""
}

// nameAndMail reads an author: a login, or "Name <mail>" for somebody without
// an account.
func (f *Forge) nameAndMail(who string) (name, email string, err error) {
	if m := regexp.MustCompile(`^\s*(.*?)\s*<([^<>]*)>\s*$`).FindStringSubmatch(who); m != nil {
		return m[1], m[2], nil
	}
	a, err := f.account(who)
	if err != nil {
		return "", "", err
	}
	return a.name, a.email, nil
}
