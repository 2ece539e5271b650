// Package githubtest holds what the tests of GitHub share: its double behind a listener, and
// the published descriptions of its APIs with a round tripper that holds every exchange to
// them.
package githubtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
)

// exceptions are operations whose requests are not ours: the library that signs
// as an App asks for a token with a body of null.
var exceptions = []string{"/app/installations/{installation_id}/access_tokens"}

// Contract holds exchanges with GitHub to the description that GitHub
// publishes: REST to its OpenAPI document, queries to its GraphQL schema.
type Contract struct {
	t      testing.TB
	root   string // path below which the REST API is
	router routers.Router
	schema *ast.Schema

	mu   sync.Mutex
	seen map[string]int // operations, as "GET /path/{with}/{names}"
}

// NewContract loads the descriptions of github.com.
func NewContract(t testing.TB) *Contract {
	t.Helper()
	return newContract(t, "github/openapi-strict.json.gz", "")
}

// NewGHES loads the descriptions of GitHub Enterprise Server, whose REST API is
// below /api/v3. Its GraphQL schema is not published apart from github.com's.
func NewGHES(t testing.TB) *Contract {
	t.Helper()
	return newContract(t, "github/openapi-ghes-3.19.json.gz", "/api/v3")
}

func newContract(t testing.TB, name, root string) *Contract {
	t.Helper()
	text := forgetest.Shared(t, name)
	for _, path := range []string{"/git/ref/{ref}", "/contents/{path}"} { // these hold slashes
		text = bytes.ReplaceAll(text, []byte(path+`"`), []byte(strings.TrimSuffix(path, "}")+`:.*}"`))
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil
	closeBodies(doc)
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(forgetest.Shared(t, "github/schema.graphql.gz"))})
	if err != nil {
		t.Fatal(err)
	}
	return &Contract{t: t, root: root, router: router, schema: schema, seen: map[string]int{}}
}

// closeBodies refuses what a request's body has beyond its description, where
// the description itself does not say.
func closeBodies(doc *openapi3.T) {
	for _, path := range doc.Paths.Map() {
		for _, op := range path.Operations() {
			if op.RequestBody == nil || op.RequestBody.Value == nil {
				continue
			}
			for _, media := range op.RequestBody.Value.Content {
				s := media.Schema.Value
				if len(s.Properties) > 0 && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil && len(s.OneOf)+len(s.AnyOf)+
					len(s.AllOf) == 0 {
					s.AdditionalProperties.Has = new(false)
				}
			}
		}
	}
}

// Seen gives the operations of the description that were used, sorted.
func (c *Contract) Seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	ops := make([]string, 0, len(c.seen))
	for op := range c.seen {
		ops = append(ops, op)
	}
	slices.Sort(ops)
	return ops
}

// Wrap gives a round tripper that checks every exchange.
func (c *Contract) Wrap(base http.RoundTripper) http.RoundTripper { return checked{c, base} }

type checked struct {
	contract *Contract
	base     http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (r checked) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := req.Clone(req.Context())
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	res, err := r.base.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(answer))
	if strings.HasSuffix(req.URL.Path, "/graphql") {
		r.contract.checkQuery(body)
		return res, nil
	}
	r.contract.Check(req, body, res.StatusCode, res.Header, answer)
	return res, nil
}

// checkQuery validates a query.
func (c *Contract) checkQuery(body []byte) {
	c.t.Helper()
	var in struct {
		Query string `json:"query"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		c.t.Errorf("query: %v", err)
		return
	}
	if _, err := gqlparser.LoadQueryWithRules(c.schema, in.Query, nil); err != nil {
		c.t.Errorf("query does not fit GitHub's schema: %v\n%.500s", err, in.Query)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen["POST /graphql"]++
}

// Check validates one REST exchange. Refusals that the description does not
// declare pass.
func (c *Contract) Check(req *http.Request, body []byte, status int, header http.Header, answer []byte) {
	c.t.Helper()
	req = c.below(req)
	route, params, err := c.router.FindRoute(req)
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen["undescribed "+req.Method+" "+req.URL.Path]++
		return
	}
	c.mu.Lock()
	c.seen[req.Method+" "+strings.ReplaceAll(route.Path, ":.*}", "}")]++
	c.mu.Unlock()
	if route.Operation.Responses.Status(status) == nil {
		if !slices.Contains([]int{304, 401, 403, 404, 422, 429, 500, 502, 503, 504}, status) {
			c.t.Errorf("%s %s: answer %d is not declared", req.Method, req.URL.Path, status)
		}
		return
	}
	if strings.Contains(header.Get("Content-Type"), ".raw") {
		return
	}
	c.validate(req, body, status, header, answer, route, params)
}

// below gives a request as if the API were at the server's root.
func (c *Contract) below(req *http.Request) *http.Request {
	out := req.Clone(req.Context())
	if c.root != "" {
		path, ok := strings.CutPrefix(req.URL.Path, c.root)
		if !ok {
			path = "/outside" + req.URL.Path
		}
		out.URL.Path, out.URL.RawPath = path, strings.TrimPrefix(req.URL.RawPath, c.root)
	}
	return out
}

func (c *Contract) validate(req *http.Request, body []byte, status int, header http.Header, answer []byte, route *routers.Route,
	params map[string]string) {
	c.t.Helper()
	copied := req.Clone(req.Context())
	copied.Body = io.NopCloser(bytes.NewReader(body))
	in := &openapi3filter.RequestValidationInput{
		Request: copied, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	}
	if status < 300 && !slices.Contains(exceptions, route.Path) {
		if err := openapi3filter.ValidateRequest(req.Context(), in); err != nil {
			c.t.Errorf("request %s %s: %v", req.Method, req.URL, err)
		}
		completed(c.t, req, body)
	}
	if status == http.StatusNotModified || status == http.StatusNoContent {
		return
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: status, Header: header, Options: in.Options}
	out.SetBodyBytes(answer)
	if err := openapi3filter.ValidateResponse(req.Context(), out); err != nil {
		c.t.Errorf("answer %d to %s %s: %s", status, req.Method, req.URL, reasons(err))
	}
}

// completed holds a rule that the description leaves out: a check run that is
// completed has a conclusion.
func completed(t testing.TB, req *http.Request, body []byte) {
	t.Helper()
	if !strings.Contains(req.URL.Path, "/check-runs") || req.Method == http.MethodGet {
		return
	}
	var run struct{ Status, Conclusion string }
	if err := json.Unmarshal(body, &run); err != nil {
		t.Errorf("check run: %v", err)
	}
	if run.Status == "completed" && run.Conclusion == "" {
		t.Error("check run completed without a conclusion")
	}
}

// reasons cuts the schemas and values out of a validation error.
func reasons(err error) string {
	var out []string
	for line := range strings.Lines(err.Error()) {
		if strings.Contains(line, "rror at") || strings.Contains(line, "doesn't match") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return strings.Join(out, "\n")
}
