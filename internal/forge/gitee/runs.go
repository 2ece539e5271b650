package gitee

import (
	"context"
	"encoding/json"
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

// The states of a run, and the conclusions that the gate writes: neutral and skipped may
// let through, and are never sent.
const (
	inProgress = "in_progress"
	completed  = "completed"
	success    = "success"
	failure    = "failure"
)

// runAnswer is a check run. It tells neither who made it nor for which pull request.
type runAnswer struct {
	ID         rest.Number `json:"id"`
	Name       rest.Text   `json:"name"`
	HeadSHA    rest.Text   `json:"head_sha"`
	Status     rest.Text   `json:"status"`
	Conclusion rest.Text   `json:"conclusion"`
	Output     *struct {
		Text rest.Text `json:"text"`
	} `json:"output"`
}

// outcome is what a run shows; empty for one that there is not, or that the gate does not
// write.
func (r *runAnswer) outcome() policy.Outcome {
	switch {
	case r.ID == 0:
		return ""
	case r.Status == completed:
		return seam.OutcomeOf(string(r.Conclusion))
	case r.Status == inProgress || r.Status == "queued":
		return policy.Pending
	}
	return ""
}

func (r *runAnswer) text() string {
	if r.Output == nil {
		return ""
	}
	return string(r.Output.Text)
}

// request is the number of the pull request that a run of ours is for; 0 where it does not
// tell.
func (r *runAnswer) request() (number int) {
	_, mark, _ := strings.Cut(r.text(), runMarkStart)
	if _, err := fmt.Sscanf(mark, "%d", &number); err != nil {
		return 0
	}
	return number
}

// runList is a list of runs, with a count around it or without.
type runList []runAnswer

// UnmarshalJSON implements json.Unmarshaler.
func (l *runList) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return json.Unmarshal(data, (*[]runAnswer)(l))
	}
	var around struct {
		runAnswer

		Runs *[]runAnswer `json:"check_runs"`
	}
	if err := json.Unmarshal(data, &around); err != nil {
		return err
	}
	if around.Runs != nil {
		*l = *around.Runs
	} else if around.ID > 0 {
		*l = runList{around.runAnswer}
	}
	return nil
}

// runMark is at the end of the text of a run of ours, out of people's sight. It tells what
// the run shows, so that one that was written without an answer is found.
func runMark(ref pull.Ref, c publish.Check) string {
	return fmt.Sprintf("%s%d %s %s -->", runMarkStart, ref.Number, c.Outcome, c.Digest)
}

const runMarkStart = "<!-- reviewgate:check "

// setRun writes a check run. A conclusion is final, so that each outcome has a run of its
// own; while review is missing a run is in progress, and may be changed and completed.
func (f *Forge) setRun(ctx context.Context, ref pull.Ref, p *rest.Pull, c publish.Check, before seam.Written) (markID, error) {
	old := parseMark(before.ID)
	ours := old.way == byRun && old.number == ref.Number && old.id != ""
	if before.Search && !before.Anew {
		latest, _, err := f.runsOn(ctx, ref, p, c.Head, c.Name)
		if err != nil {
			return markID{}, err
		}
		if strings.HasSuffix(latest.text(), runMark(ref, c)) && latest.outcome() == seam.Visible(c.Outcome) {
			return markID{byRun, ref.Number, fmt.Sprint(latest.ID)}, nil
		}
	}
	if ours && before.Outcome == policy.Pending && !before.Anew {
		id, err := f.writeRun(ctx, ref, p, c, old.id)
		if !rest.Declined(err) && !errors.Is(err, errOther) { // what is completed stays as it is
			return id, err
		}
	}
	if c.Outcome == policy.Pending && before.Outcome != policy.Pending && (before.ID != "" || before.Search) {
		// Whether a run in progress takes the place of a success is not told: one that
		// is completed surely does.
		closed := c
		closed.Outcome = policy.Failure
		if _, err := f.writeRun(ctx, ref, p, closed, ""); err != nil {
			return markID{}, err
		}
	}
	return f.writeRun(ctx, ref, p, c, "")
}

// writeRun writes a new run, or changes one.
func (f *Forge) writeRun(ctx context.Context, ref pull.Ref, p *rest.Pull, c publish.Check, id string) (markID, error) {
	method, path, body := http.MethodPost, rest.RepoPath(ref.Repo, "check-runs"), f.runBody(ref, c)
	if id != "" {
		method, path = http.MethodPatch, rest.RepoPath(ref.Repo, "check-runs", id)
	} else {
		body["head_sha"], body["pull_request_id"] = c.Head, p.ID
	}
	var made runAnswer
	if _, err := f.Call(ctx, method, path, nil, body, &made); err != nil {
		return markID{}, err
	}
	ok := made.ID > 0 && string(made.Name) == c.Name && strings.EqualFold(string(made.HeadSHA), c.Head) &&
		made.outcome() == seam.Visible(c.Outcome)
	if !ok {
		return markID{}, errOther
	}
	return markID{byRun, ref.Number, fmt.Sprint(made.ID)}, nil
}

// errOther says that a check run does not show what was written.
var errOther = fmt.Errorf("write a check run: %w", forge.MissingField("the one that was written, or shows another one"))

// runBody is what a run shows.
func (f *Forge) runBody(ref pull.Ref, c publish.Check) map[string]any {
	output := map[string]any{"title": c.Title, "summary": c.Summary, "text": runMark(ref, c)}
	var notes []map[string]any
	for _, a := range c.Annotations {
		notes = append(notes, map[string]any{"path": a.Path, "start_line": a.Line, "end_line": a.Line, "annotation_level": "warning",
			"message": a.Text})
	}
	if notes != nil {
		output["annotations"] = notes
	}
	body := map[string]any{"name": c.Name, "status": inProgress, "output": output}
	if f.cfg.PublicURL != "" {
		body["details_url"] = f.cfg.PublicURL
	}
	switch c.Outcome {
	case policy.Success:
		body["status"], body["conclusion"] = completed, success
	case policy.Failure, policy.Error:
		body["status"], body["conclusion"] = completed, failure
	case policy.Pending:
	}
	return body
}

// runsOn returns the latest run of a name on a commit for a pull request, and the latest
// that has our mark: anybody could copy it, so it is no proof. Names are compared letter by
// letter.
func (f *Forge) runsOn(ctx context.Context, ref pull.Ref, p *rest.Pull, head, name string) (latest, ours runAnswer, err error) {
	query := url.Values{"check_name": {name}, "pull_request_id": {fmt.Sprint(p.ID)}, "filter": {"all"}}
	all, err := rest.ListAs[runList](ctx, f.Client, rest.RepoPath(ref.Repo, "commits", head, "check-runs"), query)
	for _, r := range all {
		if r.ID == 0 || r.Status == "" {
			return latest, ours, forge.MissingField("a check run's number or state")
		}
		if string(r.Name) != name {
			continue
		}
		if r.ID > latest.ID {
			latest = r
		}
		if strings.Contains(r.text(), fmt.Sprintf("%s%d ", runMarkStart, ref.Number)) && r.ID > ours.ID {
			ours = r
		}
	}
	return latest, ours, err
}
