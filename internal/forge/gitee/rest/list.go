package rest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/reviewgate/reviewgate/internal/pull"
)

const (
	pageSize = 100 // the most that a server gives
	// maxPages is how many pages a list may have: nobody reads 20,000 comments.
	maxPages = 200
	// maxTalk is how many bytes a page may have that is not held: of a hundred comments each may
	// have 65,535 characters, and of those each twelve bytes.
	maxTalk = 128 << 20
)

// keyed is an entry of a list that its key tells from others, whatever changes of it.
type keyed interface{ Key() string }

// List reads all pages of a list. The headers total_page and total_count, where they are
// there, must be met, and of several pages the first one must have the same entries at the
// end, where entries have keys: a list of which some went while it was read is an error.
// Without the headers it ends with a page that is not full, or that is empty where a server
// may give fewer at once than it was asked for, or that is the one before again.
func List[T any](ctx context.Context, c *Client, path string, query url.Values) ([]T, error) {
	return ListAs[Many[T]](ctx, c, path, query)
}

// ListAs is List of answers that are read in a way of their own.
func ListAs[L ~[]T, T any](ctx context.Context, c *Client, path string, query url.Values) ([]T, error) {
	var all []T
	err := c.pages(ctx, path, query, maxAnswer, func(body io.Reader) (listed, error) {
		data, err := io.ReadAll(body)
		if err != nil {
			return listed{}, err
		}
		var some L
		if err := json.Unmarshal(data, &some); err != nil {
			return listed{}, err
		}
		out := listed{count: len(some), take: func() { all = append(all, some...) }}
		for i := range some {
			out.note(&some[i])
		}
		return out, nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Each is List of what anybody may write much of: each entry is handed over as it is read, and
// none is held. One may be handed over twice.
func Each[T any](ctx context.Context, c *Client, path string, query url.Values, do func(*T)) error {
	return c.pages(ctx, path, query, maxTalk, func(body io.Reader) (listed, error) {
		out := listed{take: func() {}}
		err := eachOf(body, func(one *T) {
			out.count++
			out.note(one)
			do(one)
		})
		return out, err
	})
}

// listed is a page that was read.
type listed struct {
	count int
	keys  string // of its entries; empty where they have none
	sum   [sha256.Size]byte
	take  func() // its entries
}

func (l *listed) note(entry any) {
	if k, ok := entry.(keyed); ok {
		l.keys += k.Key() + "\n"
	}
}

// pages reads the pages of a list, each of so many bytes at the most.
func (c *Client) pages(ctx context.Context, path string, query url.Values, most int64, read func(io.Reader) (listed, error)) error {
	var first, before listed
	all := 0
	for number := 1; number <= maxPages; number++ {
		now, header, err := c.page(ctx, path, query, number, most, read)
		if err != nil {
			return err
		}
		if number == 1 {
			first = now
		} else if now.count > 0 && now.sum == before.sum {
			return nil // it knows no pages
		}
		now.take()
		all += now.count
		if n, told := headerNumber(header, "total_count"); last(header, number, now.count) && told && n != all {
			return fmt.Errorf("the server counts %d and lists %d of %s", n, all, path)
		}
		if last(header, number, now.count) {
			return c.unchanged(ctx, path, query, number, most, read, &first)
		}
		before = now
	}
	return fmt.Errorf("%s has more than %d pages: %w", path, maxPages, pull.ErrTooLarge)
}

// page reads one.
func (c *Client) page(ctx context.Context, path string, query url.Values, number int, most int64, read func(io.Reader) (listed, error)) (
	now listed, header http.Header, err error) {
	asked := url.Values{"per_page": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(number)}}
	for name, values := range query {
		asked[name] = values
	}
	header, err = c.stream(ctx, http.MethodGet, path, asked, nil, most, func(body io.Reader) (err error) {
		sum := sha256.New()
		body = io.TeeReader(body, sum)
		if now, err = read(body); err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, body)
		now.sum = [sha256.Size]byte(sum.Sum(nil))
		return err
	})
	return now, header, err
}

// unchanged fails if the first of several pages has other entries than it had: what went from it
// moved one of the next page to it, where it was not read.
func (c *Client) unchanged(ctx context.Context, path string, query url.Values, pages int, most int64, read func(io.Reader) (listed, error),
	first *listed) error {
	if pages == 1 || first.keys == "" {
		return nil
	}
	now, _, err := c.page(ctx, path, query, 1, most, read)
	if err == nil && now.keys != first.keys {
		err = fmt.Errorf("%s changed while it was read", path)
	}
	return err
}

// eachOf reads a list entry by entry, or one thing alone without brackets; null is none.
func eachOf[T any](body io.Reader, do func(*T)) error {
	in := bufio.NewReader(body)
	begin, err := in.Peek(1)
	for err == nil && len(bytes.TrimSpace(begin)) == 0 {
		if _, err = in.Discard(1); err == nil {
			begin, err = in.Peek(1)
		}
	}
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(in)
	if begin[0] != '[' {
		var alone Many[T]
		err := decoder.Decode(&alone)
		for i := range alone {
			do(&alone[i])
		}
		return err
	}
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		var one T
		if err := decoder.Decode(&one); err != nil {
			return err
		}
		do(&one)
	}
	_, err = decoder.Token()
	return err
}

// last reports whether a page is the last one of a list.
func last(header http.Header, page, length int) bool {
	if total, told := headerNumber(header, "total_page"); told {
		return page >= total
	}
	const step = 10 // of the sizes that a server may cut pages to
	return length == 0 || length > pageSize || length < pageSize && length%step != 0
}

func headerNumber(h http.Header, name string) (int, bool) {
	n, err := strconv.Atoi(h.Get(name))
	return n, err == nil && n >= 0
}

// Page reads one page of a list, of which nothing is checked; empty behind the last one.
func Page[T any](ctx context.Context, c *Client, path string, query url.Values, number int) (some Many[T], err error) {
	_, _, err = c.page(ctx, path, query, number, maxAnswer, func(body io.Reader) (listed, error) {
		data, err := io.ReadAll(body)
		if err == nil {
			err = json.Unmarshal(data, &some)
		}
		return listed{}, err
	})
	return some, err
}
