package store

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/reviewgate/reviewgate/internal/document"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// The versions of what is stored as JSON. Raise one when a key gets another
// name or meaning, or when leaving a new one out means something else than its
// zero value; the upgrade from the version before goes into the kind below, and
// stays.
const headVersion = 2

var headKind = document.Kind{Name: "a stored head", Version: headVersion}

// headDocument is a head as it is stored. Up to version 1 its files and commits stood in
// it as they are.
type headDocument struct {
	V int `json:"v"`
	pull.Head
	Made   []madeDocument     `json:"made,omitempty"` // its commits, in place of Commits
	Makers [][]pull.Signature `json:"makers,omitempty"`
}

// madeDocument is a commit. Many commits have the same makers: they are said once.
type madeDocument struct {
	ID      string   `json:"id"`
	Parents []string `json:"parents"`
	By      int      `json:"by,omitempty"` // place among the makers
}

// fold says in Made and Makers what Commits says. Commits of which more is known than
// their makers stay there.
func (d *headDocument) fold() {
	if slices.ContainsFunc(d.Commits, func(c pull.Commit) bool {
		return c.Signed == nil || c.PathsKnown || c.Paths != nil || c.People != nil || c.Unknown != nil
	}) {
		return
	}
	places := map[string]int{}
	for _, c := range d.Commits {
		key := pull.Makers(c.Signed)
		at, ok := places[key]
		if !ok {
			at = len(d.Makers)
			places[key], d.Makers = at, append(d.Makers, c.Signed)
		}
		d.Made = append(d.Made, madeDocument{ID: c.ID, Parents: c.Parents, By: at})
	}
	d.Commits = nil
}

// unfold brings Commits back.
func (d *headDocument) unfold() error {
	for _, m := range d.Made {
		if m.By < 0 || m.By >= len(d.Makers) {
			return fmt.Errorf("%s names makers that it does not have; restore it from a backup", headKind.Name)
		}
		d.Commits = append(d.Commits, pull.Commit{ID: m.ID, Parents: m.Parents, Signed: d.Makers[m.By]})
	}
	return nil
}

// PackHead writes a head as gzip of JSON, its time in UTC; nil for none.
func PackHead(h *pull.Head) ([]byte, error) {
	if h == nil {
		return nil, nil
	}
	doc := headDocument{V: headVersion, Head: *h}
	doc.SeenAt = h.SeenAt.UTC()
	doc.fold()
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return Pack(data)
}

// UnpackHead reads what PackHead wrote, now or in an earlier version.
func UnpackHead(packed []byte, h *pull.Head) error {
	data, err := Unpack(packed)
	if err != nil {
		return err
	}
	var doc headDocument
	if err := headKind.Decode(data, &doc); err != nil {
		return err
	}
	if err := doc.unfold(); err != nil {
		return err
	}
	*h = doc.Head
	return nil
}
