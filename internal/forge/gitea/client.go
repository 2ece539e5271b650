package gitea

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

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

// Is gives an answer the kind that callers branch on. A redirect that was not followed is
// that of a repository that has another name now.
func (e *answerError) Is(target error) bool {
	switch e.status {
	case http.StatusNotFound, http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return target == forge.ErrNotFound //nolint:errorlint // this is what errors.Is asks
	case http.StatusForbidden:
		return target == forge.ErrForbidden //nolint:errorlint // likewise
	case http.StatusUnprocessableEntity:
		return target == pull.ErrRefused //nolint:errorlint // likewise
	}
	return false
}

// status returns the HTTP status of an error answer; 0 where there was none.
func status(err error) int {
	if e, ok := errors.AsType[*answerError](err); ok {
		return e.status
	}
	return 0
}

// repoPath is the API's path of something in a repository. Each part is escaped.
func repoPath(repo pull.Repo, parts ...any) string {
	out := "repos/" + url.PathEscape(repo.Owner) + "/" + url.PathEscape(repo.Name)
	for _, p := range parts {
		out += "/" + url.PathEscape(fmt.Sprint(p))
	}
	return out
}

// call sends one request and reads the answer into out, nil where its body says nothing. It
// returns the answer's headers. Of texts of any length a server gives, it reads maxText each.
func (f *Forge) call(ctx context.Context, method, path string, query url.Values, body, out any) (http.Header, error) {
	res, err := f.send(ctx, method, path, query, body)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := readHeld(res.Body, path)
	if err != nil {
		return nil, err
	}
	if out == nil {
		return res.Header, nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return nil, fmt.Errorf("the answer to %s is not what it should be: %w", path, err)
	}
	return res.Header, nil
}

// send sends one request. The answer is a success, whose body is still to be read.
func (f *Forge) send(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	req, err := f.request(ctx, method, path, query, body)
	if err != nil {
		return nil, err
	}
	res, err := f.http.Do(req)
	if err != nil {
		return nil, forge.Unwrapped(err)
	}
	if res.StatusCode >= 200 && res.StatusCode <= 299 {
		return res, nil
	}
	defer res.Body.Close()
	data, err := readHeld(res.Body, path)
	if err != nil {
		return nil, err
	}
	return nil, readError(res.StatusCode, data)
}

// readHeld reads an answer that is held as a whole.
func readHeld(body io.Reader, path string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(newCutter(io.LimitReader(body, maxTalk)), maxAnswer+1))
	if err == nil && len(data) > maxAnswer {
		err = fmt.Errorf("the answer to %s has more than %d bytes", path, maxAnswer)
	}
	return data, err
}

func (f *Forge) request(ctx context.Context, method, path string, query url.Values, body any) (*http.Request, error) {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	address := strings.TrimSuffix(f.api.String(), "/") + "/" + path
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
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "token "+f.cfg.Token)
	return req, nil
}

// readError reads what an error answer says: a message, and details.
func readError(status int, data []byte) error {
	var told struct {
		Message string   `json:"message"`
		Errors  []string `json:"errors"`
	}
	if json.Unmarshal(data, &told) != nil {
		return &answerError{status: status}
	}
	return &answerError{status, strings.Join(append([]string{told.Message}, told.Errors...), "; ")}
}

func (f *Forge) get(ctx context.Context, path string, query url.Values, out any) error {
	_, err := f.call(ctx, http.MethodGet, path, query, nil, out)
	return err
}

// list reads all pages of a list. The header X-Total-Count, where there is one, must be
// met and stay, and of several pages the first one have the same entries at the end: a list of
// which entries came and went while it was read is an error.
func list[T any](ctx context.Context, f *Forge, path string, query url.Values) ([]T, error) {
	var all []T
	var first page[T]
	before := -1
	for n := 1; n <= maxPages; n++ {
		raw, some, header, err := readPage[T](ctx, f, path, query, n)
		if err != nil {
			return nil, err
		}
		if n == 1 {
			first = page[T]{raw, some}
		}
		all = append(all, some...)
		total, counted := totalOf(header)
		switch {
		case counted && before >= 0 && total != before:
			return nil, fmt.Errorf("%s changed while it was read: the server counted %d, and then %d", path, before, total)
		case counted && len(all) == total && n == 1:
			return all, nil
		case counted && len(all) == total:
			return all, sameFirst[T](ctx, f, path, query, first)
		case len(some) == 0 && counted:
			return nil, fmt.Errorf("the server counts %d and lists %d of %s", total, len(all), path)
		case len(some) == 0 || !counted && len(some) < pageSize && n == 1:
			return all, nil
		case counted && len(all) > total:
			return nil, fmt.Errorf("the server counts %d and lists more of %s", total, path)
		}
		if counted {
			before = total
		}
	}
	return nil, fmt.Errorf("%s has more than %d pages: %w", path, maxPages, pull.ErrTooLarge)
}

// readPage reads one page, as it is, too.
func readPage[T any](ctx context.Context, f *Forge, path string, query url.Values, page int) (raw json.RawMessage, some []T,
	header http.Header, err error) {
	ask := url.Values{"limit": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(page)}}
	for key, values := range query {
		ask[key] = values
	}
	if header, err = f.call(ctx, http.MethodGet, path, ask, nil, &raw); err != nil {
		return nil, nil, nil, err
	}
	if err := json.Unmarshal(raw, &some); err != nil {
		return nil, nil, nil, fmt.Errorf("the answer to %s is not what it should be: %w", path, err)
	}
	return raw, some, header, nil
}

// page is one page of a list, as it is and as it is read.
type page[T any] struct {
	raw     []byte
	entries []T
}

// same reports whether a page has the same entries as another one. What is told of pull requests
// changes whenever anybody says a word in one: they are the same by their numbers.
func (p page[T]) same(q page[T]) bool {
	a, ok := any(p.entries).([]pullAnswer)
	b, _ := any(q.entries).([]pullAnswer)
	if !ok {
		return bytes.Equal(p.raw, q.raw)
	}
	return slices.EqualFunc(a, b, func(a, b pullAnswer) bool { return a.Number == b.Number }) //nolint:gocritic // once for a list
}

// sameFirst fails where the first page of a list is not what it was.
func sameFirst[T any](ctx context.Context, f *Forge, path string, query url.Values, before page[T]) error {
	raw, some, _, err := readPage[T](ctx, f, path, query, 1)
	if err == nil && !before.same(page[T]{raw, some}) {
		err = fmt.Errorf("%s changed while it was read", path)
	}
	return err
}

// listHoled reads all pages of a list whose pages lack entries that are not for us, and whose
// header counts those of one page only, as a timeline's does: neither a short page nor the
// header ends it, but an empty one beyond what so many hidden entries may fill. Others may hide
// entries of their own, so while lacks reports that one is missing which must be there, up to
// maxHoles empty pages more are read.
func listHoled[T any](ctx context.Context, f *Forge, path string, hidden int, lacks func([]T) bool) ([]T, error) {
	var all []T
	var before []byte
	holes := 0
	for page := 1; page <= maxPages; page++ {
		raw, some, _, err := readPage[T](ctx, f, path, nil, page)
		if err != nil {
			return nil, err
		}
		if len(some) > 0 && bytes.Equal(raw, before) { // a server without pages
			return all, nil
		}
		if len(some) == 0 && page*pageSize > len(all)+hidden {
			if holes++; holes > maxHoles || !lacks(all) {
				return all, nil
			}
		}
		all, before = append(all, some...), raw
	}
	return nil, fmt.Errorf("%s has more than %d pages: %w", path, maxPages, pull.ErrTooLarge)
}

func totalOf(h http.Header) (int, bool) {
	n, err := strconv.Atoi(h.Get("X-Total-Count"))
	return n, err == nil && n >= 0
}

// dateOf is when an answer was given, by the server's own clock; zero where it does not
// tell.
func dateOf(h http.Header) time.Time {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
