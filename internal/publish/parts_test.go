package publish

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// TestWriters holds that one sentence is written in three ways, each of which leaves what
// people named as it is and lets it mention nobody.
func TestWriters(t *testing.T) {
	t.Parallel()
	s := Sentence{
		{Kind: Text, Text: "see "}, {Kind: Code, Text: "a <b>.c"}, {Kind: Text, Text: " of "}, {Kind: Name, Text: "@acme <em>_x_"},
		{Kind: Text, Text: ": "},
		{Kind: Quote, Text: "it's \"done\"\x1b[1m"}, {Kind: Text, Text: " "}, {Kind: Code, Text: "0123", URL: "https://x.org/c?a=1&b=2"},
		{Kind: Text, Text: " "},
		{Kind: Contact, Text: "https://x.org/a or @mm"}, {Kind: Emphasis, Text: "!"},
	}
	for name, tt := range map[string]struct{ got, want string }{
		"Markdown": {s.Markdown(), "see `a <b>.c` of @<!-- -->acme &lt;em&gt;\\_x\\_: it's \"done\"?\\[1m [`0123`](https://x.org/c?a=1&b=2) " +
			"<https://x.org/a> or @<!-- -->mm**!**"},
		"plain": {s.Plain(), `see a <b>.c of @acme <em>_x_: "it's \"done\"\x1b[1m" 0123 https://x.org/a or @mm!`},
		"HTML": {s.HTML(), `see <code>a &lt;b&gt;.c</code> of @acme &lt;em&gt;_x_: it&#39;s &#34;done&#34;?[1m <a href="https://x.org/c?a=1&amp;b=2"><code>0123</code></a> ` +
			`<a href="https://x.org/a" rel="nofollow noopener">https://x.org/a</a> or @mm<strong>!</strong>`},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestManyCandidates holds that a row names so many people, and says how many more there are.
func TestManyCandidates(t *testing.T) {
	t.Parallel()
	m, err := NewMessages()
	if err != nil {
		t.Fatal(err)
	}
	for n, says := range map[int]string{mostPeople: "", mostPeople + 3: "3 more"} {
		row := &policy.SubsystemVerdict{Missing: 1}
		for i := range n {
			row.Candidates = append(row.Candidates, "p"+strconv.Itoa(i))
		}
		got := m.in("en").candidates(row).Plain()
		if strings.Count(got, "p") < mostPeople || strings.Contains(got, "p"+strconv.Itoa(mostPeople)) || !strings.Contains(got, says) {
			t.Errorf("%d people: %s", n, got)
		}
	}
}

// TestUnseen holds that no writer hides what is not seen, or lets it turn what is around it.
func TestUnseen(t *testing.T) {
	t.Parallel()
	for _, c := range []string{"\u200b", "\ufeff", "\u2060", "\u200e", "\u200f", "\u202e", "\u2066", "\u061c", "\u00ad"} {
		shown := strings.Trim(strconv.QuoteToASCII(c), `"`)
		for _, kind := range []Kind{Code, Name, Quote, Contact} {
			s := Sentence{{Kind: kind, Text: "x" + c + "y https://x.org/" + c}}
			for name, got := range map[string]string{"Markdown": s.Markdown(), "plain": s.Plain(), "HTML": s.HTML()} {
				if strings.Contains(got, c) || !strings.Contains(got, strings.TrimPrefix(shown, `\`)) {
					t.Errorf("%s of %q as %d: %s", name, c, kind, got)
				}
			}
		}
	}
}

// TestMessagesTakeAnything holds that what fills a message in is never taken for a part of
// it, whatever it is.
func TestMessagesTakeAnything(t *testing.T) {
	t.Parallel()
	w := newWords(t)
	for _, text := range []string{"\x010\x02", "`", "**x**", "{{.Who}}", "\x01", "<b>"} {
		n := policy.Note{Code: policy.NoteBlocked, Who: text, Subsystem: text}
		got := w.Note("en", n)
		if len(got) != 3 || got[0].Text != text || got[1].Text != " requested changes as a maintainer of " || got[2].Text != text {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// TestPlurals holds that one is said as one.
func TestPlurals(t *testing.T) {
	t.Parallel()
	w := newWords(t)
	for count, want := range map[int]string{1: "1 file misses review; at most 0 may", 2: "2 files miss review; at most 0 may"} {
		if got := w.Note("en", policy.Note{Code: policy.NoteTooMany, Count: count}).Plain(); got != want {
			t.Errorf("%d: %s", count, got)
		}
		if got := w.Note("zh-CN", policy.Note{Code: policy.NoteTooMany, Count: count}).Plain(); !strings.Contains(got, "个文件") {
			t.Errorf("%d: %s", count, got)
		}
	}
}

// TestFaultsInChinese holds that faults and refusals of a forge are said in the policy's
// language, with their place and, where they quote a file, its words.
func TestFaultsInChinese(t *testing.T) {
	t.Parallel()
	s := newWords(t).in("zh-CN")
	for want, fault := range map[string]strictyaml.Fault{
		"p.yml:2: 未知的键 `\"tresholds\"`；是否想写 `\"threshold\"`？": {File: "p.yml", Line: 2,
			Text: `unknown key "tresholds"; did you mean "threshold"?`},
		`p.yml:3: 无法识别的负责人（owner "x y": want a login）`: {File: "p.yml", Line: 3, Text: `owner "x y": want a login`},
		"目标分支 `dev` 已不存在；请为本 PR 选择其他目标分支":              {Text: "the base branch dev is gone; retarget the pull request"},
		"x: 无法识别的内容（odd）":                              {File: "x", Text: "odd"},
	} {
		if got := s.faultText(fault).Markdown(); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	note := s.note(policy.Note{Code: policy.NoteTeamUnread, Team: "acme/fs",
		Text: "GitHub answers 404 for @acme/fs: there is no such team, or this credential may not read members"})
	if got := note.Markdown(); strings.Contains(got, "answers") || !strings.Contains(got, "404") {
		t.Error(got)
	}
}
