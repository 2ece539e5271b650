package codeowners_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/codeowners"
)

// giteaOwners returns who owns a path, by rule, as a Gitea would ask them all.
func giteaOwners(t *testing.T, text, path string) []string {
	t.Helper()
	set, _, err := codeowners.Parse(ownership.File{Path: "CODEOWNERS", Data: []byte(text)}, codeowners.Gitea)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range m.Match(path) {
		for _, o := range s.Maintainers {
			out = append(out, o.String())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestGitea holds the dialect to what a Gitea 1.26 does with the same lines
// (models/issues/pull.go, GetCodeOwnersFromContent, read and asked).
func TestGitea(t *testing.T) {
	t.Parallel()
	for i, tt := range []struct{ text, path, want string }{
		{"mm/.* @alice", "mm/slab.c", "alice"},
		{"mm/.* @alice", "a/mm/slab.c", ""},                                 // the whole path
		{"/mm/.* @alice", "mm/slab.c", "alice"},                             // the slash says nothing
		{"mm/.* alice acme/mm", "mm/slab.c", "@acme/mm alice"},              // with or without @
		{"mm/.* @alice\n.* @bob", "mm/slab.c", "alice bob"},                 // every rule that matches
		{"mm/.* @alice\nmm/.* @bob", "mm/slab.c", "alice bob"},              // twice, too
		{"!mm/.* @alice", "fs/a.c", "alice"},                                // what does not match
		{"!mm/.* @alice", "mm/slab.c", ""},                                  //
		{`.*\\.go @alice`, "a.go", "alice"}, {`.*\\.go @alice`, "axgo", ""}, // a backslash written twice
		{`.*\.go @alice`, "axgo", "alice"},                           // once, it is gone
		{"a|b @alice", "ax", "alice"}, {"a|b @alice", "xb", "alice"}, // ends are free
		{"mm/.* @alice # @bob", "mm/a", "alice"}, {"# mm/.* @alice", "mm/a", ""},
		{`doc/a\ b @alice`, "doc/a b", "alice"},
		{"(?!vendor/).* @alice", "mm/a.c", "alice"}, {"(?!vendor/).* @alice", "vendor/a.c", ""},
		{"mm/.*\n.* @bob", "mm/a", "bob"}, // a line without owners says nothing
		{"mm/.*\t@alice", "mm/a", "alice"},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(strings.Fields(tt.want), giteaOwners(t, tt.text, tt.path), equalEmpty); d != "" {
				t.Errorf("%s of %q: %s", tt.path, tt.text, d)
			}
		})
	}
	for text, want := range map[string]string{
		"mm/( @alice": "regular expression", "mm/.* @a,b": "want a person", "mm/.* alice@example.org": "want a person",
		strings.Repeat("a", 5000) + " @alice": "longer than",
	} {
		_, _, err := codeowners.Parse(ownership.File{Path: "CODEOWNERS", Data: []byte(text)}, codeowners.Gitea)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

// equalEmpty takes no owners for no owners, nil or not.
var equalEmpty = cmp.Comparer(slices.Equal[[]string])
