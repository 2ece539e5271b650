package gitee

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// What stands in for check runs where we may write none: our own test of the pull request,
// which a push resets and without which nothing is merged; a thread that stays open; and,
// where neither keeps anything back, a label for people.

// passedLabel is on a pull request that passed, where nothing else shows it.
const passedLabel = "rg/passed"

// errMoved says that what was to pass is not what stands now.
var errMoved = errors.New("the pull request moved while its check was written")

// pass shows whether a pull request passed. Of an earlier head nothing is shown, and it is
// never passed; what passed by another way before is taken back.
func (f *Forge) pass(ctx context.Context, ref pull.Ref, p *rest.Pull, c publish.Check, before seam.Written) (markID, error) {
	passed := c.Outcome == policy.Success
	if string(p.Head.SHA) != c.Head || p.IsMerged() {
		if passed {
			return markID{}, errMoved
		}
		return markID{cmp.Or(parseMark(before.ID).way, byLabel), ref.Number, ""}, nil
	}
	p, err := f.join(ctx, ref, p)
	if err != nil {
		return markID{}, err
	}
	chosen := f.wayOf(p)
	if !passed {
		if err := f.clear(ctx, ref, p); err != nil {
			return markID{}, err
		}
	}
	id := ""
	switch chosen {
	case byTester:
		err = f.setTest(ctx, ref, c.Head, p, passed)
	case byThread:
		id, err = f.setThread(ctx, ref, c.Head, passed)
	case byLabel, byRun:
		if passed {
			err = f.setLabel(ctx, ref, c.Head)
		}
	}
	f.note(ref.Repo, func(m *repoMemory) { m.way = chosen })
	f.noteTested(ref, chosen == byTester)
	return markID{chosen, ref.Number, id}, err
}

// wayOf is the surest way of a pull request that has no check runs. The test holds where
// one is asked for, and nobody else's can stand in for ours; a GitCode tells that ours is
// asked for only while it misses. A thread holds where all have to be resolved.
func (f *Forge) wayOf(p *rest.Pull) way {
	if m, is := p.Tester(f.selfAnswer()); is && f.testHolds(p, bool(m.Accept)) {
		return byTester
	}
	if f.threads && p.Mergeable != nil && bool(p.Mergeable.Rules.Resolve) {
		return byThread
	}
	return byLabel
}

// testMissing reports whether an open pull request waits for our test beside the check run, as
// somebody made us a tester: the run alone would not let it merge.
func (f *Forge) testMissing(p *rest.Pull) bool {
	m, is := p.Tester(f.selfAnswer())
	return is && !bool(m.Accept) && p.IsOpen() && p.TestersNumber > 0
}

func (f *Forge) testHolds(p *rest.Pull, accepted bool) bool {
	if f.isGitCode() {
		return accepted || p.Mergeable != nil && p.Mergeable.Tested != nil && !bool(*p.Mergeable.Tested)
	}
	return p.TestersNumber > 0
}

// alone reports whether each tester has to pass, so that nobody else's test counts for ours.
func alone(p *rest.Pull) bool {
	return p.Testers != nil && int(p.TestersNumber) >= len(*p.Testers)
}

func (f *Forge) selfAnswer() *rest.User {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.self
}

// join makes us a tester where we are none, if the server lets us, and reads the pull
// request as it is then.
func (f *Forge) join(ctx context.Context, ref pull.Ref, p *rest.Pull) (*rest.Pull, error) {
	self := f.selfAnswer()
	_, is := p.Tester(self)
	tried := f.recall(ref.Repo).way
	if is && (f.isGitCode() || p.TestersNumber > 0) || tried == byLabel || tried == byThread {
		return p, nil
	}
	if !is {
		if err := f.addTester(ctx, ref, string(self.Login)); err != nil {
			return p, ignoreDeclined(err)
		}
	}
	if !f.isGitCode() && p.TestersNumber == 0 {
		body := map[string]int{"testers_number": 1}
		if _, err := f.Call(ctx, http.MethodPatch, rest.PullPath(ref), nil, body, nil); err != nil && !rest.Declined(err) {
			return p, err
		}
	}
	now, _, err := f.readPull(ctx, ref)
	if err == nil && now.Head.SHA != p.Head.SHA {
		err = errMoved
	}
	return now, err
}

func ignoreDeclined(err error) error {
	if rest.Declined(err) {
		return nil
	}
	return err
}

// addTester makes somebody a tester: Gitee takes a form.
func (f *Forge) addTester(ctx context.Context, ref pull.Ref, login string) error {
	var body any = url.Values{"testers": {login}}
	if f.isGitCode() {
		body = map[string]any{"testers": login, "add": true}
	}
	_, err := f.Call(ctx, http.MethodPost, rest.PullPath(ref, "testers"), nil, body, nil)
	return err
}

// setTest passes a pull request as its tester; that it is not passed, clear saw to. A test
// names no commit: if another one was pushed meanwhile, it is taken back at once.
func (f *Forge) setTest(ctx context.Context, ref pull.Ref, head string, p *rest.Pull, passed bool) error {
	if m, _ := p.Tester(f.selfAnswer()); !passed || bool(m.Accept) {
		return f.holds(ctx, ref, head, passed, f.accepted)
	}
	if _, err := f.Call(ctx, http.MethodPost, rest.PullPath(ref, "test"), nil, map[string]bool{"force": false}, nil); err != nil {
		return errors.Join(err, f.resetTest(ctx, ref))
	}
	err := f.holds(ctx, ref, head, true, f.accepted)
	if err != nil {
		err = errors.Join(err, f.resetTest(ctx, ref))
	}
	return err
}

func (f *Forge) resetTest(ctx context.Context, ref pull.Ref) error {
	_, err := f.Call(ctx, http.MethodPatch, rest.PullPath(ref, "testers"), nil, map[string]bool{"reset_all": false}, nil)
	return err
}

// accepted reports whether our own test passed.
func (f *Forge) accepted(p *rest.Pull) bool {
	m, is := p.Tester(f.selfAnswer())
	return is && bool(m.Accept)
}

// holds reads a pull request again, and holds it against what was written.
func (f *Forge) holds(ctx context.Context, ref pull.Ref, head string, want bool, shows func(*rest.Pull) bool) error {
	p, _, err := f.readPull(ctx, ref)
	switch {
	case err != nil:
		return fmt.Errorf("read what was written: %w", err)
	case string(p.Head.SHA) != head:
		return errMoved
	case shows(p) != want:
		return forge.MissingField("what was written, or shows something else")
	}
	return nil
}

// clear takes back what says that a pull request passed, by our test or our label. A thread
// is opened again by its own way.
func (f *Forge) clear(ctx context.Context, ref pull.Ref, p *rest.Pull) error {
	if p.HasLabel(passedLabel) {
		if err := f.RemoveLabel(ctx, ref, passedLabel); err != nil {
			return err
		}
	}
	if !f.accepted(p) {
		return nil
	}
	if err := f.resetTest(ctx, ref); err != nil {
		return fmt.Errorf("take our test back: %w", err)
	}
	return f.holds(ctx, ref, string(p.Head.SHA), false, f.accepted)
}

// setLabel puts the label on that says that a pull request passed.
func (f *Forge) setLabel(ctx context.Context, ref pull.Ref, head string) error {
	_, refused, err := f.AddLabels(ctx, ref, []string{passedLabel})
	if err == nil && len(refused) > 0 {
		return nil // the comment says it, too
	}
	if err == nil {
		err = f.holds(ctx, ref, head, true, func(p *rest.Pull) bool { return p.HasLabel(passedLabel) })
	}
	return err
}

// maxTested is of how many pull requests it is known that we are a tester there.
const maxTested = 10_000

// noteTested remembers whether our test holds a pull request back.
func (f *Forge) noteTested(ref pull.Ref, tested bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !tested {
		delete(f.tested, ref)
		return
	}
	if f.tested == nil || len(f.tested) >= maxTested {
		f.tested = map[pull.Ref]bool{}
	}
	f.tested[ref] = true
}

// tookAway reports whether our test held a pull request back that is shown in another way now:
// somebody took our place among the testers away.
func (f *Forge) tookAway(ref pull.Ref, now way) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tested[ref] && now != byTester
}

// passOn reads whether a pull request is shown as passed; nothing is shown where what held it back
// was taken away.
func (f *Forge) passOn(ctx context.Context, ref pull.Ref, p *rest.Pull) (policy.Outcome, error) {
	passed := false
	now := f.wayOf(p)
	if f.tookAway(ref, now) {
		return "", nil
	}
	switch now {
	case byTester:
		passed = f.accepted(p)
	case byThread:
		thread, err := f.ownThread(ctx, ref)
		if err != nil || thread == nil {
			return "", err
		}
		passed = bool(thread.Resolved)
	case byLabel, byRun:
		passed = p.HasLabel(passedLabel)
	}
	if passed {
		return policy.Success, nil
	}
	return policy.Pending, nil
}

// blocks is how what is shown keeps a pull request from being merged, by what was written
// last in its repository or, before that, by what it looks like.
func (f *Forge) blocks(repo pull.Repo, p *rest.Pull) publish.Blocking {
	m := f.recall(repo)
	if f.runs && m.way != byTester && m.way != byLabel && (m.admin == nil || *m.admin) {
		return publish.BlocksAsUsual
	}
	switch f.wayOf(p) {
	case byTester:
		if alone(p) || f.isGitCode() {
			return publish.BlocksByTest
		}
		return publish.BlocksByOneOf
	case byThread:
		return publish.BlocksByThread
	case byLabel, byRun:
	}
	return publish.BlocksNothing
}

// The thread that stays open until a pull request passes; people read it beside the
// comment, in whichever language they have.
const (
	threadMark = "<!-- reviewgate:thread -->"
	threadText = "评审门禁：通过后由门禁将本讨论标记为已解决，请勿手动处理。\n\n" +
		"Review gate: the gate resolves this thread once the pull request passes; please leave it alone.\n\n" + threadMark
)

// ownThread returns our thread; nil where there is none.
func (f *Forge) ownThread(ctx context.Context, ref pull.Ref) (*rest.Comment, error) {
	return f.findComment(ctx, ref, func(c *rest.Comment) bool { return strings.Contains(string(c.Body), threadMark) })
}

// setThread opens or resolves our thread, and returns its name.
func (f *Forge) setThread(ctx context.Context, ref pull.Ref, head string, passed bool) (string, error) {
	thread, err := f.ownThread(ctx, ref)
	if err == nil && thread == nil {
		if _, err = f.writeComment(ctx, ref, threadText, "", threadMark); err == nil {
			thread, err = f.ownThread(ctx, ref)
		}
	}
	if err == nil {
		err = forge.RequireField(thread != nil && thread.Discussion != "", "the thread that was opened")
	}
	if err != nil {
		return "", err
	}
	name := string(thread.Discussion)
	if bool(thread.Resolved) == passed {
		return name, f.holds(ctx, ref, head, true, func(*rest.Pull) bool { return true })
	}
	if err := f.resolve(ctx, ref, name, passed); err != nil {
		return name, err
	}
	err = f.holds(ctx, ref, head, true, func(*rest.Pull) bool { return true })
	if err != nil && passed {
		err = errors.Join(err, f.resolve(ctx, ref, name, false))
	}
	return name, err
}

// resolve resolves our thread or opens it again, and reads that it is so.
func (f *Forge) resolve(ctx context.Context, ref pull.Ref, name string, resolved bool) error {
	path := rest.PullPath(ref, "comments", name)
	if _, err := f.Call(ctx, http.MethodPut, path, nil, map[string]bool{"resolved": resolved}, nil); err != nil {
		return err
	}
	now, err := f.ownThread(ctx, ref)
	if err != nil {
		return err
	}
	return forge.RequireField(now != nil && bool(now.Resolved) == resolved, "the thread as it was written")
}
