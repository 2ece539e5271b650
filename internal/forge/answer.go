package forge

import (
	"context"
	"fmt"
	"net/http"
)

// MissingField is the error for a thing that a forge always tells, and did not.
func MissingField(what string) error { return fmt.Errorf("the server's answer leaves out %s", what) }

// RequireField returns an error unless an answer has a thing.
func RequireField(has bool, what string) error {
	if has {
		return nil
	}
	return MissingField(what)
}

// Reach fails if a forge gives no answer at all at an address, which needs no credential.
// name is what the configuration calls it.
func Reach(ctx context.Context, transport http.RoundTripper, name, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("reach %s: %w", name, err) // unreachable: the address was parsed
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("reach %s: %w", name, err)
	}
	return res.Body.Close()
}
