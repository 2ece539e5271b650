package probe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Exchange is one call as a report shows it: what was sent, and what came back.
type Exchange struct {
	Sent   string // method, path, query and body
	Status int    // 0: there was no answer
	Shape  string // names and types of what an answer holds, or what it says of a failure
}

// Tape is a round tripper that notes what goes through it. It notes no header of a request.
type Tape struct {
	Base http.RoundTripper

	mu   sync.Mutex
	seen []Exchange
	told http.Header // of limits and pages, the last of each
}

// maxNoted is how many bytes of an answer are read for its shape; what is larger has none.
const maxNoted = 8 << 20

// RoundTrip implements http.RoundTripper.
func (t *Tape) RoundTrip(req *http.Request) (*http.Response, error) {
	e := Exchange{Sent: req.Method + " " + strings.TrimPrefix(req.URL.RequestURI(), root(req.URL.Path)) + sentBody(req)}
	res, err := t.Base.RoundTrip(req)
	if err != nil {
		e.Shape = "no answer"
		t.note(e, nil)
		return res, err
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxNoted))
	if err != nil {
		res.Body.Close()
		e.Shape = "no whole answer"
		t.note(e, nil)
		return nil, err
	}
	e.Status, e.Shape = res.StatusCode, shapeOf(data, res.StatusCode)
	t.note(e, res.Header)
	res.Body = &readRest{io.MultiReader(bytes.NewReader(data), res.Body), res.Body}
	return res, nil
}

// root is what the path of a call begins with, before that of the API's own.
func root(path string) string {
	const version = "/api/v5/"
	before, _, found := strings.Cut(path, version)
	if !found {
		return ""
	}
	return before + version
}

// readRest is a body of which a part was read.
type readRest struct {
	io.Reader
	io.Closer
}

func (t *Tape) note(e Exchange, h http.Header) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = append(t.seen, e)
	for name := range h {
		if isTold(name) {
			if t.told == nil {
				t.told = http.Header{}
			}
			t.told[name] = h[name]
		}
	}
}

// isTold reports whether a header is one that a report shows: it tells of limits or of pages.
func isTold(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "ratelimit") || name == "retry-after" || strings.HasPrefix(name, "total_")
}

// headers lists those that answers told, the last of each.
func (t *Tape) headers() (out []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(t.told)) {
		out = append(out, name+": "+strings.Join(t.told[name], ", "))
	}
	return out
}

// place is how much was noted so far, and since lists what was noted after it.
func (t *Tape) place() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.seen)
}

func (t *Tape) since(place int) []Exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.seen[place:])
}

// sentBody is what a request sends, in short.
func sentBody(req *http.Request) string {
	if req.GetBody == nil {
		return ""
	}
	body, err := req.GetBody()
	if err != nil {
		return ""
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return ""
	}
	return " " + short(string(data), maxHeld)
}

// Bounds on what is shown of one call, in bytes, and of how many things in each other.
const (
	maxSent  = 300
	maxShape = 900
	maxDepth = 3
	// maxHeld is how much is held of a text until it is shown, so that what it must not hold is
	// found in it before it is cut.
	maxHeld = 64 << 10
)

// shapeOf is what an answer holds, by names and types; of a failure, what it says.
func shapeOf(data []byte, status int) string {
	var v any
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "no body"
	case json.Unmarshal(data, &v) != nil:
		return fmt.Sprintf("%d bytes that are no JSON", len(data))
	case status > 299:
		return short(string(data), maxHeld)
	}
	return short(shape(v, maxDepth), maxHeld)
}

func shape(v any, depth int) string {
	switch v := v.(type) {
	case map[string]any:
		if depth == 0 {
			return "{…}"
		}
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, name+": "+shape(v[name], depth-1))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		if len(v) == 0 {
			return "[]"
		}
		return fmt.Sprintf("[%d × %s]", len(v), shape(v[0], depth))
	case string:
		return "text"
	case float64:
		return "number"
	case bool:
		return "truth"
	}
	return "null"
}

// short cuts a text to so many bytes, between two characters.
func short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}
