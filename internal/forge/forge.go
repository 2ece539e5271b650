// Package forge holds what the adapters of all forges share: the kinds of
// errors that callers branch on, and HTTP round trippers that revalidate
// answers, keep to rate limits and try again after passing faults.
//
// It promises that no credential gets into an error or a log. Which forge
// speaks which API is left to the packages below it.
package forge

import (
	"fmt"
	"net/http"
	"time"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// ErrNotFound means that the forge has no such thing, or does not show it to
// this credential.
var ErrNotFound = pull.ErrNotFound

// ErrForbidden means that this credential may not do that.
var ErrForbidden = pull.ErrForbidden

// ErrGone means that a repository is out of reach as a whole: it was deleted, or
// the App was taken out of it or suspended.
var ErrGone = pull.ErrGone

// refuse answers a request that is not sent.
func refuse(req *http.Request, err error) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	return nil, err
}

// LimitError means that the forge takes no more calls for a while.
type LimitError struct {
	Until time.Time // when it takes calls again
	What  string    // the forge's words
	Minor bool      // only what decides nothing has to wait
	// Failing reports that it is not by a limit: the forge fails.
	Failing bool
}

// Ends is when the forge takes calls again.
func (e *LimitError) Ends() time.Time { return e.Until }

func (e *LimitError) Error() string {
	if e.Failing {
		return fmt.Sprintf("no calls of the forge until %s: %s", e.Until.UTC().Format(time.RFC3339), e.What)
	}
	return fmt.Sprintf("rate limit until %s: %s", e.Until.UTC().Format(time.RFC3339), e.What)
}
