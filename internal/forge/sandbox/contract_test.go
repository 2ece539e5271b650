package sandbox_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/reviewgate/reviewgate/internal/forge/sandbox"
)

// shared reads a gzipped file of GitHub's published descriptions, which lie
// beside the repository. Where they are missing the test is skipped, unless
// REVIEWGATE_SHARED says that they are required.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	dir := must(os.Getwd())(t)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(dir, "..", "shared", "data", "github", name)
	file, err := os.Open(path)
	if err != nil {
		if os.Getenv("REVIEWGATE_SHARED") == "required" {
			t.Fatal(err)
		}
		t.Skipf("GitHub's description is not here: %v", err)
	}
	defer file.Close()
	zipped := must(gzip.NewReader(file))(t)
	return must(io.ReadAll(zipped))(t)
}

// contract checks calls against GitHub's description of its API.
type contract struct {
	t      *testing.T
	router routers.Router
	seen   map[string]bool
}

func newContract(t *testing.T) *contract {
	t.Helper()
	text := shared(t, "openapi-strict.json.gz")
	for _, path := range []string{"/git/ref/{ref}", "/contents/{path}"} { // these hold slashes
		text = bytes.ReplaceAll(text, []byte(path+`"`), []byte(strings.TrimSuffix(path, "}")+`:.*}"`))
	}
	doc := must(openapi3.NewLoader().LoadFromData(text))(t)
	doc.Servers = nil
	return &contract{t, must(gorillamux.NewRouter(doc))(t), map[string]bool{}}
}

// check validates one call. Calls that the description does not hold, and
// refusals that it does not declare, pass.
func (c *contract) check(req *http.Request, body []byte, a answer) {
	c.t.Helper()
	route, params, err := c.router.FindRoute(req)
	if err != nil {
		c.t.Logf("not described: %s %s", req.Method, req.URL.Path)
		return
	}
	c.seen[req.Method+" "+route.Path] = true
	declared := route.Operation.Responses.Status(a.status)
	if declared == nil {
		if !slices.Contains([]int{401, 403, 404, 422}, a.status) {
			c.t.Errorf("%s %s: answer %d is not declared", req.Method, req.URL.Path, a.status)
		}
		return
	}
	if strings.Contains(a.header.Get("Content-Type"), "github.raw") {
		return
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	in := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	}
	if a.status < 300 {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			c.t.Errorf("request %s %s: %v", req.Method, req.URL, err)
		}
	}
	if a.status == http.StatusNotModified || a.status == http.StatusNoContent {
		return
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: a.status, Header: a.header, Options: in.Options,
	}
	out.SetBodyBytes(a.body)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		c.t.Errorf("answer %d to %s %s: %s", a.status, req.Method, req.URL, reasons(err))
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

func TestSchemaIsPartOfGitHubs(t *testing.T) {
	t.Parallel()
	theirs, err := gqlparser.LoadSchema(&ast.Source{Input: string(shared(t, "schema.graphql.gz"))})
	check(t, err)
	ours, err := gqlparser.LoadSchema(&ast.Source{Input: string(must(os.ReadFile("schema.graphql"))(t))})
	check(t, err)
	for name, mine := range ours.Types {
		their := theirs.Types[name]
		switch {
		case their == nil || their.Kind != mine.Kind:
			t.Errorf("type %s: GitHub has none such", name)
			continue
		case strings.HasPrefix(name, "__"):
			continue
		}
		for _, member := range mine.Types {
			if !slices.Contains(their.Types, member) {
				t.Errorf("union %s: GitHub's has no %s", name, member)
			}
		}
		for _, iface := range mine.Interfaces {
			if !slices.Contains(their.Interfaces, iface) {
				t.Errorf("type %s: GitHub's does not implement %s", name, iface)
			}
		}
		for _, value := range mine.EnumValues {
			if their.EnumValues.ForName(value.Name) == nil {
				t.Errorf("enum %s: GitHub's has no %s", name, value.Name)
			}
		}
		sameFields(t, mine, their)
	}
}

func sameFields(t *testing.T, mine, their *ast.Definition) {
	t.Helper()
	for _, field := range mine.Fields {
		if strings.HasPrefix(field.Name, "__") {
			continue
		}
		theirs := their.Fields.ForName(field.Name)
		if theirs == nil || theirs.Type.String() != field.Type.String() {
			t.Errorf("%s.%s: GitHub has none of type %s", mine.Name, field.Name, field.Type)
			continue
		}
		for _, arg := range field.Arguments {
			other := theirs.Arguments.ForName(arg.Name)
			if other == nil || other.Type.String() != arg.Type.String() || other.DefaultValue.String() != arg.DefaultValue.String() {
				t.Errorf("%s.%s(%s): GitHub has none such", mine.Name, field.Name, arg.Name)
			}
		}
	}
}

// TestEveryFieldIsAnswered keeps the schema from promising a field that
// nothing answers.
func TestEveryFieldIsAnswered(t *testing.T) {
	t.Parallel()
	for _, name := range sandbox.Unanswered(must(sandbox.New(sandbox.Options{}))(t)) {
		t.Errorf("%s is in the schema, but nothing answers it", name)
	}
}
