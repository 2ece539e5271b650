package gitea

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestMayRead holds that who may read is who owns, collaborates or is of a team with rights to
// files and pull requests, as that very account.
func TestMayRead(t *testing.T) {
	t.Parallel()
	repo := pull.Repo{Forge: "gitea", Owner: "acme", Name: "linux"}
	answers := map[string]string{
		"users/owner": `{"id":1,"login":"owner"}`, "users/colleague": `{"id":2,"login":"colleague"}`, "users/coder": `{"id":3,"login":"coder"}`,
		"users/scribe": `{"id":4,"login":"scribe"}`, "users/chief": `{"id":5,"login":"chief"}`, "users/mallory": `{"id":6,"login":"mallory"}`,
		"repos/acme/linux":               `{"owner":{"id":1,"login":"owner"},"private":true}`,
		"repos/acme/linux/collaborators": `[{"id":2,"login":"colleague"}]`,
		"repos/acme/linux/teams": `[{"id":10,"permission":"none","units_map":{"repo.code":"read","repo.pulls":"write"}},` +
			`{"id":11,"permission":"none","units_map":{"repo.wiki":"write","repo.code":"none"}},{"id":12,"permission":"owner"},` +
			`{"id":13,"permission":"none","units_map":{"repo.code":"read"}}]`,
		"teams/10/members/coder": `{"id":3,"login":"coder"}`, "teams/11/members/scribe": `{"id":4,"login":"scribe"}`,
		"teams/13/members/scribe": `{"id":4,"login":"scribe"}`, "teams/12/members/chief": `{"id":5,"login":"chief"}`,
	}
	f := answering(t, answers)
	for who, want := range map[pull.Person]bool{
		{Login: "owner", ID: 1}: true, {Login: "colleague", ID: 2}: true, {Login: "coder", ID: 3}: true, {Login: "chief", ID: 5}: true,
		{Login: "scribe", ID: 4}: false, {Login: "mallory", ID: 6}: false, {Login: "coder", ID: 9}: false, {Login: "coder"}: false,
	} {
		if may, err := f.MayRead(t.Context(), repo, who); may != want || err != nil {
			t.Errorf("%+v: %v, %v", who, may, err)
		}
	}
	for _, path := range []string{"users/coder", "repos/acme/linux", "repos/acme/linux/collaborators",
		"repos/acme/linux/teams"} {
		less := maps.Clone(answers)
		delete(less, path)
		if may, err := answering(t, less).MayRead(t.Context(), repo, pull.Person{Login: "coder", ID: 3}); may || err == nil {
			t.Errorf("without %s: %v, %v", path, may, err)
		}
	}
}

// TestSignInAddresses holds where people are sent, also of a server below a path.
func TestSignInAddresses(t *testing.T) {
	t.Parallel()
	f, err := New(Config{Name: "gitea", APIURL: "https://git.example.org/forge/api/v1/", Token: "t", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	want := seam.SignIn{AuthURL: "https://git.example.org/forge/login/oauth/authorize",
		TokenURL: "https://git.example.org/forge/login/oauth/access_token", UserURL: "https://git.example.org/forge/api/v1/user",
		Scopes: []string{"read:user"}, PKCE: true}
	if diff := cmp.Diff(want, f.Gate().SignIn); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
