package gitea

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestAddressees finds whose an address is among those of which it is a part.
func TestAddressees(t *testing.T) {
	t.Parallel()
	f := answering(t, map[string]string{"users/search": `{"ok":true,"data":[{"id":4,"login":"xalice","email":"xalice@example.com"},` +
		`{"id":5,"login":"alice","email":"Alice@example.com"}]}`})
	got, untold, err := f.Addressees(t.Context(), pull.Repo{}, []string{"alice@example.com", "bob@example.com"})
	want := map[string]pull.Person{"alice@example.com": {Login: "alice", ID: 5}}
	if diff := cmp.Diff(want, got); diff != "" || untold != "" || err != nil {
		t.Errorf("%q, %v (-want +got):\n%s", untold, err, diff)
	}
}

// TestMayPush takes rights away only from whom the server does not list among those who have
// some, and from nobody where it lists none.
func TestMayPush(t *testing.T) {
	t.Parallel()
	repo := pull.Repo{Forge: "gitea", Owner: "acme", Name: "linux"}
	f := answering(t, map[string]string{"repos/acme/linux/assignees": `[{"id":5,"login":"Alice"},{"id":6,"login":"bob"}]`,
		"users/mallory": `{"id":9,"login":"mallory"}`})
	for login, want := range map[string]bool{"alice": true, "bob": true, "mallory": false} {
		if may, err := f.MayPush(t.Context(), repo, login); may != want || err != nil {
			t.Errorf("%s: %v, %v", login, may, err)
		}
	}
	if _, err := f.MayPush(t.Context(), repo, "gone"); !errors.Is(err, pull.ErrNotFound) {
		t.Errorf("an account that is gone: %v", err)
	}
	if _, err := answering(t, nil).MayPush(t.Context(), repo, "alice"); err == nil {
		t.Error("a list that was not read says who may write")
	}
}

// one is a content of one commit by alice, with bob in a trailer.
type one struct{ nothing }

func (one) Commits(context.Context, pull.Repo, string, string) ([]pull.Commit, error) {
	return []pull.Commit{{ID: "head", Signed: []pull.Signature{
		{Part: pull.Author, Email: "Alice@example.com"}, {Part: pull.CoAuthor, Email: "bob@example.com"},
	}}}, nil
}

// TestCommitsHaveAccounts holds that commits that are read again, by git, have the accounts
// that the server tells of.
func TestCommitsHaveAccounts(t *testing.T) {
	t.Parallel()
	f := answering(t, map[string]string{"repos/acme/linux/commits": `[{"sha":"head","author":{"id":5,"login":"alice"},` +
		`"commit":{"author":{"email":"alice@example.com"},"committer":{"email":"nobody@example.com"}}}]`})
	f.cfg.Content = one{}
	got, err := f.Gate().Trees.Commits(t.Context(), pull.Repo{Forge: "gitea", Owner: "acme", Name: "linux"}, "base", "head")
	if err != nil {
		t.Fatal(err)
	}
	want := []pull.Person{{Login: "alice", ID: 5}, {}}
	if diff := cmp.Diff(want, []pull.Person{got[0].Signed[0].Account, got[0].Signed[1].Account}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
