package forge

import (
	"net/http"
	"net/url"
)

// maxRedirects is how many redirects of one read are followed. Beyond it the answer is the
// last one, which no caller takes for what it asked for.
const maxRedirects = 3

// OnlyReads is an http.Client's CheckRedirect: it follows reads to where a repository is
// now, on the same server, as each request is signed. A write is not repeated elsewhere,
// as most of its kind would become a read, and look as if they had been served.
func OnlyReads(api *url.URL) func(req *http.Request, via []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if req.URL.Host != api.Host || req.URL.Scheme != api.Scheme || via[0].Method != http.MethodGet || len(via) > maxRedirects {
			return http.ErrUseLastResponse
		}
		return nil
	}
}
