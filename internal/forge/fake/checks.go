package fake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"
)

// GitHub's limits on checks (docs.github.com, "Check runs").
const (
	maxOutput      = 65_535 // bytes of a summary or text; the messages also count characters
	maxAnnotations = 50     // in one request
	maxRuns        = 1_000  // of a suite and name; older ones are dropped
)

// staleAfter is how long a check run may be incomplete (docs.github.com, "About
// status checks").
const staleAfter = 14 * 24 * time.Hour

// checkSuite holds an app's check runs of one commit.
type checkSuite struct {
	id      int64
	repo    *Repo
	app     *account // the bot of another app; nil for the App
	head    plumbing.Hash
	branch  string // that was pushed when it was made; empty for a commit of a fork
	created time.Time
	// reset says that it was asked to run again and nothing was written since.
	reset bool
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
	for _, field := range []struct {
		name string
		text *string
	}{{"summary", in.Output.Summary}, {"text", in.Output.Text}} {
		switch {
		case field.text == nil || len(*field.text) <= maxOutput:
		case utf8.RuneCountInString(*field.text) > maxOutput:
			return invalidRequest(fmt.Sprintf("Only %d characters are allowed; %d were supplied.",
				maxOutput, utf8.RuneCountInString(*field.text)))
		default:
			return invalidField("CheckRun", field.name, "custom", fmt.Sprintf("%s exceeds a maximum bytesize of %d", field.name, maxOutput))
		}
	}
	return nil
}

// nullConclusion refuses a conclusion that is null, which is not the same as
// none.
func nullConclusion(body []byte) error {
	var in struct {
		Conclusion json.RawMessage `json:"conclusion"`
	}
	if json.Unmarshal(body, &in) == nil && string(in.Conclusion) == "null" {
		return &failure{status: http.StatusUnprocessableEntity,
			message: "Invalid request.\n\nNo subschema in \"anyOf\" matched.\nFor 'properties/conclusion', nil is not a string."}
	}
	return nil
}

// wide reports whether a text has characters above U+FFFF, which GitHub's tables
// of names and descriptions do not take.
func wide(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r > 0xFFFF })
}

// createCheck adds a check run of the App, or of another app by its bot.
func (r *Repo) createCheck(in checkInput, app *account) (*checkRun, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	switch {
	case in.Name == nil || *in.Name == "":
		return nil, invalidField("CheckRun", "name", "missing_field", "")
	case wide(*in.Name):
		return nil, invalidField("CheckRun", "name", "custom", "name doesn't accept 4-byte Unicode")
	case r.refusesAll(in.Conclusion, in.texts()):
		return nil, errPlainOnly()
	case in.HeadSHA == nil:
		return nil, invalidField("CheckRun", "head_sha", "missing_field", "")
	}
	head, ok := r.byID(*in.HeadSHA)
	if err := r.missing(*in.HeadSHA); err != nil && app == nil {
		return nil, err
	}
	if !ok || !plumbing.IsHash(*in.HeadSHA) {
		return nil, &failure{status: http.StatusUnprocessableEntity, message: "No commit found for SHA: " + *in.HeadSHA}
	}
	run := &checkRun{
		id: r.forge.nextID(), repo: r, suite: r.suiteFor(head, app), head: head, status: "queued", started: r.forge.now(),
	}
	r.checks = append(r.checks, run)
	run.update(in)
	r.dropOldest(run)
	r.forge.emitCheck("created", run)
	r.settleQueues()
	return run, nil
}

// dropOldest keeps a suite's runs of one name to as many as GitHub keeps.
func (r *Repo) dropOldest(run *checkRun) {
	same := func(c *checkRun) bool { return c.suite == run.suite && c.name == run.name }
	n := 0
	for _, c := range r.checks {
		n += boolToInt(same(c))
	}
	if n > maxRuns {
		i := slices.IndexFunc(r.checks, same)
		r.checks = slices.Delete(r.checks, i, i+1)
	}
}

// change is an update. As on GitHub, a run that is completed keeps its
// conclusion when it is said to be under way again.
func (c *checkRun) change(in checkInput) error {
	if err := in.check(); err != nil {
		return err
	}
	if in.Name != nil && wide(*in.Name) {
		return invalidField("CheckRun", "name", "custom", "name doesn't accept 4-byte Unicode")
	}
	if c.suite.app == nil && c.repo.forge.opts.Behaviour.NoUpdates || c.repo.refusesAll(in.Conclusion, in.texts()) || c.repo.plainOnly() && c.conclusion == "success" {
		return errPlainOnly()
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
	c.suite.reset = false
	set(&c.name, in.Name)
	set(&c.externalID, in.ExternalID)
	set(&c.detailsURL, in.DetailsURL)
	if in.Status != nil {
		c.status = *in.Status // conclusion and time of completion stay
	}
	c.setTime(&c.started, in.StartedAt)
	if in.Conclusion != nil {
		c.status, c.conclusion, c.completed = "completed", *in.Conclusion, c.repo.forge.now()
		c.setTime(&c.completed, in.CompletedAt)
		c.repo.green = c.repo.green || c.conclusion == "success"
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

// texts are what the input says in words.
func (in checkInput) texts() string {
	if in.Output == nil {
		return ""
	}
	var b strings.Builder
	for _, text := range []*string{in.Output.Title, in.Output.Summary, in.Output.Text} {
		if text != nil {
			b.WriteString(*text)
		}
	}
	return b.String()
}

func (c *checkRun) setTime(to *time.Time, text *string) {
	if text == nil {
		return
	}
	if t, err := time.Parse(time.RFC3339, *text); err == nil {
		*to = t
	}
}
