package fake

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// AccountKind is who or what an account is for.
type AccountKind string

// The kinds of accounts.
const (
	Person       AccountKind = "person"
	Bot          AccountKind = "bot"
	Organization AccountKind = "organization"
)

// Account is a user, a bot or an organisation.
type Account struct {
	ID          int64
	Login, Name string
	Email       string
	Kind        AccountKind
	Limited     bool // indicates limited availability
	HidesEmail  bool // shows it nowhere but in commits
	Deleted     bool
	hidden      bool // flagged as spam: nobody else sees what it wrote
	Created     time.Time
	members     []membership // of an organisation
}

type membership struct {
	who  *Account
	role string // "admin" or "member"
}

// TeamRecord is a team of an organisation.
type TeamRecord struct {
	ID         int64
	Org        *Account
	Slug, Name string
	Parent     *TeamRecord
	Members    []*Account
	Created    time.Time
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

// AddUser adds a person.
func (f *Forge) AddUser(u User) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	kind := Person
	if u.Bot {
		kind = Bot
	}
	a, err := f.addAccount(u.Login, kind)
	if err != nil {
		return err
	}
	a.Name = cmp.Or(u.Name, u.Login)
	a.Email, a.HidesEmail = cmp.Or(u.Email, u.Login+"@example.com"), u.HidesEmail
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

// DeleteUser deletes an account: it becomes a null author, or a ghost.
func (f *Forge) DeleteUser(login string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.FindAccount(login)
	if err != nil {
		return err
	}
	a.Deleted = true
	delete(f.byLogin, strings.ToLower(login))
	return nil
}

// HideUser flags an account as spam, or no longer: what it wrote vanishes for others, and
// comes back.
func (f *Forge) HideUser(login string, hide bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.FindAccount(login)
	if err != nil {
		return err
	}
	a.hidden = hide
	return nil
}

// Sees reports whether an account is shown what another wrote.
func Sees(viewer, by *Account) bool { return by == nil || !by.hidden || viewer == by }

// RenameUser returns an account another login; its id stays.
func (f *Forge) RenameUser(login, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.FindAccount(login)
	if err != nil {
		return err
	}
	if f.byLogin[strings.ToLower(to)] != nil {
		return fmt.Errorf("rename %s: %s is taken", login, to)
	}
	delete(f.byLogin, strings.ToLower(login))
	a.Login = to
	f.byLogin[strings.ToLower(to)] = a
	return nil
}

// SetLimited sets whether a user's status indicates limited availability.
func (f *Forge) SetLimited(login string, limited bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.FindAccount(login)
	if err == nil {
		a.Limited = limited
	}
	return err
}

// AddOrg adds an organisation with its owners and members.
func (f *Forge) AddOrg(login string, owners, members []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	org, err := f.addAccount(login, Organization)
	if err != nil {
		return err
	}
	for role, logins := range map[string][]string{"admin": owners, "member": members} {
		for _, login := range logins {
			a, err := f.FindAccount(login)
			if err != nil {
				return err
			}
			org.members = append(org.members, membership{a, role})
		}
	}
	slices.SortFunc(org.members, func(a, b membership) int { return cmp.Compare(a.who.ID, b.who.ID) })
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
	org, err := f.FindAccount(t.Org)
	if err != nil {
		return err
	}
	nt := &TeamRecord{ID: f.NextID(), Org: org, Slug: t.Slug, Name: cmp.Or(t.Name, t.Slug), Created: f.Now()}
	if t.Parent != "" {
		if nt.Parent = f.FindTeam(org, t.Parent); nt.Parent == nil {
			return fmt.Errorf("add team %s: no parent team %s", t.Slug, t.Parent)
		}
	}
	f.Teams = append(f.Teams, nt)
	for _, login := range t.Members {
		if err := f.join(nt, login); err != nil {
			return err
		}
	}
	f.tell(Event{Kind: TeamCreated, By: org, Team: nt})
	return nil
}

func (f *Forge) join(t *TeamRecord, login string) error {
	a, err := f.FindAccount(login)
	if err != nil {
		return fmt.Errorf("team %s: %w", t.Slug, err)
	}
	if !slices.Contains(t.Members, a) {
		t.Members = append(t.Members, a)
	}
	if t.Org.Role(a) == "" {
		t.Org.members = append(t.Org.members, membership{a, "member"})
		f.tell(Event{Kind: OrgJoined, By: t.Org, Who: a})
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
	f.tell(Event{Kind: TeamJoined, By: t.Org, Team: t, Who: f.byLogin[strings.ToLower(login)]})
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
	a, err := f.FindAccount(login)
	if err != nil {
		return err
	}
	t.Members = slices.DeleteFunc(t.Members, func(m *Account) bool { return m == a })
	f.tell(Event{Kind: TeamLeft, By: t.Org, Team: t, Who: a})
	return nil
}

// RemoveMember takes a person out of an organisation and of all its teams.
func (f *Forge) RemoveMember(org, login string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, err := f.FindAccount(org)
	if err != nil {
		return err
	}
	a, err := f.FindAccount(login)
	if err != nil {
		return err
	}
	for _, t := range f.Teams {
		if t.Org == o && slices.Contains(t.Members, a) {
			t.Members = slices.DeleteFunc(t.Members, func(m *Account) bool { return m == a })
			f.tell(Event{Kind: TeamLeft, By: t.Org, Team: t, Who: a})
		}
	}
	o.members = slices.DeleteFunc(o.members, func(m membership) bool { return m.who == a })
	f.tell(Event{Kind: OrgLeft, By: o, Who: a})
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

func (f *Forge) removeTeam(t *TeamRecord) {
	for _, child := range f.ChildTeams(t) {
		f.removeTeam(child)
	}
	f.Teams = slices.DeleteFunc(f.Teams, func(o *TeamRecord) bool { return o == t })
	for _, r := range f.Repos {
		r.Teams = slices.DeleteFunc(r.Teams, func(g TeamGrant) bool { return g.Team == t })
	}
	f.tell(Event{Kind: TeamDeleted, By: t.Org, Team: t})
}

func (f *Forge) teamOf(org, slug string) (*TeamRecord, error) {
	o, err := f.FindAccount(org)
	if err != nil {
		return nil, err
	}
	t := f.FindTeam(o, slug)
	if t == nil {
		return nil, fmt.Errorf("no team %s/%s", org, slug)
	}
	return t, nil
}

func (f *Forge) addAccount(login string, kind AccountKind) (*Account, error) {
	if login == "" || f.byLogin[strings.ToLower(login)] != nil {
		return nil, fmt.Errorf("add account %q: the login is empty or taken", login)
	}
	a := &Account{ID: f.NextID(), Login: login, Name: login, Kind: kind, Created: f.Now()}
	f.Accounts = append(f.Accounts, a)
	f.byLogin[strings.ToLower(login)] = a
	return a, nil
}

// FindAccount finds an account by its login; under the lock.
func (f *Forge) FindAccount(login string) (*Account, error) {
	a := f.byLogin[strings.ToLower(login)]
	if a == nil {
		return nil, fmt.Errorf("no account %q", login)
	}
	return a, nil
}

// AccountByMail finds the account of an e-mail, or returns nil; under the lock.
func (f *Forge) AccountByMail(email string) *Account {
	for _, a := range f.Accounts {
		if email != "" && sameName(a.Email, email) && !a.Deleted {
			return a
		}
	}
	return nil
}

// AppAccount finds the account that an app acts as, or makes it; under the lock.
func (f *Forge) AppAccount(slug string) (*Account, error) {
	if a := f.byLogin[strings.ToLower(slug+f.customs.Bot)]; a != nil {
		return a, nil
	}
	return f.addAccount(slug+f.customs.Bot, Bot)
}

// isApp reports whether an account is that of an app.
func (f *Forge) isApp(a *Account, slug string) bool { return a.Login == slug+f.customs.Bot }

// FindTeam finds a team of an organisation, or returns nil; under the lock.
func (f *Forge) FindTeam(org *Account, slug string) *TeamRecord {
	for _, t := range f.Teams {
		if t.Org == org && sameName(t.Slug, slug) {
			return t
		}
	}
	return nil
}

// ChildTeams lists the teams right below a team; under the lock.
func (f *Forge) ChildTeams(parent *TeamRecord) []*TeamRecord {
	var out []*TeamRecord
	for _, t := range f.Teams {
		if t.Parent == parent {
			out = append(out, t)
		}
	}
	return out
}

// MembersOf lists a team's members with those of its child teams; under the lock.
func (f *Forge) MembersOf(t *TeamRecord) []*Account {
	out := slices.Clone(t.Members)
	for _, child := range f.ChildTeams(t) {
		for _, a := range f.MembersOf(child) {
			if !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return slices.DeleteFunc(out, func(a *Account) bool { return a.Deleted })
}

// Role is an account's role in an organisation, empty if it has none.
func (by *Account) Role(a *Account) string {
	for _, m := range by.members {
		if m.who == a && !a.Deleted {
			return m.role
		}
	}
	return ""
}

// NameAndMail reads an author: a login, or "Name <mail>" for somebody without
// an account. Under the lock.
func (f *Forge) NameAndMail(who string) (name, email string, err error) {
	if m := regexp.MustCompile(`^\s*(.*?)\s*<([^<>]*)>\s*$`).FindStringSubmatch(who); m != nil {
		return m[1], m[2], nil
	}
	a, err := f.FindAccount(who)
	if err != nil {
		return "", "", err
	}
	return a.Name, a.Email, nil
}
