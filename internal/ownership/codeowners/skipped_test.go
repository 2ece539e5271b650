package codeowners_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/codeowners"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// TestSkipped holds that a line which GitHub skips gives nothing to anybody, and
// is told to those whose files it seems to be about.
func TestSkipped(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line, why string
		yes, no   []string // paths that it is about, and others
	}{
		"an owner that is none": {"/src/ bob @mallory", `owner "bob": want a person`, []string{"src/a"}, []string{"a"}},
		"a comma":               {"/src/ @a, @mallory", `owner "@a,": owners are divided by spaces`, []string{"src/a"}, []string{"a"}},
		"half an address":       {"*.txt docs@ @mallory", `owner "docs@"`, []string{"a.txt"}, []string{"a"}},
		"words":                 {"src/ owned by @mallory", `owner "owned"`, []string{"src/a"}, []string{"a"}},
		"full width":            {"src/ @ｍallory", `owner "@ｍallory"`, []string{"src/a"}, []string{"a"}},
		"brackets around":       {"src/ <m@example.org>", `owner "<m@example.org>"`, []string{"src/a"}, []string{"a"}},
		"both wrong":            {"./src/ bob @mallory", `owner "bob"`, []string{"src/a", "a"}, nil},
		"three stars": {"***/*.rb @mallory", `pattern "***/*.rb": three stars mean nothing`, []string{"a.rb", "a/b.rb"},
			[]string{"a.c"}},
		"four stars": {"src/****/*.rb @mallory", `pattern "src/****/*.rb": three stars`, []string{"src/x/b.rb"}, []string{"a.rb"}},
		"a class": {"Python/ceval*.[ch] @mallory", `pattern "Python/ceval*.[ch]": there are no classes of characters; write \[`,
			[]string{"Python/ceval.c", "Python/ceval1.[ch]"}, []string{"Python/x.c"}},
		"a slug": {"/app/[slug]/ @mallory", `write \[ for the bracket itself`, []string{"app/[slug]/a", "app/s/a"},
			[]string{"app/x/a"}},
		"a section": {"[Docs] @mallory", `pattern "[Docs]": there are no classes`, []string{"[Docs]", "D"}, []string{"a"}},
		"an exclusion": {"!docs/ @mallory", `pattern "!docs/": there are no exclusions; to take files`, []string{"docs/a"},
			[]string{"a"}},
		"an escaped hash": {`\#a @mallory`, `pattern "\\#a": there is no escaped #; write /#a for the root, or **/#a`, []string{"#a"},
			[]string{"a"}},
		"two patterns": {"/src/ /docs/*.md @mallory", `owner "/docs/*.md"`, []string{"src/a", "docs/a.md"}, []string{"a", "docs/a.c"}},
		"quotes":       {`"/my docs/" @mallory`, `owner "docs/\""`, []string{"my docs/a", "a"}, nil},
		"a slash":      {"/ @mallory", `pattern "/": names no file; write *`, []string{"a", "b/c"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, warnings, err := codeowners.Parse(file("* @security\n"+tt.line+"\n"), codeowners.GitHub)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"1 *: [security]"}, describe(set)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(warnings) != 1 || warnings[0].Pos.Line != 2 ||
				!strings.Contains(warnings[0].Text, "GitHub skips this line, and so does the gate: ") || !strings.Contains(warnings[0].Text, tt.why) {
				t.Fatalf("warnings %v", warnings)
			}
			for _, path := range tt.yes {
				if len(ownership.Concerning(warnings, []string{"x/y", path})) != 1 {
					t.Errorf("says nothing to %s", path)
				}
			}
			for _, path := range tt.no {
				if len(ownership.Concerning(warnings, []string{path})) != 0 {
					t.Errorf("told to %s", path)
				}
			}
		})
	}
}

// TestQuotedBracket holds that what the warning says to write is read.
func TestQuotedBracket(t *testing.T) {
	t.Parallel()
	set := parse(t, codeowners.GitHub, `/app/\[slug\]/ @web`)
	if !covers(set.Subsystems[0], "app/[slug]/a") || covers(set.Subsystems[0], "app/s/a") {
		t.Errorf("%v", set)
	}
}

// TestComment holds that a C comment makes no owners, and that the patterns /* and
// */ by themselves are none.
func TestComment(t *testing.T) {
	t.Parallel()
	set, warnings, err := codeowners.Parse(file("/*\n * Author: ann@example.org @carol\n */\n/src/ @bob\n"), codeowners.GitHub)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 /*: []", "3 */: []", "4 /src/: [bob]"}, describe(set)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(warnings) != 2 || !strings.Contains(warnings[0].Text, "C comment") {
		t.Errorf("warnings %v", warnings)
	}
	parse(t, codeowners.GitHub, "/* @alice\n*/ @bob\n")
	parse(t, codeowners.GitHub, "/*\n/src/ @bob\n")
	parse(t, codeowners.GitLab, "/* @alice\n/src/*/ @bob\n")
}

// TestManySkippedLines holds that of a file of which the forge skips too many lines that
// is a fault, told once.
func TestManySkippedLines(t *testing.T) {
	t.Parallel()
	const most = 2000
	for more, want := range map[int]string{0: "", 1: "GitHub skips more than 2000 lines up to here; correct or remove them",
		most: "GitHub skips more than 2000 lines up to here; correct or remove them"} {
		_, warnings, err := codeowners.Parse(file("* @security\n"+strings.Repeat("/src/ bob @mallory\n", most+more)), codeowners.GitHub)
		switch faults := strictyaml.AsFaults(err); {
		case want == "" && (err != nil || len(warnings) != most):
			t.Errorf("%d more: %d warnings, %v", more, len(warnings), err)
		case want != "" && (len(faults) != 1 || faults[0].Text != want || faults[0].Line != most+2):
			t.Errorf("%d more: %v", more, err)
		}
	}
}
