package forge

import (
	"bytes"
	"container/list"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// maxKept is the largest single answer that is kept, in bytes.
const maxKept = 2 << 20

// Revalidate is a round tripper that keeps answers with an ETag and asks the
// forge, each time, whether they still hold. An answer that does costs nothing
// of the rate limit. Nothing is ever served without asking.
//
// Its requests carry the credential already, or it serves one credential only:
// answers are kept by URL and Accept header. One with a condition of its own is
// passed through.
type Revalidate struct {
	Base  http.RoundTripper
	Limit int // bytes kept in all

	mu    sync.Mutex
	used  int
	order list.List // of *kept, most recently used first
	byKey map[string]*list.Element
}

type kept struct {
	key    string
	etag   string
	header http.Header
	body   []byte
}

// RoundTrip sends a request, conditionally where an answer is kept.
func (r *Revalidate) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet || req.Header.Get("Range") != "" || req.Header.Get("If-None-Match") != "" {
		return r.Base.RoundTrip(req)
	}
	key := req.URL.String() + "\x00" + req.Header.Get("Accept")
	old := r.get(key)
	if old != nil {
		req = req.Clone(req.Context())
		req.Header.Set("If-None-Match", old.etag)
	}
	res, err := r.Base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusNotModified && old != nil {
		return replay(res, old)
	}
	if res.StatusCode == http.StatusOK && res.Header.Get("ETag") != "" {
		return r.keep(key, res)
	}
	return res, nil
}

// replay returns the kept answer with the headers of the fresh one over it.
func replay(res *http.Response, old *kept) (*http.Response, error) {
	res.Body.Close()
	fresh := res.Header
	res.Header = old.header.Clone()
	for name, values := range fresh {
		if name != "Content-Length" && name != "Content-Type" && name != "Link" {
			res.Header[name] = values
		}
	}
	res.StatusCode, res.Status = http.StatusOK, "200 OK"
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(old.body)), int64(len(old.body))
	return res, nil
}

// keep reads an answer and remembers it, unless it is too large.
func (r *Revalidate) keep(key string, res *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxKept+1))
	if err != nil {
		res.Body.Close()
		return nil, err
	}
	if len(body) > maxKept {
		res.Body = readCloser{io.MultiReader(bytes.NewReader(body), res.Body), res.Body}
		return res, nil
	}
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	if want, err := strconv.Atoi(res.Header.Get("Content-Length")); err != nil || want == len(body) {
		r.put(&kept{key: key, etag: res.Header.Get("ETag"), header: res.Header.Clone(), body: body})
	}
	return res, nil
}

type readCloser struct {
	io.Reader
	io.Closer
}

func (r *Revalidate) get(key string) *kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.byKey[key]
	if e == nil {
		return nil
	}
	r.order.MoveToFront(e)
	return e.Value.(*kept)
}

func (r *Revalidate) put(k *kept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byKey == nil {
		r.byKey = map[string]*list.Element{}
	}
	if e := r.byKey[k.key]; e != nil {
		r.drop(e)
	}
	r.byKey[k.key] = r.order.PushFront(k)
	r.used += len(k.body)
	for r.used > r.Limit && r.order.Len() > 0 {
		r.drop(r.order.Back())
	}
}

func (r *Revalidate) drop(e *list.Element) {
	k := r.order.Remove(e).(*kept)
	delete(r.byKey, k.key)
	r.used -= len(k.body)
}
