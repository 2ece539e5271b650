package gitee

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// TestMayRead holds that who may read is whom the server gives a right to files, in a word that
// is known, as that very account.
func TestMayRead(t *testing.T) {
	t.Parallel()
	path, bob := "repos/acme/linux/collaborators/bob/permission", pull.Person{Login: "bob", ID: 7}
	for answer, want := range map[string]bool{
		`{"id":7,"login":"bob","permission":"admin"}`: true, `{"id":"7","permission":"read"}`: true, `{"id":7,"permission":"developer"}`: true,
		`{"id":7,"permission":"none"}`: false, `{"id":7,"permission":"guest"}`: false, `{"id":8,"permission":"admin"}`: false,
		`{"permission":"admin"}`: false, `{"id":"7a","permission":"read"}`: false,
	} {
		if may, err := answering(t, Kind, map[string]string{path: answer}).MayRead(t.Context(), request.Repo, bob); may != want || err != nil {
			t.Errorf("%s: %v, %v", answer, may, err)
		}
	}
	if may, err := answering(t, Kind, map[string]string{path: `{"id":7,"permission":"odd"}`}).MayRead(t.Context(), request.Repo, bob); may ||
		err == nil {
		t.Errorf("a word that is not known: %v, %v", may, err)
	}
	if _, err := answering(t, Kind, nil).MayRead(t.Context(), request.Repo, bob); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("who is no collaborator: %v", err)
	}
	odd := pull.Person{Login: "bob", ID: pull.AccountNumber("61f0c3")}
	f := answering(t, KindGitCode, map[string]string{path: `{"id":"61f0c3","permission":"write"}`})
	if may, err := f.MayRead(t.Context(), request.Repo, odd); !may || err != nil {
		t.Errorf("an account without a number: %v, %v", may, err)
	}
}

// TestSignInAddresses holds where people are sent on the two sites.
func TestSignInAddresses(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]seam.SignIn{
		Kind: {AuthURL: "https://gitee.com/oauth/authorize", TokenURL: "https://gitee.com/oauth/token", UserURL: "https://gitee.com/api/v5/user",
			Scopes: []string{"user_info"}},
		KindGitCode: {AuthURL: "https://gitcode.com/oauth/authorize", TokenURL: "https://gitcode.com/oauth/token",
			UserURL: "https://api.gitcode.com/api/v5/user", Scopes: []string{"all_user"}},
	} {
		f, err := New(Config{Name: "site", Kind: kind, Token: "t", Content: nothing{}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, f.Gate().SignIn); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}
