package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// SetCheck implements seam.Publisher: a check run as an App, a commit status
// with a token. What GitHub answers is held against what was asked.
func (f *Forge) SetCheck(ctx context.Context, ref pull.Ref, c publish.Check, before seam.Written) (string, error) {
	repo := ref.Repo
	cl, err := f.client(ctx, repo)
	if err != nil {
		return "", err
	}
	if before.Outcome == policy.Success && c.Outcome != policy.Success {
		ctx = forge.Urgent(ctx)
	}
	id := before.ID
	if f.cfg.App == nil {
		err = f.setStatus(ctx, cl, repo, c, before.Search)
	} else {
		var run int64
		run, err = f.setCheckRun(ctx, cl, repo, c, before)
		id = idText(run)
	}
	if err != nil {
		return "", fmt.Errorf("write check %q on %s of %s: %w", c.Name, c.Head, repo, refusal(err))
	}
	return id, nil
}

// refusal tells what GitHub will not take however often it is asked: an invalid
// text, for one. A limit is none.
func refusal(err error) error {
	told := kind(err)
	if _, limited := errors.AsType[*forge.LimitError](told); !limited && !unknownCommit(err) && status(err) == http.StatusUnprocessableEntity {
		return fmt.Errorf("%w: %w", pull.ErrRefused, err)
	}
	return told
}

// unknownCommit reports whether a commit is refused that was pushed just now: not all
// of GitHub's servers know it (rust-lang/homu#141).
func unknownCommit(err error) bool {
	refused, ok := errors.AsType[*github.ErrorResponse](err)
	return ok && strings.Contains(refused.Message, "No commit found")
}

// details is the address that a check links to; nil if there is none.
func (f *Forge) details(c publish.Check) *string {
	if at := cmp.Or(c.Page, f.cfg.PublicURL); at != "" {
		return &at
	}
	return nil
}

// setStatus writes a status. With search, it does so only if the same does not stand
// already.
func (f *Forge) setStatus(ctx context.Context, cl *client, repo pull.Repo, c publish.Check, search bool) error {
	if search && f.standsAlready(ctx, cl, repo, c) {
		return nil
	}
	// The states of a commit status are our outcomes, by the same names.
	status := &github.RepoStatus{
		State: new(string(c.Outcome)), Description: new(c.Title), Context: new(c.Name), TargetURL: f.details(c),
	}
	written, _, err := cl.rest.Repositories.CreateStatus(ctx, repo.Owner, repo.Name, c.Head, status)
	if err != nil {
		return err
	}
	f.rememberSelf(written.GetCreator().GetLogin())
	return forge.RequireField(written.GetState() == string(c.Outcome) && strings.EqualFold(written.GetContext(), c.Name), "the status")
}

// SetStatus implements seam.Beside: a status, even of an App.
func (f *Forge) SetStatus(ctx context.Context, repo pull.Repo, c publish.Check) error {
	cl, err := f.client(ctx, repo)
	if err != nil {
		return err
	}
	if err := f.setStatus(ctx, cl, repo, c, false); err != nil {
		return fmt.Errorf("write status %q on %s of %s: %w", c.Name, c.Head, repo, refusal(err))
	}
	return nil
}

// setCheckRun updates the newest run of ours where that can show what is asked,
// else it creates one: the newest of a name counts, whoever wrote it.
func (f *Forge) setCheckRun(ctx context.Context, cl *client, repo pull.Repo, c publish.Check, before seam.Written) (int64, error) {
	id, outcome := idNumber(before.ID), before.Outcome
	if before.Search {
		run, others, err := f.latestRun(ctx, cl, repo, c.Head, c.Name, !before.Alone)
		if err != nil {
			return 0, err
		}
		id, outcome = run.GetID(), shown(run)
		if others.GetID() > id && !before.Alone || before.Anew && run.GetStatus() == "completed" {
			id = 0
		}
	}
	if id != 0 && updates(c, outcome) {
		run, err := f.updateRun(ctx, cl, repo, c, id)
		switch {
		case err == nil:
			return id, nil
		case run == nil && status(err) != http.StatusNotFound && status(err) != http.StatusUnprocessableEntity:
			return 0, err
		}
		// GitHub keeps 1,000 runs of a name, refused the update, or took it and
		// shows something else: a new one decides.
	}
	return f.createRun(ctx, cl, repo, c)
}

// updates reports whether a run that shows one outcome can be made to show a
// check. A run that is completed keeps its conclusion when it is set to
// in_progress, and goes on counting as completed (Mergifyio/mergify#1989,
// flutter/cocoon#5136); and an update adds annotations to those that stand
// (docs.github.com, "Update a check run").
func updates(c publish.Check, shows policy.Outcome) bool {
	return len(c.Annotations) == 0 && (shows == policy.Pending || shows != "" && shows == seam.Visible(c.Outcome))
}

// updateRun updates a run. The run comes back beside an error where GitHub shows
// something else than was asked for.
func (f *Forge) updateRun(ctx context.Context, cl *client, repo pull.Repo, c publish.Check, id int64) (*github.CheckRun, error) {
	state, conclusion := runState(c.Outcome)
	run, _, err := cl.rest.Checks.UpdateCheckRun(ctx, repo.Owner, repo.Name, id, github.UpdateCheckRunOptions{
		Name: c.Name, Status: &state, Conclusion: conclusion, Output: output(c), DetailsURL: f.details(c),
	})
	if err != nil {
		return nil, err
	}
	if run.GetID() != id {
		return nil, errIncomplete // whether something was written is not known
	}
	return run, shows(run, c)
}

func (f *Forge) createRun(ctx context.Context, cl *client, repo pull.Repo, c publish.Check) (int64, error) {
	state, conclusion := runState(c.Outcome)
	run, _, err := cl.rest.Checks.CreateCheckRun(ctx, repo.Owner, repo.Name, github.CreateCheckRunOptions{
		Name: c.Name, HeadSHA: c.Head, Status: &state, Conclusion: conclusion, Output: output(c), DetailsURL: f.details(c),
	})
	if id, err := written(run.GetID(), err); err != nil {
		return id, err
	}
	return run.GetID(), shows(run, c)
}

// shows returns an error unless a run shows a check on its head.
func shows(run *github.CheckRun, c publish.Check) error {
	ok := shown(run) == seam.Visible(c.Outcome) && (run.GetHeadSHA() == "" || strings.EqualFold(run.GetHeadSHA(), c.Head)) &&
		strings.EqualFold(run.GetName(), c.Name)
	return forge.RequireField(ok, "the check that was written, or shows another one")
}

// shown is the outcome that a run shows; empty for one that we do not write. Its
// conclusion decides, whatever its status says.
func shown(run *github.CheckRun) policy.Outcome {
	switch conclusion := run.GetConclusion(); {
	case conclusion != "":
		return seam.OutcomeOf(conclusion)
	case run.GetStatus() == "in_progress":
		return policy.Pending
	}
	return ""
}

func output(c publish.Check) *github.CheckRunOutput {
	return &github.CheckRunOutput{Title: new(c.Title), Summary: new(c.Summary), Annotations: annotations(c)}
}

// written returns the id of what was written. An answer without one may be
// anybody's: whether something was written is not known.
func written(id int64, err error) (int64, error) {
	if err == nil && id == 0 {
		err = errIncomplete
	}
	return id, err
}

func annotations(c publish.Check) []*github.CheckRunAnnotation {
	var out []*github.CheckRunAnnotation
	for _, a := range c.Annotations {
		out = append(out, &github.CheckRunAnnotation{
			Path: new(a.Path), StartLine: new(a.Line), EndLine: new(a.Line), AnnotationLevel: new("failure"), Message: new(a.Text),
		})
	}
	return out
}

// runState maps outcomes to a check run's status and conclusion. Neutral and
// skipped are never used: GitHub lets them pass as required checks.
func runState(o policy.Outcome) (state string, conclusion *string) {
	switch o {
	case policy.Success:
		return "completed", new("success")
	case policy.Failure, policy.Error:
		return "completed", new("failure")
	case policy.Pending:
	}
	return "in_progress", nil
}

// latestRun returns our latest run of a name on a commit and, with anybody, that of
// everybody else; nil if there is none. GitHub filters by check suite, of which a commit
// may have several, and tells no order: the greatest id is the newest
// (palantir/policy-bot#821). It lists a name letter by letter, but requires it without
// case, so with anybody all runs are read.
func (f *Forge) latestRun(ctx context.Context, cl *client, repo pull.Repo, head, name string, anybody bool) (ours,
	others *github.CheckRun, err error) {
	opts := &github.ListCheckRunsOptions{Filter: new("latest"), ListOptions: github.ListOptions{PerPage: pageSize}}
	if !anybody {
		opts.CheckName = new(name)
	}
	listed, total := 0, 0
	for {
		runs, res, err := cl.rest.Checks.ListCheckRunsForRef(ctx, repo.Owner, repo.Name, head, opts)
		if err != nil {
			return nil, nil, err
		}
		if runs == nil || runs.Total == nil || *runs.Total > 0 && len(runs.CheckRuns) == 0 {
			return nil, nil, errIncomplete
		}
		if opts.Page == 0 {
			total = *runs.Total // others may be added while they are read
		}
		for _, run := range runs.CheckRuns {
			listed++
			switch {
			case run.GetID() == 0:
				return nil, nil, forge.MissingField("a check's id")
			case !strings.EqualFold(run.GetName(), name):
			case run.GetApp().GetID() == f.cfg.App.ID:
				ours = newer(ours, run)
			default:
				others = newer(others, run)
			}
		}
		if res.NextPage == 0 {
			if total > listed {
				return nil, nil, fmt.Errorf("GitHub lists %d of %d checks of a commit", listed, total)
			}
			return ours, others, nil
		}
		if opts.Page, err = following(max(opts.Page, 1), res.NextPage); err != nil {
			return nil, nil, err
		}
	}
}

// newer returns the one of two runs that was made later.
func newer(a, b *github.CheckRun) *github.CheckRun {
	if b.GetID() > a.GetID() {
		return b
	}
	return a
}

// UpsertComment implements seam.Publisher. A comment that is gone is written
// anew.
func (f *Forge) UpsertComment(ctx context.Context, ref pull.Ref, body, id string, search bool) (string, error) {
	cl, err := f.client(ctx, ref.Repo)
	if err != nil {
		return "", err
	}
	comment, err := f.upsertComment(ctx, cl, ref, body, idNumber(id), search)
	if err != nil {
		return "", fmt.Errorf("comment on %s: %w", ref, kind(err))
	}
	return idText(comment), nil
}

// idText is an id as the gate keeps it; empty for none.
func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// idNumber is an id that idText gave; 0 for none, and for one that was never ours.
func idNumber(text string) int64 {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

func (f *Forge) upsertComment(ctx context.Context, cl *client, ref pull.Ref, body string, id int64, search bool) (int64, error) {
	repo := ref.Repo
	if id == 0 && search {
		var err error
		if id, err = f.findComment(ctx, cl, ref, isGates); err != nil {
			return 0, err
		}
	}
	if id != 0 {
		comment, _, err := cl.rest.Issues.EditComment(ctx, repo.Owner, repo.Name, id, &github.IssueComment{Body: &body})
		return written(comment.GetID(), err)
	}
	comment, _, err := cl.rest.Issues.CreateComment(ctx, repo.Owner, repo.Name, ref.Number, &github.IssueComment{Body: &body})
	return written(comment.GetID(), err)
}

// OwnComment returns the id of our comment on a pull request; empty if there is none.
func (f *Forge) OwnComment(ctx context.Context, ref pull.Ref) (string, error) {
	cl, err := f.client(ctx, ref.Repo)
	if err != nil {
		return "", err
	}
	id, err := f.findComment(ctx, cl, ref, isGates)
	if err != nil {
		return "", fmt.Errorf("find our comment on %s: %w", ref, kind(err))
	}
	return idText(id), nil
}

// isGates tells the gate's one comment from its answers.
func isGates(body string) bool { return strings.Contains(body, publish.Mark) }

// findComment looks for a comment of ours; 0 if there is none. Both the mark
// and our identity must fit: anybody can copy a mark.
func (f *Forge) findComment(ctx context.Context, cl *client, ref pull.Ref, marked func(body string) bool) (int64, error) {
	self, err := f.whoami(ctx)
	if err != nil {
		return 0, err
	}
	opts := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: pageSize}}
	for {
		comments, res, err := cl.rest.Issues.ListComments(ctx, ref.Repo.Owner, ref.Repo.Name, ref.Number, opts)
		if err != nil {
			return 0, err
		}
		for _, c := range comments {
			if c.GetID() == 0 {
				return 0, forge.MissingField("a comment's id")
			}
			if self.is(c.GetUser().GetLogin()) && marked(c.GetBody()) {
				return c.GetID(), nil
			}
		}
		if opts.Page, err = following(opts.Page, res.NextPage); err != nil || opts.Page == 0 {
			return 0, err
		}
	}
}
