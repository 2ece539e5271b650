package actions

import (
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
)

// MaxMatrix is how many jobs a matrix has at most (docs.github.com, "Usage limits").
const MaxMatrix = 256

// List is what an event of a workflow gives to do.
type List struct {
	Pulls  []int    `json:"pulls"`  // ascending
	Groups []string `json:"groups"` // branches whose merge queue waits
}

// Event is what the events of workflows tell of pull requests. Of what it lists nothing is
// believed: it says where to look.
type Event struct {
	Name   string     `json:"-"` // of the kind of event
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

// ReadEvent reads the event of a run, of the kind that $GITHUB_EVENT_NAME gives, from the
// file that $GITHUB_EVENT_PATH names.
func ReadEvent(name, file string) (Event, error) {
	payload, err := os.ReadFile(file)
	if err != nil {
		return Event{}, fmt.Errorf("read the event: %w", err)
	}
	e := Event{Name: name}
	if err := json.Unmarshal(payload, &e); err != nil {
		return Event{}, fmt.Errorf("read the event %s from %s: %w", name, file, err)
	}
	return e, nil
}

// Turn returns as many of more pull requests as a matrix takes: another part in each hour,
// so that a schedule comes to all of them.
func Turn(pulls []int, now time.Time) []int {
	from := int(now.Unix()/int64(time.Hour/time.Second)*MaxMatrix) % len(pulls)
	part := slices.Concat(pulls[from:], pulls[:from])[:MaxMatrix]
	slices.Sort(part)
	return part
}

// Concerns returns the open pull requests that an event concerns, and one that it closed.
// A check belongs to a commit, so those of one head go together.
func (e *Event) Concerns(open []seam.Listed) (List, error) {
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
	l := List{Pulls: []int{}, Groups: []string{}}
	switch name := e.Name; {
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
			l.Groups = append(l.Groups, QueueBranch(e.Run.Branch))
			return l, nil
		}
		pick(e.ran)
	case name == "push":
		pick(basedOn(e.Ref))
	case name == "schedule" || name == "workflow_dispatch" || name == "repository_dispatch":
		pick(func(*seam.Listed) bool { return true })
	default:
		return l, fmt.Errorf("the event %s names no pull requests; run on pull_request_target, issue_comment, workflow_run, push or "+
			"schedule, as config/workflows/review-gate.yml does", name)
	}
	pick(func(l *seam.Listed) bool { return slices.Contains(heads, l.Head) })
	l.Pulls = slices.AppendSeq(l.Pulls, maps.Keys(picked))
	slices.Sort(l.Pulls)
	return l, nil
}

// idle reports whether a comment is new and says nothing to the gate. One that was edited
// or deleted may have said something.
func (e *Event) idle() bool {
	return e.Action == "created" && e.Comment != nil && len(command.Commanding(e.Comment.Body)) == 0
}

// ran reports whether a run of another workflow was for a pull request. Of one from a
// fork the run names the head only.
func (e *Event) ran(l *seam.Listed) bool {
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

// QueueBranch is the branch that a merge queue's own ref belongs to, such as
// refs/heads/gh-readonly-queue/main/pr-12-0123abcd; any other name is a branch's.
func QueueBranch(ref string) string {
	branch := strings.TrimPrefix(ref, "refs/heads/")
	rest, ok := strings.CutPrefix(branch, "gh-readonly-queue/")
	if i := strings.LastIndex(rest, "/pr-"); ok && i > 0 {
		return rest[:i]
	}
	return branch
}
