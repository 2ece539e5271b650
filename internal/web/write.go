package web

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"reflect"

	"github.com/reviewgate/reviewgate/internal/publish"
)

// page is what an address shows.
type page interface {
	write(w http.ResponseWriter, p *Pages, v visitor)
}

// Said is a sentence: with its markup on a page, plain in JSON.
type Said struct{ sentence publish.Sentence }

// HTML is the sentence for a page, escaped.
func (s Said) HTML() template.HTML { return template.HTML(s.sentence.HTML()) } //nolint:gosec // it is escaped

// MarshalText gives the sentence as plain text.
func (s Said) MarshalText() ([]byte, error) { return []byte(s.sentence.Plain()), nil }

// frame is what every page has around what it shows.
type frame struct {
	Language string
	Title    string
	Here     string // address of the page, to come back to
	English  string // the same in each language
	Chinese  string
	Again    string // the address that tells whether there is something newer; empty: nothing will be
	Body     any
	Desk     bool   // people can sign in
	Who      string // who did; empty: nobody
	Admin    bool   // who is an admin
}

// show writes a page, or what it shows as JSON.
func (p *Pages) show(w http.ResponseWriter, v visitor, code int, name string, f frame) {
	var out bytes.Buffer
	kind := "text/html; charset=utf-8"
	var err error
	if v.json {
		kind = "application/json"
		fillLists(reflect.ValueOf(f.Body))
		err = json.NewEncoder(&out).Encode(f.Body)
	} else {
		f.Language, f.Desk, f.Who = v.language, p.cfg.Desk != nil, v.who.Login
		f.Here, f.English, f.Chinese = v.address(""), v.address("en"), v.address("zh-CN")
		f.Admin = v.admin
		err = p.views[v.language].ExecuteTemplate(&out, name, f)
	}
	if err != nil {
		p.cfg.Log.Error("page not written", "page", name, "error", err)
		code, kind = http.StatusInternalServerError, "text/plain; charset=utf-8"
		out.Reset()
		out.WriteString(p.words.say(v.language, "fail.broken"))
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Language", v.language)
	h.Set("Vary", "Accept, Accept-Language, Cookie")
	h.Set("Cache-Control", "no-cache")
	if v.signed { // nobody else is shown it, on this machine or on the way
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(code)
	_, _ = w.Write(out.Bytes()) // whoever asked may be gone
}

// fillLists makes empty lists of those that are nil, which would be null in JSON.
func fillLists(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // the others hold no lists that are shown
	case reflect.Pointer:
		if !v.IsNil() {
			fillLists(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillLists(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fillLists(v.Index(i))
		}
	}
}

// fail says that there is no page.
func (p *Pages) fail(w http.ResponseWriter, v visitor, code int, why string) {
	body := map[string]string{"error": p.words.say(v.language, "fail."+why)}
	p.show(w, v, code, "fail.html", frame{Title: body["error"], Body: body})
}
