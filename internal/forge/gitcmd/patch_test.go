package gitcmd_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/gitcmd"
	"github.com/reviewgate/reviewgate/internal/forge/gittest"
)

// TestHugeFilesAreNotCompared holds that a text of more than 8 MiB is none to git, whatever the
// repository's configuration says: comparing two takes several times their size of memory, and
// anybody can have some in a fork.
func TestHugeFilesAreNotCompared(t *testing.T) {
	t.Parallel()
	r := gittest.NewRepo(t, filepath.Join(t.TempDir(), "r"))
	r.Git("config", "core.bigFileThreshold", "1g")
	line := strings.Repeat("x", 63) + "\n"
	texts := map[string]string{"huge.c": strings.Repeat(line, 9<<20/len(line)), "large.c": strings.Repeat(line, 7<<20/len(line))}
	for name, text := range texts {
		r.Write(name, text)
	}
	before := r.Commit("before")
	for name, text := range texts {
		r.Write(name, text+"changed "+name+"\n")
	}
	after := r.Commit("after")
	program, err := gitcmd.Program()
	if err != nil {
		t.Fatal(err)
	}
	g := gitcmd.Git{Program: program, GitDir: filepath.Join(r.Dir, ".git"), Dir: r.Dir}
	patch, err := g.Patch(t.Context(), before, after, gitcmd.SomeRenames, []string{"huge.c", "large.c"}, 1<<20)
	if err != nil || !strings.Contains(string(patch), "\n+changed large.c\n") || strings.Contains(string(patch), "\n+changed huge.c\n") ||
		!strings.Contains(string(patch), "Binary files a/huge.c and b/huge.c differ") {
		t.Errorf("%.2000s\n%v", patch, err)
	}
	files, err := g.Changes(t.Context(), before, after, gitcmd.SomeRenames)
	if err != nil || len(files) != 2 {
		t.Errorf("%d files, %v", len(files), err)
	}
}
