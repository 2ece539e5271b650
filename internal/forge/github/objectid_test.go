package github

import (
	"testing"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// TestObjectIDs holds ids to those that git itself gives.
func TestObjectIDs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ kind, body, want string }{
		{"tree", "", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"},
		{"tree", "", "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"},
		{"blob", "hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"},
		{"blob", "hello\n", "2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4"},
	} {
		if got := pull.ObjectID(tt.kind, []byte(tt.body), len(tt.want)); got != tt.want {
			t.Errorf("%s %q: %s, want %s", tt.kind, tt.body, got, tt.want)
		}
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	for in, want := range map[int]pull.Mode{
		0o40000: pull.Directory, 0o100644: pull.Regular, 0o100755: pull.Executable, 0o120000: pull.Symlink, 0o160000: pull.Submodule,
		40000: pull.Directory, 100644: pull.Regular, 160000: pull.Submodule, // octal digits as a number
		0o100664: pull.Regular, 0o100600: pull.Regular, 0o100775: pull.Executable, // of old tools
	} {
		if got := (&treeEntry{Mode: in}).mode(); got != want {
			t.Errorf("%d: %q, want %q", in, got, want)
		}
	}
}
