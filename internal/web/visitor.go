package web

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/text/language"

	"github.com/reviewgate/reviewgate/internal/web/signin"
)

// visitor is how somebody wants to be answered.
type visitor struct {
	language string // en or zh-CN
	json     bool
	path     string     // of the page
	query    url.Values // of the page, that links to it keep; without what chooses how it is shown
	chosen   bool       // the language is what they just chose
	who      signin.Person
	signed   bool // who is known
	admin    bool // was one when it was found out last; whoever is shown something is asked about anew
}

var supported = language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese})

const (
	languageCookie = "reviewgate-language" // what somebody chose
	languageKept   = 365 * 24 * 60 * 60    // seconds
	maxQuery       = 1000                  // bytes that links keep
)

// visitor reads it from a request: the language of ?lang=, or what was chosen before, or what the
// browser prefers.
func (p *Pages) visitor(r *http.Request) visitor {
	query, before := r.URL.Query(), ""
	if c, err := r.Cookie(languageCookie); err == nil {
		before = c.Value
	}
	lang := query.Get("lang")
	tag, _ := language.MatchStrings(supported, lang, before, r.Header.Get("Accept-Language"))
	v := visitor{language: "en", json: wantsJSON(r.Header.Get("Accept")), path: r.URL.Path, query: query, chosen: lang != ""}
	if base, _ := tag.Base(); base.String() == "zh" {
		v.language = "zh-CN"
	}
	query.Del("lang")
	query.Del("since")
	if len(query.Encode()) > maxQuery {
		v.query = nil
	}
	return v
}

// address is that of the page, as it is shown; in another language where one is named.
func (v visitor) address(lang string) string {
	query := url.Values{}
	for key, values := range v.query {
		query[key] = values
	}
	if lang != "" {
		query.Set("lang", lang)
	}
	return (&url.URL{Path: v.path, RawQuery: query.Encode()}).String()
}

// remember has a browser hold the language that was chosen, for the pages and parts of pages that it
// asks for from here.
func (p *Pages) remember(w http.ResponseWriter, v visitor) {
	if v.chosen && !v.json {
		http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: v.language, Path: "/", MaxAge: languageKept, HttpOnly: true,
			Secure: strings.HasPrefix(p.cfg.Home, "https://"), SameSite: http.SameSiteLaxMode})
	}
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
