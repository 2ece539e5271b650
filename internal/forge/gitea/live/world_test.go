package live

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
)

// The organisation and the repository of stories, and the gate's account.
const (
	org  = "acme"
	slug = org + "/linux"
	bot  = "gate"
)

// world is a repository on the server as people see it.
type world struct {
	*server
	shop   *workshop
	people map[string]bool // accounts that there are
	silent atomic.Bool     // something happened that the server tells by no event
}

// prepare removes what an earlier story left, and makes the cast anew.
func (w *world) prepare(cast forgetest.Cast) error {
	if err := w.clear(); err != nil {
		return err
	}
	for _, login := range slices.Concat(cast.People, []string{bot}) {
		if w.people[login] = true; w.kept[login] {
			continue
		}
		if err := w.AddUser(fake.User{Login: login}); err != nil {
			return err
		}
		w.kept[login] = true
	}
	owner := cast.Owners[0]
	if err := w.as("root").post("admin/users/"+owner+"/orgs", map[string]string{"username": org}, nil); err != nil {
		return err
	}
	for _, login := range slices.Concat(cast.Members, []string{bot}) {
		if err := w.join("members", login); err != nil {
			return err
		}
	}
	// The gate's account reads the members of teams as an owner.
	if err := w.join("Owners", bot); err != nil {
		return err
	}
	repo := map[string]any{"name": "linux", "default_branch": "main"}
	if err := w.as(owner).post("orgs/"+org+"/repos", repo, nil); err != nil {
		return err
	}
	for _, team := range cast.Teams {
		if err := w.AddTeam(team); err != nil {
			return err
		}
	}
	for login, role := range cast.Roles {
		if err := w.SetCollaborator(login, role); err != nil {
			return err
		}
	}
	_, err := w.Push("", fake.Change{Author: owner, Message: "Start", Files: forgetest.Texts(cast.Files)})
	return err
}

// clear removes all repositories and organisations, and of the accounts those that are not
// as they were made.
func (w *world) clear() error {
	root := w.as("root")
	var found struct {
		Data []struct {
			FullName string `json:"full_name"`
		} `json:"data"`
	}
	if err := root.get("repos/search?limit=50", &found); err != nil {
		return err
	}
	for _, r := range found.Data {
		if err := root.call(http.MethodDelete, "repos/"+r.FullName, nil, nil); err != nil {
			return err
		}
	}
	var orgs []struct {
		Name string `json:"username"`
	}
	if err := root.get("admin/orgs?limit=50", &orgs); err != nil {
		return err
	}
	for _, o := range orgs {
		if err := root.call(http.MethodDelete, "orgs/"+o.Name, nil, nil); err != nil {
			return err
		}
	}
	var users []loginView
	if err := root.get("admin/users?limit=50", &users); err != nil {
		return err
	}
	for _, u := range users {
		if u.Login == "root" || w.kept[u.Login] {
			continue
		}
		if err := root.call(http.MethodDelete, "admin/users/"+u.Login+"?purge=true", nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// join adds somebody to a team of the organisation; "members" is one that gives no right.
func (w *world) join(team, login string) error {
	w.silent.Store(true)
	id, err := w.teamID(team)
	if err == nil && id == 0 {
		var made struct {
			ID int64 `json:"id"`
		}
		err = w.as("root").post("orgs/"+org+"/teams", teamOptions(team, "read"), &made)
		id = made.ID
	}
	if err != nil {
		return err
	}
	return w.as("root").call(http.MethodPut, fmt.Sprintf("teams/%d/members/%s", id, login), nil, nil)
}

func teamOptions(name, permission string) map[string]any {
	return map[string]any{"name": name, "permission": permission, "units": []string{"repo.code", "repo.pulls", "repo.issues"},
		"includes_all_repositories": name != "members"}
}

func (w *world) teamID(name string) (int64, error) {
	var teams []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	err := w.as("root").get("orgs/"+org+"/teams?limit=50", &teams)
	for _, t := range teams {
		if strings.EqualFold(t.Name, name) {
			return t.ID, err
		}
	}
	return 0, err
}

// AddUser implements forgetest.People.
func (w *world) AddUser(u fake.User) error {
	email := cmp.Or(u.Email, u.Login+"@example.com")
	err := w.as("root").post("admin/users", map[string]any{"username": u.Login, "email": email, "password": password,
		"must_change_password": false, "full_name": u.Name}, nil)
	if err == nil {
		w.people[u.Login] = true
	}
	return err
}

// DeleteUser implements forgetest.People.
func (w *world) DeleteUser(login string) error {
	w.silent.Store(true)
	delete(w.people, login)
	delete(w.kept, login)
	var teams []struct {
		ID int64 `json:"id"`
	}
	if err := w.as("root").get("orgs/"+org+"/teams?limit=50", &teams); err != nil {
		return err
	}
	for _, t := range teams { // one who is in an organisation can't be deleted
		err := w.as("root").call(http.MethodDelete, fmt.Sprintf("teams/%d/members/%s", t.ID, login), nil, nil)
		if err != nil && statusOf(err) != http.StatusNotFound {
			return err
		}
	}
	return w.as("root").call(http.MethodDelete, "admin/users/"+login, nil, nil)
}

// RenameUser implements forgetest.People.
func (w *world) RenameUser(login, to string) error {
	w.silent.Store(true)
	delete(w.people, login)
	delete(w.kept, login)
	w.people[to] = true
	return w.as("root").post("admin/users/"+login+"/rename", map[string]string{"new_username": to}, nil)
}

// SetCollaborator implements forgetest.People.
func (w *world) SetCollaborator(login, role string) error {
	w.silent.Store(true)
	path := "repos/" + slug + "/collaborators/" + login
	if role == "" || role == "none" {
		return w.as("root").call(http.MethodDelete, path, nil, nil)
	}
	return w.as("root").call(http.MethodPut, path, map[string]string{"permission": role}, nil)
}

// AddTeam implements forgetest.Teams.
func (w *world) AddTeam(t fake.Team) error {
	w.silent.Store(true)
	err := w.as("root").post("orgs/"+t.Org+"/teams", teamOptions(t.Slug, "read"), nil)
	for _, login := range t.Members {
		err = errors.Join(err, w.AddTeamMember(t.Org, t.Slug, login))
	}
	return err
}

// AddTeamMember implements forgetest.Teams.
func (w *world) AddTeamMember(_, slug, login string) error { return w.join(slug, login) }

// RemoveTeamMember implements forgetest.Teams.
func (w *world) RemoveTeamMember(_, slug, login string) error {
	w.silent.Store(true)
	id, err := w.teamID(slug)
	if err != nil {
		return err
	}
	return w.as("root").call(http.MethodDelete, fmt.Sprintf("teams/%d/members/%s", id, login), nil, nil)
}

// RemoveTeam implements forgetest.Teams.
func (w *world) RemoveTeam(_, slug string) error {
	w.silent.Store(true)
	id, err := w.teamID(slug)
	if err != nil {
		return err
	}
	return w.as("root").call(http.MethodDelete, fmt.Sprintf("teams/%d", id), nil, nil)
}

// AddOrg implements forgetest.Orgs.
func (w *world) AddOrg(login string, owners, members []string) error {
	if err := w.as("root").post("admin/users/"+owners[0]+"/orgs", map[string]string{"username": login}, nil); err != nil {
		return err
	}
	var made struct {
		ID int64 `json:"id"`
	}
	if err := w.as("root").post("orgs/"+login+"/teams", teamOptions("members", "read"), &made); err != nil {
		return err
	}
	for _, member := range append(members, bot) {
		if err := w.as("root").call(http.MethodPut, fmt.Sprintf("teams/%d/members/%s", made.ID, member), nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// SetTeam implements forgetest.Orgs.
func (w *world) SetTeam(team, role string) error {
	w.silent.Store(true)
	id, err := w.teamID(team)
	if err != nil {
		return err
	}
	options := teamOptions(team, role)
	if role == "" || role == "none" {
		return w.as("root").call(http.MethodDelete, fmt.Sprintf("teams/%d/repos/%s", id, slug), nil, nil)
	}
	return w.as("root").call(http.MethodPatch, fmt.Sprintf("teams/%d", id), options, nil)
}

// in is the path of the gated repository, or of an owner's fork.
func (w *world) in(repo string) string {
	if repo == "" || repo == slug {
		return slug
	}
	return repo + "/linux"
}

// Push implements forgetest.Git.
func (w *world) Push(repo string, c fake.Change) (string, error) {
	branch := cmp.Or(c.Branch, "main")
	first := w.Tip(repo, cmp.Or(c.From, branch))
	if first == "" && c.From == "" {
		first = w.Tip(repo, "main")
	}
	var parents []string
	if first != "" {
		parents = append(parents, first)
	}
	for _, p := range c.Parents {
		parents = append(parents, w.Tip(repo, p))
	}
	if c.Tree != "" {
		c.Tree = w.Tip(repo, c.Tree)
	}
	if err := w.have(repo, slices.Concat(parents, []string{c.Tree})...); err != nil {
		return "", err
	}
	id, err := w.shop.commit(c, parents)
	if err != nil {
		return "", err
	}
	return id, w.push(repo, id, branch, w.pusher(c))
}

// have has the workshop have some commits of a repository.
func (w *world) have(repo string, commits ...string) error {
	for _, c := range commits {
		if c == "" || w.shop.has(c) {
			continue
		}
		if _, err := w.shop.git("", "fetch", "-q", w.address(w.in(repo), "root"), c); err != nil {
			return err
		}
	}
	return nil
}

// pusher is who pushes a change: the first of those who have an account.
func (w *world) pusher(c fake.Change) string {
	for _, who := range []string{c.Pusher, c.Committer, c.Author} {
		if w.people[who] {
			return who
		}
	}
	return "root"
}

// push has a branch at a commit. One who may not push does it by the administrator's hand:
// on the forge in memory nobody is asked, either.
func (w *world) push(repo, commit, branch, by string) error {
	spec := commit + ":refs/heads/" + branch
	_, err := w.shop.git("", "push", "-q", "--force", w.address(w.in(repo), by), spec)
	if err != nil && by != "root" {
		_, err = w.shop.git("", "push", "-q", "--force", w.address(w.in(repo), "root"), spec)
	}
	w.act(pushPutOff)
	return err
}

// SetBranch implements forgetest.Git.
func (w *world) SetBranch(repo, branch, commit, pusher string) error {
	if err := w.have(repo, commit); err != nil {
		return err
	}
	if err := w.push(repo, commit, branch, pusher); err != nil || commit != "" {
		return err
	}
	return w.retargeted(branch)
}

// Tip implements forgetest.Git.
func (w *world) Tip(repo, rev string) string {
	if len(rev) == 40 && w.shop.has(rev) {
		return rev
	}
	var b struct {
		Commit struct {
			ID string `json:"id"`
		} `json:"commit"`
	}
	if w.as("root").get("repos/"+w.in(repo)+"/branches/"+url.PathEscape(rev), &b) == nil {
		return b.Commit.ID
	}
	var c struct {
		SHA string `json:"sha"`
	}
	if w.as("root").get("repos/"+w.in(repo)+"/git/commits/"+url.PathEscape(rev), &c) == nil {
		return c.SHA
	}
	return ""
}

// Content implements forgetest.Git.
func (w *world) Content(rev, path string) (string, bool) {
	at := w.Tip("", rev)
	if at == "" {
		return "", false
	}
	if w.have("", at) != nil {
		return "", false
	}
	text, err := w.shop.git("", "cat-file", "blob", at+":"+path)
	return text, err == nil
}

// Fork implements forgetest.Forks.
func (w *world) Fork(owner string) error {
	return w.as(owner).post("repos/"+slug+"/forks", map[string]string{}, nil)
}

// DeleteFork implements forgetest.Forks.
func (w *world) DeleteFork(owner string) error {
	return w.as("root").call(http.MethodDelete, "repos/"+w.in(owner), nil, nil)
}

// patience is how long the server may take to compute what it says of a pull request.
const patience = 20 * time.Second

// again does something until the server no longer says that it is not ready for it.
func again(do func() error) error {
	end := time.Now().Add(patience)
	for {
		err := do()
		if err == nil || !strings.Contains(err.Error(), "Please try again later") || time.Now().After(end) {
			return err
		}
		<-time.After(200 * time.Millisecond)
	}
}
