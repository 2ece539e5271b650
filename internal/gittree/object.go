package gittree

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// Object is an entry as it stands in git's own object of a tree: its mode in octal digits
// without a zero before them, old tools' odd ones included.
type Object struct{ Mode, Name, ID string }

// Is reports whether a list is that of the tree of an id: whether git gives the object made
// of it that id. Their order does not matter.
func Is(id string, list []Object) bool {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Object) int { return strings.Compare(a.sortKey(), b.sortKey()) })
	var body bytes.Buffer
	for _, o := range list {
		raw, err := hex.DecodeString(o.ID)
		if err != nil || len(o.ID) != len(id) {
			return false
		}
		body.WriteString(o.Mode + " " + o.Name + "\x00")
		body.Write(raw)
	}
	return pull.ObjectID("tree", body.Bytes(), len(id)) == id
}

// sortKey orders entries as git does: a directory as if its name ended in a slash.
func (o Object) sortKey() string {
	if o.Mode == strings.TrimPrefix(string(pull.Directory), "0") {
		return o.Name + "/"
	}
	return o.Name
}
