package explain_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/explain"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/maintainers"
)

const text = `Maintainers List

MM	TAB
M:	Alice <alice@example.org>
R:	Rob <rob@example.org>
F:	mm/
K:	slab

THE REST
M:	Carol <carol@example.org>
F:	*
F:	*/
`

func read(t *testing.T) *ownership.Map {
	t.Helper()
	m, _, err := formats.Parse([]formats.Source{{Format: formats.Maintainers, Path: "MAINTAINERS",
		Files: []ownership.File{{Path: "MAINTAINERS", Data: []byte(text)}}}}, "github")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func question() *explain.Question {
	patch := maintainers.ReadPatch([]byte("--- a/fs/a.c\n+++ b/fs/a.c\n@@ -1 +1 @@\n-a\n+slab\n"))
	return &explain.Question{Asked: []string{"./mm/a\tb.c"}, Paths: []string{"mm/a\tb.c"},
		Patches: []explain.Patch{{Patch: patch, File: "x.patch"}}}
}

func TestText(t *testing.T) {
	t.Parallel()
	want := `"./mm/a\tb.c"
  "MM\tTAB"            alice@example.org (reviewers rob@example.org)  MAINTAINERS:6 "mm/"
x.patch:
fs/a.c
  THE REST             carol@example.org  MAINTAINERS:12 "*/"
concerned by what it says, without a right to approve:
  "MM\tTAB"            alice@example.org (reviewers rob@example.org)  MAINTAINERS:3
`
	if diff := cmp.Diff(want, question().Text(read(t))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPatchThatConcernsNobody holds that nothing is said of whom a patch's text concerns
// where that is nobody.
func TestPatchThatConcernsNobody(t *testing.T) {
	t.Parallel()
	q := &explain.Question{Patches: []explain.Patch{
		{Patch: maintainers.ReadPatch([]byte("--- a/mm/a.c\n+++ b/mm/a.c\n@@ -1 +1 @@\n-a\n+b\n")), File: "y.patch"}}}
	want := "y.patch:\nmm/a.c\n" + `  "MM\tTAB"            alice@example.org (reviewers rob@example.org)  MAINTAINERS:6 "mm/"` + "\n"
	if diff := cmp.Diff(want, q.Text(read(t))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTSV(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := question().TSV(&b, read(t)); err != nil {
		t.Fatal(err)
	}
	const want = "./mm/a\\tb.c\tMM\\tTAB|THE REST\nx.patch\tMM\\tTAB|THE REST\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(question().JSON(read(t)))
	if err != nil {
		t.Fatal(err)
	}
	const alice = `"maintainers":[{"name":"Alice","email":"alice@example.org"}],"reviewers":[{"name":"Rob","email":"rob@example.org"}]`
	const want = `[{"path":"./mm/a\tb.c","owners":[{"subsystem":"MM\tTAB","pattern":"mm/","pos":{"file":"MAINTAINERS","line":6},` + alice +
		`}]},` +
		`{"patch":"x.patch","paths":[{"path":"fs/a.c","owners":[{"subsystem":"THE REST","fallback":true,"pattern":"*/","pos":{"file":"MAINTAINERS","line":12},"maintainers":[{"name":"Carol","email":"carol@example.org"}]}]}],` +
		`"suggested":[{"subsystem":"MM\tTAB","pos":{"file":"MAINTAINERS","line":3},` + alice + `}]}]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	paths := []string{"mm/a.c", "README", "d03/b.c"}
	for i := range 12 {
		paths = append(paths, fmt.Sprintf("d%02d/a.c", i))
	}
	h := read(t).Health(paths)
	const want = `15 files
0 files without owner
2 subsystems with nobody who can approve
      14 files: THE REST (MAINTAINERS:9)
  "     1 files: MM\tTAB (MAINTAINERS:3)"
0 subsystems that stand twice
0 patterns that later ones shadow
14 files with only a fallback
       2 in d03/
       1 in the root
       1 in d00/
       1 in d01/
       1 in d02/
       1 in d04/
       1 in d05/
       1 in d06/
       1 in d07/
       1 in d08/
  and 3 more
0 subsystems with one person who can approve
2 maintainers without login
  "     1 subsystems: alice@example.org (MM\tTAB)"
       1 subsystems: carol@example.org (THE REST)
0 patterns that match nothing
`
	if diff := cmp.Diff(want, explain.Health(&h)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRulesAndDuplicates holds how rules without effect and what stands twice are named.
func TestRulesAndDuplicates(t *testing.T) {
	t.Parallel()
	at := func(line int) ownership.Pos { return ownership.Pos{File: "m", Line: line} }
	h := ownership.Health{
		Duplicates: []ownership.Duplicated{{Subsystem: "a", Pos: at(2), First: at(1), SameName: true},
			{Subsystem: "b", Pos: at(4), First: at(3)}},
		Dead: []ownership.DeadRule{{Subsystem: "a", Pattern: "x/**", Pos: at(5)},
			{Subsystem: "a", Pattern: "y", Exclude: true, Pos: at(6)}},
		NoLogin: []ownership.Unknown{{Owner: "carol", Subsystems: []string{"a", "b", "c", "d"}}},
	}
	got := explain.Health(&h)
	for _, want := range []string{
		"2 subsystems that stand twice\n  m:2: a has the name of m:1\n  m:4: b has the patterns of m:3\n",
		"2 patterns that match nothing\n  m:5: x/** (a)\n  m:6: not y (a)\n",
		"1 maintainers without login\n       4 subsystems: carol (a; b; c)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks\n%s", got, want)
		}
	}
}
