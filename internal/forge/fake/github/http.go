package github

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// maxBody is the largest request body that is read.
const maxBody = 16 << 20

// call is one API call while it is served.
type call struct {
	s       *Server
	r       *http.Request
	body    []byte
	who     *identity
	repo    *fake.Repo // of routes below a repository
	status  int        // of a success
	header  http.Header
	pattern string
	exempt  bool // costs nothing
	points  int
	op      string // name of the GraphQL operation
}

// raw is an answer that is not JSON.
type raw struct {
	contentType string
	content     []byte
}

// ServeHTTP answers the API at the root, as api.github.com does, and below
// /api/v3 and /api/graphql, as GitHub Enterprise Server does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/api"); ok {
		rest = strings.TrimPrefix(rest, "/v3")
		r = r.Clone(r.Context())
		escaped := strings.TrimPrefix(strings.TrimPrefix(r.URL.EscapedPath(), "/api"), "/v3")
		r.URL.Path, r.URL.RawPath = rest, escaped
	}
	s.handler.ServeHTTP(w, r)
}

// serve answers one call of a route.
func (s *Server) serve(rt route, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, `{"message":"Problems reading the body"}`, http.StatusBadRequest)
		return
	}
	path := r.URL.RequestURI()
	c := &call{s: s, r: r, body: body, status: http.StatusOK, header: http.Header{}, pattern: rt.path, points: 1}
	fault := s.watch.intercept(r, func() io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) })
	s.Lock()
	latency := s.opts.Latency
	s.Unlock()
	pause(r.Context(), latency)
	entry := Call{Method: r.Method, Path: path, Pattern: rt.path, Resource: rt.resource()}
	defer func() { s.watch.report(entry) }()
	if fault != nil {
		pause(r.Context(), fault.Delay)
		if fault.HangUp && !fault.Served {
			panic(http.ErrAbortHandler)
		}
		if fault.Status != 0 {
			entry.Status = fault.Status
			fault.write(w)
			return
		}
	}
	answer := s.answer(c, rt)
	entry.Pattern, entry.Points, entry.Operation = c.pattern, c.points, c.op
	if c.who != nil {
		entry.Identity = c.who.key
	}
	if fault != nil && fault.HangUp {
		panic(http.ErrAbortHandler)
	}
	entry.Status = c.status
	for name, values := range c.header {
		w.Header()[name] = values
	}
	if fault != nil && fault.Half {
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)+1))
		answer = answer[:len(answer)/2]
	}
	w.Header().Set("Date", s.Now().Format(http.TimeFormat))
	w.WriteHeader(c.status)
	if _, err := w.Write(answer); err != nil {
		s.log.Debug("answer not written", "path", path, "error", err)
	}
}

func (fault *Fault) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	for name, values := range fault.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(fault.Status)
	_, _ = io.WriteString(w, cmp.Or(fault.Body, `{"message":"`+http.StatusText(fault.Status)+`"}`))
}

// answer runs a call and gives the answer's body; the call then holds status
// and headers.
func (s *Server) answer(c *call, rt route) []byte {
	who, err := s.identify(c.r.Header.Get("Authorization"), host(c.r.RemoteAddr))
	s.Lock()
	defer s.Unlock()
	var result any
	if err == nil {
		c.who = who
		result, err = s.run(c, rt)
	} else {
		c.points = 0
	}
	answer := c.encode(result, err)
	if c.r.Method == http.MethodGet && c.status == http.StatusOK {
		answer = c.conditional(answer)
	}
	if c.exempt || c.status == http.StatusNotModified {
		c.points = 0
	}
	if c.who != nil {
		s.window(c.who.key, rt.resource()).used += c.points
		s.rateHeaders(c.header, c.who.key, rt.resource())
		if c.who.scopes != "" {
			c.header.Set("X-OAuth-Scopes", c.who.scopes)
		}
	}
	c.header.Set("X-Github-Request-Id", fmt.Sprintf("FAKE:%X", s.NextID()))
	c.header.Set("X-Github-Media-Type", "github.v3; format=json")
	return answer
}

func host(addr string) string {
	if h, _, err := net.SplitHostPort(addr); err == nil {
		return h
	}
	return addr
}

// run checks a call's limits and rights and hands it to its handler.
func (s *Server) run(c *call, rt route) (any, error) {
	if s.spent(c.who.key, rt.resource()) && rt.path != "/rate_limit" {
		c.exempt = true
		if rt.path == "/graphql" {
			return limitedQuery(c.who.key), nil
		}
		subject, id, _ := strings.Cut(c.who.key, ":")
		message := "API rate limit exceeded for " + subject + " ID " + id + "."
		return nil, forbidden(message + " If you reach out to GitHub Support for help, please include the request ID.")
	}
	if err := s.refuseEarly(c); err != nil {
		return nil, err
	}
	if err := c.authorize(rt); err != nil {
		return nil, err
	}
	if err := s.refuseTooFast(c); err != nil {
		return nil, err
	}
	if c.repo != nil {
		c.repo.AgeChecks(s.Now().Add(-staleAfter))
	}
	return rt.handle(c)
}

// encode writes a result or an error as the answer's body.
func (c *call) encode(result any, err error) []byte {
	if err != nil {
		refused, ok := refusal(err)
		if !ok {
			c.s.log.Error("call failed", "path", c.r.URL.Path, "error", err)
			refused = &failure{status: http.StatusInternalServerError, message: "Server Error"}
		}
		c.status = refused.status
		body := obj{"message": refused.message, "documentation_url": "https://docs.github.com/rest",
			"status": strconv.Itoa(refused.status)}
		if len(refused.errors) > 0 {
			body["errors"] = refused.errors
		}
		result = body
	}
	if result == nil {
		c.status = http.StatusNoContent
		return nil
	}
	if r, ok := result.(raw); ok {
		c.header.Set("Content-Type", r.contentType)
		return r.content
	}
	c.header.Set("Content-Type", "application/json; charset=utf-8")
	answer, err := json.Marshal(result)
	if err != nil {
		c.s.log.Error("answer not encoded", "path", c.r.URL.Path, "error", err)
		c.status = http.StatusInternalServerError
		return []byte(`{"message":"Server Error"}`)
	}
	return answer
}

// conditional sets the entity tag and answers 304 if the client has it.
func (c *call) conditional(answer []byte) []byte {
	sum := sha256.Sum256(answer)
	tag := `"` + hex.EncodeToString(sum[:]) + `"`
	c.header.Set("Etag", "W/"+tag)
	c.header.Set("Cache-Control", "private, max-age=60, s-maxage=60")
	c.header.Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP")
	for known := range strings.SplitSeq(c.r.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(known), "W/") == tag {
			c.status = http.StatusNotModified
			c.header.Del("Etag") // it may come without (NixOS/nix#4470)
			return nil
		}
	}
	return answer
}

// decode reads the call's JSON body. An empty body is an empty object.
func (c *call) decode(into any) error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.body, into); err != nil {
		return &failure{status: http.StatusBadRequest, message: "Problems parsing JSON"}
	}
	return nil
}

// created marks an answer as 201.
func (c *call) created(result any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	c.status = http.StatusCreated
	return result, nil
}

// number reads a number of the path.
func (c *call) number(name string) (int64, error) {
	n, err := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	if err != nil {
		return 0, notFound()
	}
	return n, nil
}

// accepts reports whether the call asks for a media type of GitHub's, such as
// "raw" or "object".
func (c *call) accepts(kind string) bool {
	for accepted := range strings.SplitSeq(c.r.Header.Get("Accept"), ",") {
		media, _, _ := strings.Cut(strings.TrimSpace(accepted), ";")
		media = strings.TrimSuffix(media, "+json")
		if media == "application/vnd.github."+kind || media == "application/vnd.github.v3."+kind {
			return true
		}
	}
	return false
}
