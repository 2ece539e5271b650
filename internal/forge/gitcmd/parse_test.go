package gitcmd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// FuzzParse looks for objects and lists that the parsers fall over.
func FuzzParse(f *testing.F) {
	f.Add([]byte("100644 a.c\x00" + strings.Repeat("i", 20) + "40000 mm\x00" + strings.Repeat("j", 20)))
	f.Add([]byte("tree 1\nparent 2\nauthor A <a@b> 1 +0000\n\nsubject\n\nCo-authored-by: B <b@c>\n"))
	zero := strings.Repeat("0", 40)
	f.Add(fmt.Appendf(nil, ":100644 100755 %s %s R100\x00old\x00new\x00:000000 120000 %s %s A\x00new\x00", zero, zero, zero, zero))
	f.Fuzz(func(t *testing.T, data []byte) {
		if entries, err := parseTree(data, 20); err == nil {
			for _, e := range entries {
				if e.Name == "" || e.Mode == "" || !pull.IsID(e.ID) {
					t.Errorf("tree entry %+v", e)
				}
			}
		}
		if files, err := parseRaw(string(data)); err == nil {
			for _, c := range files {
				if c.Path == "" || c.Status == "" || c.Status == pull.Renamed && c.OldPath == "" {
					t.Errorf("change %+v", c)
				}
			}
		}
		for _, s := range parseCommit("1", data).Signed {
			pull.PrivateAddress(s.Email)
		}
	})
}
