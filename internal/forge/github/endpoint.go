package github

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
)

// operationKey carries the name of a GraphQL operation in a request's context.
type operationKey struct{}

var operationName = regexp.MustCompile(`(?m)^(?:query|mutation) (\w+)`)

// withOperation notes a document's name, for metrics and the pace of writes.
func withOperation(ctx context.Context, document string) context.Context {
	if m := operationName.FindStringSubmatch(document); m != nil {
		ctx = context.WithValue(ctx, operationKey{}, m[0])
	}
	return ctx
}

func operation(req *http.Request) (kind, name string) {
	text, _ := req.Context().Value(operationKey{}).(string)
	kind, name, _ = strings.Cut(text, " ")
	return kind, name
}

// subjectKey carries what a GraphQL query is about in a request's context.
type subjectKey struct{}

// withSubject notes the repository and the pull request that a query's variables name.
func withSubject(ctx context.Context, vars map[string]any) context.Context {
	return context.WithValue(ctx, subjectKey{}, strings.ToLower(fmt.Sprint(vars["owner"], "/", vars["name"], "#", vars["number"])))
}

// thing names what a request is about: a pull request, a repository, or else what is at
// the address.
func (f *Forge) thing(req *http.Request) string {
	if subject, ok := req.Context().Value(subjectKey{}).(string); ok && f.isGraphQL(req) {
		return subject
	}
	parts := strings.Split(strings.Trim(strings.TrimPrefix(req.URL.Path, f.api.Path), "/"), "/")
	switch {
	case parts[0] != "repos" || len(parts) < 3:
		return req.URL.Path
	case len(parts) > 4 && (parts[3] == "pulls" || parts[3] == "issues"):
		return strings.ToLower(parts[1] + "/" + parts[2] + "#" + parts[4])
	}
	return strings.ToLower(parts[1] + "/" + parts[2])
}

// endpoint names what a request calls, such as "GET /repos/{}/{}/pulls/{}/files"
// or "graphql Look".
func (f *Forge) endpoint(req *http.Request) string {
	if f.isGraphQL(req) {
		_, name := operation(req)
		return "graphql " + name
	}
	path := strings.Trim(strings.TrimPrefix(req.URL.Path, f.api.Path), "/")
	parts := strings.Split(path, "/")
	for i, part := range parts {
		owner := i > 0 && (parts[0] == "repos" && i <= 2 || parts[0] == "orgs" && i == 1 || parts[0] == "users" && i == 1)
		if owner || !endpointWord(part) {
			parts[i] = "{}"
		}
		if wordsBeforeNames[part] && !owner && i+1 < len(parts) { // what follows may have slashes
			parts = append(parts[:i+1:i+1], "{}")
			break
		}
	}
	return req.Method + " /" + strings.Join(parts, "/")
}

// endpointWord reports whether a part of a path names something of the API. All
// others name something of somebody's, which would make too many names.
func endpointWord(s string) bool {
	switch s {
	case "repos", "orgs", "organizations", "users", "user", "app", "apps", "installations", "installation", "access_tokens", "hook",
		"config", "deliveries", "attempts",
		"repositories", "pulls", "files", "commits", "reviews", "comments", "requested_reviewers", "issues", "labels", "assignees", "events",
		"timeline",
		"git", "blobs", "trees", "ref", "refs", "matching-refs", "check-runs", "check-suites", "statuses", "status", "compare", "contents",
		"branches", "rules",
		"collaborators", "permission", "teams", "members", "memberships", "rate_limit":
		return true
	}
	return false
}

// wordsBeforeNames come before names that may hold slashes.
var wordsBeforeNames = map[string]bool{"contents": true, "compare": true, "ref": true, "refs": true, "matching-refs": true,
	"branches": true, "labels": true}

func (f *Forge) isGraphQL(req *http.Request) bool { return req.URL.String() == f.graphql }

// isQuery reports whether a request other than a GET may be repeated: it is a
// query and changes nothing.
func (f *Forge) isQuery(req *http.Request) bool {
	kind, _ := operation(req)
	return f.isGraphQL(req) && kind != "mutation"
}

// isWrite reports whether a request changes something that others see. Asking for a
// token or for a delivery does not.
func (f *Forge) isWrite(req *http.Request) bool {
	if f.isGraphQL(req) {
		return !f.isQuery(req)
	}
	return req.Method != http.MethodGet && req.Method != http.MethodHead && !strings.HasPrefix(req.URL.Path, f.api.Path+"app/")
}

// isCheck reports whether a request writes a check or a status.
func (f *Forge) isCheck(req *http.Request) bool {
	return f.isWrite(req) && (strings.Contains(req.URL.Path, "/check-runs") || strings.Contains(req.URL.Path, "/statuses/"))
}

// isContent reports whether a write creates what people are notified of.
func (f *Forge) isContent(req *http.Request) bool { return f.isWrite(req) && !f.isCheck(req) }

// answerKey marks the context of what answers a command.
type answerKey struct{}

func asAnswer(ctx context.Context) context.Context { return context.WithValue(ctx, answerKey{}, true) }

// isAnswer reports whether a write answers a command.
func (f *Forge) isAnswer(req *http.Request) bool {
	return req.Context().Value(answerKey{}) != nil && f.isContent(req)
}

// tooFastFor is how long what was written too fast is kept back: GitHub names no
// time, and goes on refusing for more than a minute (cli/cli#4801).
const tooFastFor = 90 * time.Second

// tooFast reads whether a write was refused for its frequency: 422 with the code
// "abuse", or with these words of GraphQL's (alibaba/open-code-review#158), or by a
// limit that is on creating content only (pl-strflt/projects-migration#2).
func (f *Forge) tooFast(res *http.Response) (*forge.LimitError, error) {
	limit, err := meter.LimitOf(res, f.cfg.Now())
	if err != nil || limit == nil && res.StatusCode != http.StatusUnprocessableEntity {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case limit == nil:
	case blockedWords.Match(body):
		return limit, nil
	default:
		return nil, nil // it is on everything
	}
	var refusal struct {
		Message string `json:"message"`
		Errors  []struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &refusal) != nil { // its errors may be sentences
		return f.tooFastSaid(tooFastWords.Match(body)), nil
	}
	for _, e := range refusal.Errors {
		if e.Code == "abuse" || tooFastWords.MatchString(e.Message) {
			return f.tooFastSaid(true), nil
		}
	}
	return f.tooFastSaid(tooFastWords.MatchString(refusal.Message)), nil
}

var tooFastWords = regexp.MustCompile(`(?i)submitted too quickly|abuse detection|secondary rate limit`)

// blockedWords are those of a limit that is on creating content only.
var blockedWords = regexp.MustCompile(`(?i)blocked from content creation`)

func (f *Forge) tooFastSaid(so bool) *forge.LimitError {
	if !so {
		return nil
	}
	return &forge.LimitError{Until: f.cfg.Now().Add(f.cfg.Waits.TooFast), What: "written too fast"}
}

// class names the limit that a request draws on.
func (f *Forge) class(req *http.Request) string {
	if f.isGraphQL(req) {
		return "graphql"
	}
	return "core"
}
