package rest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Limit is how many calls an account may make in a time that begins with the first of them.
type Limit struct {
	Most int
	Over time.Duration
}

// window counts calls.
type window struct {
	start time.Time
	used  int
}

// spend counts a call, and refuses one too many.
func (c *Call) spend() error {
	key := "nobody"
	if c.Who != nil {
		key = c.Who.Login
	}
	var late time.Duration
	for _, l := range c.s.limits {
		w := c.s.window(key, l)
		w.used++
		if w.used > l.Most {
			late = max(late, w.start.Add(l.Over).Sub(c.s.Now()))
		}
		if c.s.dialect.LimitsTold {
			c.Header.Set("X-RateLimit-Limit", strconv.Itoa(l.Most))
			c.Header.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, l.Most-w.used)))
			c.Header.Set("X-RateLimit-Reset", strconv.FormatInt(w.start.Add(l.Over).Unix(), 10))
		}
	}
	if late == 0 {
		return nil
	}
	if c.s.dialect.LimitsTold {
		c.Header.Set("Retry-After", strconv.Itoa(int(late.Seconds())+1))
	}
	return Refuse(http.StatusTooManyRequests, "429 Too Many Requests")
}

// window is that in which an account's calls are counted now.
func (s *Server) window(key string, l Limit) *window {
	name := fmt.Sprint(l.Over, " ", key)
	w := s.windows[name]
	if w == nil || !s.Now().Before(w.start.Add(l.Over)) {
		w = &window{start: s.Now()}
		s.windows[name] = w
	}
	return w
}

// maxPage is how many a page may have.
const maxPage = 100

// Paged renders a call's page of a list, and sets the headers of paging.
func Paged[T any](c *Call, items []T, render func(T) Obj) (any, error) {
	page, size := max(1, c.Number("page")), 20
	if n := c.Number("per_page"); n > 0 {
		size = min(n, maxPage)
	}
	c.Header.Set("total_count", strconv.Itoa(len(items)))
	c.Header.Set("total_page", strconv.Itoa((len(items)+size-1)/size))
	from := min(len(items), (page-1)*size)
	return All(items[from:min(len(items), from+size)], render), nil
}

// All renders a list.
func All[T any](items []T, render func(T) Obj) []Obj {
	out := []Obj{}
	for _, item := range items {
		out = append(out, render(item))
	}
	return out
}
