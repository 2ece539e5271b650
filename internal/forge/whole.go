package forge

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strings"
)

// RequireBody is a round tripper that refuses answers of success without a body, which
// clients would take for an empty list or an object without fields. A server that has
// nothing to say says 204, but not to one who asks for something.
type RequireBody struct{ Base http.RoundTripper }

// ErrEmpty says that a body is missing.
var ErrEmpty = errors.New("the server's answer is empty")

// RoundTrip sends a request.
func (w *RequireBody) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := w.Base.RoundTrip(req)
	if err == nil && res.StatusCode == http.StatusNoContent && req.Method == http.MethodGet {
		res.Body.Close()
		return nil, ErrEmpty
	}
	if err != nil || res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated ||
		req.Method == http.MethodHead || strings.Contains(req.Header.Get("Accept"), "raw") { // a file may be empty
		return res, err
	}
	body := bufio.NewReader(res.Body)
	if _, err := body.Peek(1); err != nil {
		res.Body.Close()
		if errors.Is(err, io.EOF) {
			err = ErrEmpty
		}
		return nil, err
	}
	res.Body = readCloser{body, res.Body}
	return res, nil
}
