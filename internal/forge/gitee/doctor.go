package gitee

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Examine looks at the token, at how far the server's clock is from ours, and at how the
// check keeps pull requests back; where that takes a call each, in so many of the repositories.
func (f *Forge) Examine(ctx context.Context, counted int) doctor.Forge {
	out := doctor.Forge{Name: f.cfg.Name, Token: doctor.Token{
		Untold: f.title + " tells nobody what a token may do",
		Look:   "see that it has the scopes user_info, projects, pull_requests and notes, or what they are called there, and no others",
	}}
	var u rest.User
	header, err := f.Call(ctx, http.MethodGet, "user", nil, nil, &u)
	switch {
	case rest.Status(err) == http.StatusUnauthorized:
		out.Login = doctor.Login{State: doctor.NotTaken, Said: err.Error()}
	case err != nil:
		out.Login = doctor.Login{State: doctor.NotAnswered, Said: err.Error()}
	default:
		out.Token.Login = string(u.Login)
		if header.Get("Date") != "" {
			ahead := f.DateOf(header).Sub(f.cfg.Now())
			out.Clock = &ahead
		}
		f.mu.Lock()
		f.self = &u
		f.mu.Unlock()
		out.More = append(f.examineWays(ctx, counted), f.openQuestions()...)
	}
	return out
}

// The names of what is looked at here.
const (
	checkBlocking = "blocking"
	checkWebhook  = "webhook"
)

// examineWays says by which way the check is shown in the repositories.
func (f *Forge) examineWays(ctx context.Context, counted int) []doctor.Finding {
	all, err := f.repos(ctx)
	if err != nil {
		return []doctor.Finding{{Check: checkBlocking, Severity: doctor.CannotTell, What: "the repositories could not be listed",
			Why: err.Error(), Do: "try again later"}}
	}
	if f.isGitCode() {
		few := min(len(all), counted, maxSettings)
		out := f.examineSettings(ctx, all[:few])
		if few < len(all) {
			out = append(out, doctor.Finding{Check: checkBlocking, Severity: doctor.CannotTell,
				What: fmt.Sprintf("how the check keeps pull requests back was looked at in the first %d of %d repositories", few, len(all)),
				Why:  "each takes a call, of which there are 50 in a minute", Do: "name others by --repo: it is told of their gated branches"})
		}
		return out
	}
	var runs, others []string
	for i := range all { // the list tells all of it
		if all[i].Permission != nil && bool(all[i].Permission.Admin) {
			runs = append(runs, all[i].Slug())
		} else {
			others = append(others, all[i].Slug())
		}
	}
	var out []doctor.Finding
	if len(runs) > 0 {
		out = append(out, doctor.Finding{Check: checkBlocking, Severity: doctor.OK,
			What: "the gate's account administrates " + some(runs) + ", and writes check runs there"})
	}
	if len(others) > 0 {
		out = append(out, doctor.Finding{Check: checkBlocking, Severity: doctor.Warning,
			What: "the gate's account is no administrator of " + some(others) + ", and only administrators may write check runs",
			Why: "there the check is shown by the gate's test of a pull request where it is a tester, and else by the label " + passedLabel +
				", which keeps nothing from being merged",
			Do: "make the account an administrator, or the only tester of the repository with one test required"})
	}
	return out
}

// some names the first of a list.
func some(names []string) string {
	const most = 5
	text := strings.Join(names[:min(len(names), most)], ", ")
	if n := len(names) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// maxSettings is of how many repositories a GitCode's settings are read at once: it takes
// 50 calls a minute.
const maxSettings = 5

// ways say what keeps pull requests back.
var ways = map[way]string{byTester: "the test of the gate's account is required, the only tester",
	byThread: "threads have to be resolved, and the gate has one", byLabel: "nothing keeps a pull request from being merged"}

func (f *Forge) readSettings(ctx context.Context, repo pull.Repo) (s rest.Settings, by way, err error) {
	self, err := f.whoami(ctx)
	if err == nil {
		err = f.Get(ctx, rest.RepoPath(repo, "pull_request_settings"), nil, &s)
	}
	switch {
	case err == nil && s.OnlyTester(string(self.Login)):
		return s, byTester, nil
	case bool(s.Resolve):
		return s, byThread, err
	}
	return s, byLabel, err
}

// examineSettings looks at a GitCode's settings, repository by repository.
func (f *Forge) examineSettings(ctx context.Context, repos []rest.Repo) []doctor.Finding {
	self := string(f.selfAnswer().Login)
	var out []doctor.Finding
	for i := range repos {
		s, by, err := rest.Settings{}, byLabel, error(nil)
		repo, err := pull.ParseRepo(f.cfg.Name, repos[i].Slug())
		if err == nil {
			s, by, err = f.readSettings(ctx, repo)
		}
		one := doctor.Finding{Check: checkBlocking, Repo: repos[i].Slug(), Severity: doctor.Warning,
			Do: "make the account " + self + " the only tester, and require one test"}
		switch {
		case err != nil:
			one.Severity, one.What, one.Why = doctor.CannotTell, "how the check keeps pull requests back can't be told", err.Error()
			one.Do = "give the account the right to read the pull request settings"
		case by == byTester:
			one.Severity, one.What, one.Do = doctor.OK, "the gate's account is the only tester, and its test is required", ""
		case by == byThread:
			one.What, one.Why = "the check is shown by a thread that has to be resolved", "whoever may resolve threads can merge without the gate"
		default:
			one.What = "nothing keeps a pull request from being merged that the gate holds back"
			one.Why = "neither a test of the gate's account nor resolved threads are required; the gate only shows the label " + passedLabel
		}
		out = append(out, one)
		if err == nil && s.Forced() {
			out = append(out, doctor.Finding{Check: checkBlocking, Repo: one.Repo, Severity: doctor.Warning,
				What: "merging by force is allowed", Why: "it passes the gate by", Do: "switch it off in the pull request settings"})
		}
	}
	return out
}

// openQuestions are what nobody tells by the API, and an administrator can look at.
func (f *Forge) openQuestions() []doctor.Finding {
	hook := doctor.Finding{Check: checkWebhook, Severity: doctor.CannotTell, What: "whether webhooks arrive can't be told",
		Why: "no lost delivery is sent again: what it told is noticed when the open pull requests are listed, each minute",
		Do:  "see in the webhook's list of requests that pull requests, notes and pushes are answered with 202"}
	reset := doctor.Finding{Check: checkBlocking, Severity: doctor.CannotTell,
		What: "whether a push, or another target branch, takes reviews and tests back can't be told",
		Why:  "else a test of the gate's account stands until the gate has seen it, and the gate may miss a push that is undone at once",
		Do: "push to a pull request that passed, have another go to another branch, and see that they are not tested any more; where they " +
			"are, let nobody merge in the minute after"}
	if f.isGitCode() {
		return []doctor.Finding{hook, reset}
	}
	return []doctor.Finding{hook, reset, {Check: checkBlocking, Severity: doctor.Warning,
		What: "administrators can merge by force whatever is missing", Why: "it passes the gate by", Do: "make few people administrators"}}
}

// Branches lists so many branches and reports whether there are more.
func (f *Forge) Branches(ctx context.Context, repo pull.Repo, most int) (names []string, defaultBranch string, more bool, err error) {
	r, err := f.readRepo(ctx, repo)
	if err != nil {
		return nil, "", false, fmt.Errorf("read %s: %w", repo, err)
	}
	all, err := rest.List[branchAnswer](ctx, f.Client, rest.RepoPath(repo, "branches"), nil)
	if err != nil {
		return nil, "", false, fmt.Errorf("list the branches of %s: %w", repo, err)
	}
	for _, b := range all {
		if name := string(b.Name); !slices.Contains(names, name) { // a server may give all on each page
			names = append(names, name)
		}
	}
	return names[:min(most, len(names))], string(r.DefaultBranch), len(names) > most, nil
}

// ruleAnswer is what a protected branch asks for, where the server tells.
type ruleAnswer struct {
	Contexts *rest.Many[rest.Text] `json:"contexts"`
}

// ExamineBranch returns what a branch requires, as far as it is told.
func (f *Forge) ExamineBranch(ctx context.Context, repo pull.Repo, branch string) (doctor.Branch, error) {
	out := doctor.Branch{Name: branch, Exact: true, Way: doctor.Way{Told: true, Admins: true}}
	if f.isGitCode() {
		s, by, err := f.readSettings(ctx, repo)
		out.Unread = f.title + " knows no checks that a branch could require"
		switch {
		case err == nil:
			out.Way.Admins, out.Unread = s.Forced(), out.Unread+"; "+ways[by]
		case errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound):
			out.Way = doctor.Way{Unread: "the gate's account may not read the pull request settings"}
		default:
			return out, fmt.Errorf("read the settings of %s: %w", repo, err)
		}
		return out, nil
	}
	var b branchAnswer
	if err := f.Get(ctx, rest.RepoPath(repo, "branches", branch), nil, &b); err != nil {
		return out, fmt.Errorf("read what branch %s of %s requires: %w", branch, repo, err)
	}
	switch {
	case !bool(b.Protected):
	case b.Rule == nil || b.Rule.Contexts == nil:
		out.Unread = "the server does not tell which checks the branch's rule requires; of several rules for it only the earliest holds"
	default:
		for _, name := range *b.Rule.Contexts {
			out.Required = append(out.Required, doctor.Required{Name: string(name)})
		}
	}
	return out, nil
}

// ExamineCreation returns that everybody who may write can create a branch: a rule for
// branches keeps from pushing to those that are there.
func (f *Forge) ExamineCreation(context.Context, pull.Repo, string) (closed bool, unread string, err error) {
	return false, "", nil
}
