package gitee

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/doctor"
)

// TestExamine holds what administrators are told of: whose token it is, by which way the
// check holds, and what nobody can tell.
func TestExamine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind   string
		change func(*site)
		says   []string
		errors int
	}{
		"an administrator": {Kind, func(s *site) { s.admin = true },
			[]string{"the token is gate's", "administrates acme/linux, and writes check runs", "merge by force", "each minute"}, 0},
		"a developer": {Kind, nil, []string{"no administrator of acme/linux", passedLabel}, 0},
		"a tester":    {KindGitCode, func(s *site) { s.required = 1 }, []string{"its test is required", "merging by force is allowed"}, 0},
		"a thread":    {KindGitCode, func(s *site) { s.resolve = true }, []string{"a thread that has to be resolved"}, 0},
		"nothing":     {KindGitCode, nil, []string{"nothing keeps a pull request from being merged"}, 0},
		"no settings": {KindGitCode, func(s *site) { s.denied["GET pull_request_settings"] = http.StatusForbidden },
			[]string{"can't be told"}, 0},
		"no token": {Kind, func(s *site) { s.denied["GET user"] = http.StatusUnauthorized },
			[]string{"does not take the token"}, 1},
	} {
		_, f := newSite(t, c.kind, c.change)
		report := doctor.NewReport(doctor.OfForge(f.Examine(t.Context(), 20)))
		text := report.Text()
		for _, says := range c.says {
			if !strings.Contains(text, says) {
				t.Errorf("%s: does not say %q:\n%s", name, says, text)
			}
		}
		if report.Errors != c.errors || strings.Contains(text, "GitHub") || strings.Contains(text, "secret-token") {
			t.Errorf("%s: %d errors:\n%s", name, report.Errors, text)
		}
	}
}

// TestExamineBranch reads what a branch requires, as far as it is told.
func TestExamineBranch(t *testing.T) {
	t.Parallel()
	_, f := newSite(t, Kind, nil)
	got, err := f.ExamineBranch(t.Context(), request.Repo, "main")
	want := doctor.Branch{Name: "main", Exact: true, Way: doctor.Way{Told: true, Admins: true}, Required: []doctor.Required{{Name: "review-gate"}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	f = answering(t, Kind, map[string]string{"repos/acme/linux/branches/main": `{"name":"main","protected":"true","commit":{"sha":"a"}}`})
	if got, err = f.ExamineBranch(t.Context(), request.Repo, "main"); err != nil || got.Unread == "" || got.Required != nil {
		t.Errorf("a rule that is not told: %+v, %v", got, err)
	}
	s, f := newSite(t, KindGitCode, nil)
	got, err = f.ExamineBranch(t.Context(), request.Repo, "main")
	if err != nil || !strings.Contains(got.Unread, "nothing keeps") || !got.Way.Admins {
		t.Errorf("a GitCode's: %+v, %v", got, err)
	}
	s.denied["GET pull_request_settings"] = http.StatusNotFound
	if got, err = f.ExamineBranch(t.Context(), request.Repo, "main"); err != nil || got.Way.Unread == "" || got.Unread == "" {
		t.Errorf("settings that are not shown: %+v, %v", got, err)
	}
}

// TestBranches lists branches once, where a server gives all of them on each page.
func TestBranches(t *testing.T) {
	t.Parallel()
	names := make([]string, 20)
	for i := range names {
		names[i] = `{"name":"b` + strings.Repeat("x", i) + `","commit":{"sha":"a"}}`
	}
	f := answering(t, Kind, map[string]string{"repos/acme/linux": `{"full_name":"acme/linux","default_branch":"main"}`,
		"repos/acme/linux/branches": "[" + strings.Join(names, ",") + "]"})
	got, branch, more, err := f.Branches(t.Context(), request.Repo, 10)
	if len(got) != 10 || branch != "main" || !more || err != nil {
		t.Errorf("%v, %s, %t, %v", got, branch, more, err)
	}
}
