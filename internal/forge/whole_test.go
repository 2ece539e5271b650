package forge_test

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge"
)

func TestWhole(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for name, tt := range map[string]struct {
		status       int
		accept, body string
		want         error
		method       string // GET if empty
	}{
		"a body":          {200, "", "[]", nil, ""},
		"none":            {200, "", "", forge.ErrEmpty, ""},
		"none of a new":   {201, "application/json", "", forge.ErrEmpty, ""},
		"nothing to say":  {204, "", "", nil, "DELETE"},
		"nothing to tell": {204, "", "", forge.ErrEmpty, ""},
		"not modified":    {304, "", "", nil, ""},
		"an error":        {502, "", "", nil, ""},
		"an empty file":   {200, "application/vnd.github.v3.raw", "", nil, ""},
		"a broken one":    {200, "", "broken", broken, ""},
	} {
		w := &forge.RequireBody{Base: tripper(func(*http.Request) (*http.Response, error) {
			res := answer(tt.status, tt.body)
			if errors.Is(tt.want, broken) {
				res.Body = io.NopCloser(failing{broken})
			}
			return res, nil
		})}
		req := request(t, cmp.Or(tt.method, "GET"), "https://forge.example/", "")
		req.Header.Set("Accept", tt.accept)
		res, err := w.RoundTrip(req)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if err == nil {
			if got := text(t, res, err); got != strings.TrimSpace(tt.body) {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
}
