package doctor_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/doctor"
)

// TestReportKeys holds the keys that programs read.
func TestReportKeys(t *testing.T) {
	t.Parallel()
	report := doctor.NewReport([]doctor.Finding{
		{Check: "database", Severity: doctor.OK, What: "fine"},
		{Check: "clock", Severity: doctor.Warning, Forge: "github", What: "a", Why: "b", Do: "c"},
		{Check: "policy", Severity: doctor.CannotTell, Forge: "github", Repo: "a/b", What: "d", Why: "e", Do: "f"},
		{Check: "check_required", Severity: doctor.Error, Forge: "github", Repo: "a/b", Branch: "main", What: "g", Why: "h", Do: "i"},
	})
	got, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"errors":1,"warnings":1,"cannot_tell":1,"findings":[` +
		`{"check":"database","severity":"ok","what":"fine"},` +
		`{"check":"clock","severity":"warning","forge":"github","what":"a","why":"b","do":"c"},` +
		`{"check":"policy","severity":"cannot_tell","forge":"github","repo":"a/b","what":"d","why":"e","do":"f"},` +
		`{"check":"check_required","severity":"error","forge":"github","repo":"a/b","branch":"main","what":"g","why":"h","do":"i"}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := json.Marshal(doctor.NewReport(nil)); err != nil || !strings.Contains(string(got), `"findings":[]`) {
		t.Errorf("%s, %v", got, err)
	}
	if place := report.Findings[3].Place(); place != "github a/b main" {
		t.Error(place)
	}
}

// found gives the findings of one check, as "severity what".
func found(all []doctor.Finding, check string) []string {
	out := []string{}
	for _, f := range all {
		if f.Check == check {
			out = append(out, string(f.Severity)+" "+f.What)
		}
	}
	return out
}

// TestUnreadIsNoError holds that what could not be read is never an error, whatever is
// missing.
func TestUnreadIsNoError(t *testing.T) {
	t.Parallel()
	const why = "403 Resource not accessible by integration"
	far := time.Hour
	for name, findings := range map[string][]doctor.Finding{
		"forge": doctor.OfForge(doctor.Forge{Name: "github", AppID: 1, Login: doctor.Login{State: doctor.NotAnswered, Said: why}}),
		"installations": withoutRights(doctor.OfForge(doctor.Forge{AppID: 1, App: doctor.App{ID: 1},
			Installations: doctor.Installations{Unread: why}, Hook: doctor.Hook{Unread: why}, Deliveries: doctor.Deliveries{Unread: why}})),
		"token":      doctor.OfForge(doctor.Forge{Clock: &far, Token: doctor.Token{Login: "alice", Untold: why, Look: "look", Safer: "be safe"}}),
		"repository": doctor.OfRepo(doctor.Repo{Unread: why}),
		"branch": doctor.OfRepo(doctor.Repo{Policy: doctor.Policy{Source: doctor.OwnPolicy}, More: true, Seen: 300,
			Branches: []doctor.Branch{{Name: "main", Check: "gate", Unread: why, StaleUnread: why, Queue: true, Way: doctor.Way{Unread: why}}},
			Families: []doctor.Family{{Pattern: "r/*", Check: "gate", Unread: why}}}),
	} {
		for _, f := range findings {
			if f.Severity == doctor.Error {
				t.Errorf("%s: %+v", name, f)
			}
			if f.Severity != doctor.OK && (f.What == "" || f.Why == "" || f.Do == "") {
				t.Errorf("%s: it lacks words: %+v", name, f)
			}
		}
	}
}

func withoutRights(all []doctor.Finding) []doctor.Finding {
	var out []doctor.Finding
	for _, f := range all {
		if f.Check != "permissions" && f.Check != "events" {
			out = append(out, f)
		}
	}
	return out
}

// TestRequired tells who may write a branch's check apart.
func TestRequired(t *testing.T) {
	t.Parallel()
	ours, theirs, anybody := doctor.Required{Name: "Gate", Source: 1, Ours: true}, doctor.Required{Name: "gate", Source: 2},
		doctor.Required{Name: "gate"}
	for name, c := range map[string]struct {
		required []doctor.Required
		unread   string
		warn     bool
		token    bool
		want     doctor.Severity
	}{
		"ours":                  {required: []doctor.Required{ours}, want: doctor.OK},
		"ours, the rest unread": {required: []doctor.Required{ours}, unread: "403", want: doctor.OK},
		"ours and anybody":      {required: []doctor.Required{anybody, ours}, want: doctor.OK},
		"anybody":               {required: []doctor.Required{anybody}, want: doctor.Warning},
		"another":               {required: []doctor.Required{theirs}, want: doctor.Error},
		"both":                  {required: []doctor.Required{ours, theirs}, want: doctor.Error},
		"none":                  {required: []doctor.Required{{Name: "ci"}}, want: doctor.Error},
		"none, warning only":    {warn: true, want: doctor.Warning},
		"none seen":             {unread: "403", want: doctor.CannotTell},
		"token":                 {required: []doctor.Required{anybody}, token: true, want: doctor.OK},
		"token, another":        {required: []doctor.Required{theirs}, token: true, want: doctor.Error},
	} {
		b := doctor.Branch{Name: "main", Check: "gate", Required: c.required, Unread: c.unread, Warn: c.warn}
		got := found(doctor.OfRepo(doctor.Repo{Policy: doctor.Policy{Source: doctor.OwnPolicy}, Token: c.token, Branches: []doctor.Branch{b}}),
			"check_required")
		if len(got) != 1 || !strings.HasPrefix(got[0], string(c.want)) {
			t.Errorf("%s: %q, want %s", name, got, c.want)
		}
	}
}

// TestPatterns holds that a name that is compared letter by letter is required by nothing
// else, and that a pattern that takes it is an error.
func TestPatterns(t *testing.T) {
	t.Parallel()
	const absent = `error the branch does not require the check "review-gate"`
	for required, want := range map[string][]string{
		"review-gate":  {`ok the branch requires the status "review-gate"`},
		"Review-Gate":  {absent},
		"*-lint":       {absent},
		"review-gate*": {`error the branch requires the check by a pattern, "review-gate*"`, absent},
		"*":            {`error the branch requires the check by a pattern, "*"`, absent},
	} {
		b := doctor.Branch{Name: "main", Check: "review-gate", Exact: true, Required: []doctor.Required{{Name: required}}}
		got := found(doctor.OfRepo(doctor.Repo{Policy: doctor.Policy{Source: doctor.OwnPolicy}, Token: true, Branches: []doctor.Branch{b}}),
			"check_required")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", required, diff)
		}
	}
}

// TestWays tells how a branch can be got at past the gate.
func TestWays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		way  doctor.Way
		want []string
	}{
		"another forge": {doctor.Way{}, []string{}},
		"unread":        {doctor.Way{Unread: "403"}, []string{"cannot_tell who may pass the gate by can't be told"}},
		"none":          {doctor.Way{Told: true}, []string{"ok nothing gets into the branch but by a pull request that passed"}},
		"administrators": {doctor.Way{Told: true, Admins: true},
			[]string{"warning administrators may merge whatever the branch requires"}},
		"anyone": {doctor.Way{Told: true, Anyone: true}, []string{"warning whoever may write to the repository may push to the branch"}},
		"some": {doctor.Way{Told: true, Pushers: []string{"alice", "the team fs"}},
			[]string{"warning some may push to the branch: alice, the team fs"}},
	} {
		b := doctor.Branch{Name: "main", Check: "gate", Way: c.way}
		got := found(doctor.OfRepo(doctor.Repo{Policy: doctor.Policy{Source: doctor.OwnPolicy}, Branches: []doctor.Branch{b}}), "protection")
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestScopes tells which scopes a token lacks.
func TestScopes(t *testing.T) {
	t.Parallel()
	needs := []doctor.Scope{
		{Any: []string{"write:repository"}, Lost: "all", Needed: true}, {Any: []string{"read:user", "write:user"}, Lost: "some"},
	}
	for _, c := range []struct{ scopes, want []string }{
		{[]string{"write:repository", "write:user"}, []string{"ok the token has the scopes write:repository, read:user"}},
		{[]string{"read:repository", "read:user"}, []string{"error the token has not the scope write:repository"}},
		{[]string{"write:repository"}, []string{"warning the token has not the scope read:user or write:user"}},
	} {
		got := found(doctor.OfForge(doctor.Forge{Token: doctor.Token{Scopes: c.scopes, Told: true, Needs: needs}}), "permissions")
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.scopes, diff)
		}
	}
}

// TestMisnamed tells names of the gate's that are required by mistake from others.
func TestMisnamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		required doctor.Required
		want     string
	}{
		"own": {doctor.Required{Name: "GATE"}, ""}, "somebody's": {doctor.Required{Name: "ci"}, ""},
		"another branch's":                   {doctor.Required{Name: "gate/Release"}, "error"},
		"another branch's, from another app": {doctor.Required{Name: "gate/release", Source: 2}, ""},
		"written":                            {doctor.Required{Name: "review-gate"}, "warning"},
		"ours":                               {doctor.Required{Name: "old", Source: 1, Ours: true}, "error"},
	} {
		b := doctor.Branch{Name: "main", Check: "gate", Others: []string{"gate", "gate/release"}, Written: []string{"gate", "review-gate"},
			Required: []doctor.Required{c.required, c.required}}
		got := found(doctor.OfRepo(doctor.Repo{Policy: doctor.Policy{Source: doctor.OwnPolicy}, Branches: []doctor.Branch{b}}), "check_name")
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.want)) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestClock holds what differences are told, by their size and direction.
func TestClock(t *testing.T) {
	t.Parallel()
	for off, want := range map[time.Duration]string{
		0: "ok", 29 * time.Second: "ok", -29 * time.Second: "ok", 40 * time.Second: "warning this machine's clock is 40s behind the forge's",
		-40 * time.Second: "warning this machine's clock is 40s ahead of the forge's",
		2 * time.Minute:   "error this machine's clock is 2m0s behind", -2 * time.Minute: "error",
	} {
		got := found(doctor.OfForge(doctor.Forge{AppID: 1, App: doctor.App{ID: 1}, Clock: &off}), "clock")
		if len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s: %q, want %q", off, got, want)
		}
	}
}

// TestKeyOfAnotherApp holds that an App that answers as another one is named.
func TestKeyOfAnotherApp(t *testing.T) {
	t.Parallel()
	got := found(doctor.OfForge(doctor.Forge{AppID: 7, App: doctor.App{ID: 8, Slug: "other"}}), "credential")
	if len(got) != 1 || got[0] != "error App id and key do not belong together: app.id is 7, and the key is that of App 8, other" {
		t.Errorf("%q", got)
	}
}

// TestInstallations holds how it is told where the App is installed.
func TestInstallations(t *testing.T) {
	t.Parallel()
	granted := map[string]string{"checks": "write", "contents": "read", "metadata": "read", "pull_requests": "write", "statuses": "read",
		"members": "read", "merge_queues": "read"}
	at := func(account string, repos int) doctor.Installation {
		return doctor.Installation{Account: account, Permissions: granted, Events: doctor.Events(), Repositories: repos}
	}
	suspended, behind := at("c", 9), at("d", 1)
	suspended.Suspended, behind.Events = true, doctor.Events()[1:]
	for name, c := range map[string]struct {
		list []doctor.Installation
		want []string
	}{
		"all": {[]doctor.Installation{at("a", 1), at("b", 2)}, []string{"ok the App is installed in a, b; it is given 3 repositories"}},
		"not counted": {[]doctor.Installation{at("a", 1), at("b", -1)},
			[]string{"ok the App is installed in a, b; it is given at least 1 repository"}},
		"suspended": {[]doctor.Installation{at("a", 1), suspended},
			[]string{"warning the App is suspended in c", "ok the App is installed in a; it is given 1 repository"}},
		"none given": {[]doctor.Installation{at("a", 0)},
			[]string{"ok the App is installed in a; it is given 0 repositories", "warning the App is given no repository"}},
		"event behind": {[]doctor.Installation{behind}, []string{"ok the App is installed in d; it is given 1 repository"}},
	} {
		findings := doctor.OfForge(doctor.Forge{AppID: 1, App: doctor.App{ID: 1, Permissions: granted, Events: doctor.Events()},
			Installations: doctor.Installations{List: c.list}})
		if diff := cmp.Diff(c.want, found(findings, "installation")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		told := found(findings, "events")
		if (name == "event behind") != (len(told) == 1 && told[0] == "error d has not accepted the event check_run") {
			t.Errorf("%s: %q", name, told)
		}
	}
}

// TestDatabase tells the states of a database apart.
func TestDatabase(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seen doctor.Database
		want doctor.Severity
	}{
		"as it should be": {doctor.Database{Version: "1.2", Needed: "1.2"}, doctor.OK},
		"older":           {doctor.Database{Version: "1.1", Needed: "1.2"}, doctor.Warning},
		"newer":           {doctor.Database{Version: "1.3", Needed: "1.2", Newer: true}, doctor.Error},
		"broken":          {doctor.Database{Fault: "no"}, doctor.Error},
		"empty":           {doctor.Database{Version: "0.0", Needed: "1.2", Empty: true}, doctor.OK},
		"absent":          {doctor.Database{Absent: true}, doctor.OK},
		"absent, and can't be made": {doctor.Database{Absent: true, Directory: "denied"},
			doctor.Error},
	} {
		got := found(doctor.OfDatabase(c.seen), "database")
		if len(got) != 1 || !strings.HasPrefix(got[0], string(c.want)) {
			t.Errorf("%s: %q, want %s", name, got, c.want)
		}
	}
}

// TestFamilies holds what is said of who can create branches of a pattern: that not everybody can, that
// everybody can, and that it can't be told.
func TestFamilies(t *testing.T) {
	t.Parallel()
	for says, f := range map[string]doctor.Family{
		"not everybody may create one": {Closed: true}, "everybody who may write can create one": {}, "can't be told": {Unread: "403"},
	} {
		f.Pattern, f.Check = "r/*", "gate"
		i := 0
		for _, found := range doctor.OfRepo(doctor.Repo{Policy: doctor.Policy{Source: doctor.OwnPolicy}, Families: []doctor.Family{f}}) {
			if found.Check != "creation" {
				continue
			}
			i++
			if !strings.Contains(found.What, says) || (found.Severity == doctor.OK) != f.Closed {
				t.Errorf("%+v: %+v", f, found)
			}
		}
		if i != 1 {
			t.Errorf("%+v: %d findings", f, i)
		}
	}
}
