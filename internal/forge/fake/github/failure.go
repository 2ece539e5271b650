package github

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// failure is a refusal, as the API answers it.
type failure struct {
	status  int
	message string
	errors  []any
}

func (e *failure) Error() string {
	if len(e.errors) == 0 {
		return e.message
	}
	return fmt.Sprintf("%s: %v", e.message, e.errors)
}

func notFound() error { return &failure{status: http.StatusNotFound, message: "Not Found"} }

func forbidden(message string) error {
	return &failure{status: http.StatusForbidden, message: message}
}

// invalid is a 422 whose errors are sentences.
func invalid(sentence string) error {
	return &failure{http.StatusUnprocessableEntity, "Unprocessable Entity", []any{sentence}}
}

// invalidField is a 422 that names a field.
func invalidField(resource, field, code, message string) error {
	detail := obj{"resource": resource, "field": field, "code": code}
	if message != "" {
		detail["message"] = message
	}
	return &failure{http.StatusUnprocessableEntity, "Validation Failed", []any{detail}}
}

// noCommit is what a write to a commit that is not there is answered.
func noCommit(commit string) error {
	return &failure{status: http.StatusUnprocessableEntity, message: "No commit found for SHA: " + commit}
}

// refusal returns the failure that an error is, if it is one. What the model refuses GitHub
// says in its own way.
func refusal(err error) (*failure, bool) {
	var r *fake.Refusal
	if errors.As(err, &r) {
		err = refused(r)
	}
	var f *failure
	ok := errors.As(err, &f)
	return f, ok
}

func refused(r *fake.Refusal) error {
	unprocessable := &failure{status: http.StatusUnprocessableEntity, message: r.Text}
	switch r.Why {
	case fake.NotFound:
		return notFound()
	case fake.NoBase:
		return invalidField("PullRequest", "base", "invalid", "")
	case fake.NoHead:
		return invalidField("PullRequest", "head", "invalid", "")
	case fake.NothingNew:
		return invalidField("PullRequest", "head", "custom", r.Text)
	case fake.OpenAlready:
		return invalidField("PullRequest", "base", "custom", r.Text)
	case fake.NotReopenable:
		return invalidField("PullRequest", "state", "invalid", r.Text)
	case fake.NotMergeable:
		return &failure{status: http.StatusMethodNotAllowed, message: r.Text}
	case fake.HeadModified:
		return &failure{status: http.StatusConflict, message: r.Text}
	case fake.NoCommit:
		return invalid("The commit_id is not part of the pull request")
	case fake.BadReview:
		return invalid(r.Text)
	case fake.NoTeam:
		unprocessable.message = "Could not resolve to a node with the global id of the team '" + r.Text + "'."
		return unprocessable
	case fake.EmptyComment:
		return invalidField("IssueComment", "body", "missing_field", "")
	case fake.LongComment:
		return invalidField("IssueComment", "data", "unprocessable", r.Text)
	case fake.NoLabel:
		return &failure{status: http.StatusNotFound, message: r.Text}
	case fake.TooManyOfName:
		return invalidField("Status", "context", "custom", "This SHA and context has reached the maximum number of statuses.")
	default: // fake.NotAskable, fake.NotQueueable
		return unprocessable
	}
}
