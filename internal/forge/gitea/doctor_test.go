package gitea

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// answering is a forge that answers paths below repos/acme/linux and others, in words of a
// real server; it has nothing else.
func answering(t *testing.T, answers map[string]string) *Forge {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api/v1/")
		answer, ok := answers[path]
		switch {
		case !ok:
			w.WriteHeader(http.StatusNotFound)
			answer = `{"message":"not found"}`
		case strings.HasPrefix(answer, `{"message"`):
			w.WriteHeader(http.StatusForbidden)
		}
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	f, err := New(Config{Name: "gitea", APIURL: server.URL + "/api/v1/", Token: "secret", Content: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestExamineToken reads the scopes of a token from the answer to what it may not.
func TestExamineToken(t *testing.T) {
	t.Parallel()
	const me = `{"id":7,"login":"gate"}`
	for refusal, want := range map[string][]string{
		`{"message":"token does not have at least one of required scope(s), required=[read:admin], token scope=write:issue,read:user"}`: {
			"write:issue", "read:user"},
		`{"message":"user should be the site admin"}`: nil,
		`[]`: nil,
	} {
		got := answering(t, map[string]string{"user": me, "admin/cron": refusal}).Examine(t.Context(), 0)
		if diff := cmp.Diff(want, got.Token.Scopes); diff != "" || got.Token.Told != (want != nil) || got.Token.Login != "gate" ||
			got.Login.State != doctor.Taken {
			t.Errorf("%s: %+v (-want +got):\n%s", refusal, got, diff)
		}
		if text := doctor.NewReport(doctor.OfForge(got)).Text(); strings.Contains(text, "GitHub") {
			t.Errorf("a Gitea is told of GitHub:\n%s", text)
		}
	}
}

// TestExamineBranch reads a branch's rule as everybody sees it, and as administrators do.
func TestExamineBranch(t *testing.T) {
	t.Parallel()
	const seen = `{"name":"main","protected":true,"enable_status_check":true,"status_check_contexts":["review-gate"],` +
		`"effective_branch_protection_name":"main"}`
	const branch, rule = "repos/acme/linux/branches/main", "repos/acme/linux/branch_protections/main"
	const hidden = "the gate's account is no administrator of the repository"
	whole := doctor.Branch{Name: "main", Exact: true, Required: []doctor.Required{{Name: "review-gate"}}}
	with := func(change func(*doctor.Branch)) doctor.Branch {
		out := whole
		change(&out)
		return out
	}
	for name, c := range map[string]struct {
		answers map[string]string
		want    doctor.Branch
	}{
		"without a rule": {map[string]string{branch: `{"name":"main","protected":false}`}, doctor.Branch{Name: "main", Exact: true}},
		"no administrator": {map[string]string{branch: seen, rule: `{"message":"forbidden"}`}, with(func(b *doctor.Branch) {
			b.StaleUnread, b.Way.Unread = hidden, hidden
		})},
		"closed": {map[string]string{branch: seen, rule: `{"block_admin_merge_override":true}`}, with(func(b *doctor.Branch) {
			b.Way = doctor.Way{Told: true}
		})},
		"open": {map[string]string{branch: seen, rule: `{"enable_push":true,"dismiss_stale_approvals":true}`}, with(func(b *doctor.Branch) {
			b.Way, b.Stale = doctor.Way{Told: true, Admins: true, Anyone: true}, true
		})},
		"some push": {map[string]string{branch: seen, rule: `{"enable_push":true,"block_admin_merge_override":true,` +
			`"enable_push_whitelist":true,"push_whitelist_usernames":["alice"],` +
			`"push_whitelist_teams":["fs"],"push_whitelist_deploy_keys":true}`},
			with(func(b *doctor.Branch) {
				b.Way = doctor.Way{Told: true, Pushers: []string{"alice", "the team fs", "deploy keys that may write"}}
			})},
	} {
		got, err := answering(t, c.answers).ExamineBranch(t.Context(), pull.Repo{Forge: "gitea", Owner: "acme", Name: "linux"}, "main")
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}
