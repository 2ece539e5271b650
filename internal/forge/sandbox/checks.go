package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"
)

// GitHub's limits on checks and statuses (docs.github.com, "Check runs" and
// "Commit statuses").
const (
	maxOutput      = 65_535 // characters of a summary or text
	maxAnnotations = 50     // in one request
	maxDescription = 140    // characters of a status's description
	maxStatuses    = 1_000  // of a commit and context
)

// checkSuite holds an app's check runs of one commit.
type checkSuite struct {
	id      int64
	repo    *Repo
	app     *account // the bot of another app; nil for the App
	head    plumbing.Hash
	created time.Time
}

// checkRun is one check of a commit.
type checkRun struct {
	id                   int64
	repo                 *Repo
	suite                *checkSuite
	head                 plumbing.Hash
	name                 string
	status, conclusion   string
	externalID           string
	detailsURL           string
	title, summary, text *string
	annotations          int
	started, completed   time.Time
}

// checkInput is the body of a check run's creation or update; what is nil
// stays.
type checkInput struct {
	Name        *string `json:"name"`
	HeadSHA     *string `json:"head_sha"`
	Status      *string `json:"status"`
	Conclusion  *string `json:"conclusion"`
	ExternalID  *string `json:"external_id"`
	DetailsURL  *string `json:"details_url"`
	StartedAt   *string `json:"started_at"`
	CompletedAt *string `json:"completed_at"`
	Output      *struct {
		Title       *string `json:"title"`
		Summary     *string `json:"summary"`
		Text        *string `json:"text"`
		Annotations []any   `json:"annotations"`
	} `json:"output"`
}

func (in checkInput) check() error {
	invalidRequest := func(message string) error {
		return &failure{status: http.StatusUnprocessableEntity, message: "Invalid request.\n\n" + message}
	}
	conclusions := []string{"action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"}
	statuses := []string{"queued", "in_progress", "completed", "waiting", "requested", "pending"}
	switch {
	case in.Conclusion != nil && !slices.Contains(conclusions, *in.Conclusion):
		return invalidRequest(*in.Conclusion + " is not a member of " + fmt.Sprint(conclusions) + ".")
	case in.Status != nil && !slices.Contains(statuses, *in.Status):
		return invalidRequest(*in.Status + " is not a member of " + fmt.Sprint(statuses) + ".")
	case in.Conclusion == nil && (in.CompletedAt != nil || in.Status != nil && *in.Status == "completed"):
		return invalidRequest("No subschema in \"anyOf\" matched.\n\"conclusion\" wasn't supplied.")
	case in.Output == nil:
		return nil
	case in.Output.Summary == nil:
		return invalidRequest("\"summary\" wasn't supplied.")
	case len(in.Output.Annotations) > maxAnnotations:
		return invalidRequest("No more than 50 items are allowed; 51 or more were supplied.")
	}
	for _, text := range []*string{in.Output.Summary, in.Output.Text} {
		if text != nil && utf8.RuneCountInString(*text) > maxOutput {
			return invalidRequest(fmt.Sprintf("Only %d characters are allowed; %d were supplied.",
				maxOutput, utf8.RuneCountInString(*text)))
		}
	}
	return nil
}

// createCheck adds a check run of the App, or of another app by its bot.
func (r *Repo) createCheck(in checkInput, app *account) (*checkRun, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	switch {
	case in.Name == nil || *in.Name == "":
		return nil, invalidField("CheckRun", "name", "missing_field", "")
	case in.HeadSHA == nil:
		return nil, invalidField("CheckRun", "head_sha", "missing_field", "")
	}
	head, ok := r.byID(*in.HeadSHA)
	if !ok || !plumbing.IsHash(*in.HeadSHA) {
		return nil, &failure{status: http.StatusUnprocessableEntity, message: "No commit found for SHA: " + *in.HeadSHA}
	}
	run := &checkRun{
		id: r.forge.nextID(), repo: r, suite: r.suite(head, app), head: head, status: "queued", started: r.forge.now(),
	}
	r.checks = append(r.checks, run)
	run.update(in)
	r.forge.emitCheck("created", run)
	r.settleQueues()
	return run, nil
}

func (r *Repo) suite(head plumbing.Hash, app *account) *checkSuite {
	for _, s := range r.suites {
		if s.head == head && s.app == app {
			return s
		}
	}
	s := &checkSuite{r.forge.nextID(), r, app, head, r.forge.now()}
	r.suites = append(r.suites, s)
	return s
}

func (c *checkRun) change(in checkInput) error {
	if err := in.check(); err != nil {
		return err
	}
	done := c.status == "completed"
	c.update(in)
	if c.status == "completed" && !done {
		c.repo.forge.emitCheck("completed", c)
	}
	c.repo.settleQueues()
	return nil
}

func (c *checkRun) update(in checkInput) {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&c.name, in.Name)
	set(&c.externalID, in.ExternalID)
	set(&c.detailsURL, in.DetailsURL)
	if in.Status != nil {
		c.status = *in.Status
		if c.status != "completed" {
			c.conclusion, c.completed = "", time.Time{}
		}
	}
	c.setTime(&c.started, in.StartedAt)
	if in.Conclusion != nil {
		c.status, c.conclusion, c.completed = "completed", *in.Conclusion, c.repo.forge.now()
		c.setTime(&c.completed, in.CompletedAt)
	}
	if in.Output != nil {
		if in.Output.Title != nil {
			c.title = in.Output.Title
		}
		c.summary = in.Output.Summary
		if in.Output.Text != nil {
			c.text = in.Output.Text
		}
		c.annotations += len(in.Output.Annotations)
	}
}

func (c *checkRun) setTime(to *time.Time, text *string) {
	if text == nil {
		return
	}
	if t, err := time.Parse(time.RFC3339, *text); err == nil {
		*to = t
	}
}

// state sums up a suite's runs.
func (s *checkSuite) state() (status, conclusion string, runs int) {
	status, conclusion = "completed", "success"
	for _, c := range s.repo.checks {
		if c.suite != s {
			continue
		}
		runs++
		if c.status != "completed" {
			return "in_progress", "", runs
		}
		if !slices.Contains([]string{"success", "neutral", "skipped"}, c.conclusion) {
			conclusion = "failure"
		}
	}
	return status, conclusion, runs
}

// status is a commit status.
type status struct {
	id          int64
	repo        *Repo
	head        plumbing.Hash
	context     string
	state       string
	description string
	targetURL   string
	creator     *account
	created     time.Time
}

type statusInput struct {
	State       string `json:"state"`
	TargetURL   string `json:"target_url"`
	Description string `json:"description"`
	Context     string `json:"context"`
}

func (r *Repo) createStatus(head plumbing.Hash, in statusInput, by *account) (*status, error) {
	if in.Context == "" {
		in.Context = "default"
	}
	n := 0
	for _, s := range r.statuses {
		n += boolToInt(s.head == head && s.context == in.Context)
	}
	switch {
	case !slices.Contains([]string{"error", "failure", "pending", "success"}, in.State):
		return nil, invalidField("Status", "state", "custom", "state is not included in the list")
	case utf8.RuneCountInString(in.Description) > maxDescription:
		return nil, invalidField("Status", "description", "custom", "description is too long (maximum is 140 characters)")
	case in.TargetURL != "" && !strings.HasPrefix(in.TargetURL, "http://") && !strings.HasPrefix(in.TargetURL, "https://"):
		return nil, invalidField("Status", "target_url", "custom", "target_url must use http(s) scheme")
	case n >= maxStatuses:
		return nil, invalidField("Status", "context", "custom",
			"This SHA and context has reached the maximum number of statuses.")
	}
	s := &status{
		id: r.forge.nextID(), repo: r, head: head, context: in.Context, state: in.State,
		description: in.Description, targetURL: in.TargetURL, creator: by, created: r.forge.now(),
	}
	r.statuses = append(r.statuses, s)
	r.forge.emitStatus(s)
	r.settleQueues()
	return s, nil
}

// latestStatuses gives the newest status of each context, newest first.
func (r *Repo) latestStatuses(head plumbing.Hash) []*status {
	var out []*status
	for _, s := range slices.Backward(r.statuses) {
		known := slices.ContainsFunc(out, func(o *status) bool { return o.context == s.context })
		if s.head == head && !known {
			out = append(out, s)
		}
	}
	return out
}

// latestChecks gives the newest run of each name and app, newest first.
func (r *Repo) latestChecks(head plumbing.Hash) []*checkRun {
	var out []*checkRun
	for _, c := range slices.Backward(r.checks) {
		known := slices.ContainsFunc(out, func(o *checkRun) bool { return o.name == c.name && o.suite.app == c.suite.app })
		if c.head == head && !known {
			out = append(out, c)
		}
	}
	return out
}

// passed tells whether a required check is satisfied: each that has the name
// must be.
func (r *Repo) passed(head plumbing.Hash, name string) bool {
	found := false
	for _, c := range r.latestChecks(head) {
		if c.name == name {
			found = true
			if !slices.Contains([]string{"success", "neutral", "skipped"}, c.conclusion) {
				return false
			}
		}
	}
	for _, s := range r.latestStatuses(head) {
		if s.context == name {
			found = true
			if s.state != "success" {
				return false
			}
		}
	}
	return found
}
