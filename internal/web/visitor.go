package web

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"github.com/reviewgate/reviewgate/internal/web/signin"
)

// visitor is how somebody wants to be answered.
type visitor struct {
	language string // en or zh-CN
	json     bool
	path     string // of the page
	who      signin.Person
	signed   bool // who is known
	admin    bool // was one when it was found out last; whoever is shown something is asked about anew
}

var supported = language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese})

// visitor reads it from a request: the language of ?lang=, or what the browser prefers.
func (p *Pages) visitor(r *http.Request) visitor {
	tag, _ := language.MatchStrings(supported, r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
	v := visitor{language: "en", json: wantsJSON(r.Header.Get("Accept")), path: r.URL.Path}
	if base, _ := tag.Base(); base.String() == "zh" {
		v.language = "zh-CN"
	}
	return v
}

// wantsJSON reports whether JSON is named before a page.
func wantsJSON(accept string) bool {
	for kind := range strings.SplitSeq(accept, ",") {
		switch kind, _, _ = strings.Cut(strings.TrimSpace(kind), ";"); kind {
		case "application/json":
			return true
		case "text/html", "*/*":
			return false
		}
	}
	return false
}

// secured sets what keeps a page to itself: no script or style but ours, no frame, no guess
// of a type.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// files serves what stands beside pages. Its names change with what is in it, or it is small.
func files() http.Handler {
	server := http.FileServerFS(static)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/static/" + strings.TrimPrefix(r.URL.Path, "/")
		if strings.HasSuffix(r.URL.Path, "/") { // no list of files
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=3600")
		server.ServeHTTP(w, r)
	})
}
