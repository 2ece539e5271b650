package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// asked collects the calls to the forge that hold one of some texts, without what
// the gate writes into checks and comments and the lists that sweeps read.
type asked struct {
	mu    sync.Mutex
	calls []string
}

func (w *world) listenFor(texts ...string) *asked {
	a := &asked{}
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		body, err := io.ReadAll(r.Body)
		if strings.Contains(r.URL.Path, "/check-runs") || strings.HasSuffix(r.URL.Path, "/comments") || strings.HasSuffix(r.URL.Path, "/pulls") {
			return nil
		}
		call := r.Method + " " + r.URL.Path + " " + string(body)
		for _, text := range texts {
			if err != nil || strings.Contains(strings.ToLower(call), text) {
				a.mu.Lock()
				a.calls = append(a.calls, call)
				a.mu.Unlock()
			}
		}
		return nil
	})
	return a
}

func (a *asked) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.calls...)
}

// secretRepo adds a private repository with one file.
func (w *world) secretRepo(owner, name, path, text string) *fake.Repo {
	w.t.Helper()
	repo, err := w.AddRepo(fake.RepoOptions{Owner: owner, Name: name, Private: true})
	check0(w.t, err)
	_, err = repo.Commit(fake.Change{Author: "carol", Message: "secret", Files: map[string]*fake.File{path: {Content: text}}})
	check0(w.t, err)
	return repo
}

// propose opens a pull request of mallory's, from a fork, that changes files.
func (w *world) proposeFromFork(files map[string]string) *fake.PullRequest {
	w.t.Helper()
	fork, err := w.repo.Fork("mallory")
	check0(w.t, err)
	change := fake.Change{Branch: "steal", Author: "mallory", Message: "policy", Files: map[string]*fake.File{}}
	for path, text := range files {
		change.Files[path] = &fake.File{Content: text}
	}
	_, err = fork.Commit(change)
	check0(w.t, err)
	pr, err := w.repo.Open(fake.Opening{Author: "mallory", Head: "steal", From: fork})
	check0(w.t, err)
	return pr
}

const secretText = "version: 1\nhunter2: [correct-horse]\n"

// TestProposalReadsNothingElsewhere holds that a stranger's policy, map and people
// cause no call about another repository or team, so that nothing of it, not even
// whether it is there, gets into the check.
func TestProposalReadsNothingElsewhere(t *testing.T) {
	t.Parallel()
	policyOf := func(rest string) map[string]string {
		return map[string]string{".github/review-gate.yml": "version: 1\n" + rest}
	}
	for name, files := range map[string]map[string]string{
		"a map":         policyOf("ownership: [{subsystems: {repo: acme/vault, path: config/prod.yml}}]\n"),
		"with a branch": policyOf("ownership: [{subsystems: {repo: acme/vault, ref: main, path: config/prod.yml}}]\n"),
		"in capitals":   policyOf("ownership: [{subsystems: {repo: ACME/Vault, path: config/prod.yml}}]\n"),
		"no such file":  policyOf("ownership: [{subsystems: {repo: acme/vault, path: config/none.yml}}]\n"),
		"a directory":   policyOf("ownership: [{maintainers: {repo: acme/vault, ref: main, path: config/}}]\n"),
		"CODEOWNERS":    policyOf("ownership: [{codeowners: {repo: acme/vault, path: config/prod.yml}}]\n"),
		"owners.yaml":   policyOf("ownership: [{owners_yaml: {repo: acme/vault, path: config/prod.yml}}]\n"),
		"beside an own source": policyOf(
			"ownership: [{subsystems: .github/subsystems.yml}, {subsystems: {repo: acme/vault, path: config/prod.yml}}]\n"),
		"people":        policyOf("people: {repo: acme/vault, path: config/prod.yml}\n"),
		"another owner": policyOf("ownership: [{subsystems: {repo: friends/vault, path: config/prod.yml}}]\n"),
		"a team":        {".github/subsystems.yml": strings.Replace(testMap, "[alice]", `["@acme/vault", "@friends/vault"]`, 1)},
	} {
		for _, there := range []bool{true, false} {
			t.Run(fmt.Sprint(name, " there=", there), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, worldOptions{idle: true})
				check0(t, w.AddOrg("friends", []string{"carol"}, nil))
				if there {
					w.secretRepo("acme", "vault", "config/prod.yml", secretText)
					w.secretRepo("friends", "vault", "config/prod.yml", secretText)
					check0(t, w.AddTeam(fake.Team{Org: "acme", Slug: "vault", Name: "vault", Members: []string{"erin"}}))
				}
				calls := w.listenFor("vault", "friends")
				w.start(nil)
				pr := w.proposeFromFork(files)
				w.expect(pr, "in_progress", "0 of 1")
				w.quiet()
				run := w.run(pr.Head())
				for _, secret := range []string{"hunter2", "correct-horse", "erin"} {
					if strings.Contains(run.Summary, secret) {
						t.Errorf("the check shows %s:\n%s", secret, run.Summary)
					}
				}
				if wants := strings.Contains(name, "team"); strings.Contains(run.Summary, "is not read for a pull request") == wants {
					t.Errorf("the check says\n%s", run.Summary)
				}
				if got := calls.list(); len(got) > 0 {
					t.Errorf("the proposal caused %q", got)
				}
			})
		}
	}
}

// TestProposalWithoutPolicy holds that taking the policy away has nobody look for the
// organisation's.
func TestProposalWithoutPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true})
	w.secretRepo("acme", ".github", ".github/review-gate.yml", secretText)
	calls := w.listenFor(`"name":".github"`)
	w.start(nil)
	w.push("topic", map[string]string{".github/review-gate.yml": ""})
	pr, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic"})
	check0(t, err)
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	if s := w.run(pr.Head()).Summary; !strings.Contains(s, "is not read for a pull request") || strings.Contains(s, "hunter2") {
		t.Errorf("the check says\n%s", s)
	}
	if got := calls.list(); len(got) > 0 {
		t.Errorf("the proposal caused %q", got)
	}
}

// TestProposalOfWhatTheBaseNames is the control: a source of another repository that
// the policy in force names already is read for a proposal, too, and what would
// become of others is told.
func TestProposalOfWhatTheBaseNames(t *testing.T) {
	t.Parallel()
	const names = "assign: off\ncomment: false\nownership: [{subsystems: {repo: acme/maintainers, ref: main, path: map.yml}}]\n"
	w := newWorld(t, worldOptions{idle: true, policy: "version: 1\n" + names})
	w.secretRepo("acme", "maintainers", "map.yml", testMap)
	w.start(nil)
	other := w.approved("topic")
	w.expect(other, "success", "1 of 1")
	pr := w.proposeFromFork(map[string]string{".github/review-gate.yml": "version: 1\nmin_approvals: 2\n" + names})
	w.expect(pr, "in_progress", "0 of 1")
	w.until("the what-if", func() bool { return strings.Contains(w.run(pr.Head()).Summary, "#1: success → pending") })
	for _, changed := range []string{"ref: main, path: map", "ref: other, path: map.yml", "path: map.yml"} {
		w.push("again", map[string]string{".github/review-gate.yml": "version: 1\n" +
			strings.Replace(names, "ref: main, path: map.yml", changed, 1)})
		again, err := w.repo.Open(fake.Opening{Author: "dave", Head: "again"})
		check0(t, err)
		w.until(changed, func() bool { return strings.Contains(w.run(again.Head()).Summary, "is not read for a pull request") })
		check0(t, again.Close("dave"))
	}
}

// TestFilesElsewhereLookAlike holds that a check says one and the same of a file in
// another repository that the base's policy names, whatever keeps it from being read.
func TestFilesElsewhereLookAlike(t *testing.T) {
	t.Parallel()
	said := map[string]string{}
	var mu sync.Mutex
	t.Run("cases", func(t *testing.T) {
		for name, build := range map[string]func(*world){
			"no repository": func(*world) {},
			"no branch": func(w *world) {
				repo := w.secretRepo("acme", "vault", "config/prod.yml", testMap)
				_, err := repo.Orphan("trunk", "carol", map[string]*fake.File{"a": {Content: "a"}})
				check0(w.t, err)
			},
			"no file":     func(w *world) { w.secretRepo("acme", "vault", "other", testMap) },
			"a directory": func(w *world) { w.secretRepo("acme", "vault", "config/prod.yml/x", testMap) },
			"forbidden": func(w *world) {
				w.secretRepo("acme", "vault", "config/prod.yml", testMap)
				w.SetFault(func(r *http.Request) *fakegithub.Fault {
					if strings.Contains(r.URL.Path, "/acme/vault/") {
						return &fakegithub.Fault{Status: http.StatusForbidden, Body: `{"message":"Resource not accessible by integration"}`}
					}
					return nil
				})
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ref := "main"
				if name == "no branch" {
					ref = "release"
				}
				w := newWorld(t, worldOptions{idle: true,
					policy: "version: 1\nassign: off\ncomment: false\nownership: [{subsystems: {repo: acme/vault, ref: " + ref +
						", path: config/prod.yml}}]\n"})
				build(w)
				w.start(nil)
				pr := w.open("topic", "mm/a.c")
				w.expect(pr, "failure", "acme/vault/config/prod.yml")
				mu.Lock()
				defer mu.Unlock()
				said[w.run(pr.Head()).Summary] = name
			})
		}
	})
	if len(said) != 1 {
		t.Errorf("the checks differ: %q", said)
	}
}

// TestContentElsewhereIsNotShown holds that of what is wrong with a file in another
// repository the check shows place and kind, and nothing that stands there.
func TestContentElsewhereIsNotShown(t *testing.T) {
	t.Parallel()
	for format, text := range map[string]string{
		"subsystems":  "version: 1\nhunter2: x\nsubsystems:\n  - {name: mm, paths: [\"hunter2[\"], maintainers: [\"hunter2 correct-horse\"]}\n",
		"people":      "version: 1\npeople:\n  - {key: hunter2, emails: [hunter2]}\n  - {key: a, logins: {hunter2: '!'}}\n",
		"owners_yaml": "subsystems:\n  - subsystem: hunter2\n    labels: [hunter2\n",
		"overlay":     "version: 1\noverlays:\n  - {name: hunter2 correct-horse, maintainers: [alice]}\n",
		"directory":   "hunter2\nM:\thunter2\nF:\thunter2[\nhunter2: correct-horse\nN:\t(hunter2\n",
		"codeowners":  "[hunter2\n/x hunter2 correct-horse @\n* @carol\n/src/[a] @hunter2\n",
		"maintainers": "hunter2\nM:\thunter2\nF:\thunter2[\nQ:\thunter2\nhunter2: correct-horse\nN:\t(hunter2\n",
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			place, file := "{repo: acme/vault, path: secret map.yml}", "secret map.yml"
			named, shows := format+": "+place, "acme/vault/secret map.yml"
			switch format {
			case "overlay":
				named = "subsystems: " + place
			case "directory":
				named, file, shows = "maintainers: {repo: acme/vault, ref: main, path: secrets/}", "secrets/hunter2", "acme/vault/secrets"
			}
			policy := "version: 1\nassign: off\ncomment: false\nownership: [{" + named + "}, {subsystems: .github/subsystems.yml}]\n"
			if format == "people" {
				policy = "version: 1\nassign: off\ncomment: false\npeople: " + place + "\n"
			}
			w := newWorld(t, worldOptions{idle: true, policy: policy})
			w.secretRepo("acme", "vault", file, text)
			w.start(nil)
			pr := w.open("topic", "mm/a.c")
			w.until("a check", func() bool { return w.run(pr.Head()).Title != "" })
			w.quiet()
			run := w.run(pr.Head())
			if shown := run.Title + run.Summary; strings.Contains(shown, "hunter2") || strings.Contains(shown, "correct-horse") ||
				!strings.Contains(shown, shows) {
				t.Errorf("the check shows\n%s\n%s", run.Title, run.Summary)
			}
		})
	}
}

// TestOrganisationPolicyIsNotQuoted holds the same of a policy in the organisation's
// .github repository, which may be private.
func TestOrganisationPolicyIsNotQuoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, policy: "none"})
	w.secretRepo("acme", ".github", "review-gate.yml", secretText)
	w.start(nil)
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "failure", "acme/.github/review-gate.yml:2: an unknown key")
	if run := w.run(pr.Head()); strings.Contains(run.Title+run.Summary, "hunter2") {
		t.Errorf("the check shows\n%s\n%s", run.Title, run.Summary)
	}
}

// TestMendingWithAnotherRepository holds that people whom the service itself trusts can
// mend a broken policy with one that names a file elsewhere, although that is not read
// beforehand.
func TestMendingWithAnotherRepository(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, policy: "version: 1\ntreshold: 80%\n"})
	w.secretRepo("acme", "maintainers", "map.yml", testMap)
	w.extra = "server:\n  override: {allowed: [erin]}\n"
	calls := w.listenFor("maintainers")
	w.start(nil)
	w.push("mend", map[string]string{
		".github/review-gate.yml": "version: 1\nassign: off\ncomment: false\nownership: [{subsystems: {repo: acme/maintainers, path: " +
			"map.yml}}]\n"})
	mend, err := w.repo.Open(fake.Opening{Author: "dave", Head: "mend"})
	check0(t, err)
	w.expect(mend, "failure", "unknown key")
	_, err = mend.Comment("erin", "/override "+mend.Head()+" mends the policy")
	check0(t, err)
	w.expect(mend, "success", "overridden by erin")
	if got := calls.list(); len(got) > 0 {
		t.Errorf("read for a proposal: %q", got)
	}
}

// TestTrust holds that files and teams of another owner are read only where the
// service's configuration allows that pair, in that direction.
func TestTrust(t *testing.T) {
	t.Parallel()
	for trust, counts := range map[string]bool{
		"":                             false,
		"{from: acme, to: friends}":    true,
		"{from: ACME, to: Friends}":    true,
		"{from: friends, to: acme}":    false,
		"{from: acme, to: friends-of}": false,
	} {
		for name, o := range map[string]worldOptions{
			"file": {policy: "version: 1\nassign: off\ncomment: false\nownership: [{subsystems: {repo: friends/map, path: map.yml}}]\n"},
			"team": {owners: strings.Replace(testMap, "[alice]", `["@friends/mm"]`, 1)},
			"codeowners": {policy: "version: 1\nassign: off\ncomment: false\nownership: [{codeowners: CODEOWNERS}]\n",
				files: map[string]string{"CODEOWNERS": "* @carol\n/mm/ @friends/mm\n"}},
		} {
			t.Run(name+" "+trust, func(t *testing.T) {
				t.Parallel()
				o.idle = true
				w := newWorld(t, o)
				w.friends()
				if trust != "" {
					w.extra = "server:\n  trust: [" + trust + "]\n"
				}
				calls := w.listenFor("friends")
				w.start(nil)
				pr := w.open("topic", "mm/a.c")
				w.until("a check", func() bool { return w.run(pr.Head()).Title != "" })
				w.review(pr, "alice", fake.Approved)
				if counts {
					w.expect(pr, "success", "1 of 1")
					return
				}
				w.quiet()
				run := w.run(pr.Head())
				if conclusion(run) == "success" || !strings.Contains(run.Summary, "server.trust: \\[{from: acme, to: friends}\\]") {
					t.Errorf("%s\n%s", conclusion(run), run.Summary)
				}
				if got := calls.list(); len(got) > 0 {
					t.Errorf("read without trust: %q", got)
				}
			})
		}
	}
}

// TestTrustedAndNotReachable holds that a trusted owner's repository that the app can't
// reach is told of as any other that can't be read.
func TestTrustedAndNotReachable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true,
		policy: "version: 1\nassign: off\ncomment: false\nownership: [{subsystems: {repo: friends/map, path: map.yml}}]\n"})
	check0(t, w.AddOrg("friends", []string{"carol"}, nil))
	w.secretRepo("friends", "map", "map.yml", testMap)
	w.extra = "server:\n  trust: [{from: acme, to: friends}]\n"
	w.start(nil)
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "failure", "friends/map/map.yml: this gate can't read it")
}

// friends adds an organisation in which the app is installed, with a map and a team
// of alice's.
func (w *world) friends() {
	w.t.Helper()
	check0(w.t, w.AddOrg("friends", []string{"carol"}, []string{"alice"}),
		w.AddTeam(fake.Team{Org: "friends", Slug: "mm", Name: "mm", Members: []string{"alice"}}))
	w.secretRepo("friends", "map", "map.yml", testMap)
	_, err := w.Install("friends")
	check0(w.t, err)
}

// TestServerNamesATeam holds that a team that the service itself names may override a
// broken policy although the repository's owner may not name it, and that its members
// are not made known by that.
func TestServerNamesATeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, owners: strings.Replace(testMap, "[alice]", `["@friends/mm"]`, 1)})
	w.friends()
	w.extra = "server:\n  override: {allowed: [\"@friends/mm\"]}\n"
	w.start(nil)
	pr := w.open("topic", "mm/a.c")
	w.expect(pr, "in_progress", "0 of 1")
	w.quiet()
	if s := w.run(pr.Head()).Summary; strings.Contains(s, "alice") {
		t.Errorf("the check tells who is in the team:\n%s", s)
	}
	w.pushAs("carol", "main", map[string]string{".github/review-gate.yml": "version: 1\ntreshold: 80%\n"})
	w.push("mend", map[string]string{".github/review-gate.yml": testPolicy})
	mend, err := w.repo.Open(fake.Opening{Author: "dave", Head: "mend"})
	check0(t, err)
	w.expect(mend, "failure", "unknown key")
	_, err = mend.Comment("alice", "/override "+mend.Head()+" mends the policy")
	check0(t, err)
	w.expect(mend, "success", "overridden by alice")
}

// TestWarningsElsewhereThatConcernNobody holds that a line of another repository's file
// that is skipped is told of where it matters, like one of the repository itself.
func TestWarningsElsewhereThatConcernNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true,
		policy: "version: 1\nassign: off\ncomment: false\nownership: [{codeowners: {repo: acme/owners, path: CODEOWNERS}}]\n"})
	w.secretRepo("acme", "owners", "CODEOWNERS", "* @carol\n/fs/ bob @alice\n")
	w.start(nil)
	for path, tells := range map[string]bool{"mm/a.c": false, "fs/a.c": true} {
		pr := w.open(strings.ReplaceAll(path, "/", "-"), path)
		w.expect(pr, "in_progress", "0 of 1")
		if s := w.run(pr.Head()).Summary; strings.Contains(s, "acme/owners/CODEOWNERS:2: something to correct") != tells {
			t.Errorf("%s: the check says\n%s", path, s)
		}
	}
}
