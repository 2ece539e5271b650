package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
)

// question is one that is tried: a key among the words, and how. What fails is no reason not to
// try the next one.
type question struct {
	key   string
	gitee bool // a GitCode has nothing of the kind
	do    func(p *Probe, ctx context.Context, a *Answer) error
}

// The questions, in the order in which they are tried. Each leaves the pull requests open.
var questions = []question{
	{"q.begin", false, (*Probe).begin},
	{"q.checks.who", true, (*Probe).askWhoChecks},
	{"q.checks.list", true, (*Probe).askRunList},
	{"q.checks.twins", true, (*Probe).askTwins},
	{"q.checks.final", true, (*Probe).askFinal},
	{"q.accept", false, (*Probe).askAccept},
	{"q.moves", false, (*Probe).askMoves},
	{"q.push", false, (*Probe).askPush},
	{"q.rewrite", false, (*Probe).askRewrite},
	{"q.retarget", false, (*Probe).askRetarget},
	{"q.asking", false, (*Probe).askStrangers},
	{"q.comment", false, (*Probe).askComment},
	{"q.modes", false, (*Probe).askModes},
	{"q.many", false, (*Probe).askMany},
	{"q.limits", false, (*Probe).askLimits},
	{"q.contents", false, (*Probe).askContents},
	{"q.logs", false, (*Probe).askLogs},
}

// try tries all questions. An error is that it could not even begin, or was ended.
func (p *Probe) try(ctx context.Context) error {
	for _, q := range questions {
		if q.gitee && p.cfg.GitCode {
			continue
		}
		place := p.cfg.Tape.place()
		a := Answer{Question: q.key}
		err := q.do(p, ctx, &a)
		a.Failed, a.Sent = err, p.cfg.Tape.since(place)
		p.report.Answers = append(p.report.Answers, a)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && q.key == questions[0].key {
			return fmt.Errorf("begin: %w", err)
		}
	}
	return nil
}

// checkName is that of the check runs.
const checkName = "reviewgate-probe"

// run is a check run.
type run struct {
	ID         rest.Number `json:"id"`
	Status     rest.Text   `json:"status"`
	Conclusion rest.Text   `json:"conclusion"`
}

func (p *Probe) postRun(ctx context.Context, name string) (made run, err error) {
	body := map[string]any{"name": checkName, "head_sha": p.ids[topicCommit], "pull_request_id": p.tasks[name].ID, "status": "in_progress",
		"output": map[string]string{"title": "A probe", "summary": "Made by reviewgate probe"}}
	err = p.send(ctx, http.MethodPost, p.path("check-runs"), nil, body, &made)
	if err == nil && made.ID == 0 {
		err = errors.New("the answer does not tell the number of the check run")
	}
	if err == nil {
		p.posted = append(p.posted, made.ID)
	}
	return made, err
}

// askWhoChecks finds out whether this account may write check runs.
func (p *Probe) askWhoChecks(ctx context.Context, a *Answer) error {
	admin := p.repo.Permission != nil && bool(p.repo.Permission.Admin)
	_, err := p.postRun(ctx, topicPull)
	switch {
	case err == nil && admin:
		a.settle("no-administrator", false)
	case err == nil:
		a.say("checks.by developer")
	case rest.Declined(err) && !admin:
		a.settle("no-administrator", true)
	default:
		return err
	}
	return nil
}

// runs lists the check runs of our name on the topic's commit, and tells whether they come with a
// count.
func (p *Probe) runs(ctx context.Context, query url.Values) (all []run, bare bool, err error) {
	query.Set("check_name", checkName)
	var raw json.RawMessage
	if err := p.get(ctx, p.path("commits", p.ids[topicCommit], "check-runs"), query, &raw); err != nil {
		return nil, false, err
	}
	if bare = strings.HasPrefix(string(raw), "["); bare {
		return all, bare, json.Unmarshal(raw, &all)
	}
	var around struct {
		Runs []run `json:"check_runs"`
	}
	err = json.Unmarshal(raw, &around)
	if err == nil && around.Runs == nil {
		err = errors.New("the answer has no list of check runs")
	}
	return around.Runs, bare, err
}

// lists looks a few times whether a list of runs has one.
func (p *Probe) lists(ctx context.Context, query url.Values, id rest.Number) (all []run, bare bool, err error) {
	err = p.until(ctx, func() (bool, error) {
		var err error
		all, bare, err = p.runs(ctx, query)
		return hasRun(all, id), err
	})
	return all, bare, err
}

func hasRun(all []run, id rest.Number) bool {
	return slices.ContainsFunc(all, func(r run) bool { return r.ID == id })
}

// askRunList finds out how runs are listed, and what a second one of a name does.
func (p *Probe) askRunList(ctx context.Context, a *Answer) error {
	for range max(1, 2-len(p.posted)) {
		if _, err := p.postRun(ctx, topicPull); err != nil {
			return err
		}
	}
	two := p.posted[len(p.posted)-2:]
	all, bare, err := p.lists(ctx, url.Values{"filter": {"all"}}, two[1])
	if err != nil {
		return err
	}
	latest, _, err := p.runs(ctx, url.Values{"filter": {"latest"}})
	if err != nil {
		return err
	}
	a.settle("bare-runs", bare)
	of := func(list []run) (n int) {
		for _, id := range two {
			if hasRun(list, id) {
				n++
			}
		}
		return n
	}
	a.say("checks.listed", of(all), of(latest))
	return nil
}

// askTwins finds out whether a run for one of two pull requests of a head is the other one's, too.
func (p *Probe) askTwins(ctx context.Context, a *Answer) error {
	made, err := p.postRun(ctx, topicPull)
	if err != nil {
		return err
	}
	id := p.tasks[twinPull].ID
	if id == 0 {
		return errNone
	}
	of := func(id rest.Number) url.Values {
		return url.Values{"filter": {"all"}, "pull_request_id": {fmt.Sprint(id)}}
	}
	own, _, err := p.lists(ctx, of(p.tasks[topicPull].ID), made.ID)
	if err == nil && !hasRun(own, made.ID) {
		err = errors.New("the list of the pull request that it was written for does not have it")
	}
	if err != nil {
		return err
	}
	twin, _, err := p.runs(ctx, of(id))
	if err == nil {
		a.settle("twins-share", hasRun(twin, made.ID))
	}
	return err
}

// askFinal finds out what a change of a completed run does.
func (p *Probe) askFinal(ctx context.Context, a *Answer) error {
	made, err := p.postRun(ctx, topicPull)
	if err != nil {
		return err
	}
	path := p.path("check-runs", made.ID)
	conclude := func(word string) error {
		return p.send(ctx, http.MethodPatch, path, nil, map[string]string{"name": checkName, "conclusion": word}, nil)
	}
	if err := conclude("failure"); err != nil {
		return err
	}
	var now run
	concluded := func(word string) error {
		return p.until(ctx, func() (bool, error) {
			now = run{}
			err := p.get(ctx, path, nil, &now)
			return string(now.Conclusion) == word, err
		})
	}
	if err := concluded("failure"); err != nil {
		return err
	}
	if now.Conclusion != "failure" {
		return errors.New("a conclusion was taken, and the run does not show it")
	}
	changed := conclude("success")
	if changed != nil && !rest.Declined(changed) {
		return changed
	}
	word := "success"
	if changed != nil { // once is enough to see that
		word = "failure"
	}
	if err := concluded(word); err != nil {
		return err
	}
	switch {
	case now.Conclusion == "success":
		a.say("checks.not final")
	default:
		a.settle("final-ignored", changed == nil)
	}
	return nil
}

// accepted is what our account has accepted of a pull request.
type accepted struct{ tested, reviewed bool }

func (p *Probe) acceptedOf(now *rest.Pull) (out accepted) {
	self := p.self.user()
	m, is := now.Tester(self)
	out.tested = is && bool(m.Accept)
	for _, m := range now.Asked() {
		out.reviewed = out.reviewed || m.Same(self) && bool(m.Accept)
	}
	return out
}

// pass tests and reviews the topic, as far as the account may, and reads what stands then. Nothing
// of which neither stands is an error.
func (p *Probe) pass(ctx context.Context) (accepted, error) {
	var taken [2]bool
	for i, act := range []string{"test", "review"} {
		err := p.send(ctx, http.MethodPost, p.pullPath(topicPull, act), nil, map[string]bool{"force": false}, nil)
		if err != nil && !rest.Declined(err) {
			return accepted{}, err
		}
		taken[i] = err == nil
	}
	var did accepted
	err := p.until(ctx, func() (bool, error) {
		now, err := p.read(ctx, topicPull)
		if err == nil {
			did = p.acceptedOf(now)
		}
		return (did.tested || !taken[0]) && (did.reviewed || !taken[1]), err
	})
	if err != nil {
		return accepted{}, err
	}
	if !did.tested && !did.reviewed {
		err = errors.New("neither a test nor a review of this account's stands")
	}
	return did, err
}

// reset takes our own test back, and reports whether it is.
func (p *Probe) reset(ctx context.Context) (back bool, err error) {
	path := p.pullPath(topicPull, "testers")
	if err := p.send(ctx, http.MethodPatch, path, nil, map[string]bool{"reset_all": false}, nil); err != nil {
		return false, err
	}
	err = p.until(ctx, func() (bool, error) {
		now, err := p.read(ctx, topicPull)
		back = err == nil && !p.acceptedOf(now).tested
		return back, err
	})
	return back, err
}

// join makes our account a tester and a reviewer of the topic.
func (p *Probe) join(ctx context.Context) error {
	self := string(p.self.Login)
	if p.cfg.GitCode {
		for _, role := range []string{"testers", "reviewers"} {
			body := map[string]any{role: self, "add": true}
			if err := p.send(ctx, http.MethodPost, p.pullPath(topicPull, role), nil, body, nil); err != nil && !rest.Declined(err) {
				return err
			}
		}
		return nil
	}
	err := p.send(ctx, http.MethodPost, p.pullPath(topicPull, "testers"), nil, url.Values{"testers": {self}}, nil)
	if err != nil && !rest.Declined(err) {
		return err
	}
	body := map[string]any{"assignees": self}
	err = p.send(ctx, http.MethodPost, p.pullPath(topicPull, "assignees"), nil, body, nil)
	if err != nil && !rest.Declined(err) {
		return err
	}
	err = p.send(ctx, http.MethodPatch, p.pullPath(topicPull), nil, map[string]int{"testers_number": 1}, nil)
	if rest.Declined(err) {
		return nil
	}
	return err
}

// askAccept finds out whether the account can test and review its own pull request, and take the
// test back.
func (p *Probe) askAccept(ctx context.Context, a *Answer) error {
	if err := p.join(ctx); err != nil {
		return err
	}
	did, err := p.pass(ctx)
	if err != nil {
		return err
	}
	a.say(yesOr("tested", did.tested))
	a.say(yesOr("reviewed", did.reviewed))
	if !did.tested {
		return nil
	}
	back, err := p.reset(ctx)
	if err == nil {
		a.say(yesOr("taken back", back))
	}
	return err
}

// yesOr is the key of what is so, or is not.
func yesOr(key string, is bool) string {
	if is {
		return key
	}
	return "not " + key
}

// second is how far times are apart at the least.
const second = 2 * time.Second

// askMoves finds out whether a test, or a review, moves the pull request's time of change.
func (p *Probe) askMoves(ctx context.Context, a *Answer) error {
	before, err := p.read(ctx, topicPull)
	if err != nil {
		return err
	}
	if did := p.acceptedOf(before); did.tested {
		return errors.New("the test could not be taken back")
	}
	if err := p.cfg.Wait(ctx, second); err != nil {
		return err
	}
	did, err := p.pass(ctx)
	if err == nil && did == p.acceptedOf(before) {
		err = errors.New("nothing was accepted anew: what stood before could not be taken back")
	}
	if err != nil {
		return err
	}
	now, err := p.read(ctx, topicPull)
	if err == nil && (now.UpdatedAt.IsZero() || before.UpdatedAt.IsZero()) {
		err = errors.New("the server does not tell when the pull request was changed")
	}
	if err == nil {
		a.settle("approvals-move", now.UpdatedAt.After(before.UpdatedAt.Time))
	}
	return err
}

// settling is how long what a push resets may take.
const settling = 10 * time.Second

// kept reports whether what was accepted stands after something. What a server resets late is
// waited for.
func (p *Probe) kept(ctx context.Context, did accepted) (bool, error) {
	now, err := p.read(ctx, topicPull)
	if err == nil && p.acceptedOf(now) == did {
		if err = p.cfg.Wait(ctx, settling); err == nil {
			now, err = p.read(ctx, topicPull)
		}
	}
	if err != nil {
		return false, err
	}
	is := p.acceptedOf(now)
	if is != did && is != (accepted{}) {
		return false, fmt.Errorf("of test and review only one was kept: tested %t, reviewed %t", is.tested, is.reviewed)
	}
	return is == did, nil
}

// afterPush passes the topic, pushes, and settles whether what was accepted stands.
func (p *Probe) afterPush(ctx context.Context, a *Answer, knob, commit string) error {
	did, err := p.pass(ctx)
	if err != nil {
		return err
	}
	if err := p.push(ctx, topicBranch, commit); err != nil {
		return err
	}
	if err := p.await(ctx, topicPull, commit); err != nil {
		return err
	}
	kept, err := p.kept(ctx, did)
	if err == nil {
		a.settle(knob, kept)
	}
	return err
}

func (p *Probe) askPush(ctx context.Context, a *Answer) error {
	return p.afterPush(ctx, a, "push-keeps", pushedCommit)
}

func (p *Probe) askRewrite(ctx context.Context, a *Answer) error {
	if now, err := p.read(ctx, topicPull); err != nil || string(now.Head.SHA) != p.ids[pushedCommit] {
		return errors.Join(err, errors.New("the pull request is not at the commit whose patch is to be kept"))
	}
	return p.afterPush(ctx, a, "rewrite-keeps", squashCommit)
}

// askRetarget finds out whether the target branch can be changed by the API, and what that does.
func (p *Probe) askRetarget(ctx context.Context, a *Answer) error {
	did, err := p.pass(ctx)
	if err != nil {
		return err
	}
	err = p.send(ctx, http.MethodPatch, p.pullPath(topicPull), nil, map[string]string{"base": otherBranch}, nil)
	if err != nil && !rest.Declined(err) {
		return err
	}
	moved := false
	if err := p.until(ctx, func() (bool, error) {
		now, err := p.read(ctx, topicPull)
		moved = err == nil && string(now.Base.Ref) == otherBranch
		return moved, err
	}); err != nil {
		return err
	}
	if a.settle("base-by-call", moved); !moved {
		return nil
	}
	kept, err := p.kept(ctx, did)
	if err == nil {
		a.settle("retarget-resets", !kept)
	}
	return err
}
