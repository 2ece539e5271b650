package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// GitHub's limits on checks (docs.github.com, "Check runs").
const (
	maxOutput      = 65_535 // bytes of a summary or text; the messages also count characters
	maxAnnotations = 50     // in one request
)

// staleAfter is how long a check run may be incomplete (docs.github.com, "About
// status checks").
const staleAfter = 14 * 24 * time.Hour

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
	// A run turns stale by itself only.
	said := slices.DeleteFunc(conclusions().names(), func(word string) bool { return word == "stale" })
	statuses := checkStatuses().names()
	switch {
	case in.Conclusion != nil && !slices.Contains(said, *in.Conclusion):
		return invalidRequest(*in.Conclusion + " is not a member of " + fmt.Sprint(said) + ".")
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

// createCheck adds a check run of an app.
func (s *Server) createCheck(r *fake.Repo, in checkInput, app *fake.Account) (*fake.CheckRecord, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	switch {
	case in.Name == nil || *in.Name == "":
		return nil, invalidField("CheckRun", "name", "missing_field", "")
	case wide(*in.Name):
		return nil, invalidField("CheckRun", "name", "custom", "name doesn't accept 4-byte Unicode")
	case s.refusesAll(r, in.Conclusion, in.texts()):
		return nil, errPlainOnly()
	case in.HeadSHA == nil:
		return nil, invalidField("CheckRun", "head_sha", "missing_field", "")
	}
	head, ok := r.CommitID(*in.HeadSHA)
	if app == s.bot {
		if err := s.missing(*in.HeadSHA); err != nil {
			return nil, err
		}
	}
	if !ok || !plumbing.IsHash(*in.HeadSHA) {
		return nil, noCommit(*in.HeadSHA)
	}
	if app == s.bot && s.behaviour.SuitePerRun {
		return r.AddCheck(r.NewSuite(head, app), in.written()), nil
	}
	return r.AddCheck(r.SuiteOf(head, app), in.written()), nil
}

// changeCheck is an update.
func (s *Server) changeCheck(c *fake.CheckRecord, in checkInput) error {
	if err := in.check(); err != nil {
		return err
	}
	if in.Name != nil && wide(*in.Name) {
		return invalidField("CheckRun", "name", "custom", "name doesn't accept 4-byte Unicode")
	}
	if c.Suite.App == s.bot && s.behaviour.NoUpdates || s.refusesAll(c.Repo, in.Conclusion, in.texts()) ||
		c.Conclusion == fake.Success && s.plainOnly(c.Repo) {
		return errPlainOnly()
	}
	c.Change(in.written())
	return nil
}

// written is what the model writes of an input that was checked.
func (in checkInput) written() fake.CheckInput {
	out := fake.CheckInput{
		Name: in.Name, ExternalID: in.ExternalID, DetailsURL: in.DetailsURL,
		Started: timeOf(in.StartedAt), Completed: timeOf(in.CompletedAt),
	}
	if in.Status != nil {
		status, _ := checkStatuses().hear(*in.Status)
		out.Status = &status
	}
	if in.Conclusion != nil {
		conclusion, _ := conclusions().hear(*in.Conclusion)
		out.Conclusion = &conclusion
	}
	if in.Output != nil {
		out.Title, out.Summary, out.Text, out.Annotations = in.Output.Title, in.Output.Summary, in.Output.Text, len(in.Output.Annotations)
	}
	return out
}

// timeOf reads a time; nil where there is none.
func timeOf(text *string) *time.Time {
	if text == nil {
		return nil
	}
	if t, err := time.Parse(time.RFC3339, *text); err == nil {
		return &t
	}
	return nil
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
