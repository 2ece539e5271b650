package github

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

var (
	//go:embed addressees.graphql
	addresseesText string
	//go:embed authored.graphql
	authoredText string
	//go:embed beside.graphql
	besideText string
	//go:embed busy.graphql
	busyText string
	//go:embed crowd.graphql
	crowdText string
	//go:embed merged.graphql
	mergedText string
	//go:embed look.graphql
	lookText string
	//go:embed more.graphql
	moreText string
	//go:embed change.graphql
	changeText string
	//go:embed entries.graphql
	entriesText string
	//go:embed people.graphql
	peopleText string
	//go:embed queue.graphql
	queueText string
	//go:embed react.graphql
	reactText string
	//go:embed unreact.graphql
	unreactText string
	//go:embed trees.graphql
	treesText string
	//go:embed fragments.graphql
	fragments string
)

// document is a query with the fragments that it uses, and those that they use.
func document(text string) string { return withFragments(text, fragments) }

// documentWithout is a document for a server that refuses some newer fields.
func documentWithout(text string, fields []string) string {
	return withFragments(without(text, fields), without(fragments, fields))
}

// newerFields are those that a server or a credential may refuse. The documents
// mark the lines that need them.
func newerFields() []string {
	return []string{"assignees", "combinedSlug", "dismissalMessage", "editor", fullID, "headRef", limited, "isMergeQueueEnabled", "labels",
		"mergeCommit",
		"potentialMergeCommit", "pullRequestCommit", "timelineItems"}
}

// fullID has an id's 64 bits; servers that do not know it have shorter ids.
const fullID = "fullDatabaseId"

// limited tells that people say that they are busy.
const limited = "indicatesLimitedAvailability"

// newerLine is a marked line.
var newerLine = regexp.MustCompile(`(?m)^.*# (?:part, )?newer: (\w+)\n`)

// partLine is a line of what can be read by itself.
var partLine = regexp.MustCompile(`(?m)^.*# part.*\n`)

func without(text string, fields []string) string {
	if slices.Contains(fields, fullID) {
		text = strings.ReplaceAll(text, ": "+fullID, "")
	}
	return newerLine.ReplaceAllStringFunc(text, func(line string) string {
		if slices.Contains(fields, newerLine.FindStringSubmatch(line)[1]) {
			return ""
		}
		return line
	})
}

func withFragments(text, fragments string) string {
	all := strings.Split(strings.TrimSpace(fragments), "\n\n")
	for grown := true; grown; {
		grown = false
		for _, f := range all {
			name := strings.Fields(f)[1]
			if strings.Contains(text, "..."+name) && !strings.Contains(text, "fragment "+name+" ") {
				text += "\n" + f + "\n"
				grown = true
			}
		}
	}
	return text
}

// each is what a query asks for of many things, a variable and a line for each of them.
type each struct {
	key, typ string // the variables: $p0 and so on, for p
	mark     string // that the lines stand in the place of
	line     string // # in it is the thing's number
	fields   string // behind the line
}

// of fills in a document and its variables.
func (e each) of(text string, things []string, vars map[string]any) string {
	var declared, lines strings.Builder
	for i, thing := range things {
		n := strconv.Itoa(i)
		declared.WriteString(", $" + e.key + n + ": " + e.typ)
		vars[e.key+n] = thing
		lines.WriteString(strings.ReplaceAll(e.line, "#", n) + " " + e.fields + "\n")
	}
	text = strings.Replace(text, "#vars", declared.String(), 1)
	return strings.Replace(text, e.mark, lines.String(), 1)
}

// withPaths asks for files by path: f0: file(path: $p0) with its fields.
func withPaths(text string, paths []string, vars map[string]any, mark, fields string) string {
	return each{key: "p", typ: "String!", mark: mark, line: "f#: file(path: $p#)", fields: fields}.of(text, paths, vars)
}

// queryError is what GraphQL answers beside or instead of data.
type queryError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Path    []any  `json:"path"`
}

// queryErrors is a failed query.
type queryErrors []queryError

func (q queryErrors) Error() string {
	texts := make([]string, 0, len(q))
	for i, e := range q {
		if i == 3 {
			texts = append(texts, fmt.Sprintf("and %d more", len(q)-3))
			break
		}
		texts = append(texts, strings.TrimSpace(e.Type+" "+e.Message))
	}
	return "GraphQL: " + strings.Join(texts, "; ")
}

func (q queryErrors) has(kind string) bool {
	for _, e := range q {
		if e.Type == kind {
			return true
		}
	}
	return false
}

// exhausted reports whether the server gave up because the query needed too much
// of it just then. That says nothing of single fields: half the query may do, or
// the whole of it later.
func (q queryErrors) exhausted() bool { return q.has("RESOURCE_LIMITS_EXCEEDED") }

// failed reports whether the server failed, as where it took too long, and mostly does
// not the next time (flutter/flutter#90640).
func (q queryErrors) failed() bool {
	return slices.ContainsFunc(q, func(e queryError) bool {
		return strings.HasPrefix(e.Message, "Something went wrong while executing your query")
	})
}

// ofLimit reports whether an error is a rate limit, which GraphQL tells in an
// answer that is 200 (docs.github.com, "Rate limits and query limits for the
// GraphQL API").
func (e queryError) ofLimit() bool {
	return e.Type == "RATE_LIMITED" || e.Type == "RATE_LIMIT" || strings.Contains(strings.ToLower(e.Message), "secondary rate limit")
}

// ofContent reports whether an error is a limit on creating content only.
func (e queryError) ofContent() bool {
	return strings.Contains(e.Message, "submitted too quickly") || blockedWords.MatchString(e.Message)
}

// ofRepository reports whether an error says that the repository as a whole may not be read.
func (e queryError) ofRepository() bool {
	return e.Type == "FORBIDDEN" && len(e.Path) == 1 && e.Path[0] == "repository"
}

// newer lists the newer fields that the errors name.
func (q queryErrors) newer() []string {
	var out []string
	for _, field := range newerFields() {
		if slices.ContainsFunc(q, func(e queryError) bool { return e.names(field) }) {
			out = append(out, field)
		}
	}
	return out
}

// names reports whether an error speaks of a newer field, or of a type or a value
// that comes with it only.
func (e queryError) names(field string) bool {
	words, path := []string{field}, field
	switch field {
	case "headRef":
		words = []string{"'headRef'", `"headRef"`, "`headRef`"}
	case "isMergeQueueEnabled":
		words, path = append(words, "isInMergeQueue"), "isInMergeQueue"
	case "potentialMergeCommit":
		path = "headCommit" // whose statuses are asked for with it
	case limited:
		words, path = append(words, "UserStatus", "'status'", `"status"`, "`status`"), "status"
	case "timelineItems":
		words = append(words, "_EVENT", "ReviewRequestedEvent", "ReviewRequestRemovedEvent", "ForcePushedEvent", "BaseRefDeletedEvent",
			"CommentDeletedEvent")
	}
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(e.Message, w) }) ||
		slices.Contains(e.Path, any(field)) || slices.Contains(e.Path, any(path))
}

// maxAnswer bounds a GraphQL answer, in bytes.
const maxAnswer = 64 << 20

// query runs a query on a repository and fills data. Any error in the answer
// fails it: half an answer is none.
func (f *Forge) query(ctx context.Context, repo pull.Repo, text string, vars map[string]any, data any) error {
	vars["owner"], vars["name"] = repo.Owner, repo.Name
	return f.post(ctx, repo, text, vars, data)
}

// post sends a query or a mutation as the repository's installation. What is
// forbidden to a token that was made just now is sent again.
func (f *Forge) post(ctx context.Context, repo pull.Repo, text string, vars map[string]any, data any) error {
	c, err := f.client(ctx, repo)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"query": text, "variables": vars})
	if err != nil {
		return err
	}
	ctx = withSubject(ctx, vars)
	wait := f.cfg.Waits.Token
	for range tokenTries {
		err = f.postOnce(ctx, c, repo, text, body, data)
		errs, refused := errors.AsType[queryErrors](err)
		if !refused || !errs.has("FORBIDDEN") || !c.signed.young() || pause(ctx, wait) != nil {
			return err
		}
		wait *= 2
	}
	return f.postOnce(ctx, c, repo, text, body, data)
}

func (f *Forge) postOnce(ctx context.Context, c *client, repo pull.Repo, text string, body []byte, data any) error {
	req, err := http.NewRequestWithContext(withOperation(ctx, text), http.MethodPost, f.graphql, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		if err = kind(err); errors.Is(err, forge.ErrGone) {
			f.forget(repo.Owner) // it may be installed anew, under another number
		}
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read GraphQL answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return f.queryStatus(repo, res)
	}
	err = f.decodeAnswer(repo, raw, data)
	if d, ok := data.(dated); ok {
		at, _ := http.ParseTime(res.Header.Get("Date")) // a server that tells none leaves it open
		d.answered(at)
	}
	if limit, ok := errors.AsType[*forge.LimitError](err); ok { // its status is that of a success
		if limit.Minor {
			c.content.KeepBack(limit)
			return err
		}
		limit.Until = meter.ResetOf(res.Header, f.cfg.Now())
		c.limits.Learn(limit)
	}
	return err
}

// dated is an answer that keeps when it was given, by the server's clock.
type dated interface{ answered(at time.Time) }

// ofPeople is an answer that speaks of people, some of whom there may not be.
type ofPeople interface{ missed(errs queryErrors) }

// statusError is a GraphQL answer without data and errors.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return "GraphQL: HTTP " + e.text }

// tooMuch reports whether half a query may be answered where the whole was not:
// it was refused, or the server gave up on it.
func tooMuch(err error) bool {
	if errors.Is(err, forge.ErrNotFound) {
		return false
	}
	if _, refused := errors.AsType[queryErrors](err); refused {
		return true
	}
	failed, ok := errors.AsType[*statusError](err)
	return ok && failed.code >= http.StatusInternalServerError
}

// halves asks for both halves of what was too much for one query.
func halves[T any, K comparable, V any](all []T, ask func([]T) (map[K]V, error)) (map[K]V, error) {
	out := map[K]V{}
	middle := len(all) / 2
	for _, half := range [][]T{all[:middle], all[middle:]} {
		some, err := ask(half)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, some)
	}
	return out, nil
}

func (f *Forge) queryStatus(repo pull.Repo, res *http.Response) error {
	err := &statusError{res.StatusCode, res.Status}
	if res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusUnauthorized {
		f.forget(repo.Owner)
	}
	if res.StatusCode == http.StatusNotFound {
		return fmt.Errorf("%w: %w", forge.ErrNotFound, err)
	}
	if res.StatusCode == http.StatusForbidden {
		return fmt.Errorf("%w: %w", forge.ErrForbidden, err)
	}
	return err
}

func (f *Forge) decodeAnswer(repo pull.Repo, raw []byte, data any) error {
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors queryErrors     `json:"errors"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("decode GraphQL answer: %w", err)
	}
	if people, ok := data.(ofPeople); ok {
		people.missed(slices.DeleteFunc(slices.Clone(answer.Errors), func(e queryError) bool { return !e.ofPerson() }))
	}
	answer.Errors = slices.DeleteFunc(answer.Errors, queryError.ofPerson)
	switch {
	case len(answer.Errors) == 0 && (len(answer.Data) == 0 || string(answer.Data) == "null"):
		return errIncomplete
	case len(answer.Errors) == 0:
		if err := json.Unmarshal(answer.Data, data); err != nil {
			return fmt.Errorf("decode GraphQL answer: %w", err)
		}
		return nil
	case slices.ContainsFunc(answer.Errors, queryError.ofContent):
		return &forge.LimitError{Until: f.cfg.Now().Add(f.cfg.Waits.TooFast), What: answer.Errors.Error(), Minor: true}
	case slices.ContainsFunc(answer.Errors, queryError.ofLimit):
		return &forge.LimitError{Until: f.cfg.Now().Add(time.Minute), What: answer.Errors.Error()}
	case answer.Errors.has("NOT_FOUND"):
		f.forget(repo.Owner)
		return fmt.Errorf("%w: %w", forge.ErrNotFound, answer.Errors)
	case slices.ContainsFunc(answer.Errors, queryError.ofRepository):
		return fmt.Errorf("%w: %w", forge.ErrForbidden, answer.Errors)
	}
	return answer.Errors
}
