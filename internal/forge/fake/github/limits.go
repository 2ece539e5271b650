package github

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// window counts the points that an identity has used of a resource in the hour
// that began with its first call.
type window struct {
	start time.Time
	used  int
}

func (s *Server) window(key, resource string) *window {
	name := resource + " " + key
	w := s.limits[name]
	if w == nil || !s.Now().Before(w.start.Add(time.Hour)) {
		w = &window{start: s.Now()}
		s.limits[name] = w
	}
	return w
}

// spent reports whether an identity has used up its points.
func (s *Server) spent(key, resource string) bool {
	return s.window(key, resource).used >= s.opts.RateLimit
}

func (s *Server) rateJSON(key, resource string) obj {
	w := s.window(key, resource)
	return obj{
		"limit": s.opts.RateLimit, "remaining": max(0, s.opts.RateLimit-w.used), "used": w.used,
		"reset": w.start.Add(time.Hour).Unix(), "resource": resource,
	}
}

func (s *Server) rateHeaders(h http.Header, key, resource string) {
	rate := s.rateJSON(key, resource)
	for header, field := range map[string]string{
		"X-Ratelimit-Limit": "limit", "X-Ratelimit-Remaining": "remaining", "X-Ratelimit-Used": "used",
		"X-Ratelimit-Reset": "reset", "X-Ratelimit-Resource": "resource",
	} {
		h.Set(header, fmt.Sprint(rate[field]))
	}
}

// limitedQuery is what GraphQL answers beyond the limit: by one of two words, as its
// servers have either (yanyongyu/githubkit#272).
func limitedQuery(key string) obj {
	kind := "RATE_LIMIT"
	if len(key)%2 == 0 {
		kind = "RATE_LIMITED"
	}
	return obj{"errors": []any{obj{"type": kind, "message": "API rate limit exceeded for " + key + "."}}}
}

// page reads a call's page and size, as GitHub bounds them.
func (c *call) page() (page, size int) {
	number := func(name string, otherwise int) int {
		n, err := strconv.Atoi(c.r.URL.Query().Get(name))
		if err != nil || n < 1 {
			return otherwise
		}
		return n
	}
	return number("page", 1), min(number("per_page", 30), 100)
}

// paged renders a call's page of a list and sets the Link header.
func paged[T any](c *call, items []T, render func(T) obj) []any {
	page, size := c.page()
	c.link(page, max(1, (len(items)+size-1)/size))
	from := min(len(items), (page-1)*size)
	out := []any{}
	for _, item := range items[from:min(len(items), from+size)] {
		out = append(out, render(item))
	}
	return out
}

// link sets the Link header of a page among others.
func (c *call) link(page, last int) {
	links := ""
	add := func(rel string, page int) {
		q := c.r.URL.Query()
		q.Set("page", strconv.Itoa(page))
		if links != "" {
			links += ", "
		}
		links += fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.s.url, c.r.URL.EscapedPath(), q.Encode(), rel)
	}
	if page > 1 {
		add("prev", min(page-1, last))
	}
	if page < last {
		add("next", page+1)
		add("last", last)
	}
	if page > 1 {
		add("first", 1)
	}
	if links != "" {
		c.header.Set("Link", links)
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
