package gitee

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// shared is where published descriptions and recorded answers are.
const shared = "../../../../shared/data"

// readShared reads a file of recorded data, or skips the test.
func readShared(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(shared + "/" + name)
	if err != nil {
		if os.Getenv("REVIEWGATE_SHARED") == "required" {
			t.Fatal(err)
		}
		t.Skipf("no recorded data: %v", err)
	}
	return data
}

// operation is what a description says of one kind of request.
type operation struct {
	method string
	path   []string // its parts behind /v5/
	query  []string
	fields []string // of a body
	form   bool     // the body may be a form
	list   bool     // the body is a list
}

// contract is a description.
type contract []operation

// readContract reads the description of a kind of forge.
func readContract(t testing.TB, kind string) contract {
	t.Helper()
	if kind == KindGitCode {
		return contractOfGitCode(t)
	}
	return contractOfGitee(t)
}

func partsOf(path string) []string {
	_, rest, _ := strings.Cut(path, "/v5/")
	return strings.Split(rest, "/")
}

func contractOfGitCode(t testing.TB) contract {
	t.Helper()
	var out contract
	lines := bufio.NewScanner(bytes.NewReader(readShared(t, "gitcode/operations.jsonl")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o struct {
			Method, Path string
			Query        []string
			Body         map[string]json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		op := operation{method: o.Method, path: partsOf(o.Path)}
		for _, q := range o.Query {
			name, _, _ := strings.Cut(q, ":")
			op.query = append(op.query, name)
		}
		for kind, body := range o.Body {
			var fields map[string]any
			op.form, op.list = strings.Contains(kind, "form"), json.Unmarshal(body, &fields) != nil
			for name := range fields {
				op.fields = append(op.fields, strings.TrimSuffix(name, "*"))
			}
		}
		out = append(out, op)
	}
	return append(out, // seen at work, and not among what was read of the documentation
		operation{method: http.MethodGet, path: partsOf("/v5/repos/{owner}/{repo}")})
}

func contractOfGitee(t testing.TB) contract {
	t.Helper()
	packed, err := gzip.NewReader(bytes.NewReader(readShared(t, "gitee/swagger-5.3.2.yaml.gz")))
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Ref        string               `yaml:"$ref"`
		Properties map[string]yaml.Node `yaml:"properties"`
	}
	type described struct {
		Parameters []struct {
			Name, In string
			Schema   schema
		}
	}
	var doc struct {
		Paths       map[string]map[string]yaml.Node
		Definitions map[string]schema
	}
	if err := yaml.NewDecoder(packed).Decode(&doc); err != nil && err != io.EOF { //nolint:errorlint // as it is given
		t.Fatal(err)
	}
	var out contract
	for path, methods := range doc.Paths {
		for method, node := range methods {
			var o described
			if node.Kind != yaml.MappingNode || node.Decode(&o) != nil { // what all have in common
				continue
			}
			op := operation{method: strings.ToUpper(method), path: partsOf(path)}
			for _, p := range o.Parameters {
				switch p.In {
				case "query":
					op.query = append(op.query, p.Name)
				case "formData":
					op.form, op.fields = true, append(op.fields, p.Name)
				case "body":
					for name := range doc.Definitions[strings.TrimPrefix(p.Schema.Ref, "#/definitions/")].Properties {
						op.fields = append(op.fields, name)
						op.list = op.list || name == "body" && strings.HasSuffix(path, "/labels")
					}
				}
			}
			out = append(out, op)
		}
	}
	return append(out, checksOfGitee(t)...)
}

// checksOfGitee are the operations that the description of 5.3.2 does not have yet.
func checksOfGitee(t testing.TB) contract {
	t.Helper()
	var checks struct {
		Create struct{ Body map[string]json.RawMessage }
		List   struct{ Query []string }
	}
	if err := json.Unmarshal(readShared(t, "gitee/checks.json"), &checks); err != nil {
		t.Fatal(err)
	}
	fields := []string{}
	for name := range checks.Create.Body {
		fields = append(fields, name)
	}
	query := []string{}
	for _, q := range checks.List.Query {
		name, _, _ := strings.Cut(strings.NewReplacer("<", "=", ">", "=").Replace(q), "=")
		query = append(query, name)
	}
	repo := "/v5/repos/{owner}/{repo}/"
	return contract{
		{method: http.MethodPost, path: partsOf(repo + "check-runs"), fields: fields},
		{method: http.MethodPatch, path: partsOf(repo + "check-runs/{id}"), fields: fields},
		{method: http.MethodGet, path: partsOf(repo + "commits/{ref}/check-runs"), query: query},
		{method: http.MethodPost, path: partsOf(repo + "pulls/{number}/test"), fields: []string{"force"}},
		{method: http.MethodPatch, path: partsOf(repo + "pulls/{number}/testers"), fields: []string{"reset_all"}},
	}
}

// fits reports whether a request's path is that of an operation.
func (o *operation) fits(parts []string) bool {
	if len(parts) != len(o.path) {
		return false
	}
	for i, p := range o.path {
		if p != parts[i] && (!strings.HasPrefix(p, "{") || strings.Contains(p, "...") != strings.Contains(parts[i], "...")) {
			return false
		}
	}
	return true
}

// hold holds a request to the description. Pages may be asked for anywhere.
func (c contract) hold(t testing.TB, req *http.Request, body []byte) {
	t.Helper()
	parts := partsOf(req.URL.EscapedPath())
	i := slices.IndexFunc(c, func(o operation) bool { return o.method == req.Method && o.fits(parts) })
	if i < 0 {
		t.Errorf("%s %s is not described", req.Method, req.URL.Path)
		return
	}
	o := c[i]
	for name := range req.URL.Query() {
		if !slices.Contains(o.query, name) && name != "page" && name != "per_page" {
			t.Errorf("%s %s: there is no parameter %q, but %q", req.Method, req.URL.Path, name, o.query)
		}
	}
	fields := map[string]any{}
	isForm := strings.Contains(req.Header.Get("Content-Type"), "form")
	switch {
	case len(body) == 0:
	case isForm:
		form, err := url.ParseQuery(string(body))
		if err != nil || !o.form {
			t.Errorf("%s %s takes no form: %v", req.Method, req.URL.Path, err)
		}
		for name := range form {
			fields[name] = true
		}
	case o.list:
		var list []string
		if err := json.Unmarshal(body, &list); err != nil {
			t.Errorf("%s %s: want a list, and not %s", req.Method, req.URL.Path, body)
		}
	default:
		if err := json.Unmarshal(body, &fields); err != nil || o.form && len(o.fields) > 0 {
			t.Errorf("%s %s takes no %s: %v", req.Method, req.URL.Path, body, err)
		}
	}
	for name := range fields {
		if !slices.Contains(o.fields, name) {
			t.Errorf("%s %s: there is no field %q, but %q", req.Method, req.URL.Path, name, o.fields)
		}
	}
}

// held is a round tripper that holds each request to a description.
type held struct {
	t        testing.TB
	contract contract
}

func (h held) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	if got := req.Header.Get("Authorization"); got != "Bearer secret-token" || strings.Contains(req.URL.String(), "secret") {
		h.t.Errorf("%s %s: the token goes by the header alone", req.Method, req.URL)
	}
	h.contract.hold(h.t, req, body)
	return http.DefaultTransport.RoundTrip(req)
}
