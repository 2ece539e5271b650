// Package rest speaks version 5 of the API that a Gitee and a GitCode have: requests, pages,
// errors and the shapes of answers, of both spellings. What the answers mean to the gate is
// left to package gitee.
//
// It promises that an answer which leaves out what is always told, or that is cut, is an
// error, that calls keep to the server's limits, and that no write is forwarded.
package rest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// maxAnswer is how many bytes an answer may have that is held.
const maxAnswer = 32 << 20

// answerError is an answer that is not a success.
type answerError struct {
	status  int
	message string
}

func (e *answerError) Error() string {
	if e.message == "" {
		return fmt.Sprintf("HTTP %d", e.status)
	}
	return fmt.Sprintf("HTTP %d: %s", e.status, e.message)
}

// blocked is the status by which a GitCode refuses words that it does not like.
const blocked = http.StatusTeapot

// Is gives an answer the kind that callers branch on. A redirect that was not followed is
// that of a repository that has another name now.
func (e *answerError) Is(target error) bool {
	switch e.status {
	case http.StatusNotFound, http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return target == forge.ErrNotFound //nolint:errorlint // this is what errors.Is asks
	case http.StatusForbidden:
		return target == forge.ErrForbidden //nolint:errorlint // likewise
	case http.StatusBadRequest, http.StatusUnprocessableEntity, blocked:
		return target == pull.ErrRefused //nolint:errorlint // likewise
	}
	return false
}

// Status returns the HTTP status of an error answer; 0 where there was none.
func Status(err error) int {
	if e, ok := errors.AsType[*answerError](err); ok {
		return e.status
	}
	return 0
}

// Declined reports whether a server does not do what was asked, however often it is.
func Declined(err error) bool {
	return errors.Is(err, pull.ErrRefused) || errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound)
}

// Client speaks to one server as one account. It is safe for concurrent use.
type Client struct {
	cfg     Config
	url     *url.URL
	http    *http.Client
	breaker *forge.Breaker
	limits  *forge.Limits
	events  events
}

// Config says whom to speak to. URL, Token, Transport and Now are set.
type Config struct {
	URL   *url.URL // of the API, with a slash at its end
	Token string
	// Limits are how many calls the server takes; WritesPerMinute bounds what people are
	// told of, 0: only as all calls are.
	Limits          []Limit
	WritesPerMinute int
	Hour            time.Duration         // how long an hour of the limits lasts; 0: an hour
	SweepShare      int                   // how many percent of the calls sweeps may use; 0: all
	Replicas        func() int            // processes that share the calls; nil: this one
	Observe         func(call forge.Call) // told of each call; may be nil
	Transport       http.RoundTripper
	Now             func() time.Time
}

// Limit is how many calls a token has.
type Limit struct {
	Most int
	Over time.Duration
}

// New makes a client. It makes no call.
func New(cfg Config) *Client {
	c := &Client{cfg: cfg, url: cfg.URL}
	c.stack()
	return c
}

// Limited returns until when a limit keeps calls back; zero if none does.
func (c *Client) Limited() time.Time { return c.limits.Until() }

// RepoPath is the API's path of something in a repository. Each part is escaped.
func RepoPath(repo pull.Repo, parts ...any) string {
	out := "repos/" + url.PathEscape(repo.Owner) + "/" + url.PathEscape(repo.Name)
	for _, p := range parts {
		out += "/" + url.PathEscape(fmt.Sprint(p))
	}
	return out
}

// PullPath is that of something on a pull request.
func PullPath(ref pull.Ref, parts ...any) string {
	return RepoPath(ref.Repo, append([]any{"pulls", ref.Number}, parts...)...)
}

// Call sends one request and reads the answer into out, nil where its body says nothing. A
// body of url.Values is sent as a form, any other as JSON. It returns the answer's headers.
func (c *Client) Call(ctx context.Context, method, path string, query url.Values, body, out any) (http.Header, error) {
	return c.stream(ctx, method, path, query, body, maxAnswer, func(answer io.Reader) error {
		if out == nil {
			return nil
		}
		data, err := io.ReadAll(answer)
		if err != nil {
			return err
		}
		return json.Unmarshal(data, out)
	})
}

// stream sends one request, and has the body of a success of so many bytes read as it comes.
func (c *Client) stream(ctx context.Context, method, path string, query url.Values, body any, most int64,
	read func(io.Reader) error) (http.Header, error) {
	req, err := c.request(ctx, method, path, query, body)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, forge.Unwrapped(err)
	}
	defer res.Body.Close()
	answer := &io.LimitedReader{R: res.Body, N: most + 1}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		data, err := io.ReadAll(answer)
		if err != nil {
			return nil, err
		}
		return nil, readError(res.StatusCode, data)
	}
	err = read(answer)
	switch {
	case answer.N <= 0:
		return nil, fmt.Errorf("the answer to %s has more than %d bytes", path, most)
	case err != nil:
		return nil, fmt.Errorf("the answer to %s is not what it should be: %w", path, err)
	}
	return res.Header, nil
}

func (c *Client) request(ctx context.Context, method, path string, query url.Values, body any) (*http.Request, error) {
	data, kind, err := encode(body)
	if err != nil {
		return nil, err
	}
	address := strings.TrimSuffix(c.url.String(), "/") + "/" + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if body == nil {
		req.Body, req.GetBody, req.ContentLength = nil, nil, 0
	} else {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.cfg.Token)
	return req, nil
}

// encode returns a body as it is sent, and its type.
func encode(body any) (data []byte, kind string, err error) {
	if form, ok := body.(url.Values); ok {
		return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
	}
	if body != nil {
		data, err = json.Marshal(body)
	}
	return data, "application/json", err
}

// readError reads what an error answer says: the one server says message, the other
// error_message.
func readError(status int, data []byte) error {
	var told struct {
		Message Text `json:"message"`
		Error   Text `json:"error_message"`
		Name    Text `json:"error_code_name"`
	}
	if json.Unmarshal(data, &told) != nil {
		return &answerError{status: status}
	}
	return &answerError{status, string(cmp.Or(told.Message, told.Error, told.Name))}
}

// Get is Call of a reading.
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	_, err := c.Call(ctx, http.MethodGet, path, query, nil, out)
	return err
}

// DateOf is when an answer was given, by the server's own clock; ours where it does not
// tell.
func (c *Client) DateOf(h http.Header) time.Time {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return c.cfg.Now().UTC()
	}
	return at.UTC()
}
