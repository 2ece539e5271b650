package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/terminal"
)

// maxMatrix is how many jobs a matrix has at most (docs.github.com, "Usage limits").
const maxMatrix = 256

// eventList is what an event of a workflow gives to do.
type eventList struct {
	Pulls  []int    `json:"pulls"`  // ascending
	Groups []string `json:"groups"` // branches whose merge queue waits
}

// workflowEvent is what the events of workflows tell of pull requests. Of what it lists
// nothing is believed: it says where to look.
type workflowEvent struct {
	Action string     `json:"action"`
	Ref    string     `json:"ref"` // of a push
	Pull   *eventPull `json:"pull_request"`
	Issue  *struct {
		Number int              `json:"number"`
		Pull   *json.RawMessage `json:"pull_request"`
	} `json:"issue"`
	Comment *struct {
		Body string `json:"body"`
	} `json:"comment"`
	Run *struct {
		Event    string      `json:"event"`
		HeadSHA  string      `json:"head_sha"`
		Branch   string      `json:"head_branch"`
		Pulls    []eventPull `json:"pull_requests"`
		HeadRepo *struct {
			FullName string `json:"full_name"`
		} `json:"head_repository"`
	} `json:"workflow_run"`
}

type eventPull struct {
	Number int `json:"number"`
	Head   struct {
		SHA string `json:"sha"`
	} `json:"head"`
}

func parseEvent(payload []byte) (e workflowEvent, err error) {
	err = json.Unmarshal(payload, &e)
	return e, err
}

// list prints what the event of this run gives to do.
func (c *checker) list(ctx context.Context) error {
	name, file := os.Getenv("GITHUB_EVENT_NAME"), cmp.Or(c.flags.event, os.Getenv("GITHUB_EVENT_PATH"))
	if name == "" || file == "" {
		return errors.New("--list reads the event of a run of GitHub Actions from $GITHUB_EVENT_NAME and $GITHUB_EVENT_PATH; outside of one, use --pr or --all")
	}
	payload, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the event: %w", err)
	}
	e, err := parseEvent(payload)
	if err != nil {
		return fmt.Errorf("read the event %s from %s: %w", name, file, err)
	}
	open, err := c.hub.Lister.OpenRequests(ctx, c.repo)
	if err != nil {
		return err
	}
	l, err := e.concerns(name, open)
	if err != nil {
		return err
	}
	if all := len(l.Pulls); all > maxMatrix {
		l.Pulls = turn(l.Pulls, time.Now())
		terminal.Fprintf(c.cmd.ErrOrStderr(), "reviewgate: warning: %d pull requests are concerned, and a matrix has %d jobs: the others are judged by the next runs on a schedule\n"+
			"hint: one job with --all judges them all, one after the other\n", all, maxMatrix)
	}
	text, err := json.Marshal(l.Pulls)
	if err != nil {
		return err
	}
	terminal.Fprintf(c.cmd.OutOrStdout(), "%s\n", text)
	return c.report.lists(l)
}

// turn gives as many as a matrix takes: another part in each hour, so that a schedule
// comes to all of them.
func turn(pulls []int, now time.Time) []int {
	from := int(now.Unix()/int64(time.Hour/time.Second)*maxMatrix) % len(pulls)
	part := slices.Concat(pulls[from:], pulls[:from])[:maxMatrix]
	slices.Sort(part)
	return part
}

// concerns gives the open pull requests that an event concerns, and one that it closed.
// A check belongs to a commit, so those of one head go together.
func (e *workflowEvent) concerns(name string, open []seam.Listed) (eventList, error) {
	var heads []string
	picked := map[int]bool{}
	pick := func(which func(l *seam.Listed) bool) {
		for i := range open {
			if which(&open[i]) {
				picked[open[i].Number] = true
				heads = append(heads, open[i].Head)
			}
		}
	}
	numbered := func(n int) func(*seam.Listed) bool { return func(l *seam.Listed) bool { return l.Number == n } }
	l := eventList{Pulls: []int{}, Groups: []string{}}
	switch {
	case name == "merge_group":
		return l, errors.New("a workflow on merge_group is the one of the group, which its pull requests may have changed; " +
			"let review-gate-wake.yml run on merge_group, and judge the group on workflow_run with --group")
	case e.Pull != nil && e.Pull.Number > 0:
		pick(numbered(e.Pull.Number))
		picked[e.Pull.Number] = true // it may just be closed
		heads = append(heads, e.Pull.Head.SHA)
	case name == "issue_comment" && e.Issue != nil:
		if e.Issue.Pull != nil && !e.idle() {
			pick(numbered(e.Issue.Number))
		}
	case name == "workflow_run" && e.Run != nil:
		if e.Run.Event == "merge_group" {
			l.Groups = append(l.Groups, queueBranch(e.Run.Branch))
			return l, nil
		}
		pick(e.ran)
	case name == "push":
		pick(basedOn(e.Ref))
	case name == "schedule" || name == "workflow_dispatch" || name == "repository_dispatch":
		pick(func(*seam.Listed) bool { return true })
	default:
		return l, fmt.Errorf("the event %s names no pull requests; run on pull_request_target, issue_comment, workflow_run, push or schedule, as config/workflows/review-gate.yml does", name)
	}
	pick(func(l *seam.Listed) bool { return slices.Contains(heads, l.Head) })
	l.Pulls = slices.AppendSeq(l.Pulls, maps.Keys(picked))
	slices.Sort(l.Pulls)
	return l, nil
}

// idle reports whether a comment is new and says nothing to the gate. One that was edited
// or deleted may have said something.
func (e *workflowEvent) idle() bool {
	return e.Action == "created" && e.Comment != nil && len(command.Commanding(e.Comment.Body)) == 0
}

// ran reports whether a run of another workflow was for a pull request. Of one from a
// fork the run names the head only.
func (e *workflowEvent) ran(l *seam.Listed) bool {
	r := e.Run
	switch {
	case r.Event == "push":
		return basedOn("refs/heads/" + r.Branch)(l)
	case r.HeadSHA != "" && l.Head == r.HeadSHA:
		return true
	case r.HeadRepo != nil && r.HeadRepo.FullName != "" && l.HeadBranch == r.Branch && strings.EqualFold(l.HeadRepo, r.HeadRepo.FullName):
		return true
	}
	return slices.ContainsFunc(r.Pulls, func(p eventPull) bool { return p.Number == l.Number })
}

// basedOn reports whether a pull request is judged by what stands on a branch: its base,
// or the default branch with the policy.
func basedOn(ref string) func(l *seam.Listed) bool {
	branch, ok := strings.CutPrefix(ref, "refs/heads/")
	return func(l *seam.Listed) bool { return ok && (l.BaseBranch == branch || l.DefaultBranch == branch) }
}
