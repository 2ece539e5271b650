package github_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// id is the number of an account.
func (w *world) id(login string) int64 {
	w.t.Helper()
	w.Lock()
	defer w.Unlock()
	a, err := w.FindAccount(login)
	check(w.t, err)
	return a.ID
}

// TestMayRead holds that who may read a private repository is who was given it, as that very
// account, as long as it has it.
func TestMayRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Lock()
	w.repo.Private = true
	w.Unlock()
	may := func(login string, id int64) bool {
		t.Helper()
		got, err := w.app.MayRead(t.Context(), linux, pull.Person{Login: login, ID: id})
		check(t, err)
		return got
	}
	alice, mallory := w.id("alice"), w.id("mallory")
	check(t, w.repo.SetCollaborator("dave", "read"))
	for login, want := range map[string]bool{"alice": true, "carol": true, "dave": true, "mallory": false} {
		if got := may(login, w.id(login)); got != want {
			t.Errorf("%s: %v", login, got)
		}
	}
	if may("alice", mallory) || may("alice", 0) {
		t.Error("an account of which only the login is right")
	}
	check(t, w.RenameUser("alice", "alice2"), w.RenameUser("mallory", "alice"))
	if may("alice", alice) || may("alice", mallory) {
		t.Error("somebody has taken the login, and has its rights")
	}
	check(t, w.repo.SetCollaborator("dave", "none"))
	if may("dave", w.id("dave")) {
		t.Error("somebody who has just lost access")
	}
}

// TestSignInAddresses holds where people are sent, on github.com and on a server of one's own.
func TestSignInAddresses(t *testing.T) {
	t.Parallel()
	for api, want := range map[string]seam.SignIn{
		"": {AuthURL: "https://github.com/login/oauth/authorize", TokenURL: "https://github.com/login/oauth/access_token",
			UserURL: "https://api.github.com/user", PKCE: true},
		"https://git.example.org/api/v3/": {AuthURL: "https://git.example.org/login/oauth/authorize",
			TokenURL: "https://git.example.org/login/oauth/access_token", UserURL: "https://git.example.org/api/v3/user", PKCE: true},
	} {
		f, err := github.New(github.Config{Name: "github", APIURL: api, Token: "t"})
		check(t, err)
		if diff := cmp.Diff(want, f.Gate().SignIn); diff != "" {
			t.Errorf("%q (-want +got):\n%s", api, diff)
		}
	}
}
