package github

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// sides writes the query for the contents' two sides: a variable per path, and
// a line at the head and at the merge base for each side that exists.
func sides(contents []*pull.Content, vars map[string]any) string {
	var declared, head, base strings.Builder
	declare := func(name, path string) string {
		vars[name] = path
		declared.WriteString(", $" + name + ": String!")
		return name
	}
	for i, c := range contents {
		n := strconv.Itoa(i)
		path := declare("p"+n, c.Path)
		if c.Status != pull.Removed {
			head.WriteString("f" + n + ": file(path: $" + path + ") { mode oid }\n")
		}
		if c.Status == pull.Added {
			continue
		}
		if c.OldPath != "" && c.OldPath != c.Path {
			path = declare("o"+n, c.OldPath)
		}
		base.WriteString("f" + n + ": file(path: $" + path + ") { mode oid }\n")
	}
	text := strings.Replace(changeText, "#vars", declared.String()+"#vars", 1)
	text = strings.Replace(text, "#head", head.String(), 1)
	return strings.Replace(text, "#base", base.String(), 1)
}

// readContents fills in modes and ids. A side that the tree lacks although the
// list has it, or that has another id than the list says, stays unknown.
func readContents(a *changeAnswer, contents []*pull.Content) {
	for i, c := range contents {
		if c.Status != pull.Removed {
			c.Mode, c.ID = side(a.Repository.Head, i, c.ID)
		}
		if c.Status != pull.Added {
			c.OldMode, c.OldID = side(a.Repository.Base, i, c.OldID)
		}
	}
}

func side(tree map[string]json.RawMessage, i int, listed string) (pull.Mode, string) {
	var e *treeEntry
	if err := json.Unmarshal(tree["f"+strconv.Itoa(i)], &e); err != nil || e == nil {
		return "", listed
	}
	if listed != "" && listed != e.OID {
		return "", ""
	}
	return e.mode(), e.OID
}

func sameTree(a *changeAnswer) bool {
	var head, base oidAnswer
	if json.Unmarshal(a.Repository.Head["tree"], &head) != nil || json.Unmarshal(a.Repository.Base["tree"], &base) != nil {
		return false
	}
	return head.OID != "" && head.OID == base.OID
}
