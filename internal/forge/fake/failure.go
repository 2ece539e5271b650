package fake

import (
	"errors"
	"fmt"
	"net/http"
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

// refusal gives the failure that an error is, if it is one.
func refusal(err error) (*failure, bool) {
	var f *failure
	ok := errors.As(err, &f)
	return f, ok
}
