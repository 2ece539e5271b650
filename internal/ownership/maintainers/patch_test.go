package maintainers_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
)

func TestPatchPaths(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		want []string
	}{
		"change":     {"diff --git a/mm/a.c b/mm/a.c\n--- a/mm/a.c\n+++ b/mm/a.c\n@@ -1,1 +1,1 @@\n-x\n+y\n", []string{"mm/a.c"}},
		"new":        {"diff --git a/a b/a\nnew file mode 100644\n--- /dev/null\n+++ b/a\n", []string{"a", "dev/null"}},
		"deleted":    {"--- a/fs/x.h\n+++ /dev/null\n", []string{"fs/x.h", "dev/null"}},
		"rename":     {"diff --git a/a/x b/b/y\nsimilarity index 100%\nrename from a/x\nrename to b/y\n", []string{"a/x", "b/y"}},
		"mode":       {" 1 file changed\n mode change 100644 => 100755 tools/run\n", []string{"tools/run"}},
		"no git":     {"--- linux.orig/mm/a.c\t2024-01-01 00:00:00\n+++ linux/mm/a.c\t2024-01-02 00:00:00\n", []string{"mm/a.c"}},
		"no slash":   {"--- a.c\n+++ b.c\n", []string{"a.c", "b.c"}},
		"blanks":     {"diff --git a/my file b/my file\n--- a/my file\t\n+++ b/my file\t\nrename to a b\n", []string{"my file", "a b"}},
		"only mode":  {"diff --git a/my file b/my file\nold mode 100644\nnew mode 100755\n", []string{"my file"}},
		"two names":  {"diff --git a/x.c b/yyy.c\nold mode 100644\n", []string{"x.c", "yyy.c"}},
		"no halves":  {"diff --git a/x y b/z w\nold mode 100644\n", nil},
		"quoted":     {"diff --git \"a/\\346\\226\\207\" \"b/\\346\\226\\207\"\n--- \"a/\\346\\226\\207\"\n", []string{"文"}},
		"two mails":  {"---\n a | 1 +\n--- a/a\n+++ b/a\n-- \n2.43\nSubject: b\n---\n+++ b/b\n", []string{"a", "b"}},
		"CRLF":       {"--- a/a\r\n+++ b/a\r\n", []string{"a"}},
		"separators": {"---\n+++\n--- \n-----\ndiff --git nonsense\n", nil},
		"nothing":    {"", nil},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, maintainers.ReadPatch([]byte(tt.in)).Paths); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestSuggested(t *testing.T) {
	t.Parallel()
	const (
		subject = "Subject: [PATCH] zstd: faster\n\nbody\n"
		file    = "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,3 @@ zstd\n"
	)
	tests := map[string]struct {
		keyword, patch string
		want           bool
	}{
		"in the subject":                  {"zstd", subject + file, true},
		"in a trailer":                    {"zstd", "Cc: zstd@example.org\n---\n" + file, true},
		"added":                           {"zstd", file + "+x zstd\n", true},
		"removed":                         {"zstd", file + "-x zstd\n", true},
		"right behind the sign":           {`\bzstd`, file + "-zstd\n", true},
		"context":                         {"zstd", file + " zstd\n x\n", false},
		"hunk line":                       {"zstd", file + "+x\n", false},
		"hunk line before a file":         {"zstd", "@@ -1,3 +1,3 @@ zstd\n", false},
		"git's line":                      {"zstd", "diff --git a/zstd.c b/zstd.c\n", false},
		"rename":                          {"zstd", "rename from lib/zstd\nrename to lib/zs\n", false},
		"mode":                            {"zstd", " mode change 100644 => 100755 lib/zstd\n", false},
		"Fixes":                           {"zstd", "Fixes: 0123456789ab (\"zstd: slower\")\n", false},
		"Fixes without a commit":          {"zstd", "Fixes: zstd\n", true},
		"file line":                       {"zstd", "--- a/lib/zstd.c\n+++ b/lib/zstd.c\n", false},
		"second mail's subject":           {"zstd", file + "+x\n-- \n2.43\n" + subject, false},
		"second mail's list":              {"zstd", file + "+x\n" + "- zstd\n", true},
		"the sign is no match":            {`^[+-]zstd`, file + "+zstd\n", false},
		"not of the first match only":     {`\S*zstd`, file + "+zstd\n", true},
		"before a file the start matches": {"^zstd", "zstd\n", true},
		"a literal plus":                  {`\bzstd_[a-z]\+\b`, file + "+zstd_x(c)\n", false},
		"a word":                          {`\bzstd_(?:a|b)\b`, file + "+zstd_a_put\n", false},
		"alternatives on a context line":  {"lzma|zstd", file + " zstd\n+x\n", false},
	}
	for name, tt := range tests {
		set, _ := parse(t, "A\nF: a\n\nCOMPRESSION\nK: "+tt.keyword+"\n", "")
		found := maintainers.ReadPatch([]byte(tt.patch)).Suggested([]*ownership.Subsystem{&set.Subsystems[0], &set.Subsystems[1]})
		if got := len(found) == 1 && found[0].Name == "COMPRESSION"; got != tt.want {
			t.Errorf("%s: suggested %v, want %v", name, got, tt.want)
		}
	}
}

func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		"Subject: x\n---\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,1 +1,1 @@\n-x\n+y\n", "rename from \"a\nrename to b\n",
		" mode change 1 => 2 \"\\x\"\n",
		"diff --git a/x y b/x y\n", "+++ /\n--- a/\n", "+zstd\n--- a/b\n zstd",
	} {
		if len(seed) == 0 {
			f.Fatal("an empty seed")
		}
		f.Add([]byte(seed))
	}
	set, _ := parse(f, "A\nK: x\nK: ^.*z\n", "")
	sections := []*ownership.Subsystem{&set.Subsystems[0]}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, again := maintainers.ReadPatch(text), maintainers.ReadPatch(text)
		if !slices.Equal(p.Paths, again.Paths) {
			t.Errorf("not the same twice: %q, %q", p.Paths, again.Paths)
		}
		for i, path := range p.Paths {
			if path == "" || slices.Contains(p.Paths[:i], path) {
				t.Errorf("path %q in %q", path, p.Paths)
			}
		}
		if found := p.Suggested(sections); len(found) > 0 && !strings.ContainsAny(string(text), "xz") {
			t.Errorf("suggested %s", found[0].Name)
		}
	})
}
