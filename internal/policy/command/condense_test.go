package command

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCondense(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                                    "",
		"thank you\nfor this":                 "",
		"hello\n\n/recheck\nplease":           "/recheck",
		"- **/Approve mm/ !mm/x.c**\n> /lgtm": "- **/Approve mm/ !mm/x.c**",
		"```\n/approve mm/\n```\n/why a.c":    "/why a.c",
		"```\n/approve mm/\n":                 "```\n/approve mm/",
		"/override cancel x\n/why a\n/Override cancel": "/override cancel x\n/why a\n/Override cancel",
	} {
		if diff := cmp.Diff(want, Condense(body)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", body, diff)
		}
	}
}

// TestCondenseIsBounded holds how many lines and how much of each are kept.
func TestCondenseIsBounded(t *testing.T) {
	t.Parallel()
	lines := strings.Split(Condense(strings.Repeat("/why a.c\n", maxLines+5)), "\n")
	if len(lines) != maxLines+2 || lines[maxLines] != tooMany {
		t.Errorf("%d lines, the last are %q", len(lines), lines[max(0, len(lines)-2):])
	}
	if got := Condense("/why " + strings.Repeat("x", 2*maxLineBytes)); len(got) != maxLineBytes {
		t.Errorf("%d bytes of a line are kept", len(got))
	}
}

// TestCondenseGivesNothing holds that what is too much to be kept takes away, and does not
// give more.
func TestCondenseGivesNothing(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("/why a.c\n", 4000)
	for name, body := range map[string]string{
		"many lines":          many,
		"a cancel at last":    many + "/override cancel",
		"a near miss at last": many + "/approve: mm/",
		"a long scope":        "/approve " + strings.Repeat("mm/ ", 20_000),
		"a long exclusion":    "/approve mm/ !" + strings.Repeat("x/", 10_000),
		"a long question":     "/why " + strings.Repeat("x", 60_000),
		"many scopes":         strings.Repeat("/approve "+strings.Repeat("mm/ ", 90)+"\n", 40),
		"many near misses":    strings.Repeat("/approve: "+strings.Repeat("mm/ ", 90)+"\n", 40),
		"code":                "```\n" + strings.Repeat("/approve mm/\n", 4000),
	} {
		short := Condense(body)
		if len(short) > maxKeptBytes+len(tooMany)+100 {
			t.Errorf("%s: %d bytes are kept", name, len(short))
		}
		cancelled := func(body string) bool {
			return slices.ContainsFunc(Commanding(body), func(c Command) bool { return c.Verb == VerbCancel })
		}
		if cancelled(body) && !cancelled(short) {
			t.Errorf("%s: cancels %v, kept %v", name, cancelled(body), cancelled(short))
		}
		before, after := ScopeOf(body, false, "", MaxScope), ScopeOf(short, false, "", MaxScope)
		if before.Why != "" && after.Why == "" || len(after.Lines) == 0 && after.Why == "" && len(before.Lines) > 0 {
			t.Errorf("%s: was %q, %d lines, is %q, %d", name, before.Why, len(before.Lines), after.Why, len(after.Lines))
		}
	}
}

func FuzzCondense(f *testing.F) {
	for _, s := range []string{"/approve mm/\n/why x", "```\n/approve a\n", "- ```\n  /approve\n/override cancel", "/override " + sha1Head +
		" because", "~~~\n/lgtm\n~~~\n1. /approve x"} {
		f.Add(s)
	}
	key := func(all []Command) []string {
		var out []string
		for _, c := range all {
			out = append(out, fmt.Sprintf("%q", c))
		}
		slices.Sort(out)
		return out
	}
	f.Fuzz(func(t *testing.T, body string) {
		short := Condense(body)
		if len(body) > maxLineBytes || strings.Count(body, "\n") > 20 {
			return // what is too much is changed
		}
		if diff := cmp.Diff(key(Commands(body)), key(Commands(short))); diff != "" {
			t.Errorf("%q became %q (-want +got):\n%s", body, short, diff)
		}
	})
}
