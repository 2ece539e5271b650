//go:build !nodemo

package demo

import (
	"maps"
	"net/http"
	"slices"
)

// parameter is one of those that a browser came with.
type parameter struct{ Name, Value string }

// shownPeople is what the page shows on which somebody says who they are.
type shownPeople struct {
	Labels Labels
	People []string
	Admin  string
	Path   string
	Given  []parameter
}

// Admin is who administrates the service.
func (sc Scene) Admin() string { return sc.Maintainers[0] }

// Choose serves the page of the forge on which a browser says as whom of the story it signs in:
// the request is made again, with as=LOGIN.
func (sc Scene) Choose(w http.ResponseWriter, r *http.Request) {
	out := shownPeople{Labels: sc.Labels, People: sc.People, Admin: sc.Admin(), Path: r.URL.Path}
	q := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(q)) {
		out.Given = append(out.Given, parameter{name, q.Get(name)})
	}
	// What the browser is sent to afterwards is the gate's, on another address.
	writePage(w, "choosing.html", "style-src 'self'", out)
}
