package terminal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/reviewgate/reviewgate/internal/terminal"
)

func TestQuote(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"mm/slab.c":             "mm/slab.c",
		"内存 管理":                 "内存 管理",
		"with \"quotes\"":       "with \"quotes\"",
		"a::b":                  "a::b",
		"":                      "",
		"\uFFFD":                "\uFFFD",
		"a\nb":                  `"a\nb"`,
		"a\rb":                  `"a\rb"`,
		"a\x1b[31m":             `"a\x1b[31m"`,
		"a\bb":                  `"a\bb"`,
		"a\u202eb":              `"a\u202eb"`,
		"a\u200bb":              `"a\u200bb"`,
		"a\u2028b":              `"a\u2028b"`,
		"a\u009bb":              `"a\u009bb"`,
		"a\xffb":                `"a\xffb"`,
		"::error::x":            `"::error::x"`,
		"  ::error::x":          `"  ::error::x"`,
		"x ##[add-mask]y":       `"x ##[add-mask]y"`,
		"\U000e0041":            `"\U000e0041"`,
		"\u3000::stop-commands": `"\u3000::stop-commands"`,
	} {
		if got := terminal.Quote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

type word string

func TestFprintf(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	terminal.Fprintf(&b, "%s %d %s %v %s %s|", "a\nb", 3, []string{"c", "d\n"}, errors.New("e\nf"), word("f\n"), terminal.Safe("g\th"))
	if want := `"a\nb" 3 c, "d\n" "e\nf" "f\n" ` + "g\th|"; b.String() != want {
		t.Errorf("%s, want %s", b.String(), want)
	}
}

// obeyed is what a terminal or GitHub's runner would not merely show.
var obeyed = regexp.MustCompile(`(?m)^\s*::|##\[`)

// TestWriterShowsOnly holds, for texts in any pieces, that nothing is obeyed and that
// what is JSON stays the same value.
func TestWriterShowsOnly(t *testing.T) {
	t.Parallel()
	parts := rapid.SliceOf(rapid.SampledFrom([]string{"::", ":", " ", "\t", "\n", "\r", "##[", "#", "[", "]", "error", "\x1b[2J", "\u202e",
		"\u200b", "\u2028", "\u0085",
		"\u3000", "\xff", "\xe5\x86", "内存", "\b", "\U000e0041", "😀", `"`, `\`}))
	rapid.Check(t, func(t *rapid.T) {
		pieces := parts.Draw(t, "pieces")
		var b bytes.Buffer
		w := terminal.NewWriter(&b)
		for _, piece := range pieces {
			for i := range len(piece) {
				if _, err := w.Write([]byte{piece[i]}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		got := b.String()
		if !utf8.ValidString(got) || obeyed.MatchString(got) {
			t.Fatalf("%q", got)
		}
		for _, r := range got {
			if r != '\n' && r != '\t' && !strconv.IsPrint(r) {
				t.Fatalf("%q holds %q", got, r)
			}
		}
		if strings.Count(got, "\n") != strings.Count(strings.Join(pieces, ""), "\n") {
			t.Fatalf("other lines: %q", got)
		}
		sameJSON(t, strings.ToValidUTF8(strings.Join(pieces, ""), "?"))
	})
}

func sameJSON(t *rapid.T, text string) {
	var in, out bytes.Buffer
	enc := json.NewEncoder(&in)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(map[string]string{text: text}); err != nil {
		t.Fatal(err)
	}
	w := terminal.NewWriter(&out)
	if _, err := w.Write(in.Bytes()); err != nil {
		t.Fatal(err)
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back[text] != text {
		t.Fatalf("%s became %s: %v", in.String(), out.String(), err)
	}
}

// TestAnnotate holds that a command of ours is one line, whatever a file or a text holds,
// and that it comes past a Writer behind what was written before.
func TestAnnotate(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	w := terminal.NewWriter(&out)
	terminal.Fprintf(w, "begun")
	terminal.Annotate(w, "error", "a,b:c\n::stop.yml", 3, "100% \n::set-output name=x::y\x1b[0m")
	terminal.Annotate(w, "notice", "", 3, "all of it")
	const want = "begun::error file=a%2Cb%3Ac%0A%3A%3Astop.yml,line=3::100%25 %0A%3A%3Aset-output name=x%3A%3Ay\\u001b[0m\n::notice::all " +
		"of it\n"
	if got := out.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
