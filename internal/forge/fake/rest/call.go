package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// Obj is a JSON object.
type Obj = map[string]any

// maxBody is the largest request body that is read.
const maxBody = 16 << 20

// root is the path below which the API is.
const root = "/api/v5"

// Call is one call while it is served.
type Call struct {
	R    *http.Request
	Who  *fake.Account // nil: nobody
	Repo *fake.Repo    // of routes below a repository
	Pull *fake.PullRequest
	// Status is that of a success, and Header what the answer has besides.
	Status int
	Header http.Header

	s      *Server
	route  Route
	body   []byte
	values map[string]json.RawMessage // what the call gives, by name
	list   []string                   // a body that is a list
}

// Answered is a call that was answered.
type Answered struct {
	Method  string
	Path    string // with its query
	Pattern string // of the route, without the API's root; empty if there is none
	Login   string // empty for nobody
	Status  int
	Body    []byte // what was sent
}

// Raw is an answer that is not JSON.
type Raw []byte

// Refusal is an answer that is no success.
type Refusal struct {
	Status  int
	Message string
}

func (r *Refusal) Error() string { return r.Message }

// Refuse makes a refusal.
func Refuse(status int, format string, args ...any) error {
	return &Refusal{status, fmt.Sprintf(format, args...)}
}

// serve answers one call of a route.
func (s *Server) serve(rt Route, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "body unread", http.StatusBadRequest)
		return
	}
	c := &Call{R: r, Status: max(rt.Status, http.StatusOK), Header: http.Header{}, s: s, route: rt, body: body}
	answer := s.answer(c)
	entry := Answered{Method: r.Method, Path: r.URL.RequestURI(), Pattern: rt.Path, Status: c.Status, Body: body}
	if c.Who != nil {
		entry.Login = c.Who.Login
	}
	for name, values := range c.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Date", s.Now().Format(http.TimeFormat))
	w.WriteHeader(c.Status)
	if _, err := w.Write(answer); err != nil {
		s.log.Debug("answer not written", "path", entry.Path, "error", err)
	}
	s.report(entry)
}

func (s *Server) report(a Answered) {
	s.watch.Lock()
	s.calls = append(s.calls, a)
	heard := s.heard
	s.watch.Unlock()
	if heard != nil {
		heard(a)
	}
}

// OnCall has each call reported once it is answered.
func (s *Server) OnCall(heard func(Answered)) {
	s.watch.Lock()
	defer s.watch.Unlock()
	s.heard = heard
}

// Calls lists the calls so far.
func (s *Server) Calls() []Answered {
	s.watch.Lock()
	defer s.watch.Unlock()
	return slices.Clone(s.calls)
}

// answer runs a call, and returns the answer's body; the call then holds status and headers.
func (s *Server) answer(c *Call) []byte {
	s.Lock()
	defer s.Unlock()
	result, err := c.run()
	if err != nil {
		refused := s.refusal(err)
		c.Status, result = refused.Status, s.dialect.Failure(refused.Status, refused.Message)
	}
	if raw, ok := result.(Raw); ok {
		c.Header.Set("Content-Type", "application/octet-stream")
		return raw
	}
	if result == nil {
		return nil
	}
	c.Header.Set("Content-Type", "application/json")
	answer, err := json.Marshal(result)
	if err != nil {
		s.log.Error("answer not encoded", "path", c.R.URL.Path, "error", err)
		c.Status = http.StatusInternalServerError
	}
	return answer
}

// refusal is what an error is answered by.
func (s *Server) refusal(err error) *Refusal {
	if refused, ok := errors.AsType[*Refusal](err); ok {
		return refused
	}
	told, ok := errors.AsType[*fake.Refusal](err)
	switch {
	case !ok:
		s.log.Error("call failed", "error", err)
		return &Refusal{http.StatusInternalServerError, "500 Internal Server Error"}
	case told.Why == fake.NotFound || told.Why == fake.NoLabel:
		return &Refusal{http.StatusNotFound, "404 Not Found"}
	}
	return &Refusal{http.StatusBadRequest, told.Error()}
}

// run reads a call, holds it to its route, and hands it to its handler.
func (c *Call) run() (any, error) {
	if err := c.read(); err != nil {
		return nil, err
	}
	if err := c.identify(); err != nil {
		return nil, err
	}
	if err := c.spend(); err != nil {
		return nil, err
	}
	if c.route.Handle == nil {
		return nil, Refuse(http.StatusNotFound, "404 Not Found")
	}
	if err := c.authorize(); err != nil {
		return nil, err
	}
	if err := c.known(); err != nil {
		return nil, err
	}
	return c.route.Handle(c)
}

// read reads what a call gives: by its query, by a form, or by JSON.
func (c *Call) read() error {
	c.values = map[string]json.RawMessage{}
	add := func(form url.Values) {
		for name := range form {
			quoted, _ := json.Marshal(form.Get(name)) // a string has no fault
			c.values[name] = quoted
		}
	}
	add(c.R.URL.Query())
	media, _, _ := mime.ParseMediaType(c.R.Header.Get("Content-Type"))
	body := bytes.TrimSpace(c.body)
	switch {
	case len(body) == 0:
	case media == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return Refuse(http.StatusBadRequest, "400 Bad Request")
		}
		add(form)
	case media != "application/json" || c.route.Form:
		return Refuse(http.StatusUnsupportedMediaType, "415 Unsupported Media Type")
	case body[0] == '[':
		if json.Unmarshal(body, &c.list) != nil || !c.route.List {
			return Refuse(http.StatusBadRequest, "400 Bad Request")
		}
	default:
		given := map[string]json.RawMessage{}
		if json.Unmarshal(body, &given) != nil || c.route.List {
			return Refuse(http.StatusBadRequest, "400 Bad Request")
		}
		for name, value := range given {
			c.values[name] = value
		}
	}
	return nil
}

// known refuses what the forge's description does not know, and what lacks what it demands.
func (c *Call) known() error {
	may := slices.Concat(strings.Fields(c.route.Query), strings.Fields(c.route.Body))
	if c.Pull != nil && c.R.Method == http.MethodPatch && c.s.Is(BaseByCall) {
		may = append(may, "base")
	}
	for name := range c.values {
		if name != "access_token" && !slices.Contains(may, name) && !slices.Contains(may, name+"*") {
			return Refuse(http.StatusBadRequest, "%s is unknown", name)
		}
	}
	for _, name := range may {
		if needed, ok := strings.CutSuffix(name, "*"); ok && c.Text(needed) == "" {
			return Refuse(http.StatusBadRequest, "%s is missing", needed)
		}
	}
	return nil
}

// Has reports whether the call gives a value.
func (c *Call) Has(name string) bool { _, ok := c.values[name]; return ok }

// Text is a value of the call as text; empty if it gives none.
func (c *Call) Text(name string) string {
	raw := c.values[name]
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// Yes reports whether a value of the call is true.
func (c *Call) Yes(name string) bool { return c.Text(name) == "true" || c.Text(name) == "1" }

// Number is a value of the call as a number; 0 if it is none.
func (c *Call) Number(name string) int {
	n, _ := strconv.Atoi(c.Text(name))
	return n
}

// Names are those of a list that a body is, or of a value with commas.
func (c *Call) Names(name string) []string {
	if c.route.List {
		return c.list
	}
	return strings.FieldsFunc(c.Text(name), func(r rune) bool { return r == ',' || r == ' ' })
}

// Decode reads a JSON body.
func (c *Call) Decode(into any) error {
	if err := json.Unmarshal(c.body, into); err != nil {
		return Refuse(http.StatusBadRequest, "400 Bad Request")
	}
	return nil
}

// PathNumber reads a number of the path.
func (c *Call) PathNumber(name string) (int64, error) {
	n, err := strconv.ParseInt(c.R.PathValue(name), 10, 64)
	if err != nil {
		return 0, Refuse(http.StatusNotFound, "404 Not Found")
	}
	return n, nil
}
