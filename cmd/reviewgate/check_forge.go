package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/github/actions"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/history/oneshot"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// checker judges pull requests of one repository without a service.
type checker struct {
	cmd    *cobra.Command
	flags  checkFlags
	repo   pull.Repo
	remote seam.Forge
	gate   *gate.Gate
	memory *oneshot.Memory
	words  *publish.Messages
	report *actions.Report
	closes func() error
}

// checkForge is check of what is on a forge.
func checkForge(cmd *cobra.Command, f checkFlags) (err error) {
	c, err := newChecker(cmd, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.closes()) }()
	switch ctx := cmd.Context(); {
	case f.list:
		return c.list(ctx)
	case f.group != "":
		return c.groups(ctx)
	case f.all:
		return c.all(ctx)
	default:
		return c.one(ctx, f.number)
	}
}

func newChecker(cmd *cobra.Command, f checkFlags) (*checker, error) {
	ways := 0
	for _, given := range []bool{f.number > 0, f.all, f.group != "", f.list} {
		if given {
			ways++
		}
	}
	if f.repo == "" && ways > 0 && f.number == 0 {
		return nil, errors.New("name the repository with --repo OWNER/NAME")
	}
	if f.repo == "" || ways == 0 {
		return nil, errors.New("name a pull request with --repo OWNER/NAME and --pr NUMBER, or a branch with --local DIR")
	}
	if ways > 1 || f.save != "" && f.number == 0 {
		return nil, errors.New("give one of --pr, --all, --group and --list; --save goes with --pr")
	}
	repo, err := pull.ParseRepo(f.forge, f.repo)
	if err != nil {
		return nil, err
	}
	remote, served, err := openNamed(f, cmd.ErrOrStderr())
	if err != nil {
		return nil, err
	}
	words, err := publish.NewMessages()
	if err != nil {
		return nil, err
	}
	c := &checker{cmd: cmd, flags: f, repo: repo, remote: remote.Gate, words: words, report: actions.NewReport(), closes: remote.close,
		memory: &oneshot.Memory{Forge: remote.once, Lister: remote.Gate.Lister, Publish: f.publish}}
	cfg := gate.Config{
		Forge: c.memory.Narrow(remote.Gate), History: c.memory, Blobs: c.memory, Messages: words, Search: true, Trusts: anyOwner,
		Log: slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)), Now: time.Now,
	}
	if served != nil {
		if err := asServed(&cfg, served); err != nil {
			return nil, err
		}
	}
	if cfg.ForcePolicy, err = forcedPolicy(f.policy); err != nil {
		return nil, err
	}
	c.gate = gate.New(cfg)
	return c, nil
}

// one judges one pull request.
func (c *checker) one(ctx context.Context, number int) error {
	ref := pull.Ref{Repo: c.repo, Number: number}
	run, err := c.memory.Judge(ctx, c.gate, ref)
	if err != nil {
		return c.failed(ctx, ref, err)
	}
	err = c.publish(ctx, &run) // first: what can't be told must not keep a success
	problem := errors.Join(printRun(c.cmd.OutOrStdout(), c.flags.format, run, c.words), saveRun(c.flags.save, run, c.memory),
		c.report.Verdict(&run, c.words, c.flags.all))
	if _, told := errors.AsType[exitCode](err); problem != nil && told {
		return problem
	}
	if err := errors.Join(problem, err); err != nil {
		return err
	}
	return codeOf(c.cmd, c.gate, run, c.flags)
}

// failed has the check say that the judging failed, and gives why.
func (c *checker) failed(ctx context.Context, ref pull.Ref, why error) error {
	err := c.report.Failure(ref, why)
	if !c.flags.publish {
		return errors.Join(why, err)
	}
	head, base := c.memory.HeadOf(ctx, ref)
	left, problem := c.gate.Failed(ctx, ref, head, base)
	if len(left) > 0 {
		c.tellLeft(ref, left, problem)
	}
	return errors.Join(why, err)
}

// publish carries a run's plan out. What a token may not write is a warning, unless a
// success stands that is no longer earned.
func (c *checker) publish(ctx context.Context, run *gate.Run) (err error) {
	if !c.flags.publish || run.Merged() {
		return nil
	}
	var left []string
	if run.Ungated() == gate.Unclear {
		left, err = c.gate.Failed(ctx, run.Ref, run.Head, run.BaseBranch())
	} else if err = c.gate.Apply(ctx, *run); err != nil {
		left, _ = c.gate.Unpublished(ctx, run) // what failed is told by err
	}
	switch {
	case len(left) > 0:
		c.tellLeft(run.Ref, left, err)
		return exitCode(exitError)
	case errors.Is(err, forge.ErrForbidden):
		terminal.Fprintf(c.cmd.ErrOrStderr(), "reviewgate: warning: nothing published: %v\n"+
			"hint: the token of a workflow run by a fork only reads; run the check on pull_request_target, or install the app\n", err)
		return nil
	case err != nil || c.remote.Queues == nil || !c.remote.Queues.HasQueue(c.repo):
		return err
	}
	// What a group was judged by may just have gone.
	return c.queue(ctx, run.BaseBranch())
}

// queue judges the groups that wait in the merge queue of a branch.
func (c *checker) queue(ctx context.Context, branch string) error {
	if err := c.gate.Queues.Judge(ctx, c.repo, []string{branch}); err != nil {
		return fmt.Errorf("judge the merge queue of %s, for which an App needs to read merge queues: %w", branch, err)
	}
	return nil
}

// tellLeft says that a success stands that should not.
func (c *checker) tellLeft(ref pull.Ref, left []string, why error) {
	terminal.Fprintf(c.cmd.ErrOrStderr(),
		"reviewgate: %s may be merged although it should not: the success of %s could not be taken back: %v\n", ref, left, why)
	hint := "run the check again once the forge takes writes; until then do not merge this pull request"
	if errors.Is(why, forge.ErrForbidden) {
		hint = "this token may not write statuses, as on a review of a fork's pull request: run the check from " +
			"config/workflows/review-gate.yml, which review-gate-wake.yml wakes; until then do not merge this pull request"
	}
	terminal.Fprintf(c.cmd.ErrOrStderr(), "hint: %s\n", hint)
}

// all judges every open pull request. One that fails keeps none of the others back;
// the worst exit code counts.
func (c *checker) all(ctx context.Context) error {
	open, err := c.remote.Lister.OpenRequests(ctx, c.repo)
	if err != nil {
		return err
	}
	slices.SortFunc(open, func(a, b seam.Listed) int { return a.Number - b.Number })
	worst := exitPass
	for _, l := range open {
		err := c.one(ctx, l.Number)
		code, told := errors.AsType[exitCode](err)
		if err != nil && !told {
			terminal.Fprintf(c.cmd.ErrOrStderr(), "reviewgate: %s#%d: %v\n", c.repo, l.Number, err)
			code = exitError
		}
		if worst = max(worst, int(code)); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err := c.report.Count(len(open)); err != nil {
		return err
	}
	if worst != exitPass {
		return exitCode(worst)
	}
	return nil
}

// groups judges what waits in a merge queue, and has the groups' heads show it.
func (c *checker) groups(ctx context.Context) error {
	if !c.flags.publish {
		return errors.New("--group only writes the checks of groups; give --publish as well")
	}
	return c.queue(ctx, actions.QueueBranch(c.flags.group))
}

// list prints what the event of this run gives to do.
func (c *checker) list(ctx context.Context) error {
	name, file := os.Getenv("GITHUB_EVENT_NAME"), cmp.Or(c.flags.event, os.Getenv("GITHUB_EVENT_PATH"))
	if name == "" || file == "" {
		return errors.New("--list reads the event of a run of GitHub Actions from $GITHUB_EVENT_NAME and $GITHUB_EVENT_PATH; outside of " +
			"one, use --pr or --all")
	}
	e, err := actions.ReadEvent(name, file)
	if err != nil {
		return err
	}
	open, err := c.remote.Lister.OpenRequests(ctx, c.repo)
	if err != nil {
		return err
	}
	l, err := e.Concerns(open)
	if err != nil {
		return err
	}
	if all := len(l.Pulls); all > actions.MaxMatrix {
		l.Pulls = actions.Turn(l.Pulls, time.Now())
		terminal.Fprintf(c.cmd.ErrOrStderr(),
			"reviewgate: warning: %d pull requests are concerned, and a matrix has %d jobs: the others are judged by the next runs on a schedule\n"+
				"hint: one job with --all judges them all, one after the other\n", all, actions.MaxMatrix)
	}
	text, err := json.Marshal(l.Pulls)
	if err != nil {
		return err
	}
	terminal.Fprintf(c.cmd.OutOrStdout(), "%s\n", text)
	return c.report.Lists(l)
}
